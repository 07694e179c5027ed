"""Sessions saved as profiles, used by the real aws CLI and boto3 as they are."""

import json
import os
import re
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.assuming import assume, environment, identity_by_boto3
from support.layouts import LAYOUTS, Layout, refusal_of, who_is, write_layout
from support.saving import forget_records, save, saved, sections, set_expiration
from support.terminal_driver import Driven, drive
from support.world import RunningSts, run_awsenv


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    return LAYOUTS[request.param]


def test_layouts_work_for_tools_as_they_stand(sts: RunningSts, layout: Layout) -> None:
    write_layout(sts, layout)
    told = save(layout.keys, "--as", layout.saved, "--mfa-code", sts.code())
    assert f"[{layout.saved}] in ~/.aws/credentials is {layout.keys} until" in told
    assert who_is(layout.saved).endswith(":user/alice")
    for role in layout.roles:
        assert f":assumed-role/{role}/" in who_is(role)
    values = saved(sts, layout.saved)
    assert values["aws_access_key_id"].startswith("ASIA")
    assert set(values) == {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "expiration",
        "awsenv_saved_from",
        "awsenv_identity",
        "region",
    }
    left = datetime.fromisoformat(values["expiration"]) - datetime.now(UTC)
    assert 11.9 < left.total_seconds() / 3600 < 12.1


@pytest.mark.parametrize("save_as", [True, False])
def test_lapsed_saved_session_is_renewed(sts: RunningSts, layout: Layout, save_as: bool) -> None:
    write_layout(sts, layout, save_as=save_as)
    save(layout.keys, "--as", layout.saved, "--mfa-code", sts.code())
    first = saved(sts, layout.saved)
    sts.control.advance_sessions(13 * 3600)
    assert "ExpiredToken" in refusal_of(layout.saved)
    role = next(iter(layout.roles))
    env = environment(assume(role, "--mfa-code", sts.code()))
    assert f":assumed-role/{role}/" in identity_by_boto3(env)
    assert saved(sts, layout.saved)["aws_access_key_id"] != first["aws_access_key_id"]
    for name in (layout.saved, *layout.roles):
        assert who_is(name)
    calls = sts.control.count("GetSessionToken")
    assume(role, "--refresh")
    assert sts.control.count("GetSessionToken") == calls == 2


def test_session_that_says_it_has_lapsed_is_renewed(sts: RunningSts, layout: Layout) -> None:
    write_layout(sts, layout, save_as=True)
    save(layout.keys, "--mfa-code", sts.code())
    first = saved(sts, layout.saved)
    forget_records()
    set_expiration(sts, layout.saved, time.time() - 60)
    done = run_awsenv("assume", next(iter(layout.roles)), "--shell", "bash")
    assert done.returncode == 4
    assert "MFA code is needed" in done.stderr
    assume(next(iter(layout.roles)), "--mfa-code", sts.code())
    assert saved(sts, layout.saved)["aws_access_key_id"] != first["aws_access_key_id"]
    assert who_is(layout.saved).endswith(":user/alice")


def test_live_saved_session_serves_without_a_record(sts: RunningSts, layout: Layout) -> None:
    write_layout(sts, layout)
    save(layout.keys, "--as", layout.saved, "--mfa-code", sts.code())
    first = saved(sts, layout.saved)
    forget_records()
    for role in layout.roles:
        assert f":assumed-role/{role}/" in identity_by_boto3(environment(assume(role)))
    change = assume(layout.saved)
    assert change["AWS_ACCESS_KEY_ID"] == first["aws_access_key_id"]
    assert change["AWS_REGION"] == "eu-central-1"
    assert sts.control.count("GetSessionToken") == 1
    assert saved(sts, layout.saved) == first


@pytest.mark.parametrize(
    "option", [["--mfa-duration", "36h"], ["--refresh"], ["--min-left", "20h"]]
)
def test_live_saved_session_does_not_serve_for_another_wish(
    sts: RunningSts, option: list[str]
) -> None:
    write_layout(sts, LAYOUTS["ops"])
    save("ops", "--as", "mfadev", "--mfa-code", sts.code())
    forget_records()
    done = run_awsenv("assume", "mfadev", *option, "--shell", "bash")
    assert done.returncode == 4
    assert "MFA code is needed" in done.stderr


def test_dead_session_without_a_record_is_not_taken_up_twice(sts: RunningSts) -> None:
    write_layout(sts, LAYOUTS["ops"])
    save("ops", "--as", "mfadev", "--mfa-code", sts.code())
    forget_records()
    sts.control.forget_sessions()
    assert ":assumed-role/dev/" in identity_by_boto3(
        environment(assume("dev", "--mfa-code", sts.code()))
    )
    assert who_is("mfadev").endswith(":user/alice")


def test_every_login_assume_and_refresh_renews(sts: RunningSts) -> None:
    write_layout(sts, LAYOUTS["ops"], save_as=True)
    done = run_awsenv("login", "ops", "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr
    by_login = saved(sts, "mfadev")
    assert by_login["awsenv_saved_from"] == "ops"
    change = assume("ops", "--refresh", "--mfa-code", sts.code())
    by_assume = saved(sts, "mfadev")
    assert by_assume["aws_access_key_id"] == change["AWS_ACCESS_KEY_ID"]
    assert by_assume["aws_access_key_id"] != by_login["aws_access_key_id"]
    text = (sts.aws_folder / "credentials").read_text()
    (sts.aws_folder / "credentials").write_text(text.partition("\n[mfadev]")[0])
    done = run_awsenv("refresh", "--shell", "bash", env=environment(change))
    assert done.returncode == 0, done.stderr
    assert saved(sts, "mfadev") == by_assume


def test_role_is_saved_too_and_login_renews_it(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    config.write_text(
        config.read_text().replace("[profile dev]", "[profile dev]\nawsenv_save_as = mydev")
    )
    assume("dev", "--mfa-code", sts.code())
    first = saved(sts, "mydev")
    assert ":assumed-role/dev/" in who_is("mydev")
    sts.control.advance_sessions(13 * 3600)
    done = run_awsenv("login", "dev", "--refresh", "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr
    assert saved(sts, "mydev")["aws_access_key_id"] != first["aws_access_key_id"]
    set_expiration(sts, "mydev", time.time() - 1)
    forget_records()
    second = saved(sts, "mydev")
    done = run_awsenv("login", "dev", "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr
    assert ":assumed-role/dev/" in who_is("mydev")
    assert saved(sts, "mydev")["aws_access_key_id"] != second["aws_access_key_id"]


def test_role_through_a_saved_role(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    text = config.read_text().replace("source_profile = prod-admin", "source_profile = prod")
    config.write_text(text)
    save("prod-admin", "--as", "prod", "--mfa-code", sts.code())
    assert ":assumed-role/audit/" in who_is("audit")
    set_expiration(sts, "prod", time.time() - 1)
    forget_records()
    done = run_awsenv("explain", "audit")
    assert done.stdout.count("AssumeRole") == 2
    assert "1  GetSessionToken" in done.stdout
    assume("audit", "--mfa-code", sts.code())
    assert ":assumed-role/prod-admin/" in who_is("prod")


def test_options_make_another_session_which_is_not_saved(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    config.write_text(
        config.read_text().replace("[profile dev]", "[profile dev]\nawsenv_save_as = mydev")
    )
    assume("dev", "--external-id", "xy", "--mfa-code", sts.code())
    assert "mydev" not in sections(sts.aws_folder / "credentials")
    done = run_awsenv("save", "dev", "--external-id", "xyz")
    assert done.returncode == 2
    assert "add --as NAME" in done.stderr
    assume("dev", "--duration", "30m")
    left = datetime.fromisoformat(saved(sts, "mydev")["expiration"]).timestamp() - time.time()
    assert left < 1801


def test_longer_session_is_not_replaced_by_a_shorter_one(sts: RunningSts) -> None:
    save("dev", "--mfa-code", sts.code())
    first = saved(sts, "dev-sts")
    config = sts.aws_folder / "config"
    config.write_text(
        config.read_text().replace("[profile dev]", "[profile dev]\nawsenv_save_as = dev-sts")
    )
    assume("dev", "--duration", "20m")
    assert saved(sts, "dev-sts") == first
    assume("dev", "--duration", "20m", "--refresh")
    assert saved(sts, "dev-sts") != first


def test_default_name_and_given_serial(sts: RunningSts) -> None:
    write_layout(sts, LAYOUTS["ops"])
    config = sts.aws_folder / "config"
    serial = sts.world.user("alice").mfa.serial
    config.write_text(config.read_text().replace(f"mfa_serial = {serial}\n", ""))
    done = run_awsenv("save", "ops")
    assert done.returncode == 3
    assert "run: awsenv setup ops" in done.stderr
    save("ops", "--mfa-serial", serial, "--mfa-code", sts.code())
    assert saved(sts, "ops-sts")["mfa_serial"] == serial
    set_expiration(sts, "ops-sts", time.time() - 1)
    forget_records()
    save("ops-sts", "--mfa-code", sts.code())
    assert who_is("ops-sts").endswith(":user/alice")
    assert saved(sts, "ops-sts")["awsenv_saved_from"] == "ops"


def test_long_lived_keys_are_not_overwritten(sts: RunningSts) -> None:
    path = sts.aws_folder / "credentials"
    text = path.read_text() + "\n[other]\naws_access_key_id = AKIAOTHER\n"
    text += "aws_secret_access_key = precious\n"
    path.write_text(text)
    for name in ("other", "default"):
        done = run_awsenv("save", "default", "--as", name, "--mfa-code", sts.code())
        assert done.returncode in (2, 3), done.stderr
        assert path.read_text() == text
    done = run_awsenv("save", "default", "--as", "default", "--force")
    assert done.returncode == 2
    assert path.read_text() == text
    save("default", "--as", "other", "--force", "--mfa-code", sts.code())
    assert saved(sts, "other")["aws_access_key_id"].startswith("ASIA")


def test_automatic_renewal_spares_long_lived_keys_too(sts: RunningSts) -> None:
    config, path = sts.aws_folder / "config", sts.aws_folder / "credentials"
    config.write_text(config.read_text().replace("[default]", "[default]\nawsenv_save_as = other"))
    text = path.read_text() + "\n[other]\naws_access_key_id = AKIAOTHER\n"
    path.write_text(text + "aws_secret_access_key = precious\n")
    before = path.read_text()
    done = run_awsenv("assume", "default", "--format", "json", "--mfa-code", sts.code())
    assert done.returncode == 0
    assert "holds long-lived keys" in done.stderr
    assert path.read_text() == before


@pytest.mark.parametrize(
    "line", ["role_arn = arn:aws:iam::1:role/x\nsource_profile = default", "sso_session = x"]
)
def test_name_under_which_keys_would_be_ignored(sts: RunningSts, line: str) -> None:
    with (sts.aws_folder / "config").open("a") as file:
        file.write(f"\n[profile taken]\n{line}\n")
    before = (sts.aws_folder / "credentials").read_text()
    for force in ([], ["--force"]):
        done = run_awsenv("save", "default", "--as", "taken", "--mfa-code", sts.code(), *force)
        assert done.returncode == 3
        assert "would ignore keys saved under that name" in done.stderr
    assert (sts.aws_folder / "credentials").read_text() == before


def test_one_name_for_two_profiles_is_an_error(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    text = config.read_text().replace("[default]", "[default]\nawsenv_save_as = same")
    config.write_text(text.replace("[profile dev]", "[profile dev]\nawsenv_save_as = same"))
    done = run_awsenv("assume", "same", "--shell", "bash")
    assert done.returncode == 3
    assert re.search(r"'default' and 'dev' are both .* \(~/.aws/config:\d+\)", done.stderr)


def test_the_rest_of_the_file_stays(sts: RunningSts) -> None:
    path = sts.aws_folder / "credentials"
    own = path.read_bytes()
    rest = b"# first\r\n[odd]\r\nx_unknown =  1 # not a comment\r\n\r\n; last of odd\r\n"
    old = b"[mfadev]\r\naws_access_key_id=ASIAOLD\r\naws_security_token = old\r\n\r\n"
    path.write_bytes(rest + old + own.replace(b"\n", b"\r\n") + b"# end, without a line end")
    path.chmod(0o640)
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")
    save("default", "--as", "mfadev", "--mfa-code", sts.code())
    assert path.is_symlink()
    data = path.read_bytes()
    assert data.startswith(rest + b"[mfadev]\r\naws_access_key_id=ASIA")
    assert data.endswith(own.replace(b"\n", b"\r\n") + b"# end, without a line end")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert path.stat().st_mode & 0o777 == 0o640
    values = saved(sts, "mfadev")
    assert values["aws_security_token"] == values["aws_session_token"]
    assert who_is("mfadev").endswith(":user/alice")


def test_credentials_file_that_is_not_there_yet(sts: RunningSts) -> None:
    config, path = sts.aws_folder / "config", sts.aws_folder / "credentials"
    keys = path.read_text().replace("[default]\n", "")
    config.write_text(config.read_text().replace("[default]\n", f"[default]\n{keys}"))
    path.unlink()
    old = os.umask(0)
    try:
        save("default", "--mfa-code", sts.code())
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert who_is("default-sts").endswith(":user/alice")


def test_old_script_s_session_is_used_as_it_is(sts: RunningSts) -> None:
    """It bears no mark, and it is live: nobody is asked anything, nothing is changed."""
    old_script(sts)
    before = (sts.aws_folder / "credentials").read_bytes()
    assert ":assumed-role/dev/" in identity_by_boto3(environment(assume("dev")))
    assert (sts.aws_folder / "credentials").read_bytes() == before
    change = assume("mfadev")
    assert change["AWS_ACCESS_KEY_ID"] == saved(sts, "mfadev")["aws_access_key_id"]


def old_script(sts: RunningSts, *, expiration: str = "") -> None:
    """Layout "ops" as a script of the person's own would leave it."""
    write_layout(sts, LAYOUTS["ops"])
    save("ops", "--as", "mfadev", "--mfa-code", sts.code())
    path = sts.aws_folder / "credentials"
    text = re.sub("awsenv_saved_from = .*\n", "", path.read_text())
    path.write_text(re.sub("expiration = .*\n", expiration, text))
    forget_records()


@pytest.mark.parametrize("expiration", ["", "expiration = 2020-01-01 10:00:00\n"])
def test_lapsed_session_of_an_old_script_without_anybody_to_ask(
    sts: RunningSts, expiration: str
) -> None:
    old_script(sts, expiration=expiration)
    sts.control.advance_sessions(13 * 3600)
    done = run_awsenv("assume", "dev", "--shell", "bash", "--mfa-code", sts.code())
    assert done.returncode == 4
    assert done.stdout == "false\n"
    assert "nothing says which profile it is a session of" in done.stderr
    assert "hint: say it once: awsenv save PROFILE --as mfadev" in done.stderr
    save("ops", "--as", "mfadev", "--mfa-code", sts.code())
    assert ":assumed-role/dev/" in identity_by_boto3(environment(assume("dev")))


def at_terminal(sts: RunningSts, folder: Path) -> Driven:
    """A shell with a terminal, and the AWS files of the test."""
    return drive(
        "bash",
        folder,
        columns=250,
        env={
            "AWS_ENDPOINT_URL": sts.url,
            "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
        },
    )


@pytest.mark.parametrize("expiration", ["", "expiration = 2020-01-01 10:00:00\n"])
def test_whose_an_old_script_s_session_is_gets_asked_once(
    sts: RunningSts, tmp_path: Path, expiration: str
) -> None:
    old_script(sts, expiration=expiration)
    sts.control.advance_sessions(13 * 3600)
    with at_terminal(sts, tmp_path) as shell:
        shell.submit('eval "$(awsenv assume dev)"')
        shell.wait_for("is it a session of profile ops?")
        assert "profiles with keys of their own: ops" in shell.output(whole=True)
        shell.type("nobody\r")
        shell.wait_for("there is no other profile 'nobody'")
        shell.type("ops\r")
        shell.wait_for("MFA code")
        assert saved(sts, "mfadev")["awsenv_saved_from"] == "ops"
        shell.type(f"{sts.code()}\r")
        shell.wait_for_prompt()
        arn = shell.run("aws sts get-caller-identity --query Arn --output text")
        assert ":assumed-role/dev/" in arn
        assert who_is("mfadev").endswith(":user/alice")
        # The answer is kept: the next lapse asks for a code, and for nothing else.
        forget_records()
        set_expiration(sts, "mfadev", time.time() - 1)
        (tmp_path / "home-bash" / ".cache" / "awsenv" / "sessions").rename(tmp_path / "gone")
        shell.submit('eval "$(awsenv assume dev)"')
        shell.wait_for("MFA code")
        assert "a session of profile" not in shell.output(whole=True)
        shell.press("ctrl-c")
        shell.wait_for_prompt()


def test_no_answer_changes_nothing(sts: RunningSts, tmp_path: Path) -> None:
    old_script(sts)
    sts.control.forget_sessions()
    before = (sts.aws_folder / "credentials").read_bytes()
    with at_terminal(sts, tmp_path) as shell:
        shell.submit('eval "$(awsenv assume dev)" && echo went on')
        shell.wait_for("is it a session of profile ops?")
        shell.press("ctrl-c")
        shell.wait_for_prompt()
        assert "went on" not in shell.output()
        shell.submit('eval "$(awsenv assume dev)"')
        shell.wait_for("is it a session of profile ops?")
        # Another person's session would take its place: Enter is no answer.
        shell.press("enter")
        shell.wait_for_prompt()
        assert (sts.aws_folder / "credentials").read_bytes() == before
        shell.submit('eval "$(awsenv assume dev)"')
        shell.wait_for("is it a session of profile ops?")
        shell.type("y\r")
        shell.wait_for("MFA code")
        shell.press("ctrl-c")
        shell.wait_for_prompt()
    assert (sts.aws_folder / "credentials").read_bytes() == before.replace(
        b"region = eu-central-1\n", b"region = eu-central-1\nawsenv_saved_from = ops\n"
    )


def test_as_process(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    done = run_awsenv("login", "--mfa-code", sts.code())
    before = (sts.aws_folder / "config").read_text()
    told = save("dev", "--as-process", "tool")
    assert "profile 'tool' in ~/.aws/config gets its credentials from awsenv" in told
    text = (sts.aws_folder / "config").read_text()
    assert text == before + (
        "\n[profile tool]\ncredential_process = awsenv credential-process dev\n"
        "region = eu-central-1\n"
    )
    assert ":assumed-role/dev/" in who_is("tool")
    sts.control.advance_sessions(2 * 3600)
    save("dev", "--as-process", "tool")
    assert (sts.aws_folder / "config").read_text() == text
    done = run_awsenv("assume", "tool", "--format", "json")
    assert json.loads(done.stdout)["AWSENV_PROFILE"] == "tool"


def test_as_process_with_a_name_to_quote(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    config = sts.aws_folder / "config"
    name = "my 'dev' role"
    config.write_text(config.read_text().replace("[profile dev]", f"[profile {shlex.quote(name)}]"))
    run_awsenv("login", "--mfa-code", sts.code())
    save(name, "--as-process", "the tool's")
    assert ":assumed-role/dev/" in who_is("the tool's")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["default", "--as-process", "default"], 2),
        (["dev", "--as-process", "dev"], 2),
        (["dev", "--as-process", "audit"], 3),
        (["dev", "--as-process", "default"], 2),
        (["dev", "--as-process", "x", "--as", "y"], 2),
        (["dev", "--as-process", "x", "--duration", "2h"], 2),
        (["dev", "--as-process", ""], 2),
        (["nope", "--as-process", "x"], 3),
    ],
)
def test_as_process_refuses(sts: RunningSts, args: list[str], code: int) -> None:
    before = (sts.aws_folder / "config").read_bytes()
    done = run_awsenv("save", *args)
    assert done.returncode == code, done.stderr
    assert (sts.aws_folder / "config").read_bytes() == before


def test_two_saves_at_once_both_land(sts: RunningSts) -> None:
    import subprocess

    run_awsenv("login", "--mfa-code", sts.code())
    names = ["dev", "prod-admin", "longhaul", "default"]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "awsenv", "save", name], stderr=subprocess.PIPE, text=True
        )
        for name in names
    ]
    for each in running:
        told = each.communicate(timeout=60)[1]
        assert each.returncode == 0, told
    assert set(sections(sts.aws_folder / "credentials")) == {
        "default",
        *(f"{name}-sts" for name in names),
    }
