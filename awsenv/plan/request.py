"""What the user asked for: a profile, and options that override what it says."""

from __future__ import annotations

from awsenv.lean.dataclasses import dataclass, field, fields
from awsenv.values.notation import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Request:
    """The options of assume, explain, exec, login and credential-process; durations in seconds.

    None, False and () mean "not given on the command line". The fields before `region` decide which
    session it is, and are kept in its record, so that it can be renewed the same way.
    """

    profile: str | None = None
    role_arn: str | None = None
    source_profile: str | None = None
    mfa_serial: str | None = None
    external_id: str | None = None
    session_name: str | None = None
    duration: int | None = None
    mfa_duration: int | None = None
    mfa_direct: bool = False
    tags: tuple[str, ...] = ()
    transitive_tags: tuple[str, ...] = ()
    source_identity: str | None = None
    policy_arns: tuple[str, ...] = ()
    from_env: bool = False
    region: str | None = None
    mfa_code: str | None = field(default=None, repr=False)
    refresh: bool = False
    min_left: int | None = None

    def options(self) -> dict[str, str]:
        """What a record keeps of this request: OPTION_ names and their text."""
        kept = {}
        for name in _RECORDED:
            value = getattr(self, name)
            if isinstance(value, tuple):
                value = " ".join(_pack(item) for item in value)
            if value:
                kept[f"OPTION_{name.upper()}"] = "1" if value is True else str(value)
        return kept

    def alters(self) -> str | None:
        """The option, if any, that makes the session differ from the profile's own."""
        name = next((name for name in ALTERING if getattr(self, name)), None)
        return f"--{name.rstrip('s').replace('_', '-')}" if name else None

    @classmethod
    def from_options(cls, values: Mapping[str, str]) -> Request:
        """The request that `options` was written from; whatever cannot be part of one is left
        out.
        """
        found: dict[str, object] = {}
        for item in fields(cls):
            text = values.get(f"OPTION_{item.name.upper()}")
            if item.name not in _RECORDED or text is None:
                continue
            if item.default is False:
                found[item.name] = True
            elif item.default == ():
                found[item.name] = tuple(_unpack(part) for part in text.split(" "))
            else:
                found[item.name] = text if item.name not in _SECONDS else whole_number(text)
        return cls(**found)  # type: ignore[arg-type]


def _pack(text: str) -> str:
    return text.replace("%", "%25").replace(" ", "%20")


def _unpack(text: str) -> str:
    return text.replace("%20", " ").replace("%25", "%")


ALTERING = (
    "role_arn",
    "source_profile",
    "external_id",
    "tags",
    "transitive_tags",
    "source_identity",
    "policy_arns",
    "from_env",
)
_SECONDS = ("duration", "mfa_duration")
_NOT_RECORDED = ("region", "mfa_code", "refresh", "min_left")
_RECORDED = tuple(item.name for item in fields(Request) if item.name not in _NOT_RECORDED)
