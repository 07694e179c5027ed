"""docs/matching.md tells of the commands that the hooks' table has, and of no others."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "shell" / "awsenv-commands").read_text("ascii")
PAGE = (ROOT / "docs" / "matching.md").read_text()
RULES = [line.split(" ") for line in TABLE.splitlines() if line and not line.startswith("#")]


def _listed_after(heading: str) -> list[str]:
    (text,) = re.findall(rf"{re.escape(heading)}:\n\n(.*?)\.\n", PAGE, re.S)
    return re.split(r"[,;]\s+", text)


def _leading(rule: list[str]) -> str:
    """`uv run` of `> uv run 1 --with`."""
    leading = [word for word in rule[1:] if not re.fullmatch(r"[0-9*]|\*?-.*", word)]
    return " ".join(leading)


def test_every_rule_is_of_a_known_kind() -> None:
    for rule in RULES:
        assert rule[0] in ("+", "-", "k", "=", ">"), rule
        assert len(rule) >= 2, rule
        assert all(rule), f"more than one blank in {rule}"
        if rule[0] in "+k>":
            assert not re.search(r"[*?\[]", rule[1]), rule
        if rule[0] == "=":
            assert len(rule) > 2, rule
            assert all(word.startswith("-") for word in rule[2:]), rule
        if rule[0] == "-":
            assert len(rule) > 2, rule
    known = {rule[1] for rule in RULES if rule[0] in "+k>"} | {"*"}
    assert {rule[1] for rule in RULES} == known


def test_no_rule_stands_there_twice() -> None:
    assert len(RULES) == len({tuple(rule) for rule in RULES})


def test_the_page_lists_the_commands_of_the_table() -> None:
    asking = [_leading(rule) for rule in RULES if rule[0] == "+" and len(rule) == 2]
    assert sorted(_listed_after("These commands ask")) == sorted(asking)
    kube = [rule[1] for rule in RULES if rule[0] == "k"]
    heading = "These ask only where the kubeconfig's current context belongs to EKS"
    assert sorted(_listed_after(heading)) == sorted(kube)
    runners = {_leading(rule) for rule in RULES if rule[0] == ">"}
    assert sorted(_listed_after("which run another command")) == sorted(runners)
