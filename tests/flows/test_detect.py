"""The shell is the one that reads the output, whatever stands between: real processes all."""

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from support.shells_at_hand import need_program, need_shell

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="ONLY LINUX TELLS WHO READS A PIPE: wrappers are not tried here"
)


class Probe:
    """A program that writes down which shell it found, and prints nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.found = folder, folder / "found"
        # The launchers below run it by this name, so that no line needs quotes.
        self.path = self.script(
            "probe",
            f"#!{sys.executable}\n"
            "import os\n"
            "from awsenv.errors import AwsenvError\n"
            "from awsenv.shells.detection import detect, known_reading_shell, reading_shell\n"
            "before = dict(os.environ)\n"
            "try:\n    found = detect().name\n"
            "except AwsenvError as error:\n    found = f'{error.message}; {error.hint}'\n"
            "assert dict(os.environ) == before\n"
            "assert known_reading_shell() in (None, reading_shell())\n"
            f"open({str(self.found)!r}, 'w').write(found)\n",
        )

    def script(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def env(self) -> dict[str, str]:
        path = f"{self.folder}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "SHELL": "/bin/tcsh", "LC_ALL": "C.UTF-8"}

    def seen_from(self, *command: str) -> str:
        subprocess.run(
            command,
            env=self.env(),
            cwd=self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=60,
        )
        return self.found.read_text()


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    if os.name == "nt":
        pytest.skip("THESE PROCESSES ARE POSIX ONES: detection is not tried on Windows")
    found = Probe(tmp_path)
    found.script("exec-shim", '#!/usr/bin/env bash\nset -e\nexec probe "$@"\n')
    found.script("bash-wrapper", '#!/usr/bin/env bash\nprobe "$@"\n:\n')
    found.script("sh-wrapper", '#!/bin/sh\nbash-wrapper "$@"\n:\n')
    found.script("Makefile", "creds:\n\t@probe; :\n")
    found.script(
        "like-uv-run",
        f"#!{sys.executable}\nimport subprocess, sys\nsys.exit(subprocess.call(['probe']))\n",
    )
    return found


SHELLS = {
    "bash": ("--norc", "--noprofile"),
    "zsh": ("-f",),
    "fish": ("--no-config",),
    "dash": (),
    "ksh93": (),
    "mksh": (),
    "yash": ("--norcfile",),
    "busybox": ("ash",),
    "tcsh": ("-f",),
    "elvish": ("-norc",),
    "nu": ("-n",),
    "xonsh": ("--no-rc",),
}
PRINTED = {
    **dict.fromkeys(("dash", "ksh93", "mksh", "yash", "busybox"), "posix"),
    "nu": "nushell",
}
EVALUATIONS = [
    ("bash", 'eval "$({})"; :'),
    ("bash", "source <({}); :"),
    ("bash", 'eval "$(cd /; {}; :)"; :'),
    ("bash", "result=`{}`; :"),
    ("zsh", 'eval "$({})"; :'),
    ("zsh", "source <({}); :"),
    ("zsh", 'eval "$(cd /; {}; :)"; :'),
    ("fish", "{} | source; true"),
    ("fish", "eval ({}); true"),
    ("fish", "begin; cd /; {}; true; end | source; true"),
    ("dash", 'eval "$({})"; :'),
    ("dash", 'eval "$(cd /; {}; :)"; :'),
    # It does not fork for this.
    ("ksh93", 'eval "$({})"; :'),
    ("ksh93", 'eval "$(cd /; {}; :)"; :'),
    ("ksh93", "result=`{}`; :"),
    ("mksh", 'eval "$({})"; :'),
    ("mksh", "result=${{ {}; }}; :"),
    ("yash", 'eval "$({})"; :'),
    ("busybox", 'eval "$({})"; :'),
    ("tcsh", 'eval "`{}`"; :'),
    ("elvish", "eval ({} | slurp); nop"),
    ("nu", "^{} | from json | ignore; print ok"),
    ("xonsh", "execx($({})); 1"),
]


def _command(shell: str, line: str) -> list[str]:
    return [need_shell(shell), *SHELLS[shell], "-c", line]


@pytest.mark.parametrize(("shell", "line"), EVALUATIONS)
def test_the_shell_that_evaluates(probe: Probe, shell: str, line: str) -> None:
    assert probe.seen_from(*_command(shell, line.format("probe"))) == PRINTED.get(shell, shell)


@pytest.mark.parametrize("wrapper", ["exec-shim", "env -i PATH=$PATH probe", "nice probe"])
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_wrapper_that_becomes_the_program(probe: Probe, shell: str, wrapper: str) -> None:
    line = next(line for name, line in EVALUATIONS if name == shell)
    command = wrapper.replace("$PATH", probe.env()["PATH"])
    assert probe.seen_from(*_command(shell, line.format(command))) == shell


@linux_only
@pytest.mark.parametrize("wrapper", ["bash-wrapper", "sh-wrapper", "like-uv-run", "make -s creds"])
@pytest.mark.parametrize(("shell", "line"), EVALUATIONS)
def test_a_wrapper_that_stays(probe: Probe, shell: str, line: str, wrapper: str) -> None:
    if wrapper.startswith("make"):
        need_program("make")
    line = line.replace("cd /", "true")
    wanted = PRINTED.get(shell, shell)
    assert probe.seen_from(*_command(shell, line.format(wrapper))) == wanted


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_login_shell_under_another_login_shell(probe: Probe, shell: str) -> None:
    """Its name begins with a dash, and $SHELL says something else."""
    line = next(line for name, line in EVALUATIONS if name == shell).format("probe")
    path = need_shell(shell)
    starter = f"exec -a -{shell} {path} {' '.join(SHELLS[shell])} -c '{line}'"
    assert probe.seen_from(need_shell("bash"), "-c", starter) == shell


def test_a_login_shell_above_a_wrapper(probe: Probe) -> None:
    starter = f"exec -a -fish {need_shell('fish')} --no-config -c 'like-uv-run | source; true'"
    assert probe.seen_from(need_shell("bash"), "-c", starter) == "fish"


@pytest.mark.parametrize(
    "arguments",
    [
        ["pwsh"],
        ["/opt/microsoft/powershell/7/pwsh", "-NoLogo"],
        pytest.param(["dotnet", "/home/me/.dotnet/tools/pwsh.dll"], marks=linux_only),
    ],
)
def test_powershell_however_it_was_started(probe: Probe, arguments: list[str]) -> None:
    assert probe.seen_from(*_called(*arguments)) == "powershell"


@pytest.mark.parametrize("name", ["osh", "rc", "ion"])
def test_a_shell_that_awsenv_does_not_know_is_named(probe: Probe, name: str) -> None:
    found = probe.seen_from(*_called(name))
    assert f"the shell {name!r} is not supported; pass --shell with one of bash" in found


@linux_only
@pytest.mark.parametrize("shell", ["nu", "elvish", "tcsh", "xonsh"])
def test_a_script_in_another_language_is_the_one_that_asked(probe: Probe, shell: str) -> None:
    """Though it hands on its stdout to a bash, which cannot read what is meant for it."""
    inner = f"{need_shell(shell)} {' '.join(SHELLS[shell])} -c 'probe'"
    assert probe.seen_from(*_command("bash", f'x="$({inner}; :)"; :')) == PRINTED.get(shell, shell)


@linux_only
def test_a_shell_not_known_that_hands_on_its_stdout(probe: Probe) -> None:
    inner = "exec -a osh bash -c 'probe; :'"
    assert "'osh' is not supported" in probe.seen_from(*_command("bash", f'x="$({inner})"; :'))


@pytest.mark.parametrize("name", ["ksh93", "bash-5.3", "zsh-static", "rzsh", "lksh", "csh"])
def test_names_under_which_a_shell_goes(probe: Probe, name: str) -> None:
    shell = {"rzsh": "zsh", "csh": "tcsh", "bash-5.3": "bash", "zsh-static": "zsh"}
    assert probe.seen_from(*_called(name)) == shell.get(name, "posix")


def _called(name: str, *arguments: str) -> list[str]:
    """A stand-in that reads what the probe prints and is called `name`, which is all they see."""
    inner = "x=$(probe); :"
    return [need_shell("bash"), "-c", f"exec -a $0 bash -c '{inner}' \"$@\"", name, *arguments]


def test_where_nothing_tells_it_says_what_to_pass(probe: Probe) -> None:
    """So many processes above that none of them is a shell."""
    deep = probe.script(
        "deep",
        f"#!{sys.executable}\nimport subprocess, sys\n"
        "depth = int(sys.argv[1])\n"
        "command = [sys.argv[0], str(depth - 1)] if depth else ['probe']\n"
        "subprocess.run(command, stdout=subprocess.PIPE)\n",
    )
    assert probe.seen_from(str(deep), "22") == (
        "cannot tell which shell this is for; pass --shell bash, zsh, fish or powershell"
    )


@pytest.mark.parametrize(
    ("name", "line"), [("zsh", "probe; :"), ("zsh", "like-uv-run; :"), ("-zsh", "like-uv-run; :")]
)
def test_on_a_terminal_it_is_the_nearest_shell(probe: Probe, name: str, line: str) -> None:
    starter = f"exec -a {name} {need_shell('zsh')} -f -c '{line}'"
    child = pexpect.spawn(need_shell("bash"), ["-c", starter], env=probe.env(), timeout=60)
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, probe.found.read_text()) == (0, "zsh")
