"""`aws login` sessions as the root of a chain."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awsenv.demo.model import User
from awsenv.demo.world import trusting
from awsenv.values.notation import iso_utc
from support.assuming import assume, environment, identity_by_boto3
from support.shells_at_hand import need_program
from support.sources import add_section
from support.stand_ins import SignIn, issue
from support.world import RunningSts, run_awsenv

SESSION = "arn:aws:iam::111122223333:user/jane"
# Apart from the other packages: with awscrt at hand, botocore takes longer to import.
CRT = Path(sys.prefix, "awscrt")


@pytest.fixture
def crt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package that botocore needs for `aws login`; scripts/venv installs it."""
    if not CRT.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"awscrt is not installed in {CRT}, and under CI that is a failure")
        pytest.skip("AWSCRT IS NOT INSTALLED: `aws login` is not tested here")
    monkeypatch.setenv("PYTHONPATH", str(CRT))


@pytest.fixture
def jane(sts: RunningSts) -> User:
    add_section(sts, "profile console", login_session=SESSION, region="eu-west-1")
    return sts.world.add_user("jane")


def log_in(sts: RunningSts, user: User, life: float, folder: Path) -> None:
    """What `aws login` leaves behind."""
    key = folder / "dpop.pem"
    command = ["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", str(key)]
    subprocess.run([need_program("openssl"), *command], check=True, capture_output=True)
    session = issue(sts, user, max(life, 1))
    token = {
        "accessToken": {
            "accessKeyId": session.key_id,
            "secretAccessKey": session.secret,
            "sessionToken": session.token,
            "accountId": user.account,
            "expiresAt": iso_utc(int(time.time() + life)),
        },
        "refreshToken": "refresh-1",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": key.read_text(),
    }
    cache = Path.home() / ".aws/login/cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / f"{hashlib.sha256(SESSION.encode()).hexdigest()}.json").write_text(json.dumps(token))


def test_login_session(sts: RunningSts, jane: User, crt: None, tmp_path: Path) -> None:
    log_in(sts, jane, 900, tmp_path)
    change = assume("console")
    assert identity_by_boto3(environment(change)) == jane.arn
    assert 800 < int(change["AWSENV_EXPIRES_AT"] or "") - time.time() <= 900
    role = sts.world.add_role("admin", trust=trusting(jane.arn), max_duration=7200)
    add_section(sts, "profile admin", role_arn=role.arn, source_profile="console")
    # Not a role's session, so what is assumed from it is no chain.
    env = environment(assume("admin", "--duration", "2h"))
    assert "/admin/" in identity_by_boto3(env)


def test_login_session_is_renewed(
    sts: RunningSts, jane: User, crt: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(sts, jane, -5, tmp_path)
    with SignIn(sts, jane) as signin:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SIGNIN", signin.url)
        assert identity_by_boto3(environment(assume("console"))) == jane.arn
        assert signin.asked[0].json()["refreshToken"] == "refresh-1"
        log_in(sts, jane, -5, tmp_path)
        signin.refresh_tokens.clear()
        done = run_awsenv("assume", "console", "--refresh", "--shell", "bash")
    assert done.returncode == 4
    assert done.stderr == (
        "awsenv: the `aws login` sign-in of profile 'console' has expired\n"
        "hint: run: aws login --profile console\n"
    )


def test_nobody_has_logged_in(jane: User, crt: None) -> None:
    done = run_awsenv("assume", "console", "--shell", "bash")
    assert done.returncode == 4
    assert "aws login --profile console" in done.stderr


def test_login_without_awscrt(jane: User, tmp_path: Path) -> None:
    (tmp_path / "awscrt.py").write_text("raise ImportError\n")
    done = run_awsenv("assume", "console", "--shell", "bash", env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 4
    assert done.stdout == "false\n"
    assert "needs the package awscrt" in done.stderr
    assert "awsenv-shell[login]" in done.stderr
