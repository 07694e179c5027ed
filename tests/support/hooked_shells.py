"""A shell with the hook at a terminal, and how each shell says what the tests need.

The shell, the terminal, the program, the STS and the wire are real; only `aws` is replaced, where
it need not be the real one, by a script that notes its call.
"""

import os
import re
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from awsenv import shells
from awsenv.environment.change import EnvChange
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
