"""The other commands, as a person or a tool runs them."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from awsenv.commands import COMMANDS
from support.assuming import AWS, environment, identity_by_boto3
from support.records import with_check
from support.world import RunningSts, run_awsenv


def login(sts: RunningSts) -> None:
    done = run_awsenv("login", "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "logged in with the keys of profile 'default' until" in done.stderr


def test_exec(sts: RunningSts) -> None:
    login(sts)
    program = "import os, sys; print(os.environ['AWSENV_PROFILE'], sys.argv[1:]); sys.exit(7)"
    command = [sys.executable, "-c", program, "--region", "x", "--", "-v"]
    for separator in ([], ["--"]):
        done = run_awsenv("exec", "dev", *separator, *command)
        assert done.returncode == 7
        assert done.stdout == "dev ['--region', 'x', '--', '-v']\n"


def test_exec_passes_signals_and_reports_what_cannot_run(sts: RunningSts) -> None:
    login(sts)
    done = run_awsenv("exec", "dev", "sh", "-c", "kill -TERM $$")
    assert done.returncode == -15
    assert run_awsenv("exec", "dev", "no-such-command-here").returncode == 127
    assert run_awsenv("exec", "dev", "/").returncode == 126
    assert run_awsenv("exec", "dev").returncode == 2


def test_credential_process_for_cli_and_boto3(sts: RunningSts) -> None:
    login(sts)
    command = shlex.join([sys.executable, "-m", "awsenv", "credential-process", "dev"])
    with (sts.aws_folder / "config").open("a") as file:
        file.write(f"\n[profile tool]\ncredential_process = {command}\nregion = eu-west-1\n")
    env = {**os.environ, "AWS_PROFILE": "tool"}
    told = subprocess.run(
        [AWS, "sts", "get-caller-identity"], env=env, capture_output=True, text=True, check=False
    )
    assert "assumed-role/dev/" in told.stdout, told.stderr
    assert "assumed-role/dev/" in identity_by_boto3(env)
    assert sts.control.count("AssumeRole") == 1


def test_credential_process_renews_without_asking(sts: RunningSts) -> None:
    login(sts)
    first = json.loads(run_awsenv("credential-process", "dev").stdout)
    key = json.loads(run_awsenv("assume", "dev", "--format", "json").stdout)["AWSENV_SESSION"]
    record = Path(os.environ["HOME"], ".cache/awsenv/sessions", key)

    def age(seconds: int) -> None:
        text = record.read_text()
        for name in ("ISSUED_AT", "EXPIRES_AT"):
            value = int(text.partition(f"\n{name}=")[2].partition("\n")[0])
            text = text.replace(f"{name}={value}", f"{name}={value - seconds}")
        record.write_text(with_check(text))

    age(40 * 60)
    assert json.loads(run_awsenv("credential-process", "dev").stdout) == {
        **first,
        "Expiration": json.loads(run_awsenv("credential-process", "dev").stdout)["Expiration"],
    }
    age(6 * 60)
    second = json.loads(run_awsenv("credential-process", "dev").stdout)
    assert second["AccessKeyId"] != first["AccessKeyId"]


def test_credential_process_in_a_circle(sts: RunningSts) -> None:
    command = shlex.join([sys.executable, "-m", "awsenv", "credential-process", "me"])
    with (sts.aws_folder / "config").open("a") as file:
        file.write(f"\n[profile me]\ncredential_process = {command}\n")
    done = run_awsenv("credential-process", "me")
    assert done.returncode != 0
    assert done.stdout == ""
    told = subprocess.run(
        [AWS, "sts", "get-caller-identity", "--profile", "me"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert told.returncode != 0
    assert "gets its credentials from itself" in told.stderr


def test_status(sts: RunningSts) -> None:
    assert run_awsenv("status").returncode == 4
    assert run_awsenv("status", "dev").returncode == 4
    login(sts)
    change = json.loads(run_awsenv("assume", "dev", "--format", "json").stdout)
    calls = sts.control.count()
    env = {name: value for name, value in change.items() if value is not None}
    told = run_awsenv("status", env=env)
    assert told.returncode == 0
    assert "profile    dev" in told.stdout
    assert "account    777788889999" in told.stdout
    assert "59m" in told.stdout or "1h00m" in told.stdout
    facts = json.loads(run_awsenv("status", "--json", env=env).stdout)
    assert facts["role_arn"] == sts.world.role("dev").arn
    assert facts["source"] == "the keys of profile 'default'"
    assert json.loads(run_awsenv("status", "dev", "--json").stdout)["seconds_left"] > 3500
    env["AWS_ACCESS_KEY_ID"] = "AKIASOMEBODYELSE"
    assert run_awsenv("status", env=env).returncode == 4
    assert sts.control.count() == calls


def test_whoami(sts: RunningSts) -> None:
    login(sts)
    assert "assumed-role/dev/" in run_awsenv("whoami", "dev").stdout
    assert ":user/alice" in run_awsenv("whoami").stdout
    change = json.loads(run_awsenv("assume", "audit", "--format", "json").stdout)
    env = {name: value for name, value in change.items() if value is not None}
    told = json.loads(run_awsenv("whoami", "--json", env=env).stdout)
    assert "assumed-role/audit/" in told["Arn"]


def refresh(env: dict[str, str]) -> dict[str, str]:
    """The environment after a refresh evaluated by bash."""
    done = run_awsenv("refresh", "--shell", "bash", env=env)
    assert done.returncode == 0, done.stderr
    script = f'{done.stdout}\nexec "$0" -c "import os, json; print(json.dumps(dict(os.environ)))"'
    told = subprocess.run(
        ["bash", "-c", script, sys.executable],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(told.stdout)
    return found


def test_refresh_replays_the_options_and_keeps_the_region(sts: RunningSts) -> None:
    login(sts)
    options = ["--session-name", "me", "--duration", "20m"]
    change = json.loads(run_awsenv("assume", "dev", *options, "--format", "json").stdout)
    env = {name: value for name, value in change.items() if value is not None}
    env["AWS_REGION"] = "af-south-1"
    (Path(os.environ["HOME"]) / ".cache/awsenv/sessions" / env["AWSENV_SESSION"]).touch()
    same = refresh(env)
    assert same["AWS_ACCESS_KEY_ID"] == env["AWS_ACCESS_KEY_ID"]
    forced = run_awsenv("refresh", "--shell", "bash", "--force", env=env)
    assert forced.returncode == 0
    new = refresh(env)
    assert new["AWS_ACCESS_KEY_ID"] != env["AWS_ACCESS_KEY_ID"]
    assert new["AWS_REGION"] == "af-south-1"
    assert new["AWSENV_SESSION"] == env["AWSENV_SESSION"]
    assert identity_by_boto3(new).endswith("/dev/me")


def test_refresh_without_the_record_goes_by_the_profile(sts: RunningSts) -> None:
    login(sts)
    change = json.loads(run_awsenv("assume", "dev", "--format", "json").stdout)
    env = {name: value for name, value in change.items() if value is not None}
    (Path(os.environ["HOME"]) / ".cache/awsenv/sessions" / env["AWSENV_SESSION"]).unlink()
    assert "/dev/" in identity_by_boto3(refresh(env))


def test_refresh_asks_before_it_becomes_another_role(sts: RunningSts) -> None:
    login(sts)
    change = json.loads(run_awsenv("assume", "dev", "--format", "json").stdout)
    env = {name: value for name, value in change.items() if value is not None}
    config = sts.aws_folder / "config"
    arns = sts.world.role("dev").arn, sts.world.role("longhaul").arn
    config.write_text(config.read_text().replace(*arns))
    done = run_awsenv("refresh", "--shell", "bash", env=env)
    assert done.returncode == 4
    assert done.stdout == "false\n"
    assert f"now means {arns[1]}, not {arns[0]}" in done.stderr


def test_refresh_says_that_there_is_nothing_to_renew(sts: RunningSts) -> None:
    login(sts)
    env = environment(json.loads(run_awsenv("assume", "dev", "--format", "json").stdout))
    done = run_awsenv("refresh", "--shell", "bash", env=env)
    assert done.returncode == 0
    assert "nothing to renew yet; --force gets a new session" in done.stderr
    done = run_awsenv("refresh", "--force", "--shell", "bash", env=env)
    assert done.returncode == 0
    assert done.stderr == ""


def test_refresh_leaves_other_credentials_alone(sts: RunningSts) -> None:
    done = run_awsenv("refresh", "--shell", "bash", env={"AWS_ACCESS_KEY_ID": "AKIAX"})
    assert done.returncode == 4
    assert done.stdout == "false\n"


def test_the_program_alone_shows_its_help_beside_what_fails_the_evaluation() -> None:
    done = run_awsenv()
    assert (done.returncode, done.stdout) == (2, "false\n")
    assert all(f"\n  {command} " in done.stderr for command in COMMANDS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "posix", "powershell"])
@pytest.mark.parametrize(
    "args",
    [
        ["assume", "nope"],
        ["assume", "--no-such-option"],
        ["assume", "dev", "--duration", "soon"],
        ["assume", ""],
        ["unset", "extra"],
        ["refresh"],
        ["asume", "dev"],
        ["--no-such-option", "assume", "dev"],
    ],
)
def test_failure_makes_the_evaluation_fail(shell: str, args: list[str]) -> None:
    done = run_awsenv(*args, "--shell", shell)
    assert done.returncode in (2, 3, 4)
    if shell == "powershell":
        assert done.stdout.startswith("throw 'awsenv: ")
        assert done.stdout.count("\n") == 1
    else:
        assert done.stdout == "false\n"
    assert done.stderr.startswith("awsenv: ")
    assert "\nhint: " in done.stderr


def test_failure_with_a_format_prints_nothing(sts: RunningSts) -> None:
    for name in ("json", "dotenv", "cmd"):
        done = run_awsenv("assume", "nope", "--format", name)
        assert done.returncode == 3
        assert done.stdout == ""


def test_unset_restores(sts: RunningSts) -> None:
    login(sts)
    before = {"AWS_PROFILE": "mine", "AWS_REGION": "sa-east-1"}
    change = json.loads(run_awsenv("assume", "dev", "--format", "json", env=before).stdout)
    env = environment(change)
    back = json.loads(run_awsenv("unset", "--format", "json", env=env).stdout)
    assert back["AWS_PROFILE"] == "mine"
    assert back["AWS_REGION"] == "sa-east-1"
    assert back["AWS_ACCESS_KEY_ID"] is None
    assert back["AWSENV_BASELINE"] is None


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="NO /dev/full ON THIS SYSTEM")
@pytest.mark.parametrize("command", ["list", "--version", "unset --shell bash", "explain dev"])
def test_output_that_cannot_be_written(sts: RunningSts, command: str) -> None:
    program = f"{sys.executable} -m awsenv {command}"

    def run(line: str) -> tuple[int, str]:
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    code, said = run(f"{program} >/dev/full")
    assert code == 1
    assert said.startswith("awsenv: no space left on device\n")
    assert "Traceback" not in said
    assert run(f"{program} >&-") == (0, "")
    assert run(f"{program} 2>&-")[0] == 0
    assert run(f"{{ {program}; echo $? >&2; }} | true") in ((0, "0\n"), (0, "1\n"))
