"""What a caller passes into a role's session: policies, tags, a source identity."""

from awsenv.demo.answers import ServiceError, access_denied
from awsenv.demo.constraints import Constraints
from awsenv.demo.policy import Policy, PolicyError
from awsenv.demo.state import Call


def session_policies(call: Call) -> tuple[Policy, ...]:
    found = []
    if text := call.params.get("Policy"):
        try:
            found.append(Policy.identity(text))
        except PolicyError as error:
            raise ServiceError(
                "MalformedPolicyDocument", f"Syntax errors in policy. ({error})"
            ) from None
    for _, arn in call.member_pairs("PolicyArns", "arn", "arn"):
        policy = call.world.managed_policies.get(arn)
        if policy is None:
            message = f"Policy {arn} does not exist or is not attachable."
            raise ServiceError("MalformedPolicyDocument", message)
        found.append(policy)
    return tuple(found)


def tags(call: Call) -> tuple[dict[str, str], frozenset[str]]:
    """The tags of the session to be, those it inherits included, and which go on from there."""
    pairs = call.member_pairs("Tags", "Key", "Value")
    _check_tags(pairs)
    asked = dict(pairs)
    transitive = frozenset(call.member_list("TransitiveTagKeys"))
    if len({key.lower() for key in asked}) < len(pairs):
        raise _invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if not transitive <= set(asked):
        raise _invalid("The specified transitive tag key must be included in the requested tags.")
    session = call.signer.session
    inherited = {key: session.tags[key] for key in session.transitive} if session else {}
    if {key.lower() for key in inherited} & {key.lower() for key in asked}:
        raise _invalid(
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session."
        )
    return asked | inherited, transitive | set(inherited)


def _check_tags(pairs: list[tuple[str, str]]) -> None:
    limits = Constraints({})
    limits.count("Tags", pairs, 50)
    for number, (key, value) in enumerate(pairs, 1):
        limits.length(f"Tags.{number}.member.key", key, 1, 128)
        limits.length(f"Tags.{number}.member.value", value, 0, 256)
    limits.done()


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValue", message)


def source_identity(call: Call, asked: str) -> str:
    """The source identity of the session to be: once set, it stays down the chain."""
    session = call.signer.session
    present = session.source_identity if session else ""
    if present and asked not in ("", present):
        arn = call.params["RoleArn"]
        raise access_denied(
            f"User: {call.signer.arn} is not authorized to perform: sts:SetSourceIdentity on "
            f"resource: {arn}"
        )
    return present or asked
