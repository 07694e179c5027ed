"""What to call the account that a plan leads to."""

from __future__ import annotations

from awsenv.aws.arn import account_in
from awsenv.config import marks
from awsenv.storage import account_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.config import Config
    from awsenv.plan.plan import Plan


def account_of(plan: Plan, config: Config) -> str | None:
    """The name that the profile gives it, else the alias that has been learned, else its number.

    None where nothing tells before AWS does.
    """
    profile = None if plan.request.role_arn else config.profiles.get(plan.request.profile or "")
    serial = next((step.serial for step in plan.steps if step.serial), None)
    number = account_in(plan.role_arn) or plan.root.account or account_in(serial)
    return marks.account_name(profile) or account_names.aliases().get(number or "") or number
