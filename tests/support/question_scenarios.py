"""Scenarios of the question for a code just before a line that needs the session."""

import re
import time

from awsenv import shells
from awsenv.environment.change import EnvChange
from support.hook_scenarios import scenario, scenario_of
from support.hooked_shells import KEY, QUESTION, Hooked


@scenario
def a_line_of_any_kind_sees_the_new_session(h: Hooked) -> None:
    h.assume()
    for name, line in h.syntax.seen.items():
        h.lapse(mfa=False)
        key = h.variable(KEY)
        before = len(h.calls())
        h.shell.run(line)
        h.shell.wait_until(lambda n=before: len(h.calls()) > n, f"aws in {name}: {line}")
        call = h.calls()[before]
        assert call.startswith("seen ASIA"), name
        assert call.split()[1] != key, f"{name}: {line}"
        assert QUESTION not in h.shell.output()
        # It stays, for the next line.
        assert h.variable(KEY) == call.split()[1], name


@scenario
def lapsed_asks_and_the_command_runs_with_what_came(h: Hooked) -> None:
    # Honest sessions that live 3 s, so within 0.3 s of their end they count as lapsed.
    h.sts.control.cap_life(3)
    h.assume()
    end = int(h.variable("AWSENV_EXPIRES_AT"))
    key = h.variable(KEY)
    h.shell.wait_until(lambda: time.time() > end, "the end of the session")
    h.shell.run("true")
    assert h.segment() == "[dev expired] "
    h.sts.control.cap_life(None)
    h.ask("aws mine")
    assert "mfa/alice" in h.shell.output(whole=True)
    h.answer(h.sts.code())
    assert [call.split()[0] for call in h.calls()] == ["mine"]
    assert h.calls()[0].split()[1] == h.variable(KEY) != key
    assert re.fullmatch(r"\[dev (59m|1h00m)\] ", h.segment())
    h.assert_sane()


@scenario
def the_real_aws_is_the_role(h: Hooked) -> None:
    h.assume()
    h.lapse()
    h.ask(f"{h.syntax.python} -m awscli --version; env aws x")
    h.answer(h.sts.code())
    line = f"{h.syntax.python} -m awscli sts get-caller-identity --query Arn"
    assert "assumed-role/dev/" in h.shell.run(line)


@scenario
def a_cancel_drops_the_whole_line(h: Hooked) -> None:
    h.assume()
    h.lapse()
    key = h.variable(KEY)
    for line in (*h.syntax.dropped.values(), *list(h.syntax.dropped.values())[:2]):
        h.ask(line)
        h.shell.press("ctrl-c")
        h.wait_until_dropped(line)
        assert h.calls() == [], line
        assert h.shell.run("echo next") == "next", line
    h.assert_sane()
    # Lapsed they stay: without any, tools would fall through to another identity.
    assert h.variable(KEY) == key
    assert h.segment() == "[dev expired] "
    assert h.calls() == []


@scenario
def the_question_says_what_the_keys_do(h: Hooked) -> None:
    h.assume()
    h.lapse()
    h.ask("aws a")
    shown = h.shell.output(whole=True)
    keys = "Enter: run the line without renewing it; Ctrl-C: do not run the line"
    assert f"awsenv: dev has expired. {keys}" in shown, shown
    assert "MFA code for arn:aws:iam::111122223333:mfa/alice (dev):" in shown
    h.shell.press("ctrl-c")
    h.wait_until_dropped("aws a")
    assert "awsenv: cancelled; nothing of the line was run" in h.shell.screen()
    h.ask("aws a")
    for count in (1, 2, 3):
        h.shell.wait_for(QUESTION, times=count)
        h.shell.type("000000\r")
    h.wait_until_dropped("aws a")
    assert re.search(r"3 MFA codes.*; nothing of the line was run", h.shell.screen(), re.S)
    assert h.calls() == []
    # Somebody who renews the session by hand has no line to run.
    h.shell.submit("awsenv refresh")
    h.shell.wait_for(QUESTION)
    shown = h.shell.output(whole=True)
    assert "awsenv: Enter: leave the session as it is; Ctrl-C: cancel" in shown
    assert "the line" not in shown
    h.shell.press("ctrl-c")
    h.shell.wait_for_prompt()
    assert "nothing of the line" not in h.shell.output()


@scenario
def end_of_file_and_three_wrong_codes_drop_it_too(h: Hooked) -> None:
    h.assume()
    h.lapse()
    for line in [h.syntax.dropped[name] for name in ("semicolon", "or", "for")]:
        h.ask(line)
        h.shell.press("ctrl-d")
        h.wait_until_dropped(line)
        assert h.calls() == []
    line = h.syntax.dropped["or"]
    h.ask(line)
    for count in (1, 2, 3):
        h.shell.wait_for(QUESTION, times=count)
        h.shell.type("000000\r")
    h.wait_until_dropped(line)
    assert h.calls() == []
    h.assert_sane()
    assert "aws:x:" in h.shell.run(h.syntax.dropped["plain"].replace("aws a", "echo aws:x:"))


@scenario
def what_was_typed_ahead_is_never_the_code(h: Hooked) -> None:
    h.assume()
    h.lapse()
    code = h.sts.code()
    h.sts.control.clear_requests()
    h.shell.submit(f"aws a\r{code}")
    h.shell.wait_for(QUESTION)
    h.shell.press("ctrl-c")
    h.wait_until_dropped("aws a")
    if h.syntax.keeps_type_ahead:
        # The next prompt reads it as a line of its own, which is not run.
        h.shell.wait_for_prompt()
        assert h.shell.run("echo next") == "next"
        assert h.shell.output(whole=True).count(code) == 0
        history = h.shell.run(h.syntax.history)
        assert "echo next" in history
        assert code not in history
    assert h.sts.control.requests() == []
    assert h.calls() == []


@scenario
def the_question_cannot_be_suspended(h: Hooked) -> None:
    h.assume()
    h.lapse()
    h.ask("aws a")
    h.shell.press("ctrl-z", "ctrl-z")
    h.answer(h.sts.code())
    assert [call.split()[0] for call in h.calls()] == ["a"]
    assert "aws" not in h.shell.run("jobs")
    h.assert_sane()


@scenario
def what_is_printed_is_evaluated_only_if_it_is_statements(h: Hooked) -> None:
    h.pretend(0)
    tools = h.home.parent / "tools"
    mark = shells.get(h.syntax.name).mark
    for number, printed in enumerate(
        (f"touch p; {mark} touch p", f" {mark} touch p", "touch p", f"#{mark}")
    ):
        (tools / "awsenv").write_text(f"#!/bin/sh\ncat <<'EOF'\n{printed}\nEOF\n")
        (tools / "awsenv").chmod(0o755)
        h.shell.submit(f"aws {number}")
        h.wait_until_dropped(f"aws {number}")
        assert h.shell.run("awsenv assume dev") == printed.rstrip()
    assert h.calls() == []
    # Statements of a program that failed are not for evaluation either.
    statement = shells.get(h.syntax.name).render(EnvChange({"AWSENV_PROFILE": "wrong"}))
    (tools / "awsenv").write_text(f"#!/bin/sh\ncat <<'EOF'\n{statement}\nEOF\nexit 4\n")
    h.shell.submit("aws b")
    h.wait_until_dropped("aws b")
    h.shell.run("awsenv assume dev")
    assert h.variable("AWSENV_PROFILE") == "prod-admin"
    assert h.calls() == []
    assert not list(h.home.glob("**/p"))


@scenario
def no_code_runs_the_line_as_it_is(h: Hooked) -> None:
    h.assume()
    h.lapse()
    key = h.variable(KEY)
    h.ask("aws a; aws b")
    h.answer("")
    assert h.calls() == [f"a {key}", f"b {key}"]


@scenario
def only_what_uses_aws_asks(h: Hooked) -> None:
    h.assume()
    h.lapse()
    for line in (
        "echo aws",
        "ls aws/ 2>&1 | cat",
        "aws --profile prod-admin s3 ls",
        "aws s3 ls --profile=prod-admin",
        "awsenv status",
        "# aws",
        "sh -c 'ls aws'",
        *h.syntax.texts,
    ):
        h.shell.run(line)
        assert QUESTION not in h.shell.output(), line
    before = len(h.calls())
    h.apply({"AWSENV_COMMANDS": " mytool -aws"})
    h.shell.run("aws a")
    assert len(h.calls()) == before + 1
    h.ask("mytool | cat")
    h.shell.press("ctrl-c")
    h.wait_until_dropped("mytool | cat")


@scenario_of("bash")
def a_line_that_leaves_by_eval_or_exec_asks_nothing(h: Hooked) -> None:
    h.assume()
    h.assume("prod-admin")
    for line in (
        "awsenv assume dev && aws a",
        h.syntax.evaluate.format("dev") + "; aws a",
        "true; awsenv assume dev; aws a",
        "awsenv unset; aws a",
        "awsenv exec dev aws a",
    ):
        h.shell.run("awsenv assume prod-admin")
        assert h.variable("AWSENV_PROFILE") == "prod-admin"
        # What is left of it is gone from the disk, so that only a code would help.
        end = h.home / ".cache/awsenv/sessions" / h.variable("AWSENV_SESSION")
        text = end.read_text()
        end.unlink()
        h.apply({"AWSENV_EXPIRES_AT": "1"})
        before = len(h.calls())
        assert QUESTION not in h.shell.run(line), line
        assert len(h.calls()) == before + 1, line
        end.write_text(text)
        end.chmod(0o600)


@scenario
def modes_and_switches(h: Hooked) -> None:
    h.assume()
    h.lapse()
    h.shell.run("awsenv auto off")
    assert "aws:a:" in h.shell.run("aws a")
    h.shell.run("awsenv auto all")
    assert h.shell.run("awsenv auto nonsense").startswith("awsenv: usage:")
    h.ask("echo any")
    h.shell.press("ctrl-c")
    h.wait_until_dropped("echo any")
    # That cancel holds, but for what uses AWS.
    assert h.shell.run("echo any") == "any"
    h.ask("aws b")
    h.shell.press("ctrl-c")
    h.wait_until_dropped("aws b")
    h.shell.run("awsenv auto on")
    assert h.shell.run("echo any") == "any"
    h.ask("aws c")
    h.answer(h.sts.code())
    assert [call.split()[0] for call in h.calls()] == ["a", "c"]


@scenario
def a_line_that_leaves_the_session_asks_nothing_for_it(h: Hooked) -> None:
    h.assume()
    h.lapse()
    assert QUESTION not in h.shell.run("awsenv exec nope aws a")
    h.ask("awsenv assume prod-admin; aws b")
    # It is the program that asks, and for the session that is wanted.
    assert "(prod-admin" in h.shell.output(whole=True)
    assert "(dev" not in h.shell.output(whole=True)
    h.answer(h.sts.code())
    assert [call.split()[0] for call in h.calls()] == ["b"]
    assert h.calls()[0].split()[1] == h.variable(KEY)
    h.lapse()
    h.shell.run("awsenv unset; aws c")
    assert QUESTION not in h.shell.output()
    assert h.calls()[-1] == "c "
