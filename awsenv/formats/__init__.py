"""What can be printed besides a shell's statements: one file each, and one line here."""

from __future__ import annotations

from awsenv.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.environment.change import EnvChange

# Every name that --format accepts, and its module here, loaded on demand.
FORMATS = {
    "json": "json",
    "dotenv": "dotenv",
    "cmd": "cmd",
}


def get(name: str) -> Callable[[EnvChange], str]:
    """The `render` of the format called `name`: a change to text without the last line ending.

    It raises AwsenvError for a value that the format cannot hold. An unknown name raises
    UsageError.
    """
    module = FORMATS.get(name.lower())
    if module is None:
        raise UsageError(f"no format is called {name!r}", f"pass --format {', '.join(FORMATS)}")
    # As in awsenv.shells.
    render: Callable[[EnvChange], str] = __import__(
        f"awsenv.formats.{module}", fromlist=["render"]
    ).render
    return render
