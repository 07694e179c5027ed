"""`awsenv doctor`: what is wrong with the setup, where, and how to fix it."""

import os
import sys

from awsenv.doctor import Finding, examine
from awsenv.parameters.declared import flag
from awsenv.values.text import visible


def command(
    *,
    as_json: bool = flag("--json", "As JSON."),
    offline: bool = flag("--offline", "Leave out what asks the network: the clock."),
) -> int:
    """Look for what goes wrong in practice: files, variables, modes, hook, clock; with the fix."""
    findings = list(examine(dict(os.environ), offline=offline))
    problems = sum(finding.problem for _, finding in findings)
    if as_json:
        import json

        rows = [{"check": group, **_facts(finding)} for group, finding in findings]
        sys.stdout.write(f"{json.dumps(rows, indent=2)}\n")
    else:
        for _, finding in findings:
            sys.stdout.write("".join(f"{visible(line, 500)}\n" for line in _lines(finding)))
        sys.stdout.write(f"{_summary(problems, len(findings) - problems)}\n")
    return 1 if problems else 0


def _lines(finding: Finding) -> list[str]:
    where = f"{finding.where}: " if finding.where else ""
    kind = "problem" if finding.problem else "note"
    return [f"{kind}: {where}{finding.message}", f"    fix: {finding.fix}"]


def _facts(finding: Finding) -> dict[str, object]:
    file, _, line = finding.where.rpartition(":")
    return {
        "problem": finding.problem,
        "file": os.path.expanduser(file) if file else None,
        "line": int(line) if line else None,
        "message": finding.message,
        "fix": finding.fix,
    }


def _summary(problems: int, notes: int) -> str:
    if not problems and not notes:
        return "nothing is wrong"
    found = [f"{problems} problem{'' if problems == 1 else 's'}"]
    if notes:
        found.append(f"{notes} note{'' if notes == 1 else 's'}")
    return ", ".join(found)
