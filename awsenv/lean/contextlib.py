"""`suppress` of contextlib, without what that module loads before a code can be asked for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class suppress:  # noqa: N801 - a stand-in for contextlib's
    """A block in which these exceptions end the block and nothing else.

    Groups of exceptions it does not split, as the model does from Python 3.12 on.
    """

    def __init__(self, *kinds: type[BaseException]) -> None:
        self._kinds = kinds

    def __enter__(self) -> None:
        """Nothing is to be done yet."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        return kind is not None and issubclass(kind, self._kinds)
