"""`awsenv assume NAME` in a shell with the hook and a live session: no process, same result."""

import os
import re
import shutil
import time
from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.hooked_shells import KEY, SYNTAXES, Hooked, programs, start
from support.records import with_check
from support.shells_at_hand import need_program, need_shell
from support.world import RunningSts, settle, without_endpoints

# What keeps a variable from programs, and its value in the shell.
NO_EXPORT = {"bash": "export -n {}", "zsh": "typeset +x {}", "fish": "set -gu {0} ${0}"}
# What sets one that programs do not see.
PLAIN = {"bash": "{}={}", "zsh": "{}={}", "fish": "set -g {} {}"}
SHELLS = [each for each in programs() if each[0] in PLAIN]


@pytest.fixture
def h(request: pytest.FixtureRequest, tmp_path: Path, sts: RunningSts) -> Hooked:
    """A shell without a session; dev and prod-admin are live on disk, and known by name."""
    name, program = request.param
    return _known(name, program, tmp_path, sts)


def _known(name: str, program: str | None, tmp_path: Path, sts: RunningSts) -> Hooked:
    without_endpoints(sts)
    for file in sts.aws_folder.iterdir():
        os.utime(file, (time.time() - 100, time.time() - 100))
    hooked = start(SYNTAXES[name], tmp_path, sts, program=program)
    if name == "bash" and int(hooked.shell.run("echo ${BASH_VERSINFO[0]}${BASH_VERSINFO[1]}")) < 51:
        hooked.shell.close()
        pytest.skip("BASH BEFORE 5.1 DOES NOT SEE SMALL CHANGES OF A FILE: there it is the program")
    if name == "zsh" and re.match(r"5\.[0-7]\b", hooked.shell.run("echo $ZSH_VERSION")):
        hooked.shell.close()
        pytest.skip("ZSH BEFORE 5.8 MAY NOT SEE SMALL CHANGES OF A FILE: there it is the program")
    hooked.assume("dev")
    # Files that have changed within the last second are not relied on.
    settle(sts)
    # Only a call without options says what the name stands for.
    hooked.shell.run("awsenv assume dev")
    hooked.shell.run("awsenv assume prod-admin")
    hooked.shell.run("awsenv unset")
    return hooked


def _without_program(h: Hooked) -> None:
    """From here on, whatever still works is the shell's own doing."""
    h.apply({"PATH": f"{h.home.parent / 'tools'}:/usr/bin:/bin"})


with_sessions = pytest.mark.parametrize(
    "h", SHELLS, ids=lambda shell: shell[1] or shell[0], indirect=True
)


def _variables(h: Hooked) -> dict[str, str]:
    """What a program sees of AWS and awsenv."""
    h.shell.run(f"env >{h.home}/env")
    pairs = (line.partition("=") for line in (h.home / "env").read_text().splitlines())
    return {name: value for name, _, value in pairs if re.match("AWS_|AWSENV_", name)}


def _both(h: Hooked, profile: str) -> tuple[dict[str, str], dict[str, str]]:
    """The variables after assuming `profile` by the program, and by the shell alone."""
    before = _variables(h)
    h.shell.run(h.syntax.evaluate.format(profile))
    by_program = _variables(h)
    h.apply(before, tuple(set(by_program) - set(before)))
    assert _variables(h) == before
    path = h.variable("PATH")
    _without_program(h)
    shown = h.shell.run(f"awsenv assume {profile}")
    assert re.fullmatch(rf"awsenv: {profile} for (59m|1h00m)", shown), shown
    by_shell = _variables(h)
    h.apply({"PATH": path})
    return by_program, by_shell


@with_sessions
def test_the_result_is_the_programs(h: Hooked) -> None:
    with h.shell:
        # From nothing, from one profile to another, to the same once more, and back.
        for profile in ("dev", "prod-admin", "prod-admin", "dev"):
            by_program, by_shell = _both(h, profile)
            assert by_shell == by_program
            assert by_shell["AWSENV_PROFILE"] == profile
            assert h.segment().startswith(f"[{profile} ")
        h.shell.run("awsenv unset")
        assert KEY not in _variables(h)


@with_sessions
def test_in_any_doubt_it_is_the_program(h: Hooked, sts: RunningSts) -> None:
    tools = h.home.parent / "tools"
    (tools / "awsenv").write_text('#!/bin/sh\necho "asked: $*"\n')
    (tools / "awsenv").chmod(0o755)
    # Anew, since shells remember where they have found a program.
    _without_program(h)
    config, credentials = sts.aws_folder / "config", sts.aws_folder / "credentials"
    names = h.home / ".cache/awsenv/names"
    note = names / b"dev".hex()

    def by_shell(line: str = "awsenv assume dev") -> bool:
        before = _variables(h)
        shown = h.shell.run(line)
        assert shown.startswith(("asked: ", "awsenv: dev for", "awsenv: prod-admin for")), shown
        if shown.startswith("asked"):
            assert _variables(h) == before
            return False
        h.apply(before, tuple(set(_variables(h)) - set(before)))
        return True

    with h.shell:
        assert by_shell()
        assert not by_shell("awsenv assume dev --region eu-west-1")
        assert not by_shell("awsenv assume nope")
        for name in ("AWS_PROFILE", "AWS_REGION", KEY, "AWS_SESSION_TOKEN", "AWSENV_DURATION"):
            h.apply({name: "x"})
            assert not by_shell(), name
            h.apply({}, (name,))
        for name in ("AWSENV_LEAD", "AWS_ENDPOINT_URL_STS", "XDG_CACHE_HOME"):
            # Programs do not see it.
            h.shell.run(PLAIN[h.syntax.name].format(name, "/x"))
            assert not by_shell(), name
            h.apply({}, (name,))
        h.shell.run(NO_EXPORT[h.syntax.name].format("AWS_CONFIG_FILE"))
        assert not by_shell()
        h.apply({"AWS_CONFIG_FILE": str(config)})
        assert by_shell()
        h.apply({"AWS_ENDPOINT_URL_STS": ""})
        assert not by_shell()
        h.apply({}, ("AWS_ENDPOINT_URL_STS",))
        # A folder that programs do not see, and one that they do.
        shutil.copytree(h.home / ".cache/awsenv", h.home / "copy")
        h.shell.run(PLAIN[h.syntax.name].format("AWSENV_CACHE_DIR", h.home / "copy"))
        assert not by_shell()
        h.apply({"AWSENV_CACHE_DIR": str(h.home / "copy")})
        assert by_shell()
        h.apply({}, ("AWSENV_CACHE_DIR",))
        h.apply({"AWS_CONFIG_FILE": str(h.home / "other")})
        assert not by_shell()
        h.apply({"AWS_CONFIG_FILE": str(config)})
        assert by_shell()
        for file in (config, credentials):
            facts, kept = file.stat(), file.read_text()
            # What a file says counts, and not its time.
            for other in (
                kept + "#\n",
                kept.replace("=", "= x", 1),
                kept.replace("[", "[\n[", 1),
                "",
            ):
                file.write_text(other)
                os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
                assert not by_shell(), (file, other)
            file.write_text(kept)
            assert by_shell()
        text = note.read_text()
        spoiled = (
            text.replace("NAME=dev", "NAME=prod-admin"),
            text.replace("SESSION=", "SESSION=0"),
            text.replace("PLAIN_ENVIRONMENT=", "PLAIN_ENVIRONMENT=|X=1"),
            re.sub("REGION=.*", "REGION=$(touch p)", text),
            text.replace("MARGIN=", "MARGIN=x[$(touch p)]"),
            re.sub("RELEVANT=.*", "RELEVANT=x[$(touch${IFS}p)]", text),
            text.replace("AWSENV_MIN_LEFT\n", "AWSENV_MIN_LEFT AWSENV_NEW\n"),
            text.replace("AWSENV_RECORD=2", "AWSENV_RECORD=1"),
            text.replace("MARGIN=", "MARGIN=1\nMARGIN="),
            text.replace("CONFIG=", "CONFIG=\x1b"),
            text.replace("CONFIG=", "\nCONFIG="),
            text.removesuffix("\n"),
            re.sub("END=.*\n", "", text),
        )
        # Another name's note is none for this one, be it known or not.
        assert by_shell("awsenv assume prod-admin")
        spoiled += ((names / b"prod-admin".hex()).read_text(),)
        for each in spoiled:
            assert each != text
            note.write_text(with_check(each))
            assert not by_shell(), each
        for name in ("SESSION", "MARGIN", "REGION"):
            note.write_text(re.sub(f"({name}=.*).\n", r"\g<1>x\n", text, count=1))
            assert not by_shell(), name
        note.write_text(text)
        assert by_shell()
        session = h.home / ".cache/awsenv/sessions" / re.findall("SESSION=(.*)", text)[0]
        kept = session.read_text()
        now = int(time.time())
        ending = re.sub(r"ISSUED_AT=\d+", f"ISSUED_AT={now - 3500}", kept)
        ending = re.sub(r"EXPIRES_AT=\d+", f"EXPIRES_AT={now + 250}", ending)
        session.write_text(with_check(ending))
        assert not by_shell()
        # What is torn is nothing, be it known or not.
        for each in (kept[:-1], kept[:-2], kept.replace("\nEND=", "\n"), kept + "X=1\n", ""):
            session.write_text(each)
            assert not by_shell(), each
        # A byte that has changed since, in a secret above all, is as bad.
        for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "CHECK"):
            at = kept.index(f"{name}=") + len(name) + 5
            session.write_text(f"{kept[:at]}{'x' if kept[at] != 'x' else 'y'}{kept[at + 1 :]}")
            assert not by_shell(), name
        other = with_check(re.sub(r"EXPIRES_AT=\d+", f"EXPIRES_AT={now + 3000}", kept))
        spoiled = (
            other.replace("AWSENV_RECORD=2", "AWSENV_RECORD=1"),
            other.replace("KIND=", "KIND=\x1b"),
            other.replace("KIND=", "kind="),
            other.replace("KIND=role\n", "KIND=role\n\n"),
            other.replace("KIND=role\n", "KIND=role\nKIND=role\n"),
            other.replace("KIND=role\n", "KIND=role\nEXPIRES_AT=9\n"),
            other.replace("KIND=role\n", "KIND=role\nEND=1\n"),
            other.replace("AWS_SESSION_TOKEN=", "AWS_SESSION_TOKEN=\x07"),
            re.sub("AWS_SESSION_TOKEN=.*", "AWS_SESSION_TOKEN=", other),
            re.sub("AWS_SECRET_ACCESS_KEY=.*\n", "", other),
            re.sub("AWS_ACCESS_KEY_ID=.*", "AWS_ACCESS_KEY_ID=$(touch p)", other),
            re.sub("EXPIRES_AT=.*", "EXPIRES_AT=x[$(touch p)]", other),
            re.sub("ISSUED_AT=.*", "ISSUED_AT=0x10", other),
            re.sub("ISSUED_AT=.*", f"ISSUED_AT={now + 2000}", other),
            re.sub("ISSUED_AT=.*", f"ISSUED_AT={now + 3000}", other),
            re.sub("ISSUED_AT=.*", f"ISSUED_AT={now + 3000 - 36 * 3600 - 1}", other),
        )
        for each in spoiled:
            assert each != other
            session.write_text(with_check(each))
            assert not by_shell(), each
        # The same words in other lines, after they were good.
        other = re.sub(
            "AWS_CREDENTIAL_EXPIRATION=.*", "AWS_CREDENTIAL_EXPIRATION=x[$(touch p)] b", other
        )
        other = with_check(other)
        session.write_text(other)
        by_shell()
        lines = other.splitlines(keepends=True)
        expiration = lines[3].removesuffix(" b\n")
        session.write_text(
            "".join((lines[0], f"{lines[1][:-1]} {lines[2]}", f"{expiration}\n", "b\n", *lines[4:]))
        )
        assert not by_shell()
        session.write_text(with_check(re.sub("EXPIRES_AT=.*", f"EXPIRES_AT={now + 3001}", kept)))
        assert by_shell()
        # As sessions of SSO have it.
        session.write_text(kept.replace("\nEND=", "\nACCOUNT=111122223333\nEND="))
        assert by_shell()
        session.unlink()
        assert not by_shell()
        assert not list(h.home.glob("**/p"))


@with_sessions
def test_what_awsenv_put_and_somebody_changed(h: Hooked) -> None:
    tools = h.home.parent / "tools"
    (tools / "awsenv").write_text('#!/bin/sh\necho "asked: $*"\n')
    (tools / "awsenv").chmod(0o755)
    with h.shell:
        h.shell.run("awsenv assume dev")
        _without_program(h)
        put = h.variable("AWSENV_PUT")
        for name, value in (
            ("AWS_REGION", "mine"),
            (KEY, "AKIAMINE"),
            ("AWS_PROFILE", "mine"),
            ("AWSENV_PUT", put.replace("&", "&X=1&", 1)),
            ("AWSENV_PUT", "AWS_PROFILE=dev"),
        ):
            before = h.variable(name)
            h.apply({name: value})
            assert h.shell.run("awsenv assume prod-admin").startswith("asked: "), name
            assert h.variable("AWSENV_PROFILE") == "dev"
            h.apply({name: before} if before else {}, () if before else (name,))
        assert h.shell.run("awsenv assume prod-admin").startswith("awsenv: prod-admin for ")


@with_sessions
def test_a_time_that_tells_nothing(h: Hooked, sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    with h.shell:
        assert h.shell.run("awsenv assume dev").startswith("awsenv: dev for ")
        os.utime(config, (1, 1))
        time.sleep(1.1)
        for _ in range(2):
            h.shell.run("awsenv assume dev")
        before = h.variable("AWS_REGION")
        config.write_text(config.read_text().replace(before, "eu-south-2"))
        os.utime(config, (1, 1))
        h.shell.run("awsenv assume dev")
        assert h.variable("AWS_REGION") == "eu-south-2" != before


@with_sessions
def test_beside_read_only_variables(h: Hooked) -> None:
    names = ("n", "lines", "state", "IFS", "text", "file")
    with h.shell:
        for name in names if h.syntax.name != "fish" else ():
            h.shell.run(f"readonly {name}")
        # It may be the program's doing.
        shown = h.shell.run("awsenv assume dev")
        assert re.search(r"^awsenv: dev for (59m|1h00m)$", shown, re.M), shown
        assert _variables(h)["AWSENV_PROFILE"] == "dev"


SETTINGS = {
    "bash": (
        "set -u",
        "set -e",
        "set -a",
        "set -o noclobber",
        "set -o posix",
        "IFS=abcw_",
        "shopt -s nullglob failglob extglob",
        "LC_ALL=C",
        "export() { echo mine; }; unset() { echo mine; }; printf() { echo mine; }",
        "alias builtin=false local=false export=false printf=false mapfile=false unset=false",
    ),
    "zsh": (
        "setopt no_unset err_exit",
        "setopt ksh_arrays sh_word_split no_multibyte",
        "setopt csh_junkie_quotes csh_junkie_loops null_glob glob_subst",
        "setopt all_export no_clobber warn_create_global",
        "setopt posix_builtins posix_identifiers",
        "IFS=abcw_",
        "export() { echo mine }; unset() { echo mine }; printf() { echo mine }; print() { echo m }",
        "alias builtin=false local=false export=false printf=false typeset=false unset=false",
    ),
    "fish": (
        "set -g LC_ALL C",
        "set -g IFS ,",
        # The prompt of these tests is made with echo.
        'function fish_prompt; builtin echo -n "#$_driven> "; end; '
        "function contains; end; function printf; end; function echo; end",
    ),
}


@pytest.mark.parametrize(
    ("shell", "setting"),
    [(shell, setting) for shell in SHELLS for setting in SETTINGS[shell[0]]],
    ids=lambda each: each if isinstance(each, str) else each[1] or each[0],
)
def test_with_a_persons_setting(
    shell: tuple[str, str | None], setting: str, tmp_path: Path, sts: RunningSts
) -> None:
    h = _known(*shell, tmp_path, sts)
    with h.shell:
        _without_program(h)
        whole = "()" in setting or "function" in setting
        for line in [setting] if whole else setting.split("; "):
            h.shell.run(line)
        for profile in ("dev", "prod-admin", "dev"):
            told = "builtin echo status=$status" if shell[0] == "fish" else "echo status=$?"
            shown = h.shell.run(f"awsenv assume {profile}; {told}")
            assert re.fullmatch(rf"awsenv: {profile} for (59m|1h00m)\nstatus=0", shown), shown
            assert h.segment().startswith(f"[{profile} ")
        assert _variables(h)["AWSENV_BASELINE"] == ""


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[1] or shell[0])
def test_a_switch_and_its_prompts_start_nothing(
    shell: tuple[str, str | None], tmp_path: Path, sts: RunningSts
) -> None:
    strace = need_program("strace")
    name, program = shell
    trace = tmp_path / "trace"
    # A program in the shell's place, of the shell's name, that lets itself be watched.
    watched = tmp_path / "watched" / name
    watched.parent.mkdir()
    path = program or need_shell(name)
    watched.write_text(f'#!/bin/sh\nexec {strace} -f -e trace=process -o {trace} {path} "$@"\n')
    watched.chmod(0o755)
    h = _known(name, str(watched), tmp_path, sts)

    def started() -> list[str]:
        calls = re.findall(r"^\d+ +(?:clone3?|v?fork|execve)\(.*", trace.read_text(), re.M)
        # fish has threads.
        return [call for call in calls if "CLONE_THREAD" not in call]

    with h.shell:
        # With its first session, bash looks once whether somebody has a DEBUG trap.
        h.shell.run("awsenv assume dev")
        h.shell.run("true")
        before = len(started())
        for profile in ("prod-admin", "dev", "dev"):
            h.shell.run("true")
            assert h.shell.run(f"awsenv assume {profile}").startswith(f"awsenv: {profile} for ")
            h.shell.run("true")
        assert started()[before:] == []
        h.shell.run("/bin/true")
        assert len(started()) > before, "the count itself works"
