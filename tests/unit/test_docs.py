"""The documentation says what the program does."""

import re
from pathlib import Path

import pytest

from awsenv import errors
from awsenv.commands import COMMANDS, load
from awsenv.parameters.declared import parameters

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _options(command: str) -> set[str]:
    declared = parameters(load(command))
    return {each.name for each in declared.values() if each.name.startswith("-")}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_a_page_with_every_option(command: str) -> None:
    page = (ROOT / "docs" / "commands" / f"{command}.md").read_text()
    assert page.startswith(f"# awsenv {command}\n")
    known = _options(command)
    told = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]+", page))
    missing = {option for option in known if option not in told and option != "--help"}
    assert not missing, f"{command}.md does not tell of {missing}"


def test_the_pages_name_no_option_that_is_not_there() -> None:
    every = {option for command in COMMANDS for option in _options(command)}
    for command in COMMANDS:
        page = (ROOT / "docs" / "commands" / f"{command}.md").read_text()
        rows = re.findall(r"^\| `(--[a-z-]+)", page, re.M)
        assert set(rows) <= every | {"--help"}, command


def test_exit_codes_are_the_programs() -> None:
    page = (ROOT / "docs" / "exit-codes.md").read_text()
    told = {int(code) for code in re.findall(r"^\| (\d+)", page, re.M)}
    tree = [errors.AwsenvError]
    for kind in tree:
        tree.extend(kind.__subclasses__())
    assert {kind.exit_code for kind in tree if kind.__module__ == "awsenv.errors"} <= told


def test_the_record_in_the_docs_is_the_one_that_is_written(sts, awsenv) -> None:
    page = (ROOT / "docs" / "files.md").read_text()
    assert awsenv("assume", "dev", "--mfa-code", sts.code(), "--shell", "bash").returncode == 0
    for record in (Path.home() / ".cache/awsenv/sessions").iterdir():
        for name in re.findall(r"^([A-Z_]+)=", record.read_text(), re.M):
            known = f"`{name}`" in page or f"{name}=" in page or name.startswith("OPTION_")
            assert known, f"docs/files.md does not tell of {name}"


def _anchors(page: Path) -> set[str]:
    """What a link can point to in `page`: its headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text()):
        found = page.parent / target if target else page
        assert found.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in _anchors(found), f"{page.name}: {target}#{anchor}"
