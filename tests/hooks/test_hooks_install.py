"""`awsenv init`: the line, the copy that it sources, and the block in the rc file."""

import os
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from awsenv import __version__
from awsenv.install import rc_files
from support.hooked_shells import HOOKS
from support.shells_at_hand import need_shell
from support.terminal_driver import drive
from support.world import RunningSts

pytestmark = pytest.mark.skipif(os.name == "nt", reason="THESE SHELLS ARE NOT ON WINDOWS")
Run = Callable[..., subprocess.CompletedProcess[str]]
RC = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}
NAMES = list(RC)
# As a person's rc file may be.
FILES = {
    "nothing": b"",
    "lines": b"alias ll='ls -l'\nexport A=1\n",
    "no line end": b"alias ll='ls -l'\nexport A=1",
    "windows": b"alias ll='ls -l'\r\nexport A=1\r\n",
    "windows, no line end": b"alias ll='ls -l'\r\nexport A=1",
    "no text": b"a=\x00 \xe4\xff\n\n\n",
    "only line ends": b"\n\n",
}


@pytest.fixture(autouse=True)
def linux_like(monkeypatch: pytest.MonkeyPatch) -> None:
    """ZDOTDIR would lead to the rc file of whoever runs the tests."""
    monkeypatch.delenv("ZDOTDIR", raising=False)


def _rc(home: Path, shell: str) -> Path:
    name = ".bash_profile" if shell == "bash" and os.uname().sysname == "Darwin" else RC[shell]
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.mark.parametrize("content", FILES)
@pytest.mark.parametrize("shell", NAMES)
def test_the_block_comes_and_goes(shell: str, content: str, clean_env: Path, awsenv: Run) -> None:
    rc = _rc(clean_env, shell)
    rc.write_bytes(FILES[content])
    rc.chmod(0o640)
    line = awsenv("init", shell).stdout.strip()
    shown = awsenv("init", shell, "--install").stderr
    assert f"+{line}" in shown
    once = rc.read_bytes()
    assert once.startswith(FILES[content])
    assert once.count(line.encode()) == 1
    assert (b"\r\n" in once) == content.startswith("windows")
    assert b"\n" not in once.replace(b"\r\n", b"") or not content.startswith("windows")
    assert "has the line already" in awsenv("init", shell, "--install").stderr
    assert rc.read_bytes() == once
    assert stat.S_IMODE(rc.stat().st_mode) == 0o640
    assert f"-{line}" in awsenv("init", shell, "--uninstall").stderr
    assert rc.read_bytes() == FILES[content]
    assert "does not have" in awsenv("init", shell, "--uninstall").stderr


def test_what_came_after_it_stays(clean_env: Path, awsenv: Run) -> None:
    rc = _rc(clean_env, "bash")
    for content in (b"a=1\n", b"a=1"):
        rc.write_bytes(content)
        awsenv("init", "bash", "--install")
        rc.write_bytes(rc.read_bytes() + b"b=2\n")
        # A block that an older version wrote is renewed where it stands.
        rc.write_bytes(rc.read_bytes().replace(b"awsenv.bash", b"elsewhere.bash"))
        awsenv("init", "bash", "--install")
        assert b"elsewhere" not in rc.read_bytes()
        assert rc.read_bytes().endswith(b"\nb=2\n")
        awsenv("init", "bash", "--uninstall")
        assert rc.read_bytes() == b"a=1\nb=2\n"


def test_a_link_stays_a_link(clean_env: Path, awsenv: Run) -> None:
    rc = _rc(clean_env, "zsh")
    dotfiles = clean_env / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "zshrc").write_text("a=1\n")
    rc.symlink_to("dotfiles/zshrc")
    awsenv("init", "zsh", "--install")
    assert rc.is_symlink()
    assert "awsenv.zsh" in (dotfiles / "zshrc").read_text()
    assert [path.name for path in dotfiles.iterdir()] == ["zshrc"]
    awsenv("init", "zsh", "--uninstall")
    assert (dotfiles / "zshrc").read_text() == "a=1\n"


def test_zsh_and_fish_say_where_their_files_are(
    clean_env: Path, awsenv: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("z", "x"):
        (clean_env / name).mkdir()
    monkeypatch.setenv("ZDOTDIR", str(clean_env / "z"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(clean_env / "x"))
    awsenv("init", "zsh", "--install")
    awsenv("init", "fish", "--install")
    assert (clean_env / "z/.zshrc").exists()
    assert (clean_env / "x/fish/config.fish").exists()


@pytest.mark.parametrize("shell", NAMES)
def test_the_line_sources_a_copy_and_does_nothing_without_it(
    shell: str, clean_env: Path, awsenv: Run
) -> None:
    line = awsenv("init", shell).stdout
    assert line.count("\n") == 1
    copy = clean_env / ".local/share/awsenv" / f"awsenv.{shell}"
    assert copy.read_bytes() == (HOOKS / copy.name).read_bytes()
    # Nothing is started by the line itself.
    assert "$(" not in line.replace("(awsenv", "")
    assert "`" not in line

    def run(text: str) -> str:
        strict = {"bash": ["--norc", "-eu"], "zsh": ["-f", "-eu"], "fish": ["--no-config"]}[shell]
        done = subprocess.run(
            [need_shell(shell), *strict, "-c", text],
            capture_output=True,
            text=True,
            check=True,
            env={"HOME": str(clean_env), "PATH": os.defpath},
        )
        assert done.stderr == ""
        return done.stdout

    assert run(f"{line}\necho fine") == "fine\n"
    copy.write_text("echo sourced\n")
    assert run(f"{line}\necho fine") == "sourced\nfine\n"
    copy.unlink()
    assert run(f"{line}\necho fine") == "fine\n"


def test_a_newer_awsenv_renews_the_copy_and_an_older_one_does_not(
    clean_env: Path, awsenv: Run
) -> None:
    awsenv("init", "zsh")
    folder = clean_env / ".local/share/awsenv"
    copy, version = folder / "awsenv.zsh", folder / "zsh.version"
    current = copy.read_text()
    copy.write_text("# an old one\n")
    assert awsenv("--version").returncode == 0
    assert copy.read_text() == "# an old one\n"
    version.write_text("0.0.9\n")
    assert awsenv("--version").returncode == 0
    assert copy.read_text() == current
    assert version.read_text().strip() == __version__
    copy.write_text("# a newer one\n")
    version.write_text("99.0.0\n")
    awsenv("--version")
    awsenv("init", "zsh")
    assert copy.read_text() == "# a newer one\n"
    # A shell that was never set up stays so.
    assert not (folder / "awsenv.fish").exists()


@pytest.mark.parametrize("shell", NAMES)
def test_the_shell_is_found_out(shell: str, clean_env: Path) -> None:
    options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [need_shell(shell), *options, "-c", "awsenv init | cat; true"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SHELL": "/bin/sh", "PATH": _path()},
    )
    assert f"awsenv.{shell}" in done.stdout, done.stderr


def _path() -> str:
    import sys

    return os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])


def test_what_it_refuses(clean_env: Path, awsenv: Run) -> None:
    assert awsenv("init", "nu").returncode == 2
    assert awsenv("init", "posix").returncode == 2
    assert awsenv("init", "bash", "--install", "--uninstall").returncode == 2


def test_the_file_that_a_login_bash_reads_is_not_hidden(
    clean_env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert rc_files.path_for("bash") == str(clean_env / ".bash_profile")
    for name in (".profile", ".bash_login", ".bash_profile"):
        (clean_env / name).touch()
        assert rc_files.path_for("bash") == str(clean_env / name)


def test_the_line_in_a_profile_that_other_shells_read_too(clean_env: Path, awsenv: Run) -> None:
    line = awsenv("init", "bash").stdout
    (clean_env / ".local/share/awsenv/awsenv.bash").write_text("echo bash reads it\n")
    (clean_env / ".profile").write_text(f"set -eu\n{line}echo fine\n")
    for shell, shown in (("bash", "bash reads it\nfine\n"), ("dash", "fine\n")):
        done = subprocess.run([shell, "-lc", ":"], capture_output=True, text=True, check=True)
        assert done.stdout == shown


@pytest.mark.parametrize("shell", NAMES)
def test_what_it_has_made_does_not_stay(shell: str, clean_env: Path, awsenv: Run) -> None:
    awsenv("init", shell, "--install")
    awsenv("init", shell, "--install")
    awsenv("init", shell, "--uninstall")
    left = {path.relative_to(clean_env).parts[0] for path in clean_env.rglob("*")}
    assert left <= {".local"}
    rc = _rc(clean_env, shell)
    awsenv("init", shell, "--install")
    with open(rc, "a", encoding="utf-8") as file:
        file.write("echo mine\n")
    awsenv("init", shell, "--uninstall")
    assert rc.read_text() == "echo mine\n"


def test_the_block_is_found_in_the_file_that_it_was_put_into(clean_env: Path, awsenv: Run) -> None:
    """As of macOS, where a file that came later may now be the one that bash reads."""
    awsenv("init", "bash", "--install")
    rc = _rc(clean_env, "bash")
    (clean_env / ".bash_login").write_bytes(b"mine\n" + rc.read_bytes())
    rc.unlink()
    assert "changed ~/.bash_login" in awsenv("init", "bash", "--uninstall").stderr
    assert (clean_env / ".bash_login").read_text() == "mine\n"


@pytest.mark.parametrize("where", ["file", "folder"])
def test_what_cannot_be_written_is_told_to_be_added_by_hand(
    clean_env: Path, awsenv: Run, where: str
) -> None:
    rc = clean_env / ".config/fish/config.fish"
    rc.parent.mkdir(parents=True)
    if where == "file":
        rc.write_text("mine\n")
        rc.chmod(0o444)
    else:
        rc.symlink_to("/proc/version")
    before = rc.read_bytes()
    done = awsenv("init", "fish", "--install")
    line = awsenv("init", "fish").stdout.strip()
    assert done.returncode == 1
    assert f"hint: add to it yourself: {line}" in done.stderr
    assert rc.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", True),
        ("# autoload compinit", True),
        ("compinit", False),
        ("source oh-my-zsh.sh", False),
    ],
)
def test_zsh_without_completion_is_told(
    clean_env: Path, awsenv: Run, text: str, told: bool
) -> None:
    if any(b"compinit" in Path(path).read_bytes() for path in SYSTEM if Path(path).exists()):
        pytest.skip("THE SYSTEM'S OWN ZSHRC SWITCHES COMPLETION ON")
    (clean_env / ".zshrc").write_text(f"{text}\n")
    shown = awsenv("init", "zsh", "--install").stderr
    assert ("add to ~/.zshrc: autoload -Uz compinit && compinit" in shown) == told


SYSTEM = ("/etc/zshrc", "/etc/zsh/zshrc")


@pytest.mark.parametrize("shell", [*NAMES, "pwsh"])
def test_the_line_that_it_says_to_type_next_works(
    shell: str, tmp_path: Path, sts: RunningSts
) -> None:
    """In the shell where `init --install` was typed, and where assume has just failed."""
    need_shell(shell)
    env = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    env |= {
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive(shell, tmp_path, env=env, columns=300) as terminal:
        refused = terminal.run("awsenv assume dev")
        assert "load the hook, once and for all: awsenv init --install" in refused
        told = terminal.run("awsenv init --install", timeout=60)
        (line,) = re.findall(r"into this shell now, type: (.+)$", told, re.M)
        assert f"into this shell first: {line}" in terminal.run("awsenv assume dev") or (
            shell == "pwsh"
        )
        terminal.run(line)
        terminal.submit("awsenv assume dev")
        terminal.wait_for("MFA code for")
        terminal.type(sts.code() + "\r")
        terminal.wait_for("dev for")
        terminal.prompt_number = -1
        terminal.wait_until(lambda: "[dev " in terminal.screen(), "the segment in the prompt")
