"""The MFA code asked for where there is no terminal: real dialogs on an X server, a real pinentry,
and stand-ins for what only other systems have."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from support.desktop import Desktop, desktop
from support.shells_at_hand import need_program
from support.terminal_driver import drive
from support.world import RunningSts, run_awsenv

PINENTRY = Path(__file__).parent.parent / "support" / "pinentry_program.py"
CALL = ("credential-process", "prod-admin")
POSIX = pytest.mark.skipif(os.name == "nt", reason="the dialogs are those of POSIX systems")


@pytest.fixture(scope="module")
def screen() -> Iterator[Desktop]:
    with desktop() as found:
        yield found


def begin(*words: str, **env: str) -> subprocess.Popen[str]:
    """Start awsenv without any terminal, as an IDE does."""
    return subprocess.Popen(
        [sys.executable, "-m", "awsenv", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
        start_new_session=True,
    )


def wait_until_it_waits(process: subprocess.Popen[str]) -> None:
    """Waits until a process has its turn, or is seen to look for it: both are locked files."""
    folder = f"/proc/{process.pid}/fd"
    if not os.path.isdir(folder):
        time.sleep(5)
        return
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(OSError):
            if any("/locks/" in os.readlink(f"{folder}/{name}") for name in os.listdir(folder)):
                return
    raise AssertionError("a caller never came to wait")


def in_profile(sts: RunningSts, line: str) -> None:
    """Put a line into the section that names alice's device."""
    config = sts.aws_folder / "config"
    serial = f"mfa_serial = {sts.world.user('alice').mfa.serial}\n"
    text = config.read_text()
    assert serial in text
    config.write_text(text.replace(serial, f"{serial}{line}\n", 1))


def stand_in(folder: Path, name: str, text: str) -> dict[str, str]:
    """An environment in which a program `name` runs `text`, a shell script."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    program = programs / name
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


def pinentry(folder: Path, answer: str) -> dict[str, str]:
    return {
        **stand_in(folder, "pinentry", f'exec {sys.executable} {PINENTRY} "{answer}"'),
        "AWSENV_PINENTRY": str(folder / "programs" / "pinentry"),
        "AWSENV_MFA_PROMPT": "pinentry",
        "PINENTRY_LOG": str(folder / "log"),
    }


def asked_of(folder: Path) -> list[list[list[str]]]:
    return [json.loads(line) for line in (folder / "log").read_text().splitlines()]


# zenity, the real one


@POSIX
def test_zenity_asks_and_the_code_is_taken(sts: RunningSts, screen: Desktop) -> None:
    need_program("zenity")
    in_profile(sts, "mfa_prompt = zenity")
    process = begin(*CALL, **screen.env)
    screen.answer("Return", text=sts.code())
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["SessionToken"]
    screen.wait_for_none()
    # The session serves: nobody is asked again.
    assert run_awsenv(*CALL, env=screen.env).returncode == 0
    assert sts.control.count("GetSessionToken") == 1


@POSIX
def test_a_wrong_code_is_asked_for_again(sts: RunningSts, screen: Desktop) -> None:
    need_program("zenity")
    process = begin(*CALL, AWSENV_MFA_PROMPT="zenity", **screen.env)
    first = screen.wait_for_another("")
    screen.answer("Return", text="12345")
    second = screen.wait_for_another(first)
    # What is no code at all never reaches AWS.
    assert sts.control.count("GetSessionToken") == 0
    screen.answer("Return", text="000000")
    screen.wait_for_another(second)
    screen.answer("Return", text=sts.code())
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert sts.control.count("GetSessionToken") == 2


@POSIX
def test_ten_callers_ask_once(sts: RunningSts, screen: Desktop) -> None:
    need_program("zenity")
    env = {"AWSENV_MFA_PROMPT": "zenity", **screen.env}
    started = [begin("credential-process", name, **env) for name in ("prod-admin", "dev") * 2]
    screen.wait_for_window()
    for process in started:
        wait_until_it_waits(process)
    assert len(screen.windows()) == 1
    screen.answer("Return", text=sts.code())
    for process in started:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert sts.control.count("GetSessionToken") == 1


@POSIX
def test_who_cancels_has_cancelled_for_all_that_wait(sts: RunningSts, screen: Desktop) -> None:
    need_program("zenity")
    env = {"AWSENV_MFA_PROMPT": "zenity", **screen.env}
    # The second one's MFA session is another one, so it waits for no record of the first.
    calls = [CALL, CALL, (*CALL, "--mfa-duration", "1h")]
    started = [begin(*call, **env) for call in calls]
    screen.wait_for_window()
    for process in started:
        wait_until_it_waits(process)
    assert len(screen.windows()) == 1
    screen.answer("Escape")
    for process in started:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "cancelled" in err
        assert out == ""
    screen.wait_for_none()
    # A call that comes afterwards asks anew.
    process = begin(*CALL, **env)
    screen.answer("Return", text=sts.code())
    assert process.wait(timeout=60) == 0
    process.communicate()


@POSIX
def test_who_brings_a_code_does_not_wait_for_the_dialog(sts: RunningSts, screen: Desktop) -> None:
    need_program("zenity")
    process = begin(*CALL, AWSENV_MFA_PROMPT="zenity", **screen.env)
    screen.wait_for_window()
    done = run_awsenv(*CALL, "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr
    # Nobody has to answer it any more.
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["SessionToken"] == json.loads(done.stdout)["SessionToken"]
    screen.wait_for_none()


@POSIX
def test_who_waits_at_a_terminal_is_told_and_may_be_asked_there(
    sts: RunningSts, screen: Desktop, tmp_path: Path
) -> None:
    need_program("zenity")
    cache = tmp_path / "cache"
    process = begin(*CALL, AWSENV_MFA_PROMPT="zenity", AWSENV_CACHE_DIR=str(cache), **screen.env)
    screen.wait_for_window()
    env = {
        "AWSENV_CACHE_DIR": str(cache),
        "AWS_ENDPOINT_URL": sts.url,
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive("bash", tmp_path / "shell", env=env, columns=200) as shell:
        shell.submit("awsenv whoami prod-admin")
        shell.wait_for("waiting for the MFA code asked for in a dialog (pid")
        shell.wait_for("press Enter to be asked here instead")
        shell.press("enter")
        shell.wait_for("MFA code for")
        screen.wait_for_none()
        shell.type(f"{sts.code()}\r")
        shell.wait_for("assumed-role/prod-admin/")
        shell.wait_for_prompt()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert sts.control.count("GetSessionToken") == 1


@POSIX
def test_the_dialog_goes_with_awsenv(sts: RunningSts, screen: Desktop) -> None:
    need_program("zenity")
    env = {"AWSENV_MFA_PROMPT": "zenity", **screen.env}
    process = begin(*CALL, **env)
    screen.wait_for_window()
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, err
    screen.wait_for_none()


@POSIX
def test_no_second_dialog_beside_one_that_was_left_over(sts: RunningSts, screen: Desktop) -> None:
    need_program("zenity")
    env = {"AWSENV_MFA_PROMPT": "zenity", **screen.env}
    killed = begin(*CALL, **env)
    left_over = screen.wait_for_another("")
    killed.kill()
    killed.communicate()
    second = begin(*CALL, **env)
    wait_until_it_waits(second)
    assert len(screen.windows()) == 1
    screen.answer("Escape")
    screen.wait_for_another(left_over)
    screen.answer("Return", text=sts.code())
    _, err = second.communicate(timeout=60)
    assert second.returncode == 0, err


@POSIX
def test_zenity_without_a_display(sts: RunningSts) -> None:
    need_program("zenity")
    done = run_awsenv(*CALL, env={"AWSENV_MFA_PROMPT": "zenity", "DISPLAY": ""})
    assert done.returncode == 4
    assert "zenity cannot ask for the MFA code of arn:aws:iam::" in done.stderr
    assert "cannot open display" in done.stderr.lower()
    assert "hint: set mfa_prompt to another way to ask" in done.stderr


@POSIX
def test_auto_takes_the_dialog_where_there_is_no_terminal(sts: RunningSts, screen: Desktop) -> None:
    need_program("zenity")
    in_profile(sts, "mfa_prompt = auto")
    process = begin("exec", "prod-admin", "true", **screen.env)
    screen.answer("Return", text=sts.code())
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    # Where nothing fits, it is as it is without.
    run_awsenv("logout", "--all")
    done = run_awsenv("login", "prod-admin", env={"DISPLAY": "", "PATH": "/nowhere"})
    assert done.returncode == 4
    assert "there is no terminal to ask at" in done.stderr


@POSIX
def test_auto_takes_the_terminal_where_there_is_one(
    sts: RunningSts, tmp_path: Path, screen: Desktop
) -> None:
    env = {**{name: os.environ[name] for name in os.environ if name.startswith("AWS")}}
    env |= {"AWSENV_MFA_PROMPT": "auto", **screen.env}
    env |= {
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive("bash", tmp_path / "shell", env=env) as shell:
        shell.submit("awsenv login")
        shell.wait_for("MFA code for")
        assert screen.windows() == []
        shell.type(f"{sts.code()}\r")
        shell.wait_for("logged in")


# pinentry, real ones and a strict one


@POSIX
@pytest.mark.parametrize("program", ["pinentry-tty", "pinentry-curses"])
def test_pinentry_at_a_terminal(sts: RunningSts, tmp_path: Path, program: str) -> None:
    env = {
        "AWSENV_MFA_PROMPT": "pinentry",
        "AWSENV_PINENTRY": need_program(program),
        "AWS_ENDPOINT_URL": sts.url,
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive("bash", tmp_path / "shell", env=env) as shell:
        before = shell.modes()
        shell.submit("awsenv login")
        shell.wait_for("arn:aws:iam::111122223333:mfa/alice")
        shell.wait_until(lambda: "MFA code:" in shell.screen(), "the question")
        shell.type(f"{sts.code()}\r")
        shell.wait_for("logged in")
        shell.wait_for_prompt()
        assert shell.foreground() == shell.pid
        after = shell.modes()
        assert after[:4] == before[:4]
        # And a cancelled one.
        assert "deleted" in shell.run("awsenv logout --all")
        shell.run("clear")
        shell.submit("awsenv login; echo status $?")
        shell.wait_until(lambda: "MFA code:" in shell.screen(), "the question")
        shell.press("ctrl-c")
        shell.wait_for("status 130")
        shell.wait_for_prompt()
        assert shell.foreground() == shell.pid


@POSIX
def test_pinentry_in_a_window(sts: RunningSts, screen: Desktop) -> None:
    env = {
        "AWSENV_MFA_PROMPT": "pinentry",
        "AWSENV_PINENTRY": need_program("pinentry-gtk-2"),
        **screen.env,
    }
    process = begin(*CALL, **env)
    screen.answer("Return", text=sts.code())
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


@POSIX
def test_pinentry_is_spoken_to_as_the_protocol_wants_it(sts: RunningSts, tmp_path: Path) -> None:
    name = "100% ü\\_<b>" + "x" * 50
    config = sts.aws_folder / "config"
    config.write_text(config.read_text().replace("[profile prod-admin]", f'[profile "{name}"]'))
    env = pinentry(tmp_path, sts.code()) | {"LANG": "C.UTF-8"}
    done = run_awsenv("credential-process", name, env=env)
    assert done.returncode == 0, done.stderr
    (talk,) = asked_of(tmp_path)
    assert not [word for word, _ in talk if word.startswith("BROKEN")], talk
    said = dict(talk)
    assert said["SETTITLE"] == "awsenv"
    assert said["SETDESC"].startswith("MFA code for arn:aws:iam::111122223333:mfa/alice\n(100% ü")
    assert said["SETTIMEOUT"] == "120"
    assert "SETERROR" not in said


@POSIX
def test_pinentry_says_why_it_asks_again(sts: RunningSts, tmp_path: Path) -> None:
    done = run_awsenv(*CALL, env=pinentry(tmp_path, "000000"))
    assert done.returncode == 4
    assert "AWS did not accept 3 MFA codes" in done.stderr
    errors = [dict(talk).get("SETERROR") for talk in asked_of(tmp_path)]
    assert errors == [None, *2 * ["that code was not accepted (wrong, or already used)"]]


@POSIX
@pytest.mark.parametrize(
    ("answer", "exit_code", "words"),
    [
        ("cancel", 130, "cancelled"),
        ("timeout", 4, "nobody answered the dialog"),
        ("nonsense", 4, "does not speak pinentry's protocol: it answered HELLO"),
        ("gone", 4, "it ended in the middle of the question"),
        ("no-tty", 4, "Inappropriate ioctl for device"),
        ("12345", 4, "what was typed was not six digits"),
    ],
)
def test_pinentry_that_gives_no_code(
    sts: RunningSts, tmp_path: Path, answer: str, exit_code: int, words: str
) -> None:
    done = run_awsenv(*CALL, env=pinentry(tmp_path, answer))
    assert done.returncode == exit_code, done.stderr
    assert words in done.stderr
    assert done.stdout == ""
    assert "unexpected" not in done.stderr


@POSIX
def test_what_is_no_pinentry_and_what_is_not_there(sts: RunningSts) -> None:
    env = {"AWSENV_MFA_PROMPT": "pinentry", "AWSENV_PINENTRY": "true"}
    done = run_awsenv(*CALL, env=env)
    assert done.returncode == 4
    assert "it ended in the middle of the question" in done.stderr
    done = run_awsenv(*CALL, env={**env, "AWSENV_PINENTRY": "/no/pinentry"})
    assert done.returncode == 4
    assert "mfa_prompt is pinentry, and it cannot be run: there is no /no/pinentry" in done.stderr


# What only other desktops and systems have, by stand-ins that look at what they are given


@POSIX
def test_kdialog(sts: RunningSts, tmp_path: Path) -> None:
    check = 'test "$#" = 4 && test "$1 $2 $3" = "--title awsenv --password" || exit 3\n'
    check += (
        'case "$4" in "MFA code for arn:aws:iam::"*"mfa/alice (prod-admin)") ;; *) exit 3 ;; esac\n'
    )
    env = {"AWSENV_MFA_PROMPT": "kdialog", "DISPLAY": ":7"}
    given = stand_in(tmp_path, "kdialog", f"{check}echo {sts.code()}")
    done = run_awsenv(*CALL, env=env | given)
    assert done.returncode == 0, done.stderr
    run_awsenv("logout", "--all")
    done = run_awsenv(*CALL, env=env | stand_in(tmp_path, "kdialog", "exit 1"))
    assert done.returncode == 130
    failing = "echo 'could not connect to display :7' >&2; exit 1"
    done = run_awsenv(*CALL, env=env | stand_in(tmp_path, "kdialog", failing))
    assert done.returncode == 4
    assert "could not connect to display" in done.stderr


@POSIX
@pytest.mark.skipif(shutil.which("kdialog") is None, reason="there is no KDE here")
def test_the_real_kdialog(sts: RunningSts, screen: Desktop) -> None:
    env = {"AWSENV_MFA_PROMPT": "auto", "XDG_CURRENT_DESKTOP": "KDE", **screen.env}
    process = begin(*CALL, **env)
    window = screen.wait_for_window("awsenv.*")
    screen.answer("Return", text=sts.code(), window=window)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


@POSIX
def test_osascript(sts: RunningSts, tmp_path: Path) -> None:
    check = 'test "$#" = 3 && test "$1" = -e || exit 3\n'
    # The text is an argument of the script's: whatever it holds is no AppleScript.
    check += 'case "$2" in *alice*) exit 3 ;; esac\n'
    check += "case \"$2\" in 'on run argv'*'with hidden answer'*'end run'*) ;; *) exit 3 ;; esac\n"
    check += 'case "$3" in *"mfa/alice (prod-admin)") ;; *) exit 3 ;; esac\n'
    env = {"AWSENV_MFA_PROMPT": "osascript"}
    given = stand_in(tmp_path, "osascript", f"{check}echo {sts.code()}")
    done = run_awsenv(*CALL, env=env | given)
    assert done.returncode == 0, done.stderr
    run_awsenv("logout", "--all")
    for complaint, exit_code, words in (
        ("execution error: User canceled. (-128)", 130, "cancelled"),
        ("execution error: nobody answered (-1712)", 4, "nobody answered the dialog"),
        ("execution error: No user interaction allowed. (-1713)", 4, "No user interaction"),
    ):
        failing = f"echo '{complaint}' >&2; exit 1"
        done = run_awsenv(*CALL, env=env | stand_in(tmp_path, "osascript", failing))
        assert (done.returncode, words in done.stderr) == (exit_code, True), done.stderr


@POSIX
def test_windows(sts: RunningSts, tmp_path: Path) -> None:
    """What it is given is read by the real PowerShell, as far as that goes without Windows."""
    pwsh = need_program("pwsh")
    kept = tmp_path / "script"
    check = f'while test "$#" -gt 1; do shift; done\nprintf %s "$1" > {kept}\n'
    env = {"AWSENV_MFA_PROMPT": "windows"}
    given = stand_in(tmp_path, "powershell.exe", f"{check}printf %s {sts.code()}")
    done = run_awsenv(*CALL, env=env | given)
    assert done.returncode == 0, done.stderr
    program = (
        "$text = [Text.Encoding]::Unicode.GetString([Convert]::FromBase64String($env:GIVEN)); "
        "$errors = $null; $tree = [Management.Automation.Language.Parser]::ParseInput($text, "
        "[ref]$null, [ref]$errors); $errors.Count; "
        "$tree.FindAll({ $args[0] -is [Management.Automation.Language.StringConstantExpressionAst] "
        "}, $true).Value"
    )
    told = subprocess.run(
        [pwsh, "-NoLogo", "-NoProfile", "-Command", program],
        env={**os.environ, "GIVEN": kept.read_text()},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert told[0] == "0"
    assert "MFA code for arn:aws:iam::111122223333:mfa/alice (prod-admin)" in told
    run_awsenv("logout", "--all")
    for status, exit_code in ((10, 130), (11, 4), (1, 4)):
        given = stand_in(tmp_path, "powershell.exe", f"exit {status}")
        assert run_awsenv(*CALL, env=env | given).returncode == exit_code


@POSIX
def test_ykman_by_the_name_of_the_device(sts: RunningSts, tmp_path: Path) -> None:
    serial = sts.world.user("alice").mfa.serial
    wanted = f"oath accounts code --single {serial}"
    given = stand_in(
        tmp_path, "ykman", f'test "$*" = "{wanted}" || exit 2\necho {sts.code(serial)}'
    )
    env = {"AWSENV_MFA_PROMPT": "ykman"} | given
    done = run_awsenv(*CALL, env=env)
    assert done.returncode == 0, done.stderr
    run_awsenv("logout", "--all")
    wanted = "--device 123 oath accounts code --single my aws"
    env |= stand_in(tmp_path, "ykman", f'test "$*" = "{wanted}" || exit 2\necho {sts.code(serial)}')
    named = {"YKMAN_OATH_CREDENTIAL_NAME": "my aws", "YKMAN_OATH_DEVICE_SERIAL": "123"}
    assert run_awsenv(*CALL, env=env | named).returncode == 0
    run_awsenv("logout", "--all")
    done = run_awsenv(*CALL, env=env)
    assert done.returncode == 4
    assert "ykman failed: ykman exited with 2" in done.stderr


@pytest.mark.parametrize("set_in", ["profile", "variable"])
def test_a_way_to_ask_that_there_is_not(sts: RunningSts, set_in: str) -> None:
    env = {}
    if set_in == "profile":
        in_profile(sts, "mfa_prompt = pinetry")
    else:
        env["AWSENV_MFA_PROMPT"] = "pinetry"
    done = run_awsenv("exec", "prod-admin", "true", env=env)
    assert done.returncode == 3
    place = "~/.aws/config:" if set_in == "profile" else "AWSENV_MFA_PROMPT"
    assert f"mfa_prompt is 'pinetry', which is no way to ask ({place}" in done.stderr
    assert "hint: set it to one of: terminal, osascript, windows, kdialog, zenity" in done.stderr
    assert "pinetry" in run_awsenv("doctor", "--offline", env=env).stdout


def test_the_hint_names_the_profile(sts: RunningSts) -> None:
    done = run_awsenv("exec", "prod-admin", "true")
    assert done.returncode == 4
    assert "hint: run awsenv login prod-admin at a terminal first" in done.stderr
    assert "mfa_prompt = auto" in done.stderr
