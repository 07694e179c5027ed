"""`awsenv assume`: statements that make the shell a role or an MFA session."""

import os
import sys

from awsenv import warm
from awsenv.config import load
from awsenv.environment import assume_change
from awsenv.options import takes_request
from awsenv.output import FormatOption, PrintOption, ShellOption, renderer
from awsenv.request import Request
from awsenv.run import flow_for, plan_for, tell
from awsenv.summary import summary


@takes_request
def command(
    request: Request,
    shell: ShellOption = None,
    format_: FormatOption = None,
    print_: PrintOption = False,
) -> None:
    """Print statements that give the shell a role's credentials: eval "$(awsenv assume NAME)"."""
    emit = renderer(_typed(), shell, format_, print_)
    plan = plan_for(request)
    session = flow_for(plan).run()
    for note in plan.notes:
        tell(note)
    if sys.stderr.isatty():
        tell(summary(session))
    warm.leave(plan, session, load(), os.environ)
    emit(assume_change(session, os.environ))


def _typed() -> str:
    import shlex

    return shlex.join(["awsenv", *sys.argv[1:]])
