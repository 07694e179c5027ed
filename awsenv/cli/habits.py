"""What people type by habit, from another tool or another version, and what does it here."""

from __future__ import annotations

from awsenv.commands import COMMANDS, EVALUATED, PASSES_ON, load
from awsenv.config import profile_names
from awsenv.errors import AwsenvError, UsageError
from awsenv.parameters.declared import parameters
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_OF_PROFILE = ("--profile", "-p")


def translated(arguments: list[str]) -> list[str]:
    """`arguments` with `help`, `-?`, `version` and `-v` as the options that they stand for."""
    if arguments[:1] == ["help"]:
        return [*(name for name in arguments[1:2] if name in COMMANDS), "--help"]
    # PowerShell's. Behind exec's profile it is the command's.
    if arguments[-1:] == ["-?"] and (arguments[0] not in PASSES_ON or len(arguments) == 2):
        return [*arguments[:-1], "--help"]
    return ["--version"] if arguments in (["version"], ["-v"], ["-V"]) else arguments


def answered(arguments: Sequence[str]) -> UsageError | None:
    """The error with the line to type, for a command line that is unknown but looks familiar."""
    name, *rest = arguments or [""]
    if name in EVALUATED and rest[:1] == ["--shell"]:
        # The hook's, and nothing that was typed.
        rest = rest[2:]
    if name == "auto":
        return _auto(rest)
    if name not in COMMANDS:
        return _profile_alone(name, rest)
    if "profile" not in parameters(load(name)):
        return None
    return _profile_as_option(name, rest) or _command_behind(name, rest)


def _auto(rest: Sequence[str]) -> UsageError:
    words = " ".join(("awsenv auto", *rest))
    if _hook_is_installed():
        return UsageError(
            f"`{visible(words)}` is the prompt hook's, which is not loaded in this shell",
            "open a new shell, and type it there",
        )
    return UsageError(
        f"`{visible(words)}` is the prompt hook's, which is not installed here",
        "awsenv init --install, then open a new shell",
    )


def _profile_alone(name: str, rest: Sequence[str]) -> UsageError | None:
    if name not in profile_names():
        return None
    text = f"there is no command {name!r}; {name!r} is a profile"
    command = [word for word in rest if word != "--"]
    if command and not command[0].startswith("-"):
        return UsageError(text, f"type: {_typed('exec', name, '--', *command)}")
    return UsageError(text, f"type: {_typed('assume', name, *rest)}")


def _profile_as_option(name: str, rest: Sequence[str]) -> UsageError | None:
    declared = parameters(load(name)).values()
    with_value = [each.name for each in declared if each.kind in ("value", "values")]
    for index, word in enumerate(rest):
        option, equals, text = word.partition("=")
        if index and rest[index - 1] in with_value:
            continue
        if word == "--" or (name in PASSES_ON and not word.startswith("-")):
            return None
        if option in _OF_PROFILE:
            others = [*rest[:index], *rest[index + (1 if equals else 2) :]]
            profile = text if equals else "".join(rest[index + 1 : index + 2]) or "PROFILE"
            behind = _command_behind(name, [profile, *others])
            if behind:
                return behind
            line = _typed(name, profile, *others)
            if name in PASSES_ON:
                line = _typed(name, *rest[:index], profile, *others[index:])
            return UsageError(
                f"the profile is an argument of awsenv {name}, not an option", f"type: {line}"
            )
    return None


def _command_behind(name: str, rest: Sequence[str]) -> UsageError | None:
    """`assume PROFILE -- COMMAND`, for which there is exec."""
    if name != "assume" or not rest or rest[0].startswith("-"):
        return None
    end = rest.index("--") if "--" in rest else 1
    profile, *options = rest[:end]
    command = rest[end + 1 :] if "--" in rest else rest[end:]
    if not command or command[0].startswith("-"):
        return None
    line = _typed("exec", *options, profile, "--", *command)
    return UsageError("awsenv assume runs no command, it changes this shell", f"type: {line}")


def _typed(name: str, *words: str) -> str:
    """The line that calls command `name` from the shell that is asking."""
    from awsenv import shells
    from awsenv.shells.detection import detect

    try:
        shell = detect()
    except AwsenvError:
        shell = shells.get("posix")
    # -- means the same bare.
    parts = (word if word == "--" else shell.quote(word) for word in ("awsenv", name, *words))
    line = " ".join(parts)
    return shell.line_to_type(line) if name == "assume" and not _hook_is_installed() else line


def _hook_is_installed() -> bool:
    """Whether new shells of the kind that is asking load the hook, whose function evaluates."""
    from awsenv.install import rc_files
    from awsenv.shells.detection import detect

    try:
        return b"awsenv" in rc_files.read(rc_files.path_for(detect().name))
    except AwsenvError:
        return False
