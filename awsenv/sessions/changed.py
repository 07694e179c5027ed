"""Whether a shell's session is still what its profile means: the config may have been edited."""

from __future__ import annotations

from awsenv.plan.identity import step_identities
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.plan.plan import Plan


def changed_since(plan: Plan, values: Mapping[str, str]) -> str | None:
    """What `plan` leads to instead of the session whose record has `values`; None if to the same.

    To be followed by " as in this shell".
    """
    identities = step_identities(plan)
    if not values or values.get("IDENTITY") == (identities[-1] if identities else None):
        return None
    before = values.get("ROLE_ARN") or values.get("SERIAL") or ""
    now = plan.role_arn or (plan.steps[-1].serial if plan.steps else None) or "its own keys"
    if before == now:
        return (
            f"profile {visible(plan.profile)} now gets {visible(now)} from other credentials, "
            "or with other options, than"
        )
    return f"profile {visible(plan.profile)} now means {visible(now)}, not {visible(before)}"
