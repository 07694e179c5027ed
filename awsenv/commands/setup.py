"""`awsenv setup`: find the user's MFA device, and write it into the config."""

from __future__ import annotations

import os

from awsenv import sources
from awsenv.aws.deadline import Deadline
from awsenv.aws.iam import DENIED, Iam
from awsenv.aws.sts import Sts
from awsenv.config import Config, Profile, load, shown
from awsenv.config.profiles import OWN_SERIAL, SERIAL
from awsenv.config.writing import edit_profile
from awsenv.errors import CancelledError, ConfigError, RefusedError, UsageError
from awsenv.lean.dataclasses import dataclass
from awsenv.parameters import declared
from awsenv.parameters.request_options import PROFILE
from awsenv.plan.plan import Plan, root_plan
from awsenv.plan.request import Request
from awsenv.plan.settings import Settings
from awsenv.plan.sts_endpoint import sts_region
from awsenv.sessions.from_request import tell
from awsenv.sources.root import Context
from awsenv.terminal.opening import open_terminal, why_closed
from awsenv.values.notation import whole_number
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.terminal.terminal import Terminal
    from awsenv.values.credentials import Credentials

_FIDO = ":u2f/"


@dataclass
class _Wishes:
    serial: str | None
    region: str | None
    yes: bool


def command(
    *,
    profile: str | None = PROFILE,
    mfa_serial: str | None = declared.value("--mfa-serial", "SERIAL", "Write this MFA device."),
    region: str | None = declared.value("--region", "REGION", "Write this region."),
    yes: bool = declared.flag("--yes", "Write without asking, for scripts."),
) -> None:
    """Find out who a profile's keys belong to, and set its MFA device and region."""
    wishes = _Wishes(mfa_serial, region, yes)
    config = load()
    plan = root_plan(Request(profile=profile), config, Settings.read(), os.environ)
    name = plan.root.profile
    if plan.root.temporary or name is None:
        raise UsageError(
            f"{plan.root.description} is a session, which has no MFA device",
            "name the profile that holds the IAM user's own keys",
        )
    user, devices = _look_up(plan, config)
    tell(f"{plan.root.description} are those of {user}")
    values = _serial(name, user, devices, config, wishes) | _region(name, user, config, wishes)
    if not values:
        tell(f"profile {name!r} in {shown(config.config_path)} needs no change")
        return
    _check_place(name, values, config)
    tell(f"profile {name!r} in {shown(config.config_path)} gets:")
    for key, value in values.items():
        tell(f"  {key} = {value}" if value else f"  {key} removed")
    if not yes and not _asked("write this? [Y/n] ", ("", "y", "yes")):
        raise CancelledError("nothing was written")
    edit_profile(config, name, values)
    tell("written")


def _look_up(plan: Plan, config: Config) -> tuple[str, list[str] | None]:
    """The ARN of the user that the keys belong to, and their MFA devices; None if IAM refuses."""
    seconds = Settings.read().deadline
    context = Context(config, dict(os.environ), Deadline(seconds))
    keys = sources.resolve(plan.root, context).credentials
    user = Sts(plan.connection, Deadline(seconds)).caller_identity(keys)["Arn"]
    if ":user/" not in user and not user.endswith(":root"):
        raise UsageError(
            f"{plan.root.description} are those of {user}, which is no IAM user",
            "name the profile that holds an IAM user's own keys",
        )
    return user, _devices(plan, keys, seconds)


def _devices(plan: Plan, keys: Credentials, seconds: int) -> list[str] | None:
    try:
        return Iam(plan.connection, seconds).mfa_devices(keys)
    except RefusedError as error:
        if error.code != DENIED:
            raise
        return None


def _serial(
    name: str, user: str, devices: list[str] | None, config: Config, wishes: _Wishes
) -> dict[str, str | None]:
    """What mfa_serial is to become, where it is to change."""
    there = config.profile(name).get("mfa_serial")
    if devices is None:
        serial = wishes.serial or (there if there and _FIDO not in there else _guess(user))
        if serial not in (wishes.serial, there):
            tell("IAM does not let you list your MFA devices, so this one is a guess by its usual")
            tell(f"name: {serial}. Compare it with the IAM console, or pass --mfa-serial")
        return _written(config.profile(name), serial)
    usable = [serial for serial in devices if _FIDO not in serial]
    for serial in devices:
        if serial not in usable:
            tell(f"{serial} is a FIDO key or passkey: good for the console, but AWS's STS takes")
            tell("six-digit codes only, so no tool on the command line can use it")
    if wishes.serial and wishes.serial not in usable:
        raise UsageError(
            f"{wishes.serial} is no MFA device of {user} that gives codes",
            f"pass one of: {', '.join(usable) or 'none, for there is none'}",
        )
    if not usable:
        if devices:
            raise ConfigError(
                f"{user} has no MFA device that gives six-digit codes",
                "add an authenticator app as a further device in the IAM console (a user can have "
                "eight), then run this again",
            )
        tell(f"{user} has no MFA device; add one in the IAM console, then run this again")
        return {}
    if there and there not in usable:
        tell(f"{there}, which the config names, is none of the user's devices")
    serial = wishes.serial or (there if there in usable else None) or _choose(usable, wishes)
    return _written(config.profile(name), serial)


def _written(profile: Profile, serial: str) -> dict[str, str | None]:
    """The change that makes `serial` the device of a profile with keys of its own."""
    values: dict[str, str | None] = {}
    if profile.values.get(OWN_SERIAL) != serial:
        values[OWN_SERIAL] = serial
    if profile.values.get(SERIAL):
        tell(f"{SERIAL} beside keys makes the .NET SDK and AWS Tools for PowerShell refuse the")
        tell(f"profile, so it becomes {OWN_SERIAL}, which they pass over")
        values[SERIAL] = None
    return values


def _guess(user: str) -> str:
    """The ARN that the console gives to a virtual device unless told otherwise."""
    front, _, name = user.rpartition(":")
    if name == "root":
        return f"{front}:mfa/root-account-mfa-device"
    return f"{front}:mfa/{name.rpartition('/')[2]}"


def _choose(serials: list[str], wishes: _Wishes) -> str:
    if len(serials) == 1:
        return serials[0]
    if wishes.yes:
        raise UsageError(
            f"there are several MFA devices: {', '.join(serials)}", "choose with --mfa-serial"
        )
    with _terminal() as terminal:
        for number, serial in enumerate(serials, 1):
            terminal.say(f"  {number}  {serial}")
        for _ in range(3):
            answer = terminal.ask(f"which MFA device? [1-{len(serials)}] ").strip()
            if answer in serials:
                return answer
            number = whole_number(answer) or 0
            if 1 <= number <= len(serials):
                return serials[number - 1]
    raise CancelledError


def _region(name: str, user: str, config: Config, wishes: _Wishes) -> dict[str, str | None]:
    """The region to write: the requested one, or else a default if there is none yet."""
    there = config.profile(name).get("region")
    if wishes.region or there:
        return {"region": wishes.region} if wishes.region not in (None, there) else {}
    others = [each.get("region") for each in config.profiles.values()]
    used = sorted(filter(None, others), key=others.count)
    named = [os.environ.get("AWS_REGION"), os.environ.get("AWS_DEFAULT_REGION"), *used[-1:]]
    proposed = next(filter(None, named), None) or sts_region(None, [], user, {})
    if not wishes.yes:
        with _terminal() as terminal:
            proposed = terminal.ask(f"region [{visible(proposed)}]: ").strip() or proposed
    return {"region": proposed}


def _asked(question: str, agreeing: tuple[str, ...]) -> bool:
    with _terminal() as terminal:
        return terminal.ask(question).strip().lower() in agreeing


def _terminal() -> Terminal:
    terminal = open_terminal()
    if terminal is None:
        raise UsageError(
            f"nobody can be asked: {why_closed() or 'there is no terminal'}",
            "pass --yes to write without asking",
        )
    return terminal


def _check_place(name: str, values: dict[str, str | None], config: Config) -> None:
    """Raise ConfigError if what is to be written would be ignored."""
    profile = config.profile(name)
    for key in values:
        place = profile.at(key)
        if profile.values.get(key) and place.rpartition(":")[0] != shown(config.config_path):
            raise ConfigError(
                f"{key} is set in the credentials file ({place}), and that wins over the config",
                "remove the line there",
            )
