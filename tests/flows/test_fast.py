"""The fast way prints what the full way prints, byte for byte, or leaves it to the full way."""

import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.world import RunningSts, run_awsenv, settle

FULL = "import sys; from awsenv.cli.command_line import run; sys.exit(run(sys.argv[1:]))"
IMPORT = "from awsenv.fast.answer import answer"
FAST = f"import sys; {IMPORT}; t = answer(sys.argv[1:]); print(t or '', end='')"


def run(program: str, *args: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *args],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        check=False,
    )
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


@pytest.fixture
def warm(sts: RunningSts) -> RunningSts:
    """Every profile of the demo has a live session that the full way has answered with."""
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    settle(sts)
    for profile in ("default", "prod-admin", "dev", "audit", "external"):
        done = run_awsenv("assume", profile, "--shell", "bash")
        assert done.returncode == 0, done.stderr
    return sts


def test_same_bytes_for_every_profile_and_shell(warm: RunningSts) -> None:
    for profile in ("default", "prod-admin", "dev", "audit", "external"):
        for shell in ("bash", "zsh", "fish", "powershell", "posix"):
            args = ("assume", profile, "--shell", shell)
            fast = run(FAST, *args)
            assert fast
            assert fast == run(FULL, *args)
        fast = run(FAST, "credential-process", profile)
        assert json.loads(fast)["Version"] == 1
        assert fast == run(FULL, "credential-process", profile)


def test_same_bytes_in_any_environment(warm: RunningSts, seed: int) -> None:
    chance = random.Random(seed)
    values = [
        "",
        "dev",
        "eu-west-1",
        "it's",
        'a "b" $(c) `d`',
        "\u00e9\u2019\u202e",
        "line\nbreak",
        "%41&b=c",
    ]
    names = ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"]
    names += ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"]
    names += ["AWSENV_PUT", "AWSENV_BASELINE", "AWSENV_EXPIRES_AT", "AWS_CREDENTIAL_EXPIRATION"]
    for _ in range(12):
        env = {name: chance.choice(values) for name in names if chance.random() < 0.4}
        args = ("assume", "dev", "--shell", chance.choice(["bash", "fish", "powershell"]))
        fast = run(FAST, *args, env=env)
        assert fast, f"seed {seed}"
        assert fast == run(FULL, *args, env=env), f"seed {seed}"


# With the full way out of reach.
FAST_EXEC = (
    "import sys; sys.modules['awsenv.cli.command_line'] = None; "
    "from awsenv.entry import main; main()"
)
DUMP = "import os; os.write(1, repr(sorted(os.environb.items())).encode())"


def test_exec_gives_the_command_the_same_environment(warm: RunningSts, seed: int) -> None:
    chance = random.Random(seed)
    values = ["", "dev", "eu-west-1", "it's", '"$(c)`', "\u00e9\u202e", "line\nbreak", "%41&b=c"]
    names = ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "OTHER"]
    names += ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "_", "a b"]
    names += ["AWSENV_PUT", "AWSENV_BASELINE", "AWSENV_EXPIRES_AT", "AWS_CREDENTIAL_EXPIRATION"]
    in_session = json.loads(run_awsenv("assume", "audit", "--format", "json").stdout)
    set_by_awsenv = {name: text for name, text in in_session.items() if text is not None}
    for number in range(16):
        env = set_by_awsenv if number % 2 else {}
        env |= {name: chance.choice(values) for name in names if chance.random() < 0.3}
        profile = chance.choice(["dev", "default", "prod-admin", "external"])
        words = [*chance.choice([[], ["--"]]), sys.executable, "-ISc", DUMP]
        fast = run(FAST_EXEC, "exec", profile, *words, env=env)
        assert "AWS_SECRET_ACCESS_KEY" in fast, f"seed {seed}"
        assert fast == run(FULL, "exec", profile, *words, env=env), f"seed {seed}"


def test_exec_takes_the_fast_way_after_its_first_time(warm: RunningSts) -> None:
    folder = Path(os.environ["HOME"], ".cache/awsenv/names")
    for path in folder.iterdir():
        path.unlink()
    assert run(FAST_EXEC, "exec", "dev", "echo", "ran") == "false"
    assert run_awsenv("exec", "dev", "true").returncode == 0
    assert run(FAST_EXEC, "exec", "dev", "echo", "ran") == "ran"
    for args in (
        ["exec", "dev"],
        ["exec", "--region", "x-y-1", "dev", "true"],
        ["exec", "", "true"],
    ):
        assert run(FAST_EXEC, *args) in ("", "false"), args
    for words, code in ((["no-such-command"], 127), (["/"], 126), (["-x"], 127)):
        full = subprocess.run(
            [sys.executable, "-c", FULL, "exec", "dev", *words], capture_output=True, check=False
        )
        done = run_awsenv("exec", "dev", *words)
        assert done.returncode == full.returncode == code
        assert done.stderr.encode() == full.stderr


def is_fast(*args: str, env: dict[str, str] | None = None) -> bool:
    return bool(run(FAST, *(args or ("assume", "dev", "--shell", "bash")), env=env))


def test_options_go_the_full_way(warm: RunningSts) -> None:
    assert is_fast()
    for args in (
        ["assume", "dev", "--refresh", "--shell"],
        ["assume", "--shell", "bash"],
        ["assume", "dev", "--shell", "nosuchshell"],
        ["assume", "dev", "--region", "us-east-1"],
        ["assume", "nope", "--shell", "bash"],
        ["assume", "dev", "--shell", "bash", "--print"],
        ["unset", "dev"],
        ["assume"],
        [],
    ):
        assert not is_fast(*args or ["--help"]), args


@pytest.mark.parametrize("name", ["config", "credentials"])
def test_changed_files_go_the_full_way(warm: RunningSts, name: str) -> None:
    path = warm.aws_folder / name
    facts = path.stat()
    text = path.read_text()
    older = (facts.st_atime_ns, facts.st_mtime_ns - 10**12)
    os.utime(path, ns=older)
    assert not is_fast()
    # Nothing tells whether it is only its time that has been put back.
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert not is_fast()
    path.unlink()
    assert not is_fast()
    path.write_text(text)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert not is_fast()


def test_other_settings_go_the_full_way(warm: RunningSts) -> None:
    assert not is_fast(env={"AWSENV_DURATION": "2h"})
    assert not is_fast(env={"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert not is_fast(env={"AWSENV_MIN_LEFT": "1h"})


def test_files_named_by_other_variables_go_the_full_way(warm: RunningSts, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    text = (warm.aws_folder / "config").read_text()
    (other / "config").write_text(re.sub(r"region = .*", "region = us-west-2", text))
    settle(warm)
    time.sleep(1.2)
    for name in ("$FOLDER/config", "config"):
        regions = set()
        for folder in (warm.aws_folder, other, warm.aws_folder):
            done = subprocess.run(
                [sys.executable, "-m", "awsenv", "assume", "dev", "--format", "json"],
                env={**os.environ, "AWS_CONFIG_FILE": name, "FOLDER": str(folder)},
                cwd=folder,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert not is_fast(env={"AWS_CONFIG_FILE": name, "FOLDER": str(folder)})
            regions.add(json.loads(done.stdout)["AWS_REGION"])
        assert len(regions) == 2


def test_a_record_near_its_end_or_damaged_goes_the_full_way(warm: RunningSts) -> None:
    folder = Path(os.environ["HOME"], ".cache/awsenv")
    change = json.loads(run_awsenv("assume", "dev", "--format", "json").stdout)
    record = folder / "sessions" / change["AWSENV_SESSION"]
    text = record.read_text()
    older = text
    for name in ("AWSENV_EXPIRES_AT", "AWSENV_ISSUED_AT"):
        older = older.replace(change[name], str(int(change[name]) - 3400))
    record.write_text(older)
    assert not is_fast()
    record.write_text(text[:-3])
    assert not is_fast()
    record.write_text(text)
    assert is_fast()
    record.chmod(0o644)
    assert not is_fast()
    record.chmod(0o600)
    name = folder / "names" / b"dev".hex()
    name.write_text(name.read_text().replace("NAME=dev", "NAME=dex"))
    assert not is_fast()


def test_what_the_fast_way_loads(warm: RunningSts) -> None:
    program = f"import sys; b = set(sys.modules); {IMPORT}; answer(sys.argv[1:]);"
    program += "print(*sorted(set(sys.modules) - b))"
    for args in (["assume", "dev", "--shell", "bash"], ["credential-process", "dev"]):
        loaded = set(run(program, *args).split())
        assert "awsenv.fast.answer" in loaded
        heavy = {
            "re",
            "json",
            "typing",
            "dataclasses",
            "datetime",
            "typer",
            "subprocess",
            "hashlib",
        }
        heavy |= {"enum", "pathlib", "shutil", "inspect", "configparser", "botocore"}
        assert not heavy & loaded
        assert len(loaded) < 25, loaded


def test_a_status_bar_asks_without_a_look_at_the_config(warm: RunningSts) -> None:
    program = (
        "import sys; from awsenv.cli.command_line import run; "
        "run(['prompt', 'dev', '--format', '{profile}']); print('awsenv.config' in sys.modules)"
    )
    assert run(program).split() == ["dev", "False"]
    with (warm.aws_folder / "config").open("a") as file:
        file.write("# changed\n")
    assert run(program).split() == ["dev", "True"]


def test_a_note_that_has_lost_a_name_is_none(warm: RunningSts) -> None:
    note = Path(os.environ["HOME"], ".cache/awsenv/names", b"dev".hex())
    text = note.read_text()
    assert is_fast()
    for name in ("NAME", "SESSION", "MARGIN", "REGION", "ENVIRONMENT", "CONFIG_STAMP"):
        note.write_text(text.replace(f"\n{name}=", f"\n{name}X=", 1))
        assert not is_fast(), name
    note.write_text(text)
    assert is_fast()


def test_a_note_with_a_changed_endpoint_is_none(sts: RunningSts) -> None:
    config = sts.aws_folder / "config"
    text = config.read_text().replace("[profile dev]\n", "[profile dev]\nservices = local\n")
    config.write_text(f"{text}\n[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:4566\n")
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    settle(sts)
    assert run_awsenv("assume", "dev", "--shell", "bash").returncode == 0
    note = Path(os.environ["HOME"], ".cache/awsenv/names", b"dev".hex())
    text = note.read_text()
    assert "\nSETTINGS=AWS_ENDPOINT_URL_S3=http://127.0.0.1:4566\n" in text
    assert is_fast()
    note.write_text(text.replace("URL_S3=http://127.0.0.1", "URL_S3=http://127.0.0.9", 1))
    assert not is_fast()
