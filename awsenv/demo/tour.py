"""The narrated tour: the main workflow in a real shell, without anyone at a terminal."""

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TextIO

from awsenv.demo.place import Place
from awsenv.errors import AwsenvError

_MARK = "--awsenv-demo-step-done--"
_PREFIXES = ("AWS_", "AWSENV_")


@dataclass(frozen=True)
class Scene:
    """A line typed in the shell, what it shows, and what must result from it.

    `{code}` in the line is an MFA code of the demo's device. Role sessions that the scene gets last
    `life` seconds at most.
    """

    story: str
    line: str
    expect: str
    succeeds: bool = True
    life: int | None = None


SCENES = (
    Scene("What has to be asked of AWS for a role, before anything is:",
          "awsenv explain prod-admin", "GetSessionToken"),
    Scene("One MFA code, and the shell is the role:",
          'eval "$(awsenv assume prod-admin --mfa-code {code})" && awsenv whoami',
          "assumed-role/prod-admin/"),
    Scene("Another role in another account, with no further code:",
          'eval "$(awsenv assume dev)" && awsenv whoami', "assumed-role/dev/"),
    Scene("A role that is reached through another role:",
          'eval "$(awsenv assume audit)" && awsenv whoami', "assumed-role/audit/"),
    Scene("How long it lasts, without asking the network:",
          "awsenv status", "time left"),
    Scene("Sessions expire; this one after 2 s:",
          'eval "$(awsenv assume dev --refresh)"; sleep 3; awsenv status',
          "expired", succeeds=False, life=2),
    Scene("The prompt hook now renews it, just before a command that needs it. By hand:",
          'eval "$(awsenv refresh)" && awsenv whoami', "assumed-role/dev/"),
    Scene("A refusal stops the line, and leaves the shell as it was:",
          'eval "$(awsenv assume forbidden)" && echo "this must not be seen"',
          "denies you", succeeds=False),
    Scene("Everything back to what it was:",
          'eval "$(awsenv unset)" && echo "AWS_ACCESS_KEY_ID is ${AWS_ACCESS_KEY_ID-not set}"',
          "AWS_ACCESS_KEY_ID is not set"),
)  # fmt: skip


def run_tour(place: Place, out: TextIO = sys.stdout) -> int:
    """Play every scene; 0 if each came out as it must, else 1. Raises AwsenvError without bash."""
    bash = shutil.which("bash")
    if not bash:
        raise AwsenvError("the tour needs bash", "install bash, or try awsenv demo at a terminal")
    env = {key: value for key, value in os.environ.items() if not key.startswith(_PREFIXES)}
    shell = subprocess.Popen(
        [bash, "--noprofile", "--norc"],
        env={**env, **place.environment},
        cwd=place.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    out.write("A local AWS is up: a user, her MFA device and roles. Your ~/.aws is not touched.\n")
    failed = 0
    with shell:
        for scene in SCENES:
            failed += not _play(scene, shell, place, out)
        assert shell.stdin is not None
        shell.stdin.close()
    if failed:
        out.write(f"\n{failed} of {len(SCENES)} steps failed\n")
        return 1
    out.write(f"\nAll {len(SCENES)} steps did what they should. "
              f"To try it yourself, type: {_this_program()} demo\n")  # fmt: skip
    return 0


def _this_program() -> str:
    """What to type for this awsenv, wherever one is."""
    this = os.path.abspath(sys.argv[0])
    found = shutil.which("awsenv")
    if found and os.path.realpath(found) == os.path.realpath(this):
        return "awsenv"
    return shlex.quote(this) if os.access(this, os.X_OK) else f"{sys.executable} -m awsenv"


def _play(scene: Scene, shell: "subprocess.Popen[str]", place: Place, out: TextIO) -> bool:
    line = scene.line
    place.server.control.cap_life(scene.life, "AssumeRole")
    if "{code}" in line:
        line = line.replace("{code}", _code(place))
    out.write(f"\n# {scene.story}\n$ {line}\n")
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdin.write(f"{line}\nprintf '\\n%s %s\\n' {_MARK} $?\n")
    shell.stdin.flush()
    shown = []
    for text in shell.stdout:
        if text.startswith(_MARK):
            status = int(text.split()[1])
            break
        shown.append(text)
    else:
        status = 1
    said = "".join(shown).rstrip("\n")
    out.write(f"{said}\n")
    out.flush()
    good = scene.expect in said and (status == 0) == scene.succeeds
    if not good:
        out.write(f"!! expected {scene.expect!r} (exit code {status})\n")
    return good


def _code(place: Place) -> str:
    import time

    while True:
        code, wait = place.server.control.unused_code()
        if code:
            return code
        time.sleep(wait)
