"""The IAM actions that people need to look after their own access keys."""

from collections.abc import Mapping

from awsenv.demo.answers import ServiceError, Value, validation_error
from awsenv.demo.constraints import Constraints
from awsenv.demo.model import User, UserKey
from awsenv.demo.permissions import by_identity, context_of, refused
from awsenv.demo.policy import AccessRequest, Decision
from awsenv.demo.state import Call
from awsenv.demo.sts_actions import Action
from awsenv.values.notation import iso_utc

_MAX_KEYS = 2


def get_user(call: Call) -> Mapping[str, Value]:
    user = _user(call)
    return {
        "User": {
            "Path": "/",
            "UserName": user.name,
            "UserId": user.id,
            "Arn": user.arn,
            "CreateDate": iso_utc(int(user.created_at)),
        }
    }


def list_mfa_devices(call: Call) -> Mapping[str, Value]:
    user = _user(call)
    devices = [
        {
            "UserName": user.name,
            "SerialNumber": device.serial,
            "EnableDate": iso_utc(int(device.enabled_at)),
        }
        for device in user.devices
    ]
    return {"MFADevices": devices, "IsTruncated": False}


def list_access_keys(call: Call) -> Mapping[str, Value]:
    user = _user(call)
    delay, now = call.state.list_delay, call.state.clock.real()
    keys = [_described(user, key) for key in user.keys if not 0 <= now - key.created_at < delay]
    return {"AccessKeyMetadata": keys, "IsTruncated": False}


def create_access_key(call: Call) -> Mapping[str, Value]:
    user = _user(call)
    if len(user.keys) >= _MAX_KEYS:
        message = f"Cannot exceed quota for AccessKeysPerUser: {_MAX_KEYS}"
        raise ServiceError("LimitExceeded", message, 409)
    key = call.world.add_key(user)
    key.refusals_left = call.state.new_key_refusals
    key.usable_at = call.state.clock.real() + call.state.new_key_delay
    return {"AccessKey": _described(user, key) | {"SecretAccessKey": key.secret}}


def update_access_key(call: Call) -> Mapping[str, Value]:
    user = _user(call)
    status = call.params.get("Status")
    if status not in ("Active", "Inactive"):
        shown = "null" if status is None else f"'{status}'"
        rule = "not be null" if status is None else "satisfy enum value set: [Active, Inactive]"
        raise validation_error(
            f"1 validation error detected: Value {shown} at 'status' failed to satisfy "
            f"constraint: Member must {rule}"
        )
    key = _key(call, user)
    key.active = status == "Active"
    return {}


def delete_access_key(call: Call) -> Mapping[str, Value]:
    user = _user(call)
    user.keys.remove(_key(call, user))
    return {}


def get_access_key_last_used(call: Call) -> Mapping[str, Value]:
    key_id = _key_id(call)
    try:
        user, key = call.world.key(key_id)
    except LookupError:
        user, key = None, None
    if user is None or key is None or user.account != call.signer.account:
        raise refused(call.signer, f"iam:{call.action}", f"access key {key_id}")
    _require(call, user)
    used: dict[str, Value] = {"ServiceName": "N/A", "Region": "N/A"}
    if key.last_used:
        at, service, region = key.last_used
        used = {"LastUsedDate": iso_utc(int(at)), "ServiceName": service, "Region": region}
    return {"UserName": user.name, "AccessKeyLastUsed": used}


def list_account_aliases(call: Call) -> Mapping[str, Value]:
    caller = call.signer
    request = AccessRequest(f"iam:{call.action}", "*", context_of(call))
    if by_identity(caller, request) is not Decision.ALLOW:
        reason = f"because no identity-based policy allows the {request.action} action"
        raise refused(caller, request.action, "*", reason)
    alias = call.world.aliases.get(caller.account)
    return {"AccountAliases": [alias] if alias else [], "IsTruncated": False}


ACTIONS: dict[str, Action] = {
    "CreateAccessKey": create_access_key,
    "DeleteAccessKey": delete_access_key,
    "GetAccessKeyLastUsed": get_access_key_last_used,
    "GetUser": get_user,
    "ListAccessKeys": list_access_keys,
    "ListAccountAliases": list_account_aliases,
    "ListMFADevices": list_mfa_devices,
    "UpdateAccessKey": update_access_key,
}


def _described(user: User, key: UserKey) -> dict[str, Value]:
    return {
        "UserName": user.name,
        "AccessKeyId": key.id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": iso_utc(int(key.created_at)),
    }


def _key_id(call: Call) -> str:
    limits = Constraints(call.params)
    key_id = limits.text("AccessKeyId", 16, 128, r"[\w]+", required=True)
    limits.done()
    return key_id


def _key(call: Call, user: User) -> UserKey:
    key_id = _key_id(call)
    for key in user.keys:
        if key.id == key_id:
            return key
    raise ServiceError("NoSuchEntity", f"The Access Key with id {key_id} cannot be found.", 404)


def _user(call: Call) -> User:
    """The user a request is about, by name or else the caller's; the right to it is checked."""
    caller = call.signer
    limits = Constraints(call.params)
    name = limits.text("UserName", 1, 128, r"[\w+=,.@-]+")
    limits.done()
    if not name and caller.user:
        user: User | None = caller.user
    elif not name:
        raise validation_error("Must specify userName when calling with non-User credentials")
    else:
        user = next(
            (
                each
                for each in call.world.users
                if each.name == name and each.account == caller.account and not each.root
            ),
            None,
        )
    _require(call, user, name)
    if user is None:
        raise ServiceError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return user


def _require(call: Call, user: User | None, name: str = "") -> None:
    caller, action = call.signer, f"iam:{call.action}"
    partition = caller.owner.partition
    arn = user.arn if user else f"arn:{partition}:iam::{caller.account}:user/{name}"
    decision = by_identity(caller, AccessRequest(action, arn, context_of(call)))
    if decision is Decision.ALLOW:
        return
    reason = (
        "with an explicit deny in an identity-based policy"
        if decision is Decision.DENY
        else f"because no identity-based policy allows the {action} action"
    )
    raise refused(caller, action, f"user {user.name if user else name}", reason)
