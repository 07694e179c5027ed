"""Single HTTP requests outside the AWS APIs, with the user's own proxy and certificate settings."""

from __future__ import annotations

import os

from awsenv.errors import ConfigError, NetworkError
from awsenv.lean.dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awsenv.aws.deadline import Deadline
    from awsenv.config import Config


@dataclass(frozen=True)
class Reply:
    """What a server answered, whatever its status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def get(url: str, where: str, ca_bundle: str | None, deadline: Deadline) -> Reply:
    """GET `url`, without following redirects; raises NetworkError naming `where`, never the URL.

    HTTPS_PROXY and NO_PROXY hold here as for the AWS APIs.
    """

    def work() -> Reply:
        import urllib.error
        import urllib.request

        class NoRedirect(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        trust = urllib.request.HTTPSHandler(context=_trust(ca_bundle))
        opener = urllib.request.build_opener(trust, NoRedirect)
        try:
            with opener.open(url, timeout=10) as answer:
                return _reply(answer)
        except urllib.error.HTTPError as error:
            with error:
                return _reply(error)
        except urllib.error.URLError as error:
            raise _explained(error.reason, where) from None
        except OSError as error:
            raise _explained(error, where) from None

    return deadline.run(work, where)


def ca_bundle(config: Config, profile: str | None, env: Mapping[str, str]) -> str | None:
    """The file of trusted certificates that the environment or the profile names."""
    own = config.profiles.get(profile or "")
    return env.get("AWS_CA_BUNDLE") or (own.get("ca_bundle") if own else None)


def _reply(answer: Any) -> Reply:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Reply(answer.status, headers, answer.read(1 << 20))


def _trust(bundle: str | None) -> Any:
    import importlib.util
    import ssl

    if bundle:
        try:
            context = ssl.create_default_context(cafile=bundle)
            # As lenient as botocore with the certificates of a company's proxy.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            return context
        except OSError:
            raise ConfigError(
                f"cannot read the file of trusted certificates, {bundle}",
                "correct AWS_CA_BUNDLE, or ca_bundle in the profile",
            ) from None
    context = ssl.create_default_context()
    if not context.get_ca_certs() and not ssl.get_default_verify_paths().capath:
        # A Python without certificates of its own, as on macOS: use those that botocore ships.
        found = importlib.util.find_spec("botocore")
        if found and found.origin:
            context.load_verify_locations(os.path.join(os.path.dirname(found.origin), "cacert.pem"))
    return context


def _explained(reason: object, where: str) -> NetworkError:
    import ssl

    if isinstance(reason, ssl.SSLError):
        return NetworkError(
            f"the TLS certificate of {where} is not trusted",
            "set ca_bundle or AWS_CA_BUNDLE to your network's CA file",
        )
    return NetworkError(f"cannot reach {where}", "check the network, VPN and proxy")
