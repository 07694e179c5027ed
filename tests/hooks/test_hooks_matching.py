"""Which lines use AWS, as each shell's hook sees it: a table of lines with the expected answer."""

import csv
import random
import subprocess
from pathlib import Path

import pytest

from support.hooked_shells import HOOKS, SYNTAXES, programs
from support.shells_at_hand import need_shell
from support.terminal_driver import bare_environment

DATA = Path(__file__).parents[1] / "data"
# A record is the kubeconfig, AWSENV_COMMANDS and the line, each ended by a NUL.
READ = {
    "bash": "__awsenv_fetch; __awsenv_fetch_asking; n() { IFS= read -r -d '' \"$1\"; };"
    " while n KUBECONFIG && n AWSENV_COMMANDS && n line; do"
    ' if __awsenv_matches "$line"; then echo 1; else echo 0; fi; done',
    "zsh": "setopt extended_glob; __awsenv_rest; n() { IFS= read -r -d '' \"$1\"; };"
    " while n KUBECONFIG && n AWSENV_COMMANDS && n line; do"
    ' if __awsenv_matches "$line"; then echo 1; else echo 0; fi; done',
    "fish": "__awsenv_rest;"
    " while read -z KUBECONFIG; and read -z AWSENV_COMMANDS; and read -z line;"
    " if __awsenv_matches $line; echo 1; else; echo 0; end; end",
}
SHELLS = [each for each in programs() if each[0] in READ]
every_shell = pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[1] or shell[0])


def cases(shell: str) -> list[tuple[int, str, str, str]]:
    """(answer, kubeconfig, AWSENV_COMMANDS, line) of each row of the table that is for `shell`."""
    with (DATA / "match-cases.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        (
            int(row["answer"]),
            row["kubeconfig"],
            row["AWSENV_COMMANDS"],
            row["line"].replace("\\n", "\n"),
        )
        for row in rows
        if row["shells"] == "all" or shell in row["shells"].split(",")
    ]


@every_shell
def test_every_line_of_the_table(shell: tuple[str, str | None], tmp_path: Path) -> None:
    name, program = shell
    expected = cases(name)
    assert len(expected) > 300
    options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[name]
    hook = HOOKS / SYNTAXES[name].hook
    records = [
        f"{DATA / 'kube' / kube if kube else ''}\0{own}\0{line}\0"
        for _, kube, own, line in expected
    ]
    done = subprocess.run(
        [program or need_shell(name), *options, "-i", "-c", f"source {hook}; {READ[name]}"],
        input="".join(records).encode(),
        capture_output=True,
        env=bare_environment(tmp_path),
        cwd=tmp_path,
        check=False,
        timeout=120,
        start_new_session=True,
    )
    answers = [int(each) for each in done.stdout.split()]
    assert len(answers) == len(expected), done.stderr.decode()
    wrong = [(a, *case) for a, case in zip(answers, expected, strict=True) if a != case[0]]
    assert not wrong, "\n".join(map(repr, wrong))
    # Nothing of a line or a setting has been run.
    assert not [each for each in tmp_path.iterdir() if each.name == "p"]


# Put together at random: what could be run, expanded or taken apart wrongly.
_PIECES = (
    "aws|sudo|-u| |$(touch p)|`touch p`|<(touch p)|=(touch p)|$((|))|(|)|{|}|[|]|'|\"|\\|&&|&|;|#|"
    "<<EOF|\nEOF\n|\n|>|2>&1|${x}|$x[$(touch p)]|x[$(touch p)]=1|*|?|~|^|(#|case|in|esac|for|if|"
    "then|fi|function|f()|awsenv assume|eval|kubectl|--context|=|a=b|AWS_PROFILE=x|npx|cdk@|é|%|!|"
    "!!|$'a\\x41'|{a,b}|--|-x|uv run|mise exec|timeout|5|repeat|@|[(e)$(touch p)]|end|begin|and|"
    "<<-X|\nX\n|[[|]]|sh|-c|'a; aws'|\"$(|\")|${|((|unset|export"
)
PIECES = _PIECES.split("|")


@every_shell
def test_nothing_of_any_line_is_run(
    shell: tuple[str, str | None], tmp_path: Path, seed: int
) -> None:
    name, program = shell
    choose = random.Random(seed)

    def text() -> str:
        return "".join(
            choose.choice(PIECES) + choose.choice(("", " ", ""))
            for _ in range(choose.randrange(1, 14))
        )

    count = 300
    records = "".join(f"\0{choose.choice(('', '', text()))}\0{text()}\0" for _ in range(count))
    options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[name]
    hook = HOOKS / SYNTAXES[name].hook
    done = subprocess.run(
        [program or need_shell(name), *options, "-i", "-c", f"source {hook}; {READ[name]}"],
        input=records.encode(),
        capture_output=True,
        env=bare_environment(tmp_path),
        cwd=tmp_path,
        check=False,
        timeout=120,
        start_new_session=True,
    )
    # Without a terminal, bash says that it has no job control.
    told = [line for line in done.stderr.splitlines() if b"terminal process" not in line]
    assert [line for line in told if b"no job control" not in line] == []
    assert len(done.stdout.split()) == count
    assert not list(tmp_path.glob("p*"))
