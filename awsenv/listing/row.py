"""The type of a row of `awsenv list`: a dict, because thousands are created and shown as JSON.

For annotations only: nothing of it exists at run time, because typing is slow to load.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Facts(TypedDict):
        """What the config files say of a profile; docs/commands/list.md describes each key."""

        account: str | None
        account_name: str | None
        color: str | None
        role: str | None
        role_arn: str | None
        source: str | None
        source_profile: str | None
        through: list[str]
        mfa_serial: str | None
        region: str | None

    class Row(Facts):
        """A profile at a glance. `seconds_left` is 0 without a live session."""

        profile: str
        seconds_left: int
        problem: str | None
