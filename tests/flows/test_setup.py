"""`awsenv setup`: whose keys, which MFA device, and what is written into the config."""

import os
import re
from pathlib import Path

import pytest

from awsenv.demo.world import document, statement
from support.assuming import assume
from support.terminal_driver import Driven, drive
from support.world import RunningSts, run_awsenv

FIDO = "arn:aws:iam::111122223333:u2f/user/alice/yubikey-ABCDEF"
HARDWARE = "GAHT12345678"
NO_IAM = document(
    statement("Allow", Action="*", Resource="*"),
    statement("Deny", Action="iam:*", Resource="*"),
)


@pytest.fixture
def bare(sts: RunningSts) -> RunningSts:
    """Keys, and a config that says nothing yet."""
    (sts.aws_folder / "config").write_text("# mine\r\n[profile dev]\r\nregion = eu-west-3\r\n")
    return sts


def setup(*args: str, env: dict[str, str] | None = None) -> str:
    done = run_awsenv("setup", *args, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


def config(sts: RunningSts) -> str:
    return (sts.aws_folder / "config").read_bytes().decode()


def at_terminal(sts: RunningSts, folder: Path) -> Driven:
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


def test_finds_the_device_and_proposes_a_region(bare: RunningSts) -> None:
    alice = bare.world.user("alice")
    before = config(bare)
    told = setup("--yes")
    assert f"the keys of profile 'default' are those of {alice.arn}" in told
    assert f"awsenv_mfa_serial = {alice.mfa.serial}" in told
    assert config(bare) == before + (
        f"\r\n[default]\r\nawsenv_mfa_serial = {alice.mfa.serial}\r\nregion = eu-west-3\r\n"
    )
    assert assume("default", "--mfa-code", bare.code())["AWS_REGION"] == "eu-west-3"


def test_second_run_changes_nothing(bare: RunningSts) -> None:
    setup("--yes")
    before = (bare.aws_folder / "config").stat()
    for args in ((), ("--yes",)):
        assert "needs no change" in setup(*args)
    assert (bare.aws_folder / "config").stat().st_mtime_ns == before.st_mtime_ns


def test_role_profile_sets_up_the_keys_below_it(sts: RunningSts) -> None:
    text = re.sub("(awsenv_)?mfa_serial = .*\n", "", config(sts))
    (sts.aws_folder / "config").write_text(text)
    told = setup("dev", "--yes")
    serial = sts.world.user("alice").mfa.serial
    assert "profile 'default' in ~/.aws/config gets:" in told
    own = text.partition("\n[profile")[0]
    assert config(sts) == text.replace(own, f"{own}awsenv_mfa_serial = {serial}\n")
    assume("dev", "--mfa-code", sts.code())


def test_guess_where_iam_refuses(bare: RunningSts) -> None:
    bare.control.set_user_policy("alice", NO_IAM)
    told = setup("--yes", "--region", "eu-north-1")
    assert "a guess" in told
    assert "arn:aws:iam::111122223333:mfa/alice" in told
    assert "region = eu-north-1" in config(bare)
    assume("default", "--mfa-code", bare.code())
    assert "needs no change" in setup("--yes")


def test_device_given(bare: RunningSts) -> None:
    bare.world.add_device(bare.world.user("alice"), HARDWARE)
    done = run_awsenv("setup", "--yes")
    assert done.returncode == 2
    assert "choose with --mfa-serial" in done.stderr
    assert "[default]" not in config(bare)
    done = run_awsenv("setup", "--yes", "--mfa-serial", "arn:aws:iam::111122223333:mfa/other")
    assert done.returncode == 2
    assert "is no MFA device of" in done.stderr
    setup("--yes", "--mfa-serial", HARDWARE)
    assert f"mfa_serial = {HARDWARE}" in config(bare)
    assert "needs no change" in setup("--yes")


def test_fido_device_is_explained(bare: RunningSts) -> None:
    alice = bare.world.user("alice")
    own = alice.mfa.serial
    bare.world.add_device(alice, FIDO)
    told = setup("--yes")
    assert f"{FIDO} is a FIDO key or passkey" in told
    assert f"mfa_serial = {own}" in config(bare)
    del alice.devices[0]
    done = run_awsenv("setup", "--yes", "--region", "x")
    assert done.returncode == 3
    assert "has no MFA device that gives six-digit codes" in done.stderr
    assert "authenticator app" in done.stderr


def test_fido_serial_in_the_config_is_replaced(sts: RunningSts) -> None:
    own = sts.world.user("alice").mfa.serial
    (sts.aws_folder / "config").write_text(config(sts).replace(own, FIDO))
    assert "is none of the user's devices" in setup("--yes")
    assert f"mfa_serial = {own}\n" in config(sts).partition("[profile")[0]


def test_user_without_a_device(bare: RunningSts) -> None:
    bare.world.user("alice").devices.clear()
    assert "has no MFA device" in setup("--yes")
    assert "mfa_serial" not in config(bare)
    assert "region = eu-west-3" in config(bare)


def test_without_anybody_to_ask(bare: RunningSts) -> None:
    before = config(bare)
    done = run_awsenv("setup")
    assert done.returncode == 2
    assert "pass --yes" in done.stderr
    assert config(bare) == before


@pytest.mark.parametrize("fault", ["fail", "hang"])
def test_network_trouble_changes_nothing(bare: RunningSts, fault: str) -> None:
    before = config(bare)
    if fault == "fail":
        bare.control.fail(9, "ListMFADevices")
    else:
        bare.control.hang(9, "ListMFADevices")
    done = run_awsenv("setup", "--yes", env={"AWSENV_DEADLINE": "3"})
    assert done.returncode in (5, 6)
    assert config(bare) == before


def test_session_is_not_what_to_set_up(sts: RunningSts) -> None:
    run_awsenv("save", "default", "--mfa-code", sts.code())
    path = sts.aws_folder / "credentials"
    path.write_text(path.read_text().replace("awsenv_saved_from = default\n", ""))
    done = run_awsenv("setup", "default-sts", "--yes")
    assert done.returncode == 2
    assert "is a session" in done.stderr


def test_a_serial_beside_keys_gets_a_name_of_ours(sts: RunningSts) -> None:
    """The .NET SDK calls a profile with keys and mfa_serial invalid, and roles on top of it."""
    path = sts.aws_folder / "config"
    good = path.read_text()
    path.write_text(good.replace("awsenv_mfa_serial", "mfa_serial"))
    found = run_awsenv("doctor", "--offline").stdout
    assert "mfa_serial stands beside keys" in found
    assert "`awsenv setup default` renames it to awsenv_mfa_serial" in found
    assert "mfa_serial removed" in setup("--yes")
    assert sorted(path.read_text().splitlines()) == sorted(good.splitlines())
    assert "stands beside keys" not in run_awsenv("doctor", "--offline").stdout
    assert assume("dev", "--mfa-code", sts.code())["AWSENV_PROFILE"] == "dev"


def test_saved_session_leads_to_its_origin(sts: RunningSts) -> None:
    run_awsenv("save", "default", "--mfa-code", sts.code())
    assert "profile 'default' in ~/.aws/config needs no change" in setup("default-sts", "--yes")


def test_credentials_file_that_wins_is_told(sts: RunningSts) -> None:
    path = sts.aws_folder / "credentials"
    path.write_text(path.read_text() + f"mfa_serial = {HARDWARE}\n")
    before = config(sts)
    done = run_awsenv("setup", "--yes")
    assert done.returncode == 3
    assert "set in the credentials file (~/.aws/credentials:4)" in done.stderr
    assert config(sts) == before


def test_asking_at_a_terminal(bare: RunningSts, tmp_path: Path) -> None:
    alice = bare.world.user("alice")
    bare.world.add_device(alice, HARDWARE)
    before = config(bare)
    with at_terminal(bare, tmp_path) as shell:
        shell.submit("awsenv setup")
        shell.wait_for("which MFA device? [1-2]")
        assert f"  2  {HARDWARE}" in shell.output(whole=True)
        shell.type("2\r")
        shell.wait_for("region [eu-west-3]:")
        shell.type("eu-south-1\r")
        shell.wait_for("write this? [Y/n]")
        shown = shell.output(whole=True)
        assert f"mfa_serial = {HARDWARE}" in shown
        assert "region = eu-south-1" in shown
        assert config(bare) == before
        shell.type("n\r")
        shell.wait_for_prompt()
        assert "nothing was written" in shell.output()
        assert config(bare) == before
        shell.submit("awsenv setup")
        shell.wait_for("which MFA device?")
        shell.type("1\r")
        shell.wait_for("region [")
        shell.press("enter")
        shell.wait_for("write this?")
        shell.press("enter")
        shell.wait_for_prompt()
        assert f"mfa_serial = {alice.mfa.serial}" in config(bare)
        assert "region = eu-west-3" in config(bare).partition("[default]")[2]
        assert "needs no change" in shell.run("awsenv setup")
        shell.submit("awsenv setup --mfa-serial " + HARDWARE)
        shell.wait_for("write this?")
        shell.press("ctrl-c")
        shell.wait_for_prompt()
        assert shell.run("echo $?") == "130"
    assert HARDWARE not in config(bare)


def test_hostile_names_are_shown_not_obeyed(bare: RunningSts) -> None:
    bare.world.user("alice").name = "al\x1b]0;x\x07ice"
    told = run_awsenv("setup", "--yes")
    assert "\x1b" not in told.stderr
    assert os.path.exists(bare.aws_folder / "config")
