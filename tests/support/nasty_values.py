"""Strategies for values that a careless printer of statements would get wrong. None holds NUL."""

from hypothesis import strategies as st

# Quotes of every shell, PowerShell's curly ones, expansions, escapes, separators, digits that
# could run into a hexadecimal escape, control characters, and text far from ASCII.
_CHARACTERS = (
    "'\"`$\\!#~*?[](){}<>|&;=%^@, \t\n\r\x01\x07\x1b\x7f"
    "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u00a0\u0085\u2028\u2029\ufeff\uf600éß中🚒0aAfFxX7"
)
_WHOLE = (
    "",
    "'",
    "''",
    "\\",
    "\\'",
    "$(exit 9)",
    "`exit 9`",
    "${HOME}",
    "%PATH%",
    "!!",
    "a'b\"c",
    "\n",
    "\n'!!'!-1",
    " ",
    "-n",
    "x; touch pwned",
    "'; throw 'x",
    "\u2019 + (exit) + \u2019",
)

TEXT = st.one_of(
    st.sampled_from(_WHOLE),
    st.text(_CHARACTERS, max_size=25),
    st.text(
        st.characters(exclude_categories=("Cs",), exclude_characters="\0"),
        max_size=15,
    ),
)
# What a POSIX environment can hold besides: bytes that are no UTF-8, as Python spells them.
OCTETS = st.binary(max_size=15).map(
    lambda data: data.replace(b"\0", b"").decode("utf-8", "surrogateescape")
)
VALUE = TEXT | OCTETS
