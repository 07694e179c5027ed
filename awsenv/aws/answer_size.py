"""A limit to the size of an answer that botocore reads, which has none of its own."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# In bytes. What STS, IAM and the SSO portal answer is a few thousand.
LARGEST = 1 << 20


class TooLargeError(ValueError):
    """An answer went on beyond the limit."""


class _Limited:
    """The body of an answer, read up to the limit."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, *args: Any, **options: Any) -> Any:
        size = 0
        for part in self._raw.stream(*args, **options):
            size += len(part)
            if size > LARGEST:
                self._raw.close()
                raise TooLargeError(f"an answer of more than {LARGEST >> 20} MB")
            yield part


def limit() -> None:
    """Have every answer that botocore reads in this process be cut off at the limit.

    It makes its answers of a class that its modules look up by name, and offers no other place.
    """
    from botocore import awsrequest

    usual: Any = awsrequest.AWSResponse
    if getattr(usual, "limited", False):
        return

    class Response(usual):  # type: ignore[misc]
        limited = True

        def __init__(self, url: Any, status_code: Any, headers: Any, raw: Any) -> None:
            super().__init__(url, status_code, headers, _Limited(raw))

    setattr(awsrequest, "AWSResponse", Response)  # noqa: B010 - a class is not assigned to
