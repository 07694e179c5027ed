"""Signals that would end a process without a word: they unwind instead, so the shell gets told.

A shell that evaluates what awsenv prints takes empty output for success. So whatever ends awsenv
has to print the statement that fails. SIGKILL, a crash and what comes before Python runs are
beyond that.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import Any
else:
    # As in awsenv.lean, which would have to be loaded for it before anything is answered.
    try:
        import _signal as signal
    except ImportError:
        import signal

# Those that end a process unless it handles them. Left out are SIGINT, which has an exception of
# its own, and what a fault of the machine raises: to go on after that would fault for ever.
_NAMES = (
    *("SIGHUP", "SIGTERM", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM"),
    *("SIGPROF", "SIGXCPU", "SIGXFSZ", "SIGPIPE", "SIGIO", "SIGPWR", "SIGSYS", "SIGTRAP"),
    *("SIGSTKFLT", "SIGEMT", "SIGLOST", "SIGBREAK"),
)


class Stopped(BaseException):
    """A signal asked this process to end; `args[0]` is its number."""


def _deadly() -> "list[int]":
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    if hasattr(signal, "SIGRTMIN"):
        numbers += range(signal.SIGRTMIN, signal.SIGRTMAX + 1)
    return [int(number) for number in numbers]


DEADLY = _deadly()


def _stop(number: int, _frame: "Any") -> None:
    raise Stopped(number)


def unwind() -> None:
    """Make each of these signals raise Stopped in the main thread from now on."""
    for number in DEADLY:
        # What is ignored (nohup) stays ignored; Python itself ignores SIGPIPE and SIGXFSZ.
        if signal.getsignal(number) == signal.SIG_DFL:
            _set(number, _stop)


def ignore() -> None:
    """Ignore further signals, so that they do not interrupt the report on the first one."""
    for number in (signal.SIGINT, *DEADLY):
        _set(number, signal.SIG_IGN)


def _set(number: int, action: "Any") -> None:
    try:
        signal.signal(number, action)
    except (OSError, ValueError):
        # The system keeps it for itself, or this is not the main thread.
        return


def restore() -> None:
    """Give back what Python ignores by itself, for a program that takes this process's place."""
    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
