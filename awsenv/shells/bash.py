"""bash, 3.2 and later."""

from awsenv.shells.posix import Posix


class Bash(Posix):
    name = "bash"
    export = "\\builtin export"
    unset = "\\builtin unset"

    def rc_line(self, path: str) -> str:
        # ~/.profile, where that is what bash reads, is read by other shells as well.
        return f'if [ -n "${{BASH_VERSION-}}" ] && [ -r {path} ]; then . {path}; fi'

    def value(self, text: str) -> str:
        if text.isascii() and text.isprintable():
            return super().value(text)
        data = text.encode("utf-8", "surrogateescape")
        return "$'" + "".join(map(_escape, data)) + "'"


def _escape(byte: int) -> str:
    # Always two digits, so that a third is not read as part of the escape.
    plain = 0x20 <= byte < 0x7F and byte not in b"'\\"
    return chr(byte) if plain else f"\\x{byte:02x}"


SHELL = Bash()
