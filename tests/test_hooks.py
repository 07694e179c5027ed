"""Every scenario of the hooks, in every shell at hand.

AWSENV_TEST_SHELLS="bash=/opt/bash-4.4/bin/bash fish=/opt/fish/bin/fish" adds further versions.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("termios")

from hook_scenarios import ONLY, SCENARIOS, SYNTAXES, start
from support_world import RunningSts


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


@pytest.mark.parametrize("shell", programs(), ids=lambda shell: shell[1] or shell[0])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(
    scenario: str, shell: tuple[str, str | None], tmp_path: Path, sts: RunningSts
) -> None:
    name, program = shell
    if name not in ONLY.get(scenario, (name,)):
        pytest.skip(f"not for {name}")
    hooked = start(SYNTAXES[name], tmp_path, sts, program=program)
    with hooked.shell:
        SCENARIOS[scenario](hooked)
