"""A lapsed SSO sign-in, offered to be renewed at the person's terminal."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.asking import assert_sane
from support.sources import open_portal
from support.stand_ins import Portal
from support.terminal_driver import Driven, bare_environment, drive
from support.world import RunningSts

AWS_PROGRAM = f"""#!{sys.executable}
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
assert os.isatty(0) and os.isatty(1) and os.isatty(2)
print("visit https://example.awsapps.com/device and press Enter:", flush=True)
input()
if "FAIL" in os.environ:
    sys.exit(7)
from support.sources import sign_in
assert sys.argv[1:] == ["sso", "login", "--profile", "corp"], sys.argv
sign_in("work")
print("signed in")
"""
OFFER = "run aws sso login --profile corp now? [Y/n]"
ASSUME = {
    "bash": 'eval "$(awsenv assume corp)" && echo went on',
    "zsh": 'eval "$(awsenv assume corp)" && echo went on',
    "fish": "awsenv assume corp | source; and echo went on",
}


@pytest.fixture
def portal(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    with open_portal(sts, monkeypatch) as portal:
        yield portal


def start(shell: str, sts: RunningSts, folder: Path, **env: str) -> Driven:
    """A shell that knows the STS and the portal, and an `aws` that signs in."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "aws").write_text(AWS_PROGRAM)
    (programs / "aws").chmod(0o755)
    home = Path(os.environ["HOME"])
    variables = {
        name: os.environ[name]
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC")
    }
    return drive(
        shell,
        folder,
        columns=250,
        env={
            **variables,
            "PATH": os.pathsep.join([str(programs), bare_environment(home)["PATH"]]),
            "HOME": str(home),
            "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
            **env,
        },
    )


@pytest.mark.parametrize("name", ASSUME)
def test_sign_in_is_offered_and_done(
    name: str,
    sts: RunningSts,
    portal: Portal,
    tmp_path: Path,
) -> None:
    with start(name, sts, tmp_path) as shell:
        shell.submit(ASSUME[name])
        shell.wait_for("the SSO sign-in of profile 'corp' has expired")
        shell.wait_for(OFFER)
        shell.press("enter")
        shell.wait_for("press Enter:")
        shell.press("enter")
        shell.wait_for("signed in")
        shell.wait_for("went on")
        shell.wait_for_prompt()
        assert shell.run("echo $AWSENV_PROFILE") == "corp"
        assert_sane(shell)


def test_sign_in_declined_failed_or_cancelled(
    sts: RunningSts,
    portal: Portal,
    tmp_path: Path,
) -> None:
    with start("bash", sts, tmp_path) as shell:
        for typed, told in (("n\r", "hint: run: aws sso login"), ("\x03", "cancelled")):
            shell.submit(ASSUME["bash"])
            shell.wait_for(OFFER)
            shell.type(typed)
            shell.wait_for(told)
            shell.wait_for_prompt()
            assert "went on" not in shell.output()
        shell.run("export FAIL=1")
        shell.submit(ASSUME["bash"])
        shell.wait_for(OFFER)
        shell.press("enter")
        shell.wait_for("press Enter:")
        shell.press("enter")
        shell.wait_for("aws sso login --profile corp failed with exit code 7")
        shell.wait_for_prompt()
        shell.submit(ASSUME["bash"])
        shell.wait_for(OFFER)
        shell.press("enter")
        shell.wait_for("press Enter:")
        shell.press("ctrl-c")
        shell.wait_for_prompt()
        assert "went on" not in shell.output()
        assert shell.run("echo ${AWSENV_PROFILE-none}") == "none"
        assert_sane(shell)
    assert portal.asked == []
