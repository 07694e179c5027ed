"""Choosing a profile from a list, in a real terminal."""

import os
import time
from pathlib import Path

import pytest

from awsenv.listing import usage_counts
from support.asking import assert_sane
from support.shells_at_hand import need_program
from support.sources import add_section
from support.terminal_driver import Driven, drive
from support.world import RunningSts, run_awsenv

ASSUME = {
    "bash": 'eval "$(awsenv assume --pick)" && echo went on',
    "zsh": 'eval "$(awsenv assume --pick)" && echo went on',
    "fish": "awsenv assume --pick | source; and echo went on",
}


def start(shell: str, sts: RunningSts, folder: Path, **env: str) -> Driven:
    """A shell in which the MFA code has been given already."""
    done = run_awsenv("login", "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr
    variables = {
        "HOME": os.environ["HOME"],
        "XDG_CACHE_HOME": str(Path.home() / ".cache"),
        "AWS_ENDPOINT_URL": sts.url,
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
        "AWSENV_PICKER": "plain",
    }
    return drive(shell, folder, env=variables | env, columns=100, rows=20)


def listed(shell: Driven) -> list[str]:
    """The names in the list on the screen, the chosen one first line up with >."""
    lines = shell.screen().splitlines()
    top = next(number for number, line in enumerate(lines) if line.startswith("profile>"))
    return [line[:2] + line[2:].partition("  ")[0] for line in lines[top + 1 :]]


@pytest.mark.parametrize("name", ASSUME)
def test_type_to_filter(name: str, sts: RunningSts, tmp_path: Path) -> None:
    with start(name, sts, tmp_path) as shell:
        shell.submit(ASSUME[name])
        shell.wait_for("8 of 8")
        assert listed(shell)[0] == "> default"
        shell.type("222 aud")
        shell.wait_for("1 of 8")
        shell.wait_for("> audit")
        shell.type("x")
        shell.wait_for("0 of 8")
        shell.press("enter", "backspace")
        shell.wait_for("1 of 8")
        shell.press("enter")
        shell.wait_for("went on")
        shell.wait_for_prompt()
        assert shell.run("echo $AWSENV_PROFILE") == "audit"
        assert "8 of 8" not in shell.screen()
        assert_sane(shell)


def test_arrows_and_the_most_used_first(sts: RunningSts, tmp_path: Path) -> None:
    for profile in ("dev", "longhaul", "dev"):
        run_awsenv("assume", profile, "--shell", "bash", "--mfa-code", sts.code())
    with start("bash", sts, tmp_path) as shell:
        shell.submit(ASSUME["bash"])
        shell.wait_for("8 of 8")
        assert listed(shell)[:3] == ["> dev", "  longhaul", "  default"]
        shell.press("down", "down", "up", "enter")
        shell.wait_for("went on")
        shell.wait_for_prompt()
        assert shell.run("echo $AWSENV_PROFILE") == "longhaul"


def test_cancelled(sts: RunningSts, tmp_path: Path) -> None:
    with start("bash", sts, tmp_path) as shell:
        for key in ("ctrl-c", "ctrl-d"):
            shell.submit(ASSUME["bash"])
            shell.wait_for("8 of 8")
            shell.press(key)
            shell.wait_for("cancelled")
            shell.wait_for_prompt()
            assert "went on" not in shell.output()
        assert_sane(shell)


def test_a_profile_given_with_it_filters(sts: RunningSts, tmp_path: Path) -> None:
    with start("bash", sts, tmp_path) as shell:
        shell.submit('eval "$(awsenv assume --pick 77778)"')
        shell.wait_for("1 of 8")
        shell.press("enter")
        shell.wait_for_prompt()
        assert shell.run("echo $AWSENV_PROFILE") == "dev"


def test_no_profile_named_set_or_default(sts: RunningSts, tmp_path: Path) -> None:
    for file in ("config", "credentials"):
        path = sts.aws_folder / file
        text = path.read_text().replace(
            "[default]", "[main]" if file == "credentials" else "[profile main]"
        )
        path.write_text(text.replace("= default", "= main"))
    done = run_awsenv("login", "main", "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr
    without = run_awsenv("assume", "--shell", "bash")
    assert without.returncode == 3
    assert "there is no profile 'default'" in without.stderr
    assert run_awsenv("assume", "--pick", "--shell", "bash").returncode == 4
    env = {
        "HOME": os.environ["HOME"],
        "XDG_CACHE_HOME": str(Path.home() / ".cache"),
        "AWS_ENDPOINT_URL": sts.url,
        "AWSENV_PICKER": "plain",
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive("bash", tmp_path, env=env, columns=100, rows=20) as shell:
        shell.submit('eval "$(awsenv assume)"')
        shell.wait_for("8 of 8")
        shell.type("prod\r")
        shell.wait_for_prompt()
        assert shell.run("echo $AWSENV_PROFILE") == "prod-admin"
        # From now on a profile is set.
        shell.run('eval "$(awsenv assume)"')
        shell.run("export AWSENV_PROFILE= AWS_PROFILE=dev")
        shell.run('eval "$(awsenv assume)"')
        assert shell.run("echo $AWSENV_PROFILE") == "dev"


def test_a_list_longer_than_the_screen(sts: RunningSts, tmp_path: Path) -> None:
    role = sts.world.role("dev").arn
    for number in range(40):
        add_section(sts, f"profile many-{number:02}", role_arn=role, source_profile="default")
    add_section(sts, "profile \x1b[7mevil", role_arn=role, source_profile="default")
    with start("bash", sts, tmp_path) as shell:
        shell.submit(ASSUME["bash"])
        shell.wait_for("49 of 49")
        shell.press(*["down"] * 30)
        shell.wait_for("> many-22")
        assert len(listed(shell)) == 13
        shell.press(*["up"] * 30)
        shell.wait_for("> default")
        shell.type("evil")
        shell.wait_for("\\x1b[7mevil")
        shell.press("ctrl-u")
        shell.type("many-39\r")
        shell.wait_for_prompt()
        assert shell.run("echo $AWSENV_PROFILE") == "many-39"


@pytest.mark.parametrize("name", ASSUME)
def test_fzf_where_there_is_one(name: str, sts: RunningSts, tmp_path: Path) -> None:
    need_program("fzf")
    run_awsenv("assume", "dev", "--shell", "bash", "--mfa-code", sts.code())
    with start(name, sts, tmp_path, AWSENV_PICKER="fzf") as shell:
        shell.submit(ASSUME[name])
        shell.wait_for("8/8")
        shell.wait_for("> dev")
        shell.type("adm")
        shell.wait_for("1/8")
        shell.press("enter")
        shell.wait_for("went on")
        shell.wait_for_prompt()
        assert shell.run("echo $AWSENV_PROFILE") == "prod-admin"
        shell.submit(ASSUME[name])
        shell.wait_for("8/8")
        shell.press("ctrl-c")
        shell.wait_for("cancelled")
        shell.wait_for_prompt()
        assert_sane(shell)


def test_usage_is_counted_and_fades(clean_env: Path) -> None:
    for name in ["a b", "x%y", "a b"]:
        usage_counts.note(name)
    found = usage_counts.counts()
    assert {name: count for name, (count, _) in found.items()} == {"a b": 2, "x%y": 1}
    assert all(abs(last - time.time()) < 60 for _, last in found.values())
    file = clean_env / ".cache/awsenv/used"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("990 1 old\n10 2 newer\n1 3 once\n\x00garbage\nx y z\n")
    usage_counts.note("newer")
    assert {name: count for name, (count, _) in usage_counts.counts().items()} == {
        "old": 495,
        "newer": 5,
    }
