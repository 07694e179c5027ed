"""Keys of the user's own are put aside by a shell's own switch only as the program would."""

from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.hooked_shells import KEY, SYNTAXES, start
from support.world import RunningSts, settle, without_endpoints

SECRET = "AWS_SECRET_ACCESS_KEY"
REFERENCE = "AWSENV_KEYS_OF=default"


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "pwsh"])
def test_none_are_kept_where_none_are_wanted(name: str, sts: RunningSts, tmp_path: Path) -> None:
    without_endpoints(sts)
    alice = sts.world.user("alice")
    mine = {KEY: alice.key.id, SECRET: alice.key.secret}
    hooked = start(SYNTAXES[name], tmp_path, sts)
    with hooked.shell:
        hooked.assume("dev")
        settle(sts)
        for profile in ("dev", "prod-admin"):
            hooked.shell.run(f"awsenv assume {profile}")
        hooked.shell.run("awsenv unset")
        hooked.apply({**mine, "AWSENV_KEEP_KEYS": "no"})
        for profile in ("dev", "dev", "prod-admin"):
            hooked.shell.run(f"awsenv assume {profile}")
            assert hooked.variable("AWSENV_PROFILE") == profile
            assert hooked.variable("AWSENV_BASELINE") == REFERENCE
        hooked.shell.run("awsenv unset")
        assert {each: hooked.variable(each) for each in mine} == mine
        # Keys put aside before that are given up by the next switch.
        hooked.apply({}, ("AWSENV_KEEP_KEYS",))
        hooked.shell.run("awsenv assume dev")
        assert alice.key.secret in hooked.variable("AWSENV_BASELINE")
        hooked.apply({"AWSENV_KEEP_KEYS": "no"})
        hooked.shell.run("awsenv assume prod-admin")
        assert hooked.variable("AWSENV_BASELINE") == REFERENCE
        hooked.shell.run("awsenv unset")
        assert {each: hooked.variable(each) for each in mine} == mine
