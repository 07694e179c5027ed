"""What every profile leads to, according to the config files.

With a thousand profiles every microsecond counts a thousand times: a plan is made only for profiles
that may have a session on disk.
"""

from __future__ import annotations

from awsenv.aws.arn import account_in, name_in
from awsenv.errors import AwsenvError
from awsenv.plan.chain import Chain, walk
from awsenv.plan.plan import as_asked, plan_of
from awsenv.plan.request import Request
from awsenv.plan.settings import Settings
from awsenv.sessions import store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile
    from awsenv.listing.overview_cache import Index
    from awsenv.listing.row import Facts, Row
    from awsenv.sources.root import Root


def make_rows(
    config: Config, env: Mapping[str, str], index: Index
) -> tuple[list[Row], dict[str, str]]:
    """A row per profile, and by profile the key of its session's record, if it may have one."""
    settings = Settings.read(env)
    roots: dict[str, Root] = {}
    keys: dict[str, str] = {}

    def key_of(chain: Chain, request: Request, name: str) -> str | None:
        # A session with options of its own has the name it was first asked for by.
        if request.profile == name and not index.may_have(name):
            return None
        plan = plan_of(chain, request, config, settings, env)
        return store.step_keys(plan)[-1] if plan.steps else None

    def row(name: str) -> Row:
        request = as_asked(Request(profile=name), config)
        try:
            chain = walk(request, config, env, roots)
            key = key_of(chain, request, name)
        except AwsenvError as error:
            return {"profile": name, **_NOTHING, "seconds_left": 0, "problem": error.message}
        if key:
            keys[name] = key
        left = index.seconds_left(key or "")
        facts = _facts(chain, config.profiles[name], request.role_arn)
        return {"profile": name, **facts, "seconds_left": left, "problem": None}

    return [row(name) for name in config.profiles], keys


def _facts(chain: Chain, profile: Profile, asked: str | None) -> Facts:
    """What is to be told of `profile`; `asked` is the role that it was saved with, if any."""
    role = chain.roles[0] if chain.roles else None
    arn = (role.get("role_arn") if role else asked) or chain.root.role_arn
    device = None if chain.root.temporary else chain.first("mfa_serial")
    serial = device.get("mfa_serial") if device else None
    own = chain.top is profile
    return {
        "account": account_in(arn) or chain.root.account or account_in(serial),
        "account_name": profile.get("awsenv_account"),
        "color": profile.get("awsenv_color"),
        "role": _role_name(arn) or _sso_role(chain),
        "role_arn": arn,
        "source": chain.root.source,
        "source_profile": chain.root.profile,
        "through": [each.name for each in chain.profiles[1 if own else 0 :]],
        "mfa_serial": serial,
        "region": profile.get("region"),
    }


_NOTHING: Facts = {
    "account": None,
    "account_name": None,
    "color": None,
    "role": None,
    "role_arn": None,
    "source": None,
    "source_profile": None,
    "through": [],
    "mfa_serial": None,
    "region": None,
}


def _role_name(arn: str | None) -> str | None:
    return name_in(arn) or arn


def _sso_role(chain: Chain) -> str | None:
    return chain.profiles[-1].get("sso_role_name") if chain.root.source == "sso" else None
