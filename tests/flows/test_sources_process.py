"""credential_process as the root of a chain."""

import json
import shlex
import sys
import time
from pathlib import Path

import pytest

from awsenv.demo.model import IssuedSession, UserKey
from awsenv.values.notation import iso_utc
from support.assuming import assume, environment, identity_by_boto3
from support.sources import add_section
from support.stand_ins import issue
from support.world import RunningSts, run_awsenv


def answer_of(keys: UserKey | IssuedSession, life: float | None = None) -> dict[str, object]:
    answer: dict[str, object] = {"Version": 1}
    if isinstance(keys, IssuedSession):
        answer |= {"AccessKeyId": keys.key_id, "SecretAccessKey": keys.secret}
        answer["SessionToken"] = keys.token
    else:
        answer |= {"AccessKeyId": keys.id, "SecretAccessKey": keys.secret}
    if life is not None:
        answer["Expiration"] = iso_utc(int(time.time() + life))
    return answer


class Program:
    """A credential_process that prints `answer`, and counts how often it is run."""

    def __init__(self, folder: Path, answer: object) -> None:
        self._answer, self._runs = folder / "answer", folder / "runs"
        self._runs.write_text("")
        self.say(answer)
        code = "import sys; open(sys.argv[2], 'a').write('.'); print(open(sys.argv[1]).read())"
        self.command = shlex.join([sys.executable, "-Sc", code, str(self._answer), str(self._runs)])

    def say(self, answer: object) -> None:
        self._answer.write_text(answer if isinstance(answer, str) else json.dumps(answer))

    @property
    def runs(self) -> int:
        return len(self._runs.read_text())


def test_long_lived_keys_out_of_a_store_get_mfa(sts: RunningSts, tmp_path: Path) -> None:
    alice = sts.world.user("alice")
    program = Program(tmp_path, answer_of(alice.key))
    add_section(sts, "profile store", credential_process=program.command)
    role = {"role_arn": sts.world.role("dev").arn, "source_profile": "store"}
    add_section(sts, "profile work", mfa_serial=alice.mfa.serial, **role)
    change = assume("work", "--mfa-code", sts.code())
    assert "/dev/" in identity_by_boto3(environment(change))
    assert program.runs == 1
    # With the MFA session at hand, the store is left alone.
    assume("work", "--refresh")
    assert program.runs == 1
    plain = assume("store")
    assert plain["AWS_ACCESS_KEY_ID"] == alice.key.id
    assert plain["AWS_SESSION_TOKEN"] is None
    assert plain["AWSENV_EXPIRES_AT"] is None
    cache = Path.home() / ".cache/awsenv"
    for path in cache.rglob("*"):
        assert not path.is_file() or alice.key.secret not in path.read_text()


def test_sessions_are_kept_until_they_expire(sts: RunningSts, tmp_path: Path) -> None:
    role = sts.world.role("dev")
    program = Program(tmp_path, answer_of(issue(sts, role), 3600))
    add_section(sts, "profile tool", credential_process=program.command, region="eu-west-3")
    change = assume("tool")
    assert "/dev/" in identity_by_boto3(environment(change))
    assert 3590 <= int(change["AWSENV_EXPIRES_AT"] or "") - time.time() <= 3600
    program.say(answer_of(issue(sts, role), 3600))
    assert assume("tool")["AWS_ACCESS_KEY_ID"] == change["AWS_ACCESS_KEY_ID"]
    assert program.runs == 1
    assert assume("tool", "--refresh")["AWS_ACCESS_KEY_ID"] != change["AWS_ACCESS_KEY_ID"]
    assert program.runs == 2


def test_an_answer_with_little_time_left_is_asked_for_once(sts: RunningSts, tmp_path: Path) -> None:
    role = sts.world.role("dev")
    program = Program(tmp_path, answer_of(issue(sts, role, 300), 300))
    add_section(sts, "profile tool", credential_process=program.command)
    assume("tool")
    assert program.runs == 1
    program.say(answer_of(issue(sts, role, 300), -1))
    done = run_awsenv("assume", "tool", "--refresh", "--shell", "bash")
    assert done.returncode == 4
    assert "have already expired" in done.stderr


def test_mfa_cannot_apply_to_a_session(sts: RunningSts, tmp_path: Path) -> None:
    alice = sts.world.user("alice")
    program = Program(tmp_path, answer_of(issue(sts, sts.world.role("dev")), 3600))
    keys = {"credential_process": program.command, "mfa_serial": alice.mfa.serial}
    add_section(sts, "profile tool", **keys)
    done = run_awsenv("assume", "tool", "--shell", "bash", "--mfa-code", sts.code())
    assert done.returncode == 4
    assert "AWS gives MFA sessions only" in done.stderr
    assert "drop mfa_serial" in done.stderr
    assert sts.control.count() == 0


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("SECRET is not json", "not JSON"),
        ("[1]", "does not say Version 1"),
        ({"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "SECRET"}, "does not say Version 1"),
        ({"Version": 1, "AccessKeyId": "A"}, "lacks AccessKeyId or SecretAccessKey"),
        ({"Version": 1, "AccessKeyId": 5, "SecretAccessKey": "SECRET"}, "lacks AccessKeyId"),
        (
            {
                "Version": 1,
                "AccessKeyId": "A",
                "SecretAccessKey": "SECRET",
                "Expiration": "2030-01-01T00:00:00",
            },
            "Expiration is not ISO 8601 with a time zone",
        ),
        (
            {"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "SECRET", "Expiration": "soon"},
            "Expiration is not ISO 8601",
        ),
    ],
)
def test_answers_that_are_none(sts: RunningSts, tmp_path: Path, answer: object, told: str) -> None:
    program = Program(tmp_path, answer)
    add_section(sts, "profile tool", credential_process=program.command)
    done = run_awsenv("assume", "tool", "--shell", "bash")
    assert done.returncode == 4
    assert told in done.stderr
    assert "~/.aws/config:" in done.stderr
    assert "SECRET" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/no/such/program", "no such file"),
        ("'unclosed", "no closing quotation"),
        (f"{shlex.quote(sys.executable)} -c 'exit(3)'", "failed with exit code 3"),
    ],
)
def test_programs_that_fail(sts: RunningSts, command: str, told: str) -> None:
    add_section(sts, "profile tool", credential_process=command)
    done = run_awsenv("assume", "tool", "--shell", "bash")
    assert done.returncode == 4
    assert told in done.stderr


def test_what_the_program_says_reaches_the_person(sts: RunningSts) -> None:
    command = f"{shlex.quote(sys.executable)} -c 'import sys; sys.exit(\"touch your key\")'"
    add_section(sts, "profile tool", credential_process=command)
    done = run_awsenv("assume", "tool", "--shell", "bash")
    assert done.stdout == "false\n"
    assert "touch your key" in done.stderr


def test_a_program_that_fails_is_run_once(sts: RunningSts, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    for code, ours in ((3, 4), (130, 130)):
        runs.write_text("")
        command = f"sh -c 'echo run >>{runs}; exit {code}'"
        add_section(sts, f"profile fails-{code}", credential_process=command)
        done = run_awsenv("credential-process", f"fails-{code}")
        assert done.returncode == ours
        assert runs.read_text() == "run\n"
        assert done.stderr.count("awsenv: ") == 1
