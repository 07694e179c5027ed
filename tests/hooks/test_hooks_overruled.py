"""An AWS_PROFILE that is set beside a session's keys shows in the prompt."""

from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.hooked_shells import SYNTAXES, start
from support.world import RunningSts


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "pwsh"])
def test_a_profile_set_since_is_shown(name: str, sts: RunningSts, tmp_path: Path) -> None:
    hooked = start(SYNTAXES[name], tmp_path, sts)
    with hooked.shell:
        hooked.assume("dev")
        assert "AWS_PROFILE" not in hooked.segment()
        hooked.apply({"AWS_PROFILE": "other"})
        assert hooked.segment().startswith("[dev (AWS_PROFILE=other) ")
        hooked.apply({}, ("AWS_PROFILE",))
        assert hooked.segment().startswith("[dev ")
        assert "AWS_PROFILE" not in hooked.segment()
