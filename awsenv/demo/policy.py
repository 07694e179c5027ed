"""IAM policies: read strictly, judged as AWS judges them.

Only part of the language is known here. A policy that uses anything else is refused when it is
read: a demo that silently ignored an element, an operator or a key would be lying.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any

_KEYS = {
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:principalarn",
    "aws:username",
    "sts:externalid",
    "sts:rolesessionname",
    "sts:sourceidentity",
}
_KEY_PATTERN = re.compile(r"aws:requesttag/.+|[a-z0-9./-]+:(sub|aud)")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE = re.compile(r"\*|arn:.+")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_PRINCIPAL = re.compile(
    r"\d{12}|arn:[a-z-]+:iam::\d{12}:(root|(user|role)/[\w+=,.@/-]+)"
    r"|arn:[a-z-]+:sts::\d{12}:assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|\*"
)


class PolicyError(ValueError):
    """A policy that cannot be judged: malformed, or beyond the part of the language known here."""


class Decision(Enum):
    ALLOW = "allow"
    DENY = "explicit deny"
    NONE = "no statement applies"


@dataclass(frozen=True)
class AccessRequest:
    """What is judged. Context keys are lower case; an absent key is absent, not empty."""

    action: str
    resource: str
    context: Mapping[str, str]
    names: frozenset[tuple[str, str]] = frozenset()
    """The (kind, name) pairs a trust policy may know the caller by."""


@lru_cache(maxsize=512)
def _glob(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    body = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(body, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _like(value: str, pattern: str) -> bool:
    return _glob(pattern).fullmatch(value) is not None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise PolicyError(f"not a number: {text}") from None


def _numeric(test: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    """A comparison that is false for whatever a request has that is not a number."""

    def compare(have: str, want: str) -> bool:
        try:
            return test(float(have), float(want))
        except ValueError:
            return False

    return compare


@dataclass(frozen=True)
class _Operator:
    test: Callable[[str, str], bool]
    negated: bool = False
    check: Callable[[str], object] = str


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise PolicyError(f"neither true nor false: {text}")
    return text.lower() == "true"


_OPERATORS = {
    "StringEquals": _Operator(lambda have, want: have == want),
    "StringNotEquals": _Operator(lambda have, want: have == want, negated=True),
    "StringLike": _Operator(_like),
    "StringNotLike": _Operator(_like, negated=True),
    "Bool": _Operator(lambda have, want: have.lower() == want.lower(), check=_truth),
    "NumericLessThan": _Operator(_numeric(lt), check=_number),
    "NumericLessThanEquals": _Operator(_numeric(le), check=_number),
    "NumericGreaterThan": _Operator(_numeric(gt), check=_number),
    "NumericGreaterThanEquals": _Operator(_numeric(ge), check=_number),
}


@dataclass(frozen=True)
class _Condition:
    operator: str
    if_exists: bool
    key: str
    values: tuple[str, ...]

    def holds(self, context: Mapping[str, str]) -> bool:
        have = context.get(self.key)
        if self.operator == "Null":
            return (have is None) == _truth(self.values[0])
        operator = _OPERATORS[self.operator]
        if have is None:
            return self.if_exists or operator.negated
        wanted = [filled for value in self.values if (filled := _fill(value, context)) is not None]
        return any(operator.test(have, want) for want in wanted) != operator.negated


@dataclass(frozen=True)
class _Statement:
    allow: bool
    actions: tuple[str, ...]
    all_but_actions: bool
    resources: tuple[str, ...]
    all_but_resources: bool
    principals: frozenset[tuple[str, str]]
    conditions: tuple[_Condition, ...]

    def applies(self, request: AccessRequest) -> bool:
        action = any(
            _glob(pattern, ignore_case=True).fullmatch(request.action) for pattern in self.actions
        )
        filled = [_fill(pattern, request.context) for pattern in self.resources]
        resource = any(_like(request.resource, pattern) for pattern in filled if pattern)
        return (
            action != self.all_but_actions
            and (not self.resources or resource != self.all_but_resources)
            and (not self.principals or bool(self.principals & request.names))
            and all(condition.holds(request.context) for condition in self.conditions)
        )


@dataclass(frozen=True)
class Policy:
    """A policy that has been read and understood in full."""

    statements: tuple[_Statement, ...]

    @classmethod
    def identity(cls, document: object) -> "Policy":
        """Read the policy of a user, a role or a session: JSON text or what it stands for."""
        return cls(_statements(document, trust=False))

    @classmethod
    def trust(cls, document: object) -> "Policy":
        """Read a role's trust policy: JSON text or what it stands for."""
        return cls(_statements(document, trust=True))

    def decide(self, request: AccessRequest) -> Decision:
        """The verdict of this policy by itself: a Deny beats any Allow."""
        hits = [statement.allow for statement in self.statements if statement.applies(request)]
        if not hits:
            return Decision.NONE
        return Decision.ALLOW if all(hits) else Decision.DENY


def _fill(pattern: str, context: Mapping[str, str]) -> str | None:
    """`pattern` with its ${variables} filled in; None where one has no value."""
    names = _VARIABLE.findall(pattern)
    if any(name.lower() not in context for name in names):
        return None
    return _VARIABLE.sub(lambda match: context[match[1].lower()], pattern)


def _known_key(key: str) -> str:
    if key.lower() not in _KEYS and not _KEY_PATTERN.fullmatch(key.lower()):
        raise PolicyError(f"unknown condition key: {key}")
    return key.lower()


def _texts(value: object) -> tuple[str, ...]:
    """One value or a list of them as texts, every ${variable} in them a known one."""
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str | int | float) for each in values):
        raise PolicyError(f"neither a text nor a list of texts: {value!r}")
    texts = tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)
    for text in texts:
        for name in _VARIABLE.findall(text):
            _known_key(name)
    return texts


def _shaped(value: object, shape: re.Pattern[str]) -> tuple[str, ...]:
    texts = _texts(value)
    for text in texts:
        if not shape.fullmatch(text):
            raise PolicyError(f"neither an action nor a resource: {text}")
    return texts


def _condition(operator: str, key: str, value: object) -> _Condition:
    base = operator.removesuffix("IfExists")
    if base not in _OPERATORS and operator != "Null":
        raise PolicyError(f"unknown condition operator: {operator}")
    texts = _texts(value)
    check = _truth if base == "Null" else _OPERATORS[base].check
    for text in texts:
        check(text)
    if base == "Null" and len(texts) != 1:
        raise PolicyError("Null takes one value")
    return _Condition(base, base != operator, _known_key(key), texts)


def _either(raw: Mapping[str, Any], name: str, default: object = None) -> tuple[Any, bool]:
    """The value of `name` or `Not<name>`, and whether it was the latter."""
    if name in raw and f"Not{name}" in raw:
        raise PolicyError(f"both {name} and Not{name}")
    value = raw.get(name, raw.get(f"Not{name}", default))
    if value is None:
        raise PolicyError(f"no {name}")
    return value, f"Not{name}" in raw


def _principals(value: object) -> frozenset[tuple[str, str]]:
    if value == "*":
        value = {"AWS": "*"}
    if not isinstance(value, dict) or not value:
        raise PolicyError("a trust policy's statement needs a Principal")
    found = set()
    for kind, names in value.items():
        if kind not in ("AWS", "Federated", "Service"):
            raise PolicyError(f"unknown kind of principal: {kind}")
        for name in _texts(names):
            if kind == "AWS" and not _PRINCIPAL.fullmatch(name):
                raise PolicyError(f"invalid principal: {name}")
            found.add((kind, name))
    return frozenset(found)


def _statement(raw: object, *, trust: bool) -> _Statement:
    if not isinstance(raw, dict):
        raise PolicyError("a statement is not an object")
    known = {"Sid", "Effect", "Action", "NotAction", "Condition"}
    known |= {"Principal"} if trust else {"Resource", "NotResource"}
    if unknown := set(raw) - known:
        raise PolicyError(f"unknown element: {', '.join(sorted(unknown))}")
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError("Effect is neither Allow nor Deny")
    actions, all_but_actions = _either(raw, "Action")
    resources, all_but_resources = ([], False) if trust else _either(raw, "Resource")
    conditions = raw.get("Condition", {})
    if not isinstance(conditions, dict) or not all(
        isinstance(keys, dict) for keys in conditions.values()
    ):
        raise PolicyError("Condition is not an object of objects")
    return _Statement(
        raw["Effect"] == "Allow",
        _shaped(actions, _ACTION),
        all_but_actions,
        () if trust else _shaped(resources, _RESOURCE),
        all_but_resources,
        _principals(raw.get("Principal")) if trust else frozenset(),
        tuple(
            _condition(operator, key, value)
            for operator, keys in conditions.items()
            for key, value in keys.items()
        ),
    )


def _statements(document: object, *, trust: bool) -> tuple[_Statement, ...]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise PolicyError("not JSON") from error
    if not isinstance(document, dict):
        raise PolicyError("a policy is not an object")
    if unknown := set(document) - {"Version", "Id", "Statement"}:
        raise PolicyError(f"unknown element: {', '.join(sorted(unknown))}")
    if document.get("Version") != "2012-10-17":
        raise PolicyError("Version is not 2012-10-17")
    raw = document.get("Statement", [])
    return tuple(
        _statement(each, trust=trust) for each in (raw if isinstance(raw, list) else [raw])
    )
