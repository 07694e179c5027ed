"""`awsenv assume` from the config to the environment, against the local STS."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.assuming import assume, environment, identity_by_boto3, identity_by_cli
from support.records import with_check
from support.terminal_driver import Driven
from support.world import RunningSts, run_awsenv


def test_one_code_serves_every_role(sts: RunningSts) -> None:
    first = environment(assume("prod-admin", "--mfa-code", sts.code()))
    assert "assumed-role/prod-admin/" in identity_by_cli(first)
    assert "assumed-role/prod-admin/" in identity_by_boto3(first)
    for profile in ("dev", "audit", "longhaul", "external"):
        env = environment(assume(profile))
        assert f"assumed-role/{profile}/" in identity_by_boto3(env)
    assert sts.control.count("GetSessionToken") == 1


def test_environment_of_an_assume(sts: RunningSts) -> None:
    before = time.time()
    change = assume("prod-admin", "--mfa-code", sts.code(), env={"AWS_PROFILE": "other"})
    assert change["AWS_PROFILE"] is None
    assert change["AWS_DEFAULT_PROFILE"] is None
    assert change["AWS_SECURITY_TOKEN"] is None
    assert change["AWS_REGION"] == change["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert change["AWSENV_PROFILE"] == "prod-admin"
    expires = int(change["AWSENV_EXPIRES_AT"] or "")
    assert before + 3590 <= expires <= time.time() + 3600
    assert change["AWS_CREDENTIAL_EXPIRATION"] == time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires)
    )
    key = change["AWSENV_SESSION"] or ""
    record = Path(os.environ["HOME"], ".cache/awsenv/sessions", key)
    text = record.read_text()
    assert f"AWS_ACCESS_KEY_ID={change['AWS_ACCESS_KEY_ID']}\n" in text
    assert text.startswith("AWSENV_RECORD=2\n")
    assert text.endswith(f"END={key}\n")
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700


def test_mfa_profile_without_role_is_the_mfa_session(sts: RunningSts) -> None:
    change = assume("default", "--mfa-code", sts.code())
    left = int(change["AWSENV_EXPIRES_AT"] or "") - time.time()
    assert 12 * 3600 - 10 < left <= 12 * 3600
    assert identity_by_boto3(environment(change)).endswith(":user/alice")


def test_profile_comes_from_the_environment(sts: RunningSts) -> None:
    sts_code = sts.code()
    assume("default", "--mfa-code", sts_code)
    assert assume(env={"AWS_PROFILE": "dev"})["AWSENV_PROFILE"] == "dev"
    found = assume(env={"AWS_PROFILE": "dev", "AWSENV_PROFILE": "prod-admin"})
    assert found["AWSENV_PROFILE"] == "prod-admin"
    assert assume()["AWSENV_PROFILE"] == "default"


def test_keys_in_the_environment_as_source(sts: RunningSts) -> None:
    alice = sts.world.user("alice")
    keys = {"AWS_ACCESS_KEY_ID": alice.key.id, "AWS_SECRET_ACCESS_KEY": alice.key.secret}
    serial = alice.mfa.serial
    role = sts.world.role("dev").arn
    change = assume(
        "--from-env", "--mfa-serial", serial, "--role-arn", role, "--mfa-code", sts.code(), env=keys
    )
    assert "assumed-role/dev/" in identity_by_boto3(environment(change))
    done = run_awsenv("assume", "--from-env", "--shell", "bash")
    assert done.returncode == 4
    assert "there are no keys in the environment" in done.stderr


def test_ad_hoc_role(sts: RunningSts) -> None:
    role = sts.world.role("external").arn
    args = ["--role-arn", role, "--source-profile", "default", "--external-id", "tenant-42"]
    args += ["--session-name", "me", "--duration", "30m", "--mfa-code", sts.code()]
    change = assume(*args)
    assert identity_by_boto3(environment(change)).endswith(":assumed-role/external/me")
    assert int(change["AWSENV_EXPIRES_AT"] or "") - time.time() <= 1800
    assert change["AWS_REGION"] == "eu-central-1"


def test_mfa_direct(sts: RunningSts) -> None:
    change = assume("fresh-mfa", "--mfa-direct", "--mfa-code", sts.code())
    assert "assumed-role/fresh-mfa/" in identity_by_boto3(environment(change))
    assert sts.control.count("GetSessionToken") == 0


def test_long_sessions_and_the_cap_of_chains(sts: RunningSts) -> None:
    change = assume("longhaul", "--mfa-code", sts.code())
    assert int(change["AWSENV_EXPIRES_AT"] or "") - time.time() > 11 * 3600
    done = run_awsenv("assume", "audit", "--duration", "4h", "--shell", "bash")
    assert done.returncode == 0
    assert "AWS caps a role that is assumed from another role's session at 1 h" in done.stderr


def test_a_longer_wish_falls_back_and_is_remembered(sts: RunningSts) -> None:
    wish = {"AWSENV_DURATION": "8h"}
    assert assume("default", "--mfa-code", sts.code())
    done = run_awsenv("assume", "prod-admin", "--shell", "bash", env=wish)
    assert done.returncode == 0
    assert "does not give 8h00m" in done.stderr
    calls = sts.control.count("AssumeRole")
    again = run_awsenv("assume", "prod-admin", "--shell", "bash", "--refresh", env=wish)
    assert again.returncode == 0
    assert sts.control.count("AssumeRole") == calls + 1
    told = run_awsenv("explain", "prod-admin", env=wish).stdout
    assert "1h00m will be asked for: the role refused a longer session lately" in told
    assert "will be asked for" not in run_awsenv("explain", "prod-admin", env={}).stdout
    insisted = run_awsenv("assume", "prod-admin", "--shell", "bash", "--duration", "8h")
    assert insisted.returncode == 5
    assert "its maximum is shorter" in insisted.stderr


def test_old_records_and_torn_ones_are_cleared_away(sts: RunningSts) -> None:
    assert assume("dev", "--mfa-code", sts.code())
    folder = Path.home() / ".cache/awsenv/sessions"
    kept = sorted(path.name for path in folder.iterdir())
    torn = [f"{letter * 40}.123.0123abcd.tmp" for letter in "cd"]
    for name, days in (("a" * 40, 31), ("b" * 40, 29), (torn[0], 0.05), (torn[1], 0.03)):
        (folder / name).write_text("x")
        then = time.time() - days * 24 * 3600
        os.utime(folder / name, (then, then))
    os.utime(folder.parent / "CACHEDIR.TAG", (then, then - 24 * 3600))
    assert assume("dev", "--refresh")
    assert sorted(path.name for path in folder.iterdir()) == sorted([*kept, "b" * 40, torn[1]])


def test_session_name_says_who_and_when(sts: RunningSts) -> None:
    change = assume("dev", "--mfa-code", sts.code(), env={"LOGNAME": "Jörg Müller"})
    name = identity_by_boto3(environment(change)).rpartition("/")[2]
    assert name.startswith("J-rg-M-ller-20")
    assert name.endswith("Z")


def test_refresh_and_min_left(sts: RunningSts) -> None:
    first = assume("dev", "--mfa-code", sts.code())
    assert assume("dev")["AWS_ACCESS_KEY_ID"] == first["AWS_ACCESS_KEY_ID"]
    assert assume("dev", "--min-left", "45m")["AWS_ACCESS_KEY_ID"] == first["AWS_ACCESS_KEY_ID"]
    second = assume("dev", "--refresh")
    assert second["AWS_ACCESS_KEY_ID"] != first["AWS_ACCESS_KEY_ID"]
    third = assume("dev", "--min-left", "61m")
    assert third["AWS_ACCESS_KEY_ID"] != second["AWS_ACCESS_KEY_ID"]
    done = run_awsenv("assume", "dev", "--min-left", "37h", "--print")
    assert (done.returncode, done.stdout) == (2, "false\n"), done.stderr
    assert "--min-left 37h is longer than any session lives" in done.stderr


def test_the_region_is_not_part_of_the_key(sts: RunningSts) -> None:
    first = assume("dev", "--mfa-code", sts.code())
    other = assume("dev", "--region", "us-west-2")
    assert other["AWS_ACCESS_KEY_ID"] == first["AWS_ACCESS_KEY_ID"]
    assert other["AWS_REGION"] == "us-west-2"


def test_refused_cached_session_is_got_again_once(sts: RunningSts) -> None:
    assume("default", "--mfa-code", sts.code())
    sts.control.forget_sessions()
    change = assume("dev", "--mfa-code", sts.code())
    assert "assumed-role/dev/" in identity_by_boto3(environment(change))
    assert sts.control.count("GetSessionToken") == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("AWSENV_RECORD=2", "AWSENV_RECORD=1"),
        lambda text: text + "MORE=1\n",
        lambda text: text.replace("ISSUED_AT=1", "ISSUED_AT=9"),
        lambda text: text.replace("EXPIRES_AT=1", "EXPIRES_AT=9"),
        lambda text: text.replace("KIND=role\n", ""),
        lambda text: text.replace("EXPIRES_AT=1", "EXPIRES_AT=x1"),
        lambda text: text.replace("\n", "\r\n"),
        lambda _text: "",
        lambda _text: "\udc80\udcff",
    ],
)
def test_damaged_record_counts_as_lapsed(sts: RunningSts, damage) -> None:
    first = assume("dev", "--mfa-code", sts.code())
    record = Path(os.environ["HOME"], ".cache/awsenv/sessions", first["AWSENV_SESSION"] or "")
    text = with_check(damage(record.read_text()))
    record.write_bytes(text.encode("utf-8", "surrogateescape"))
    second = assume("dev")
    assert second["AWS_ACCESS_KEY_ID"] != first["AWS_ACCESS_KEY_ID"]


def test_record_that_others_can_read_counts_as_lapsed(sts: RunningSts) -> None:
    first = assume("dev", "--mfa-code", sts.code())
    record = Path(os.environ["HOME"], ".cache/awsenv/sessions", first["AWSENV_SESSION"] or "")
    record.chmod(0o640)
    second = assume("dev")
    assert second["AWS_ACCESS_KEY_ID"] != first["AWS_ACCESS_KEY_ID"]
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_symlinked_record_counts_as_lapsed(sts: RunningSts, tmp_path: Path) -> None:
    first = assume("dev", "--mfa-code", sts.code())
    record = Path(os.environ["HOME"], ".cache/awsenv/sessions", first["AWSENV_SESSION"] or "")
    elsewhere = tmp_path / "elsewhere"
    record.rename(elsewhere)
    record.symlink_to(elsewhere)
    assert assume("dev")["AWS_ACCESS_KEY_ID"] != first["AWS_ACCESS_KEY_ID"]


def test_no_terminal_and_no_code(sts: RunningSts) -> None:
    started = time.monotonic()
    done = run_awsenv("assume", "dev", "--shell", "bash")
    assert done.returncode == 4
    assert done.stdout == "false\n"
    assert "no terminal" in done.stderr
    assert "--mfa-code" in done.stderr
    assert time.monotonic() - started < 5
    assert sts.control.count() == 0


def test_mfa_process(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    code = sts.code()
    config.write_text(
        config.read_text().replace("[default]", f"[default]\nmfa_process = echo {code}", 1)
    )
    assert "assumed-role/dev/" in identity_by_boto3(environment(assume("dev")))


def test_the_code_is_nowhere_on_disk(sts: RunningSts) -> None:
    code = sts.code()
    assume("dev", "--mfa-code", code)
    for path in Path(os.environ["HOME"], ".cache").rglob("*"):
        assert not path.is_file() or code.encode() not in path.read_bytes()


def test_what_cannot_be_kept_but_the_session_is_good(sts: RunningSts, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = run_awsenv(
        "assume",
        "dev",
        "--shell",
        "bash",
        "--mfa-code",
        sts.code(),
        env={"AWSENV_CACHE_DIR": str(blocked / "x")},
    )
    assert done.returncode == 0
    assert "AWS_ACCESS_KEY_ID=" in done.stdout
    assert "continuing without keeping the session" in done.stderr


@pytest.mark.parametrize("profile", ["default", "prod-admin"])
def test_the_longest_mfa_session_is_used_again(sts: RunningSts, profile: str) -> None:
    longest = ["--mfa-duration", "36h"]
    first = assume(profile, *longest, "--mfa-code", sts.code())
    assert assume(profile, *longest)["AWS_ACCESS_KEY_ID"] == first["AWS_ACCESS_KEY_ID"]
    assert sts.control.count("GetSessionToken") == 1


@pytest.mark.parametrize(
    "args",
    [
        ["--role-arn", "foo"],
        ["--session-name", "\u00e9"],
        ["--session-name", "a b"],
        ["--transitive-tag", "team"],
        ["--region", "no region"],
        ["--mfa-direct", "--mfa-duration", "1h"],
        ["--tag", "team"],
    ],
)
def test_bad_values_cost_no_code(sts: RunningSts, args: list[str]) -> None:
    done = run_awsenv("assume", "dev", *args, "--shell", "bash", "--mfa-code", sts.code())
    assert done.returncode == 2
    assert done.stdout == "false\n"
    assert "\nhint: " in done.stderr
    assert sts.control.count() == 0


def test_bad_values_in_the_config_are_found_with_their_line(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    config.write_text(config.read_text() + "role_session_name = a b\n")
    done = run_awsenv("explain", "forbidden")
    assert done.returncode == 3
    line = len(config.read_text().splitlines())
    assert f"~/.aws/config:{line}" in done.stderr


SIGNALS = "SIGINT SIGTERM SIGHUP SIGQUIT SIGALRM SIGUSR1 SIGUSR2 SIGXCPU SIGABRT SIGVTALRM SIGSYS"


@pytest.mark.parametrize("name", SIGNALS.split())
def test_a_signal_during_a_call_makes_the_evaluation_fail(sts: RunningSts, name: str) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    sts.control.hang(3, "AssumeRole", seconds=20)
    process = subprocess.Popen(
        [sys.executable, "-m", "awsenv", "assume", "dev", "--shell", "fish"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not sts.control.count("AssumeRole"):
        time.sleep(0.05)
    number = getattr(signal, name)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert out == "false\n"
    assert err.startswith("awsenv: ")
    assert process.returncode == 128 + number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_the_question_stops_the_line(
    sts: RunningSts, tmp_path: Path, number: signal.Signals
) -> None:
    program = f"exec {sys.executable} -m awsenv assume dev --shell bash"
    line = f'out=$({program}); echo "$out and $?" >out'
    with Driven(["/bin/bash", "-c", line], os.environ, tmp_path) as terminal:
        terminal.wait_until(lambda: "MFA code for" in terminal.screen(), "the question")
        os.kill(terminal.foreground(), number)
        terminal.wait_for_end()
        assert f"awsenv: ended by signal {int(number)}" in terminal.screen()
    assert (tmp_path / "out").read_text() == f"false and {128 + number}\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mfa-serial", "x"], "'x' is not an MFA serial"),
        (["--external-id", "\u00e9e"], "is not an external ID"),
        (["--policy-arn", "x"], "'x' is not the ARN of a policy"),
        (["--tag", "a=1", "--tag", "A=2"], "there are two tags of the key 'a'"),
    ],
)
def test_what_aws_cannot_take_is_said_before_a_code_is_asked_for(
    sts: RunningSts, options: list[str], said: str
) -> None:
    done = run_awsenv("assume", "dev", *options, "--mfa-code", sts.code(), "--shell", "bash")
    assert done.returncode == 2
    assert said in done.stderr
    assert sts.control.count() == 0


@pytest.mark.parametrize("region", ["nonsense", "eu-west", "eu_west_1", "1"])
def test_what_is_no_region_is_refused_though_a_session_is_live(
    sts: RunningSts, region: str
) -> None:
    assume("dev", "--mfa-code", sts.code())
    done = run_awsenv("assume", "dev", "--region", region, "--shell", "bash")
    assert done.returncode == 2
    assert f"{region!r} is not the name of a region" in done.stderr
    for name in ("us-gov-west-1", "us-isob-east-1", "aws-global", "mx-central-1"):
        assert assume("dev", "--region", name)["AWS_REGION"] == name


@pytest.mark.parametrize("command", ["assume", "exec", "login", "save", "credential-process"])
def test_what_is_no_code_is_refused_though_a_session_is_live(sts: RunningSts, command: str) -> None:
    assume("dev", "--mfa-code", sts.code())
    more = {"assume": ["--shell", "bash"], "exec": ["true"]}.get(command, [])
    for code in ("12", "12345a"):
        done = run_awsenv(command, "--mfa-code", code, "dev", *more)
        assert done.returncode == 2
        assert "awsenv: --mfa-code is not an MFA code" in done.stderr
    assert run_awsenv(command, "--mfa-code", "012 345", "dev", *more).returncode == 0


def test_keys_without_mfa_lead_to_setup(sts: RunningSts) -> None:
    with (sts.aws_folder / "credentials").open("a") as file:
        file.write("\n[plain]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n")
    assert "hint: awsenv setup plain finds" in run_awsenv("login", "plain").stderr
    # At a terminal, where it is the answer to a person.
    program = [sys.executable, "-m", "awsenv", "assume", "plain", "--format", "json"]
    with Driven(program, dict(os.environ), Path.home()) as terminal:
        assert terminal.wait_for_end() == 0
        shown = terminal.screen()
    assert "plain: long-lived keys, which do not expire" in shown
    assert "for a session with MFA instead: awsenv setup plain" in shown


def test_a_role_that_wants_mfa_leads_to_setup(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if "mfa_serial" not in line))
    done = run_awsenv("assume", "prod-admin", "--shell", "bash")
    assert done.returncode == 5
    assert "(without MFA)" in done.stderr
    assert "may want MFA (awsenv setup default finds your device)" in done.stderr
