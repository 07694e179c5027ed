"""What lies on the way to STS: a proxy, and TLS with a certificate authority of its own."""

import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self
from urllib.parse import urlsplit

from support.shells_at_hand import need_program

_CA = """
[req]
distinguished_name = name
x509_extensions = authority
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
"""


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test's own, and a certificate that it has signed."""

    bundle: Path
    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, *names: str) -> "Authority":
        """One whose certificate is good for `names`."""
        own = cls(folder / "ca.pem", folder / "server.pem", folder / "server.key")
        alternatives = ",".join(f"DNS:{name}" for name in names)
        (folder / "server.ext").write_text(
            f"subjectAltName={alternatives}\nauthorityKeyIdentifier=keyid\n"
        )
        (folder / "ca.conf").write_text(_CA)
        # What both OpenSSL and the LibreSSL of macOS understand.
        key = "-newkey rsa:2048 -nodes -config ca.conf"
        for words in (
            f"req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=tests -days 2",
            f"req {key} -keyout server.key -out request -subj /CN={names[0]}",
            "x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
            " -extfile server.ext -out server.pem",
        ):
            command = [need_program("openssl"), *words.split()]
            subprocess.run(command, check=True, capture_output=True, cwd=folder)
        return own


class Proxy:
    """An HTTP proxy that leads every host to `url`, ending TLS on the way with `authority`.

    `connected` holds the HOST:PORT of each CONNECT.
    """

    def __init__(self, url: str, authority: Authority) -> None:
        self.connected: list[str] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)
        target = urlsplit(url)
        owner = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                method, place, _ = self.rfile.readline().decode().split()
                while self.rfile.readline().strip():
                    pass
                if method != "CONNECT":
                    self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
                    return
                owner.connected.append(place)
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                try:
                    with context.wrap_socket(self.connection, server_side=True) as client:
                        _relay(client, (target.hostname or "", target.port or 0))
                except OSError:
                    # A client that does not trust the certificate hangs up.
                    return

        class Server(ThreadingTCPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _relay(client: ssl.SSLSocket, target: tuple[str, int]) -> None:
    with socket.create_connection(target) as server:

        def back() -> None:
            while data := server.recv(65536):
                client.sendall(data)
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

        thread = threading.Thread(target=back, daemon=True)
        thread.start()
        while data := client.recv(65536):
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)
        thread.join()
