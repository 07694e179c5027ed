"""The policy language: what is known is judged as AWS judges it, all else is an error."""

from typing import Any

import pytest

from awsenv.demo.policy import AccessRequest, Decision, Policy, PolicyError
from awsenv.demo.world import document, statement

PRESENT = "aws:MultiFactorAuthPresent"
AGE = "aws:MultiFactorAuthAge"
ROLE = "arn:aws:iam::444455556666:role/deploy"
ALICE = "arn:aws:iam::111122223333:user/alice"


def judge(policy: object, action: str = "sts:AssumeRole", resource: str = ROLE, **context: str):
    keys = {key.replace("_", ":", 1).lower(): value for key, value in context.items()}
    return Policy.identity(policy).decide(AccessRequest(action, resource, keys))


def holds(condition: dict[str, Any], **context: str) -> bool:
    policy = document(statement("Allow", Action="*", Resource="*", Condition=condition))
    return judge(policy, **context) is Decision.ALLOW


@pytest.mark.parametrize(
    ("elements", "applies"),
    [
        ({"Action": "*", "Resource": "*"}, True),
        ({"Action": "sts:*", "Resource": "*"}, True),
        ({"Action": "STS:assumerole", "Resource": "*"}, True),
        ({"Action": "sts:Assume????", "Resource": "*"}, True),
        ({"Action": "sts:AssumeRol", "Resource": "*"}, False),
        ({"Action": ["iam:*", "sts:AssumeRole"], "Resource": "*"}, True),
        ({"NotAction": "iam:*", "Resource": "*"}, True),
        ({"NotAction": ["iam:*", "sts:AssumeRole"], "Resource": "*"}, False),
        ({"Action": "*", "Resource": "arn:aws:iam::444455556666:role/*"}, True),
        ({"Action": "*", "Resource": "arn:aws:iam::444455556666:role/Deploy"}, False),
        ({"Action": "*", "NotResource": ROLE}, False),
        ({"Action": "*", "NotResource": "arn:aws:iam::*:user/*"}, True),
    ],
)
def test_actions_and_resources(elements: dict[str, Any], applies: bool) -> None:
    wanted = Decision.ALLOW if applies else Decision.NONE
    assert judge(document(statement("Allow", **elements))) is wanted


def test_a_deny_beats_any_allow() -> None:
    allow = statement("Allow", Action="*", Resource="*")
    deny = statement("Deny", Action="sts:AssumeRole", Resource=ROLE)
    for both in (document(allow, deny), document(deny, allow)):
        assert judge(both) is Decision.DENY
        assert judge(both, action="sts:TagSession") is Decision.ALLOW


@pytest.mark.parametrize(
    ("condition", "without", "false", "true"),
    [
        ({"Bool": {PRESENT: "true"}}, False, False, True),
        ({"Bool": {PRESENT: "false"}}, False, True, False),
        ({"Bool": {PRESENT: True}}, False, False, True),
        ({"BoolIfExists": {PRESENT: "true"}}, True, False, True),
        ({"BoolIfExists": {PRESENT: "false"}}, True, True, False),
        ({"Null": {PRESENT: "true"}}, True, False, False),
        ({"Null": {PRESENT: "false"}}, False, True, True),
        ({"Null": {PRESENT: False}}, False, True, True),
    ],
)
def test_mfa_presence(condition: dict[str, Any], without: bool, false: bool, true: bool) -> None:
    assert holds(condition) is without
    assert holds(condition, aws_MultiFactorAuthPresent="false") is false
    assert holds(condition, aws_MultiFactorAuthPresent="true") is true


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above", "absent"),
    [
        ("NumericLessThan", True, False, False, False),
        ("NumericLessThanEquals", True, True, False, False),
        ("NumericLessThanIfExists", True, False, False, True),
        ("NumericLessThanEqualsIfExists", True, True, False, True),
        ("NumericGreaterThan", False, False, True, False),
        ("NumericGreaterThanEquals", False, True, True, False),
        ("NumericGreaterThanIfExists", False, False, True, True),
    ],
)
def test_mfa_age(operator: str, below: bool, equal: bool, above: bool, absent: bool) -> None:
    condition = {operator: {AGE: 300}}
    assert holds(condition, aws_MultiFactorAuthAge="299") is below
    assert holds(condition, aws_MultiFactorAuthAge="300") is equal
    assert holds(condition, aws_MultiFactorAuthAge="1000") is above
    assert holds(condition) is absent


def test_what_is_no_number_is_in_no_range() -> None:
    key = "aws:RequestTag/level"
    assert not holds({"NumericLessThan": {key: 5}}, **{"aws_RequestTag/level": "low"})
    assert holds({"NumericLessThan": {key: 5}}, **{"aws_RequestTag/level": "4"})


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ({"StringEquals": {"sts:ExternalId": "a"}}, "a", True),
        ({"StringEquals": {"sts:ExternalId": "a"}}, "A", False),
        ({"StringEquals": {"sts:ExternalId": "a*"}}, "ab", False),
        ({"StringEquals": {"sts:ExternalId": ["a", "b"]}}, "b", True),
        ({"StringEquals": {"sts:ExternalId": "a"}}, None, False),
        ({"StringEqualsIfExists": {"sts:ExternalId": "a"}}, None, True),
        ({"StringEqualsIfExists": {"sts:ExternalId": "a"}}, "b", False),
        ({"StringNotEquals": {"sts:ExternalId": "a"}}, "b", True),
        ({"StringNotEquals": {"sts:ExternalId": ["a", "b"]}}, "b", False),
        ({"StringNotEquals": {"sts:ExternalId": "a"}}, None, True),
        ({"StringLike": {"sts:ExternalId": "a*z?"}}, "abczd", True),
        ({"StringLike": {"sts:ExternalId": "a*z?"}}, "abcz", False),
        ({"StringLike": {"sts:ExternalId": "a.c"}}, "abc", False),
        ({"StringNotLike": {"sts:ExternalId": "a*"}}, "abc", False),
        ({"StringEquals": {"STS:EXTERNALID": "a"}}, "a", True),
    ],
)
def test_strings(condition: dict[str, Any], value: str | None, expected: bool) -> None:
    context = {} if value is None else {"sts_ExternalId": value}
    assert holds(condition, **context) is expected


def test_all_conditions_of_a_statement_must_hold() -> None:
    condition = {"Bool": {PRESENT: "true"}, "NumericLessThan": {AGE: "300"}}
    fresh = {"aws_MultiFactorAuthPresent": "true", "aws_MultiFactorAuthAge": "3"}
    assert holds(condition, **fresh)
    assert not holds(condition, **fresh | {"aws_MultiFactorAuthAge": "400"})


def test_a_variable_stands_for_the_caller() -> None:
    own = "arn:aws:iam::*:user/${aws:username}"
    policy = document(statement("Allow", Action="iam:GetUser", Resource=own))
    assert judge(policy, "iam:GetUser", ALICE, aws_username="alice") is Decision.ALLOW
    assert judge(policy, "iam:GetUser", ALICE, aws_username="bob") is Decision.NONE
    assert judge(policy, "iam:GetUser", ALICE) is Decision.NONE


@pytest.mark.parametrize(
    ("principal", "trusted"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ALICE}, True),
        ({"AWS": ["111122223333", "arn:aws:iam::999900001111:root"]}, True),
        ({"AWS": "arn:aws:iam::111122223333:root"}, True),
        ({"AWS": "arn:aws:iam::111122223333:user/alic"}, False),
        ({"AWS": "999900001111"}, False),
        ({"Service": "ec2.amazonaws.com"}, False),
        ({"Federated": "arn:aws:iam::111122223333:oidc-provider/x.example"}, False),
    ],
)
def test_principals(principal: object, trusted: bool) -> None:
    trust = document(statement("Allow", Principal=principal, Action="sts:AssumeRole"))
    account = "111122223333"
    names = frozenset(
        ("AWS", name) for name in ("*", ALICE, account, f"arn:aws:iam::{account}:root")
    )
    decision = Policy.trust(trust).decide(AccessRequest("sts:AssumeRole", ROLE, {}, names))
    assert decision is (Decision.ALLOW if trusted else Decision.NONE)


OK = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (OK | {"Condition": {"IpAddress": {"aws:username": "a"}}}, "operator: IpAddress"),
        (OK | {"Condition": {"NullIfExists": {"aws:username": "true"}}}, "NullIfExists"),
        (OK | {"Condition": {"StringEquals": {"aws:SourceIp": "a"}}}, "key: aws:SourceIp"),
        (OK | {"Condition": {"Bool": {PRESENT: "yes"}}}, "neither true nor false: yes"),
        (OK | {"Condition": {"Null": {PRESENT: ["true", "false"]}}}, "one value"),
        (OK | {"Condition": {"NumericLessThan": {AGE: "5m"}}}, "not a number: 5m"),
        (OK | {"Condition": {"StringEquals": "a"}}, "object of objects"),
        (OK | {"Condition": {"StringEquals": {"aws:username": []}}}, "list of texts"),
        (OK | {"Resource": "arn:aws:iam::*:user/${aws:userid}"}, "key: aws:userid"),
        (OK | {"Effect": "allow"}, "Effect"),
        (OK | {"Action": "AssumeRole"}, "AssumeRole"),
        (OK | {"NotAction": "*"}, "both Action and NotAction"),
        (OK | {"Resource": "role/x"}, "role/x"),
        (OK | {"Principal": "*"}, "unknown element: Principal"),
        ({"Effect": "Allow", "Resource": "*"}, "no Action"),
        ({"Effect": "Allow", "Action": "*"}, "no Resource"),
        ("Allow", "not an object"),
    ],
)
def test_an_identity_policy_beyond_the_known_is_an_error(raw: Any, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        Policy.identity({"Version": "2012-10-17", "Statement": [raw]})


TRUST = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, "needs a Principal"),
        (TRUST | {"Resource": "*"}, "unknown element: Resource"),
        (TRUST | {"NotPrincipal": "*"}, "unknown element: NotPrincipal"),
        (TRUST | {"Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}}, "invalid principal"),
        (TRUST | {"Principal": {"AWS": "alice"}}, "invalid principal: alice"),
        (TRUST | {"Principal": {"Human": "alice"}}, "kind of principal: Human"),
    ],
)
def test_a_trust_policy_beyond_the_known_is_an_error(raw: Any, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        Policy.trust({"Version": "2012-10-17", "Statement": raw})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ('{"Statement": []}', "Version"),
        ('{"Version": "2012-10-17", "Statements": []}', "Statements"),
    ],
)
def test_what_is_no_policy_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        Policy.identity(text)
