"""An independent reading of the part of PowerShell's language that awsenv prints.

Written from the language's rules, not from the printer: what it cannot account for is an error.

    statements  = [statement] {";" [statement]}
    statement   = "&" "{" statements "}" | "$env:NAME" "=" expression | "throw" expression
                | "[Environment]::SetEnvironmentVariable" "(" expression "," expression ")"
    expression  = operand {"+" operand}
    operand     = string | "[char]" number | "(" expression ")" | "$null" | "[NullString]::Value"

A single-quoted string is opened and closed by any of five quote characters; two of them in a
row are one, the second. `+` makes text only where its left side is text.
"""

import re

_QUOTES = "'\u2018\u2019\u201a\u201b"
_TOKEN = re.compile(
    rf"""(?P<space>[ \t]+|<\#.*?\#>)
    |(?P<string>[{_QUOTES}](?:[^{_QUOTES}]|[{_QUOTES}]{{2}})*[{_QUOTES}])(?![{_QUOTES}])
    |(?P<variable>\$env:[A-Za-z_][A-Za-z0-9_]*)
    |(?P<char>\[char\](?P<number>[0-9]+))
    |(?P<null>\$null|\[NullString\]::Value)
    |(?P<call>\[Environment\]::SetEnvironmentVariable)
    |(?P<throw>throw\b)
    |(?P<sign>[&{{}}();,+=])""",
    re.VERBOSE | re.IGNORECASE,
)

Change = tuple[str, str | None]


class NotUnderstoodError(Exception):
    """The text is no PowerShell, or more of it than this reads."""


class ThrownError(Exception):
    """What `throw` throws."""


def decode(line: str) -> list[Change]:
    """What `line` does to the environment, in order; None removes. Raises ThrownError for throw."""
    if not line.isascii() or not line.isprintable():
        raise NotUnderstoodError("not one line of printable ASCII")
    reader = _Reader(_tokens(line))
    changes = reader.statements()
    reader.expect("end")
    for name, value in changes:
        if name == "throw":
            raise ThrownError(value)
    return changes


def _tokens(line: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while position < len(line):
        match = _TOKEN.match(line, position)
        if match is None:
            raise NotUnderstoodError(line[position:])
        kind, text = str(match.lastgroup), match.group()
        if match.group("char"):
            kind, text = "char", match.group("number")
        if kind == "sign":
            kind = text
        if kind != "space":
            tokens.append((kind, text))
        position = match.end()
    return [*tokens, ("end", "")]


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens

    def peek(self) -> str:
        return self.tokens[0][0]

    def expect(self, kind: str) -> str:
        if self.peek() != kind:
            raise NotUnderstoodError(f"{self.tokens[0][1]!r} where {kind} should be")
        return self.tokens.pop(0)[1] if kind != "end" else ""

    def statements(self) -> list[Change]:
        changes: list[Change] = []
        while self.peek() not in ("end", "}"):
            if self.peek() != ";":
                changes += self.statement()
            if self.peek() not in ("end", "}"):
                self.expect(";")
        return changes

    def statement(self) -> list[Change]:
        if self.peek() == "&":
            self.expect("&")
            self.expect("{")
            changes = self.statements()
            self.expect("}")
            return changes
        if self.peek() == "throw":
            self.expect("throw")
            return [("throw", self.expression())]
        if self.peek() == "call":
            self.expect("call")
            self.expect("(")
            name = self.expression()
            self.expect(",")
            value = self.expression()
            self.expect(")")
            if name is None:
                raise NotUnderstoodError("a variable without a name")
            return [(name, value)]
        name = self.expect("variable").partition(":")[2]
        self.expect("=")
        return [(name, self.expression())]

    def expression(self) -> str | None:
        kind, value = self.operand()
        while self.peek() == "+":
            self.expect("+")
            if kind != "text":
                raise NotUnderstoodError(f"{kind} + something is not text")
            value = (value or "") + (self.operand()[1] or "")
        if value is None:
            return None
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    def operand(self) -> tuple[str, str | None]:
        if self.peek() == "string":
            inner = self.expect("string")[1:-1]
            return "text", re.sub(f"[{_QUOTES}]([{_QUOTES}])", r"\1", inner)
        if self.peek() == "char":
            number = int(self.expect("char"))
            if number > 0xFFFF:
                raise NotUnderstoodError(f"[char]{number} is out of range")
            return "char", chr(number)
        if self.peek() == "(":
            self.expect("(")
            value = self.expression()
            self.expect(")")
            return "text" if value is not None else "null", value
        self.expect("null")
        return "null", None
