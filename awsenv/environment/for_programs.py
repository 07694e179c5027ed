"""What programs that awsenv starts for itself get to see of the shell's environment."""

from __future__ import annotations

import os

from awsenv.environment.change import CREDENTIALS, unset_change

# AWSENV_BASELINE can contain keys that the user has exported.
_SECRETS = (*CREDENTIALS, "AWS_SECURITY_TOKEN", "AWSENV_BASELINE")


def without_keys() -> dict[str, str]:
    """For what gives a code or asks for one: no AWS credentials at all."""
    return {name: text for name, text in os.environ.items() if name not in _SECRETS}


def as_before() -> dict[str, str]:
    """The environment for programs that give credentials: as if awsenv had never changed it.

    So they may use keys that the user has exported, and never see those of a session.
    """
    env = dict(os.environ)
    return unset_change(env).apply_to(env) if "AWSENV_PUT" in env else env
