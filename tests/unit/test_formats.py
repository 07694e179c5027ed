"""json, dotenv and cmd: what is printed reads back as it was, or is refused."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsenv.environment.change import CONFLICTING, MANAGED, OWN, EnvChange, assume_change
from awsenv.errors import AwsenvError, UsageError
from awsenv.formats import FORMATS, get
from awsenv.values.credentials import Credentials, Session
from support.nasty_values import TEXT, VALUE
from support.shells_at_hand import need_shell

ORDINARY = assume_change(
    Session(
        Credentials("ASIAEXAMPLE", "wJalr/+=x", "IQoJb3JpZ2luX2VjEN//////////wEaCXVz=="),
        profile="prod-admin",
        region="eu-west-1",
        expires_at=1_800_003_600,
        issued_at=1_800_000_000,
        key="0123456789abcdef" * 2 + "01234567",
    ),
    {"AWS_PROFILE": "my role"},
)


def test_the_table() -> None:
    assert sorted(FORMATS) == ["cmd", "dotenv", "json"]
    assert all(callable(get(name)) for name in FORMATS)
    with pytest.raises(UsageError, match="'yaml'") as caught:
        get("yaml")
    assert caught.value.hint == "pass --format json, dotenv, cmd"


@given(values=st.dictionaries(st.sampled_from(OWN), VALUE))
def test_json_reads_back(values: dict[str, str]) -> None:
    read = json.loads(get("json")(EnvChange(values, CONFLICTING)))
    assert read == values | dict.fromkeys(CONFLICTING)


def read_by_docker(text: str) -> dict[str, str]:
    """`docker run --env-file`: all after the first `=`, quotes and all."""
    return dict(line.split("=", 1) for line in text.splitlines())


BARE = re.compile(r"[A-Za-z0-9_./:=+,@%-]*")


@given(value=VALUE)
def test_dotenv_reads_back_the_same_everywhere_or_is_refused(value: str) -> None:
    change = EnvChange({"AWSENV_PROFILE": value})
    if not BARE.fullmatch(value):
        with pytest.raises(AwsenvError, match="dotenv cannot hold the value of AWSENV_PROFILE"):
            get("dotenv")(change)
        return
    text = get("dotenv")(change)
    assert read_by_docker(text) == {"AWSENV_PROFILE": value}
    lines = f'{text}\nprintf "%s|" "$AWSENV_PROFILE"'
    done = subprocess.run([need_shell("sh"), "-euc", lines], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (value.encode() + b"|", b"")


def test_dotenv_shows_no_value_that_it_refuses() -> None:
    with pytest.raises(AwsenvError) as caught:
        get("dotenv")(EnvChange({"AWS_SECRET_ACCESS_KEY": "not a secret"}))
    assert "not a secret" not in f"{caught.value.message}{caught.value.hint}"


def test_docker_reads_every_aws_variable() -> None:
    read = read_by_docker(get("dotenv")(ORDINARY))
    for_shells = {"AWSENV_BASELINE", "AWSENV_PUT", "AWSENV_SESSION"}
    wanted = {name: value for name, value in ORDINARY.set.items() if name not in for_shells}
    assert read == wanted
    assert set(MANAGED) & set(read)
    assert "AWS_PROFILE" not in read


def read_by_cmd(text: str) -> dict[str, str]:
    """`set "NAME=value"` as cmd.exe takes it where nothing in it is special."""
    values = {}
    for line in text.splitlines():
        match = re.fullmatch(r'set "([A-Z_0-9]+)=([^"%!]*)"', line)
        assert match, line
        assert match[2].isprintable()
        values[match[1]] = match[2]
    return values


@given(value=TEXT)
def test_cmd_reads_back_or_is_refused(value: str) -> None:
    change = EnvChange({"A": value}, ("B",))
    if re.search(r'["%!]|[^ -~]', value):
        with pytest.raises(AwsenvError, match=r"the value of A cannot"):
            get("cmd")(change)
    else:
        assert read_by_cmd(get("cmd")(change)) == {"A": value, "B": ""}


def test_cmd_holds_an_ordinary_session() -> None:
    plain = EnvChange({**ORDINARY.set, "AWSENV_BASELINE": ""}, ORDINARY.unset)
    assert read_by_cmd(get("cmd")(plain)) == plain.set | dict.fromkeys(plain.unset, "")


@pytest.mark.skipif(os.name != "nt", reason="CMD.EXE IS ON WINDOWS ONLY: not run here")
def test_cmd_itself_takes_every_other_character(tmp_path: Path) -> None:
    value = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"%!')
    batch = tmp_path / "set.cmd"
    batch.write_text(
        "@echo off\n" + get("cmd")(EnvChange({"A": value}, ("PATHEXT",))) + "\nset A\n"
    )
    done = subprocess.run(["cmd", "/c", str(batch)], capture_output=True, text=True, check=True)
    assert f"A={value}" in done.stdout.splitlines()
