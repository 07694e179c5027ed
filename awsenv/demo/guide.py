"""What the demo tells the user."""

GREETING = """\
This is an AWS of your own, on this machine only: a user (alice), her MFA device, and roles in
other accounts. Nothing here touches your ~/.aws. Type `exit` to leave. Try, in this order:

  awsenv assume prod-admin   asks for an MFA code; the demo's authenticator shows it
  awsenv whoami              what STS says of this shell
  awsenv assume dev          another role: no code this time
  awsenv assume audit        a role that is reached through prod-admin
  awsenv explain audit       what is asked of AWS for that, for how long, and why
  awsenv assume forbidden    what a refusal looks like
  awsenv demo expire 20       from now on sessions live 20 s: assume one, watch the prompt, then
                             try `aws sts get-caller-identity` or another command that uses AWS
  awsenv unset               everything as it was

`awsenv demo code` shows the authenticator. Without the shell hook, and in scripts, the line is:
  {line}
"""


def authenticator_now() -> str:
    """What the device of the running demo shows at this moment."""
    from awsenv.demo.place import running

    code = running().current_code()
    return authenticator(code.code, code.seconds_left, code.used)


def authenticator(code: str, seconds_left: float, used: bool) -> str:
    """The line that stands for the device's little screen."""
    left = f"{max(1, round(seconds_left))} s"
    if used:
        return f"demo authenticator: {code[:3]} {code[3:]} (used; the next one in {left})"
    return f"demo authenticator: {code[:3]} {code[3:]} ({left} left)"
