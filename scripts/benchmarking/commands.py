"""The rows about awsenv's own processes: with a live session, offline, cold, with many profiles."""

import shutil
import subprocess
import sys
import time
from functools import cache

from benchmarking.cases import MS, PASS, Case, Goal, Row, process, ratio
from benchmarking.ground import AWSENV, PYTHON, Ground, make_many, with_many
from benchmarking.terminal import Terminal

LIVE, OFFLINE, COLD = "With a live session", "Any other command", "A new session"
MANY, MEMORY = "TAB, and many profiles", "Memory"
WARM = [AWSENV, "assume", "dev", "--shell", "bash"]
# What a command does by itself is to be as little as can be.
TRUE = shutil.which("true") or "true"
# How long a person takes to read and type a code, at the least.
_TYPING = 1.5

PLAIN = """
import boto3, sys
serial, role, code = sys.argv[1:]
first = boto3.client("sts").get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]
second = boto3.client("sts", aws_access_key_id=first["AccessKeyId"],
    aws_secret_access_key=first["SecretAccessKey"], aws_session_token=first["SessionToken"])
print(second.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]["AccessKeyId"])
"""


def live(ground: Ground) -> list[Case]:
    env = ground.env
    in_bash = f"{PASS}, in $(…) of bash"
    return [
        process(LIVE, PASS, [PYTHON, "-c", "pass"], env),
        process(LIVE, "assume NAME --shell bash", WARM, env, ratio(1.1)),
        process(LIVE, in_bash, ["bash", "-c", f"v=$('{PYTHON}' -c pass); :"], env),
        process(
            LIVE,
            "assume NAME, in $(…) of bash",
            ["bash", "-c", f"v=$('{AWSENV}' assume dev); :"],
            env,
            ratio(1.1, in_bash),
        ),
        process(
            LIVE, "credential-process NAME", [AWSENV, "credential-process", "dev"], env, ratio(1.1)
        ),
        process(
            LIVE,
            "exec NAME COMMAND, COMMAND's end",
            [AWSENV, "exec", "dev", TRUE],
            env,
            ratio(1.15),
        ),
        process(LIVE, "COMMAND alone", [TRUE], env),
    ]


def offline(ground: Ground) -> list[Case]:
    """Every command that a person may call without the network, but those that only ask."""
    session = ground.env | {
        "AWSENV_PROFILE": "dev",
        "AWSENV_PUT": "AWS_ACCESS_KEY_ID=ASIAEXAMPLE",
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
        "AWSENV_EXPIRES_AT": "4000000000",
    }
    own = ground.env | {
        "AWS_SHARED_CREDENTIALS_FILE": str(ground.empty("saving") / "credentials"),
        "AWSENV_CACHE_DIR": str(ground.folder / "own"),
    }

    def renew_own() -> None:
        # Whoever logs out has something to forget.
        shutil.rmtree(own["AWSENV_CACHE_DIR"], ignore_errors=True)
        shutil.copytree(ground.env["AWSENV_CACHE_DIR"], own["AWSENV_CACHE_DIR"])
        source = ground.env["AWS_SHARED_CREDENTIALS_FILE"]
        shutil.copy(source, own["AWS_SHARED_CREDENTIALS_FILE"])

    lines = {
        "--version": ground.env,
        "assume dev --format json": ground.env,
        "unset --shell bash": session,
        "exec dev -- true": ground.env,
        "status": session,
        "status dev": ground.env,
        "list": ground.env,
        "login": ground.env,
        "explain dev": ground.env,
        "prompt": session,
        "prompt dev": ground.env,
        "init bash": ground.env,
        "doctor --offline": ground.env,
        "save dev": own,
        "logout dev": own,
        "--help": ground.env,
        "assume --help": ground.env,
    }
    return [
        process(
            OFFLINE,
            f"awsenv {line}",
            [AWSENV, *line.split()],
            env,
            ratio(8 if line.endswith("--help") else 7),
            before=renew_own if env is own else lambda: None,
        )
        for line, env in lines.items()
    ]


def cold(ground: Ground) -> list[Case]:
    def forget() -> None:
        ground.empty("cold")

    env = ground.env | {"AWSENV_CACHE_DIR": str(ground.folder / "cold")}
    plain = "plain boto3 script, the same two calls"
    calls = ["-c", PLAIN, ground.serial, ground.role]
    return [
        process(
            COLD, plain, lambda: [PYTHON, *calls, ground.code()], ground.env | ground.keys, to=PASS
        ),
        process(
            COLD,
            "assume NAME, with its code given",
            lambda: [*WARM, "--mfa-code", ground.code()],
            env,
            ratio(1, plain),
            before=forget,
        ),
        *_asking(ground, env),
    ]


TRIPS = """
import boto3, sys, time
serial, role, code = sys.argv[1:]
times = []
def client(**keys):
    made = boto3.client("sts", **keys)
    for event in ("before-send", "response-received"):
        made.meta.events.register(event, lambda **_: times.append(time.perf_counter()))
    return made
first = client().get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]
client(aws_access_key_id=first["AccessKeyId"], aws_secret_access_key=first["SecretAccessKey"],
    aws_session_token=first["SessionToken"]).assume_role(RoleArn=role, RoleSessionName="me")
one, two, three, four = times
print(two - one + four - three)
"""


def _asking(ground: Ground, env: dict[str, str]) -> list[Case]:
    """To the prompt and on from Enter, at a terminal with stdout elsewhere, as under eval."""
    at_terminal = f"{PASS}, at a terminal"
    trips = "STS round trips of the two calls"

    def empty() -> list[float]:
        started = time.perf_counter()
        Terminal([PYTHON, "-c", "pass"], env, quiet=True).wait()
        return [time.perf_counter() - started]

    def ask() -> list[float]:
        ground.empty("cold")
        started = time.perf_counter()
        terminal = Terminal(WARM, env, quiet=True)
        terminal.read_until("MFA code for")
        asked = time.perf_counter() - started
        terminal.read_for(_TYPING)
        terminal.write(ground.code())
        started = time.perf_counter()
        terminal.write("\r")
        terminal.wait()
        return [asked, time.perf_counter() - started]

    def round_trips() -> list[float]:
        arguments = [PYTHON, "-c", TRIPS, ground.serial, ground.role, ground.code()]
        return [float(subprocess.check_output(arguments, env=ground.env | ground.keys))]

    after = Goal("<= 60 ms + the round trips", 1, trips, 60 * MS)
    return [
        Case(COLD, [Row(at_terminal)], empty),
        Case(COLD, [Row(trips)], round_trips),
        Case(
            COLD,
            [
                Row("assume NAME, to the MFA prompt", ratio(2.5, at_terminal)),
                Row("from the code's Enter to the end", after),
            ],
            ask,
        ),
    ]


def many(ground: Ground, most: int) -> list[Case]:
    counts = (10, 1000, most)
    ten, thousand, ten_thousand = (with_many(ground, count) for count in counts)

    def tab(line: str) -> list[str]:
        # What the hook of bash calls: the word at the cursor, and the line.
        return [AWSENV, "__complete", "bash", line.rpartition(" ")[2], line]

    assume = [AWSENV, "assume", "role-7", "--shell", "bash"]
    prompt = [AWSENV, "prompt", "role-7"]
    of_ten, of_thousand, of_most = (f"{count:,} profiles and sessions" for count in counts)
    name = tab("awsenv assume role-")
    lines = [
        ("TAB on a profile name", name, ten, of_ten, ratio(1.5)),
        ("TAB on a profile name", name, thousand, of_thousand, ratio(1.5)),
        ("TAB on a command", tab("awsenv st"), ten, of_ten, ratio(7)),
        ("TAB on an option", tab("awsenv assume --m"), ten, of_ten, ratio(7)),
        ("assume NAME", assume, ten, of_ten, ratio(1.1)),
        ("assume NAME", assume, thousand, of_thousand, ratio(1.1, f"assume NAME, {of_ten}")),
        ("list", [AWSENV, "list"], ten, of_ten, ratio(7)),
        ("list", [AWSENV, "list"], thousand, of_thousand, ratio(1.8, f"list, {of_ten}")),
        ("prompt NAME", prompt, ten, of_ten, ratio(7)),
        ("prompt NAME", prompt, thousand, of_thousand, ratio(7)),
        # As many as tools write that make a profile of every role of every account.
        ("TAB on a profile name", name, ten_thousand, of_most, None),
        ("assume NAME", assume, ten_thousand, of_most, ratio(1.1, f"assume NAME, {of_ten}")),
        ("list", [AWSENV, "list"], ten_thousand, of_most, None),
        ("prompt NAME", prompt, ten_thousand, of_most, None),
    ]
    # Once, for whichever of them is to be run.
    prepare = cache(lambda: make_many(ground, *counts))
    cases = [
        process(MANY, f"{what}, {count}", command, env, goal)
        for what, command, env, count, goal in lines
    ]
    for case in cases:
        case.prepare = prepare
    return cases


# From the smallest Python there is: a child's peak begins at the size of who forked it.
PEAK = """
import posix, sys
child = posix.fork()
if not child:
    null = posix.open("/dev/null", posix.O_RDWR)
    posix.dup2(null, 1)
    posix.execv(sys.argv[1], sys.argv[1:])
_, status, used = posix.wait4(child, 0)
assert not status
print(used.ru_maxrss)
"""


def memory(ground: Ground) -> list[Case]:
    def peak(name: str, command: list[str], goal: Goal | None = None) -> Case:
        def measure() -> list[float]:
            arguments = [PYTHON, "-I", "-S", "-c", PEAK, *command]
            told = int(subprocess.check_output(arguments, env=ground.env))
            # KiB, but bytes on macOS.
            return [told / (1 << 20 if sys.platform == "darwin" else 1 << 10)]

        return Case(MEMORY, [Row(name, goal, unit="MiB")], measure)

    empty = f"memory of {PASS}"
    return [
        peak(empty, [PYTHON, "-c", "pass"]),
        peak("memory of assume NAME", WARM, ratio(1.1, empty)),
    ]
