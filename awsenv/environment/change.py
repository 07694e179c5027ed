"""What an assume changes in a shell's environment, and how to take it back.

Pure functions over dictionaries; nothing here reads os.environ or prints.

Two variables travel along, so that a child shell can restore as well, both written as
awsenv.values.notation does:

AWSENV_BASELINE  what the managed variables held before the first assume; a variable that is
                 not listed was not set
AWSENV_PUT       what awsenv set, without secrets; the first pair names the variable that
                 carries the identity. A managed variable that is not listed was removed.

A variable is awsenv's while it still is as awsenv left it. The four credential variables are
one group: they are awsenv's while AWS_ACCESS_KEY_ID is.

No dataclasses here: importing them takes longer than all the rest of printing a cached session.
"""

from awsenv.values.notation import decode_pairs, encode_pairs, iso_utc, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awsenv.values.credentials import Session

CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
)
# What an assume sets first: keys, or in profile mode the name of a profile.
IDENTITIES = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
# Removed because they would take precedence over the keys (AWS_PROFILE in the JavaScript SDK,
# AWS_SECURITY_TOKEN in botocore), or be taken for theirs: account-based endpoints use the account.
CONFLICTING = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN", "AWS_ACCOUNT_ID")
MANAGED = (*CREDENTIALS, *REGIONS, *CONFLICTING)
# What the user's own keys consist of. They stay between awsenv and the user's own shell.
_OWN_KEYS = (*CREDENTIALS, "AWS_SECURITY_TOKEN")
# Until awsenv has put something into the shell, the profile that the user wants by default.
_DEFAULT = "AWSENV_PROFILE"
# In the baseline, instead of keys: the profile that they are also in.
KEYS_OF = "AWSENV_KEYS_OF"
OWN = (
    "AWSENV_PROFILE",
    "AWSENV_SESSION",
    "AWSENV_EXPIRES_AT",
    "AWSENV_ISSUED_AT",
    "AWSENV_BASELINE",
    "AWSENV_PUT",
)


class EnvChange:
    """Variables to set, in order, and variables to remove. No name is in both."""

    def __init__(self, set: "Mapping[str, str]", unset: "Iterable[str]" = ()) -> None:  # noqa: A002
        self.set = dict(set)
        self.unset = tuple(unset)

    def __repr__(self) -> str:
        return f"EnvChange(set={list(self.set)}, unset={list(self.unset)})"

    def apply_to(self, env: "Mapping[str, str]") -> dict[str, str]:
        """`env` as it is after the change."""
        kept = {name: value for name, value in env.items() if name not in self.unset}
        return {**kept, **self.set}


def before(env: "Mapping[str, str]") -> dict[str, str]:
    """The managed variables as they would be if awsenv had never run in `env`.

    A variable that is still as awsenv left it returns to the baseline; one that the user has
    changed since then stays.
    """
    current = {name: env[name] for name in MANAGED if name in env}
    if "AWSENV_PUT" not in env:
        # The user's default, which is not what the shell holds from now on.
        return current | {name: env[name] for name in (_DEFAULT,) if name in env}
    baseline, put = decode_pairs(env.get("AWSENV_BASELINE", "")), decode_pairs(env["AWSENV_PUT"])
    keys_are_ours = current.get(CREDENTIALS[0]) == put.get(CREDENTIALS[0])
    left_over = () if keys_are_ours else _left_over(env)
    result = {_DEFAULT: baseline[_DEFAULT]} if _DEFAULT in baseline else {}
    if keys_are_ours and KEYS_OF in baseline:
        result[KEYS_OF] = baseline[KEYS_OF]
    for name in MANAGED:
        ours = keys_are_ours if name in CREDENTIALS else current.get(name) == put.get(name)
        source = baseline if ours else current
        if name in source and name not in left_over:
            result[name] = source[name]
    return result


def _left_over(env: "Mapping[str, str]") -> tuple[str, ...]:
    """The credential variables in `env` that are awsenv's although the key no longer is."""
    key = env.get("AWS_ACCESS_KEY_ID")
    if not key:
        return CREDENTIALS[1:]
    names = []
    # The user exported another key: a long-lived one has no token, and none has our expiration.
    if key.startswith("AKIA"):
        names.append("AWS_SESSION_TOKEN")
    expires_at = whole_number(env.get("AWSENV_EXPIRES_AT"), 10)
    if expires_at is not None and env.get("AWS_CREDENTIAL_EXPIRATION") == iso_utc(expires_at):
        names.append("AWS_CREDENTIAL_EXPIRATION")
    return tuple(names)


def credential_variables(session: "Session") -> dict[str, str]:
    """The variables that carry `session`'s credentials and expiry, and nothing else."""
    values = {
        "AWS_ACCESS_KEY_ID": session.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.credentials.secret_access_key,
        "AWS_SESSION_TOKEN": session.credentials.session_token,
        "AWS_CREDENTIAL_EXPIRATION": iso_utc(session.expires_at) if session.expires_at else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def assume_change(
    session: "Session",
    env: "Mapping[str, str]",
    export: str = "",
    *,
    for_child: bool = False,
    keys_of: str = "",
) -> EnvChange:
    """What makes `env` one in which every AWS tool is `session`, starting from the baseline.

    With `export`, by the name of a profile that tools can use as it stands, instead of keys. What
    is `for_child`, and not for the user's own shell, never has the user's own keys in it. `keys_of`
    is the profile in which the user's own keys are too.
    """
    baseline = before(env)
    if keys_of and keeps_no_keys(env):
        baseline[KEYS_OF] = keys_of
    wanted = {"AWS_PROFILE": export} if export else credential_variables(session)
    if session.region:
        wanted.update(dict.fromkeys(REGIONS, session.region))
    else:
        wanted.update({name: baseline[name] for name in REGIONS if name in baseline})
    settings = _settings(session, env) | _account(session, baseline)
    own = _own_variables(session)
    own["AWSENV_BASELINE"] = encode_pairs(_kept(baseline, env, for_child=for_child))
    own["AWSENV_PUT"] = _put(wanted, settings)
    changed = {**wanted, **settings, **own}
    return EnvChange(changed, _all_but(changed, settings_put(env)))


def refresh_change(session: "Session", env: "Mapping[str, str]", export: str = "") -> EnvChange:
    """What renews the session in `env`: keys (or the exported profile) and expiry, no region."""
    wanted = {"AWS_PROFILE": export} if export else credential_variables(session)
    put = decode_pairs(env.get("AWSENV_PUT", ""))
    kept = {name: value for name, value in put.items() if name not in IDENTITIES}
    own = {**_own_variables(session), "AWSENV_PUT": _put({**wanted, **kept}, kept)}
    del own["AWSENV_PROFILE"]
    renewed = (*CREDENTIALS, "AWSENV_SESSION", "AWSENV_EXPIRES_AT", "AWSENV_ISSUED_AT")
    changed = {**wanted, **own}
    return EnvChange(changed, (name for name in renewed if name not in changed))


def unset_change(
    env: "Mapping[str, str]",
    keys: "Mapping[str, str] | None" = None,
    *,
    for_child: bool = False,
) -> EnvChange:
    """What takes awsenv out of `env` and restores what was there before the first assume.

    `keys` are variables for the user's own keys, where the baseline only names their profile. What
    is `for_child`, and not for the user's own shell, does not restore those keys: awsenv's go, and
    none take their place.
    """
    wanted = {**before(env), **(keys or {})}
    wanted.pop(KEYS_OF, None)
    changed = {name: value for name, value in wanted.items() if env.get(name) != value}
    if for_child:
        for name in _OWN_KEYS:
            if changed.pop(name, None) is not None:
                del wanted[name]
    return EnvChange(changed, _all_but(wanted, settings_put(env)))


def keeps_no_keys(env: "Mapping[str, str]") -> bool:
    """Whether the user wants none of their own keys put aside."""
    return env.get("AWSENV_KEEP_KEYS", "").lower() in ("no", "off", "0", "false")


def _kept(
    baseline: "Mapping[str, str]", env: "Mapping[str, str]", *, for_child: bool
) -> "Mapping[str, str]":
    """What of the baseline is put aside, so that `awsenv unset` finds it."""
    if for_child or keeps_no_keys(env):
        return {name: value for name, value in baseline.items() if name not in _OWN_KEYS}
    return baseline


def _settings(session: "Session", env: "Mapping[str, str]") -> dict[str, str]:
    """What `session`'s profile sets for tools, except what the user has set: that wins."""
    put = settings_put(env)
    theirs = {name for name in env if name not in put}
    found = {name: value for name, value in session.settings if name not in theirs}
    if theirs & {"AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}:
        return {name: value for name, value in found.items() if "ENDPOINT_URL" not in name}
    return found


def _account(session: "Session", baseline: "Mapping[str, str]") -> dict[str, str]:
    """The account of the session's keys, where the user relies on the variable for it.

    Account-based endpoints (of DynamoDB) take it; nobody else needs it.
    """
    required = dict(session.settings).get("AWS_ACCOUNT_ID_ENDPOINT_MODE") == "required"
    if session.account and (required or "AWS_ACCOUNT_ID" in baseline):
        return {"AWS_ACCOUNT_ID": session.account}
    return {}


def settings_put(env: "Mapping[str, str]") -> dict[str, str]:
    """The settings for tools in `env` that still are as awsenv left them."""
    put = decode_pairs(env.get("AWSENV_PUT", "")).items()
    own = (*IDENTITIES, *REGIONS)
    return {name: value for name, value in put if name not in own and env.get(name) == value}


def _own_variables(session: "Session") -> dict[str, str]:
    values = {
        "AWSENV_PROFILE": session.profile,
        "AWSENV_SESSION": session.key,
        "AWSENV_EXPIRES_AT": session.expires_at,
        "AWSENV_ISSUED_AT": session.issued_at,
    }
    return {name: str(value) for name, value in values.items() if value is not None}


def _put(wanted: "Mapping[str, str]", settings: "Mapping[str, str]") -> str:
    names = (*IDENTITIES, *sorted(REGIONS), *(name for name in settings if name not in REGIONS))
    values = {**settings, **wanted}
    return encode_pairs({name: values[name] for name in names if name in values})


def _all_but(wanted: "Mapping[str, str]", put: "Iterable[str]" = ()) -> list[str]:
    return [name for name in (*MANAGED, *OWN, *put) if name not in wanted]


def put_still_holds(env: "Mapping[str, str]") -> bool:
    """Whether the identity in `env` is the one awsenv put there; the hooks check the same."""
    for name, value in decode_pairs(env.get("AWSENV_PUT", "")).items():
        # Keys, whoever exported them, take precedence over a profile.
        overruled = name == "AWS_PROFILE" and env.get("AWS_ACCESS_KEY_ID")
        return name in IDENTITIES and env.get(name) == value and not overruled
    return False


def overruled_by(env: "Mapping[str, str]") -> "str | None":
    """`AWS_PROFILE=other`, where that makes some tools another identity than the shell's keys.

    The JavaScript SDK and the CDK take a profile before keys; botocore takes keys. The hooks show
    the same.
    """
    other = env.get("AWS_PROFILE")
    keys = put_still_holds(env) and not is_profile_mode(env)
    return f"AWS_PROFILE={other}" if other and keys else None


def is_profile_mode(env: "Mapping[str, str]") -> bool:
    """Whether awsenv put a profile's name into `env` rather than keys."""
    return env.get("AWSENV_PUT", "").startswith("AWS_PROFILE=")
