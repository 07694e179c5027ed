"""Whose keys a session holds, as one text per step of a plan: the identity of its session.

The one place that says what the identity consists of: the source (its access key ID, or the source
itself with the machine or container it belongs to), an explicit endpoint, the partition, the MFA
serial, the role, the external ID, the session name if one is set, tags, the source identity,
session policies, and the identity that the role is chained from. Not the region, because a session
serves every region, and not the duration. Records, saved sections and the notes of the fast way
contain it; two sessions are interchangeable only if it is the same.
"""

from __future__ import annotations

from awsenv.aws.arn import partition_in
from awsenv.lean.hashlib import digest
from awsenv.values.notation import encode_pairs
from awsenv.values.steps import AssumeRole, GetSessionToken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.plan.plan import Plan


def source_identity(root_identity: str, endpoint: str | None) -> str:
    """The identity of the credentials at the root, as they are known to who answers there."""
    return fingerprint({"SOURCE": root_identity, "ENDPOINT": endpoint or ""})


def step_identities(plan: Plan) -> list[str]:
    """The identity of each step's session, in the order of the steps."""
    source = source_identity(plan.root.identity, plan.endpoint)
    found: list[str] = []
    for step in plan.steps:
        parent = found[-1] if found else source
        if isinstance(step, GetSessionToken):
            arn = step.serial if ":" in step.serial else plan.role_arn
            parts = {"MFA_OF": parent, "SERIAL": step.serial, "PARTITION": partition_in(arn)}
            found.append(fingerprint(parts))
        elif isinstance(step, AssumeRole):
            found.append(fingerprint(_role(parent, step)))
        else:
            # What the source gives has the identity of the source.
            found.append(parent)
    return found


def _role(parent: str, step: AssumeRole) -> Mapping[str, str]:
    return {
        "PARENT": parent,
        "ROLE": step.role_arn,
        "EXTERNAL_ID": step.external_id or "",
        "SESSION_NAME": step.session_name or "",
        "TAGS": _each(step.tags),
        "TRANSITIVE_TAGS": _each(step.transitive_tags),
        "SOURCE_IDENTITY": step.source_identity or "",
        "POLICIES": _each(step.policy_arns),
        "SERIAL": step.serial or "",
    }


def _each(texts: tuple[str, ...]) -> str:
    return encode_pairs(dict.fromkeys(texts, ""))


def fingerprint(parts: Mapping[str, str]) -> str:
    """40 hexadecimal digits that stand for `parts`."""
    return digest(encode_pairs(parts))[:40]
