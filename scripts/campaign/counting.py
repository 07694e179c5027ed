"""What a part of the campaign has tried, and what went wrong."""

import random
from dataclasses import dataclass, field
from typing import Protocol

from campaign.place import Place


@dataclass
class Count:
    """How often `what` was tried; `failures` says of each failure what happened."""

    what: str
    must: str
    tried: int = 0
    failures: list[str] = field(default_factory=list)
    why_not: str = ""

    def check(self, good: object, told: str) -> None:
        """Count one trial, which failed as `told` says unless it is good."""
        self.tried += 1
        if not good:
            self.failures.append(told[:400])

    def fail(self, told: str) -> None:
        """Count one trial that failed as `told` says."""
        self.check(None, told)


class Part(Protocol):
    """One part: tries its harm `scale` times as often as the whole campaign does."""

    def __call__(self, place: Place, chance: random.Random, scale: float) -> list[Count]: ...
