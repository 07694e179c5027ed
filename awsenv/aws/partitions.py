"""The partitions of AWS: their regions, and where each one signs people in.

botocore's own table (partitions.json) takes longer to load than a whole command may take. A test
compares the two.
"""

from __future__ import annotations

from awsenv.lean.dataclasses import dataclass


@dataclass(frozen=True)
class Partition:
    """One partition.

    The names of its regions begin with `regions`, or, where that is "", with nothing that marks
    another partition. `default_region` is the one whose STS is called when no region is set.
    `sign_in` and `console` are hosts; None where awsenv does not know the console.
    """

    name: str
    regions: str
    default_region: str
    sign_in: str | None = None
    console: str | None = None


PARTITIONS = {
    each.name: each
    for each in (
        Partition("aws", "", "us-east-1", "signin.aws.amazon.com", "console.aws.amazon.com"),
        Partition("aws-cn", "cn-", "cn-north-1", "signin.amazonaws.cn", "console.amazonaws.cn"),
        Partition(
            "aws-us-gov",
            "us-gov-",
            "us-gov-west-1",
            "signin.amazonaws-us-gov.com",
            "console.amazonaws-us-gov.com",
        ),
        Partition(
            "aws-eusc",
            "eusc-",
            "eusc-de-east-1",
            "eusc-de-east-1.signin.amazonaws-eusc.eu",
            "console.amazonaws-eusc.eu",
        ),
        Partition("aws-iso", "us-iso-", "us-iso-east-1"),
        Partition("aws-iso-b", "us-isob-", "us-isob-east-1"),
        Partition("aws-iso-e", "eu-isoe-", "eu-isoe-west-1"),
        Partition("aws-iso-f", "us-isof-", "us-isof-south-1"),
    )
}


def partition_of_region(region: str) -> str:
    """The name of the partition that `region` is in; "aws" for a region that no other partition
    has.
    """
    for each in PARTITIONS.values():
        if each.regions and region.startswith(each.regions):
            return each.name
    return "aws"


def default_region(partition: str) -> str:
    """The region whose STS to call when none is set; the partition may be one that awsenv does not
    know.
    """
    known = PARTITIONS.get(partition)
    return known.default_region if known else PARTITIONS["aws"].default_region


def may_be_in(region: str, partition: str) -> bool:
    """Whether `region` may be in `partition`. A partition that awsenv does not know may have any
    region.
    """
    found = partition_of_region(region)
    return found == partition or (found == "aws" and partition not in PARTITIONS)
