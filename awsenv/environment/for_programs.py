"""What programs that awsenv starts for itself get to see of the shell's environment."""

from __future__ import annotations

import os

from awsenv.environment.change import CREDENTIALS, unset_change

# AWSENV_BASELINE can hold keys that the person has exported.
_SECRETS = (*CREDENTIALS, "AWS_SECURITY_TOKEN", "AWSENV_BASELINE")


def without_keys() -> dict[str, str]:
    """For what gives a code or asks for one: no AWS credentials at all."""
    return {name: text for name, text in os.environ.items() if name not in _SECRETS}


def as_before() -> dict[str, str]:
    """For what gives credentials: the environment as it would be had awsenv never changed it.

    So it may use keys that the person has exported, and never sees those of a session.
    """
    env = dict(os.environ)
    return unset_change(env).apply_to(env) if "AWSENV_PUT" in env else env
