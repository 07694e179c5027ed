"""Save sessions as profiles, look into the files they are in, and age them."""

import configparser
import os
import re
import time
from pathlib import Path

from support.world import RunningSts, run_awsenv


def sections(path: Path) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    parser.read_string(path.read_text())
    return {name: dict(parser[name]) for name in parser.sections()}


def saved(sts: RunningSts, name: str) -> dict[str, str]:
    return sections(sts.aws_folder / "credentials")[name]


def save(*args: str) -> str:
    done = run_awsenv("save", *args)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


def set_expiration(sts: RunningSts, name: str, moment: float) -> None:
    """As if the session saved as `name` ended then."""
    path = sts.aws_folder / "credentials"
    head, mark, tail = path.read_text().partition(f"[{name}]")
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    path.write_text(head + mark + re.sub("expiration = .*", f"expiration = {text}", tail, count=1))


def forget_records() -> None:
    for path in Path(os.environ["HOME"], ".cache/awsenv/sessions").iterdir():
        path.unlink()
