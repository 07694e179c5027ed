"""Hostile values in every variable that awsenv, or a library under it, looks at."""

import random
import subprocess

from campaign.counting import Count
from campaign.place import Place

_NAMES = (
    *("AWSENV_AUTO", "AWSENV_BASELINE", "AWSENV_CACHE_DIR", "AWSENV_DEADLINE", "AWSENV_DEBUG"),
    *("AWSENV_DEMO", "AWSENV_DURATION", "AWSENV_EXPIRES_AT", "AWSENV_ISSUED_AT", "AWSENV_LEAD"),
    *("AWSENV_MFA_DURATION", "AWSENV_MFA_PROCESS_TIMEOUT", "AWSENV_MFA_PROMPT", "AWSENV_MIN_LEFT"),
    *("AWSENV_PICKER", "AWSENV_PROFILE", "AWSENV_PUT", "AWSENV_SESSION", "AWSENV_SIGNIN_URL"),
    *("AWSENV_WITHIN", "AWS_ACCESS_KEY_ID", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE"),
    *("AWS_CREDENTIAL_EXPIRATION", "AWS_DEFAULT_PROFILE", "AWS_DEFAULT_REGION", "AWS_PROFILE"),
    *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_REGION", "AWS_SECRET_ACCESS_KEY"),
    *(
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_STS_REGIONAL_ENDPOINTS",
    ),
    *("COLUMNS", "HOME", "LANG", "LC_ALL", "LINES", "NO_COLOR", "NO_PROXY", "PATH", "SHELL"),
    *(
        "TERM",
        "TMPDIR",
        "TZ",
        "USER",
        "LOGNAME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
    ),
)
_VALUES = (
    *("", " ", "0", "-1", "9" * 5000, "\u00b2", "x" * 100_000, "../../..", "/", "/dev/null", "~"),
    *("~nobody/x", "$HOME", "\udcff\udcfe", "a\nb", "\x1b]0;x\x07", "http://[::1", "C", "nan"),
    *("a=b&c=d%00", "%", "'; exit 9 #", "$(exit 9)", "{}", "1h30m1", "AWS_ACCESS_KEY_ID=x"),
)
_COMMANDS = (
    "assume dev --shell bash",
    "refresh --shell bash",
    "unset --shell bash",
    "list",
    "status",
    "credential-process dev",
    "explain dev",
    "prompt",
    "__complete bash dev awsenv assume dev",
)
# Where these lead elsewhere, awsenv may ask elsewhere, and needs the time for it.
_NETWORK = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_CA_BUNDLE")


def hostile_variables(place: Place, chance: random.Random, scale: float) -> list[Count]:
    count = Count("hostile variables", "answered soon, no traceback, the line stops or is right")
    cases = [(name, text) for name in _NAMES for text in _VALUES]
    if scale < 1:
        cases = chance.sample(cases, max(20, int(len(cases) * scale)))
    for name, text in cases:
        line = chance.choice(_COMMANDS)
        env = {name: text}
        if name in _NETWORK:
            env["AWSENV_DEADLINE"] = "2s"
        try:
            done = place.run(*line.split(), env=env, timeout=30)
        except subprocess.TimeoutExpired:
            count.fail(f"{name}={text!r:.50}, awsenv {line}: it never ends")
            continue
        good = "Traceback" not in done.stderr and "unexpected" not in done.stderr
        if name == "AWSENV_DEBUG":
            good = "unexpected" not in done.stderr
        if line.endswith("--shell bash") and done.returncode:
            good = good and done.stdout.strip() == "false"
        count.check(good, f"{name}={text!r:.50}, awsenv {line}: {done.returncode} {done.stderr}")
    return [count]
