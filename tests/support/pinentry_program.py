"""A pinentry that takes nothing but what the protocol allows, and answers as it is told to.

    python pinentry_program.py PIN|cancel|timeout|silent|nonsense|gone

What it was asked goes to the file PINENTRY_LOG, a JSON list per run. What breaks a rule of the
Assuan protocol is answered with an error and noted as "BROKEN".
"""

import json
import os
import re
import sys
import time
from urllib.parse import unquote

OPTIONS = re.compile(r"(grab|no-grab|(ttyname|ttytype|lc-ctype|lc-messages)=\S+)")
TEXTS = ("SETTITLE", "SETDESC", "SETPROMPT", "SETERROR", "SETOK", "SETCANCEL")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def broken(line: bytes) -> str | None:
    """Which rule of the protocol a line breaks."""
    if len(line) > 1000 or not line.endswith(b"\n"):
        return "a line is 1000 bytes at most, with its end"
    text = line[:-1].decode()
    if not text.isprintable():
        return "control characters have to be escaped"
    word, _, rest = text.partition(" ")
    if word in TEXTS:
        rest = re.sub("%[0-9A-F]{2}", "", rest)
        return "% has to be escaped" if "%" in rest else None
    if word == "OPTION":
        return None if OPTIONS.fullmatch(rest) else "no such option"
    if word == "SETTIMEOUT":
        return None if rest.isdigit() else "a number of seconds"
    return None if text in ("GETPIN", "BYE") else "no such request"


def main(answer: str) -> None:
    asked = []
    say("OK Pleased to meet you, process 1")
    try:
        for line in sys.stdin.buffer:
            wrong = broken(line)
            word, _, rest = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
            asked.append([f"BROKEN: {wrong}" if wrong else word, unquote(rest)])
            if wrong:
                say("ERR 536871187 Unknown IPC command <User defined source 1>")
            elif word == "OPTION" and rest.startswith("lc-"):
                say("ERR 83886254 Unknown option <Pinentry>")
            elif word == "BYE":
                say("OK closing connection")
                break
            elif word != "GETPIN":
                say("OK")
            else:
                asked.append(["ANSWERED", ""])
                give(answer)
    finally:
        with open(os.environ["PINENTRY_LOG"], "a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asked)}\n")


def give(answer: str) -> None:
    if answer == "cancel":
        say("ERR 83886179 Operation cancelled <Pinentry>")
    elif answer == "timeout":
        say("ERR 83886142 Timeout <Pinentry>")
    elif answer == "silent":
        time.sleep(600)
    elif answer == "nonsense":
        say("HELLO there")
    elif answer == "no-tty":
        say("ERR 83918950 Inappropriate ioctl for device <Pinentry>")
    elif answer == "gone":
        sys.exit(1)
    else:
        # In pieces, with comments and states between, and escapes that need not be.
        say("# a comment")
        say("S PASSWORD_FROM_CACHE_NOT")
        say(f"D {answer[:2]}")
        say("D " + "".join(f"%{ord(char):02X}" for char in answer[2:]))
        say("OK")


main(sys.argv[1])
