"""When a process may use the terminal: each row of the rule, in the real shells."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.asking import HERE, PROMPT, answers, assert_sane, start, tools
from support.terminal_driver import bare_environment

SHELLS = ("bash", "zsh", "fish")
BACKGROUND = "closed: awsenv runs in the background, where it cannot ask"
IN_USE = "closed: another program is using the terminal"
NO_TERMINAL = "closed: there is no terminal to ask at"

CHILD = "import subprocess as s; s.run(['asker', 'code'], stdout=s.PIPE, stderr=s.PIPE)"

ASKS = {
    "captured": 'eval "$(asker code)"',
    "alone": "asker code",
    "captured in a pipe": "asker code | cat",
    "second in a pipe": "true | asker code",
    "stdin elsewhere": "asker code </dev/null",
    "all elsewhere": "asker code </dev/null >/dev/null 2>&1",
    "in a script": "sh -c 'asker code; true'",
    "started by a program": f'python -c "{CHILD}"',
    "nohup": "nohup asker code",
    "nice": "nice asker code",
}
OWN_ASKS = {
    "bash": {
        "assigned": "x=$(asker code)",
        "function": 'f() { local x="$(asker code)"; }; f',
        "subshell": '( eval "$(asker code)" )',
        "sourced": "source <(asker code)",
        "in a loop in a pipe": "echo | while read x; do asker code; done",
        "command group in a pipe": 'true | { eval "$(asker code)"; } | cat',
        "trap on INT": "trap '' INT; asker code; trap - INT",
        "DEBUG trap": "trap 'trap - DEBUG; x=$(asker code)' DEBUG\ntrue | true",
        "DEBUG trap late in a pipe": "trap 'case $BASH_COMMAND in true*) x=$(asker code --hook);; "
        "esac' DEBUG\nsleep 0.1 | true aws",
    },
    "zsh": {
        "assigned": "x=$(asker code)",
        "function": 'f() { local x="$(asker code)" }; f',
        "subshell": '( eval "$(asker code)" )',
        "in a pipe": 'true | eval "$(asker code)"',
        "preexec": "preexec() { unfunction preexec; x=$(asker code) }\ntrue | true",
        "precmd": "precmd() { unfunction precmd; x=$(asker code) }",
        # In a group of the background, though the shell waits for it.
        "sourced": "source <(asker code)",
        "dot": ". <(asker code)",
        "sourced in a function": "f() { source <(asker code) }; f",
        "sourced in a pipe": "true | source <(asker code)",
    },
    "fish": {
        "assigned": "set x (asker code)",
        "function": "function f; set x (asker code); end; f",
        "eval of a list": "eval (asker code)",
        "sourced from a pipe": "asker code | source",
        "psub": "source (asker code | psub)",
        "block in a pipe": "true | begin; set x (asker code); end",
        "fish_preexec": "function g --on-event fish_preexec; functions -e g; "
        "set x (asker code --hook); end\ntrue",
        "fish_prompt": "function g --on-event fish_prompt; functions -e g; "
        "sh -c 'asker code; true' | source; end",
        "Enter": "bind \\r 'bind -e \\r; set x (command asker code --hook); commandline -f execute'"
        "\ntrue",
    },
}
ALL_ASKS = [
    (shell, name, line) for shell in SHELLS for name, line in {**ASKS, **OWN_ASKS[shell]}.items()
]


@pytest.mark.parametrize(("shell", "name", "line"), ALL_ASKS, ids=lambda text: text[:30])
def test_asks_on_its_own_shells_line(shell: str, name: str, line: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        *before, last = line.split("\n")
        for each in before:
            driven.submit(each)
            if "precmd" not in each:
                driven.wait_for_prompt()
        if last:
            driven.submit(last)
        driven.wait_for(PROMPT)
        asking = driven.foreground()
        assert asking != driven.pid
        driven.type("123456\r")
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["123456"]
        assert_sane(driven)


# The line, what it comes to, and whether `holder` then has the terminal and waits for a key.
REFUSED: dict[str, tuple[str, str, bool]] = {
    "in the background": ("asker code >/dev/null &", BACKGROUND, False),
    "nohup in the background": ("nohup asker code >/dev/null 2>&1 &", BACKGROUND, False),
    "under an editor": ("asker code & holder", BACKGROUND, True),
    "later, under an editor": ("sh -c 'sleep 0.3; asker code' & holder", BACKGROUND, True),
    "for a hook, under an editor": ("sh -c 'sleep 0.3; asker code --hook' & holder", IN_USE, True),
    "an editor's job": ("holder asker code", IN_USE, True),
    "an editor's job by a shell": ("holder sh -c 'asker code; true'", IN_USE, True),
    "a script's background job": ("sh -c 'asker code & wait'", BACKGROUND, False),
    "setsid": ("setsid -w asker code", NO_TERMINAL, False),
}
OWN_REFUSED: dict[str, dict[str, tuple[str, str, bool]]] = {
    "bash": {
        "all of it in the background": ('eval "$(asker code)" &', BACKGROUND, False),
        "under a program of the same line": ("cat <(asker code)", BACKGROUND, False),
        "no job control": ("set +m; asker code & wait; set -m", BACKGROUND, False),
        "coprocess": ("coproc asker code; wait", BACKGROUND, False),
        "prompt": ("PROMPT_COMMAND='PROMPT_COMMAND=; (asker code &)'", BACKGROUND, False),
    },
    "zsh": {
        "all of it in the background": ('eval "$(asker code)" &', BACKGROUND, False),
        "under a program of the same line": ("cat <(asker code)", BACKGROUND, False),
        "source in the background": ("source <(asker code) &", BACKGROUND, False),
        "coprocess": ("coproc asker code; wait", BACKGROUND, False),
        "prompt": ("precmd() { unfunction precmd; (asker code &) }", BACKGROUND, False),
        "line editor": (
            "w() { x=$(asker code) }; zle -N w; bindkey '^T' w; zle-line-init() "
            "{ zle -D zle-line-init; zle w }; zle -N zle-line-init",
            IN_USE,
            False,
        ),
    },
    "fish": {
        "function in the background": ("function f; asker code &; end; f", BACKGROUND, False),
        "left behind by the prompt": (
            "functions -c fish_prompt p; function fish_prompt; functions -e fish_prompt; "
            "functions -c p fish_prompt; asker code &; p; end",
            IN_USE,
            False,
        ),
    },
}
ALL_REFUSED = [
    (shell, name, *row)
    for shell in SHELLS
    for name, row in {**REFUSED, **OWN_REFUSED[shell]}.items()
]


@pytest.mark.parametrize(
    ("shell", "name", "line", "answer", "held"), ALL_REFUSED, ids=lambda value: str(value)[:30]
)
def test_leaves_the_terminal_to_whoever_has_it(
    shell: str, name: str, line: str, answer: str, held: bool, tmp_path: Path
) -> None:
    if name == "setsid" and not shutil.which("setsid"):
        pytest.skip("setsid IS NOT INSTALLED")
    with start(shell, tmp_path) as driven:
        driven.submit(line)
        if held:
            driven.wait_for("holding")
            holder, modes = driven.foreground(), driven.modes()
            driven.wait_until(lambda: answers(tmp_path), "an answer")
            assert (driven.foreground(), driven.modes()) == (holder, modes)
            driven.type("q")
            driven.wait_for("the key was q")
        driven.wait_for_prompt()
        driven.wait_until(lambda: answers(tmp_path), "an answer")
        assert answers(tmp_path) == [answer]
        assert PROMPT not in driven.screen()
        assert_sane(driven)


@pytest.mark.parametrize("editor", ["vim", "less"])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_job_leaves_a_real_editor_alone(shell: str, editor: str, tmp_path: Path) -> None:
    if not shutil.which(editor):
        pytest.skip(f"{editor} IS NOT INSTALLED")
    (tmp_path / "text").write_text("the text to be edited\n")
    command = f"{'vim -u NONE' if editor == 'vim' else 'less'} {tmp_path / 'text'}"
    with start(shell, tmp_path) as driven:
        driven.submit(f"sh -c 'sleep 0.5; asker code >/dev/null' & {command}")
        driven.wait_until(lambda: "the text to be" in driven.screen(), "the text")
        driven.wait_until(lambda: answers(tmp_path), "an answer")
        assert answers(tmp_path) == [BACKGROUND]
        driven.type(":q\r" if editor == "vim" else "q")
        driven.wait_for_prompt()
        assert_sane(driven)


def test_asks_inside_tmux(tmp_path: Path) -> None:
    if not shutil.which("tmux"):
        pytest.skip("tmux IS NOT INSTALLED")
    socket = tmp_path / "tmux"
    with start("bash", tmp_path, TMUX_TMPDIR=str(tmp_path)) as driven:
        driven.submit(f"tmux -S {socket} -f /dev/null new-session 'asker code'")
        driven.wait_until(lambda: PROMPT in driven.screen(), "the question")
        driven.type("123456\r")
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["123456"]
        assert_sane(driven)


def test_botocore_gets_an_answer_from_a_credential_process(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile x]\ncredential_process = asker credentials\n")
    get = "import botocore.session as s; print(s.Session(profile='x').get_credentials().token)"
    with start("bash", tmp_path, AWS_CONFIG_FILE=str(config)) as driven:
        driven.submit(f'{sys.executable} -c "{get}"')
        driven.wait_for(PROMPT)
        driven.type("123456\r")
        driven.wait_for_prompt()
        assert driven.output().splitlines()[-1] == "123456"
        assert_sane(driven)


def test_no_terminal_at_all(tmp_path: Path) -> None:
    done = subprocess.run(
        ["asker", "code"],
        env={**bare_environment(tmp_path), "PATH": tools(tmp_path), "PYTHONPATH": str(HERE.parent)},
        start_new_session=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"export GOT='{NO_TERMINAL}'\n", "")
