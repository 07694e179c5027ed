"""The plan: from the config to the STS calls, before anything runs.

Pure: it reads the given config and environment, runs nothing, asks nobody. The rules on durations
and on who may make which call are those of the AWS documentation of GetSessionToken and AssumeRole
("role chaining").
"""

from __future__ import annotations

from awsenv.aws.connection import Connection
from awsenv.config.saved_sections import SAVED_WITH, asked_with, names_of
from awsenv.errors import ConfigError, UsageError
from awsenv.lean.dataclasses import dataclass, replace
from awsenv.plan import validation
from awsenv.plan.chain import Chain, walk
from awsenv.plan.request import Request
from awsenv.plan.settings import (
    HOUR,
    MFA_RANGE,
    ROLE_RANGE,
    Chosen,
    Settings,
    mfa_duration,
    mfa_prompt,
    min_left,
    role_duration,
)
from awsenv.plan.sts_endpoint import explicit_endpoint, sts_region
from awsenv.plan.tool_settings import tool_settings
from awsenv.values.durations import format_duration
from awsenv.values.steps import AssumeRole, FromSource, GetSessionToken, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile
    from awsenv.sources.root import Root


@dataclass(frozen=True)
class Plan:
    """The root credentials and the steps from there to what was requested, in order.

    No steps means the root credentials themselves. `config_profile` is the profile that network
    settings are read from, `margin` is how long a session must still last, `notes` are lines for
    the user. If tools can use the profile as it stands, because its source is a saved session, they
    need the first `usable_after` steps.
    """

    profile: str
    root: Root
    steps: tuple[Step, ...]
    request: Request
    config_profile: str | None
    region: str | None
    sts_region: str
    endpoint: str | None
    mfa_process: str | None
    margin: Chosen
    # How the user is asked for a code, and where that is set.
    mfa_prompt: tuple[str, str] = ("terminal", "default")
    notes: tuple[str, ...] = ()
    usable_after: int | None = None
    tool_settings: tuple[tuple[str, str], ...] = ()

    @property
    def connection(self) -> Connection:
        """How the calls of this plan reach AWS."""
        return Connection(
            self.root.description,
            self.root.where,
            self.config_profile,
            self.sts_region,
            self.endpoint,
            any(step.serial for step in self.steps),
            self.root.profile if self.root.source == "keys" and not self.root.temporary else None,
        )

    @property
    def role_arn(self) -> str | None:
        return self.steps[-1].role_arn if self.steps else None


def make_plan(request: Request, config: Config, settings: Settings, env: Mapping[str, str]) -> Plan:
    """The plan for `request`; raises ConfigError or UsageError if there can be none."""
    saved = as_asked(request, config)
    plan = plan_of(walk(saved, config, env), saved, config, settings, env)
    if saved is request or not plan.steps or request.profile is None:
        return plan
    if _is_another(request):
        return replace(plan, profile=request.profile)
    # It has a name of its own, and is written under that name again.
    last = replace(plan.steps[-1], saves=(request.profile,))
    return replace(plan, profile=request.profile, steps=(*plan.steps[:-1], last))


def as_asked(request: Request, config: Config) -> Request:
    """`request` with the options that the saved session it names was asked with."""
    if not request.profile or not config.having(SAVED_WITH):
        return request
    options = asked_with(request.profile, config)
    if not options or request.role_arn or request.source_profile or request.from_env:
        return request
    saved = Request.from_options(options)
    said = {name: value for name, value in vars(request).items() if value not in (None, False, ())}
    return replace(saved, **{**said, "profile": saved.profile})


def plan_of(
    chain: Chain, request: Request, config: Config, settings: Settings, env: Mapping[str, str]
) -> Plan:
    """The plan for `request`, whose profiles have been walked to `chain`; raises as make_plan
    does.
    """
    notes: list[str] = []
    device = chain.first("mfa_serial")
    serial = request.mfa_serial or (device.get("mfa_serial") if device else None)
    if serial and chain.root.temporary:
        notes.append(f"no MFA code: {chain.root.description} is a session already")
        serial = None
    _check(request, chain, serial)
    steps: list[Step] = []
    if chain.root.kept:
        steps.append(_source_step(request, chain))
    if serial and not request.mfa_direct:
        steps.append(_mfa_step(request, chain, serial, settings))
    for profile in reversed(chain.roles):
        final, first = profile is chain.roles[0], profile is chain.roles[-1]
        step = _role_step(profile, request if final else Request())
        chained = chain.root.role_session or not first
        chosen = role_duration(settings, profile, request.duration if final else None)
        step = _with_duration(step, chosen, chained, notes)
        if serial and request.mfa_direct and first:
            step = replace(step, serial=serial)
        steps.append(step)
    process = chain.first("mfa_process")
    top, base = chain.top, chain.base
    regions = [profile.get("region") for profile in (top, base) if profile]
    role_arn = steps[-1].role_arn if steps else None
    settings_found, untold = tool_settings(top.name if top else None, config)
    plan = Plan(
        profile=_name(request, chain),
        root=chain.root,
        steps=_with_saves(steps, request, chain, config),
        request=request if request.profile else replace(request, profile=chain.start),
        config_profile=base.name if base else None,
        region=next(filter(None, [request.region, *regions]), None),
        sts_region=sts_region(request.region, chain.profiles, role_arn or serial, env),
        endpoint=explicit_endpoint(config, base, env),
        mfa_process=process.get("mfa_process") if process else None,
        margin=min_left(settings, top, request.min_left),
        mfa_prompt=mfa_prompt(settings, chain.first("mfa_prompt")),
        notes=(*notes, *untold),
        usable_after=_usable_after(request, chain, len(steps)),
        tool_settings=tuple(settings_found.items()),
    )
    _validate(plan, chain.profiles)
    return plan


def _validate(plan: Plan, profiles: list[Profile]) -> None:
    """Check every step of `plan`, its region and the code."""
    validation.check_code(plan.request.mfa_code)
    by_name = {profile.name: profile for profile in profiles}
    for step in plan.steps:
        validation.check_step(step, by_name.get(step.profile))
    named = next((each for each in profiles if each.get("region") == plan.region), None)
    asked = plan.request.region == plan.region
    validation.check_region(plan.region, named.at("region") if named and not asked else None)


def root_plan(request: Request, config: Config, settings: Settings, env: Mapping[str, str]) -> Plan:
    """The plan for the credentials at the root alone, whatever MFA device the config names."""
    validation.check_code(request.mfa_code)
    chain = walk(request, config, env)
    base = config.profiles.get(chain.root.profile or "")
    device = chain.first("mfa_serial")
    return Plan(
        profile=base.name if base else _name(request, chain),
        root=chain.root,
        steps=(),
        request=request,
        config_profile=base.name if base else None,
        region=base.get("region") if base else None,
        sts_region=sts_region(
            None, chain.profiles, device.get("mfa_serial") if device else None, env
        ),
        endpoint=explicit_endpoint(config, base, env),
        mfa_process=None,
        margin=min_left(settings, base),
    )


def mfa_part(plan: Plan) -> Plan:
    """The plan for the MFA session alone that `plan` comes by; raises UsageError without."""
    for number, step in enumerate(plan.steps, 1):
        if isinstance(step, GetSessionToken):
            return replace(plan, steps=plan.steps[:number])
    if plan.root.saved:
        raise UsageError(
            f"{plan.root.description} is a saved one, and nothing says what it is a session of",
            f"say it once: awsenv save PROFILE --as {plan.root.profile}",
        )
    if plan.root.temporary:
        hint = f"{plan.root.description} is a session already: awsenv assume {plan.profile}"
    else:
        hint = f"awsenv setup {plan.root.profile or plan.profile} finds the user's MFA device"
    raise UsageError(f"profile {plan.profile!r} has no MFA session to log in to", hint)


def _check(request: Request, chain: Chain, serial: str | None) -> None:
    if request.mfa_direct and request.mfa_duration:
        raise UsageError(
            "--mfa-direct makes no MFA session, so --mfa-duration does not apply", "leave one out"
        )
    if request.mfa_direct and chain.root.temporary:
        raise UsageError(
            f"--mfa-direct cannot apply: {chain.root.description} is a session already",
            "leave it out: AWS takes MFA codes with an IAM user's own keys",
        )
    if request.mfa_direct and not (serial and chain.roles):
        raise UsageError(
            "--mfa-direct needs a role and an MFA device",
            "name a profile with role_arn and mfa_serial, or pass --role-arn and --mfa-serial",
        )
    if not chain.roles and (
        request.external_id or request.session_name or request.tags or request.policy_arns
    ):
        raise UsageError(
            "there is no role to assume, so options for a role do not apply",
            "name a profile with a role_arn, or pass --role-arn",
        )
    if not chain.roles and not serial and (request.duration or request.mfa_duration):
        raise UsageError(
            f"{chain.root.description} last as long as they last; a duration does not apply",
            "set mfa_serial or role_arn in the profile, or pass --mfa-serial or --role-arn",
        )
    last_saved = next(reversed(chain.saved), None)
    if last_saved and not (serial or chain.root.temporary or chain.names_role(last_saved)):
        raise ConfigError(
            f"profile {chain.saved[last_saved][0]!r} is a saved session of {last_saved!r}, which "
            "names no MFA device to renew it with",
            f"run: awsenv setup {last_saved}",
        )
    if serial and ":u2f/" in serial:
        raise ConfigError(
            f"{serial} is a FIDO device, and STS takes no code from one",
            "register an authenticator app as a second MFA device, and name its serial",
        )


def _name(request: Request, chain: Chain) -> str:
    if request.profile:
        return request.profile
    if request.role_arn:
        # Not the bare name: that may be a profile's, for another role.
        return f"role/{request.role_arn.rpartition('/')[2]}"
    return chain.top.name if chain.top else "environment"


def _source_step(request: Request, chain: Chain) -> FromSource:
    name = chain.root.profile or _name(request, chain)
    return FromSource(name, chain.root.role_arn)


def _mfa_step(request: Request, chain: Chain, serial: str, settings: Settings) -> GetSessionToken:
    asked = request.mfa_duration or (None if chain.roles else request.duration)
    chosen = mfa_duration(settings, chain.first("awsenv_mfa_duration"), asked)
    _check_range(chosen, MFA_RANGE, "an MFA session")
    why = "the default" if chosen.by == "default" else f"set by {chosen.by}"
    name = chain.root.profile or _name(request, chain)
    return GetSessionToken(name, serial, chosen.seconds, why, chosen.asked)


def _role_step(profile: Profile | None, request: Request) -> AssumeRole:
    def own(key: str) -> str | None:
        return profile.get(key) if profile else None

    def own_list(key: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in (own(key) or "").split(",") if part.strip())

    for tag in own_list("session_tags"):
        if "=" not in tag.strip("="):
            assert profile is not None
            raise ConfigError(
                f"session_tags has {tag!r}, which is not key=value ({profile.at('session_tags')})",
                "write it as session_tags = team=ops, stage=test",
            )
    return AssumeRole(
        profile.name if profile else "",
        own("role_arn") or request.role_arn or "",
        external_id=request.external_id or own("external_id"),
        session_name=request.session_name or own("role_session_name"),
        tags=request.tags or own_list("session_tags"),
        transitive_tags=request.transitive_tags or own_list("transitive_session_tags"),
        source_identity=request.source_identity or own("source_identity"),
        policy_arns=request.policy_arns or own_list("policy_arns"),
    )


def _with_saves(
    steps: list[Step], request: Request, chain: Chain, config: Config
) -> tuple[Step, ...]:
    """`steps`, each with the names that its session is saved under.

    The session of a profile is that of its last step, unless options make it a different one.
    """

    def names(number: int, step: Step) -> tuple[str, ...]:
        followed = step.profile in [later.profile for later in steps[number:]]
        altered = isinstance(step, AssumeRole) and number == len(steps) and _is_another(request)
        if followed or altered or request.from_env:
            return ()
        return names_of(step.profile, config, chain.saved.get(step.profile, []))

    saves = [names(number, step) for number, step in enumerate(steps, 1)]
    pairs = zip(steps, saves, strict=True)
    return tuple(replace(step, saves=each) if each else step for step, each in pairs)


def _is_another(request: Request) -> bool:
    """Whether options make it another session than the one that its profile is saved as."""
    return bool(request.alters() or request.session_name)


def _usable_after(request: Request, chain: Chain, steps: int) -> int | None:
    """How many steps tools need done before they can use the profile as it stands; None if never.

    They assume roles by themselves from a saved session, but would ask for a code of their own
    where a profile with a role names an MFA device.
    """
    profiles, roles = chain.above_saved or (0, 0)
    root = chain.root
    if not chain.above_saved and root.saved:
        profiles, roles = len(chain.profiles) - 1, len(chain.roles)
    asked = request.duration or request.session_name or request.mfa_direct or request.alters()
    if not profiles or asked or any(each.get("mfa_serial") for each in chain.profiles[:profiles]):
        return None
    return steps - roles


def _with_duration(step: AssumeRole, chosen: Chosen, chained: bool, notes: list[str]) -> AssumeRole:
    """`step` for as long as `chosen`, or as AWS gives a role assumed from another role."""
    _check_range(chosen, ROLE_RANGE, "a role session")
    if chained and chosen.seconds > HOUR:
        notes.append(
            f"{step.role_arn} lasts 1h00m, not {format_duration(chosen.seconds)} ({chosen.by}): "
            "AWS caps a role that is assumed from another role's session at 1 h"
        )
        return replace(step, duration=HOUR, why="AWS caps chained roles at 1 h")
    why = f"set by {chosen.by}"
    if chosen.by == "default":
        why = "the default"
        if chained:
            why += ", and the most that AWS gives a role assumed from another role"
        else:
            why += "; duration_seconds in the profile or --duration can ask for more"
    return replace(step, duration=chosen.seconds, why=why, insisted=chosen.asked)


def _check_range(chosen: Chosen, limits: tuple[int, int], what: str) -> None:
    if not limits[0] <= chosen.seconds <= limits[1]:
        raise UsageError(
            f"{what} cannot last {format_duration(chosen.seconds)} ({chosen.by})",
            f"AWS allows 15m to {limits[1] // HOUR}h",
        )
