"""What is made from the declarations for packages, and what the project's own pages promise."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from awsenv.commands import COMMANDS, load
from awsenv.parameters.declared import parameters

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def man_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("man") / "awsenv.1"
    # -S and -I: a build has none of awsenv's dependencies.
    script = str(ROOT / "packaging" / "manpage.py")
    page.write_bytes(subprocess.check_output([sys.executable, "-I", "-S", script]))
    return page


def test_the_man_page_has_every_command_with_every_option(man_page: Path) -> None:
    text = man_page.read_text(encoding="utf-8").replace("\\-", "-")
    for command in COMMANDS:
        assert f"\n.SS \\fBawsenv {command}\\fR" in text
        for each in parameters(load(command)).values():
            if each.name.startswith("-"):
                assert f"\n.TP\n\\fB{each.name}\\fR" in text, each.name


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_the_man_page_is_good_roff(man_page: Path) -> None:
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", man_page],
        capture_output=True,
        text=True,
        check=False,
    )
    # It has no date on purpose.
    left = [line for line in done.stdout.splitlines() if "missing date" not in line]
    assert not left


def test_every_place_names_the_same_python() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    least = project["project"]["requires-python"].removeprefix(">=")
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "scripts/venv"):
        said = re.findall(r"Python (3\.\d+)", (ROOT / name).read_text())
        assert said, name
        assert set(said) == {least}, name
    minor = int(least.partition(".")[2])
    assert f"< (3, {minor})" in (ROOT / "scripts/venv").read_text()
    assert project["tool"]["ruff"]["target-version"] == f"py3{minor}"


def test_the_release_workflow_runs_what_is_there() -> None:
    workflow = (ROOT / ".github/workflows/release.yml").read_text()
    for path in re.findall(r"(?:\./|python )((?:scripts|packaging|\.ci)/[\w.-]+)", workflow):
        assert (ROOT / path).is_file(), path


def test_the_readme_links_become_absolute_for_the_package_index() -> None:
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["metadata"]
    text = (ROOT / "README.md").read_text()
    assert "](docs/" in text
    for each in hooks["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(each["pattern"], each["replacement"], text)
    assert not re.findall(r"\]\((?!https?://|#)[^)]*\)", text)
    assert re.search(r"!\[[^]]*\]\(https://raw\.[^)]*/docs/demo\.svg\)", text)


def test_every_line_that_installs_it_has_the_name_of_the_package() -> None:
    name = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]
    line = re.compile(r"(?:uv tool|pipx|pip) (?:install|upgrade|uninstall) \"?(aws[\w-]*)")
    found = {}
    for pattern in ("*.md", "docs/**/*.md", "awsenv/**/*.py", "shell/**/*"):
        for file in ROOT.glob(pattern):
            if file.is_file():
                found[file.name] = line.findall(file.read_text("utf-8"))
    for file in ("README.md", "recipes.md", "uninstall.py", "awsenv.psd1"):
        assert found[file]
    assert {each for names in found.values() for each in names} - {"aws-mfa", "awsume"} == {name}
