"""What a role profile's keys make of the AssumeRole call, and what the command line overrides."""

import pytest

from awsenv.demo.model import Role
from awsenv.demo.world import HOME, trusting
from support.assuming import assume, environment, identity_by_boto3
from support.sources import add_section
from support.world import RunningSts, run_awsenv

ACTIONS = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def options_role(sts: RunningSts) -> Role:
    wanted = {"StringEquals": {"sts:ExternalId": ["tenant-1", "tenant-2"]}}
    trust = trusting(HOME, wanted, actions=ACTIONS)
    role = sts.world.add_role("options", trust=trust, max_duration=14400)
    add_section(
        sts,
        "profile options",
        role_arn=role.arn,
        source_profile="default",
        external_id="tenant-1",
        role_session_name="from-config",
        duration_seconds="7200",
        session_tags="team=ops, cost center=42",
        transitive_session_tags="team",
        source_identity="jane",
        policy_arns=f"{READ_ONLY},{ADMIN}",
    )
    return role


def parameters(sts: RunningSts) -> dict[str, str]:
    """Those of the last AssumeRole."""
    return sts.control.requests("AssumeRole")[-1]["parameters"]


def test_everything_from_the_config(sts: RunningSts, options_role: Role) -> None:
    change = assume("options", "--mfa-code", sts.code())
    assert identity_by_boto3(environment(change)).endswith("/options/from-config")
    assert parameters(sts) == {
        "RoleArn": options_role.arn,
        "RoleSessionName": "from-config",
        "ExternalId": "tenant-1",
        "DurationSeconds": "7200",
        "Tags.member.1.Key": "team",
        "Tags.member.1.Value": "ops",
        "Tags.member.2.Key": "cost center",
        "Tags.member.2.Value": "42",
        "TransitiveTagKeys.member.1": "team",
        "SourceIdentity": "jane",
        "PolicyArns.member.1.arn": READ_ONLY,
        "PolicyArns.member.2.arn": ADMIN,
    }


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        (["--external-id", "tenant-2"], {"ExternalId": "tenant-2"}),
        (["--session-name", "me"], {"RoleSessionName": "me"}),
        (["--duration", "3h"], {"DurationSeconds": "10800"}),
        (
            ["--tag", "team=dev", "--transitive-tag", "team"],
            {
                "Tags.member.1.Value": "dev",
                "Tags.member.2.Key": None,
                "Tags.member.2.Value": None,
            },
        ),
        (["--transitive-tag", "cost center"], {"TransitiveTagKeys.member.1": "cost center"}),
        (["--source-identity", "joe"], {"SourceIdentity": "joe"}),
        (
            ["--policy-arn", ADMIN],
            {"PolicyArns.member.1.arn": ADMIN, "PolicyArns.member.2.arn": None},
        ),
    ],
)
def test_the_command_line_overrides(
    sts: RunningSts, options_role: Role, arguments: list[str], changed: dict[str, str | None]
) -> None:
    assume("options", "--mfa-code", sts.code())
    before = parameters(sts)
    assume("options", *arguments)
    wanted = {**before, **changed}
    assert parameters(sts) == {name: text for name, text in wanted.items() if text is not None}
    # They are sessions of their own, and the first one is still at hand.
    calls = sts.control.count("AssumeRole")
    assume("options")
    assume("options", *arguments)
    assert sts.control.count("AssumeRole") == calls


def test_options_are_for_the_last_role_only(sts: RunningSts, options_role: Role) -> None:
    last = sts.world.add_role("last", trust=trusting(options_role.arn, actions=ACTIONS))
    add_section(sts, "profile last", role_arn=last.arn, source_profile="options")
    assume("last", "--session-name", "me", "--tag", "x=y", "--mfa-code", sts.code())
    first, second = (each["parameters"] for each in sts.control.requests("AssumeRole"))
    assert first["RoleSessionName"] == "from-config"
    assert second["RoleSessionName"] == "me"
    assert second["Tags.member.1.Key"] == "x"
    assert "ExternalId" not in second


def test_a_tag_that_is_none(sts: RunningSts) -> None:
    role = sts.world.role("dev").arn
    add_section(
        sts, "profile odd", role_arn=role, source_profile="default", session_tags="team=a,ops"
    )
    done = run_awsenv("explain", "odd")
    assert done.returncode == 3
    assert "session_tags" in done.stderr
    assert "'ops'" in done.stderr
    assert "~/.aws/config:" in done.stderr
