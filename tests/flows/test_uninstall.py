"""`awsenv uninstall`: the home is as it was before awsenv came, and what is not, is named."""

import os
import sys
from pathlib import Path

import pytest

from support.assuming import assume
from support.saving import save
from support.terminal_driver import drive
from support.world import RunningSts, run_awsenv

pytestmark = pytest.mark.skipif(os.name == "nt", reason="THESE SHELLS ARE NOT ON WINDOWS")
HOOKED = ("bash", "zsh", "fish")


def tree(home: Path) -> dict[str, bytes]:
    """Every file and folder below `home`, with its content."""
    return {
        str(path.relative_to(home)): path.read_bytes() if path.is_file() else b"a folder"
        for path in sorted(home.rglob("*"))
    }


@pytest.fixture
def used(sts: RunningSts, clean_env: Path) -> dict[str, bytes]:
    """A home in which awsenv has been used in every way; gives what it was before."""
    (clean_env / ".bashrc").write_bytes(b"alias ll='ls -l'")
    (clean_env / ".profile").write_bytes(b"# mine\n")
    before = tree(clean_env)
    for shell in HOOKED:
        assert run_awsenv("init", shell, "--install").returncode == 0
    assume("dev", "--mfa-code", sts.code())
    assume("audit")
    save("prod-admin", "--as", "kept")
    assert run_awsenv("list").returncode == 0
    assert set(tree(clean_env)) > set(before)
    return before


def test_everything_goes_and_the_rest_is_as_it_was(used: dict[str, bytes], clean_env: Path) -> None:
    done = run_awsenv("uninstall", "--yes")
    assert (done.returncode, done.stdout) == (0, "")
    assert tree(clean_env) == used
    for told in ("~/.bashrc", "config.fish", "cached sessions", "[kept]", "awsenv_unload"):
        assert told in done.stderr
    assert "pip uninstall awsenv-shell" in done.stderr
    again = run_awsenv("uninstall", "--yes")
    assert "nothing to remove but the program" in again.stderr
    assert tree(clean_env) == used


def test_without_a_terminal_it_wants_to_be_told(used: dict[str, bytes], clean_env: Path) -> None:
    there = tree(clean_env)
    done = run_awsenv("uninstall")
    assert done.returncode == 2
    assert "hint: pass --yes" in done.stderr
    assert tree(clean_env) == there
    assert used


def test_it_asks_at_a_terminal(used: dict[str, bytes], clean_env: Path, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "HOME"))}
    aws = clean_env / ".aws"
    env |= {
        "AWS_CONFIG_FILE": str(aws / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(aws / "credentials"),
        "XDG_CACHE_HOME": "",
        "XDG_DATA_HOME": "",
        "XDG_CONFIG_HOME": "",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    there = tree(clean_env)
    with drive("bash", tmp_path, env=env) as terminal:
        terminal.submit("awsenv uninstall")
        terminal.wait_for("remove all of it? [y/N]")
        terminal.type("\r")
        terminal.wait_for("nothing was removed")
        terminal.wait_for_prompt()
        assert tree(clean_env) == there
        terminal.submit("awsenv uninstall")
        terminal.wait_for("remove all of it? [y/N]")
        terminal.type("y\r")
        terminal.wait_for("this is left")
        terminal.wait_for_prompt()
    assert tree(clean_env) == used


def test_what_stays_is_named(used: dict[str, bytes], sts: RunningSts, clean_env: Path) -> None:
    with (sts.aws_folder / "config").open("a") as file:
        file.write("\n[profile tool]\ncredential_process = awsenv credential-process dev\n")
        file.write("\n[profile ops]\nsource_profile = default\nawsenv_save_as = x\n")
    note = clean_env / ".local/share/awsenv/rotations/AKIAX"
    note.parent.mkdir(parents=True)
    note.write_text("the only copy of a key")
    mine = clean_env / ".cache/awsenv/mine"
    mine.write_text("x")
    rc = clean_env / (".bash_profile" if sys.platform == "darwin" else ".bashrc")
    rc.chmod(0o444)
    assert used
    done = run_awsenv("uninstall", "--yes")
    assert done.returncode == 1
    assert "is read-only, so it was not changed; remove the lines" in done.stderr
    assert note.exists()
    assert mine.exists()
    assert not (clean_env / ".zshrc").exists()
    rc.chmod(0o644)
    done = run_awsenv("uninstall", "--yes")
    assert done.returncode == 0
    left = done.stderr.partition("this is left")[2]
    for told in ("'tool', whose credential_process", "awsenv_save_as in profile 'ops'"):
        assert told in left
    assert "~/.local/share/awsenv/rotations" in left
    assert "~/.cache/awsenv/mine" in left


def test_a_config_that_cannot_be_read_stops_nothing_else(
    used: dict[str, bytes], sts: RunningSts, clean_env: Path
) -> None:
    (sts.aws_folder / "config").write_text("[profile a]\n[profile a]\n")
    done = run_awsenv("uninstall", "--yes")
    assert "saved sessions in the AWS files are left alone" in done.stderr
    assert not (clean_env / ".cache/awsenv").exists()
    assert (clean_env / ".bashrc").read_bytes() == used[".bashrc"]


def test_a_folder_of_other_programs_is_left_alone(clean_env: Path) -> None:
    folder = clean_env / "shared"
    (folder / "sessions").mkdir(parents=True)
    (folder / "sessions/desktop").write_text("not awsenv's")
    done = run_awsenv("uninstall", "--yes", env={"AWSENV_CACHE_DIR": str(folder)})
    assert done.returncode == 1
    assert "holds files of other programs" in done.stderr
    assert (folder / "sessions/desktop").read_text() == "not awsenv's"
