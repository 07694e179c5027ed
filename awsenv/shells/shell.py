"""What awsenv needs to know about a shell.

No typing and no dataclasses here: importing them would take longer than everything else that
printing a cached session takes.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange


class Shell:
    """A shell's language: what to print for it, and what people type in it.

    Everything printed is one compound statement on one line, so that truncated output is a syntax
    error that changes nothing. It begins with `mark`, by which the hooks recognise it.
    """

    name: str
    mark: str

    def render(self, change: "EnvChange") -> str:
        """The statement that applies `change`, without a line ending."""
        raise NotImplementedError

    def fail(self, message: str) -> str:  # noqa: ARG002
        """What makes the evaluation fail and changes nothing; shown where the shell can show it."""
        return "false"

    def line_to_type(self, command: str) -> str:
        """The line that evaluates what `command` prints; `command` is quoted already."""
        raise NotImplementedError

    def load_line(self, path: str) -> str:
        """The line that loads the hook `path`, which is quoted already; for shells with a hook."""
        raise NotImplementedError

    def rc_line(self, path: str) -> str:
        """`load_line` for an rc file: it does nothing where the file is gone."""
        raise NotImplementedError

    def unset_to_type(self, name: str) -> str:
        """The line that takes variable `name` away."""
        return f"unset {name}"

    def value(self, text: str) -> str:
        """`text`, any text without NUL, as a literal of the shell's language."""
        raise NotImplementedError

    def quote(self, text: str) -> str:
        """`text` as an argument on a line for people: unquoted if it means itself in every
        shell.
        """
        bare = text and all(char.isalnum() or char in "_-./:" for char in text)
        return text if bare else self.value(text)
