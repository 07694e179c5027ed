"""Several terminals whose sessions lapse: one is asked, the others load what it gets."""

from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("termios")
from support.hooked_shells import KEY, QUESTION, SYNTAXES, Hooked, start
from support.world import RunningSts


def _shells(stack: ExitStack, names: str, folder: Path, sts: RunningSts) -> list[Hooked]:
    """Terminals of one person: they share the cache."""
    env = {"AWSENV_CACHE_DIR": str(folder / "cache")}
    hooked = []
    for number, name in enumerate(names.split()):
        place = folder / str(number)
        place.mkdir()
        hooked.append(start(SYNTAXES[name], place, sts, env=env))
        stack.enter_context(hooked[-1].shell)
    return hooked


def _asks(h: Hooked) -> bool:
    return QUESTION in h.shell.output(whole=True)


@pytest.mark.parametrize("names", ["bash zsh fish bash zsh", "fish fish fish bash zsh"])
def test_five_terminals_one_question(names: str, tmp_path: Path, sts: RunningSts) -> None:
    with ExitStack() as stack:
        five = _shells(stack, names, tmp_path, sts)
        for h in five:
            if h is five[0]:
                h.assume()
            else:
                h.shell.run("awsenv assume dev")
        five[0].lapse()
        for h in five:
            h.apply({"AWSENV_EXPIRES_AT": "1"})
        sts.control.clear_requests()
        for h in five:
            h.shell.submit("aws a")
        five[0].shell.wait_until(
            lambda: [h for h in five if h.shell._read(0.01) and _asks(h)], "a question"
        )
        others = [h for h in five if not _asks(h)]
        assert len(others) == 4
        for h in others:
            h.shell.wait_for("press Enter")
        (asked,) = [h for h in five if _asks(h)]
        asked.shell.type(f"{sts.code()}\r")
        for h in five:
            h.shell.wait_until(h.calls, "aws")
            h.shell.wait_for_prompt()
            assert h.segment().startswith("[dev ")
        assert len({h.variable(KEY) for h in five}) == 1
        assert sts.control.count("GetSessionToken") == 1
        assert sts.control.count("AssumeRole") == 1
        assert not any(_asks(h) for h in others)


def test_different_profiles_stay_apart(tmp_path: Path, sts: RunningSts) -> None:
    with ExitStack() as stack:
        one, other = _shells(stack, "bash zsh", tmp_path, sts)
        one.assume("dev")
        other.shell.run("awsenv assume prod-admin")
        one.lapse()
        other.apply({"AWSENV_EXPIRES_AT": "1"})
        one.ask("aws a")
        one.answer(sts.code())
        # The MFA session is there again, so nothing is asked; the role is another.
        other.shell.run("aws b")
        assert not _asks(other)
        records = {path.read_text() for path in one.records()}
        for h, profile in ((one, "dev"), (other, "prod-admin")):
            assert h.variable("AWSENV_PROFILE") == profile
            (record,) = [text for text in records if h.calls()[0].split()[1] in text]
            assert f"\nPROFILE={profile}\n" in record
