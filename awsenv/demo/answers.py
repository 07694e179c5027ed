"""The answers of the Query protocol: XML bodies, and refusals with AWS's codes and words."""

import re
import secrets
from collections.abc import Mapping, Sequence
from html import escape

NAMESPACES = {
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
}

Value = str | int | bool | Mapping[str, "Value"] | Sequence["Value"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ServiceError(Exception):
    """A request that is refused: what the client gets to read."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def access_denied(message: str) -> ServiceError:
    return ServiceError("AccessDenied", message, 403)


def invalid_token() -> ServiceError:
    message = "The security token included in the request is invalid."
    return ServiceError("InvalidClientTokenId", message, 403)


def validation_error(message: str) -> ServiceError:
    return ServiceError("ValidationError", message)


def request_id() -> str:
    return "-".join(secrets.token_hex(size) for size in (4, 2, 2, 2, 6))


def _element(name: str, value: Value) -> str:
    if isinstance(value, Mapping):
        inner = "".join(_element(key, each) for key, each in value.items())
    elif isinstance(value, bool):
        inner = str(value).lower()
    elif isinstance(value, str | int):
        inner = escape(_NOT_XML.sub("\ufffd", str(value)), quote=False)
    else:
        inner = "".join(_element("member", each) for each in value)
    return f"<{name}>{inner}</{name}>"


def _document(name: str, service: str, body: Mapping[str, Value]) -> bytes:
    inner = "".join(_element(key, value) for key, value in body.items())
    return f'<{name} xmlns="{NAMESPACES[service]}">{inner}</{name}>\n'.encode()


def success(service: str, action: str, result: Mapping[str, Value], ident: str) -> bytes:
    body: dict[str, Value] = {f"{action}Result": result} if result else {}
    body["ResponseMetadata"] = {"RequestId": ident}
    return _document(f"{action}Response", service, body)


def failure(service: str, refusal: ServiceError, ident: str) -> bytes:
    kind = "Sender" if refusal.status < 500 else "Receiver"
    error = {"Type": kind, "Code": refusal.code, "Message": refusal.message}
    return _document("ErrorResponse", service, {"Error": error, "RequestId": ident})
