"""A saved session that another program wrote: where does it come from? Asked once, and kept in its
section.
"""

from __future__ import annotations

from awsenv.config import load, shown
from awsenv.config.saved_sections import SAVED_FROM, SAVED_WITH, is_federated, is_session
from awsenv.errors import CancelledError, CredentialsError
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.config import Config
    from awsenv.sources.root import Root
    from awsenv.terminal.terminal import Terminal

_TRIES = 3


class OriginNeeded(CredentialsError):  # noqa: N818 - named for what is to be told
    """The session saved as `name` no longer works, and nothing says what renews it."""

    def __init__(self, root: Root, what: str, open_terminal: Callable[[], Terminal | None]) -> None:
        self.name = root.profile or ""
        super().__init__(
            f"the session saved as {self.name!r} {what}, and nothing says which profile it is "
            f"a session of ({root.where})",
            f"say it once: awsenv save PROFILE --as {self.name}",
        )
        self.open_terminal = open_terminal


def no_longer_good(
    root: Root, what: str, config: Config, open_terminal: Callable[[], Terminal | None]
) -> CredentialsError:
    """The error for a saved session that can no longer be used, because of `what`."""
    profile = config.profiles.get(root.profile or "")
    if profile and is_federated(profile):
        return CredentialsError(
            f"the session of profile {profile.name!r} {what} ({root.where})",
            "sign in again with the program that wrote it",
        )
    if profile and profile.get(SAVED_WITH):
        return CredentialsError(
            f"the session saved as {profile.name!r} {what} ({root.where})",
            f"renew it: awsenv assume {profile.name}",
        )
    return OriginNeeded(root, what, open_terminal)


def ask(needed: OriginNeeded) -> bool:
    """Ask and keep the answer; False if there is nobody to ask.

    Raises CancelledError if no answer was given.
    """
    terminal = needed.open_terminal()
    if terminal is None:
        return False
    config = load()
    with terminal:
        terminal.say(f"awsenv: {needed.message}")
        origin = _answer(terminal, needed.name, config)
        _keep(needed.name, origin, config)
        terminal.say(f"awsenv: kept in {shown(config.credentials_path)} as {SAVED_FROM}")
    return True


def _answer(terminal: Terminal, name: str, config: Config) -> str:
    likely = [
        profile.name
        for profile in config.profiles.values()
        if profile.get("aws_access_key_id") and not is_session(profile)
    ]
    if likely:
        terminal.say(f"profiles with keys of their own: {', '.join(map(visible, likely))}")
    # Enter alone never answers: another person's session would take its place.
    only = likely[0] if len(likely) == 1 else None
    if only:
        prompt = f"is it a session of profile {visible(only)}? [y/N, or another profile's name] "
    else:
        prompt = "it is a session of profile (Enter: of none of these): "
    for _ in range(_TRIES):
        answer = terminal.ask(prompt).strip()
        if only and answer.lower() in ("y", "yes"):
            return only
        if answer.lower() in ("", "n", "no"):
            break
        if answer in config.profiles and answer != name:
            return answer
        terminal.say(f"there is no other profile {answer!r}")
    raise CancelledError


def _keep(name: str, origin: str, config: Config) -> None:
    from awsenv.config.writing import edit

    edit(config.credentials_path, lambda text: text.set(name, {SAVED_FROM: origin}))
