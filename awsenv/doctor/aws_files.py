"""The two files, line by line: what AWS tools refuse, ignore, or read differently than intended."""

from collections.abc import Iterator

from awsenv.config import file_paths, ini, reading
from awsenv.config.places import at
from awsenv.doctor import Case, Finding, from_error
from awsenv.errors import ConfigError

# Their values may hold anything.
_FREE = ("credential_process", "mfa_process")
# A section with one of these was meant to be a profile.
_OF_PROFILE = frozenset(
    (
        "aws_access_key_id",
        "aws_secret_access_key",
        "credential_process",
        "credential_source",
        "awsenv_mfa_serial",
        "mfa_serial",
        "output",
        "region",
        "role_arn",
        "source_profile",
        "sso_account_id",
        "sso_role_name",
        "sso_session",
    )
)
_KNOWN = (
    *_OF_PROFILE,
    "aws_session_token",
    "ca_bundle",
    "duration_seconds",
    "endpoint_url",
    "external_id",
    "login_session",
    "role_session_name",
    "services",
    "sso_region",
    "sso_registration_scopes",
    "sso_start_url",
    "web_identity_token_file",
)
_STRANGE_SPACE = "\u00a0\u2007\u202f\u200b\u3000\ufeff"
_SEPARATE = ("profile", "sso-session", "services")


def check(case: Case) -> Iterator[Finding]:
    config_path, credentials_path = file_paths(case.env)
    for path, is_config in ((config_path, True), (credentials_path, False)):
        told = set()
        try:
            sections = ini.read(path)
        except ConfigError as error:
            finding = from_error(error)
            told.add(finding.where)
            yield finding
            sections = {}
        for finding in _lines(path, is_config):
            if finding.where not in told:
                yield finding
        for section in sections.values():
            yield from _section(section, is_config)


def _lines(path: str, is_config: bool) -> Iterator[Finding]:
    """What can be seen in the lines alone, even in a file that is refused as a whole."""
    seen: dict[str, int] = {}
    keys: dict[str, int] = {}
    for number, line in _text(path):
        where = at(path, number)
        if line.startswith("[") and "]" in line:
            name = line[1 : line.rfind("]")]
            keys = {}
            if name in seen:
                yield Finding(
                    f"[{name}] stands here a second time, after line {seen[name]}",
                    "make one section of the two: AWS tools refuse the file as it is",
                    where,
                )
            seen.setdefault(name, number)
            yield from _header(name, is_config, where)
        elif line and line[0] not in "#;" and not line[0].isspace() and "=" in line:
            key = line.partition("=")[0].strip().lower()
            if key in keys:
                yield Finding(
                    f"{key} is set a second time, after line {keys[key]}",
                    "remove one of the two lines: AWS tools refuse the file as it is",
                    where,
                )
            keys.setdefault(key, number)
            yield from _value(key, line.partition("=")[2].strip(), where)


def _text(path: str) -> Iterator[tuple[int, str]]:
    try:
        file = reading.open_text(path, "replace")
        if file is None:
            return
        with file:
            yield from enumerate((line.rstrip("\n") for line in file), 1)
    except (OSError, ConfigError):
        return


def _header(name: str, is_config: bool, where: str) -> Iterator[Finding]:
    plain = " ".join(name.split())
    if name != name.strip() and not (is_config and name.startswith(_SEPARATE)):
        yield Finding(
            f"[{name}] has stray white space, so it is not [{plain}]", f"write [{plain}]", where
        )
    elif name != plain and not ('"' in name or "'" in name):
        yield Finding(
            f"[{name}] has stray white space, which some tools take for a part of the name",
            f"write [{plain}]",
            where,
            problem=any(char in _STRANGE_SPACE for char in name),
        )
    if not is_config and plain.startswith("profile "):
        short = plain.removeprefix("profile ")
        yield Finding(
            f"in the credentials file, [{name}] is a profile called {plain!r}",
            f"write [{short}]",
            where,
        )


def _value(key: str, value: str, where: str) -> Iterator[Finding]:
    strange = next((char for char in value if char in _STRANGE_SPACE), None)
    if strange:
        yield Finding(
            f"{key} has an invisible character in it (U+{ord(strange):04X})",
            "type the value again",
            where,
        )
    if key in _FREE:
        return
    if value[:1] in ("#", ";") or any(mark in value for mark in (" #", "\t#", " ;", "\t;")):
        yield Finding(
            f"the comment behind {key} is a part of its value for AWS tools",
            "give the comment a line of its own",
            where,
        )
    elif len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        yield Finding(f"the quotes around {key} are a part of its value", "remove them", where)


def _section(section: ini.Section, is_config: bool) -> Iterator[Finding]:
    """What can be seen in a section once it is read."""
    where = at(section.path, section.line)
    kind = " ".join(section.name.split()).partition(" ")[0]
    if is_config and section.name != "default" and kind not in _SEPARATE:
        keys = _OF_PROFILE.intersection(section.values)
        if keys:
            yield Finding(
                f"[{section.name}] is no profile to AWS tools: they pass over it",
                f"write [profile {section.name}]",
                where,
            )
    for key, lines in section.continued.items():
        value = section.values[key]
        if isinstance(value, str) and any("=" in line for line in value.split("\n")[1:]):
            yield Finding(
                f"an indented line goes on with the value of {key} above it",
                "begin it at the start of the line",
                at(section.path, lines[0]),
            )
    if kind in ("profile", "default") or not is_config:
        for key in section.lines:
            yield from _misspelt(key, at(section.path, section.lines[key]))


def _misspelt(key: str, where: str) -> Iterator[Finding]:
    from awsenv.values.suggest import nearest

    if key in _KNOWN or key.startswith(("aws_", "awsenv_")) or len(key) < 6:
        return
    likely = nearest(key, _KNOWN, limit=1)
    if likely and _differs_little(key, likely[0]):
        yield Finding(
            f"no AWS tool knows a key {key!r}; {likely[0]!r} is one",
            f"write {likely[0]}",
            where,
            problem=False,
        )


def _differs_little(one: str, other: str) -> bool:
    from difflib import SequenceMatcher

    return SequenceMatcher(a=one, b=other, autojunk=False).ratio() > 0.85
