"""A service that answers nonsense, or never stops: one line that names it, nothing kept."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from support.sources import open_portal, sign_in
from support.world import RunningSts, run_awsenv

EXPIRY = "2099-01-01T00:00:00Z"


def granted(**values: str | None) -> bytes:
    """An answer of GetSessionToken with these credentials; None leaves one out."""
    usual = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t"}
    found = {**usual, "Expiration": EXPIRY, **values}
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in found.items() if text is not None)
    return (
        '<GetSessionTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetSessionTokenResult><Credentials>{inside}</Credentials></GetSessionTokenResult>"
        "</GetSessionTokenResponse>"
    ).encode()


@contextmanager
def answering(body: bytes | None, status: str = "200 OK") -> Iterator[str]:
    """A server that gives every request this answer; None is one that never ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    sent = [0]

    def serve(client: socket.socket) -> None:
        with suppress(OSError), client:
            client.recv(65536)
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\n"
            if body is not None:
                client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                return
            client.sendall(f"{head}Connection: close\r\n\r\n<a>".encode())
            while sent[0] < 1 << 30:
                client.sendall(b"<b>" * 20_000)
                sent[0] += 60_000

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
    assert sent[0] < 1 << 28, "it was read to the end"


# Each entity is ten of the one before: a few hundred bytes that stand for a billion.
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "aaaaaaaaaa">'
    + b"".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">'.encode() for n in range(9))
    + b"]><a>&a9;</a>"
)
ANSWERS = {
    "without an end": None,
    "empty": b"",
    "not XML": b"<html>sign in",
    "no credentials": granted().replace(b"Credentials>", b"Other>"),
    "without Expiration": granted(Expiration=None),
    "without SessionToken": granted(SessionToken=None),
    "without SecretAccessKey": granted(SecretAccessKey=None),
    "an empty token": granted(SessionToken=""),
    "a time that is none": granted(Expiration="soon"),
    "a time beyond all": granted(Expiration="99999999999999999999"),
    "binary": bytes(range(256)),
    "an entity bomb": BOMB,
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden"])
def test_nonsense_from_sts_is_one_line_that_names_it(
    kind: str, status: str, sts: RunningSts
) -> None:
    with answering(ANSWERS[kind], status) as url:
        started = time.monotonic()
        done = run_awsenv("login", "--mfa-code", "123456", env={"AWS_ENDPOINT_URL": url})
    assert time.monotonic() - started < 14, "it was the time limit that ended it"
    assert done.returncode in (3, 5, 6), done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert "unexpected" not in done.stderr
    if status.startswith("200"):
        assert url in lines[0]
    sessions = Path(os.environ["HOME"], ".cache/awsenv/sessions")
    assert not sessions.exists() or not list(sessions.iterdir())


def test_an_answer_of_the_portal_without_an_end_is_cut_off(
    sts: RunningSts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_portal(sts, monkeypatch), answering(None) as url:
        sign_in("work")
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", url)
        done = run_awsenv("assume", "corp", "--shell", "bash")
        assert done.returncode in (4, 6), done.stderr
        assert "sent an answer without an end" in done.stderr


def test_a_credential_process_without_an_end_is_cut_off(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    config.write_text(f"{config.read_text()}\n[profile endless]\ncredential_process = yes\n")
    done = run_awsenv("assume", "endless", "--shell", "bash", timeout=20)
    assert done.returncode == 4
    assert "the credential_process of profile 'endless' prints more than 1 MB" in done.stderr


def raw(url: str, text: bytes) -> bytes:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)
        return client.makefile("rb").read()


def test_the_demo_s_server_answers_bad_requests_without_a_word(
    sts: RunningSts, capfd: pytest.CaptureFixture[str]
) -> None:
    host = sts.url.removeprefix("http://")
    for length in ("9" * 5000, "-1", "\u00b2", "", "x", "1e3"):
        head = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n"
        assert raw(sts.url, head.encode()).split()[1] in (b"411", b"413"), length
    for name in ("evil.example", "127.0.0.1", "localhost:1", "", f"{host}.evil.example"):
        answer = raw(
            sts.url, f"POST / HTTP/1.1\r\nHost: {name}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        assert answer.split()[1] == b"421", name
    local = host.replace("127.0.0.1", "localhost")
    answer = raw(sts.url, f"POST / HTTP/1.1\r\nHost: {local}\r\nContent-Length: 0\r\n\r\n".encode())
    assert answer.split()[1] != b"421"
    assert capfd.readouterr() == ("", "")
