"""Each refusal and network trouble: one line with a hint, before a person loses patience."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from support.world import RunningSts, run_awsenv


def refused(*args: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, line and hint of a command that fails."""
    done = run_awsenv(*args, "--shell", "bash", env=env)
    assert done.returncode != 0
    assert done.stdout == "false\n"
    lines = [line for line in done.stderr.splitlines() if not line.startswith("awsenv: session")]
    assert len(lines) == 2, done.stderr
    line, hint = lines
    assert line.startswith("awsenv: ")
    assert hint.startswith("hint: ")
    return done.returncode, line, hint


def test_wrong_code(sts: RunningSts) -> None:
    good = sts.code()
    wrong = f"{(int(good) + 1) % 10**6:06d}"
    code, line, _ = refused("assume", "dev", "--mfa-code", wrong)
    assert code in (4, 5)
    assert "wrong" in line
    assert "used" in line
    assert sts.control.count("GetSessionToken") == 1


def test_unknown_device(sts: RunningSts) -> None:
    serial = "arn:aws:iam::111122223333:mfa/somebody"
    args = ["--mfa-serial", serial, "--mfa-code", sts.code()]
    code, line, hint = refused("assume", "dev", *args)
    assert code == 5
    assert serial in line
    assert "list-mfa-devices" in hint


def test_fido_device(sts: RunningSts) -> None:
    serial = "arn:aws:iam::111122223333:u2f/user/alice/key"
    code, line, hint = refused("assume", "dev", "--mfa-serial", serial)
    assert code == 3
    assert "FIDO" in line
    assert "authenticator app" in hint
    assert sts.control.count() == 0


def test_denied_with_and_without_mfa(sts: RunningSts) -> None:
    code, line, hint = refused("assume", "forbidden", "--mfa-code", sts.code())
    assert code == 5
    assert "(with MFA)" in line
    assert "may not trust you" in hint
    role = sts.world.role("dev").arn
    bare = sts.aws_folder / "bare"
    bare.write_text("[default]\n")
    env = {"AWS_CONFIG_FILE": str(bare)}
    code, line, hint = refused("assume", "--role-arn", role, "--source-profile", "default", env=env)
    assert code == 5
    assert "(without MFA)" in line
    assert "awsenv setup default finds your device" in hint


def test_old_mfa_session_is_refused_by_age(sts: RunningSts) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    sts.control.advance_sessions(600)
    code, _, hint = refused("assume", "fresh-mfa")
    assert code == 5
    assert "--mfa-direct" in hint


def test_duration_over_the_roles_limit(sts: RunningSts) -> None:
    code, line, _ = refused("assume", "dev", "--duration", "2h", "--mfa-code", sts.code())
    assert code == 5
    assert "2h00m" in line
    assert "maximum is shorter" in line


def test_inactive_key(sts: RunningSts) -> None:
    key = sts.world.user("alice").key.id
    sts.control.set_key_active(key, active=False)
    code, line, hint = refused("assume", "dev", "--mfa-code", sts.code())
    assert code == 5
    assert "profile 'default'" in line
    assert "inactive" in line
    assert "IAM console" in hint


def test_wrong_secret(sts: RunningSts) -> None:
    path = sts.aws_folder / "credentials"
    secret = sts.world.user("alice").key.secret
    path.write_text(path.read_text().replace(secret, "x" * 40))
    code, line, _ = refused("assume", "dev", "--mfa-code", sts.code())
    assert code == 5
    assert "secret access key" in line
    assert "x" * 40 not in line


@pytest.mark.parametrize(("shift", "said"), [(3600, "1h00m behind"), (-7200, "2h00m ahead of")])
def test_wrong_clock(sts: RunningSts, shift: int, said: str) -> None:
    sts.control.shift_clock(shift)
    code, line, hint = refused("assume", "dev", "--mfa-code", sts.code())
    assert code == 5
    assert said in line
    assert "set the clock" in hint


def test_throttled(sts: RunningSts) -> None:
    sts.control.throttle(20)
    code, line, _ = refused("assume", "dev", "--mfa-code", sts.code())
    assert code == 5
    assert "throttling" in line
    assert sts.control.count("GetSessionToken") == 1


def test_throttled_for_a_moment(sts: RunningSts) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    sts.control.throttle(1, "AssumeRole")
    assert run_awsenv("assume", "dev", "--shell", "bash").returncode == 0
    assert sts.control.count("AssumeRole") == 2


def test_a_call_with_a_code_is_never_retried(sts: RunningSts) -> None:
    sts.control.fail(3, "GetSessionToken")
    code, line, _ = refused("assume", "dev", "--mfa-code", sts.code())
    assert code == 5
    assert "failure of its own" in line
    assert sts.control.count("GetSessionToken") == 1


def test_session_as_source_of_an_mfa_session(sts: RunningSts) -> None:
    path = sts.aws_folder / "credentials"
    path.write_text(path.read_text() + "aws_session_token = something\n")
    code, _, _ = refused("assume", "dev")
    assert code in (4, 5)
    assert "is a session already" in run_awsenv("explain", "dev").stdout


@contextmanager
def server(behave: str) -> Iterator[str]:
    """An address that refuses, or accepts and says nothing."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        if behave == "silent":
            listener.listen()
            held: list[socket.socket] = []

            def accept() -> None:
                try:
                    while True:
                        held.append(listener.accept()[0])
                except OSError:
                    pass

            threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        if behave == "silent":
            listener.shutdown(socket.SHUT_RDWR)
            for connection in held:
                connection.close()


@pytest.mark.parametrize("behave", ["refusing", "silent"])
def test_server_that_does_not_answer(sts: RunningSts, behave: str) -> None:
    with server(behave) as url:
        started = time.monotonic()
        env = {"AWS_ENDPOINT_URL": url, "AWSENV_DEADLINE": "3"}
        code, line, hint = refused("assume", "dev", "--mfa-code", "123456", env=env)
    assert code == 6
    assert url in line
    assert "proxy" in hint
    assert time.monotonic() - started < 8


def test_page_of_a_hotel(sts: RunningSts) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "26")
            self.end_headers()
            self.wfile.write(b"<html>Welcome, guest</html")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as page:
        threading.Thread(target=page.serve_forever, daemon=True).start()
        env = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{page.server_port}"}
        code, line, hint = refused("assume", "dev", "--mfa-code", "123456", env=env)
        page.shutdown()
    assert code == 6
    assert "is not STS" in line
    assert "sign-in page" in hint


def test_proxy_that_is_not_there(sts: RunningSts) -> None:
    with server("refusing") as url:
        env = {"HTTP_PROXY": url, "NO_PROXY": ""}
        code, line, hint = refused("assume", "dev", "--mfa-code", "123456", env=env)
    assert code == 6
    assert "proxy" in line
    assert "HTTPS_PROXY" in hint


def test_tls_that_is_not_trusted(sts: RunningSts) -> None:
    env = {"AWS_ENDPOINT_URL": sts.url.replace("http://", "https://"), "AWSENV_DEADLINE": "5"}
    code, line, _ = refused("assume", "dev", "--mfa-code", "123456", env=env)
    assert code == 6
    assert "TLS" in line or "reach" in line


def test_control_characters_are_made_visible(sts: RunningSts) -> None:
    done = run_awsenv("assume", "a\x1b[31m\u202eb", "--shell", "bash")
    assert done.returncode == 3
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr
    assert "\\x1b[31m\\u202eb" in done.stderr


def test_no_secret_in_a_traceback(sts: RunningSts) -> None:
    done = run_awsenv(
        "assume",
        "dev",
        "--shell",
        "bash",
        "--mfa-code",
        sts.code(),
        env={"AWSENV_DEBUG": "1", "AWS_ENDPOINT_URL": "http://[bad"},
    )
    assert done.returncode != 0
    assert sts.world.user("alice").key.secret not in done.stderr
    assert os.environ["HOME"] not in done.stdout
