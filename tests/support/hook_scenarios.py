"""What the hooks do, once for every shell: each scenario is a function that is given a Hooked.

A shell of its own language overrides the lines of its Syntax, and nothing else. The shell, the
terminal, the program, the STS and the wire are real; only `aws` is replaced, where it need not be
the real one, by a script that notes its call.
"""

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from awsenv import shells
from awsenv.environment.change import EnvChange
from support.records import with_check
from support.terminal_driver import Driven, bare_environment, drive
from support.world import RunningSts

HOOKS = Path(__file__).parents[2] / "shell"
QUESTION = "MFA code for"
KEY = "AWS_ACCESS_KEY_ID"
AWS = """#!/bin/sh
echo "$* $AWS_ACCESS_KEY_ID" >>"$AWS_LOG"
echo "aws:$*:$AWS_ACCESS_KEY_ID"
"""


@dataclass(frozen=True)
class Syntax:
    """How a shell says what the scenarios need. `{}` in a line stands for aws."""

    name: str
    hook: str
    load: str = "source {file}"
    # Lines in which a command sees the new credentials.
    seen: Mapping[str, str] = field(default_factory=dict)
    # Lines of which nothing runs after a cancel.
    dropped: Mapping[str, str] = field(default_factory=dict)
    after_false: str = "false\recho status=$?"
    after_pipe: str = ""
    own_prompt: str = ""
    keeps_line: bool = False
    evaluate: str = 'eval "$(awsenv assume {})"'
    python: str = '"$PYTHON"'
    print_segment: str = "awsenv_segment; echo"
    # Lines in which what looks like a command is text.
    texts: tuple[str, ...] = ()
    # What is typed while a line is read stays for the next prompt; else it is thrown away.
    keeps_type_ahead: bool = False
    history: str = ""


_SEEN = {
    "plain": "aws seen",
    "blank first": "  aws seen",
    "variable": "FOO=1 aws seen",
    "env": "env FOO=1 aws seen",
    "second in a pipe": "echo hi | aws seen",
    "first in a pipe": "aws seen | cat",
    "after and": "true && aws seen",
    "after semicolon": "cd . ; aws seen",
    "negated": "! aws seen",
    "path": '"$AWS_FOLDER"/aws seen',
    "xargs": "echo seen | xargs -n1 aws",
    "text for a shell": "sh -c 'cd . && aws seen'",
}
_DROPPED = {
    "plain": "aws a",
    "semicolon": "aws a; aws b",
    "and": "aws a && aws b",
    "or": "aws a || aws b",
    "pipe": "aws a | aws b",
    "before it": "aws b; true | aws a; aws c",
    "text for a shell": "sh -c 'aws a; aws b'",
}

SYNTAXES = {
    "bash": Syntax(
        "bash",
        "awsenv.bash",
        seen=_SEEN
        | {
            "substitution": 'x="$(aws seen)"; echo "$x"',
            "background": "aws seen & wait",
            "if": "if aws seen; then :; fi",
            "for": "for i in seen; do aws $i; done",
            "while": "while aws seen; do break; done",
            "group": "{ aws seen; }",
            "escaped": r"\aws seen",
            "within a here-document": "cat <<X\r$(aws seen)\rX",
        },
        dropped=_DROPPED
        | {
            "for": "for i in 1 2; do aws $i; done; aws b",
            "while": "while true; do aws a; done",
            "if": "if aws a; then aws b; else aws c; fi",
            "substitution": 'echo "$(aws a)"; aws b',
        },
        after_pipe="false | true | false\recho pipe=${PIPESTATUS[*]}",
        texts=("cat <<'X'\raws s3 ls\rX", "case aws in a|aws) ls;; esac"),
        own_prompt=r"PS1='#$((_driven+=1)) {'$AWSENV_SEGMENT'}> '",
    ),
    "fish": Syntax(
        "fish",
        "awsenv.fish",
        seen=_SEEN
        | {
            "substitution": "set x (aws seen); echo $x",
            "background": "aws seen & wait",
            "if": "if aws seen; end",
            "for": "for i in seen; aws $i; end",
            "while": "while aws seen; break; end",
            "group": "begin; aws seen; end",
            "not": "not aws seen",
        },
        dropped=_DROPPED
        | {
            "for": "for i in 1 2; aws $i; end; aws b",
            "while": "while true; aws a; end",
            "if": "if aws a; aws b; else; aws c; end",
            "substitution": "echo (aws a); aws b",
        },
        after_false="false\recho status=$status",
        after_pipe='false | true | false\recho "pipe=$pipestatus"',
        keeps_line=True,
    ),
}
SYNTAXES["zsh"] = Syntax(
    "zsh",
    "awsenv.zsh",
    seen=SYNTAXES["bash"].seen | {"subshell": "( aws seen )"},
    dropped=SYNTAXES["bash"].dropped | {"subshell": "( aws a ); aws b"},
    after_pipe='false | true | false\recho "pipe=$pipestatus"',
    texts=SYNTAXES["bash"].texts,
)
SYNTAXES["pwsh"] = Syntax(
    "pwsh",
    "awsenv.psm1",
    load="Import-Module '{file}'",
    seen={
        name: line
        for name, line in _SEEN.items()
        if name not in ("variable", "negated", "path", "after semicolon")
    }
    | {
        "after semicolon": "Set-Location .; aws seen",
        "negated": "if (-not (aws seen)) { 'none' }",
        "call": "& aws seen",
        "quoted": "& 'aws' seen",
        "substitution": '"all: $(aws seen)"',
        "assignment": "$x = aws seen; $x",
        "background": "aws seen &",
        "if": "if ($true) { aws seen }",
        "for": "foreach ($i in 'seen') { aws $i }",
        "block in a pipe": "1 | ForEach-Object { aws seen }",
        "parallel": "1 | ForEach-Object -Parallel { aws seen }",
        "try": "try { aws seen } finally { 'end' }",
        "lines": "if ($true) {\raws seen\r}",
    },
    dropped=_DROPPED
    | {
        "for": "foreach ($i in 1, 2) { aws $i }; aws b",
        "while": "while ($true) { aws a }",
        "if": "if (aws a) { aws b } else { aws c }",
        "substitution": '"$(aws a)"; aws b',
        "block in a pipe": "1..2 | ForEach-Object { aws a }; aws b",
        "try": "try { aws a } finally { aws b }",
    },
    after_false="false\recho status=$LASTEXITCODE",
    after_pipe='false\recho "pipe=$([int]-not $?) 0 $LASTEXITCODE"',
    evaluate="Invoke-Expression (awsenv assume {})",
    python="& $env:PYTHON",
    keeps_type_ahead=True,
    history="Get-Content (Get-PSReadLineOption).HistorySavePath; Get-History",
    print_segment="awsenv_segment; echo ''",
)


class Hooked:
    """A driven shell with the hook loaded, beside an STS."""

    def __init__(
        self, shell: Driven, syntax: Syntax, sts: RunningSts, home: Path, env: Mapping[str, str]
    ) -> None:
        self.shell = shell
        self.syntax = syntax
        self.sts = sts
        self.home = home
        self.env = env
        self.log = home / "aws.log"

    # Sessions

    def assume(self, profile: str = "dev") -> None:
        """A session of `profile`, with the code given."""
        self.shell.run(f"awsenv assume {profile} --mfa-code {self.sts.code()}")
        assert self.variable("AWSENV_PROFILE") == profile, self.shell.screen()

    def pretend(self, left: object, profile: str = "prod-admin", **more: str) -> None:
        """Variables as an assume leaves them, with an end in `left` seconds (or that text)."""
        end = str(int(time.time()) + left) if isinstance(left, int) else str(left)
        self.apply(
            {
                KEY: "ASIAPRETENDED",
                "AWSENV_PUT": f"{KEY}=ASIAPRETENDED",
                "AWSENV_PROFILE": profile,
                "AWSENV_EXPIRES_AT": end,
                "AWSENV_ISSUED_AT": str(int(time.time()) - 10),
                **more,
            }
        )

    def lapse(self, *, mfa: bool = True) -> None:
        """The role's session has expired, here and on disk; the MFA session too, or not."""
        for record in self.records():
            if mfa or "KIND=role" in record.read_text():
                record.unlink()
        self.apply({"AWSENV_EXPIRES_AT": "1"})

    def records(self) -> list[Path]:
        cache = Path(self.env.get("AWSENV_CACHE_DIR", self.home / ".cache/awsenv"))
        return list((cache / "sessions").glob("*"))

    # Lines

    def apply(self, values: Mapping[str, str] = {}, unset: tuple[str, ...] = ()) -> None:
        """Sets and removes variables, quoted as for an evaluation."""
        text = shells.get(self.syntax.name).render(EnvChange(values, unset))
        text = re.sub(r"(\{|begin;) : awsenv;", r"\1", text)
        self.shell.run(text)

    def ask(self, line: str) -> None:
        """Types a line that must lead to the question."""
        self.shell.submit(line)
        self.shell.wait_for(QUESTION)

    def answer(self, code: str) -> str:
        self.shell.type(f"{code}\r")
        self.shell.wait_for_prompt()
        return self.shell.output()

    def wait_until_dropped(self, line: str) -> None:
        """After a cancel: a new prompt, or in fish the same one with the line to edit."""
        if not self.syntax.keeps_line:
            self.shell.wait_for_prompt()
            return
        prompt = f"#{self.shell.prompt_number}>"

        def last() -> str:
            return self.shell.screen().rpartition("\n")[2]

        self.shell.wait_until(lambda: last().endswith(f"{prompt} {line}"), "the line again")
        self.shell.press("ctrl-u")
        self.shell.wait_until(lambda: last().endswith(prompt), "an empty line")

    def calls(self) -> list[str]:
        """What `aws` has been called with, each with the key it saw."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def variable(self, name: str) -> str:
        """The value of an exported variable, as a program sees it."""
        return self.shell.run(f"printenv {name}")

    def prompt(self) -> str:
        """The present prompt, with what stands in front of it."""
        return self.shell.screen().rpartition("\n")[2]

    def segment(self) -> str:
        return re.sub(r"#\d+>$", "", self.prompt())

    def assert_sane(self) -> None:
        """Programs get a terminal in its usual modes, and the shell its foreground."""
        modes = self.shell.run("stty -a").replace(";", " ").split()
        for mode in ("echo", "icanon", "isig", "icrnl", "opost", "iexten"):
            assert mode in modes, modes
        assert self.shell.foreground() == self.shell.pid


def start(
    syntax: Syntax,
    folder: Path,
    sts: RunningSts,
    *,
    before: str = "",
    after: str = "",
    hook: str | None = None,
    program: str | None = None,
    env: Mapping[str, str] = {},
    arguments: tuple[str, ...] = (),
) -> Hooked:
    """A shell whose rc file runs `before`, loads the hook, and runs `after`."""
    home = folder / f"home-{syntax.name}"
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "aws").write_text(AWS)
    (tools / "aws").chmod(0o755)
    path = os.pathsep.join([str(tools), bare_environment(home)["PATH"]])
    load = syntax.load.format(file=HOOKS / syntax.hook) if hook is None else hook
    shell = drive(
        syntax.name,
        folder,
        rc=f"{before}\n{load}\n{after}\n",
        columns=200,
        program=program,
        arguments=arguments,
        env={
            "PATH": path,
            "AWS_LOG": str(home / "aws.log"),
            "AWS_FOLDER": str(tools),
            "AWS_ENDPOINT_URL": sts.url,
            "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
            "PYTHON": sys.executable,
            **env,
        },
    )
    return Hooked(shell, syntax, sts, home, env)


Scenario = Callable[[Hooked], None]
SCENARIOS: dict[str, Scenario] = {}
# Scenarios that are not for every shell.
ONLY: dict[str, tuple[str, ...]] = {}


def scenario(function: Scenario) -> Scenario:
    SCENARIOS[function.__name__] = function
    return function


def scenario_of(*shells: str) -> Callable[[Scenario], Scenario]:
    def add(function: Scenario) -> Scenario:
        ONLY[function.__name__] = shells
        return scenario(function)

    return add


# The prompt


@scenario
def the_prompt_shows_the_time_left(h: Hooked) -> None:
    assert h.segment() == ""
    for left, shown in ((42 * 60 + 30, "42m"), (3930, "1h05m"), (36 * 3600 + 30, "36h00m")):
        h.pretend(left)
        assert h.segment() == f"[prod-admin {shown}] "
    h.pretend(59)
    assert re.fullmatch(r"\[prod-admin 5\ds\] ", h.segment())
    h.pretend(0)
    assert h.segment() == "[prod-admin expired] "
    h.apply({}, ("AWSENV_EXPIRES_AT",))
    assert h.segment() == "[prod-admin] "
    h.apply({}, ("AWSENV_PROFILE",))
    assert h.segment() == ""


@scenario
def the_colour_tells_how_urgent_it_is(h: Hooked) -> None:
    def colour(left: int, **more: str) -> bytes:
        h.pretend(left, **more)
        mark = len(h.shell.raw)
        h.shell.run("true")
        found = re.findall(rb"\x1b\[([\d;]+)m\[prod-admin", bytes(h.shell.raw[mark:]))
        return found[-1] if found else b""

    assert [colour(left) for left in (3600, 800, 200, 0)] == [b"32", b"33", b"31", b"31"]
    own = {"AWSENV_PROMPT_WARN": "2h", "AWSENV_PROMPT_URGENT": "1h30m"}
    assert colour(6600, **own, AWSENV_PROMPT_COLORS="1;34 35 36") == b"35"
    assert colour(5300) == b"36"
    assert colour(9000) == b"1;34"
    assert colour(9000, AWSENV_PROMPT_COLORS="x$(touch p) y z") == b""
    assert colour(9000, AWSENV_PROMPT_COLORS="32 33 31", NO_COLOR="1") == b""
    assert h.segment() == "[prod-admin 2h30m] " or h.segment() == "[prod-admin 2h29m] "


@scenario
def the_prompt_is_as_the_person_wants_it(h: Hooked) -> None:
    h.pretend(90, AWSENV_PROMPT_FORMAT="{left}@{profile}! ")
    assert h.segment() == "1m@prod-admin! "
    h.shell.run("awsenv prompt off")
    assert h.segment() == ""
    h.shell.run("awsenv prompt on")
    assert h.segment() == "1m@prod-admin! "
    h.apply({"AWSENV_PROMPT": "manual"})
    assert h.segment() == ""
    # Placed by hand, it is still there, and the function gives it too.
    assert h.shell.run("echo $AWSENV_SEGMENT").startswith("1m@prod-admin!")
    assert h.shell.run(h.syntax.print_segment).startswith("1m@prod-admin!")


HOSTILE = [
    "%F{red}$(touch p)`touch p`",
    "${HOME}!!\\w\\u\\$(touch p)%~",
    "'\"; touch p; '",
    "{left}{profile}",
    "&\\1\\0 $0 %1v",
    "-n",
    "naïve 🚀 profile",
]


@scenario
def hostile_values_are_shown_and_never_run(h: Hooked) -> None:
    for name in HOSTILE:
        h.pretend(130, profile=name)
        assert (name, h.segment()) == (name, f"[{name} 2m] ")
    h.pretend(130, profile="a\x1b[31mb\x07\u202ec\u2028d\x85e")
    assert h.segment() == "[a?[31mb??c?d?e 2m] "
    h.pretend(130, profile="x" * 500)
    assert 60 <= len(h.segment()) < 80
    for end in ("x[$(touch p)]", "1x", "-5", "0x10", "1e3", "9" * 40, "1 2", "$(touch p)", "\n5"):
        h.pretend(end)
        assert h.segment() == "[prod-admin ?] ", end
        assert "aws:a:" in h.shell.run("aws a")
    for name in ("AWSENV_ISSUED_AT", "AWSENV_LEAD", "AWSENV_PROMPT_WARN", "AWSENV_SESSION"):
        h.pretend(3030, **{name: "x[$(touch p)]"})
        assert h.segment() == "[prod-admin 50m] "
        assert "aws:a:" in h.shell.run("aws a")
    put = f"{KEY}=x[$(touch p)]"
    h.apply({"AWSENV_PUT": put, KEY: "x[$(touch p)]"})
    h.apply({"AWSENV_PUT": "x[$(touch p)]=1&y=2"})
    assert h.segment() == ""
    assert not list(h.home.glob("**/p"))


@scenario
def the_status_is_handed_on(h: Hooked) -> None:
    # Any DEBUG trap costs PIPESTATUS in bash 3.2.
    old = h.shell.run("echo $BASH_VERSION").startswith("3.")
    for live in (3000, 0):
        h.pretend(live)
        for lines, expected in (
            (h.syntax.after_false, "status=1"),
            (h.syntax.after_pipe, "pipe=1 0 1"),
        )[: 1 if old else 2]:
            *first, last = lines.split("\r")
            for line in first:
                h.shell.run(line)
            assert (live, h.shell.run(last)) == (live, expected)


# The automatic re-run


@scenario
def a_line_of_any_kind_sees_the_new_session(h: Hooked) -> None:
    h.assume()
    for name, line in h.syntax.seen.items():
        h.lapse(mfa=False)
        key = h.variable(KEY)
        before = len(h.calls())
        h.shell.run(line)
        h.shell.wait_until(lambda n=before: len(h.calls()) > n, f"aws in {name}: {line}")
        call = h.calls()[before]
        assert call.startswith("seen ASIA"), name
        assert call.split()[1] != key, f"{name}: {line}"
        assert QUESTION not in h.shell.output()
        # It stays, for the next line.
        assert h.variable(KEY) == call.split()[1], name


@scenario
def lapsed_asks_and_the_command_runs_with_what_came(h: Hooked) -> None:
    # Honest sessions that live 3 s, so within 0.3 s of their end they count as lapsed.
    h.sts.control.cap_life(3)
    h.assume()
    end = int(h.variable("AWSENV_EXPIRES_AT"))
    key = h.variable(KEY)
    h.shell.wait_until(lambda: time.time() > end, "the end of the session")
    h.shell.run("true")
    assert h.segment() == "[dev expired] "
    h.sts.control.cap_life(None)
    h.ask("aws mine")
    assert "mfa/alice" in h.shell.output(whole=True)
    h.answer(h.sts.code())
    assert [call.split()[0] for call in h.calls()] == ["mine"]
    assert h.calls()[0].split()[1] == h.variable(KEY) != key
    assert re.fullmatch(r"\[dev (59m|1h00m)\] ", h.segment())
    h.assert_sane()


@scenario
def the_real_aws_is_the_role(h: Hooked) -> None:
    h.assume()
    h.lapse()
    h.ask(f"{h.syntax.python} -m awscli --version; env aws x")
    h.answer(h.sts.code())
    line = f"{h.syntax.python} -m awscli sts get-caller-identity --query Arn"
    assert "assumed-role/dev/" in h.shell.run(line)


@scenario
def a_cancel_drops_the_whole_line(h: Hooked) -> None:
    h.assume()
    h.lapse()
    key = h.variable(KEY)
    for line in (*h.syntax.dropped.values(), *list(h.syntax.dropped.values())[:2]):
        h.ask(line)
        h.shell.press("ctrl-c")
        h.wait_until_dropped(line)
        assert h.calls() == [], line
        assert h.shell.run("echo next") == "next", line
    h.assert_sane()
    # Lapsed they stay: without any, tools would fall through to another identity.
    assert h.variable(KEY) == key
    assert h.segment() == "[dev expired] "
    assert h.calls() == []


@scenario
def the_question_says_what_the_keys_do(h: Hooked) -> None:
    h.assume()
    h.lapse()
    h.ask("aws a")
    shown = h.shell.output(whole=True)
    keys = "Enter: run the line without renewing it; Ctrl-C: do not run the line"
    assert f"awsenv: dev has expired. {keys}" in shown, shown
    assert "MFA code for arn:aws:iam::111122223333:mfa/alice (dev):" in shown
    h.shell.press("ctrl-c")
    h.wait_until_dropped("aws a")
    assert "awsenv: cancelled; nothing of the line was run" in h.shell.screen()
    h.ask("aws a")
    for count in (1, 2, 3):
        h.shell.wait_for(QUESTION, times=count)
        h.shell.type("000000\r")
    h.wait_until_dropped("aws a")
    assert re.search(r"3 MFA codes.*; nothing of the line was run", h.shell.screen(), re.S)
    assert h.calls() == []
    # Somebody who renews the session by hand has no line to run.
    h.shell.submit("awsenv refresh")
    h.shell.wait_for(QUESTION)
    shown = h.shell.output(whole=True)
    assert "awsenv: Enter: leave the session as it is; Ctrl-C: cancel" in shown
    assert "the line" not in shown
    h.shell.press("ctrl-c")
    h.shell.wait_for_prompt()
    assert "nothing of the line" not in h.shell.output()


@scenario
def end_of_file_and_three_wrong_codes_drop_it_too(h: Hooked) -> None:
    h.assume()
    h.lapse()
    for line in [h.syntax.dropped[name] for name in ("semicolon", "or", "for")]:
        h.ask(line)
        h.shell.press("ctrl-d")
        h.wait_until_dropped(line)
        assert h.calls() == []
    line = h.syntax.dropped["or"]
    h.ask(line)
    for count in (1, 2, 3):
        h.shell.wait_for(QUESTION, times=count)
        h.shell.type("000000\r")
    h.wait_until_dropped(line)
    assert h.calls() == []
    h.assert_sane()
    assert "aws:x:" in h.shell.run(h.syntax.dropped["plain"].replace("aws a", "echo aws:x:"))


@scenario
def what_was_typed_ahead_is_never_the_code(h: Hooked) -> None:
    h.assume()
    h.lapse()
    code = h.sts.code()
    h.sts.control.clear_requests()
    h.shell.submit(f"aws a\r{code}")
    h.shell.wait_for(QUESTION)
    h.shell.press("ctrl-c")
    h.wait_until_dropped("aws a")
    if h.syntax.keeps_type_ahead:
        # The next prompt reads it as a line of its own, which is not run.
        h.shell.wait_for_prompt()
        assert h.shell.run("echo next") == "next"
        assert h.shell.output(whole=True).count(code) == 0
        history = h.shell.run(h.syntax.history)
        assert "echo next" in history
        assert code not in history
    assert h.sts.control.requests() == []
    assert h.calls() == []


@scenario
def the_question_cannot_be_suspended(h: Hooked) -> None:
    h.assume()
    h.lapse()
    h.ask("aws a")
    h.shell.press("ctrl-z", "ctrl-z")
    h.answer(h.sts.code())
    assert [call.split()[0] for call in h.calls()] == ["a"]
    assert "aws" not in h.shell.run("jobs")
    h.assert_sane()


@scenario
def what_is_printed_is_evaluated_only_if_it_is_statements(h: Hooked) -> None:
    h.pretend(0)
    tools = h.home.parent / "tools"
    mark = shells.get(h.syntax.name).mark
    for number, printed in enumerate(
        (f"touch p; {mark} touch p", f" {mark} touch p", "touch p", f"#{mark}")
    ):
        (tools / "awsenv").write_text(f"#!/bin/sh\ncat <<'EOF'\n{printed}\nEOF\n")
        (tools / "awsenv").chmod(0o755)
        h.shell.submit(f"aws {number}")
        h.wait_until_dropped(f"aws {number}")
        assert h.shell.run("awsenv assume dev") == printed.rstrip()
    assert h.calls() == []
    # Statements of a program that failed are not for evaluation either.
    statement = shells.get(h.syntax.name).render(EnvChange({"AWSENV_PROFILE": "wrong"}))
    (tools / "awsenv").write_text(f"#!/bin/sh\ncat <<'EOF'\n{statement}\nEOF\nexit 4\n")
    h.shell.submit("aws b")
    h.wait_until_dropped("aws b")
    h.shell.run("awsenv assume dev")
    assert h.variable("AWSENV_PROFILE") == "prod-admin"
    assert h.calls() == []
    assert not list(h.home.glob("**/p"))


@scenario
def no_code_runs_the_line_as_it_is(h: Hooked) -> None:
    h.assume()
    h.lapse()
    key = h.variable(KEY)
    h.ask("aws a; aws b")
    h.answer("")
    assert h.calls() == [f"a {key}", f"b {key}"]


@scenario
def only_what_uses_aws_asks(h: Hooked) -> None:
    h.assume()
    h.lapse()
    for line in (
        "echo aws",
        "ls aws/ 2>&1 | cat",
        "aws --profile prod-admin s3 ls",
        "aws s3 ls --profile=prod-admin",
        "awsenv status",
        "# aws",
        "sh -c 'ls aws'",
        *h.syntax.texts,
    ):
        h.shell.run(line)
        assert QUESTION not in h.shell.output(), line
    before = len(h.calls())
    h.apply({"AWSENV_COMMANDS": " mytool -aws"})
    h.shell.run("aws a")
    assert len(h.calls()) == before + 1
    h.ask("mytool | cat")
    h.shell.press("ctrl-c")
    h.wait_until_dropped("mytool | cat")


@scenario_of("bash")
def a_line_that_leaves_by_eval_or_exec_asks_nothing(h: Hooked) -> None:
    h.assume()
    h.assume("prod-admin")
    for line in (
        "awsenv assume dev && aws a",
        h.syntax.evaluate.format("dev") + "; aws a",
        "true; awsenv assume dev; aws a",
        "awsenv unset; aws a",
        "awsenv exec dev aws a",
    ):
        h.shell.run("awsenv assume prod-admin")
        assert h.variable("AWSENV_PROFILE") == "prod-admin"
        # What is left of it is gone from the disk, so that only a code would help.
        end = h.home / ".cache/awsenv/sessions" / h.variable("AWSENV_SESSION")
        text = end.read_text()
        end.unlink()
        h.apply({"AWSENV_EXPIRES_AT": "1"})
        before = len(h.calls())
        assert QUESTION not in h.shell.run(line), line
        assert len(h.calls()) == before + 1, line
        end.write_text(text)
        end.chmod(0o600)


@scenario
def modes_and_switches(h: Hooked) -> None:
    h.assume()
    h.lapse()
    h.shell.run("awsenv auto off")
    assert "aws:a:" in h.shell.run("aws a")
    h.shell.run("awsenv auto all")
    assert h.shell.run("awsenv auto nonsense").startswith("awsenv: usage:")
    h.ask("echo any")
    h.shell.press("ctrl-c")
    h.wait_until_dropped("echo any")
    # That cancel holds, but for what uses AWS.
    assert h.shell.run("echo any") == "any"
    h.ask("aws b")
    h.shell.press("ctrl-c")
    h.wait_until_dropped("aws b")
    h.shell.run("awsenv auto on")
    assert h.shell.run("echo any") == "any"
    h.ask("aws c")
    h.answer(h.sts.code())
    assert [call.split()[0] for call in h.calls()] == ["a", "c"]


@scenario
def keys_of_another_hand_are_left_alone(h: Hooked) -> None:
    h.assume()
    h.lapse()
    assert h.segment() == "[dev expired] "
    h.apply({KEY: "AKIAFROMDIRENV"})
    assert h.segment() == ""
    assert "aws:a:AKIAFROMDIRENV" in h.shell.run("aws a")


@scenario
def a_region_of_the_persons_survives_a_refresh(h: Hooked) -> None:
    h.assume()
    h.apply({"AWS_REGION": "ap-south-1", "AWS_DEFAULT_REGION": "sa-east-1"})
    h.lapse(mfa=False)
    assert "aws:a:" in h.shell.run("aws a")
    assert h.variable("AWSENV_EXPIRES_AT") != "1"
    assert h.variable("AWS_REGION") == "ap-south-1"
    assert h.variable("AWS_DEFAULT_REGION") == "sa-east-1"


@scenario
def an_exported_profile_goes_with_a_logout(h: Hooked) -> None:
    h.shell.run(f"awsenv assume dev --export-profile --mfa-code {h.sts.code()}")
    assert h.segment().startswith("[dev "), h.shell.screen()
    assert "expired" not in h.segment()
    for record in h.records():
        record.unlink()
    h.shell.run("cd .")
    assert h.segment() == "[dev expired] "
    h.ask("aws a")
    assert h.answer(h.sts.code()).rstrip().endswith("aws:a:")
    assert "expired" not in h.segment()


@scenario
def another_role_under_the_same_name_is_asked_about(h: Hooked) -> None:
    h.assume()
    h.sts.control.cap_life(None)
    role = next(path for path in h.records() if "KIND=role" in path.read_text())
    text = role.read_text()
    text = re.sub(r"ISSUED_AT=\d+", "ISSUED_AT=1000", text)
    role.write_text(with_check(re.sub(r"EXPIRES_AT=\d+", "EXPIRES_AT=4600", text)))
    config = h.sts.aws_folder / "config"
    config.write_text(config.read_text().replace("role/dev", "role/prod-admin"))
    h.apply({"AWSENV_EXPIRES_AT": "1"})
    h.shell.submit("aws a")
    h.shell.wait_for("now means")
    h.shell.type("n\r")
    h.wait_until_dropped("aws a")
    assert h.calls() == []


# Several terminals, and the record


@scenario
def a_newer_session_on_disk_is_loaded_without_a_process(h: Hooked) -> None:
    h.assume()
    key = h.variable(KEY)
    h.apply({KEY: "ASIAOLD", "AWSENV_EXPIRES_AT": "1", "AWS_REGION": "mine"})
    put = h.variable("AWSENV_PUT").replace(key, "ASIAOLD")
    h.apply({"AWSENV_PUT": put, "PATH": str(h.home.parent / "tools") + ":/usr/bin:/bin"})
    # There is no awsenv on this PATH: only the shell itself can have done it.
    assert h.shell.run("aws a").strip() == f"aws:a:{key}"
    assert h.variable("AWSENV_PUT") == put.replace("ASIAOLD", key)
    assert h.variable("AWS_REGION") == "mine"
    assert int(h.variable("AWSENV_EXPIRES_AT")) > time.time()
    assert h.variable("AWS_CREDENTIAL_EXPIRATION").endswith("Z")


def _spoiled(text: str, key: str, now: int) -> dict[str, str]:
    ending = re.sub(r"ISSUED_AT=.*", f"ISSUED_AT={now - 3500}", text)
    changed = {
        "a byte of the secret": re.sub(r"(AWS_SECRET_ACCESS_KEY=...).", r"\g<1>~", text),
        "a byte of the token": re.sub(r"(AWS_SESSION_TOKEN=...).", r"\g<1>~", text),
        "no check": re.sub(r"CHECK=.*\n", "", text),
    }
    spoiled = {
        "torn": text[: len(text) // 2],
        "no last line end": text.removesuffix("\n"),
        "no end": text.replace(f"END={key}\n", ""),
        "another end": text.replace(f"END={key}", "END=" + "0" * 40),
        "text behind the end": text + "A=b\n",
        "end in the middle": text.replace("KIND=", f"END={key}\nKIND="),
        "another first line": text.replace("AWSENV_RECORD=2", "AWSENV_RECORD=1"),
        "no first line": text.replace("AWSENV_RECORD=2\n", ""),
        "a name twice": text.replace("KIND=", "KIND=role\nKIND="),
        "a line that is none": text.replace("KIND=", "hello\nKIND="),
        "small letters": text.replace("KIND=", "Path=x\nKIND="),
        "no key": re.sub(r"AWS_ACCESS_KEY_ID=.*\n", "", text),
        "empty secret": re.sub(r"(AWS_SECRET_ACCESS_KEY=).*", r"\1", text),
        "a command for a key": re.sub(r"(AWS_ACCESS_KEY_ID=).*", r"\1$(touch p)", text),
        "a command for a time": re.sub(r"EXPIRES_AT=.*", "EXPIRES_AT=x[$(touch p)]", text),
        "a control character": text.replace("KIND=", "KIND=\x1b"),
        "a carriage return": text.replace("\n", "\r\n"),
        "about to lapse": re.sub(r"EXPIRES_AT=.*", f"EXPIRES_AT={now + 60}", ending),
        "expired": re.sub(r"EXPIRES_AT=.*", f"EXPIRES_AT={now - 5}", text),
        "from the future": re.sub(r"ISSUED_AT=.*", f"ISSUED_AT={now + 2000}", text),
        "longer than AWS gives": re.sub(r"EXPIRES_AT=.*", f"EXPIRES_AT={now + 200000}", text),
    }
    return changed | {what: with_check(each) for what, each in spoiled.items()}


@scenario
def a_spoiled_record_is_never_loaded(h: Hooked) -> None:
    h.assume()
    key = h.variable("AWSENV_SESSION")
    record = h.home / ".cache/awsenv/sessions" / key
    text = record.read_text()
    put = h.variable("AWSENV_PUT").partition("&")[2]
    # With no program to turn to, what is not loaded is run as it is.
    h.apply({"PATH": str(h.home.parent / "tools") + ":/usr/bin:/bin"})
    old = {KEY: "ASIAOLD", "AWSENV_PUT": f"{KEY}=ASIAOLD&{put}", "AWSENV_EXPIRES_AT": "1"}
    h.apply(old)
    for what, spoiled in _spoiled(text, key, int(time.time())).items():
        record.write_text(spoiled)
        h.shell.run("aws a")
        assert h.calls()[-1] == "a ASIAOLD", what
    record.unlink()
    other = h.home / "other"
    other.write_text(text)
    record.symlink_to(other)
    h.shell.run("aws link")
    assert h.calls()[-1] == "link ASIAOLD"
    record.unlink()
    record.mkdir()
    h.shell.run("aws folder")
    assert h.calls()[-1] == "folder ASIAOLD"
    record.rmdir()
    record.write_text(text)
    # What others can read is not trusted.
    record.chmod(0o600)
    h.shell.run("aws good")
    assert h.calls()[-1] != "good ASIAOLD"
    assert not list(h.home.glob("**/p"))


# The awsenv command


@scenario
def awsenv_acts_on_the_shell(h: Hooked) -> None:
    h.apply({"AWS_PROFILE": "mine", "AWS_REGION": "ap-south-1"})
    h.assume("prod-admin")
    assert h.variable("AWS_PROFILE") == ""
    assert h.variable("AWS_REGION") == "eu-west-1"
    h.shell.run("awsenv assume dev")
    assert h.variable("AWSENV_PROFILE") == "dev"
    h.shell.run("awsenv refresh")
    h.shell.run("awsenv unset")
    assert h.variable("AWS_PROFILE") == "mine"
    assert h.variable("AWS_REGION") == "ap-south-1"
    assert h.variable(KEY) == ""
    h.shell.run(h.syntax.evaluate.format("dev"))
    assert h.variable("AWSENV_PROFILE") == "dev"


@scenario
def awsenv_is_otherwise_the_program(h: Hooked) -> None:
    def status(line: str) -> tuple[str, str]:
        shown = h.shell.run(line)
        number = h.syntax.after_false.rpartition("=")[2]
        return shown, h.shell.run(f"echo {number}")

    assert "awsenv 0" in h.shell.run("awsenv --version")
    shown, code = status("awsenv assume nope")
    assert code == "3"
    assert "nope" in shown
    assert "false" not in shown.splitlines()
    assert h.variable("AWSENV_PROFILE") == ""
    shown, code = status("awsenv assume --help")
    assert "Usage" in shown
    assert code == "0"
    assert status("awsenv nonsense")[1] == "2"
    assert "AWS_ACCESS_KEY_ID" in h.shell.run(
        f"awsenv assume dev --format json --mfa-code {h.sts.code()} | cat"
    )
    assert h.variable("AWSENV_PROFILE") == ""
    assert "export" in h.shell.run("awsenv assume dev --shell posix | cat")
    # On a terminal it is the program that refuses.
    shown, code = status("awsenv assume dev --shell posix")
    assert code == "2"
    h.assume("dev")
    exit_code = """awsenv exec dev -- sh -c 'test -t 1 && echo "$AWSENV_PROFILE"; exit 7'"""
    assert status(exit_code) == ("dev", "7")


# Loading


@scenario
def loading_twice_changes_nothing(h: Hooked) -> None:
    h.assume()
    load = h.syntax.load.format(file=HOOKS / h.syntax.hook)
    h.shell.run(load)
    h.shell.run(load)
    assert h.segment().count("[dev") == 1
    h.lapse()
    h.ask("aws a")
    h.answer(h.sts.code())
    assert len(h.calls()) == 1


@scenario
def a_profile_whose_name_begins_with_a_dash(h: Hooked) -> None:
    config = h.sts.aws_folder / "config"
    config.write_text(config.read_text().replace("[profile dev]", "[profile -dash]"))
    h.shell.run(f"awsenv assume --mfa-code {h.sts.code()} -- -dash")
    assert h.segment().startswith("[-dash ")
    h.shell.run("awsenv unset")
    h.shell.run("awsenv assume -- -dash")
    assert h.variable("AWSENV_PROFILE") == "-dash"


@scenario
def auto_shows_its_state(h: Hooked) -> None:
    assert h.shell.run("awsenv auto").startswith("auto is on: ")
    for state in ("off", "all", "on"):
        h.shell.run(f"awsenv auto {state}")
        assert h.shell.run("awsenv auto").startswith(f"auto is {state}: ")


@scenario
def a_notice_comes_once_where_it_is_wanted(h: Hooked) -> None:
    h.pretend(300)
    assert "expires in" not in h.shell.run("true")
    h.pretend(3000)
    h.apply({"AWSENV_NOTICE": "10m"})
    h.pretend(601)
    notice = "awsenv: prod-admin expires in"
    h.shell.wait_until(lambda: h.shell.run("true") is not None and notice in h.shell.screen(), "it")
    for _ in range(3):
        h.shell.run("true")
    assert h.shell.screen().count(notice) == 1
    h.pretend(0, profile="late")
    h.pretend(200, profile="a\x1bb", AWSENV_PROMPT="off")
    assert "awsenv: a?b expires in 3m; awsenv refresh renews it" in h.shell.screen()
    assert "late expires" not in h.shell.screen()


TRACED = {
    "bash": ("set -x", "set +x"),
    "zsh": ("setopt xtrace", "unsetopt xtrace"),
    "fish": ("set -gx fish_trace all", "set -e fish_trace"),
}


@scenario_of("bash", "zsh", "fish")
def a_trace_shows_no_secret(h: Hooked) -> None:
    on, off = TRACED[h.syntax.name]
    h.assume()
    h.shell.run("awsenv assume dev")
    h.shell.run(on)
    mark = len(h.shell.raw)
    h.shell.run("awsenv assume prod-admin")
    h.shell.run("awsenv assume dev")
    h.shell.run("awsenv assume dev")
    h.shell.run("awsenv refresh --force")
    loaded = (
        "awsenv assume {} | source" if h.syntax.name == "fish" else "source <(awsenv assume {})"
    )
    h.shell.run(loaded.format("prod-admin"))
    h.lapse(mfa=False)
    h.shell.run("aws a")
    h.shell.run(off)
    shown = bytes(h.shell.raw[mark:])
    assert b"awsenv assume dev" in shown
    secrets = {h.variable("AWS_SECRET_ACCESS_KEY"), h.variable("AWS_SESSION_TOKEN")[:20]}
    for record in h.records():
        pairs = dict(line.partition("=")[::2] for line in record.read_text().splitlines())
        secrets |= {pairs["AWS_SECRET_ACCESS_KEY"], pairs["AWS_SESSION_TOKEN"][:20]}
    assert "" not in secrets
    for secret in secrets:
        assert secret.encode() not in shown


@scenario_of("bash", "zsh", "fish")
def a_large_record_is_no_record(h: Hooked) -> None:
    h.assume()
    record = h.home / ".cache/awsenv/sessions" / h.variable("AWSENV_SESSION")
    put = h.variable("AWSENV_PUT").partition("&")[2]
    h.apply({"PATH": str(h.home.parent / "tools") + ":/usr/bin:/bin"})
    h.apply({KEY: "ASIAOLD", "AWSENV_PUT": f"{KEY}=ASIAOLD&{put}", "AWSENV_EXPIRES_AT": "1"})
    text = record.read_text()
    record.write_text(text.replace("KIND=", f"OPTION_X={'x' * 70_000}\nKIND="))
    h.shell.run("aws large")
    assert h.calls()[-1] == "large ASIAOLD"
    record.write_text(text)
    h.shell.run("aws good")
    assert h.calls()[-1] != "good ASIAOLD"


def programs() -> list[tuple[str, str | None]]:
    """(shell, program): each shell on PATH, and further versions that were named or are known."""
    found: list[tuple[str, str | None]] = [(name, None) for name in SYNTAXES]
    further = os.environ.get("AWSENV_TEST_SHELLS", "").split()
    # macOS's own bash is a 3.2, whichever comes first on PATH.
    if sys.platform == "darwin" and shutil.which("bash") != "/bin/bash":
        further.append("bash=/bin/bash")
    for each in further:
        name, _, path = each.partition("=")
        found.append((name, path))
    return found


@scenario
def a_line_that_leaves_the_session_asks_nothing_for_it(h: Hooked) -> None:
    h.assume()
    h.lapse()
    assert QUESTION not in h.shell.run("awsenv exec nope aws a")
    h.ask("awsenv assume prod-admin; aws b")
    # It is the program that asks, and for the session that is wanted.
    assert "(prod-admin" in h.shell.output(whole=True)
    assert "(dev" not in h.shell.output(whole=True)
    h.answer(h.sts.code())
    assert [call.split()[0] for call in h.calls()] == ["b"]
    assert h.calls()[0].split()[1] == h.variable(KEY)
    h.lapse()
    h.shell.run("awsenv unset; aws c")
    assert QUESTION not in h.shell.output()
    assert h.calls()[-1] == "c "
