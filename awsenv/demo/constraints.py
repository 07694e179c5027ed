"""What AWS answers to parameters of the wrong length, size or shape."""

import re
from collections.abc import Mapping, Sequence

from awsenv.demo.answers import ServiceError, validation_error
from awsenv.values.notation import whole_number


class Constraints:
    """Gathers what is wrong with parameters, in the words of AWS's own validation."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = params
        self._errors: list[str] = []

    def text(self, name: str, low: int, high: int, pattern: str, *, required: bool = False) -> str:
        """The parameter, checked for length and against `pattern` (that AWS itself quotes)."""
        value = self._params.get(name)
        if value is None:
            if required:
                self._add(name, None, "not be null")
            return ""
        self.length(name, value, low, high)
        if not re.fullmatch(pattern, value, re.ASCII):
            self._add(name, value, f"satisfy regular expression pattern: {pattern}")
        return value

    def whole(self, name: str, low: int, high: int, default: int) -> int:
        """The parameter as a whole number from `low` to `high`."""
        raw = self._params.get(name)
        if raw is None:
            return default
        value = whole_number(raw.removeprefix("-"), 10)
        if value is None:
            raise ServiceError("MalformedInput", f"Invalid value for {name}: not an integer")
        value = -value if raw.startswith("-") else value
        if value < low:
            self._add(name, raw, f"have value greater than or equal to {low}")
        if value > high:
            self._add(name, raw, f"have value less than or equal to {high}")
        return value

    def length(self, name: str, value: str, low: int, high: int) -> None:
        """Check the length of `value`, which is to be known as `name`."""
        if len(value) < low:
            self._add(name, value, f"have length greater than or equal to {low}")
        if len(value) > high:
            self._add(name, value, f"have length less than or equal to {high}")

    def count(self, name: str, values: Sequence[object], high: int) -> None:
        """Check that there are `high` values at most."""
        if len(values) > high:
            shown = f"[{len(values)} values]"
            self._add(name, shown, f"have length less than or equal to {high}")

    def done(self) -> None:
        """Refuse the request if anything was wrong."""
        if self._errors:
            count = len(self._errors)
            noun = "error" if count == 1 else "errors"
            raise validation_error(f"{count} validation {noun} detected: {'; '.join(self._errors)}")

    def _add(self, name: str, value: str | None, rule: str) -> None:
        shown = "null" if value is None else f"'{value}'"
        where = name[0].lower() + name[1:]
        self._errors.append(
            f"Value {shown} at '{where}' failed to satisfy constraint: Member must {rule}"
        )
