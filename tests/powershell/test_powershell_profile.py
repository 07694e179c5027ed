"""`awsenv init powershell`: the right $PROFILE, in its own encoding, and the word on policies."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsenv.errors import UsageError
from awsenv.install.powershell_profile import StartupFile, decoded
from support.powershell_decoder import decode
from support.powershell_syntax import errors
from support.shells_at_hand import need_shell
from support.world import run_awsenv

LINE = "if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage' -and [IO.File]::Exists("


def _profile(home: Path) -> Path:
    return home / ".config" / "powershell" / "Microsoft.PowerShell_profile.ps1"


def _init(*options: str, code: int = 0) -> str:
    done = run_awsenv("init", "powershell", *options)
    assert done.returncode == code, done.stderr
    return done.stderr


posix_only = pytest.mark.skipif(os.name == "nt", reason="$PROFILE is elsewhere on Windows")


def test_the_line_loads_a_copy_that_is_there(clean_env: Path) -> None:
    done = run_awsenv("init", "powershell")
    assert done.stderr == ""
    line = done.stdout
    assert line.startswith(LINE)
    assert line.isascii()
    assert errors(line) == []
    quoted = line.removeprefix(LINE).partition(")) {")[0]
    assert line == f"{LINE}{quoted})) {{ Import-Module {quoted} }}\n"
    [(_, path)] = decode(f"$env:PATH_TO = {quoted}")
    assert path
    file = Path(path)
    assert file.name == "awsenv.psm1"
    shipped = Path(__file__).parents[2] / "shell"
    for name in ("awsenv.psm1", "awsenv_command.ps1"):
        assert (file.parent / name).read_bytes() == (shipped / name).read_bytes()


@posix_only
def test_a_missing_profile_is_made_and_goes_again(clean_env: Path) -> None:
    _init("--install")
    text = _profile(clean_env).read_text("ascii")
    assert run_awsenv("init", "powershell").stdout in text
    assert errors(text) == []
    assert "has the line already" in _init("--install")
    _init("--uninstall")
    assert not _profile(clean_env).exists()


@posix_only
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False], ids=["line end", "no line end"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_encoding_and_line_ends_are_kept(
    clean_env: Path, encoding: str, last: bool, end: str
) -> None:
    text = f"# na\u00efve \u2013 \u2019{end}Set-Alias ll Get-ChildItem{end if last else ''}"
    before = text.encode(encoding)
    if encoding == "utf-16-be":
        before = b"\xfe\xff" + before
    file = _profile(clean_env)
    file.parent.mkdir(parents=True)
    file.write_bytes(before)
    _init("--install")
    after = file.read_bytes()
    assert after.startswith(before)
    shown = after.decode("utf-16" if "16" in encoding else encoding)
    assert LINE in shown
    assert shown.count("\n") == shown.count(end)
    _init("--uninstall")
    assert file.read_bytes() == before


@posix_only
def test_a_signed_profile_is_not_broken(clean_env: Path) -> None:
    file = _profile(clean_env)
    file.parent.mkdir(parents=True)
    file.write_text("'x'\n# SIG # Begin signature block\n# MII\n# SIG # End signature block\n")
    before = file.read_bytes()
    assert "is signed" in _init("--install", code=2)
    assert file.read_bytes() == before


@given(text=st.text(), mark=st.sampled_from([b"\xff\xfe", b"\xfe\xff"]))
def test_utf16_goes_there_and_back(text: str, mark: bytes) -> None:
    codec = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    raw = mark + text.encode(codec, "surrogatepass")
    inner, encoded = decoded(raw)
    assert inner.decode("utf-8", "surrogatepass") == text
    assert encoded(inner) == raw


def _is_plain(raw: bytes) -> bool:
    return raw[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"# SIG #" not in raw


@given(raw=st.binary().filter(_is_plain))
def test_all_else_is_left_as_it_is(raw: bytes) -> None:
    inner, encoded = decoded(raw)
    assert inner == encoded(inner) == raw


def test_half_a_character_is_refused() -> None:
    with pytest.raises(UsageError, match="UTF-16"):
        decoded(b"\xff\xfea\0b")


def test_policies_that_stop_it_are_said_with_the_way_out() -> None:
    for policy in ("Restricted", "AllSigned"):
        warning = StartupFile("p", policy).warning
        assert warning
        assert policy in warning
        assert "Set-ExecutionPolicy -Scope CurrentUser RemoteSigned" in warning
    for policy in ("RemoteSigned", "Unrestricted", "Bypass", "Undefined", ""):
        assert StartupFile("p", policy).warning is None


def _real(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [need_shell("pwsh"), "-NoLogo", "-NonInteractive", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "POWERSHELL_TELEMETRY_OPTOUT": "1", **env},
        check=True,
    )


def test_the_real_powershell_reads_what_was_added(clean_env: Path) -> None:
    asked = _real("-NoProfile", "-Command", "$PROFILE").stdout.strip()
    kept = Path(asked).read_bytes() if Path(asked).exists() else None
    try:
        _init("--install")
        assert LINE in Path(asked).read_text("utf-8")
        # Not interactive: the module is loaded, and leaves the session alone.
        assert _real("-Command", "(Get-Module awsenv).Name").stdout.strip() == "awsenv"
    finally:
        if kept is not None:
            Path(asked).write_bytes(kept)
        elif Path(asked).exists():
            Path(asked).unlink()


@pytest.mark.skipif(os.name != "nt", reason="only Windows has execution policies")
@pytest.mark.parametrize("policy", ["Restricted", "RemoteSigned"])
def test_the_real_policy_is_told(monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    monkeypatch.setenv("PSExecutionPolicyPreference", policy)
    asked = Path(_real("-NoProfile", "-Command", "$PROFILE").stdout.strip())
    kept = asked.read_bytes() if asked.exists() else None
    try:
        told = _init("--install")
        assert ("execution policy Restricted" in told) == (policy == "Restricted")
    finally:
        if kept is not None:
            asked.write_bytes(kept)
        elif asked.exists():
            asked.unlink()


@posix_only
@pytest.mark.skipif(shutil.which("pwsh") is not None, reason="there is a real one")
def test_the_program_that_is_there_is_asked(
    clean_env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program called pwsh that answers as PowerShell on Windows would."""
    tools = clean_env / "tools"
    tools.mkdir()
    elsewhere = clean_env / "OneDrive" / "profile.ps1"
    (tools / "pwsh").write_text(f"#!/bin/sh\nprintf '{elsewhere}\\r\\nRestricted\\r\\n'\n")
    (tools / "pwsh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    told = _init("--install")
    assert "execution policy Restricted" in told
    assert LINE in elsewhere.read_text()
    (tools / "pwsh").write_text("#!/bin/sh\nexit 3\n")
    _init("--install")
    assert LINE in _profile(clean_env).read_text()
