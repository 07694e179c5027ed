"""`suppress` of contextlib, without the modules that contextlib loads."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class suppress:  # noqa: N801 - a stand-in for contextlib's
    """A block that these exceptions end without going any further.

    Unlike its model from Python 3.12 on, it does not split groups of exceptions.
    """

    def __init__(self, *kinds: type[BaseException]) -> None:
        self._kinds = kinds

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        return kind is not None and issubclass(kind, self._kinds)
