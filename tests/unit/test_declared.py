"""What is read of a command line without Typer is what Typer reads, or nothing."""

import random
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from awsenv.cli import typer_app
from awsenv.commands import COMMANDS, PASSES_ON, load
from awsenv.errors import AwsenvError
from awsenv.parameters.declared import parameters, read
from support.world import run_awsenv

# Words that mean something somewhere, and words that are easily taken wrongly.
WORDS = ["dev", "prod-admin", " ", "-", "--", "-h", "--help", "--nope", "-x", "2h", "1d12h", "soon"]
WORDS += ["--region=eu-west-1", "--mfa", "--mfa-code=123456", "a=b", "--json", "bash", "--version"]


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The values that commands are called with, in the place of running them."""
    values: list[dict[str, Any]] = []
    for name in COMMANDS:
        module = import_module(f"awsenv.commands.{name.replace('-', '_')}")
        real = module.command

        def stand_in(**given: Any) -> None:
            values.append(given)

        stand_in.parameters = parameters(real)  # type: ignore[attr-defined]
        stand_in.__doc__ = real.__doc__
        monkeypatch.setattr(module, "command", stand_in)
    return values


def by_typer(name: str, words: list[str], called: list[dict[str, Any]]) -> Any:
    called.clear()
    try:
        typer_app.call([name, *words])
    except AwsenvError as error:
        return str(error)
    return _plain(called[0]) if called else "help"


def by_declaration(name: str, words: list[str]) -> Any:
    try:
        found = read(load(name), words, name in PASSES_ON)
    except AwsenvError as error:
        return str(error)
    return None if found is None else _plain(found)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    # To every command, an empty list is what None is.
    return {key: None if value == [] else value for key, value in values.items()}


@pytest.mark.parametrize("name", COMMANDS)
def test_read_as_typer_reads(name: str, called: list[dict[str, Any]], seed: int) -> None:
    chance = random.Random(seed)
    options = [each.name for each in parameters(load(name)).values()]
    read_at_all = 0
    for _ in range(150):
        count = chance.randrange(6)
        pool = WORDS if chance.random() < 0.5 else ["dev", "2h", "x y", "Ünï"]
        words = [chance.choice(options + pool) for _ in range(count)]
        found = by_declaration(name, words)
        if isinstance(found, str) and "needs a value" in found:
            continue
        if found is not None:
            read_at_all += 1
            assert found == by_typer(name, words, called), (seed, words)
    assert read_at_all > 10


def test_what_is_left_to_typer() -> None:
    def left(name: str, *words: str) -> bool:
        return by_declaration(name, list(words)) is None

    assert not left("assume", "dev", "--shell", "bash", "--mfa-code=123456", "--tag", "a=b")
    assert not left("assume", "--region", "a", "--region", "b", "--", "dev")
    assert not left("exec", "--region", "eu-west-1", "dev", "--", "aws", "--help")
    assert not left("refresh", "--shell", "zsh")
    assert left("assume", "--help")
    assert left("assume", "dev", "extra")
    assert left("assume", "--refresh=yes")
    assert left("assume", "dev", "--region")
    assert left("assume", "dev", "--regio", "x")


@pytest.mark.parametrize("following", ["--refresh", "--", "-x", "--mfa-code"])
def test_no_option_is_taken_for_a_value(following: str) -> None:
    for words in (["dev", "--region", following], ["--tag", "a=b", "--region", following, "dev"]):
        said = by_declaration("assume", words)
        assert said == f"--region needs a value, and {following} follows"
    found = by_declaration("assume", ["dev", f"--region={following}"])
    assert found["region"] == following


@pytest.mark.parametrize(
    "words",
    [
        ["rotate", ""],
        ["setup", "", "--yes"],
        ["logout", ""],
        ["status", ""],
        ["prompt", ""],
        ["init", ""],
        ["assume", "dev", "--shell", ""],
        ["assume", "dev", "--shell="],
        ["assume", "dev", "--format", ""],
        ["assume", "dev", "--tag", ""],
        ["rotate", "--delete-key", ""],
        ["save", "dev", "--as", ""],
    ],
    ids=" ".join,
)
def test_an_empty_word_stands_for_nothing(words: list[str], clean_env: Path) -> None:
    done = run_awsenv(*words)
    assert done.returncode == 2
    assert " is empty\n" in done.stderr
    assert done.stdout == ("false\n" if words[0] in ("assume", "init") else "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--"], 2, "there is no command"),
        (["--version", "assume", "dev"], 2, "--version stands alone"),
        (["--", "assume", "--shell", "bash"], 3, "there is no profile 'default'"),
        (["--", "assume", "dev", "--shell", "bash"], 3, "there is no profile 'dev'"),
    ],
)
def test_what_stands_before_the_command(
    clean_env: Path, words: list[str], code: int, said: str
) -> None:
    done = run_awsenv(*words)
    assert (done.returncode, done.stdout) == (code, "false\n")
    assert said in done.stderr


def test_no_word_is_lost_or_moved(called: list[dict[str, Any]]) -> None:
    words = ["--region", "r", "dev", "aws", "--region", "s3", "--", "-x", ""]
    found = by_declaration("exec", words)
    assert found == by_typer("exec", words, called)
    assert found["words"] == ["aws", "--region", "s3", "--", "-x", ""]
    assert (found["profile"], found["region"]) == ("dev", "r")
