"""Names similar to the one that was typed."""

from collections.abc import Iterable


def nearest(name: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """At most `limit` of `names` that `name` may have meant, the likeliest first."""
    from difflib import SequenceMatcher

    def plain(text: str) -> str:
        return "".join(filter(str.isalnum, text.casefold()))

    wanted = plain(name)
    matcher = SequenceMatcher(b=wanted, autojunk=False)

    def likeness(candidate: str) -> float:
        text = plain(candidate)
        matcher.set_seq1(text)
        # A beginning or a part that was typed says more than letters in common.
        known = (1.0 if text.startswith(wanted) else 0.5) if wanted in text else 0.0
        return matcher.ratio() + (known if len(wanted) > 1 else 0.0)

    ranked = sorted(((likeness(candidate), candidate) for candidate in names), key=lambda r: -r[0])
    return [candidate for likely, candidate in ranked if likely >= 0.6][:limit]


def did_you_mean(name: str, names: Iterable[str]) -> str | None:
    """`did you mean a, b or c?`, None where nothing is near."""
    near = nearest(name, names)
    if not near:
        return None
    head = ", ".join(near[:-1])
    return f"did you mean {head} or {near[-1]}?" if head else f"did you mean {near[-1]}?"
