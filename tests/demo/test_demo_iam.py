"""The bit of IAM: a person's own keys and devices."""

import time
from collections.abc import Iterator

import pytest

from awsenv.demo.model import User
from awsenv.demo.server import Server
from awsenv.demo.world import ALLOW_NOTHING, HOME, World, document, statement, trusting
from support.demo_client import Refused, assume, client, mfa_session, refused

SELF = document(statement("Allow", Action="iam:*", Resource="arn:aws:iam::*:user/${aws:username}"))
INVALID = Refused(
    "InvalidClientTokenId", "The security token included in the request is invalid.", 403
)


@pytest.fixture
def server() -> Iterator[Server]:
    world = World()
    world.add_user("alice", mfa=True, policy=SELF)
    world.add_user("bob")
    with Server(world) as running:
        yield running


@pytest.fixture
def alice(server: Server) -> User:
    return server.world.user("alice")


def test_what_is_told_of_a_user(server: Server, alice: User) -> None:
    iam = client(server, alice.key, "iam")
    user = iam.get_user()["User"]
    assert (user["UserName"], user["UserId"], user["Arn"]) == ("alice", alice.id, alice.arn)
    assert abs(user["CreateDate"].timestamp() - time.time()) < 60
    (device,) = iam.list_mfa_devices()["MFADevices"]
    assert device["SerialNumber"] == alice.mfa.serial
    assert (
        client(server, server.world.user("bob").key, "iam").list_mfa_devices()["MFADevices"] == []
    )


def test_keys_are_rotated(server: Server, alice: User) -> None:
    iam = client(server, alice.key, "iam")
    new = iam.create_access_key(UserName="alice")["AccessKey"]
    assert new["Status"] == "Active"
    assert "+" in new["SecretAccessKey"]
    assert "/" in new["SecretAccessKey"]
    assert refused(iam.create_access_key) == Refused(
        "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409
    )
    assert client(server, new).get_caller_identity()["Arn"] == alice.arn

    fresh = client(server, new, "iam")
    old_id = alice.key.id
    old = alice.key
    fresh.update_access_key(AccessKeyId=old_id, Status="Inactive")
    assert refused(client(server, old).get_caller_identity) == INVALID
    status = {
        key["AccessKeyId"]: key["Status"] for key in fresh.list_access_keys()["AccessKeyMetadata"]
    }
    assert status == {old_id: "Inactive", new["AccessKeyId"]: "Active"}
    fresh.update_access_key(AccessKeyId=old_id, Status="Active")
    assert client(server, old).get_caller_identity()

    fresh.delete_access_key(AccessKeyId=old_id)
    assert refused(client(server, old).get_caller_identity) == INVALID
    assert refused(fresh.delete_access_key, AccessKeyId=old_id) == Refused(
        "NoSuchEntity", f"The Access Key with id {old_id} cannot be found.", 404
    )
    (left,) = fresh.list_access_keys()["AccessKeyMetadata"]
    assert left["AccessKeyId"] == new["AccessKeyId"]


def test_a_status_that_is_none(server: Server, alice: User) -> None:
    update = client(server, alice.key, "iam").update_access_key
    refusal = refused(update, AccessKeyId=alice.key.id, Status="Asleep")
    assert refusal.code == "ValidationError"
    assert "enum value set: [Active, Inactive]" in refusal.message


def test_when_a_key_was_last_used(server: Server, alice: User) -> None:
    iam = client(server, alice.key, "iam")
    new = iam.create_access_key()["AccessKey"]
    answer = iam.get_access_key_last_used(AccessKeyId=new["AccessKeyId"])
    assert answer["UserName"] == "alice"
    never = {"ServiceName": "N/A", "Region": "N/A"}
    assert answer["AccessKeyLastUsed"] == never
    client(server, new, region="ap-south-1").get_caller_identity()
    used = iam.get_access_key_last_used(AccessKeyId=new["AccessKeyId"])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sts", "ap-south-1")
    assert abs(used["LastUsedDate"].timestamp() - time.time()) < 60
    unknown = "AKIAAAAAAAAAAAAAAAAA"
    refusal = refused(iam.get_access_key_last_used, AccessKeyId=unknown)
    assert refusal.code == "AccessDenied"
    assert refusal.message.endswith(f"on resource: access key {unknown}")


def test_the_policy_is_asked(server: Server, alice: User) -> None:
    iam = client(server, alice.key, "iam")
    who = f"User: {alice.arn} is not authorized to perform: iam:"
    assert refused(iam.list_access_keys, UserName="bob") == Refused(
        "AccessDenied",
        f"{who}ListAccessKeys on resource: user bob because no identity-based policy allows the "
        "iam:ListAccessKeys action",
        403,
    )
    assert refused(iam.get_user, UserName="nobody").code == "AccessDenied"
    server.control.set_user_policy("alice", ALLOW_NOTHING)
    assert refused(iam.create_access_key).code == "AccessDenied"
    assert len(alice.keys) == 1
    server.control.set_user_policy(
        "alice", document(statement("Deny", Action="iam:GetUser", Resource="*"))
    )
    assert refused(iam.get_user) == Refused(
        "AccessDenied",
        f"{who}GetUser on resource: user alice with an explicit deny in an identity-based policy",
        403,
    )


def test_others_and_nobody(server: Server) -> None:
    iam = client(server, server.world.user("bob").key, "iam")
    assert iam.get_user(UserName="alice")["User"]["UserName"] == "alice"
    assert refused(iam.get_user, UserName="nobody") == Refused(
        "NoSuchEntity", "The user with name nobody cannot be found.", 404
    )


def test_a_role_must_say_whom_it_means(server: Server) -> None:
    arn = server.world.add_role("ops", trust=trusting(HOME), account=HOME).arn
    iam = client(server, assume(server, server.world.user("bob").key, arn), "iam")
    assert refused(iam.get_user) == Refused(
        "ValidationError", "Must specify userName when calling with non-User credentials", 400
    )
    assert iam.get_user(UserName="bob")["User"]["UserName"] == "bob"


def test_a_person_without_mfa_in_a_demanding_account(server: Server, alice: User) -> None:
    policy = document(
        statement("Allow", Action="*", Resource="*"),
        statement(
            "Deny",
            NotAction=["iam:ListMFADevices"],
            Resource="*",
            Condition={"Null": {"aws:MultiFactorAuthAge": "true"}},
        ),
    )
    server.control.set_user_policy("alice", policy)
    plain = client(server, alice.key, "iam")
    assert plain.list_mfa_devices()["MFADevices"]
    assert "explicit deny" in refused(plain.get_user).message
    assert client(server, mfa_session(server, alice), "iam").get_user()


def test_a_new_key_takes_some_requests(server: Server, alice: User) -> None:
    server.control.delay_new_keys(requests=2)
    new = client(server, alice.key, "iam").create_access_key()["AccessKey"]
    sts = client(server, new)
    assert refused(sts.get_caller_identity) == INVALID
    assert refused(sts.get_caller_identity) == INVALID
    assert sts.get_caller_identity()["Arn"] == alice.arn
    assert client(server, alice.key).get_caller_identity(), "the old key goes on"


def test_a_new_key_takes_some_time(server: Server, alice: User) -> None:
    server.control.delay_new_keys(seconds=0.5)
    new = client(server, alice.key, "iam").create_access_key()["AccessKey"]
    made = time.monotonic()
    sts = client(server, new)
    assert refused(sts.get_caller_identity) == INVALID
    time.sleep(max(0, made + 0.55 - time.monotonic()))
    assert sts.get_caller_identity()["Arn"] == alice.arn
