"""The hooks' coming and going: what they leave alone, what they start, what they put back."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

pytest.importorskip("termios")
from support.hooked_shells import HOOKS, KEY, SYNTAXES, Hooked, programs, start
from support.shells_at_hand import need_program, need_shell
from support.world import RunningSts

SHELLS = [each for each in programs() if each[0] in ("bash", "zsh", "fish")]
every_shell = pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[1] or shell[0])

# All that a person may have set, so that there is something to put back.
OWN = {
    "bash": """
        trap 'own_trap=$((own_trap + 1))' DEBUG; trap 'echo own' INT
        awsenv() { echo "my own awsenv"; }
        PS1="a\\$b'\\"c#\\$((_driven+=1))> "; PS0='${own_ps0-}'; PROMPT_COMMAND='own=1; :'
        shopt -s extglob; HISTCONTROL=ignoreboth
        alias local=false builtin=false printf=false read=false
        complete -W own other
    """,
    "zsh": """
        own() { :; }; precmd_functions+=(own); preexec_functions+=(own); TRAPINT() { echo own }
        awsenv() { echo "my own awsenv" }
        psvar=(one two); PROMPT="a%1v#\\${_driven}> "; setopt no_unset csh_junkie_quotes ksh_arrays
        alias local=false builtin=false typeset=false print=false eval=false
        alias -g AND='&&' ours=none
    """,
    "fish": """
        function awsenv; echo "my own awsenv"; end
        function own --on-event fish_prompt; end
        function own_enter; commandline -f execute; end
        bind -M default \\n own_enter
        abbr -a -- own 'echo own'
        alias own_alias 'echo own'
    """,
}
# What a shell says about itself. What changes by itself is left out.
SNAPSHOTS = {
    "bash": (
        "{{ declare -p; declare -f; trap -p; shopt; set -o; complete -p; alias; bind -p; }} >{}",
        r"^declare \S+ (_|_driven|own_trap|own|BASH\w*|EPOCH\w*|S?RANDOM|SECONDS|LINENO|HISTCMD|"
        r"FUNCNAME|PIPESTATUS|OLDPWD|COLUMNS|LINES)(=.*|$)",
    ),
    "zsh": (
        "{{ typeset -p; functions; setopt; bindkey -L; zmodload; zle -lL; trap; }} >{}",
        r"^(typeset|export) .*\b(_|_driven|RANDOM|SECONDS|LINENO|HISTCMD|EPOCH\w*|TTYIDLE|status|"
        r"pipestatus|jobdirs|jobstates|jobtexts|history\w*|OLDPWD|ARGC|argv|0|'[*@#?]')(=.*|$)",
    ),
    "fish": (
        # `functions` tells where each function was defined or copied from, and loads more of fish's
        # own as time goes by: neither is part of it.
        "begin; set -S (set --names | string match -rv '^(fish_|__fish)'); for f in fish_prompt"
        " awsenv own own_enter own_alias (functions --all --names | string match '*awsenv*');"
        " functions --no-details $f; end; bind --user; complete awsenv; abbr; end >{}",
        r"^\$(_driven|status|pipestatus|history|CMD_DURATION|umask|last_pid|_|status_generation)\b.*",
    ),
}


def _snapshot(h: Hooked, name: str) -> list[str]:
    line, volatile = SNAPSHOTS[h.syntax.name]
    file = h.home / name
    h.shell.run(line.format(file))
    lines = file.read_text(errors="replace").splitlines()
    return [each for each in lines if not re.match(volatile, each)]


@every_shell
def test_unloading_puts_everything_back(
    shell: tuple[str, str | None], tmp_path: Path, sts: RunningSts
) -> None:
    syntax = SYNTAXES[shell[0]]
    h = start(syntax, tmp_path, sts, before=OWN[shell[0]], hook="", program=shell[1])
    with h.shell:
        before = _snapshot(h, "before")
        for _ in range(2):
            h.shell.run(syntax.load.format(file=HOOKS / syntax.hook))
            h.assume()
            h.lapse()
            h.ask("aws a; aws b")
            h.shell.press("ctrl-c")
            h.wait_until_dropped("aws a; aws b")
            h.ask("aws c")
            h.answer("")
            h.shell.run("awsenv unset")
            h.shell.run("awsenv_unload")
            after = _snapshot(h, "after")
            assert after == before
        assert h.shell.run("awsenv") == "my own awsenv"
        assert h.segment() == "" or syntax.name != "fish"


@every_shell
def test_it_leaves_a_shell_alone_that_is_not_interactive(
    shell: tuple[str, str | None], tmp_path: Path
) -> None:
    name, program = shell
    path = program or need_shell(name)
    hook = HOOKS / SYNTAXES[name].hook
    line = {
        "bash": "compgen -v | grep -v PIPESTATUS; declare -F",
        "zsh": "print -l ${(ko)parameters} ${(ko)functions}",
        "fish": "set --names; functions --all --names",
    }[name]
    strict = {"bash": ["--norc", "-eu", "-c"], "zsh": ["-f", "-eu", "-c"]}.get(
        name, ["--no-config", "-c"]
    )

    def listed(before: str) -> str:
        done = subprocess.run(
            [path, *strict, f"{before}{line}"],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        )
        assert done.stderr == ""
        return done.stdout

    assert listed(f"source {hook}; ") == listed("")


def _traced(trace: Path) -> list[str]:
    """The processes that the shell started, as strace wrote them down.

    What fish itself has started with its first prompts may start further ones at any time.
    """
    text = trace.read_text()
    shell = text.split(maxsplit=1)[0]
    started = re.findall(rf"^{shell} +(?:clone3?|v?fork)\(.*", text, re.M)
    return [line for line in started if "CLONE_THREAD" not in line]


@every_shell
def test_loading_prompts_and_live_commands_start_nothing(
    shell: tuple[str, str | None], tmp_path: Path, sts: RunningSts
) -> None:
    strace = need_program("strace")
    name, program = shell
    path = program or need_shell(name)
    trace = tmp_path / "trace"
    # A program in the shell's place, of the shell's name, that lets itself be watched.
    wrapper = tmp_path / "watched" / name
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {strace} -f -e trace=process -o {trace} {path} "$@"\n')
    wrapper.chmod(0o755)
    h = start(SYNTAXES[name], tmp_path, sts, hook="", program=str(wrapper))
    with h.shell:
        load = SYNTAXES[name].load.format(file=HOOKS / SYNTAXES[name].hook)
        # fish starts something of its own with its first prompts.
        for _ in range(5):
            h.shell.run("true")
        idle = len(_traced(trace))
        h.shell.run(load)
        h.shell.run("true")
        assert _traced(trace)[idle:] == []
        h.pretend(3000)
        # With its first session, bash looks once whether somebody has a DEBUG trap.
        h.shell.run("true")
        before = len(_traced(trace))
        for number in range(20):
            h.shell.run("true")
            h.shell.run(f": aws {number}; true && true | true" if name == "fish" else ": aws; :")
        h.shell.run("awsenv auto on")
        assert h.segment().startswith("[prod-admin ")
        assert _traced(trace)[before:] == []
        h.shell.run("aws a")
        assert len(_traced(trace)) > before, "the count itself works"


@pytest.mark.parametrize("option", ["set -u", "set -e", "set -a", "set -T"])
def test_bash_options(option: str, tmp_path: Path, sts: RunningSts) -> None:
    h = start(SYNTAXES["bash"], tmp_path, sts, before=option)
    with h.shell:
        h.assume()
        h.lapse()
        h.ask("aws a; aws b")
        h.shell.press("ctrl-c")
        h.wait_until_dropped("")
        h.ask("aws c")
        h.answer(h.sts.code())
        assert [call.split()[0] for call in h.calls()] == ["c"]
        assert h.segment().startswith("[dev ")
        h.shell.run("awsenv unset")
        h.shell.run("awsenv_unload")
        assert h.shell.run("echo fine") == "fine"


# Odd options of the person's, and a place that is told from another folder than the one used.
RELATIVE = {
    "bash": "set -u; cd {}; source ./awsenv.bash; cd /",
    "zsh": "setopt ksh_arrays sh_word_split no_unset; cd {}; source ./awsenv.zsh; cd /",
    "fish": "cd {}; source ./awsenv.fish; cd /",
}
HAS_REST = {
    "bash": "declare -F __awsenv_render >/dev/null; echo $?",
    "zsh": "typeset -f __awsenv_matches >/dev/null; echo $?",
    "fish": "functions -q __awsenv_matches; echo $status",
}


@every_shell
def test_the_rest_is_loaded_when_it_is_needed(
    shell: tuple[str, str | None], tmp_path: Path, sts: RunningSts
) -> None:
    name, program = shell
    for file in HOOKS.glob(f"awsenv*.{name}"):
        shutil.copy(file, tmp_path)
    place = RELATIVE[name].format(tmp_path)
    h = start(SYNTAXES[name], tmp_path, sts, program=program, hook=place)
    with h.shell:
        assert h.shell.run(f"true; {HAS_REST[name]}") == "1"
        h.pretend(3030)
        assert h.segment() == "[prod-admin 50m] "
        assert h.shell.run(HAS_REST[name]) == "0"
    # A session that was there before the shell.
    end = str(int(time.time()) + 3030)
    session = {KEY: "ASIAX", "AWSENV_PUT": f"{KEY}=ASIAX", "AWSENV_PROFILE": "dev"}
    (tmp_path / "other").mkdir()
    env = {**session, "AWSENV_EXPIRES_AT": end}
    h = start(SYNTAXES[name], tmp_path / "other", sts, program=program, hook=place, env=env)
    with h.shell:
        assert h.segment() == "[dev 50m] "


@every_shell
def test_without_the_rest_awsenv_is_the_program(
    shell: tuple[str, str | None], tmp_path: Path, sts: RunningSts
) -> None:
    name, program = shell
    shutil.copy(HOOKS / f"awsenv.{name}", tmp_path)
    hook = f"source {tmp_path}/awsenv.{name}"
    h = start(SYNTAXES[name], tmp_path, sts, program=program, hook=hook)
    with h.shell:
        h.pretend(3030)
        assert h.shell.screen().splitlines()[-1] == f"#{h.shell.prompt_number}>"
        assert "awsenv 0" in h.shell.run("awsenv --version")
        assert h.shell.run("awsenv_segment; awsenv_unload; echo fine") == "fine"
        assert "aws:a:" in h.shell.run("aws a")
        # It may come later.
        shutil.copy(HOOKS / f"awsenv-more.{name}", tmp_path)
        h.shell.run("true")
        assert h.segment() == "[prod-admin 50m] "


def test_the_bash_files_have_nothing_that_bash_3_cannot_parse() -> None:
    """Before 4.1, a pattern such as @(a|b) is an error in the whole file unless extglob is on."""
    for path in HOOKS.glob("*.bash"):
        lines = [line for line in path.read_text().splitlines() if "[[" in line]
        assert [line for line in lines if re.search(r"[!=]= [^'\"]*[@?*+!]\(", line)] == [], path
