"""`awsenv exec --server`: credentials that a command can ask for as long as it runs."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.assuming import AWS
from support.sources import add_section
from support.terminal_driver import Driven, drive
from support.world import RunningSts, run_awsenv

HOLDS = "import sys; print('READY', flush=True); sys.stdin.read()"
URI, TOKEN = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"
# Who boto3 says it is and by which key, a line each time that it is given one.
WHO = """
import boto3, sys
session = boto3.Session()
client = session.client("sts")
for _ in sys.stdin:
    try:
        arn = client.get_caller_identity()["Arn"]
        print(session.get_credentials().access_key, arn, flush=True)
    except Exception as error:
        print(type(error).__name__, error, flush=True)
"""


def login(sts: RunningSts) -> None:
    done = run_awsenv("login", "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr


def serve(*command: str, profile: str = "dev") -> list[str]:
    return [sys.executable, "-m", "awsenv", "exec", "--server", profile, *command]


class Served:
    """A command under `exec --server` that answers a line with a line, without a terminal."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            serve(*command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ask(self, line: str = "") -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> tuple[int, str]:
        _, told = self.process.communicate(timeout=30)
        return self.process.returncode, told


@pytest.fixture
def served(sts: RunningSts) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*command: str) -> Served:
        started.append(Served(*command))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


class Visitor:
    """Requests to the endpoint of a running command, as an SDK would send them."""

    def __init__(self, sts: RunningSts, served: Callable[..., Served]) -> None:
        program = "import os, sys\nfor line in sys.stdin: print(os.environ[line.strip()], flush=1)"
        self.command = served(sys.executable, "-c", program)
        self.url = urlsplit(self.command.ask(URI))
        self.token = self.command.ask(TOKEN)

    def get(
        self, method: str = "GET", path: str | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection(self.url.hostname or "", self.url.port, timeout=30)
        connection.putrequest(method, path or self.url.path, skip_host=True)
        given = {"Host": self.url.netloc, "Authorization": self.token, **headers}
        for name, value in given.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): v for name, v in answer.headers.items()}


def test_boto3_through_two_renewals_without_a_code(
    sts: RunningSts, served: Callable[..., Served]
) -> None:
    login(sts)
    sts.control.cap_life(4, "AssumeRole")
    command = served(sys.executable, "-c", WHO)
    keys: list[str] = []
    end = time.monotonic() + 60
    while len(set(keys)) < 3:
        key, arn = command.ask().split()
        assert "assumed-role/dev/" in arn
        keys.append(key)
        time.sleep(0.3)
        assert time.monotonic() < end
    assert sts.control.count("GetSessionToken") == 1
    assert command.end() == (0, "")


def test_aws_cli_and_the_exit_code(sts: RunningSts) -> None:
    login(sts)
    script = f'{AWS} sts get-caller-identity --query Arn --output text; exit "$1"'
    done = subprocess.run(
        serve("sh", "-c", script, "sh", "7"), capture_output=True, text=True, check=False
    )
    assert "assumed-role/dev/" in done.stdout, done.stderr
    assert done.returncode == 7


def test_requests_in_flight_at_the_moment_of_renewal(
    sts: RunningSts, served: Callable[..., Served]
) -> None:
    """Many at once, while AWS takes its time over the renewal: all get what still lives."""
    login(sts)
    sts.control.cap_life(6, "AssumeRole")
    visitor = Visitor(sts, served)
    first = json.loads(visitor.get()[1])
    sts.control.hang(1, "AssumeRole", seconds=1.5)
    end = time.monotonic() + 5
    seen = []
    while time.monotonic() < end:
        started = time.monotonic()
        status, body, _ = visitor.get()
        assert status == 200, body
        # The JavaScript SDK gives up after a second.
        assert time.monotonic() - started < 0.95
        seen.append(json.loads(body))
        assert seen[-1]["Expiration"] > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        time.sleep(0.1)
    assert seen[0] == first
    assert seen[-1]["AccessKeyId"] != first["AccessKeyId"]


def test_what_the_protocol_wants(sts: RunningSts, served: Callable[..., Served]) -> None:
    login(sts)
    visitor = Visitor(sts, served)
    assert visitor.url.hostname == "127.0.0.1"
    status, body, headers = visitor.get()
    assert status == 200
    answer = json.loads(body)
    assert set(answer) == {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", "RoleArn"}
    assert answer["RoleArn"] == sts.world.role("dev").arn
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"


def test_strangers_get_nothing(sts: RunningSts, served: Callable[..., Served]) -> None:
    login(sts)
    visitor = Visitor(sts, served)
    port = visitor.url.port
    for strange in (
        {"Authorization": ""},
        {"Authorization": "x"},
        {"Authorization": visitor.token[:-1]},
        {"Authorization": f"Bearer {visitor.token}"},
        {"Host": ""},
        {"Host": "example.com"},
        {"Host": f"localhost:{port}"},
        {"Host": f"127.0.0.1.example.com:{port}"},
        {"Host": "127.0.0.1"},
    ):
        status, body, headers = visitor.get(**strange)
        assert (status, body) == (403, b""), strange
        assert "server" not in headers
    assert visitor.get(path="/")[:2] == (404, b"")
    assert visitor.get("POST")[:2] == (501, b"")
    assert visitor.get()[0] == 200


def test_server_ends_with_the_command(sts: RunningSts, served: Callable[..., Served]) -> None:
    login(sts)
    visitor = Visitor(sts, served)
    visitor.command.end()
    with pytest.raises(ConnectionRefusedError):
        visitor.get()
    assert not list(Path(os.environ["HOME"], ".cache/awsenv/server").iterdir())


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGQUIT"])
def test_signals_reach_the_command_and_its_end_is_ours(
    sts: RunningSts, served: Callable[..., Served], name: str
) -> None:
    login(sts)
    number = getattr(signal, name)
    catches = f"import signal, sys; signal.signal({int(number)}, lambda *_: sys.exit(9)); {HOLDS}"
    command = served(sys.executable, "-c", catches)
    assert command.process.stdout
    assert command.process.stdout.readline() == "READY\n"
    command.process.send_signal(number)
    # Not by the end of its input, which may come first.
    command.process.wait(30)
    assert command.end() == (9, "")
    # One that is not caught ends both.
    default = f"import signal; signal.signal({int(number)}, signal.SIG_DFL); {HOLDS}"
    command = served(sys.executable, "-c", default)
    assert command.process.stdout
    assert command.process.stdout.readline() == "READY\n"
    command.process.send_signal(number)
    command.process.wait(30)
    assert command.end() == (-number, "")


def test_command_that_cannot_be_started(sts: RunningSts) -> None:
    login(sts)
    done = run_awsenv("exec", "--server", "dev", "no-such-command-here")
    assert done.returncode == 127
    assert "there is no command 'no-such-command-here'" in done.stderr
    assert run_awsenv("exec", "--server", "dev", "/").returncode == 126


def test_keys_that_do_not_expire_need_no_server(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    serial = sts.world.user("alice").mfa.serial
    config.write_text(config.read_text().replace(f"mfa_serial = {serial}\n", ""))
    done = run_awsenv("exec", "--server", "default", "true")
    assert done.returncode == 2
    assert "do not expire" in done.stderr
    assert "hint: leave --server out" in done.stderr


def test_what_the_command_finds(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the profile, but no credentials other than the endpoint's."""
    login(sts)
    add_section(sts, "profile awsenv-server", region="eu-west-3")
    config = sts.aws_folder / "config"
    config.write_text(
        config.read_text().replace(
            "[profile dev]\n",
            "[profile dev]\ncli_pager =\ns3 =\n    addressing_style = path\n"
            "retry_mode = adaptive\n",
        )
    )
    before = config.read_bytes()
    monkeypatch.setenv("AWS_PROFILE", "default")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/other")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/other")
    program = (
        "import botocore.session, json, os; s = botocore.session.get_session();"
        "print(json.dumps([s.get_credentials().method, s.get_scoped_config(), s.available_profiles,"
        "os.environ['AWSENV_PROFILE'], os.environ['AWS_CONFIG_FILE']]))"
    )
    done = run_awsenv(
        "exec", "--server", "--region", "eu-west-2", "dev", sys.executable, "-c", program
    )
    method, settings, profiles, name, path = json.loads(done.stdout)
    assert method == "container-role"
    assert settings == {
        "endpoint_url": sts.url,
        "region": "eu-west-2",
        "retry_mode": "adaptive",
        "cli_pager": "",
        "s3": {"addressing_style": "path"},
    }
    assert {"default", "dev", "awsenv-server", "awsenv-server-2"} <= set(profiles)
    assert name == "dev"
    assert not Path(path).exists()
    assert config.read_bytes() == before


def test_status_tells_a_served_shell(sts: RunningSts) -> None:
    login(sts)
    line = f'"{sys.executable}" -m awsenv status; "{sys.executable}" -m awsenv status prod-admin'
    done = run_awsenv("exec", "--server", "dev", "sh", "-c", line)
    assert "this shell has dev from awsenv exec --server, which renews it\n" in done.stdout
    assert "no live session" in done.stdout


def test_what_a_killed_run_has_left_is_removed(
    sts: RunningSts, served: Callable[..., Served]
) -> None:
    login(sts)
    folder = Path(os.environ["HOME"], ".cache/awsenv/server")
    killed, running = served("cat"), served("cat")
    assert killed.ask("x") == running.ask("x") == "x"
    killed.process.kill()
    killed.process.wait()
    assert len(list(folder.iterdir())) == 2
    assert run_awsenv("exec", "--server", "dev", "true").returncode == 0
    left = [path.name for path in folder.iterdir()]
    assert len(left) == 1
    assert left[0].startswith(f"config-{running.process.pid}-")


def test_changes_of_the_copy_are_kept(sts: RunningSts) -> None:
    login(sts)
    done = run_awsenv(
        "exec", "--server", "dev", AWS, "configure", "set", "region", "eu-west-3", "--profile", "x"
    )
    assert done.returncode == 0
    assert "the command has changed its copy of the AWS config: see ~/.cache" in done.stderr
    path = done.stderr.split("see ")[1].strip().replace("~", os.environ["HOME"])
    assert "[profile x]\nregion = eu-west-3" in Path(path).read_text()
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_without_a_terminal_it_says_what_is_missing(
    sts: RunningSts, served: Callable[..., Served]
) -> None:
    """Until somebody logs in elsewhere; then it goes on."""
    sts.control.cap_life(3)
    login(sts)
    command = served(sys.executable, "-c", WHO)
    assert "assumed-role/dev/" in command.ask()
    time.sleep(3.5)
    said = command.ask()
    assert "CredentialRetrievalError" in said
    assert "an MFA code is needed for" in said
    assert "there is no terminal to ask at" in said
    sts.control.cap_life(60)
    login(sts)
    assert "assumed-role/dev/" in command.ask()
    code, told = command.end()
    assert code == 0
    assert told.count("no new session for the command: an MFA code is needed") == 1


def pinentry(monkeypatch: pytest.MonkeyPatch, folder: Path, answer: str) -> None:
    """A pinentry that answers with what the shell makes of `answer`."""
    program = folder / "pinentry"
    script = Path(__file__).parent.parent / "support" / "pinentry_program.py"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "{answer}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("AWSENV_PINENTRY", str(program))
    monkeypatch.setenv("AWSENV_MFA_PROMPT", "pinentry")
    monkeypatch.setenv("PINENTRY_LOG", str(folder / "log"))


def test_without_a_terminal_a_dialog_asks(
    sts: RunningSts,
    served: Callable[..., Served],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    sts.control.cap_life(3)
    login(sts)
    pinentry(monkeypatch, tmp_path, f"$(cat {tmp_path}/code)")
    command = served(sys.executable, "-c", WHO)
    assert "assumed-role/dev/" in command.ask()
    time.sleep(3.5)
    sts.control.cap_life(60)
    (tmp_path / "code").write_text(sts.code())
    assert "assumed-role/dev/" in command.ask()
    assert len((tmp_path / "log").read_text().splitlines()) == 1
    assert command.end() == (0, "")


def test_a_dialog_ends_with_the_command(
    sts: RunningSts,
    served: Callable[..., Served],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    sts.control.cap_life(3)
    login(sts)
    pinentry(monkeypatch, tmp_path, "silent")
    command = served(sys.executable, "-c", WHO)
    time.sleep(3.5)
    assert "CredentialRetrievalError" in command.ask()
    started = time.monotonic()
    assert command.end()[0] == 0
    assert time.monotonic() - started < 10
    told = subprocess.run(
        ["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert told.stdout == ""


def terminal(sts: RunningSts, folder: Path) -> Driven:
    env = {
        "HOME": os.environ["HOME"],
        "XDG_CACHE_HOME": str(Path(os.environ["HOME"], ".cache")),
        "AWS_ENDPOINT_URL": sts.url,
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    return drive("bash", folder, columns=250, env=env)


ONE = """import sys
from time import sleep
import boto3
def who():
    try: return boto3.client("sts").get_caller_identity()["Arn"]
    except Exception as error: return type(error).__name__
print(who()); sleep(float(sys.argv[1]))
for _ in range(int(sys.argv[2])): print("then", who(), flush=True)
"""


def test_it_asks_at_the_terminal_of_the_command(sts: RunningSts, tmp_path: Path) -> None:
    login(sts)
    sts.control.cap_life(3)
    (tmp_path / "one.py").write_text(ONE)
    with terminal(sts, tmp_path) as shell:
        shell.submit(f"awsenv logout; awsenv exec --server dev python {tmp_path}/one.py 4 3")
        shell.wait_for("MFA code for")
        shell.type(sts.code() + "\r")
        shell.wait_for("assumed-role/dev/")
        shell.wait_for("MFA code for", times=2)
        sts.control.cap_life(60)
        shell.type(sts.code() + "\r")
        shell.wait_for_prompt(60)
        # Whether the first request waited long enough hangs on how fast the code is typed.
        assert "assumed-role/dev/" in shell.output().partition("then")[2]
        assert shell.output().count("MFA code for") == 2
        assert shell.run("echo sa''ne") == "sane"


def test_a_question_that_is_cancelled_comes_back_no_sooner(sts: RunningSts, tmp_path: Path) -> None:
    login(sts)
    sts.control.cap_life(2)
    (tmp_path / "one.py").write_text(ONE)
    with terminal(sts, tmp_path) as shell:
        shell.submit(
            f"awsenv logout; awsenv exec --server dev python {tmp_path}/one.py 3 2; echo $?"
        )
        shell.wait_for("MFA code for")
        shell.type(sts.code() + "\r")
        shell.wait_for("MFA code for", times=2)
        shell.press("ctrl-c")
        shell.wait_for_prompt(60)
        assert shell.output().count("MFA code for") == 2
        assert shell.output().count("then CredentialRetrievalError") == 2
        assert shell.output().count("no new session for the command: cancelled") == 1
        assert shell.output().endswith("\n0")


def test_a_question_ends_with_the_command(sts: RunningSts, tmp_path: Path) -> None:
    login(sts)
    sts.control.cap_life(2)
    (tmp_path / "one.py").write_text(ONE)
    with terminal(sts, tmp_path) as shell:
        line = f"timeout -f 5 python {tmp_path}/one.py 2.5 9"
        shell.submit(f"awsenv logout; awsenv exec --server dev {line.replace('-f', '')}; echo $?")
        shell.wait_for("MFA code for")
        shell.type(sts.code() + "\r")
        shell.wait_for("MFA code for", times=2)
        shell.wait_for_prompt(60)
        assert shell.output().endswith("\n124")
        assert "sane" in shell.run("echo sa''ne")
        assert "-echo" not in shell.run("stty -a").split()


def test_ctrl_c_is_the_command_s(sts: RunningSts, tmp_path: Path) -> None:
    login(sts)
    (tmp_path / "c.py").write_text(
        "import time\ncount = 0\n"
        "for _ in range(2):\n"
        "    try:\n"
        "        print('RUNS', flush=True)\n"
        "        time.sleep(30)\n"
        "    except KeyboardInterrupt: count += 1; print('GOT', count)\n"
        "time.sleep(0.5); print('TOTAL', count); raise SystemExit(5)\n"
    )
    with terminal(sts, tmp_path) as shell:
        shell.submit(f"awsenv exec --server dev python {tmp_path}/c.py; echo code $?")
        shell.wait_for("RUNS")
        shell.press("ctrl-c")
        shell.wait_for("GOT 1")
        shell.wait_for("RUNS", times=2)
        shell.press("ctrl-c")
        shell.wait_for_prompt()
        assert "TOTAL 2" in shell.output()
        assert "code 5" in shell.output()


def test_ctrl_z_and_fg(sts: RunningSts, tmp_path: Path) -> None:
    login(sts)
    with terminal(sts, tmp_path) as shell:
        shell.submit("awsenv exec --server dev sh -c 'echo RUNS; read line; echo GOT $line'")
        shell.wait_for("RUNS")
        shell.press("ctrl-z")
        shell.wait_for_prompt()
        shell.submit("fg")
        shell.wait_for("awsenv exec")
        shell.type("on\r")
        shell.wait_for_prompt()
        assert "GOT on" in shell.output()
