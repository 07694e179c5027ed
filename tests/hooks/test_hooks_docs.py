"""What docs/shells.md tells people to put into their files, put there and tried."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.hook_neighbours import STARSHIP_CONFIG, environment
from support.hooked_shells import HOOKS, KEY, SYNTAXES, start
from support.shells_at_hand import need_program
from support.terminal_driver import Driven, bare_environment
from support.world import RunningSts

PAGE = (Path(__file__).parents[2] / "docs" / "shells.md").read_text()
SHELLS = ["bash", "zsh", "fish"]
HOSTILE = "%F{red}$(touch p)`touch p`#(touch p)#{pane_id}#[fg=red]"


def _snippet(text: str, language: str) -> str:
    """The code block of `language` that holds `text`."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)
    (found,) = [block for block in blocks if text in block]
    return str(found)


def _numbered(snippet: str, shell: str) -> str:
    """The snippet with a prompt that the tests can wait for."""
    end = {
        "bash": (r"\w \$ ", r"#$((_driven+=1))> "),
        "zsh": ("%~ %# ", "#${_driven}> "),
        "fish": ("(prompt_pwd)'> '", '"#$_driven> "'),
    }[shell]
    assert end[0] in snippet
    return snippet.replace(*end)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_prompt_made_by_hand(shell: str, tmp_path: Path, sts: RunningSts) -> None:
    text = "function fish_prompt" if shell == "fish" else "AWSENV_COLOR_END"
    after = _numbered(_snippet(text, shell), shell)
    h = start(SYNTAXES[shell], tmp_path, sts, after=after)
    with h.shell:
        h.pretend(3030, profile=HOSTILE)
        assert h.segment() == f"[{HOSTILE} 50m] "
        assert re.search(rb"\x1b\[32m\[%", bytes(h.shell.raw))
        assert not list(h.home.glob("**/p"))


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("shell", SHELLS)
def test_starship_with_the_segment_inside(
    shell: str, order: str, tmp_path: Path, sts: RunningSts
) -> None:
    if not shutil.which("starship"):
        pytest.skip("STARSHIP IS NOT INSTALLED: its snippet is not tried here")
    lines = _snippet("export AWSENV_SEGMENT" if shell != "fish" else "set -gx", shell_of(shell))
    other = {"bash": "# zsh", "zsh": "# bash"}.get(shell, "no other")
    lines = "\n".join(line for line in lines.splitlines() if not re.search(f"\\)? +{other}", line))
    counted = {
        "bash": "counted() { export DRIVEN=$((DRIVEN + 1)); }; PROMPT_COMMAND=counted",
        "zsh": "counted() { export DRIVEN=$((DRIVEN + 1)) }; precmd_functions+=(counted)",
        "fish": "function counted --on-event fish_prompt; set -gx DRIVEN (math 0$DRIVEN + 1); end",
    }[shell]
    init = {"fish": "starship init fish | source"}.get(shell, f'eval "$(starship init {shell})"')
    mine = f"{counted}\n{init}\n{lines}\n"
    env = environment(tmp_path)
    wanted = STARSHIP_CONFIG.replace("$aws#", "{${env_var.AWSENV_SEGMENT}}#")
    Path(env["STARSHIP_CONFIG"]).write_text(
        wanted.replace("{${", "<${").replace("}}#", "}>#") + _snippet("AWSENV_SEGMENT", "toml")
    )
    h = start(SYNTAXES[shell], tmp_path, sts, env=env, **{order: mine})
    with h.shell:
        h.pretend(3030)
        assert h.prompt().startswith("<[prod-admin 50m] >#"), h.prompt()
        h.pretend(100)
        assert h.prompt().startswith("<[prod-admin 1m] >#"), h.prompt()


def shell_of(shell: str) -> str:
    """The language that a shell's snippet is marked as; bash and zsh share one."""
    return "bash" if shell == "zsh" else shell


@pytest.mark.parametrize("shell", SHELLS)
def test_the_status_line_of_tmux(shell: str, tmp_path: Path) -> None:
    tmux = need_program("tmux")
    lines = _snippet("awsenv_to_tmux", shell_of(shell))
    other = {"bash": "# zsh", "zsh": "# bash"}.get(shell, "no other")
    lines = "\n".join(line for line in lines.splitlines() if not line.endswith(other))
    end = int(time.time()) + 3030
    env = bare_environment(
        tmp_path,
        **{
            KEY: "ASIAPRETENDED",
            "AWSENV_PUT": f"{KEY}=ASIAPRETENDED",
            "AWSENV_PROFILE": HOSTILE,
            "AWSENV_EXPIRES_AT": str(end),
        },
    )
    rc = tmp_path / "rc"
    rc.write_text(f"source {HOOKS / SYNTAXES[shell].hook}\n{lines}\n")
    argv = {
        "bash": f"bash --noprofile --rcfile {rc} -i",
        "zsh": f"env ZDOTDIR={tmp_path} zsh -i",
        "fish": f"fish --no-config -C 'source {rc}'",
    }[shell]
    (tmp_path / ".zshrc").write_text(rc.read_text())
    (status,) = re.findall(r"^set -g status-right.*$", PAGE, re.M)
    config = tmp_path / "tmux.conf"
    config.write_text(f"{status}\nset -g status-right-length 200\nset -g status-left ''\n")
    socket = tmp_path / "socket"
    argv_of_tmux = [tmux, "-S", str(socket), "-f", str(config), "new-session", argv]
    with Driven(argv_of_tmux, env, tmp_path, columns=160) as client:
        client.wait_until(
            lambda: f"[{HOSTILE.partition('#[')[0]}" in client.screen().rpartition("\n")[2],
            "the segment in the status line",
        )
        subprocess.run([tmux, "-S", str(socket), "kill-server"], check=True, env=env)
    assert not list(tmp_path.glob("**/p"))
