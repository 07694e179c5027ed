"""Every scenario of the hooks, in every shell at hand.

AWSENV_TEST_SHELLS="bash=/opt/bash-4.4/bin/bash fish=/opt/fish/bin/fish" adds further versions.
"""

from pathlib import Path

import pytest

pytest.importorskip("termios")

from support import question_scenarios  # noqa: F401 - adds its own
from support.hook_scenarios import ONLY, SCENARIOS
from support.hooked_shells import SYNTAXES, programs, start
from support.world import RunningSts


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
