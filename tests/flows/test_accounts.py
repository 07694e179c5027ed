"""What accounts are called, the colour of a profile, and the question before an assume."""

import json
import re
import time
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from awsenv.demo.world import ALLOW_NOTHING
from support.terminal_driver import Driven, drive
from support.world import RunningSts, run_awsenv, settle

PROD = "444455556666"


def set_keys(sts: RunningSts, section: str, *lines: str) -> None:
    config = sts.aws_folder / "config"
    text = config.read_text().replace(f"[{section}]\n", "\n".join([f"[{section}]", *lines, ""]))
    config.write_text(text)


def assume(*words: str, env: dict[str, str] | None = None) -> CompletedProcess[str]:
    return run_awsenv("assume", "--shell", "bash", *words, env=env)


def rows() -> dict[str, dict[str, object]]:
    return {row["profile"]: row for row in json.loads(run_awsenv("list", "--json").stdout)}


def test_whoami_learns_the_alias_and_all_show_it(sts: RunningSts) -> None:
    assert rows()["prod-admin"]["account_name"] is None
    assert assume("prod-admin", "--mfa-code", sts.code()).returncode == 0
    (file,) = (Path.home() / ".cache/awsenv/accounts").iterdir()
    assert file.read_text() == f"{PROD}\n"
    done = run_awsenv("whoami", "prod-admin")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^alias +acme-prod$", done.stdout, re.M)
    assert json.loads(run_awsenv("whoami", "dev", "--json").stdout)["Account"] == "777788889999"
    assert rows()["prod-admin"]["account_name"] == "acme-prod"
    assert rows()["longhaul"]["account_name"] == "acme-prod"
    assert rows()["dev"]["account_name"] is None
    assert f"acme-prod ({PROD})" in run_awsenv("list").stdout
    # The prompt's file is put right, without another assume.
    assert file.read_text() == "acme-prod\n"
    given = run_awsenv("prompt", "prod-admin", "--format", "<{account}|{profile}>")
    assert given.stdout == "<acme-prod|prod-admin>\n"
    # Within a day it is not asked for again.
    asked = sts.control.count("ListAccountAliases")
    run_awsenv("whoami", "prod-admin")
    assert sts.control.count("ListAccountAliases") == asked > 0
    folder = Path.home() / ".cache/awsenv/accounts"
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert {oct(each.stat().st_mode & 0o777) for each in folder.iterdir()} == {"0o600"}
    aliases = folder / "aliases"
    aliases.write_text(f"{PROD} {int(time.time()) - 90000} old-name\n")
    assert rows()["prod-admin"]["account_name"] == "old-name"
    assert "acme-prod" in run_awsenv("whoami", "prod-admin").stdout
    assert rows()["prod-admin"]["account_name"] == "acme-prod"


def test_without_the_right_to_know_it_whoami_says_the_rest(sts: RunningSts) -> None:
    role = sts.world.role("prod-admin")
    role.policy = type(role.policy).identity(ALLOW_NOTHING)
    assume("prod-admin", "--mfa-code", sts.code())
    done = run_awsenv("whoami", "prod-admin", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == {"UserId", "Account", "Arn"}
    assert done.stderr == ""


def test_the_configs_name_wins_and_holds_for_its_profile_alone(sts: RunningSts) -> None:
    set_keys(sts, "profile prod-admin", "awsenv_account = Production")
    set_keys(sts, "default", "awsenv_account = People")
    assume("prod-admin", "--mfa-code", sts.code())
    run_awsenv("whoami", "prod-admin")
    found = rows()
    assert found["prod-admin"]["account_name"] == "Production"
    assert found["default"]["account_name"] == "People"
    # The account of a profile's source is another one.
    assert found["dev"]["account_name"] is None
    assert found["audit"]["account_name"] is None
    done = run_awsenv("prompt", "prod-admin", "--format", "{account}")
    assert done.stdout == "Production\n"
    # So it is with another role in another account.
    role = sts.world.role("external").arn
    run_awsenv(
        "assume", "--shell", "bash", "prod-admin", "--role-arn", role, "--external-id", "tenant-42"
    )
    folder = Path.home() / ".cache/awsenv/accounts"
    found_names = sorted(each.read_text() for each in folder.iterdir() if each.name != "aliases")
    assert found_names == ["555566667777\n", "Production\n"]


def test_names_are_shown_safely(sts: RunningSts) -> None:
    set_keys(sts, "profile dev", "awsenv_account = a\x1b[31mb {left} {profile}")
    assume("dev", "--mfa-code", sts.code())
    assert "\x1b" not in run_awsenv("list").stdout
    done = run_awsenv("prompt", "dev", "--format", "{account} {profile}")
    assert done.stdout == "a\\x1b[31mb (left) (profile) dev\n"


def at_a_terminal(folder: Path, sts: RunningSts, shell: str = "bash", **env: str) -> Driven:
    given = {
        "AWS_ENDPOINT_URL": sts.url,
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
        **env,
    }
    return drive(shell, folder, env=given, columns=160)


def test_the_list_has_the_profiles_colours_at_a_terminal_only(
    sts: RunningSts, tmp_path: Path
) -> None:
    set_keys(sts, "profile prod-admin", "awsenv_color = red")
    assert "\x1b[31m" not in run_awsenv("list").stdout
    with at_a_terminal(tmp_path, sts) as shell:
        shell.run("awsenv list")
        assert b"\x1b[31mprod-admin" in shell.raw
        shell.raw.clear()
        shell.run("NO_COLOR=1 awsenv list")
        assert b"\x1b[31m" not in shell.raw
    # It is kept beside the rest, and a name that is none shows nothing.
    settle(sts)
    assert rows()["prod-admin"]["color"] == "red"
    assert rows()["prod-admin"]["color"] == "red"
    set_keys(sts, "profile dev", "awsenv_color = rainbow")
    assert run_awsenv("list").returncode == 0
    done = run_awsenv("doctor", "--offline")
    assert "awsenv_color = rainbow is no known colour" in done.stdout


def test_the_colour_in_fzf(sts: RunningSts, tmp_path: Path) -> None:
    from support.shells_at_hand import need_program

    need_program("fzf")
    set_keys(sts, "profile prod-admin", "awsenv_color = red")
    with at_a_terminal(tmp_path, sts) as shell:
        shell.submit('awsenv assume --pick >/dev/null; echo "status $?"')
        shell.wait_for("prod-admin")
        shell.wait_until(lambda: b"31m" in shell.raw, "the colour")
        shell.type("prod-adm")
        # fzf narrows the list some time after the keys, and takes Enter for what stands there.
        shell.wait_until(lambda: " 1/" in shell.screen(), "one name left")
        shell.press("enter")
        shell.wait_for("MFA code for arn:aws:iam::111122223333:mfa/alice (prod-admin)")
        shell.press("ctrl-c")
        shell.wait_for("status 130")


def test_confirm_asks_before_an_assume(sts: RunningSts, tmp_path: Path) -> None:
    set_keys(sts, "profile prod-admin", "awsenv_confirm = yes", "awsenv_account = Production")
    settle(sts)
    line = 'eval "$(awsenv assume prod-admin)"; echo "status $? <$AWSENV_PROFILE>"'
    with at_a_terminal(tmp_path, sts) as shell:
        for given in ("\r", "n\r", "\x04"):
            shell.submit(line)
            shell.wait_for("assume prod-admin in account Production? [y/N]")
            shell.type(given)
            shell.wait_for("status 1 <>")
            shell.wait_for_prompt()
        assert sts.control.count("GetSessionToken") == 0
        shell.submit(line)
        shell.wait_for("[y/N]")
        shell.type("y\r")
        shell.wait_for("MFA code for")
        shell.type(f"{sts.code()}\r")
        shell.wait_for("status 0 <prod-admin>")
        shell.wait_for_prompt()
        # With a live session too, however fast that would be without.
        for _ in range(2):
            shell.submit(line)
            shell.wait_for("[y/N]")
            shell.type("y\r")
            shell.wait_for("status 0 <prod-admin>")
            shell.wait_for_prompt()
    # Nobody there: a script goes on.
    assert run_awsenv(
        "assume", "--shell", "bash", "prod-admin", env={"HOME": str(tmp_path / "home-bash")}
    )
    assert "Confirm" not in (sts.aws_folder / "config").read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "pwsh"])
def test_confirm_with_the_hook(shell: str, sts: RunningSts, tmp_path: Path) -> None:
    from support.shells_at_hand import need_shell

    need_shell(shell)
    set_keys(sts, "profile prod-admin", "awsenv_confirm = yes")
    settle(sts)
    name = "powershell" if shell == "pwsh" else shell
    with at_a_terminal(tmp_path, sts, shell, AWSENV_PROMPT="off") as driven:
        data = {"XDG_DATA_HOME": str(tmp_path / "data")}
        driven.run(run_awsenv("init", name, env=data).stdout.strip())
        for number in range(3):
            driven.submit("awsenv assume prod-admin")
            driven.wait_for("[y/N]")
            driven.type("y\r")
            if number == 0:
                driven.wait_for("MFA code for")
                driven.type(f"{sts.code()}\r")
            driven.wait_for_prompt()
        driven.submit("awsenv assume prod-admin")
        driven.wait_for("[y/N]")
        driven.type("n\r")
        driven.wait_for("prod-admin was not assumed")
        driven.wait_for_prompt()


@pytest.mark.parametrize(
    "line", ["awsenv_confirm = perhaps", "awsenv_confirm = y e s"], ids=["perhaps", "words"]
)
def test_confirm_that_is_neither(sts: RunningSts, line: str) -> None:
    set_keys(sts, "profile prod-admin", line)
    done = assume("prod-admin", "--mfa-code", sts.code())
    assert done.returncode == 3
    assert "is neither yes nor no (~/.aws/config:" in done.stderr
    assert sts.control.count("GetSessionToken") == 0
    assert "is neither yes nor no" in run_awsenv("doctor", "--offline").stdout


def assume_with_the_hook(driven: Driven, shell: str, sts: RunningSts, folder: Path) -> None:
    """Loads the hook, and types the code that an assume of prod-admin asks for."""
    name = "powershell" if shell == "pwsh" else shell
    data = {"XDG_DATA_HOME": str(folder / "data")}
    driven.run(run_awsenv("init", name, env=data).stdout.strip())
    driven.submit("awsenv assume prod-admin")
    driven.wait_for("MFA code for")
    driven.type(f"{sts.code()}\r")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "pwsh"])
def test_the_account_in_the_prompt_of_the_hook(shell: str, sts: RunningSts, tmp_path: Path) -> None:
    from support.shells_at_hand import need_shell

    need_shell(shell)
    env = {"AWSENV_PROMPT_FORMAT": "<{account}/{profile}/{left}>", "AWSENV_PROMPT": "on"}
    with at_a_terminal(tmp_path, sts, shell, **env) as driven:
        assume_with_the_hook(driven, shell, sts, tmp_path)
        driven.wait_for(re.compile(f"<{PROD}/prod-admin/(1h00m|59m)>"))
        driven.wait_for_prompt()
        driven.submit("awsenv whoami")
        driven.wait_for("<acme-prod/prod-admin/")
        driven.wait_for_prompt()
        # A switch finds what it is called since, whether or not it starts a process.
        driven.run("awsenv assume dev")
        driven.submit("awsenv assume longhaul")
        driven.wait_for("<acme-prod/longhaul/")
        driven.wait_for_prompt()
        driven.submit("awsenv assume prod-admin")
        driven.wait_for("<acme-prod/prod-admin/")
        driven.wait_for_prompt()
        # Where nothing is kept of it there is nothing.
        for file in (tmp_path / f"home-{shell}" / ".cache/awsenv/accounts").iterdir():
            file.unlink()
        driven.run("awsenv assume dev")
        driven.submit("awsenv assume prod-admin")
        driven.wait_for(re.compile("<(acme-prod|444455556666)?/prod-admin/"))
        driven.wait_for_prompt()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "pwsh"])
def test_the_prompt_has_the_profiles_colour(shell: str, sts: RunningSts, tmp_path: Path) -> None:
    from support.shells_at_hand import need_shell

    need_shell(shell)
    set_keys(sts, "profile dev", "awsenv_color = green")
    settle(sts)
    env = {"AWSENV_PROMPT": "on", "AWSENV_MFA_PROMPT": "terminal"}
    with at_a_terminal(tmp_path, sts, shell, **env) as driven:
        assume_with_the_hook(driven, shell, sts, tmp_path)

        def shown(profile: str, code: str) -> None:
            seen = f"\x1b[{code}m[{profile} ".encode()
            driven.wait_until(lambda: seen in driven.raw, f"{profile} in {code}")
            driven.wait_for_prompt()
            driven.raw.clear()

        # What has no colour of its own tells by its colour how much time is left.
        shown("prod-admin", "32")
        for profile, code in (("dev", "7;32"), ("prod-admin", "32"), ("dev", "7;32")):
            driven.submit(f"awsenv assume {profile}")
            shown(profile, code)
        # It holds from the next assume on, though the session is the same.
        set_keys(sts, "profile prod-admin", "awsenv_color = red")
        settle(sts)
        driven.submit("awsenv assume prod-admin")
        shown("prod-admin", "7;31")
        config = sts.aws_folder / "config"
        config.write_text(config.read_text().replace("= red", "= Orange"))
        settle(sts)
        driven.submit("awsenv assume prod-admin")
        shown("prod-admin", "7;38;5;208")
