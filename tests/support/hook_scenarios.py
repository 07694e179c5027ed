"""What the hooks do, once for every shell: each scenario is a function that is given a Hooked.

A shell of its own language overrides the lines of its Syntax, and nothing else. Those of the
question before a line are in support.question_scenarios.
"""

import re
import time
from collections.abc import Callable

from support.hooked_shells import HOOKS, KEY, Hooked
from support.records import with_check

Scenario = Callable[[Hooked], None]
SCENARIOS: dict[str, Scenario] = {}
# Scenarios that are not for every shell.
ONLY: dict[str, tuple[str, ...]] = {}


def scenario(function: Scenario) -> Scenario:
    SCENARIOS[function.__name__] = function
    return function


def scenario_of(*shells: str) -> Callable[[Scenario], Scenario]:
    def add(function: Scenario) -> Scenario:
        ONLY[function.__name__] = shells
        return scenario(function)

    return add


# The prompt


@scenario
def the_prompt_shows_the_time_left(h: Hooked) -> None:
    assert h.segment() == ""
    for left, shown in ((42 * 60 + 30, "42m"), (3930, "1h05m"), (36 * 3600 + 30, "36h00m")):
        h.pretend(left)
        assert h.segment() == f"[prod-admin {shown}] "
    h.pretend(59)
    assert re.fullmatch(r"\[prod-admin 5\ds\] ", h.segment())
    h.pretend(0)
    assert h.segment() == "[prod-admin expired] "
    h.apply({}, ("AWSENV_EXPIRES_AT",))
    assert h.segment() == "[prod-admin] "
    h.apply({}, ("AWSENV_PROFILE",))
    assert h.segment() == ""


@scenario
def the_colour_tells_how_urgent_it_is(h: Hooked) -> None:
    def colour(left: int, **more: str) -> bytes:
        h.pretend(left, **more)
        mark = len(h.shell.raw)
        h.shell.run("true")
        found = re.findall(rb"\x1b\[([\d;]+)m\[prod-admin", bytes(h.shell.raw[mark:]))
        return found[-1] if found else b""

    assert [colour(left) for left in (3600, 800, 200, 0)] == [b"32", b"33", b"31", b"31"]
    own = {"AWSENV_PROMPT_WARN": "2h", "AWSENV_PROMPT_URGENT": "1h30m"}
    assert colour(6600, **own, AWSENV_PROMPT_COLORS="1;34 35 36") == b"35"
    assert colour(5300) == b"36"
    assert colour(9000) == b"1;34"
    assert colour(9000, AWSENV_PROMPT_COLORS="x$(touch p) y z") == b""
    assert colour(9000, AWSENV_PROMPT_COLORS="32 33 31", NO_COLOR="1") == b""
    assert h.segment() == "[prod-admin 2h30m] " or h.segment() == "[prod-admin 2h29m] "


@scenario
def the_prompt_is_as_the_person_wants_it(h: Hooked) -> None:
    h.pretend(90, AWSENV_PROMPT_FORMAT="{left}@{profile}! ")
    assert h.segment() == "1m@prod-admin! "
    h.shell.run("awsenv prompt off")
    assert h.segment() == ""
    h.shell.run("awsenv prompt on")
    assert h.segment() == "1m@prod-admin! "
    h.apply({"AWSENV_PROMPT": "manual"})
    assert h.segment() == ""
    # Placed by hand, it is still there, and the function gives it too.
    assert h.shell.run("echo $AWSENV_SEGMENT").startswith("1m@prod-admin!")
    assert h.shell.run(h.syntax.print_segment).startswith("1m@prod-admin!")


HOSTILE = [
    "%F{red}$(touch p)`touch p`",
    "${HOME}!!\\w\\u\\$(touch p)%~",
    "'\"; touch p; '",
    "{left}{profile}",
    "&\\1\\0 $0 %1v",
    "-n",
    "naïve 🚀 profile",
]


@scenario
def hostile_values_are_shown_and_never_run(h: Hooked) -> None:
    for name in HOSTILE:
        h.pretend(130, profile=name)
        assert (name, h.segment()) == (name, f"[{name} 2m] ")
    h.pretend(130, profile="a\x1b[31mb\x07\u202ec\u2028d\x85e")
    assert h.segment() == "[a?[31mb??c?d?e 2m] "
    h.pretend(130, profile="x" * 500)
    assert 60 <= len(h.segment()) < 80
    for end in ("x[$(touch p)]", "1x", "-5", "0x10", "1e3", "9" * 40, "1 2", "$(touch p)", "\n5"):
        h.pretend(end)
        assert h.segment() == "[prod-admin ?] ", end
        assert "aws:a:" in h.shell.run("aws a")
    for name in ("AWSENV_ISSUED_AT", "AWSENV_LEAD", "AWSENV_PROMPT_WARN", "AWSENV_SESSION"):
        h.pretend(3030, **{name: "x[$(touch p)]"})
        assert h.segment() == "[prod-admin 50m] "
        assert "aws:a:" in h.shell.run("aws a")
    put = f"{KEY}=x[$(touch p)]"
    h.apply({"AWSENV_PUT": put, KEY: "x[$(touch p)]"})
    h.apply({"AWSENV_PUT": "x[$(touch p)]=1&y=2"})
    assert h.segment() == ""
    assert not list(h.home.glob("**/p"))


@scenario
def the_status_is_handed_on(h: Hooked) -> None:
    # Any DEBUG trap costs PIPESTATUS in bash 3.2.
    old = h.shell.run("echo $BASH_VERSION").startswith("3.")
    for live in (3000, 0):
        h.pretend(live)
        for lines, expected in (
            (h.syntax.after_false, "status=1"),
            (h.syntax.after_pipe, "pipe=1 0 1"),
        )[: 1 if old else 2]:
            *first, last = lines.split("\r")
            for line in first:
                h.shell.run(line)
            assert (live, h.shell.run(last)) == (live, expected)


# Keys, regions and profiles of others


@scenario
def keys_of_another_hand_are_left_alone(h: Hooked) -> None:
    h.assume()
    h.lapse()
    assert h.segment() == "[dev expired] "
    h.apply({KEY: "AKIAFROMDIRENV"})
    assert h.segment() == ""
    assert "aws:a:AKIAFROMDIRENV" in h.shell.run("aws a")


@scenario
def a_region_of_the_persons_survives_a_refresh(h: Hooked) -> None:
    h.assume()
    h.apply({"AWS_REGION": "ap-south-1", "AWS_DEFAULT_REGION": "sa-east-1"})
    h.lapse(mfa=False)
    assert "aws:a:" in h.shell.run("aws a")
    assert h.variable("AWSENV_EXPIRES_AT") != "1"
    assert h.variable("AWS_REGION") == "ap-south-1"
    assert h.variable("AWS_DEFAULT_REGION") == "sa-east-1"


@scenario
def an_exported_profile_goes_with_a_logout(h: Hooked) -> None:
    h.shell.run(f"awsenv assume dev --export-profile --mfa-code {h.sts.code()}")
    assert h.segment().startswith("[dev "), h.shell.screen()
    assert "expired" not in h.segment()
    for record in h.records():
        record.unlink()
    h.shell.run("cd .")
    assert h.segment() == "[dev expired] "
    h.ask("aws a")
    assert h.answer(h.sts.code()).rstrip().endswith("aws:a:")
    assert "expired" not in h.segment()


@scenario
def another_role_under_the_same_name_is_asked_about(h: Hooked) -> None:
    h.assume()
    h.sts.control.cap_life(None)
    role = next(path for path in h.records() if "KIND=role" in path.read_text())
    text = role.read_text()
    text = re.sub(r"ISSUED_AT=\d+", "ISSUED_AT=1000", text)
    role.write_text(with_check(re.sub(r"EXPIRES_AT=\d+", "EXPIRES_AT=4600", text)))
    config = h.sts.aws_folder / "config"
    config.write_text(config.read_text().replace("role/dev", "role/prod-admin"))
    h.apply({"AWSENV_EXPIRES_AT": "1"})
    h.shell.submit("aws a")
    h.shell.wait_for("now means")
    h.shell.type("n\r")
    h.wait_until_dropped("aws a")
    assert h.calls() == []


# Several terminals, and the record


@scenario
def a_newer_session_on_disk_is_loaded_without_a_process(h: Hooked) -> None:
    h.assume()
    key = h.variable(KEY)
    h.apply({KEY: "ASIAOLD", "AWSENV_EXPIRES_AT": "1", "AWS_REGION": "mine"})
    put = h.variable("AWSENV_PUT").replace(key, "ASIAOLD")
    h.apply({"AWSENV_PUT": put, "PATH": str(h.home.parent / "tools") + ":/usr/bin:/bin"})
    # There is no awsenv on this PATH: only the shell itself can have done it.
    assert h.shell.run("aws a").strip() == f"aws:a:{key}"
    assert h.variable("AWSENV_PUT") == put.replace("ASIAOLD", key)
    assert h.variable("AWS_REGION") == "mine"
    assert int(h.variable("AWSENV_EXPIRES_AT")) > time.time()
    assert h.variable("AWS_CREDENTIAL_EXPIRATION").endswith("Z")


def _spoiled(text: str, key: str, now: int) -> dict[str, str]:
    ending = re.sub(r"ISSUED_AT=.*", f"ISSUED_AT={now - 3500}", text)
    changed = {
        "a byte of the secret": re.sub(r"(AWS_SECRET_ACCESS_KEY=...).", r"\g<1>~", text),
        "a byte of the token": re.sub(r"(AWS_SESSION_TOKEN=...).", r"\g<1>~", text),
        "no check": re.sub(r"CHECK=.*\n", "", text),
    }
    spoiled = {
        "torn": text[: len(text) // 2],
        "no last line end": text.removesuffix("\n"),
        "no end": text.replace(f"END={key}\n", ""),
        "another end": text.replace(f"END={key}", "END=" + "0" * 40),
        "text behind the end": text + "A=b\n",
        "end in the middle": text.replace("KIND=", f"END={key}\nKIND="),
        "another first line": text.replace("AWSENV_RECORD=2", "AWSENV_RECORD=1"),
        "no first line": text.replace("AWSENV_RECORD=2\n", ""),
        "a name twice": text.replace("KIND=", "KIND=role\nKIND="),
        "a line that is none": text.replace("KIND=", "hello\nKIND="),
        "small letters": text.replace("KIND=", "Path=x\nKIND="),
        "no key": re.sub(r"AWS_ACCESS_KEY_ID=.*\n", "", text),
        "empty secret": re.sub(r"(AWS_SECRET_ACCESS_KEY=).*", r"\1", text),
        "a command for a key": re.sub(r"(AWS_ACCESS_KEY_ID=).*", r"\1$(touch p)", text),
        "a command for a time": re.sub(r"EXPIRES_AT=.*", "EXPIRES_AT=x[$(touch p)]", text),
        "a control character": text.replace("KIND=", "KIND=\x1b"),
        "a carriage return": text.replace("\n", "\r\n"),
        "about to lapse": re.sub(r"EXPIRES_AT=.*", f"EXPIRES_AT={now + 60}", ending),
        "expired": re.sub(r"EXPIRES_AT=.*", f"EXPIRES_AT={now - 5}", text),
        "from the future": re.sub(r"ISSUED_AT=.*", f"ISSUED_AT={now + 2000}", text),
        "longer than AWS gives": re.sub(r"EXPIRES_AT=.*", f"EXPIRES_AT={now + 200000}", text),
    }
    return changed | {what: with_check(each) for what, each in spoiled.items()}


@scenario
def a_spoiled_record_is_never_loaded(h: Hooked) -> None:
    h.assume()
    key = h.variable("AWSENV_SESSION")
    record = h.home / ".cache/awsenv/sessions" / key
    text = record.read_text()
    put = h.variable("AWSENV_PUT").partition("&")[2]
    # With no program to turn to, what is not loaded is run as it is.
    h.apply({"PATH": str(h.home.parent / "tools") + ":/usr/bin:/bin"})
    old = {KEY: "ASIAOLD", "AWSENV_PUT": f"{KEY}=ASIAOLD&{put}", "AWSENV_EXPIRES_AT": "1"}
    h.apply(old)
    for what, spoiled in _spoiled(text, key, int(time.time())).items():
        record.write_text(spoiled)
        h.shell.run("aws a")
        assert h.calls()[-1] == "a ASIAOLD", what
    record.unlink()
    other = h.home / "other"
    other.write_text(text)
    record.symlink_to(other)
    h.shell.run("aws link")
    assert h.calls()[-1] == "link ASIAOLD"
    record.unlink()
    record.mkdir()
    h.shell.run("aws folder")
    assert h.calls()[-1] == "folder ASIAOLD"
    record.rmdir()
    record.write_text(text)
    # What others can read is not trusted.
    record.chmod(0o600)
    h.shell.run("aws good")
    assert h.calls()[-1] != "good ASIAOLD"
    assert not list(h.home.glob("**/p"))


# The awsenv command


@scenario
def awsenv_acts_on_the_shell(h: Hooked) -> None:
    h.apply({"AWS_PROFILE": "mine", "AWS_REGION": "ap-south-1"})
    h.assume("prod-admin")
    assert h.variable("AWS_PROFILE") == ""
    assert h.variable("AWS_REGION") == "eu-west-1"
    h.shell.run("awsenv assume dev")
    assert h.variable("AWSENV_PROFILE") == "dev"
    h.shell.run("awsenv refresh")
    h.shell.run("awsenv unset")
    assert h.variable("AWS_PROFILE") == "mine"
    assert h.variable("AWS_REGION") == "ap-south-1"
    assert h.variable(KEY) == ""
    h.shell.run(h.syntax.evaluate.format("dev"))
    assert h.variable("AWSENV_PROFILE") == "dev"


@scenario
def awsenv_is_otherwise_the_program(h: Hooked) -> None:
    def status(line: str) -> tuple[str, str]:
        shown = h.shell.run(line)
        number = h.syntax.after_false.rpartition("=")[2]
        return shown, h.shell.run(f"echo {number}")

    assert "awsenv 0" in h.shell.run("awsenv --version")
    shown, code = status("awsenv assume nope")
    assert code == "3"
    assert "nope" in shown
    assert "false" not in shown.splitlines()
    assert h.variable("AWSENV_PROFILE") == ""
    shown, code = status("awsenv assume --help")
    assert "Usage" in shown
    assert code == "0"
    assert status("awsenv nonsense")[1] == "2"
    assert "AWS_ACCESS_KEY_ID" in h.shell.run(
        f"awsenv assume dev --format json --mfa-code {h.sts.code()} | cat"
    )
    assert h.variable("AWSENV_PROFILE") == ""
    assert "export" in h.shell.run("awsenv assume dev --shell posix | cat")
    # On a terminal it is the program that refuses.
    shown, code = status("awsenv assume dev --shell posix")
    assert code == "2"
    h.assume("dev")
    exit_code = """awsenv exec dev -- sh -c 'test -t 1 && echo "$AWSENV_PROFILE"; exit 7'"""
    assert status(exit_code) == ("dev", "7")


# Loading


@scenario
def loading_twice_changes_nothing(h: Hooked) -> None:
    h.assume()
    load = h.syntax.load.format(file=HOOKS / h.syntax.hook)
    h.shell.run(load)
    h.shell.run(load)
    assert h.segment().count("[dev") == 1
    h.lapse()
    h.ask("aws a")
    h.answer(h.sts.code())
    assert len(h.calls()) == 1


@scenario
def a_profile_whose_name_begins_with_a_dash(h: Hooked) -> None:
    config = h.sts.aws_folder / "config"
    config.write_text(config.read_text().replace("[profile dev]", "[profile -dash]"))
    h.shell.run(f"awsenv assume --mfa-code {h.sts.code()} -- -dash")
    assert h.segment().startswith("[-dash ")
    h.shell.run("awsenv unset")
    h.shell.run("awsenv assume -- -dash")
    assert h.variable("AWSENV_PROFILE") == "-dash"


@scenario
def auto_shows_its_state(h: Hooked) -> None:
    assert h.shell.run("awsenv auto").startswith("auto is on: ")
    for state in ("off", "all", "on"):
        h.shell.run(f"awsenv auto {state}")
        assert h.shell.run("awsenv auto").startswith(f"auto is {state}: ")


@scenario
def a_notice_comes_once_where_it_is_wanted(h: Hooked) -> None:
    h.pretend(300)
    assert "expires in" not in h.shell.run("true")
    h.pretend(3000)
    h.apply({"AWSENV_NOTICE": "10m"})
    h.pretend(601)
    notice = "awsenv: prod-admin expires in"
    h.shell.wait_until(lambda: h.shell.run("true") is not None and notice in h.shell.screen(), "it")
    for _ in range(3):
        h.shell.run("true")
    assert h.shell.screen().count(notice) == 1
    h.pretend(0, profile="late")
    h.pretend(200, profile="a\x1bb", AWSENV_PROMPT="off")
    assert "awsenv: a?b expires in 3m; awsenv refresh renews it" in h.shell.screen()
    assert "late expires" not in h.shell.screen()


TRACED = {
    "bash": ("set -x", "set +x"),
    "zsh": ("setopt xtrace", "unsetopt xtrace"),
    "fish": ("set -gx fish_trace all", "set -e fish_trace"),
}


@scenario_of("bash", "zsh", "fish")
def a_trace_shows_no_secret(h: Hooked) -> None:
    on, off = TRACED[h.syntax.name]
    h.assume()
    h.shell.run("awsenv assume dev")
    h.shell.run(on)
    mark = len(h.shell.raw)
    h.shell.run("awsenv assume prod-admin")
    h.shell.run("awsenv assume dev")
    h.shell.run("awsenv assume dev")
    h.shell.run("awsenv refresh --force")
    loaded = (
        "awsenv assume {} | source" if h.syntax.name == "fish" else "source <(awsenv assume {})"
    )
    h.shell.run(loaded.format("prod-admin"))
    h.lapse(mfa=False)
    h.shell.run("aws a")
    h.shell.run(off)
    shown = bytes(h.shell.raw[mark:])
    assert b"awsenv assume dev" in shown
    secrets = {h.variable("AWS_SECRET_ACCESS_KEY"), h.variable("AWS_SESSION_TOKEN")[:20]}
    for record in h.records():
        pairs = dict(line.partition("=")[::2] for line in record.read_text().splitlines())
        secrets |= {pairs["AWS_SECRET_ACCESS_KEY"], pairs["AWS_SESSION_TOKEN"][:20]}
    assert "" not in secrets
    for secret in secrets:
        assert secret.encode() not in shown


@scenario_of("bash", "zsh", "fish")
def a_large_record_is_no_record(h: Hooked) -> None:
    h.assume()
    record = h.home / ".cache/awsenv/sessions" / h.variable("AWSENV_SESSION")
    put = h.variable("AWSENV_PUT").partition("&")[2]
    h.apply({"PATH": str(h.home.parent / "tools") + ":/usr/bin:/bin"})
    h.apply({KEY: "ASIAOLD", "AWSENV_PUT": f"{KEY}=ASIAOLD&{put}", "AWSENV_EXPIRES_AT": "1"})
    text = record.read_text()
    record.write_text(text.replace("KIND=", f"OPTION_X={'x' * 70_000}\nKIND="))
    h.shell.run("aws large")
    assert h.calls()[-1] == "large ASIAOLD"
    record.write_text(text)
    h.shell.run("aws good")
    assert h.calls()[-1] != "good ASIAOLD"
