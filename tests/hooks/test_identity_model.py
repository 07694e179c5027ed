"""Random sequences of what users do, after each of which nobody is handed another identity.

AWSENV_TEST_SEED repeats a run, and AWSENV_TEST_STEPS makes it longer; scripts/identity-model does
both.
"""

import os
import random
from pathlib import Path

import pytest

pytest.importorskip("termios")

from awsenv.demo.world import trusting
from support.hooked_shells import SYNTAXES, Hooked, start
from support.identity_model import FILES, Model
from support.stand_ins import Container
from support.world import RunningSts

SHELLS = ("bash", "zsh", "fish", "pwsh")
# Read here, for a test has no variables of awsenv's.
STEPS = int(os.environ.get("AWSENV_TEST_STEPS") or 12)


def test_never_another_identity(
    sts: RunningSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    for name, file in zip(FILES, ("config", "credentials"), strict=True):
        monkeypatch.setenv(name, str(sts.aws_folder / file))
    shells: list[Hooked] = []
    task = sts.world.add_role("container", trust=trusting("*"))
    with (
        Container(sts, task, name="container of carol") as carols,
        Container(sts, task, name="container of erika") as erikas,
    ):
        containers = {"carol": carols, "erika": erikas}
        model = Model(sts, tmp_path, shells, random.Random(seed), monkeypatch, containers)
        try:
            for name in SHELLS:
                shells.append(start(SYNTAXES[name], tmp_path, sts))
            model.run(STEPS)
        finally:
            for each in shells:
                each.shell.close()
    assert model.checks > 10 * STEPS
