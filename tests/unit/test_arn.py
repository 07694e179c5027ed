"""ARNs and partitions: read in one place, and as botocore's own table has them."""

import json
import re
from pathlib import Path

import botocore
import pytest

from awsenv.aws.arn import Arn, account_in, is_iam, name_in, parse_arn, partition_in
from awsenv.aws.partitions import PARTITIONS, default_region, may_be_in, partition_of_region

ROLE = "arn:aws-cn:iam::123456789012:role/team/admin"


def test_the_parts_of_an_arn() -> None:
    assert parse_arn(ROLE) == Arn("aws-cn", "iam", "", "123456789012", "role/team/admin")
    assert (partition_in(ROLE), account_in(ROLE), name_in(ROLE)) == (
        "aws-cn",
        "123456789012",
        "admin",
    )
    assert parse_arn("arn:aws:logs:eu-west-1:1:log-group:a:b") == Arn(
        "aws", "logs", "eu-west-1", "1", "log-group:a:b"
    )
    assert account_in("arn:aws:iam::aws:policy/ReadOnlyAccess") == "aws"
    assert account_in("arn:aws:s3:::bucket") is None


@pytest.mark.parametrize("text", [None, "", "GAHT12345678", "arn:aws:iam", "arn::iam::1:role/a"])
def test_what_is_no_arn(text: str | None) -> None:
    assert parse_arn(text) is None
    assert (partition_in(text), account_in(text), name_in(text)) == ("aws", None, None)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (ROLE, True),
        ("arn:aws:iam::123456789012:role/a+b=c,d.e@f-g_h", True),
        ("arn:aws:iam::123456789012:role/a:b/c!d/e", True),
        ("arn:aws:iam::123456789012:role/a b/c", False),
        ("arn:aws:iam::123456789012:role/a/", False),
        ("arn:aws:iam::123456789012:role/", False),
        ("arn:aws:iam::123456789012:role", False),
        ("arn:aws:iam::12345678901:role/a", False),
        ("arn:aws:iam::12345678901٣:role/a", False),
        ("arn:aws:iam:eu-west-1:123456789012:role/a", False),
        ("arn:aws:sts::123456789012:role/a", False),
        ("arn:aws:iam::123456789012:user/a", False),
        ("arn:aws:iam::123456789012:role/a b", False),
        ("arn:aws:iam::123456789012:role/ä", False),
        ("arn:aws:iam::123456789012:role/a:b", False),
        ("role/a", False),
    ],
)
def test_the_form_of_a_role(text: str, good: bool) -> None:
    assert is_iam(text, "role") == good


def of_botocore() -> list[dict[str, object]]:
    data = Path(botocore.__file__).parent / "data" / "partitions.json"
    found: list[dict[str, object]] = json.loads(data.read_text())["partitions"]
    return found


def test_the_table_has_the_partitions_that_botocore_has() -> None:
    assert set(PARTITIONS) == {str(each["id"]) for each in of_botocore()}


@pytest.mark.parametrize("each", of_botocore(), ids=lambda each: each["id"])
def test_regions_are_in_the_partition_that_botocore_says(each: dict[str, object]) -> None:
    name, regions = str(each["id"]), each["regions"]
    assert isinstance(regions, dict)
    real = [region for region in regions if not region.endswith("-global")]
    assert real
    assert {partition_of_region(region) for region in real} == {name}
    assert default_region(name) in real
    assert re.match(str(each["regionRegex"]), default_region(name))
    for other in PARTITIONS:
        assert may_be_in(real[0], other) == (other == name)


def test_a_partition_that_is_not_in_the_table() -> None:
    assert default_region("aws-new") == "us-east-1"
    assert may_be_in("xx-north-1", "aws-new")
    assert not may_be_in("cn-north-1", "aws-new")
    assert may_be_in("local", "aws")
