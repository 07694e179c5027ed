"""A small program that asks at the terminal, for the tests to run in real shells.

    python asking_program.py code|line|countdown|name|wait|credentials [--hook]
    python asking_program.py codes ACCEPTED[,ACCEPTED...] [--step S] [--given CODE] [--process CMD]
                             [--empty] [--calls FILE] [--taken FILE]

It prints a statement that sets GOT, or `false`, as awsenv would, and says on stderr why not.
"""

import argparse
import json
import os
import sys
import threading
import time

from awsenv.errors import AwsenvError
from awsenv.mfa import Codes, EmptyCode, Question
from awsenv.mfa.question import TakenOver
from awsenv.terminal.opening import open_terminal, terminal_name, why_closed
from awsenv.terminal.terminal import Terminal

SERIAL = "arn:aws:iam::111122223333:mfa/alice"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("what")
    parser.add_argument("accepted", nargs="?", default="")
    parser.add_argument("--hook", action="store_true")
    parser.add_argument("--step", type=float, default=30)
    parser.add_argument("--given")
    parser.add_argument("--process")
    parser.add_argument("--timeout", type=float, default=30)
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--calls")
    parser.add_argument("--taken")
    args = parser.parse_args()
    if args.what == "credentials":
        return credentials()
    try:
        return report(codes(args) if args.what == "codes" else simple(args))
    except AwsenvError as error:
        print("false")
        sys.stderr.write(f"awsenv: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"hint: {error.hint}\n")
        return error.exit_code
    except EmptyCode:
        return report("empty")
    except TakenOver:
        return report("taken")


def report(value: str) -> int:
    word = value.replace("'", "")
    if "ASKING_OUT" in os.environ:
        with open(os.environ["ASKING_OUT"], "a", encoding="utf-8") as file:
            file.write(f"{value}\n")
    print(f"set -gx GOT '{word}'" if os.environ.get("ASKING") == "fish" else f"export GOT='{word}'")
    return 0


def credentials() -> int:
    """The answer of a credential_process, with what was typed as the session token."""
    terminal = open_terminal()
    assert terminal is not None, why_closed()
    with terminal:
        token = terminal.ask_code("code for the test: ")
    keys = {
        "Version": 1,
        "AccessKeyId": "ASIAEXAMPLE",
        "SecretAccessKey": "x",
        "SessionToken": token,
    }
    print(json.dumps(keys))
    return 0


def simple(args: argparse.Namespace) -> str:
    terminal = open_terminal(from_hook=args.hook)
    if terminal is None:
        return f"closed: {why_closed(from_hook=args.hook)}"
    with terminal:
        if args.what == "code":
            begun = threading.Event()
            code = terminal.ask_code("code for the test: ", meanwhile=begun.set)
            assert begun.is_set()
            return code or ""
        if args.what == "line":
            return terminal.ask("go on? [y/N] ")
        if args.what == "countdown":
            return "done" if terminal.countdown(3, "the next one comes in") else "ended"
        if args.what == "name":
            terminal.say(f"this is {terminal_name()}\x1b[31m")
            return terminal_name()
        return str(terminal.wait(lambda: sought(args.taken), "waiting; press Enter"))


def sought(path: str | None) -> str | None:
    return "found" if path and os.path.exists(path) else None


def codes(args: argparse.Namespace) -> str:
    def opener() -> Terminal | None:
        return open_terminal(from_hook=args.hook)

    tried = Codes(
        Question(
            SERIAL,
            "prod-admin",
            args.given,
            args.process,
            args.timeout,
            open_terminal=opener,
            allow_empty=args.empty,
            idle=lambda: sought(args.taken) is not None,
            step=args.step,
            clock=time.time,
        )
    )
    for code in tried:
        if args.calls:
            with open(args.calls, "a", encoding="ascii") as file:
                file.write(f"{code}\n")
        if code in args.accepted.split(","):
            tried.accepted()
            return code
        tried.refused()
    raise AssertionError("codes run out by raising")


if __name__ == "__main__":
    sys.exit(main())
