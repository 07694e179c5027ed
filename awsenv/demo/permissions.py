"""Who may do what: the facts of a request, weighed against identity and trust policies."""

from awsenv.demo.answers import ServiceError, access_denied
from awsenv.demo.model import Caller, Role
from awsenv.demo.policy import AccessRequest, Decision
from awsenv.demo.state import Call


def context_of(call: Call, *, fresh_mfa: bool = False) -> dict[str, str]:
    """The condition keys of a request; `fresh_mfa` if it carries an MFA code of its own.

    Long-lived keys have no MFA context, not even a false one. Neither a role's session nor anything
    obtained with it says anything about the MFA that led there.
    """
    caller = call.signer
    context = {"aws:principalarn": caller.owner.arn}
    if caller.user and not caller.user.root:
        context["aws:username"] = caller.user.name
    if fresh_mfa:
        return context | {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    if caller.session:
        given_at = caller.session.mfa_at
        context["aws:multifactorauthpresent"] = "false" if given_at is None else "true"
        if given_at is not None:
            age = max(0, int(call.state.clock.session() - given_at))
            context["aws:multifactorauthage"] = str(age)
    return context


def by_identity(caller: Caller, request: AccessRequest) -> Decision:
    """The verdict of the caller's own policy, and of the policies of its session."""
    if caller.user and caller.user.root:
        return Decision.ALLOW
    own = caller.owner.policy.decide(request)
    if own is not Decision.ALLOW or not (caller.session and caller.session.policies):
        return own
    narrowed = [policy.decide(request) for policy in caller.session.policies]
    if Decision.DENY in narrowed:
        return Decision.DENY
    return Decision.ALLOW if Decision.ALLOW in narrowed else Decision.NONE


def refused(caller: Caller, action: str, resource: str, reason: str = "") -> ServiceError:
    subject = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
    return access_denied(f"{subject} {reason}".rstrip())


def require_assume(
    call: Call, role: Role | None, arn: str, action: str, context: dict[str, str]
) -> None:
    """Refuse unless the caller may perform `action` on the role `arn`, by both sides' policies.

    A role that does not exist is refused in the same words as one that does.
    """
    caller = call.signer
    request = AccessRequest(action, arn, context, caller.names(delegated=True))
    identity = by_identity(caller, request)
    if identity is Decision.DENY:
        reason = "with an explicit deny in an identity-based policy"
        raise refused(caller, action, arn, reason)
    if role is None:
        raise refused(caller, action, arn)
    trust = role.trust.decide(request)
    if trust is Decision.DENY:
        raise refused(caller, action, arn, "with an explicit deny in the role trust policy")
    if trust is Decision.NONE:
        raise refused(caller, action, arn)
    if identity is Decision.ALLOW:
        return
    if role.account != caller.account:
        raise refused(caller, action, arn)
    # Within one account, a trust policy that names the caller itself is enough.
    direct = AccessRequest(action, arn, context, caller.names(delegated=False))
    if role.trust.decide(direct) is not Decision.ALLOW:
        reason = f"because no identity-based policy allows the {action} action"
        raise refused(caller, action, arn, reason)
