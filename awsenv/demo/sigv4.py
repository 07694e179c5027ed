"""Verification of requests signed with AWS Signature Version 4 in their headers."""

import hashlib
import hmac
import re
import time
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus

from awsenv.demo.answers import ServiceError

SKEW_SECONDS = 15 * 60

_STAMP = "%Y%m%dT%H%M%SZ"
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came over the wire; header names in lower case, repeats joined by commas."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Signature:
    """What the Authorization header claims. Nothing of it is proven before `check`."""

    key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    stamp: str


def _mismatch(message: str) -> ServiceError:
    return ServiceError("SignatureDoesNotMatch", message, 403)


def _incomplete(message: str) -> ServiceError:
    return ServiceError("IncompleteSignature", message, 400)


def read(request: HttpRequest) -> Signature:
    """The signature a request carries. ServiceError: it has none, or one that cannot be read."""
    header = request.headers.get("authorization", "")
    if not header:
        raise ServiceError(
            "MissingAuthenticationToken", "Request is missing Authentication Token", 403
        )
    algorithm, _, rest = header.partition(" ")
    if algorithm != _ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': '{algorithm}'.")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    wanted = ("Credential", "Signature", "SignedHeaders")
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in wanted
        if not fields.get(name)
    ]
    stamp = request.headers.get("x-amz-date", "")
    if not stamp:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if missing:
        raise _incomplete(" ".join(missing))
    scope = fields["Credential"].split("/")
    if len(scope) != 5 or scope[4] != "aws4_request":
        raise _incomplete(
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{fields['Credential']}'"
        )
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        raise _incomplete(
            f"Date must be in ISO-8601 'basic format'. Got '{stamp}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        )
    signed = tuple(fields["SignedHeaders"].split(";"))
    key_id, date, region, service, _ = scope
    return Signature(key_id, date, region, service, signed, fields["Signature"], stamp)


def check(request: HttpRequest, found: Signature, secret: str, now: float, service: str) -> None:
    """Refuse a request whose signature is stale, ill-scoped or not made with `secret`.

    `now` is the server's clock in epoch seconds.
    """
    if found.service != service:
        raise _mismatch(f"Credential should be scoped to correct service: '{service}'. ")
    if found.date != found.stamp[:8]:
        raise _mismatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{found.date}' != '{found.stamp[:8]}', from '{found.stamp}'."
        )
    _check_time(found.stamp, now)
    if "host" not in found.signed_headers:
        raise _mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    if any(name not in request.headers for name in found.signed_headers):
        raise _wrong()
    expected = _sign(secret, found, _canonical(request, found.signed_headers))
    if not hmac.compare_digest(expected.encode(), found.signature.encode("utf-8", "replace")):
        raise _wrong()


def _wrong() -> ServiceError:
    return _mismatch(
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. "
        "Consult the service documentation for details."
    )


def _check_time(stamp: str, now: float) -> None:
    try:
        signed_at = timegm(time.strptime(stamp, _STAMP))
    except ValueError:
        raise _incomplete(f"Date must be in ISO-8601 'basic format'. Got '{stamp}'.") from None

    def written(epoch: float) -> str:
        return time.strftime(_STAMP, time.gmtime(epoch))

    if signed_at < now - SKEW_SECONDS:
        raise _mismatch(
            f"Signature expired: {stamp} is now earlier than {written(now - SKEW_SECONDS)} "
            f"({written(now)} - 15 min.)"
        )
    if signed_at > now + SKEW_SECONDS:
        raise _mismatch(
            f"Signature not yet current: {stamp} is still later than "
            f"{written(now + SKEW_SECONDS)} ({written(now)} + 15 min.)"
        )


def _canonical(request: HttpRequest, signed_headers: tuple[str, ...]) -> str:
    pairs = sorted(
        tuple(quote(unquote_plus(half), safe="") for half in part.partition("=")[::2])
        for part in request.query.split("&")
        if part
    )
    headers = [f"{name}:{' '.join(request.headers[name].split())}\n" for name in signed_headers]
    return "\n".join(
        (
            request.method,
            quote(request.path) or "/",
            "&".join("=".join(pair) for pair in pairs),
            "".join(headers),
            ";".join(signed_headers),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def _sign(secret: str, found: Signature, canonical: str) -> str:
    scope = "/".join((found.date, found.region, found.service, "aws4_request"))
    # Headers were decoded as Latin-1, so this gives back the bytes that came.
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    text = "\n".join((_ALGORITHM, found.stamp, scope, digest))
    key = ("AWS4" + secret).encode()
    for part in (found.date, found.region, found.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
