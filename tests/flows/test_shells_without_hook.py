"""The shells that have statements but no hook: what is printed, evaluated by the real programs."""

import ast
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsenv.environment.change import MANAGED, OWN, EnvChange
from awsenv.errors import AwsenvError
from awsenv.shells import get
from support.shells_at_hand import need_shell
from support.world import RunningSts

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CHANGE = EnvChange(
    {"AWS_REGION": "it's é", "AWS_ACCESS_KEY_ID": "ASIAX", "AWS_SECRET_ACCESS_KEY": SECRET},
    ("AWS_PROFILE",),
)


@dataclass(frozen=True)
class Case:
    """A shell, the line that evaluates what `{}` prints, and the line that goes on if it worked."""

    printed_for: str
    argv: tuple[str, ...]
    evaluate: str
    then: str

    def __str__(self) -> str:
        return self.argv[0]

    def line(self, program: str) -> str:
        return self.then.format(self.evaluate.format(program))


POSIX = 'eval "$({})"', "{} && echo ran"
CASES = (
    Case("nushell", ("nu", "-n", "-c"), "^{} | from json | load-env", "{}; print ran"),
    Case("elvish", ("elvish", "-norc", "-c"), "eval ({} | slurp)", "{}; echo ran"),
    Case("xonsh", ("xonsh", "--no-rc", "-c"), "execx($({}))", "{}; print('ran')"),
    Case("tcsh", ("tcsh", "-f", "-c"), 'eval "`{}`"', "{} && echo ran"),
    Case("posix", ("ksh93", "-c"), *POSIX),
    Case("posix", ("mksh", "-c"), *POSIX),
    Case("posix", ("yash", "--norcfile", "-c"), *POSIX),
    Case("posix", ("busybox", "ash", "-c"), *POSIX),
)
EVERY = pytest.mark.parametrize("case", CASES, ids=str)
# The others show the source of what they cannot parse; what guards them is that they are found.
QUIET = (
    *CASES[3:],
    Case("zsh", ("zsh", "-f", "-c"), *POSIX),
    Case("posix", ("dash", "-c"), *POSIX),
)
FOREIGN = ("bash", "zsh", "fish", "powershell", "posix", "nushell", "elvish", "xonsh", "tcsh")


@dataclass(frozen=True)
class Outcome:
    env: dict[str, str]
    shown: str
    status: int


class Runner:
    """Runs lines in a shell, and sees the environment that a program gets after them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dump = self.script(
            "dump",
            f"exec {sys.executable} -ISc 'import os; "
            f'open("{folder}/env", "w").write(repr(dict(os.environb)))\'',
        )

    def script(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def printer(self, text: str, status: int = 0) -> Path:
        """A program that prints `text` and exits with `status`."""
        (self.folder / "text").write_bytes(text.encode("utf-8", "surrogateescape") + b"\n")
        return self.script("print", f"cat {self.folder}/text; exit {status}")

    def run(self, case: Case, line: str, env: dict[str, str] | None = None) -> Outcome:
        """`line`, and then in any case, in the same shell, the dump."""
        seen = self.folder / "env"
        seen.unlink(missing_ok=True)
        program, *arguments = case.argv
        done = subprocess.run(
            [need_shell(program), *arguments, f"{line}\n{self.dump}\n"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "LC_ALL": "C.UTF-8",
                "XONSH_DATA_DIR": str(self.folder / "data"),
                **(env or {}),
            },
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        found = ast.literal_eval(seen.read_text()) if seen.exists() else {}
        return Outcome(
            {os.fsdecode(name): os.fsdecode(value) for name, value in found.items()},
            (done.stdout + done.stderr).decode(errors="replace"),
            done.returncode,
        )


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\n\r", exclude_categories=["Cs"]),
    max_size=40,
)


@EVERY
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(values=st.lists(TEXT, min_size=30, max_size=30))
def test_values_arrive_as_they_are(runner: Runner, case: Case, values: list[str]) -> None:
    values += ["a  b ", "!x !! !$", "$HOME `id` $(id) {a,b} *", "~", "'", '"', "\\", "x" * 4000]
    values += ["", "a\tb", "\x01\x7f", "{...}", "#", "a;b|c&d", "-n", "%1", "^x^y"]
    wanted = {f"NASTY_{index}": value for index, value in enumerate(values)}
    text = get(case.printed_for).render(EnvChange(wanted))
    outcome = runner.run(case, case.evaluate.format(runner.printer(text)))
    assert {name: outcome.env.get(name) for name in wanted} == wanted


@EVERY
def test_a_success_goes_on_along_the_line(runner: Runner, case: Case) -> None:
    program = runner.printer(get(case.printed_for).render(CHANGE))
    outcome = runner.run(case, case.line(str(program)), {"AWS_PROFILE": "mine"})
    assert outcome.shown == "ran\n"
    assert CHANGE.set.items() <= outcome.env.items()
    assert "AWS_PROFILE" not in outcome.env


@EVERY
def test_removing_what_is_not_there_is_quiet(runner: Runner, case: Case) -> None:
    text = get(case.printed_for).render(EnvChange({}, MANAGED + OWN))
    outcome = runner.run(case, case.line(str(runner.printer(text))))
    assert (outcome.shown, outcome.status) == ("ran\n", 0)


@EVERY
def test_a_failure_stops_the_line_and_changes_nothing(runner: Runner, case: Case) -> None:
    program = runner.printer(get(case.printed_for).fail("no 'such' profile"), 3)
    outcome = runner.run(case, case.line(str(program)), {"AWS_PROFILE": "mine"})
    assert "ran\n" not in outcome.shown.replace("print ran", "").replace("echo ran", "")
    # Where the line is not the end of all, the environment is as it was.
    assert not outcome.env or outcome.env["AWS_PROFILE"] == "mine"


@EVERY
def test_output_cut_short_applies_nothing(runner: Runner, case: Case) -> None:
    text = get(case.printed_for).render(CHANGE)
    for length in (1, 12, len(text) // 2, len(text) - 20, len(text) - 1):
        program = runner.printer(text[:length])
        outcome = runner.run(case, case.evaluate.format(program), {"AWS_PROFILE": "mine"})
        if outcome.env:
            assert outcome.env["AWS_PROFILE"] == "mine", length
            assert CHANGE.set.keys().isdisjoint(outcome.env), length


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("case", QUIET, ids=str)
def test_statements_for_another_shell_show_no_secret(
    runner: Runner, case: Case, foreign: str
) -> None:
    program = runner.printer(get(foreign).render(CHANGE))
    outcome = runner.run(case, case.evaluate.format(program))
    if outcome.env.get("AWS_SECRET_ACCESS_KEY") != SECRET:
        assert SECRET not in outcome.shown


@EVERY
def test_from_assume_to_unset(sts: RunningSts, runner: Runner, case: Case) -> None:
    """The program finds the shell by itself, and the line is the one it tells people to type."""
    program = runner.script("awsenv", f'exec {sys.executable} -m awsenv "$@"')
    env = {name: value for name, value in os.environ.items() if name.startswith(("AWS", "HOME"))}
    env |= {"AWS_PROFILE": "mine", "PATH": f"{program.parent}:{os.environ['PATH']}"}
    shell = get(case.printed_for)
    code = shlex.quote(sts.code())
    assume = shell.line_to_type(f"awsenv assume prod-admin --mfa-code {code}")
    outcome = runner.run(case, assume, env)
    assert outcome.env["AWSENV_PROFILE"] == "prod-admin", outcome.shown
    assert outcome.env["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert "AWS_PROFILE" not in outcome.env
    back = runner.run(case, shell.line_to_type("awsenv unset"), {**env, **outcome.env})
    assert "AWS_ACCESS_KEY_ID" not in back.env
    assert back.env["AWS_PROFILE"] == "mine"
    failed = runner.run(case, case.then.format(shell.line_to_type("awsenv assume nope")), env)
    assert "no profile" in failed.shown
    assert "ran\n" not in failed.shown.replace("print ran", "").replace("echo ran", "")


def test_what_a_shell_cannot_hold_is_refused() -> None:
    with pytest.raises(AwsenvError, match="several lines"):
        get("tcsh").render(EnvChange({"AWSENV_PROFILE": "a\nb"}))
    with pytest.raises(AwsenvError, match="not UTF-8"):
        get("nushell").render(EnvChange({"AWSENV_PROFILE": "a\udce9"}))
