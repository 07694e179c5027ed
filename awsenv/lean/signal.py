"""The module `signal` without its enums, which take longer to create than most code that needs
them.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as signals
else:
    try:
        # The module that signal itself is built on.
        import _signal as signals
    except ImportError:
        import signal as signals

__all__ = ["signals"]
