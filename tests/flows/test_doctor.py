"""`awsenv doctor`: each thing that goes wrong in practice is found, with file, line and fix."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from awsenv import __version__
from awsenv.values.notation import iso_utc
from support.assuming import assume
from support.shells_at_hand import need_shell
from support.sources import add_section
from support.stand_in_network import Authority, Proxy
from support.terminal_driver import drive
from support.world import RunningSts, run_awsenv

ROOT = Path(__file__).parents[2]


@pytest.fixture
def healthy(sts: RunningSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunningSts:
    """A set-up in which nothing is wrong."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "awsenv").write_text(f'#!/bin/sh\nexec {sys.executable} -m awsenv "$@"\n')
    (programs / "awsenv").chmod(0o755)
    rest = [folder for folder in os.environ["PATH"].split(os.pathsep) if not has_awsenv(folder)]
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), *rest]))
    monkeypatch.setenv("AWSENV_HOOK", f"bash {__version__}")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    return sts


def has_awsenv(folder: str) -> bool:
    return Path(folder, "awsenv").exists()


def findings(*options: str, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
    done = run_awsenv("doctor", "--json", *options, env=env)
    assert done.returncode in (0, 1), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert done.returncode == any(each["problem"] for each in found)
    return found


def write(sts: RunningSts, config: str = "", credentials: str | None = None) -> None:
    (sts.aws_folder / "config").write_text(config)
    if credentials is not None:
        (sts.aws_folder / "credentials").write_text(credentials)


def one(found: list[dict[str, Any]], text: str) -> dict[str, Any]:
    """The one finding whose message holds `text`."""
    fitting = [each for each in found if text in each["message"]]
    assert len(fitting) == 1, found
    return fitting[0]


def test_nothing_is_wrong(healthy: RunningSts) -> None:
    assume("dev", "--mfa-code", healthy.code())
    done = run_awsenv("doctor")
    assert done.stdout == "nothing is wrong\n"
    assert done.returncode == 0


KEYS = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = "
KEYS += "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"


@pytest.mark.parametrize(
    ("config", "line", "told", "fix"),
    [
        ("[default]\nregion = eu-west-1 # Dublin\n", 2, "the comment behind region", "own"),
        ("[default]\noutput = ; none\n", 2, "the comment behind output", "own"),
        ("[dev]\nregion = eu-west-1\n", 1, "[dev] is no profile to AWS tools", "[profile dev]"),
        ("[default]\n[profile x]\n\n[profile x]\n", 4, "a second time, after line 2", "make one"),
        ("[default]\nregion = a\nregion = b\n", 3, "set a second time", "remove one"),
        ("[ profile x ]\nregion = eu-west-1\n", 1, "has stray white space", "[profile x]"),
        ("[profile  x]\nregion = eu-west-1\n", 1, "has stray white space", "[profile x]"),
        ("[default]\nregion = eu-\u200bwest-1\n", 2, "invisible character in it (U+200B)", "again"),
        ("[profile\u00a0x]\nregion = eu-west-1\n", 1, "has stray white space", "[profile x]"),
        ('[default]\nregion = "eu-west-1"\n', 2, "the quotes around region", "remove them"),
        ("[default]\noutput = json\n region = x-y-1\n", 3, "goes on with the value of output", ""),
        ("[default]\nregion\n", 2, "not of the form key = value", "complete"),
        ("region = x\n", 1, "text before the first [section]", "move"),
        ("\ufeff[default]\n", 1, "byte order mark", "without BOM"),
        ("[profile x]\nsource_profle = default\n", 2, "no AWS tool knows", "source_profile"),
        ("[default]\nregion = eu-west-1a\n", 2, "is not a region's name", "eu-central-1"),
        (
            "[default]\nmfa_serial = arn:aws:iam::111122223333:u2f/user/alice/key\n",
            2,
            "FIDO device",
            "authenticator app",
        ),
        ("[default]\nmfa_serial = alice's phone\n", 2, "is no MFA device", "list-mfa-devices"),
        (
            "[profile x]\nrole_arn = arn:aws:iam::12:role/x\nsource_profile = default\n",
            2,
            "is not the ARN of a role",
            "arn:aws:iam::123456789012:role/NAME",
        ),
        (
            "[profile x]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = nope\n",
            3,
            "source_profile = 'nope', which does not exist",
            "add a profile",
        ),
        (
            "[profile x]\nrole_arn = arn:aws:iam::111122223333:role/x\n"
            "source_profile = default\nduration_seconds = 8h\n",
            4,
            "duration_seconds = 8h is refused by AWS tools",
            "14400",
        ),
        (
            "[profile x]\nsso_session = work\nsso_account_id = 1\nsso_role_name = r\n",
            2,
            "there is no [sso-session work]",
            "sso-session",
        ),
    ],
)
def test_the_config_file(healthy: RunningSts, config: str, line: int, told: str, fix: str) -> None:
    write(healthy, config, KEYS)
    found = one(findings("--offline"), told)
    assert found["file"] == str(healthy.aws_folder / "config")
    assert found["line"] == line
    assert fix in found["fix"]
    shown = run_awsenv("doctor", "--offline").stdout
    assert f": ~/.aws/config:{line}: " in shown
    assert f"    fix: {found['fix']}\n" in shown


@pytest.mark.parametrize(
    ("credentials", "line", "told", "fix"),
    [
        (f"[profile x]\n{KEYS[10:]}", 1, "a profile called 'profile x'", "write [x]"),
        (KEYS.replace("[default]", "[ default ]"), 1, "stray white space", "[default]"),
        ("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", 2, "but no aws_secret", "add"),
        (KEYS[:-3] + "\n", 3, "has 38 characters", "copy it again"),
        (KEYS.replace("AKIA", "ASIA"), 2, "without their aws_session_token", "add the token"),
        (KEYS + "aws_session_token = x\n", 2, "beside a session's token", "remove"),
        (KEYS.replace("KEY\n", "KEY # mine\n"), 3, "comment behind aws_secret", "own"),
    ],
)
def test_the_credentials_file(
    healthy: RunningSts, credentials: str, line: int, told: str, fix: str
) -> None:
    write(healthy, "", credentials)
    found = one(findings("--offline"), told)
    assert found["file"] == str(healthy.aws_folder / "credentials")
    assert found["line"] == line
    assert fix in found["fix"]
    assert "bPxRfiCY" not in run_awsenv("doctor", "--offline").stdout


def test_keys_that_a_role_hides(healthy: RunningSts) -> None:
    config = "[profile default2]\n[default]\nrole_arn = arn:aws:iam::111122223333:role/x\n"
    write(
        healthy, f"{config}source_profile = other\n", f"{KEYS}\n{KEYS.replace('default', 'other')}"
    )
    assert one(findings("--offline"), "its keys count only as the source")["problem"] is False


@pytest.mark.parametrize(
    ("env", "told", "fix"),
    [
        (
            {"AWS_PROFILE": "dev", "AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "x"},
            "AWS_PROFILE is set beside AWS_ACCESS_KEY_ID",
            "unset AWS_PROFILE",
        ),
        ({"AWS_PROFILE": "gone"}, "names a profile that does not exist: gone", "awsenv list"),
        ({"AWS_ACCESS_KEY_ID": "AKIAX"}, "without its other half", "set both"),
        ({"AWS_SECURITY_TOKEN": "x"}, "AWS_SECURITY_TOKEN is set", "unset"),
        (
            {
                "AWS_ACCESS_KEY_ID": "AKIAX",
                "AWS_SECRET_ACCESS_KEY": "x",
                "AWS_SESSION_TOKEN": "SECRET",
            },
            "left over from a session",
            "unset AWS_SESSION_TOKEN",
        ),
        (
            {"AWS_ACCESS_KEY_ID": "ASIAX", "AWS_SECRET_ACCESS_KEY": "SECRET"},
            "AWS_SESSION_TOKEN is missing",
            "export",
        ),
        (
            {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"},
            "which one counts depends on the tool",
            "same region",
        ),
        ({"AWS_CA_BUNDLE": "/no/such/file"}, "AWS_CA_BUNDLE names a file that does not", "unset"),
        ({"AWS_ENDPOINT_URL": "http://localhost:1"}, "sends every AWS call to", "unless"),
        ({"AWSENV_DURATION": "soon"}, "AWSENV_DURATION", "3600"),
    ],
)
def test_the_environment(healthy: RunningSts, env: dict[str, str], told: str, fix: str) -> None:
    found = one(findings("--offline", env=env), told)
    assert fix in found["fix"]
    assert "SECRET" not in run_awsenv("doctor", "--offline", env=env).stdout


def test_a_lapsed_session_in_the_shell(healthy: RunningSts) -> None:
    change = assume("dev", "--mfa-code", healthy.code())
    env = {name: value for name, value in change.items() if value is not None}
    env["AWSENV_EXPIRES_AT"] = str(int(time.time()) - 5)
    assert one(findings("--offline", env=env), "in this shell has expired")["problem"] is False


def test_modes(healthy: RunningSts) -> None:
    assume("dev", "--mfa-code", healthy.code())
    folder = healthy.aws_folder
    (folder / "credentials").chmod(0o644)
    (folder / "config").chmod(0o666)
    folder.chmod(0o777)
    sessions = Path.home() / ".cache/awsenv/sessions"
    record = next(sessions.iterdir())
    record.chmod(0o640)
    found = findings("--offline")
    assert one(found, "~/.aws/credentials (mode 0644)")["fix"] == "chmod 600 ~/.aws/credentials"
    assert one(found, "~/.aws/config (mode 0666)")["fix"] == "chmod 644 ~/.aws/config"
    assert one(found, "into ~/.aws (mode 0777)")["fix"] == "chmod 755 ~/.aws"
    assert record.name in one(found, "1 of the sessions that awsenv keeps are not trusted")["fix"]
    # A config that holds keys is as secret as the credentials.
    write(healthy, KEYS)
    (folder / "config").chmod(0o644)
    assert one(findings("--offline"), "~/.aws/config (mode 0644)")


def test_clock_against_sts(healthy: RunningSts) -> None:
    healthy.control.shift_clock(450)
    found = one(findings(), "clock is")
    assert "clock is 7m behind AWS's" in found["message"]
    assert found["problem"] is True
    healthy.control.shift_clock(-100)
    found = one(findings(), "clock is")
    assert "clock is 1m ahead of AWS's" in found["message"]
    assert found["problem"] is False
    assert findings("--offline") == []
    found = one(findings(env={"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"}), "cannot reach STS")
    assert found["problem"] is False


def test_clock_of_the_regional_endpoint(
    healthy: RunningSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in ("config", "credentials"):
        path = healthy.aws_folder / file
        path.write_text(path.read_text().replace(f"endpoint_url = {healthy.url}\n", ""))
    monkeypatch.delenv("AWS_ENDPOINT_URL_STS")
    healthy.control.shift_clock(1000)
    host = "sts.eu-central-1.amazonaws.com"
    authority = Authority.make(tmp_path, host)
    healthy.server.any_host = True
    with Proxy(healthy.url, authority) as proxy:
        env = {"HTTPS_PROXY": proxy.url, "AWS_CA_BUNDLE": str(authority.bundle)}
        assert "clock is 16m behind" in one(findings(env=env), "clock is")["message"]
        assert proxy.connected == [f"{host}:443"]


def test_saved_sessions_that_have_lapsed(healthy: RunningSts) -> None:
    lapsed = iso_utc(int(time.time()) - 7200)
    text = KEYS + "\n" + KEYS.replace("[default]", "[default-sts]").replace("AKIA", "ASIA")
    text += f"aws_session_token = x\nexpiration = {lapsed}\nawsenv_saved_from = default\n"
    config = (healthy.aws_folder / "config").read_text()
    write(healthy, config, text)
    found = one(findings("--offline"), "the session saved as 'default-sts' expired 2h00m ago")
    assert found["fix"] == "awsenv save default --as default-sts"
    assert found["line"] == 6


def test_several_programs_and_none(
    healthy: RunningSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    program = Path(os.environ["PATH"].split(os.pathsep)[0], "awsenv")
    shutil.copy(program, other / "awsenv")
    (tmp_path / "same").symlink_to(program.parent)
    folders = [str(tmp_path / "same"), str(program.parent), str(other), os.environ["PATH"]]
    env = {"PATH": os.pathsep.join(folders)}
    found = one(findings("--offline", env=env), "2 programs called awsenv on PATH")
    assert f"never {other / 'awsenv'}" in found["message"]
    program.unlink()
    assert one(findings("--offline"), "there is no awsenv on PATH")


def test_the_hook_of_another_version(healthy: RunningSts) -> None:
    found = one(findings("--offline", env={"AWSENV_HOOK": "zsh 0.0.9"}), "the hook in this zsh")
    assert "open a new shell" in found["fix"]


def test_what_the_hook_says_of_itself(healthy: RunningSts) -> None:
    words = "precmd_functions read-only:PROMPT too-old:5.4.2"
    found = findings("--offline", env={"AWSENV_HOOK": f"zsh {__version__} {words}"})
    for text in (
        "precmd_functions was assigned after the hook was loaded",
        "PROMPT is read-only in this zsh, so the prompt cannot show the time left",
        "zsh 5.4.2 cannot drop a line that is about to run",
    ):
        assert one(found, text)


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "pwsh"])
def test_the_hook_tells(healthy: RunningSts, name: str, tmp_path: Path) -> None:
    home = tmp_path / f"home-{name}"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "AWS_CONFIG_FILE": str(healthy.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(healthy.aws_folder / "credentials"),
    }
    called = "powershell" if name == "pwsh" else name
    load = f"source {ROOT / 'shell' / f'awsenv.{name}'}"
    if name == "pwsh":
        load = f"Import-Module '{ROOT / 'shell' / 'awsenv.psm1'}'"
    with drive(name, tmp_path, env=environment, columns=200) as shell:
        out = shell.run("awsenv doctor --offline")
        assert f"note: the hook is not loaded in this {called}" in out
        assert f"fix: awsenv init {called} --install" in out
        shell.run(f"awsenv init {called} --install")
        out = shell.run("awsenv doctor --offline")
        assert "loads it in new ones" in out
        assert "fix: open a new shell" in out
        shell.run(load)
        assert shell.run("awsenv doctor --offline").endswith("nothing is wrong")
    assert home.exists()


def test_every_hook_file_names_this_version() -> None:
    for name in ("bash", "zsh", "fish"):
        text = "".join(file.read_text() for file in (ROOT / "shell").glob(f"awsenv*.{name}"))
        assert f"AWSENV_HOOK='{name} {__version__}'" in text
    assert f"'powershell {__version__}'" in (ROOT / "shell" / "awsenv-call.ps1").read_text()


def test_what_is_hostile_is_made_visible(healthy: RunningSts) -> None:
    add_section(healthy, "profile x", region="\x1b[31meu-west-1")
    out = run_awsenv("doctor", "--offline").stdout
    assert "\x1b" not in out
    assert "\\x1b[31m" in out


def test_a_shared_folder_is_left_as_it_is(healthy: RunningSts, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    config = shared / "config"
    shutil.copy(healthy.aws_folder / "config", config)
    said = run_awsenv("doctor", "--offline", env={"AWS_CONFIG_FILE": str(config)}).stdout
    assert "is shared with other users" in said
    assert "keep the AWS files in a folder of yours" in said
    assert "chmod" not in said
    said = run_awsenv("doctor", "--offline", env={"AWS_CONFIG_FILE": str(shared)}).stdout
    assert f"AWS_CONFIG_FILE names a folder: {shared}" in said


def test_an_rc_line_whose_file_is_gone(healthy: RunningSts, clean_env: Path) -> None:
    rc = clean_env / ".bashrc"
    assert run_awsenv("init", "bash", "--install").returncode == 0
    if not rc.exists():
        rc = clean_env / ".bash_profile"
    (clean_env / ".local/share/awsenv/awsenv.bash").unlink()
    env = {name: value for name, value in os.environ.items() if name != "AWSENV_HOOK"}
    done = subprocess.run(
        ["bash", "--norc", "-c", f"{sys.executable} -m awsenv doctor --offline --json | cat; :"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "which does not exist, so no shell has the hook" in done.stdout
    assert "awsenv init bash --install" in done.stdout
    # A shell that has the hook since before that is told as well.
    told = run_awsenv("doctor", "--offline", env={"AWSENV_HOOK": f"bash {__version__}"})
    assert "which does not exist, so new shells do not have the hook" in told.stdout


@pytest.mark.skipif(os.name == "nt", reason="$PROFILE is elsewhere on Windows")
def test_the_module_of_the_gallery_needs_no_file_of_ours(
    healthy: RunningSts, clean_env: Path
) -> None:
    profile = clean_env / ".config/powershell/Microsoft.PowerShell_profile.ps1"
    profile.parent.mkdir(parents=True)
    profile.write_text("Import-Module awsenv\n")
    hook = {"AWSENV_HOOK": f"powershell {__version__}"}
    assert "does not exist" not in run_awsenv("doctor", "--offline", env=hook).stdout


def test_a_fix_is_written_in_the_language_of_the_shell(healthy: RunningSts) -> None:
    """Asked for by each shell, as a person's would do it."""
    line = "awsenv doctor --offline"
    env = {**os.environ, "AWS_SECURITY_TOKEN": "x"}
    for name, options, fix in (
        ("bash", ["--norc", "-c", f"{line}; :"], "fix: unset AWS_SECURITY_TOKEN"),
        ("pwsh", ["-NoProfile", "-Command", line], "fix: Remove-Item Env:AWS_SECURITY_TOKEN"),
    ):
        program = need_shell(name)
        done = subprocess.run(
            [program, *options], capture_output=True, text=True, env=env, check=False
        )
        assert fix in done.stdout, name


def test_help_is_written_in_the_language_of_the_shell(healthy: RunningSts) -> None:
    for name, options, shown in (
        ("bash", ["--norc", "-c", "awsenv --help; :"], 'eval "$(awsenv assume NAME)"'),
        ("pwsh", ["-NoProfile", "-Command", "awsenv --help"], "Invoke-Expression (awsenv assume"),
    ):
        program = need_shell(name)
        done = subprocess.run([program, *options], capture_output=True, text=True, check=False)
        assert shown in done.stdout + done.stderr, name


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="ONLY ROOT CAN GIVE FILES AWAY")
def test_a_folder_that_belongs_to_somebody_else(healthy: RunningSts, clean_env: Path) -> None:
    cache = clean_env / ".cache"
    cache.mkdir()
    os.chown(cache, 1, 1)
    found = one(findings("--offline"), "~/.cache belongs to daemon, so awsenv cannot use it")
    assert found["fix"] == 'sudo chown -R "$(id -un)" ~/.cache'
    shutil.rmtree(cache)


def test_the_endpoint_of_the_demo_is_no_finding(healthy: RunningSts) -> None:
    env = {"AWS_ENDPOINT_URL": healthy.url}
    assert one(findings("--offline", env=env), "AWS_ENDPOINT_URL sends every AWS call to")
    told = findings("--offline", env={**env, "AWSENV_DEMO": "/somewhere"})
    assert not [each for each in told if "AWS_ENDPOINT_URL" in each["message"]]
