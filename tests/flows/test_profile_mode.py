"""`assume --export-profile`: a profile's name in the environment, and no keys."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from awsenv.environment.change import CREDENTIALS
from support.assuming import AWS, assume, environment, evaluated, identity_by_boto3, identity_by_cli
from support.hooked_shells import SYNTAXES, start
from support.layouts import LAYOUTS, Layout, who_is, write_layout
from support.real_shells import PLAIN, Way, run_lines
from support.saving import forget_records, saved, set_expiration
from support.world import RunningSts, run_awsenv


def export(*args: str, env: dict[str, str] | None = None) -> dict[str, str | None]:
    change = assume(*args, "--export-profile", env=env)
    assert not any(change[name] for name in CREDENTIALS)
    return change


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    return LAYOUTS[request.param]


def test_role_profile_itself_where_tools_can_use_it(sts: RunningSts, layout: Layout) -> None:
    write_layout(sts, layout, save_as=True)
    role = next(iter(layout.roles))
    change = export(role, "--mfa-code", sts.code())
    assert change["AWS_PROFILE"] == change["AWSENV_PROFILE"] == role
    assert change["AWS_REGION"] == "eu-west-1"
    left = int(change["AWSENV_EXPIRES_AT"] or 0) - time.time()
    assert 11.9 < left / 3600 < 12.1, "it is the saved session that expires; roles come from it"
    env = environment(change)
    assert f":assumed-role/{role}/" in identity_by_cli(env)
    assert f":assumed-role/{role}/" in identity_by_boto3(env)
    assert sts.control.count("AssumeRole") == 2, "by the tools, not by awsenv"


def test_saved_profile_where_tools_would_ask(sts: RunningSts) -> None:
    change = export("dev", "--mfa-code", sts.code())
    assert change["AWS_PROFILE"] == "dev-sts"
    assert change["AWSENV_PROFILE"] == "dev"
    assert ":assumed-role/dev/" in identity_by_cli(environment(change))
    assert ":assumed-role/dev/" in who_is("dev-sts")


def test_it_says_what_it_writes_and_when_it_may(sts: RunningSts) -> None:
    code = sts.code()
    done = run_awsenv("assume", "dev", "--export-profile", "--shell", "bash", "--mfa-code", code)
    assert done.stderr == "awsenv: saved the session as [dev-sts] in ~/.aws/credentials\n"
    help_text = " ".join(run_awsenv("assume", "--help").stderr.split())
    assert "--export-profile Export AWS_PROFILE, not keys; may save a profile." in help_text


@pytest.mark.parametrize("option", [["--duration", "30m"], ["--session-name", "me"]])
def test_saved_profile_where_the_role_is_to_be_another(sts: RunningSts, option: list[str]) -> None:
    write_layout(sts, LAYOUTS["ops"], save_as=True)
    change = export("dev", *option, "--mfa-code", sts.code())
    assert change["AWS_PROFILE"] == "dev-sts"
    assert ":assumed-role/dev/" in identity_by_cli(environment(change))


def test_saved_session_itself_and_plain_keys(sts: RunningSts) -> None:
    write_layout(sts, LAYOUTS["ops"], save_as=True)
    assert export("mfadev", "--mfa-code", sts.code())["AWS_PROFILE"] == "mfadev"
    assert export("ops")["AWS_PROFILE"] == "mfadev"
    with (sts.aws_folder / "credentials").open("a") as file:
        file.write("\n[plain]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n")
    change = export("plain")
    assert change["AWS_PROFILE"] == "plain"
    assert change["AWSENV_EXPIRES_AT"] is None


def test_session_that_bears_no_mark(sts: RunningSts) -> None:
    """A script of the person's own wrote it; it is live, and serves as it is."""
    write_layout(sts, LAYOUTS["ops"])
    run_awsenv("save", "ops", "--as", "mfadev", "--mfa-code", sts.code())
    path = sts.aws_folder / "credentials"
    path.write_text(path.read_text().replace("awsenv_saved_from = ops\n", ""))
    change = export("dev")
    assert change["AWS_PROFILE"] == "dev"
    assert int(change["AWSENV_EXPIRES_AT"] or 0) > time.time() + 11 * 3600
    assert ":assumed-role/dev/" in identity_by_cli(environment(change))


def test_unset_restores(sts: RunningSts) -> None:
    before = {"AWS_PROFILE": "mine", "AWS_ACCESS_KEY_ID": "AKIAMINE", "AWS_REGION": "sa-east-1"}
    args = ("assume", "dev", "--export-profile", "--mfa-code", sts.code())
    restored = evaluated("unset", env=evaluated(*args, env=before))
    assert {name: restored.get(name) for name in before} == before
    assert not [name for name in restored if name.startswith("AWSENV")]


def test_unset_leaves_what_others_have_put(sts: RunningSts) -> None:
    env = environment(export("dev", "--mfa-code", sts.code()))
    env["AWS_PROFILE"] = "somebody-elses"
    assert '"AWS_PROFILE"' not in run_awsenv("unset", "--format", "json", env=env).stdout
    change = assume("dev", env=env)
    assert change["AWS_PROFILE"] is None
    env = {name: value for name, value in {**env, **change}.items() if value is not None}
    back = run_awsenv("unset", "--format", "json", env=env)
    assert '"AWS_PROFILE": "somebody-elses"' in back.stdout


def test_keys_and_profile_mode_follow_each_other(sts: RunningSts) -> None:
    before = {"AWS_PROFILE": "mine"}
    env = environment(export("dev", "--mfa-code", sts.code(), env=before))
    change = assume("prod-admin", env=env)
    assert change["AWS_PROFILE"] is None
    env = environment(change)
    assert ":assumed-role/prod-admin/" in identity_by_cli(env)
    env = environment(export("dev", env=env))
    assert ":assumed-role/dev/" in identity_by_cli(env)
    back = run_awsenv("unset", "--format", "json", env=env).stdout
    assert '"AWS_PROFILE": "mine"' in back


def refreshed(env: dict[str, str], *args: str) -> dict[str, str]:
    """`env` after bash has evaluated a refresh."""
    done = run_awsenv("refresh", "--shell", "bash", *args, env=env)
    assert done.returncode == 0, done.stderr
    told = subprocess.run(
        ["bash", "-c", f"{done.stdout}\nenv -0"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = (line.partition("=") for line in told.stdout.split("\0") if line)
    return {name: value for name, _, value in pairs}


def test_refresh_renews_the_saved_session(sts: RunningSts, layout: Layout) -> None:
    write_layout(sts, layout)
    run_awsenv("save", layout.keys, "--as", layout.saved, "--mfa-code", sts.code())
    role = next(iter(layout.roles))
    env = environment(export(role))
    env["AWS_REGION"] = "af-south-1"
    first = saved(sts, layout.saved)
    sts.control.advance_sessions(13 * 3600)
    config = sts.aws_folder / "config"
    device = f"\nmfa_process = echo {sts.code()}\nmfa_serial"
    config.write_text(config.read_text().replace("\nmfa_serial", device))
    after = refreshed(env, "--force")
    assert after["AWS_PROFILE"] == after["AWSENV_PROFILE"] == role
    assert after["AWS_REGION"] == "af-south-1"
    assert not set(CREDENTIALS) & set(after)
    assert saved(sts, layout.saved)["aws_access_key_id"] != first["aws_access_key_id"]
    assert f":assumed-role/{role}/" in identity_by_cli(after)


def test_refresh_of_a_saved_role(sts: RunningSts) -> None:
    change = export("dev", "--session-name", "me", "--mfa-code", sts.code())
    first = saved(sts, "dev-sts")
    after = refreshed(environment(change), "--force")
    assert after["AWS_PROFILE"] == "dev-sts"
    assert saved(sts, "dev-sts")["aws_access_key_id"] != first["aws_access_key_id"]
    assert identity_by_cli(after).endswith(":assumed-role/dev/me")
    forget_records()
    set_expiration(sts, "dev-sts", time.time() - 1)
    env = {**after, "AWSENV_EXPIRES_AT": "1"}
    done = run_awsenv("refresh", "--shell", "bash", env=env)
    assert done.returncode == 4, "a code is needed, and nobody is there"
    assert done.stdout == "false\n"


def test_keys_exported_by_hand_are_left_alone(sts: RunningSts) -> None:
    env = environment(export("dev", "--mfa-code", sts.code()))
    env["AWS_ACCESS_KEY_ID"] = "AKIABYHAND"
    env["AWS_SECRET_ACCESS_KEY"] = "x"
    done = run_awsenv("refresh", "--shell", "bash", env=env)
    assert done.returncode == 4
    assert "no awsenv session" in done.stderr
    assert run_awsenv("status", env=env).returncode == 4
    back = run_awsenv("unset", "--format", "json", env=env).stdout
    assert "AWS_ACCESS_KEY_ID" not in back
    assert "AWS_SECRET_ACCESS_KEY" not in back


def test_status(sts: RunningSts) -> None:
    env = environment(export("dev", "--mfa-code", sts.code()))
    told = run_awsenv("status", env=env)
    assert told.returncode == 0
    assert "profile    dev" in told.stdout
    credentials = sts.aws_folder / "credentials"
    before = credentials.read_text()
    # Another program has put another session there, or has taken it away.
    key_id = saved(sts, "dev-sts")["aws_access_key_id"]
    credentials.write_text(before.replace(key_id, "ASIAOTHER", 1))
    assert "time left  expired" in run_awsenv("status", env=env).stdout
    credentials.write_text(before.partition("[dev-sts]")[0])
    told = run_awsenv("status", env=env)
    assert (told.returncode, "time left  expired" in told.stdout) == (4, True)


@pytest.mark.parametrize(
    "args", [["dev", "--external-id", "xy"], ["--role-arn", "arn:aws:iam::1:role/x"]]
)
def test_what_has_no_name_cannot_be_exported(sts: RunningSts, args: list[str]) -> None:
    done = run_awsenv("assume", *args, "--export-profile", "--shell", "bash")
    assert done.returncode == 2
    assert done.stdout == "false\n"


def test_name_that_cannot_be_saved_under_stops_it(sts: RunningSts) -> None:
    with (sts.aws_folder / "credentials").open("a") as file:
        file.write("\n[dev-sts]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n")
    code = sts.code()
    done = run_awsenv("assume", "dev", "--export-profile", "--shell", "bash", "--mfa-code", code)
    assert done.returncode == 3
    assert done.stdout == "false\n"
    assert "holds long-lived keys" in done.stderr


@pytest.mark.parametrize("way", PLAIN, ids=str)
def test_in_a_real_shell(sts: RunningSts, way: Way) -> None:
    write_layout(sts, LAYOUTS["ops"], save_as=True)
    run_awsenv("login", "ops", "--mfa-code", sts.code())
    shell = ("--shell", way.printed_for)
    put = run_awsenv("assume", "dev", "--export-profile", *shell).stdout
    ask = f"{AWS} sts get-caller-identity --query Arn --output text"
    found = run_lines(way, [put, ask], dict(os.environ))
    assert ":assumed-role/dev/" in found.stdout, found.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_hook_works_the_same(sts: RunningSts, shell: str, tmp_path: Path) -> None:
    write_layout(sts, LAYOUTS["ops"], save_as=True)
    hooked = start(SYNTAXES[shell], tmp_path, sts, env={"AWS_PROFILE": "mine"})
    with hooked.shell:
        hooked.shell.run(f"awsenv assume dev --export-profile --mfa-code {sts.code()}")
        assert hooked.variable("AWS_PROFILE") == "dev"
        assert re.fullmatch(r"\[dev 1[12]h\d\dm\] ", hooked.segment())
        first = saved(sts, "mfadev")
        # The session that is saved has expired, and no record is left of it.
        hooked.lapse()
        set_expiration(sts, "mfadev", time.time() - 1)
        hooked.shell.run("true")
        assert hooked.segment() == "[dev expired] "
        hooked.ask("aws mine")
        hooked.answer(sts.code())
        assert [call.split() for call in hooked.calls()] == [["mine"]], "no key is exported"
        assert re.fullmatch(r"\[dev 1[12]h\d\dm\] ", hooked.segment())
        assert hooked.variable("AWS_PROFILE") == "dev"
        assert saved(sts, "mfadev")["aws_access_key_id"] != first["aws_access_key_id"]
        line = f"{hooked.syntax.python} -m awscli sts get-caller-identity --query Arn"
        assert "assumed-role/dev/" in hooked.shell.run(line)
        # Another terminal has renewed it meanwhile: nobody is asked.
        hooked.apply({"AWSENV_EXPIRES_AT": "1"})
        hooked.shell.run("aws again")
        assert len(hooked.calls()) == 2
        # Keys of another hand win over the profile, and are left alone.
        hooked.apply({"AWS_ACCESS_KEY_ID": "AKIABYHAND", "AWSENV_EXPIRES_AT": "1"})
        hooked.shell.run("aws third")
        assert hooked.segment() == ""
        assert hooked.calls()[-1] == "third AKIABYHAND"
        hooked.apply(unset=("AWS_ACCESS_KEY_ID",))
        hooked.shell.run("awsenv unset")
        assert hooked.variable("AWS_PROFILE") == "mine"
        assert hooked.segment() == ""


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_hook_claims_no_session_after_a_logout(
    sts: RunningSts, shell: str, tmp_path: Path
) -> None:
    hooked = start(SYNTAXES[shell], tmp_path, sts)
    with hooked.shell:
        hooked.shell.run(f"awsenv assume dev --export-profile --mfa-code {sts.code()}")
        assert hooked.segment().startswith("[dev 1h00m") or hooked.segment() == "[dev 59m] "
        # In this shell or in another one.
        hooked.shell.run("awsenv logout --all")
        assert hooked.segment() == "[dev expired] "
        assert re.search("time left +expired", hooked.shell.run("awsenv status"))
        assert hooked.shell.run("awsenv prompt") == "dev expired"
        hooked.ask("aws a; aws b")
        hooked.shell.press("ctrl-c")
        hooked.wait_until_dropped("aws a; aws b")
        assert hooked.calls() == []
        hooked.ask("aws a")
        hooked.answer(sts.code())
        assert len(hooked.calls()) == 1
        assert re.fullmatch(r"\[dev (1h00m|59m)\] ", hooked.segment())
        assert hooked.shell.run("awsenv prompt") in ("dev 1h00m", "dev 59m")
        # What is back needs no new question.
        record = hooked.records()
        kept = [(path, path.read_text()) for path in record]
        for path in record:
            path.unlink()
        hooked.shell.run("true")
        assert hooked.segment() == "[dev expired] "
        for path, text in kept:
            path.write_text(text)
        hooked.shell.run("true")
        assert re.fullmatch(r"\[dev (1h00m|59m)\] ", hooked.segment())
        hooked.shell.run("aws c")
        assert len(hooked.calls()) == 2
