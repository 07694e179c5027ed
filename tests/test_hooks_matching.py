"""Which lines use AWS, as each shell's hook sees it: a table of lines with the expected answer."""

import subprocess
from pathlib import Path

import pytest
from hook_scenarios import HOOKS, SYNTAXES
from shells_at_hand import need_shell
from terminal_driver import bare_environment
from test_hooks import programs

TABLE = Path(__file__).parent / "data" / "match-cases.tsv"
# Beyond the table: 1 asks, 0 does not.
FURTHER = [
    (0, "aws s3 ls --profile x"),
    (0, "aws --profile=x s3 ls"),
    (1, "aws s3 ls --profile x; aws s3 ls"),
    (1, "aws s3 ls | aws --profile x s3 cp - s3://b"),
    (1, "command aws --version"),
    (0, "command -v aws"),
    (1, ">f aws x"),
    (1, "< f aws x"),
    (0, "cat <aws"),
    (0, "echo hi >aws"),
    (0, "cat < aws"),
    (0, "echo hi 2> aws"),
    (1, "aws s3 ls # list"),
    (0, "ls # ; aws"),
    (0, "ls '# ' \\; aws"),
    (1, "ls '# ' ; aws"),
    (0, 'echo "a\\"; aws"'),
    (1, 'echo "a\\"b $(aws x)"'),
    (0, "echo ${aws}"),
    (1, 'FOO="a b" BAR=c aws x'),
    (0, "env FOO=/usr/bin/aws ls"),
    (1, "watch 'x' aws"),
    (0, "kubectlx get"),
    (1, "kubectl get pods"),
    (1, "k9s"),
    (0, "echo it\\'s aws"),
    (1, "time -p aws x"),
    (1, "true && true || true; aws"),
    (1, "cd x && \\\naws y"),
    (1, "cd x\naws y"),
    (0, ""),
    (0, '""'),
    (0, "-n"),
    (0, "*"),
    (0, "awsenv assume x"),
]
POSIX_ONLY = [
    (0, "x=(aws sam)"),
    (1, "x=($(aws s3 ls))"),
    (1, "2>&1 aws x"),
    (1, "cat <(aws s3 ls)"),
    (1, "for i in 1 2; do aws x; done"),
    (1, "for i in aws; do aws x; done"),
    (0, "for i in aws sam; do echo $i; done"),
    (1, "while ! aws x; do sleep 1; done"),
    (0, "[[ -f aws ]] && ls"),
    (1, "[[ -f aws ]] && aws x"),
    (1, "case x in x) aws y;; esac"),
    (1, 'echo "`aws x`"'),
    (0, 'echo "`echo x` aws"'),
    (1, "true & aws x"),
    (1, "true |& aws x"),
]
FISH_ONLY = [
    (1, "set x (aws s3 ls)"),
    (1, "begin; aws x; end"),
    (1, "if not aws x; end"),
    (1, "true; and aws x"),
    (1, "for i in 1 2; aws $i; end"),
    (0, "for i in aws sam; echo $i; end"),
    (1, 'echo "a (b) $(aws x)"'),
]
READ = {
    "bash": "__awsenv_fetch; while IFS= read -r -d '' line; do"
    ' if __awsenv_matches "$line"; then echo 1; else echo 0; fi; done',
    "zsh": "setopt extended_glob; __awsenv_rest; while IFS= read -r -d '' line; do"
    ' if __awsenv_matches "$line"; then echo 1; else echo 0; fi; done',
    "fish": "__awsenv_rest; while read -z line;"
    " if __awsenv_matches $line; echo 1; else; echo 0; end; end",
}
SHELLS = [each for each in programs() if each[0] in READ]
every_shell = pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[1] or shell[0])


def _answers(
    shell: tuple[str, str | None], folder: Path, lines: list[str], before: str = ""
) -> list[int]:
    name, program = shell
    options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[name]
    hook = HOOKS / SYNTAXES[name].hook
    line = f"source {hook}; {before} {READ[name]}"
    done = subprocess.run(
        [program or need_shell(name), *options, "-i", "-c", line],
        input="".join(f"{line}\0" for line in lines).encode(),
        capture_output=True,
        env=bare_environment(folder),
        check=False,
        timeout=60,
        start_new_session=True,
    )
    return [int(each) for each in done.stdout.split()]


@every_shell
def test_every_line_of_the_table(shell: tuple[str, str | None], tmp_path: Path) -> None:
    cases = [line.split("\t", 1) for line in TABLE.read_text().splitlines()]
    cases = [(int(answer), line) for answer, line in cases]
    assert len(cases) >= 43
    cases += FURTHER + (FISH_ONLY if shell[0] == "fish" else POSIX_ONLY)
    answers = _answers(shell, tmp_path, [line for _, line in cases])
    assert list(zip(answers, [line for _, line in cases], strict=True)) == cases


@every_shell
def test_a_persons_own_commands(shell: tuple[str, str | None], tmp_path: Path) -> None:
    before = {"fish": "set AWSENV_COMMANDS mytool -kubectl;"}.get(
        shell[0], 'AWSENV_COMMANDS+=" mytool -kubectl";'
    )
    lines = ["mytool x", "kubectl x", "aws x", "mytoolx", "-kubectl"]
    assert _answers(shell, tmp_path, lines, before) == [1, 0, 1, 0, 0]
