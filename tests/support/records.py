"""Records as tests change them."""


def with_check(text: str) -> str:
    """The text of a record with a CHECK that fits the lines above it, where it has one."""
    above, found, below = text.partition("\nCHECK=")
    if not found:
        return text
    values = [line.partition("=")[2] for line in above.split("\n")[1:]]
    return f"{above}\nCHECK={'.'.join(values)}\n{below.partition(chr(10))[2]}"
