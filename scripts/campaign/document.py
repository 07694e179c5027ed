"""The page that the counts become."""

from campaign.counting import Count

_HEAD = """# Reliability

awsenv is harmed on purpose in every way that a machine, a network, an editor or an attacker is \
likely to find, and what comes of it is counted. This page is the output of one command:

    ./scripts/venv dev
    .venv/bin/python scripts/reliability --write docs/reliability.md

It prints a seed, and `--seed` repeats what a run did. `--only PART` tries one part. CI tries a \
hundredth of everything at each change (`--sample`). Everything talks to the STS of `awsenv demo`, \
on the same machine.
"""
_NOTES = """
- A hostile string is evaluated by the real shell as awsenv prints it, and read back by a program \
that the shell starts.
- A kill is a SIGKILL just before a file is opened for writing, renamed or removed, at each such \
moment of the command in turn. Afterwards every AWS file is the old one or the new one, whole, the \
command can be run again, and a working key is on disk.
- A mutation is a changed, lost or additional byte or line, a cut, or something else altogether. \
A reader takes the session as it was, or none.
"""


def document(counts: list[Count], seed: int, scale: float) -> str:
    """The page; `scale` is said where it is not the whole campaign."""
    part = "" if scale == 1 else f" A part of {scale:g} of the whole campaign."
    rows = [("what", "must", "tried", "failed"), ("---", "---", "---:", "---:")]
    for count in counts:
        failed = count.why_not or str(len(count.failures))
        rows.append((count.what, count.must, f"{count.tried:,}", failed))
    total, failures = sum(each.tried for each in counts), sum(len(e.failures) for e in counts)
    rows.append(("**in all**", "", f"**{total:,}**", f"**{failures}**"))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{_HEAD}\nSeed {seed}.{part}\n\n{table}\n{_NOTES}"
