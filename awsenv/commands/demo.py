"""`awsenv demo`: everything, without an AWS account and without a network."""

import sys

from awsenv.errors import UsageError
from awsenv.parameters.declared import argument, flag, value
from awsenv.sessions import store
from awsenv.values.durations import parse_duration


def command(
    *,
    action: str | None = argument("[ACTION]", "In the demo's shell: code, or expire TIME."),
    time: str | None = argument("[TIME]", "How long sessions live."),
    tour: bool = flag("--tour", "Play a short tour instead of opening a shell."),
    life: str | None = value("--life", "TIME", "Let sessions live this long at most."),
) -> int:
    """Try awsenv against a local AWS of your own, in your own shell."""
    if action == "code":
        if time:
            raise UsageError(f"`awsenv demo code` takes no {time!r}", "leave it out")
        return _code()
    if action == "expire":
        return _expire(time)
    if action:
        raise UsageError(
            f"the demo has no action {action!r}",
            "use `awsenv demo code` or `awsenv demo expire 20`",
        )
    from awsenv.demo.place import open_place

    with open_place() as place:
        if life:
            place.server.control.cap_life(parse_duration(life, "--life"))
        if tour or not (sys.stdin.isatty() and sys.stdout.isatty()):
            from awsenv.demo.tour import run_tour

            return run_tour(place)
        from awsenv.demo.demo_shell import run_shell

        return run_shell(place)


def _code() -> int:
    from awsenv.demo.guide import authenticator_now

    sys.stdout.write(f"{authenticator_now()}\n")
    return 0


def _expire(time: str | None) -> int:
    from awsenv.demo.place import running

    seconds = parse_duration(time or "", "TIME")
    if seconds < 1:
        raise UsageError("sessions have to live a second at least", "try awsenv demo expire 20")
    running().cap_life(seconds)
    store.forget_all()
    sys.stdout.write(f"new sessions last {seconds} s; cached sessions are deleted\n")
    return 0
