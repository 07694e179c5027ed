"""What STS may answer, or not answer: always one line, nothing kept, and the shell is told."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from campaign.counting import Count
from campaign.place import Place

_CODES = (
    *(("AccessDenied", 403), ("ExpiredToken", 403), ("InvalidClientTokenId", 403)),
    *(("SignatureDoesNotMatch", 403), ("RequestExpired", 400), ("IncompleteSignature", 400)),
    *(("Throttling", 400), ("RequestLimitExceeded", 503), ("ServiceUnavailable", 503)),
    *(("InternalFailure", 500), ("ValidationError", 400), ("MalformedPolicyDocument", 400)),
    *(("PackedPolicyTooLarge", 400), ("RegionDisabledException", 403), ("OptInRequired", 403)),
    *(("IDPCommunicationError", 400), ("InvalidAction", 400), ("MissingAction", 400)),
    *(("UnrecognizedClientException", 403), ("NoSuchCode", 418)),
)
_XML = "https://sts.amazonaws.com/doc/2011-06-15/"


def _granted(**values: str | None) -> bytes:
    usual = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t"}
    found = {**usual, "Expiration": "2099-01-01T00:00:00Z", **values}
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in found.items() if text is not None)
    return (
        f'<AssumeRoleResponse xmlns="{_XML}"><AssumeRoleResult><Credentials>{inside}</Credentials>'
        "</AssumeRoleResult></AssumeRoleResponse>"
    ).encode()


# None: an answer that never ends.
_BODIES: dict[str, bytes | None] = {
    "an answer without an end": None,
    "an empty answer": b"",
    "a sign-in page": b"<html>sign in</html>",
    "no credentials": _granted().replace(b"Credentials>", b"Other>"),
    "no Expiration": _granted(Expiration=None),
    "no SessionToken": _granted(SessionToken=None),
    "no SecretAccessKey": _granted(SecretAccessKey=None),
    "an empty token": _granted(SessionToken=""),
    "a time that is none": _granted(Expiration="soon"),
    "a time beyond all": _granted(Expiration="99999999999999999999"),
    "control characters": _granted(SessionToken="a&#10;b&#27;c"),
    "bytes": bytes(range(256)),
}


def sts_faults(place: Place, chance: random.Random, scale: float) -> list[Count]:
    count = Count("STS faults", "one line, nothing kept, the line stops")
    control = place.server.control
    codes = _CODES if scale == 1 else tuple(chance.sample(_CODES, 2))
    for code, status in codes:
        control.fail(9, "AssumeRole", status=status, code=code, message="no")
        _check(place, count, code, {})
        control.clear_faults()
    control.hang(9, "AssumeRole", seconds=60)
    _check(place, count, "no answer", {"AWSENV_DEADLINE": "1s"})
    control.clear_faults()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        gone = f"http://127.0.0.1:{closed.getsockname()[1]}"
    _check(place, count, "nobody there", {"AWS_ENDPOINT_URL_STS": gone})
    with _answering(None, hang_up=True) as url:
        _check(place, count, "hung up", {"AWS_ENDPOINT_URL_STS": url})
    bodies = list(_BODIES) if scale == 1 else chance.sample(list(_BODIES), 2)
    for name in bodies:
        with _answering(_BODIES[name]) as url:
            _check(place, count, name, {"AWS_ENDPOINT_URL_STS": url})
    return [count]


def _check(place: Place, count: Count, what: str, env: dict[str, str]) -> None:
    """One assume whose call to STS goes wrong, with an MFA session at hand or in vain."""
    before = {path.name: path.read_bytes() for path in (place.cache / "sessions").iterdir()}
    words = ("assume", "dev", "--refresh", "--shell", "bash")
    if env.get("AWS_ENDPOINT_URL_STS"):
        # Another endpoint has no MFA session: the role is asked for with the keys alone.
        words = ("assume", "--role-arn", "arn:aws:iam::444455556666:role/dev", *words[2:])
        env = {**env, "AWS_CONFIG_FILE": _without_mfa(place)}
    done = place.run(*words, env=env, timeout=40)
    lines = done.stderr.splitlines()
    good = done.stdout == "false\n" and done.returncode in (3, 4, 5, 6)
    good = good and 0 < len(lines) <= 3 and lines[-2 if len(lines) > 1 else 0][:8] == "awsenv: "
    good = good and "Traceback" not in done.stderr and "unexpected" not in done.stderr
    # A session that AWS no longer takes is forgotten; none that is new or another one is kept.
    after = {path.name: path.read_bytes() for path in (place.cache / "sessions").iterdir()}
    good = good and after.items() <= before.items()
    count.check(good, f"{what}: {done.returncode} {done.stdout!r} {done.stderr!r}")
    for name, data in before.items():
        (place.cache / "sessions" / name).write_bytes(data)
        (place.cache / "sessions" / name).chmod(0o600)


def _without_mfa(place: Place) -> str:
    path = place.home / "plain-config"
    path.write_text("[default]\nregion = eu-west-1\n")
    return str(path)


@contextmanager
def _answering(body: bytes | None, *, hang_up: bool = False) -> Iterator[str]:
    """A server that gives every request this answer."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(client: socket.socket) -> None:
        with suppress(OSError), client:
            client.recv(65536)
            if hang_up:
                return
            head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
            if body is not None:
                client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                return
            client.sendall(f"{head}Connection: close\r\n\r\n<a>".encode())
            for _ in range(20_000):
                client.sendall(b"<b>" * 20_000)

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
