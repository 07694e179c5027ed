"""The recipes of docs/recipes.md, followed to the letter with the real tools."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("termios")

from awsenv.mfa.prompts import NAMES
from support.shells_at_hand import need_program
from support.world import RunningSts

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text()
MOVING = (Path(__file__).parents[2] / "docs" / "moving.md").read_text(encoding="utf-8")
ROLE = "assumed-role/prod-admin/"


def _blocks(heading: str) -> list[str]:
    """The code blocks below `heading`, in their order."""
    section = (PAGE + MOVING).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```\w*\n(.*?)^```", section, re.M | re.S)
    assert blocks, f"docs/recipes.md has no code below {heading!r}"
    return blocks


@pytest.fixture
def place(sts: RunningSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, the demo's profiles, and `awsenv` and stand-ins on PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "awsenv").write_text(f'#!/bin/sh\nexec {sys.executable} -m awsenv "$@"\n')
    (programs / "awsenv").chmod(0o755)
    path = [str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    work = tmp_path / "work"
    work.mkdir()
    return work


def _program(place: Path, name: str, expected: str, output: str) -> None:
    """A stand-in that prints `output` if it gets exactly the arguments `expected`."""
    path = place.parent / "bin" / name
    path.write_text(
        f'#!/bin/sh\n[ "$*" = "{expected}" ] || {{ echo "{name} $*?" >&2; exit 64; }}\n'
        f"cat <<'END'\n{output}\nEND\n"
    )
    path.chmod(0o755)


def _run(place: Path, *argv: str, **env: str) -> str:
    done = subprocess.run(
        argv,
        cwd=place,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _login(place: Path, sts: RunningSts) -> None:
    _run(place, "awsenv", "login", "prod-admin", "--mfa-code", sts.code())


def _set_key(sts: RunningSts, section: str, lines: str) -> None:
    """Put the key lines of a recipe into the config's `section` in place of its own."""
    config = sts.aws_folder / "config"
    text = config.read_text()
    for line in lines.splitlines():
        key = line.partition("=")[0].strip()
        text = re.sub(rf"(\[{re.escape(section)}\]\n(?:(?!\[).*\n)*?){key} *=.*\n", r"\1", text)
        text = text.replace(f"[{section}]\n", f"[{section}]\n{line}\n")
    config.write_text(text)


def _renewing_profile(sts: RunningSts) -> None:
    (recipe,) = _blocks("A profile that every tool can use")
    with open(sts.aws_folder / "config", "a", encoding="utf-8") as file:
        file.write(f"\n{recipe}")


CALLER = ("aws", "sts", "get-caller-identity")


def test_the_profile_that_renews_itself(place: Path, sts: RunningSts) -> None:
    _renewing_profile(sts)
    _login(place, sts)
    assert ROLE in _run(place, *CALLER, AWS_PROFILE="prod")


@pytest.mark.parametrize("number", [0, 1])
def test_direnv(place: Path, sts: RunningSts, number: int) -> None:
    need_program("direnv")
    _renewing_profile(sts)
    _login(place, sts)
    (place / ".envrc").write_text(_blocks("direnv")[number])
    _run(place, "direnv", "allow", ".")
    assert ROLE in _run(place, "direnv", "exec", ".", *CALLER)


def test_make(place: Path, sts: RunningSts) -> None:
    need_program("make")
    recipe = _blocks("Makefile")[0].replace("terraform apply", " ".join(CALLER))
    (place / "Makefile").write_text(recipe)
    refused = subprocess.run(
        ["make", "deploy"],
        cwd=place,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "Arn" not in refused.stdout
    _login(place, sts)
    assert ROLE in _run(place, "make", "deploy")


def test_a_build_job(place: Path, sts: RunningSts) -> None:
    (recipe,) = _blocks("CI")
    user = {
        "AWS_CONFIG_FILE": str(place / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(place / "none"),
    }
    _login(place, sts)
    session = json.loads(_run(place, "awsenv", "assume", "default", "--format", "json"))
    keys = {name: value for name, value in session.items() if name.startswith("AWS_") and value}
    role = {"ROLE_ARN": "arn:aws:iam::444455556666:role/prod-admin", "BUILD_ID": "17"}
    shown = _run(place, "bash", "-c", recipe, **user, **keys, **role)
    assert "assumed-role/prod-admin/build-17" in shown
    stopped = subprocess.run(
        ["bash", "-c", f"{recipe}\necho went on"],
        cwd=place,
        env={**os.environ, **user, **role},
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert stopped.returncode != 0
    assert "went on" not in stopped.stdout


def test_docker_gets_the_variables_by_name(place: Path, sts: RunningSts) -> None:
    _login(place, sts)
    docker = place.parent / "bin" / "docker"
    # Like docker: -e NAME takes the value out of the environment.
    docker.write_text(
        '#!/bin/bash\necho "$*"; set=(); shift 2\n'
        'while [ "$1" = -e ]; do set+=("$2=${!2}"); shift 2; done; shift\n'
        'exec env -i PATH="$PATH" AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL" "${set[@]}" aws "$@"\n'
    )
    docker.chmod(0o755)
    shown = _run(place, "bash", "-c", _blocks("docker")[0])
    assert ROLE in shown
    assert "ASIA" not in shown.partition("\n")[0]


def test_cron(place: Path, sts: RunningSts) -> None:
    _login(place, sts)
    (line,) = _blocks("cron")
    command = (
        line.split(None, 5)[5].replace("~/.local/bin/", "").replace(" backup ", " prod-admin ")
    )
    command = command.partition("aws s3")[0] + " ".join(CALLER)
    keep = ("HOME", "PATH", "AWS_ENDPOINT_URL", "NO_PROXY")
    env = [f"{name}={os.environ[name]}" for name in keep]
    assert ROLE in _run(place, "env", "-i", *env, "sh", "-c", command)


CODES = {
    "YubiKey": ("ykman", "oath accounts code --single aws"),
    "1Password": ("op", "item get AWS --otp"),
    "pass": ("pass", "otp aws/alice"),
}


@pytest.mark.parametrize("heading", CODES)
def test_codes_from_a_program(place: Path, sts: RunningSts, heading: str) -> None:
    name, arguments = CODES[heading]
    _program(place, name, arguments, sts.code())
    (line,) = re.findall(r"^mfa_process.*$", _blocks(heading)[0], re.M)
    _set_key(sts, "default", line)
    assert ROLE in _run(place, "awsenv", "whoami", "prod-admin")


def test_codes_from_a_dialog(place: Path, sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    zenity = place.parent / "bin" / "zenity"
    zenity.write_text(f'#!/bin/sh\n[ "$1" = --entry ] || exit 64\necho {sts.code()}\n')
    zenity.chmod(0o755)
    (line,) = _blocks("A dialog that asks for the code")[0].splitlines()
    _set_key(sts, "default", line)
    assert ROLE in _run(place, "awsenv", "whoami", "prod-admin")


SOURCES_PAGE = Path(__file__).parents[2] / "docs" / "mfa-sources.md"
PROCESSES = re.findall(r"`(mfa_process = .+?)`", SOURCES_PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", PROCESSES)
def test_every_line_of_the_page_on_sources(place: Path, sts: RunningSts, line: str) -> None:
    name, _, arguments = line.removeprefix("mfa_process = ").partition(" ")
    _program(place, name, arguments, sts.code())
    _set_key(sts, "default", line)
    assert ROLE in _run(place, "awsenv", "whoami", "prod-admin")


def test_every_way_to_ask_is_on_the_page() -> None:
    found = re.findall(r"^\| `(\w+)` \|", SOURCES_PAGE.read_text(encoding="utf-8"), re.M)
    assert sorted(found) == sorted([*NAMES, "mfa_prompt"])


STORES = {
    "1Password": ("op", "read op://Private/AWS/process"),
    "aws-vault": ("aws-vault", "export --no-session --format=json default"),
}


@pytest.mark.parametrize("heading", STORES)
def test_keys_from_a_store(place: Path, sts: RunningSts, heading: str) -> None:
    """The keys leave ~/.aws/credentials, and the MFA session is got with what the program says."""
    name, arguments = STORES[heading]
    credentials = sts.aws_folder / "credentials"
    found = dict(re.findall(r"^(aws_\w+) *= *(.+)$", credentials.read_text(), re.M))
    process = {
        "Version": 1,
        "AccessKeyId": found["aws_access_key_id"],
        "SecretAccessKey": found["aws_secret_access_key"],
    }
    _program(place, name, arguments, json.dumps(process))
    credentials.write_text("")
    (line,) = re.findall(r"^credential_process.*$", "\n".join(_blocks(heading)), re.M)
    _set_key(sts, "default", line)
    _login(place, sts)
    assert ROLE in _run(place, "awsenv", "whoami", "prod-admin")


def test_the_tools_that_are_here_are_not_older_than_the_list_says() -> None:
    table = dict(re.findall(r"^\| (direnv|tmux) \| ([\d.]+\w?) \|", PAGE, re.M))
    assert set(table) == {"direnv", "tmux"}
    for name, version in table.items():
        assert re.fullmatch(r"\d+\.[\d.]+[a-z]?", version), name
        assert shutil.which(name) or not os.environ.get("CI"), name
