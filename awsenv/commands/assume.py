"""`awsenv assume`: statements that make the shell a role or an MFA session."""

import os
import sys
from dataclasses import replace
from typing import Annotated

import typer

from awsenv import usage, warm
from awsenv.config import load
from awsenv.environment import assume_change
from awsenv.options import takes_request
from awsenv.output import FormatOption, PrintOption, ShellOption, renderer
from awsenv.profile_mode import choose
from awsenv.request import Request
from awsenv.run import flow_for, plan_for, tell
from awsenv.summary import summary


@takes_request
def command(
    request: Request,
    *,
    shell: ShellOption = None,
    format_: FormatOption = None,
    print_: PrintOption = False,
    export_profile: Annotated[
        bool,
        typer.Option("--export-profile", help="Export AWS_PROFILE instead of keys."),
    ] = False,
    pick: Annotated[
        bool,
        typer.Option("--pick", help="Choose the profile from a list; PROFILE filters it."),
    ] = False,
) -> None:
    """Print statements that give the shell a role's credentials: eval "$(awsenv assume NAME)"."""
    emit = renderer(["awsenv", *sys.argv[1:]], shell, format_, print_)
    if pick or not request.options():
        from awsenv import picker

        if pick or picker.wanted(os.environ):
            request = replace(request, profile=picker.pick(os.environ, request.profile or ""))
    plan, config = plan_for(request), load()
    export = choose(plan, config) if export_profile else None
    session = flow_for(export.plan if export else plan).run()
    if sys.stderr.isatty():
        tell(summary(session))
    if export:
        export.save(session, config)
    else:
        warm.leave(plan, session, config, os.environ)
    emit(assume_change(session, os.environ, export.name if export else ""))
    usage.note(plan.profile)
