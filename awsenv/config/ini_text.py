"""Edits of one section of an INI file's text that leave every other byte as it is.

Only the lines of changed keys are touched: comments, order, blank lines, unknown keys, line endings
and undecodable bytes stay. What a line means is decided as awsenv.config.ini decides it, and every
edit is read back: no text is returned that would read differently than intended.
"""

import io
from collections.abc import Mapping

from awsenv.config import ini
from awsenv.config.places import shown
from awsenv.errors import AwsenvError, ConfigError

Values = Mapping[str, str | Mapping[str, str]]


class _Block:
    """The lines of one section: its header's and those of each key, continuations included."""

    def __init__(self, header: int) -> None:
        self.header = header
        self.keys: dict[str, list[int]] = {}

    @property
    def last(self) -> int:
        """The last line that means something; comments and blanks below may be the next one's."""
        return max(
            (number for lines in self.keys.values() for number in lines), default=self.header
        )


class IniText:
    """The text of the file at `path`; raises ConfigError where AWS tools would refuse it."""

    def __init__(self, data: bytes, path: str) -> None:
        self._path = path
        self._read(data)

    def _read(self, data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        # The same line endings as those of a file opened as text, but kept.
        self._lines = list(io.StringIO(text, newline=""))
        plain = "".join(line.rstrip("\r\n") + "\n" for line in self._lines)
        self._sections = ini.parse(plain, self._path)
        self._blocks = _blocks(self._lines)

    @property
    def data(self) -> bytes:
        return "".join(self._lines).encode("utf-8", "surrogateescape")

    def sections(self) -> list[str]:
        """The names in the headers, in order."""
        return list(self._sections)

    def values(self, section: str) -> Values:
        """The values of `section`; empty if there is no such section."""
        found = self._sections.get(section)
        return found.values if found else {}

    def set(self, section: str, values: Mapping[str, str | None]) -> None:
        """Give keys (in small letters) of `section` new values, None takes a key away.

        A section that is not there is added at the end. ConfigError: a name or value that cannot
        stand in such a file.
        """
        _check(section, "the name of a section")
        for key, value in values.items():
            _check(key if value is None else value, f"the value of {key}")
        lines = list(self._lines)
        block = self._blocks.get(section)
        if block is None:
            lines += self._new_section(section, values)
        else:
            self._change(lines, section, block, values)
        self._replace(lines, section, values)

    def remove(self, section: str) -> None:
        """Take `section` away, up to its last key."""
        block = self._blocks.get(section)
        if block is None:
            return
        lines, end = self._lines, block.last + 1
        while end < len(lines) and not lines[end].strip():
            end += 1
        start = block.header
        if end == len(lines) and start and not lines[start - 1].strip():
            start -= 1
        self._replace(lines[:start] + lines[end:], section, None)

    def _change(
        self, lines: list[str], section: str, block: _Block, values: Mapping[str, str | None]
    ) -> None:
        added = []
        for key, value in values.items():
            numbers = block.keys.get(key, [])
            if not numbers:
                added += [] if value is None else [f"{key} = {value}"]
            elif value is None or self._sections[section].values[key] != value:
                lines[numbers[0]] = "" if value is None else _with_value(lines[numbers[0]], value)
                for number in numbers[1:]:
                    lines[number] = ""
        if added:
            end = self._line_end(block.header)
            text = "".join(f"{line}{end}" for line in added)
            last = lines[block.last] or "\n"
            lines[block.last] += text if last.endswith(("\n", "\r")) else end + text

    def _new_section(self, section: str, values: Mapping[str, str | None]) -> list[str]:
        pairs = [(key, value) for key, value in values.items() if value is not None]
        if not pairs:
            return []
        end = self._line_end(0)
        before = []
        if self._lines and not self._lines[-1].endswith(("\n", "\r")):
            before.append(end)
        if self._lines and (before or self._lines[-1].strip()):
            before.append(end)
        return [*before, f"[{section}]{end}", *(f"{key} = {value}{end}" for key, value in pairs)]

    def _line_end(self, near: int) -> str:
        """How line `near` ends, for lines to be added next to it."""
        line = self._lines[near] if near < len(self._lines) else ""
        return line[len(line.rstrip("\r\n")) :] or "\n"

    def _replace(
        self, lines: list[str], section: str, values: Mapping[str, str | None] | None
    ) -> None:
        """Take over `lines` if they differ from what there was by just that: None is a removal."""
        expected = {name: dict(each.values) for name, each in self._sections.items()}
        old = expected.pop(section, {})
        self._read("".join(lines).encode("utf-8", "surrogateescape"))
        found = {name: dict(each.values) for name, each in self._sections.items()}
        new = found.pop(section, {})
        told = dict.fromkeys(old) if values is None else values
        wanted = {key: value for key, value in told.items() if value is not None}
        wanted = {key: value for key, value in old.items() if key not in told} | wanted
        right = all(new.get(key) == value for key, value in wanted.items())
        if not right or found != expected or new.keys() - {*old, *told}:
            raise AwsenvError(
                f"cannot write [{section}] into {shown(self._path)} without harm to the rest",
                "edit the file by hand",
            )


def _blocks(lines: list[str]) -> dict[str, _Block]:
    """The sections' lines; `ini.parse`, whose rules these are, has accepted the text."""
    blocks: dict[str, _Block] = {}
    block: _Block | None = None
    key, indent = "", 0
    for number, line in enumerate(lines):
        value = line.strip()
        if not value or value[0] in "#;":
            continue
        depth = len(line) - len(line.lstrip())
        if block and key and depth > indent:
            block.keys[key].append(number)
            continue
        indent = depth
        if value[0] == "[" and (end := value.rfind("]")) > 1:
            block, key = _Block(number), ""
            blocks[value[1:end]] = block
        elif block:
            key = value[: _separator(value)].rstrip().lower()
            block.keys[key] = [number]
    return blocks


def _separator(line: str) -> int:
    """Where the key ends: at the first `=` or `:`."""
    return min(place for place in (line.find("="), line.find(":")) if place >= 0)


def _with_value(line: str, value: str) -> str:
    """`line` with another value after its key; spacing and line ending stay."""
    text = line.rstrip("\r\n")
    start = _separator(text) + 1
    rest = text[start:]
    blank = rest[: len(rest) - len(rest.lstrip())] if rest.strip() else " "
    return f"{text[:start]}{blank}{value}{line[len(text) :]}"


def _check(text: str, what: str) -> None:
    # The text itself is not shown: it may be a secret.
    if (
        not text
        or text != text.strip()
        or any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text)
    ):
        raise ConfigError(
            f"{what} cannot stand in an AWS config file",
            "use a text without line breaks, and without blanks at its ends",
        )
