"""The module `signal` without its enums: making them takes longer than most of what uses it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as signals
else:
    try:
        # What the module signal itself is made of.
        import _signal as signals
    except ImportError:
        import signal as signals

__all__ = ["signals"]
