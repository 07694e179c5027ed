"""The INI dialect of the AWS config files: that of configparser.RawConfigParser, plus one level of
nesting.

botocore reads its files with configparser. This reader yields the same sections, keys and values
and refuses the same files (tests compare the two on random texts), but it knows the line of
everything, and loads neither configparser nor re: completion has to answer within milliseconds.

What may surprise a reader about configparser: `:` separates like `=`; keys are lower-cased; a `#`
or `;` inside a line belongs to the value; a line indented deeper than its key continues the value,
even after blank lines and comments; the keys of [DEFAULT] apply to every section.
"""

from __future__ import annotations

import os

from awsenv.config import reading
from awsenv.config.places import at, shown
from awsenv.errors import ConfigError
from awsenv.values.stamps import stamp_of

TYPE_CHECKING = False  # typing is not imported for it: that costs as much as reading the files
if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFAULT = "DEFAULT"


class Section:
    """One `[name]` of a file: its values, its own line and that of each key."""

    __slots__ = ("continued", "line", "lines", "name", "path", "values")

    def __init__(self, path: str, name: str, line: int) -> None:
        self.path = path
        self.name = name
        self.line = line
        self.values: dict[str, str | dict[str, str]] = {}
        self.lines: dict[str, int] = {}
        # The lines below the key's own line that continue its value.
        self.continued: dict[str, list[int]] = {}


class Snapshot:
    """A file as it was when it was read: what is kept of that is never looked up afterwards.

    `stamp` is "-" and `changed_at` 0 where there was no file; `changed_at` is in epoch seconds.
    The repr leaves the text out: it holds secrets.
    """

    __slots__ = ("changed_at", "path", "stamp", "text")

    def __init__(self, path: str, text: str = "", facts: os.stat_result | None = None) -> None:
        self.path = path
        self.text = text
        self.stamp = stamp_of(facts) if facts else "-"
        self.changed_at = facts.st_ctime if facts else 0.0


def read(path: str) -> dict[str, Section]:
    """The sections of the file at `path`, by name; empty if there is no such file.

    Raises ConfigError, with file and line, where botocore would refuse the whole file, and where
    the file cannot be read, which botocore ignores.
    """
    return parse(snapshot(path).text, path)


def snapshot(path: str) -> Snapshot:
    """The file at `path` as it is now; raises ConfigError if it cannot be read."""
    try:
        file = reading.open_text(path)
        if file is None:
            return Snapshot(path)
        with file:
            facts = os.fstat(file.fileno())
            text = file.read()
    except OSError as error:
        raise ConfigError(
            f"cannot read {shown(path)}: {(error.strerror or str(error)).lower()}",
            "make the file readable for your user",
        ) from None
    except UnicodeDecodeError as error:
        raise _undecodable(path, error) from None
    return Snapshot(path, text, facts)


def headers(path: str) -> list[str]:
    """The names in the headers at the beginning of lines, whatever else is in the file.

    A tenth of the work of `read`: for completion, which must neither wait nor complain.
    """
    try:
        file = reading.open_text(path, "replace")
        if file is None:
            return []
        with file:
            chunks = ("\n" + file.read()).split("\n[")[1:]
    except (OSError, ValueError, ConfigError):
        return []
    lines = [chunk.partition("\n")[0] for chunk in chunks]
    names = [line[: line.rfind("]")] for line in lines if line.rfind("]") > 0]
    return [name for name in names if name != _DEFAULT]


def parse(text: str, path: str) -> dict[str, Section]:
    """The sections in `text`; `path` is used in messages. Raises ConfigError as `read` does."""
    sections: dict[str, Section] = {}
    default = Section(path, _DEFAULT, 0)
    section: Section | None = None
    option, indent, blanks = "", 0, 0
    # The lines of the value at hand: to lengthen a text line by line takes ever longer.
    parts: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        value = line.strip()
        if not value:
            blanks += 1
            continue
        first = value[0]
        if first in "#;":
            continue
        depth = 0 if line[0] == first else len(line) - len(line.lstrip())
        if section is not None and option and depth > indent:
            parts.append("\n" * blanks + value)
            section.continued.setdefault(option, []).append(number)
            blanks = 0
            continue
        if section is not None and len(parts) > 1:
            section.values[option] = "\n".join(parts)
        parts = []
        indent = depth
        if first == "[" and (end := value.rfind("]")) > 1:
            section = _open(value[1:end], number, sections, default)
            option = ""
            continue
        if section is None:
            raise _headless(path, number, value)
        key, equals, rest = value.partition("=")
        if ":" in key:
            key, equals, rest = value.partition(":")
        option = key.rstrip().lower()
        if not equals or not option or option in section.lines:
            raise _bad_line(section, number, value, option if equals else None)
        parts = [rest.lstrip()]
        section.values[option] = parts[0]
        section.lines[option] = number
        blanks = 0
    if section is not None and len(parts) > 1:
        section.values[option] = "\n".join(parts)
    for section in sections.values():
        _complete(section, default)
    return sections


def _open(name: str, number: int, sections: dict[str, Section], default: Section) -> Section:
    if name == _DEFAULT:
        return default
    if name in sections:
        first = sections[name]
        raise ConfigError(
            f"{at(first.path, number)}: [{name}] stands here a second time, "
            f"after line {first.line}",
            "make one section of the two: AWS tools refuse the file as it is",
        )
    section = sections[name] = Section(default.path, name, number)
    return section


def _complete(section: Section, default: Section) -> None:
    """Lend `section` the keys of [DEFAULT], then turn indented blocks into mappings."""
    for option, value in default.values.items():
        if option not in section.lines:
            section.values[option] = value
            section.lines[option] = default.lines[option]
            if option in default.continued:
                section.continued[option] = default.continued[option]
    for option in section.continued:
        value = section.values[option]
        if isinstance(value, str) and value.startswith("\n"):
            section.values[option] = dict(_nested(section, option, value))


def _nested(section: Section, option: str, block: str) -> Iterator[tuple[str, str]]:
    for number, text in zip(
        section.continued[option], filter(None, block.split("\n")), strict=True
    ):
        # botocore splits the block with splitlines, which treats \f and others as line ends.
        for line in filter(None, map(str.strip, text.splitlines())):
            key, equals, value = line.partition("=")
            if not equals:
                raise ConfigError(
                    f"{at(section.path, number)}: the indented line below {option} has no =",
                    "indent only lines like key = value below a key without a value",
                )
            yield key.strip(), value.strip()


def _headless(path: str, number: int, value: str) -> ConfigError:
    if value.startswith("\ufeff"):
        return ConfigError(
            f"{at(path, number)}: the file begins with a byte order mark",
            "save the file as UTF-8 without BOM",
        )
    return ConfigError(
        f"{at(path, number)}: there is text before the first [section]",
        "move it below a [section] line or remove it",
    )


def _undecodable(path: str, error: UnicodeDecodeError) -> ConfigError:
    line = error.object[: error.start].count(b"\n") + 1
    encoding = error.encoding.upper()
    return ConfigError(
        f"{at(path, line)}: there is a byte that is not {encoding}",
        "save the file as UTF-8"
        if encoding == "UTF-8"
        else f"your locale has Python read files as {encoding}: set PYTHONUTF8=1",
    )


def _bad_line(section: Section, number: int, value: str, option: str | None) -> ConfigError:
    """Why a line is refused. The line itself is not shown: it may hold a secret."""
    place = at(section.path, number)
    if option:
        return ConfigError(
            f"{place}: {option} is set a second time in [{section.name}], "
            f"after line {section.lines[option]}",
            "remove one of the two lines: AWS tools refuse the file as it is",
        )
    if value.startswith("["):
        return ConfigError(f"{place}: the section header is not whole", "write it as [name]")
    return ConfigError(
        f"{place}: the line is not of the form key = value",
        "complete the line, remove it, or put a # before it",
    )
