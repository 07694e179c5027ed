"""The module as the PowerShell Gallery hands it out, in a real PowerShell."""

import os
import subprocess
from pathlib import Path

import pytest

from awsenv import __version__
from support.powershell_session import quoted
from support.shells_at_hand import need_shell

ROOT = Path(__file__).parents[2]


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A folder of modules, with awsenv in it."""
    if os.name == "nt":
        pytest.skip("the package is made by a script for bash")
    subprocess.run(
        [ROOT / "scripts" / "powershell-package", tmp_path], check=True, stdout=subprocess.DEVNULL
    )
    return tmp_path


def _run(modules: Path, line: str) -> str:
    done = subprocess.run(
        [need_shell("pwsh"), "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", line],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PSModulePath": str(modules), "NO_COLOR": "1"},
    )
    assert (done.stderr, done.returncode) == ("", 0), done.stdout
    return done.stdout


def test_the_manifest_is_a_good_one(modules: Path) -> None:
    manifest = quoted(str(modules / "awsenv" / "awsenv.psd1"))
    shown = _run(
        modules,
        f'$m = Test-ModuleManifest {manifest}; "$($m.Version) $($m.PowerShellVersion)";'
        " $m.ExportedAliases.Keys; $m.ExportedFunctions.Keys; $m.FileList",
    )
    version, *rest = shown.splitlines()
    assert version == f"{__version__} 5.1"
    assert rest[:4] == ["awsenv", "awsenv_unload", "awsenv_segment", "awsenv_command.ps1"]
    named = {Path(line).name for line in rest[4:]}
    there = {path.name for path in (modules / "awsenv").rglob("*") if path.is_file()}
    assert there - named == {"LICENSE"}
    assert named <= there


def test_it_is_found_by_its_name_and_has_help(modules: Path) -> None:
    shown = _run(
        modules,
        "Import-Module awsenv; (Get-Module awsenv).Version.ToString(); Get-Help about_awsenv",
    )
    assert shown.startswith(f"{__version__}\n")
    assert "AWSENV_COMMANDS" in shown


def test_it_installs_as_a_module(modules: Path, clean_env: Path) -> None:
    """By the clients of the Gallery, to which a file called awsenv.ps1 would make it a script."""
    gallery = modules / "gallery"
    gallery.mkdir()
    line = (
        f"Register-PSResourceRepository -Name local -Uri {quoted(str(gallery))} -Trusted;"
        f" Publish-PSResource -Path {quoted(str(modules / 'awsenv'))} -Repository local;"
        " Install-PSResource awsenv -Repository local;"
        " (Get-PSResource awsenv).Type.ToString(); Import-Module awsenv;"
        " (Get-Module awsenv).Version.ToString()"
    )
    done = subprocess.run(
        [need_shell("pwsh"), "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", line],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert (done.stderr, done.stdout.splitlines()) == ("", ["Module", __version__])


def test_the_hook_files_that_are_installed_are_those_of_the_package(modules: Path) -> None:
    from awsenv.install.hook_files import FILES

    for name in FILES["powershell"]:
        assert (modules / "awsenv" / name).read_bytes() == (ROOT / "shell" / name).read_bytes()
