"""What programs started by awsenv get to see, and what of the current folder gets into awsenv."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from awsenv.demo.place import open_place
from support.assuming import evaluated
from support.world import RunningSts, run_awsenv

SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


def program(sts: RunningSts, name: str, answer: str) -> Path:
    """A program that notes its environment, and then prints `answer`."""
    path = sts.aws_folder / name
    path.write_text(f"#!/bin/sh\nenv >{path}.env\ncat <<'E'\n{answer}\nE\n")
    path.chmod(0o755)
    return path


def seen(path: Path) -> dict[str, str]:
    lines = Path(f"{path}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_an_mfa_process_sees_no_keys(sts: RunningSts) -> None:
    path = program(sts, "code", sts.code())
    config = sts.aws_folder / "config"
    config.write_text(
        config.read_text().replace("[default]\n", f"[default]\nmfa_process = {path}\n")
    )
    secret = {name: f"of the shell {name}" for name in SECRETS}
    env = {**secret, "AWSENV_BASELINE": "AWS_SECRET_ACCESS_KEY=old", "KEPT": "1"}
    assert run_awsenv("login", env=env).returncode == 0
    found = seen(path)
    assert found["KEPT"] == "1"
    assert not {*SECRETS, "AWSENV_BASELINE"} & found.keys()


@pytest.mark.parametrize("own", [True, False])
def test_a_credential_process_sees_the_person_s_keys_and_no_session(
    own: bool, sts: RunningSts
) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    keys = {"AWS_ACCESS_KEY_ID": "AKIAOWN", "AWS_SECRET_ACCESS_KEY": "own"} if own else {}
    session = evaluated("assume", "dev", env=keys)
    answer = {"Version": 1, "AccessKeyId": "AKIAX", "SecretAccessKey": "x"}
    path = program(sts, "give", json.dumps(answer))
    config = sts.aws_folder / "config"
    config.write_text(f"{config.read_text()}\n[profile p]\ncredential_process = {path}\n")
    done = run_awsenv("exec", "p", "true", env=session)
    assert done.returncode == 0, done.stderr
    found = seen(path)
    assert {name: found[name] for name in SECRETS if name in found} == keys
    assert session["AWS_SECRET_ACCESS_KEY"] not in Path(f"{path}.env").read_text()


@pytest.mark.parametrize(
    "url", ["http://evil.example/federation", "ftp://127.0.0.1/", "http://[::1", "//x", "127.0.0.1"]
)
def test_keys_go_to_no_plain_http_host(url: str, sts: RunningSts) -> None:
    code = sts.code()
    env = {"AWSENV_SIGNIN_URL": url}
    done = run_awsenv("console", "dev", "--print", "--mfa-code", code, env=env)
    if "--print" in done.stderr:
        done = run_awsenv("console", "dev", "--url-only", "--mfa-code", code, env=env)
    assert done.returncode == 3, done.stderr
    assert "AWSENV_SIGNIN_URL" in done.stderr
    assert "https" in done.stderr


def test_a_session_saved_where_others_can_read_it_is_told(sts: RunningSts) -> None:
    path = sts.aws_folder / "credentials"
    path.chmod(0o644)
    done = run_awsenv("save", "dev", "--as", "kept", "--mfa-code", sts.code())
    assert done.returncode == 0
    hint = "other users can read ~/.aws/credentials (mode 0644): chmod 600 ~/.aws/credentials"
    assert hint in done.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    path.chmod(0o600)
    done = run_awsenv("save", "dev", "--as", "other")
    assert "other users" not in done.stderr


def test_modules_in_the_current_folder_do_not_run_in_the_demo(tmp_path: Path) -> None:
    for name in ("awsenv", "typer", "boto3", "botocore", "json", "os"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with open_place() as place:
        for words in (["list"], ["nonsense"], ["whoami", "default"]):
            subprocess.run(
                ["awsenv", *words],
                env={**os.environ, **place.environment},
                cwd=tmp_path,
                capture_output=True,
                start_new_session=True,
                check=False,
            )
    assert not (tmp_path / "ran").exists()
