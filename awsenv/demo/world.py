"""Worlds for the demo server: users, roles and providers, and the one a newcomer meets.

world = World()
alice = world.add_user("alice", mfa=True)
world.add_role("deploy", trust=trusting(alice.arn, {"Bool": {"aws:MultiFactorAuthPresent": True}}))
"""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from awsenv.demo.model import (
    IssuedSession,
    MfaDevice,
    Role,
    User,
    UserKey,
    WebIdentityProvider,
    random_id,
    random_secret,
)
from awsenv.demo.policy import Policy
from awsenv.storage.private_files import make_private_dir, write_private

HOME = "111122223333"
"""The account users live in unless another is named."""
ELSEWHERE = "444455556666"
"""The account roles live in unless another is named."""

Document = dict[str, Any]

_PRESENT = "aws:MultiFactorAuthPresent"


def statement(effect: str, **elements: object) -> Document:
    return {"Effect": effect, **elements}


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


ALLOW_ALL = document(statement("Allow", Action="*", Resource="*"))
ALLOW_NOTHING = document()
MFA_OR_SELF_SERVICE = document(
    statement("Allow", Action="*", Resource="*"),
    statement(
        "Deny",
        NotAction=[
            "iam:CreateAccessKey",
            "iam:DeleteAccessKey",
            "iam:GetAccessKeyLastUsed",
            "iam:GetUser",
            "iam:ListAccessKeys",
            "iam:ListMFADevices",
            "iam:UpdateAccessKey",
            "sts:GetSessionToken",
        ],
        Resource="*",
        Condition={"BoolIfExists": {_PRESENT: "false"}},
    ),
)
"""Everything with MFA; without it, only what a user may do to their own keys."""


def trusting(
    principal: str | list[str],
    condition: Document | None = None,
    *,
    actions: tuple[str, ...] = ("sts:AssumeRole",),
    kind: str = "AWS",
) -> Document:
    """A trust policy of one statement that allows `principal`: ARNs, account numbers or `*`."""
    allow = statement("Allow", Principal={kind: principal}, Action=list(actions))
    return document(allow | ({"Condition": condition} if condition else {}))


@dataclass
class World:
    """All there is in one partition. Changing it while a server runs it: through its control."""

    partition: str = "aws"
    users: list[User] = field(default_factory=list)
    roles: dict[str, Role] = field(default_factory=dict)
    providers: list[WebIdentityProvider] = field(default_factory=list)
    managed_policies: dict[str, Policy] = field(default_factory=dict)
    sessions: dict[str, IssuedSession] = field(default_factory=dict, repr=False)
    aliases: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add_managed_policy("AdministratorAccess", ALLOW_ALL)
        reading = ["iam:Get*", "iam:List*"]
        self.add_managed_policy(
            "ReadOnlyAccess", document(statement("Allow", Action=reading, Resource="*"))
        )

    def add_user(
        self,
        name: str,
        *,
        account: str = HOME,
        policy: object = ALLOW_ALL,
        mfa: bool | str = False,
        root: bool = False,
    ) -> User:
        """A user with one access key; with `mfa` a virtual device, or one of that serial."""
        user = User(name, account, self.partition, Policy.identity(policy), root=root)
        user.id = random_id("AIDA")
        user.created_at = time.time()
        self.users.append(user)
        self.add_key(user)
        if mfa:
            label = "root-account-mfa-device" if root else name
            serial = f"arn:{self.partition}:iam::{account}:mfa/{label}"
            self.add_device(user, serial if mfa is True else mfa)
        return user

    def add_key(self, user: User) -> UserKey:
        key = UserKey(random_id("AKIA"), random_secret(), created_at=time.time())
        user.keys.append(key)
        return key

    def add_device(self, user: User, serial: str) -> MfaDevice:
        device = MfaDevice(serial, secrets.token_bytes(20), enabled_at=time.time())
        user.devices.append(device)
        return device

    def add_role(
        self,
        name: str,
        *,
        trust: object,
        account: str = ELSEWHERE,
        policy: object = ALLOW_ALL,
        max_duration: int = 3600,
    ) -> Role:
        role = Role(
            name,
            account,
            self.partition,
            Policy.trust(trust),
            Policy.identity(policy),
            max_duration,
            random_id("AROA"),
        )
        self.roles[role.arn] = role
        return role

    def add_provider(
        self, host: str, tokens: Mapping[str, str], *, account: str = ELSEWHERE
    ) -> WebIdentityProvider:
        """An OpenID Connect provider; `tokens` maps each token it knows to its subject."""
        arn = f"arn:{self.partition}:iam::{account}:oidc-provider/{host}"
        provider = WebIdentityProvider(host, arn, dict(tokens))
        self.providers.append(provider)
        return provider

    def add_managed_policy(self, name: str, policy: object) -> str:
        """An AWS managed policy that AssumeRole may be given in PolicyArns; its ARN."""
        arn = f"arn:{self.partition}:iam::aws:policy/{name}"
        self.managed_policies[arn] = Policy.identity(policy)
        return arn

    def user(self, name: str) -> User:
        """The user of that name or ARN. LookupError: no such user."""
        for user in self.users:
            if name in (user.name, user.arn):
                return user
        raise LookupError(f"no user {name}")

    def role(self, name: str) -> Role:
        """The role of that name or ARN. LookupError: no such role."""
        for role in self.roles.values():
            if name in (role.name, role.arn):
                return role
        raise LookupError(f"no role {name}")

    def device(self, serial: str = "") -> MfaDevice:
        """The device of that serial, or the first there is. LookupError: no such device."""
        for user in self.users:
            for device in user.devices:
                if serial in ("", device.serial):
                    return device
        raise LookupError(f"no MFA device {serial}")

    def key(self, key_id: str) -> tuple[User, UserKey]:
        """A user's long-lived key. LookupError: no such key."""
        for user in self.users:
            for key in user.keys:
                if key.id == key_id:
                    return user, key
        raise LookupError(f"no access key {key_id}")


def demo_world(partition: str = "aws") -> World:
    """A newcomer's world: alice, her MFA device, and a role of each sort, in other accounts."""
    world = World(partition)
    world.aliases |= {HOME: "acme-people", ELSEWHERE: "acme-prod"}
    alice = world.add_user("alice", policy=MFA_OR_SELF_SERVICE, mfa=True)
    mfa = {"Bool": {_PRESENT: "true"}}
    admin = world.add_role("prod-admin", trust=trusting(HOME, mfa))
    world.add_role(
        "dev",
        account="777788889999",
        trust=document(
            statement("Allow", Principal={"AWS": alice.arn}, Action="sts:AssumeRole"),
            statement(
                "Deny",
                Principal="*",
                Action="sts:AssumeRole",
                Condition={"BoolIfExists": {_PRESENT: "false"}},
            ),
        ),
    )
    world.add_role("audit", account="222233334444", trust=trusting(admin.arn), max_duration=14400)
    world.add_role("longhaul", trust=trusting(HOME, mfa), max_duration=43200)
    fresh = {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}
    world.add_role("fresh-mfa", trust=trusting(HOME, fresh))
    wanted = {"StringEquals": {"sts:ExternalId": "tenant-42"}}
    world.add_role("external", account="555566667777", trust=trusting(HOME, wanted))
    world.add_role("forbidden", trust=trusting("999900001111"))
    return world


_PROFILES: dict[str, tuple[str, Mapping[str, str]]] = {
    "prod-admin": ("eu-west-1", {}),
    "dev": ("eu-central-1", {}),
    "audit": ("us-east-1", {"source_profile": "prod-admin"}),
    "longhaul": ("eu-west-1", {"duration_seconds": "43200"}),
    "fresh-mfa": ("eu-west-1", {}),
    "external": ("ap-southeast-2", {"external_id": "tenant-42"}),
    "forbidden": ("eu-west-1", {}),
}
"""The profiles of the demo world, named as its roles: region, and what is special."""


def write_config(world: World, url: str, folder: str) -> None:
    """Write `config` and `credentials` (0600) for a `demo_world()` served at `url` to `folder`.

    With an empty `url` the profiles name no endpoint. Files of those names are replaced.
    """
    alice = world.user("alice")
    endpoint = {"endpoint_url": url} if url else {}
    serial = {"mfa_serial": alice.mfa.serial}
    # Beside keys, the .NET SDK refuses mfa_serial itself.
    own = {"awsenv_mfa_serial": alice.mfa.serial}
    sections = {"default": {"region": "eu-central-1"} | own | endpoint}
    for name, (region, special) in _PROFILES.items():
        body = {"role_arn": world.role(name).arn, "source_profile": "default", "region": region}
        chained = "source_profile" in special
        sections[f"profile {name}"] = body | ({} if chained else serial) | dict(special) | endpoint
    keys = {"aws_access_key_id": alice.key.id, "aws_secret_access_key": alice.key.secret}
    make_private_dir(folder)
    write_private(os.path.join(folder, "config"), _ini(sections))
    write_private(os.path.join(folder, "credentials"), _ini({"default": keys}))


def _ini(sections: Mapping[str, Mapping[str, str]]) -> str:
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in body.items())
        for name, body in sections.items()
    )
