"""`assume --export-profile`: a profile's name in the environment instead of keys."""

from __future__ import annotations

from awsenv.config.saved_sections import name_for, origin_of
from awsenv.errors import UsageError
from awsenv.lean.dataclasses import dataclass, replace
from awsenv.plan.identity import step_identities
from awsenv.saved.sections import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.config import Config
    from awsenv.plan.plan import Plan
    from awsenv.values.credentials import Session


@dataclass(frozen=True)
class Export:
    """A profile that AWS tools can use as it stands, once `plan`'s session is `saved`."""

    name: str
    plan: Plan
    saved: tuple[str, ...] = ()

    def save(self, session: Session, config: Config) -> list[str]:
        """Write `session` under the names in `saved`; those of them that changed.

        Raises ConfigError where it cannot be saved.
        """

        def changes(name: str) -> bool:
            return write(
                session,
                name,
                self.plan.steps[-1].profile,
                config,
                identity=step_identities(self.plan)[-1],
                keep_longer=not self.plan.request.refresh,
            )

        return [name for name in self.saved if changes(name)]


def choose(plan: Plan, config: Config) -> Export:
    """What to export for `plan`; raises UsageError where that has no name.

    It is the profile itself where that needs nothing, or has a role, a saved session as its
    source and no MFA device of its own. Else its session is saved as a profile.
    """
    name, altering = plan.request.profile, plan.request.alters()
    if name is None or altering:
        raise UsageError(
            f"a profile that is exported is renewed by its name, so {altering or 'that'} "
            "does not apply",
            "make a profile of it in the AWS config",
        )
    if not plan.steps:
        return Export(name, plan)
    if plan.usable_after is not None:
        part = replace(plan, steps=plan.steps[: plan.usable_after])
        return Export(name, part, part.steps[-1].saves if part.steps else ())
    return Export(*_saved(name, plan, config))


def _saved(name: str, plan: Plan, config: Config) -> tuple[str, Plan, tuple[str, ...]]:
    own = name if origin_of(name, config) else name_for(name, config)
    return own, plan, (own,)
