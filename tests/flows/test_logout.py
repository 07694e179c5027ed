"""login gets the MFA session and nothing else; logout forgets it, and all that came of it."""

import json
import os
import re
from pathlib import Path

import pytest

from support.assuming import assume, environment
from support.layouts import LAYOUTS, refusal_of, write_layout
from support.saving import save, saved, sections
from support.world import RunningSts, run_awsenv


def records() -> list[Path]:
    return list(Path(os.environ["HOME"], ".cache/awsenv/sessions").glob("*"))


def logout(*args: str, env: dict[str, str] | None = None) -> str:
    done = run_awsenv("logout", *args, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


def test_login_gets_the_mfa_session_only(sts: RunningSts) -> None:
    done = run_awsenv("login", "dev", "--mfa-code", sts.code())
    assert done.returncode == 0
    assert done.stdout == ""
    assert "logged in with the keys of profile 'default' until" in done.stderr
    assert sts.control.count("GetSessionToken") == sts.control.count() == 1
    assert len(records()) == 1
    done = run_awsenv("login", "prod-admin")
    assert done.returncode == 0, "the same user's session serves every profile"
    assert sts.control.count() == 1


def test_login_without_an_mfa_device(sts: RunningSts) -> None:
    with (sts.aws_folder / "credentials").open("a") as file:
        file.write("\n[plain]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n")
    done = run_awsenv("login", "plain")
    assert done.returncode == 2
    assert "has no MFA session to log in to" in done.stderr


def test_logout_forgets_what_came_of_the_same_keys(sts: RunningSts) -> None:
    assume("dev", "--mfa-code", sts.code())
    assume("audit")
    assume("dev", "--duration", "20m")
    assert len(records()) == 5
    told = logout("prod-admin")
    assert "deleted 5 cached sessions" in told
    assert records() == []
    done = run_awsenv("assume", "dev", "--shell", "bash")
    assert done.returncode == 4
    assert "MFA code is needed" in done.stderr
    assert "there was no cached session" in logout("prod-admin")


def test_status_of_a_shell_that_keeps_its_session(sts: RunningSts) -> None:
    """What it is, by the config while that stands for the same session; and that it is the last."""
    env = environment(assume("dev", "--mfa-code", sts.code()))
    before = run_awsenv("status", env=env).stdout
    logout()
    after = run_awsenv("status", env=env).stdout
    line = "but        it is no longer cached: only this shell has it, until `awsenv unset`\n"
    assert re.sub("time left .*", "", after) == re.sub("time left .*", "", before) + line
    assert json.loads(run_awsenv("status", "--json", env=env).stdout)["is_cached"] is False
    config = sts.aws_folder / "config"
    config.write_text(config.read_text().replace(":role/dev", ":role/other"))
    after = run_awsenv("status", env=env).stdout
    assert "role" not in after
    assert after.startswith("profile    dev\ntime left  ")


def test_logout_leaves_other_users_alone(sts: RunningSts) -> None:
    assume("dev", "--mfa-code", sts.code())
    bob = sts.server.world.add_user("bob", mfa=True)
    with (sts.aws_folder / "credentials").open("a") as file:
        file.write(f"\n[bob]\naws_access_key_id = {bob.key.id}\n")
        file.write(f"aws_secret_access_key = {bob.key.secret}\n")
    with (sts.aws_folder / "config").open("a") as file:
        file.write(f"\n[profile bob]\nmfa_serial = {bob.mfa.serial}\nregion = eu-west-1\n")
    save("bob", "--mfa-code", sts.code(bob.mfa.serial))
    assert "deleted 2 cached sessions" in logout("dev")
    assert "bob-sts" in sections(sts.aws_folder / "credentials")
    assert assume("bob")["AWS_ACCESS_KEY_ID"] == saved(sts, "bob-sts")["aws_access_key_id"]
    assert "removed [bob-sts] from ~/.aws/credentials" in logout("bob")


def test_logout_removes_the_profiles_it_saved(sts: RunningSts) -> None:
    path = sts.aws_folder / "credentials"
    before = path.read_bytes()
    save("default", "--mfa-code", sts.code())
    save("dev", "--as", "mydev")
    told = logout()
    assert (
        "deleted 2 cached sessions; removed [default-sts], [mydev] from ~/.aws/credentials" in told
    )
    assert path.read_bytes() == before
    assert "could not be found" in refusal_of("default-sts")


def test_logout_keeps_what_others_have_written(sts: RunningSts) -> None:
    path = sts.aws_folder / "credentials"
    own = "\n[mine]\n# by hand\nx_key = 1\n"
    path.write_text(path.read_text() + own)
    before = path.read_bytes()
    save("default", "--as", "mine", "--mfa-code", sts.code())
    logout()
    assert path.read_bytes() == before


@pytest.mark.parametrize("save_as", [True, False])
def test_layout_works_again_after_logout(sts: RunningSts, save_as: bool) -> None:
    write_layout(sts, LAYOUTS["ops"], save_as=save_as)
    save("ops", "--as", "mfadev", "--mfa-code", sts.code())
    logout("dev")
    left = sections(sts.aws_folder / "credentials")
    if save_as:
        assert "mfadev" not in left
    else:
        assert left["mfadev"] == {"awsenv_saved_from": "ops"}, "dev's source is still known"
    assume("dev", "--mfa-code", sts.code())
    assert saved(sts, "mfadev")["aws_access_key_id"].startswith("ASIA")


def test_logout_all(sts: RunningSts) -> None:
    save("default", "--mfa-code", sts.code())
    assume("dev")
    config = sts.aws_folder / "config"
    config.write_text(config.read_text() + "\n[profile broken]\nsource_profile = broken\n")
    assert "deleted 2 cached sessions; removed [default-sts]" in logout("--all")
    assert records() == []
    assert run_awsenv("logout", "dev", "--all").returncode == 2


def test_long_lived_keys_survive_logout(sts: RunningSts) -> None:
    """Somebody put their own keys where a session was saved once."""
    path = sts.aws_folder / "credentials"
    path.write_text(
        path.read_text() + "\n[mine]\naws_access_key_id = AKIAX\n"
        "aws_secret_access_key = x\nawsenv_saved_from = default\n"
    )
    before = path.read_bytes()
    for args in ([], ["--all"]):
        logout(*args)
        assert path.read_bytes() == before


def test_logout_tells_of_the_shell(sts: RunningSts) -> None:
    env = environment(assume("dev", "--mfa-code", sts.code()))
    assert "awsenv unset" in logout(env=env)
