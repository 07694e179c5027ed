"""Nothing that awsenv keeps for itself can end a command, whatever stands in it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from awsenv import __version__
from awsenv.storage.record_format import render
from support.world import RunningSts, run_awsenv

JUNK = {
    "no text": b"\xff\xfe\x80\n",
    "superscripts": "\u00b2\u00b2.\u00b9\n".encode(),
    "endless digits": b"9" * 5000 + b"\n",
    "nothing": b"",
    "zeros": b"\0" * 100,
    "half": b"AWSENV_OVERVIEW=1\nx\nR\tP\nP\t\t\nEND\n",
    "numbers": b"1 2 3\n\xc2\xb2 \xc2\xb2 dev\n" + b"9" * 5000 + b" 1 dev\n",
}
COMMANDS = (["assume", "dev", "--shell", "bash"], ["list"], ["status", "dev"])


def fill(path: Path, kind: str) -> None:
    """Make `path` something else than the file it was."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    if kind == "a pipe":
        os.mkfifo(path, 0o600)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes(JUNK[kind])
        path.chmod(0o600)


KINDS = [*JUNK, "a pipe", "a folder", "a device"]


@pytest.mark.parametrize("kind", KINDS)
def test_junk_in_every_file_of_ours_ends_no_command(kind: str, sts: RunningSts) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    for command in COMMANDS:
        assert run_awsenv(*command).returncode == 0
    home = Path(os.environ["HOME"])
    cache, data = home / ".cache/awsenv", home / ".local/share/awsenv"
    sessions = set((cache / "sessions").iterdir())
    files = [path for path in cache.rglob("*") if path.is_file() and path not in sessions]
    files += [path.with_suffix(".who") for path in files if path.suffix == ".lock"]
    files += [data / f"{shell}.version" for shell in ("bash", "zsh", "fish", "powershell")]
    files += [data / "rotations" / f"AKIA{'0' * 16}", cache / "used", cache / "overview"]
    for path in dict.fromkeys(files):
        if path.suffix != ".lock" and not path.is_dir():
            fill(path, kind)
    for command in COMMANDS:
        done = run_awsenv(*command, timeout=20)
        assert done.returncode == 0, (command, done.stderr)
        assert "Traceback" not in done.stderr
    done = run_awsenv("assume", "dev", "--refresh", "--shell", "bash", timeout=20)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{ builtin : awsenv;") or "AWS_ACCESS_KEY_ID" in done.stdout


@pytest.mark.parametrize("value", ["\u00b2", "9" * 5000, "-1", "x", "1.5"])
def test_junk_in_the_options_of_a_record_ends_no_command(value: str, sts: RunningSts) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    shell = run_awsenv("assume", "dev", "--format", "json").stdout
    env = {name: text for name, text in json.loads(shell).items() if text is not None}
    path = Path(os.environ["HOME"]) / ".cache/awsenv/sessions" / env["AWSENV_SESSION"]
    lines = [line.split("=", 1) for line in path.read_text().splitlines()]
    values = dict(lines) | {"OPTION_DURATION": value, "OPTION_MFA_DURATION": value}
    values |= {"REFUSED_AT": value, "OPTION_NEW": value}
    for name in ("AWSENV_RECORD", "END", "CHECK"):
        values.pop(name, None)
    path.write_text(render(path.name, values))
    for command in (["refresh", "--shell", "bash"], ["refresh", "--force", "--shell", "bash"]):
        done = run_awsenv(*command, env=env)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr


def test_a_newer_program_still_renews_the_copies(clean_env: Path) -> None:
    assert run_awsenv("init", "bash", "--install").returncode == 0
    data = clean_env / ".local/share/awsenv"
    (data / "bash.version").write_text("0.0.1\n")
    (data / "awsenv.bash").write_text("old\n")
    run_awsenv("list")
    assert (data / "bash.version").read_text().strip() == __version__
    assert (data / "awsenv.bash").read_text() != "old\n"


@pytest.mark.parametrize("name", ["boto3", "botocore", "typer", "_awsenv_nothing"])
def test_modules_of_somebody_else_are_named_as_the_cause(
    name: str, sts: RunningSts, tmp_path: Path
) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    (tmp_path / f"{name}.py").write_text("raise RuntimeError('broken')\n")
    command = ["assume", "--no-such" if name == "typer" else "dev", "--shell", "bash"]
    done = run_awsenv(*command, env={"PYTHONPATH": str(tmp_path)})
    assert "Traceback" not in done.stderr
    if name in ("typer", "botocore"):
        assert done.returncode
        assert done.stdout == "false\n"
        assert "PYTHONPATH may be the cause: try env -u PYTHONPATH awsenv" in done.stderr


def test_a_module_missing_from_the_installation_is_reported(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['awsenv.cli.command_line'] = None;"
        "sys.argv[1:] = ['assume', 'x']; from awsenv.entry import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("false\n", 1)
    assert done.stderr.startswith("awsenv: ")
    assert "Traceback" not in done.stderr
