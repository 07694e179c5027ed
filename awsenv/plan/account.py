"""What to call the account that a plan leads to, and in which colours a prompt shows it."""

from __future__ import annotations

from awsenv.aws.arn import account_in
from awsenv.config import marks
from awsenv.storage import account_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.config import Config
    from awsenv.config.profiles import Profile
    from awsenv.plan.plan import Plan


def account_of(plan: Plan, config: Config) -> str | None:
    """The name that the profile gives it, else the alias that has been learned, else its number.

    None where nothing tells before AWS does.
    """
    profile = _marked(plan, config)
    serial = next((step.serial for step in plan.steps if step.serial), None)
    number = account_in(plan.role_arn) or plan.root.account or account_in(serial)
    return marks.account_name(profile) or account_names.aliases().get(number or "") or number


def colors_of(plan: Plan, config: Config) -> str:
    """The colours of a prompt's segment that the profile asks for, or ""."""
    return marks.prompt_colors(_marked(plan, config))


def _marked(plan: Plan, config: Config) -> Profile | None:
    """The profile whose marks hold for what the plan leads to: another role is another matter."""
    return None if plan.request.role_arn else config.profiles.get(plan.request.profile or "")
