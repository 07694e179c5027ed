"""`awsenv rotate` against the local IAM: refused, broken off and killed at every step."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awsenv.demo.model import UserKey
from awsenv.demo.world import ALLOW_ALL, document, statement
from awsenv.storage import record_format
from support.assuming import assume
from support.keychains import FILE_BACKEND, secret_of
from support.layouts import who_is
from support.saving import sections
from support.terminal_driver import drive
from support.world import RunningSts, run_awsenv

NOT_WITHOUT_MFA = document(
    statement("Allow", Action="*", Resource="*"),
    statement(
        "Deny",
        NotAction=["sts:GetSessionToken"],
        Resource="*",
        Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    ),
)


def rotate(*args: str, env: dict[str, str] | None = None) -> str:
    done = run_awsenv("rotate", *args, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


def refused(*args: str, env: dict[str, str] | None = None) -> str:
    done = run_awsenv("rotate", *args, env=env)
    assert done.returncode in (1, 2, 3, 4, 5, 6), done.stderr
    assert done.stdout == ""
    return done.stderr


def on_disk(sts: RunningSts, name: str = "default") -> str:
    return sections(sts.aws_folder / "credentials")[name]["aws_access_key_id"]


def keys(sts: RunningSts) -> list[UserKey]:
    return sts.world.user("alice").keys


def journals() -> list[Path]:
    folder = Path(os.environ["HOME"], ".local/share/awsenv/rotations")
    return [path for path in folder.glob("*") if path.name != "lock"]


def check_done(sts: RunningSts, old: str) -> None:
    """One key is left, another one than `old`; it is on disk, and tools can use it."""
    assert [key.id for key in keys(sts)] == [on_disk(sts)]
    assert on_disk(sts) != old
    assert old not in (sts.aws_folder / "credentials").read_text()
    assert who_is("default").endswith(":user/alice")
    assert journals() == []


def test_rotation(sts: RunningSts) -> None:
    old, secret = keys(sts)[0].id, keys(sts)[0].secret
    path, config = sts.aws_folder / "credentials", sts.aws_folder / "config"
    path.write_text(
        f"# mine\n{path.read_text()}\n[twin]\naws_secret_access_key={secret}\n"
        f"AWS_ACCESS_KEY_ID={old}\n\n[other]\naws_access_key_id = AKIAOTHER\n"
    )
    with config.open("a") as file:
        file.write(f"\n[profile third]\nregion = eu-west-1\naws_access_key_id = {old}\n")
        file.write(f"aws_secret_access_key = {secret}\n")
    before = path.read_text(), config.read_text()
    told = rotate()
    new = keys(sts)[0]
    check_done(sts, old)
    for text, path_now in zip(before, (path, config), strict=True):
        assert path_now.read_text() == text.replace(old, new.id).replace(secret, new.secret)
    assert new.secret not in told
    assert "the new key is in [default], [twin] of ~/.aws/credentials" in told
    assert "[profile third] of ~/.aws/config" in told
    assert who_is("third").endswith(":user/alice")


def test_eventual_consistency_is_waited_out(sts: RunningSts) -> None:
    old = on_disk(sts)
    sts.control.delay_new_keys(requests=3, seconds=1)
    told = rotate()
    assert "waiting until all of AWS knows" in told
    check_done(sts, old)


def test_key_that_aws_never_knows(sts: RunningSts) -> None:
    old = on_disk(sts)
    sts.control.delay_new_keys(seconds=3600)
    told = refused("--wait", "1s")
    new = next(key for key in keys(sts) if key.id != old)
    assert f"AWS does not accept the new key {new.id}" in told
    assert "so far: the old key is in your files and works" in told
    assert new.secret not in told
    assert on_disk(sts) == old
    assert stat.S_IMODE(journals()[0].stat().st_mode) == 0o600
    assert stat.S_IMODE(journals()[0].parent.stat().st_mode) == 0o700
    new.usable_at = 0
    told = rotate()
    assert f"continuing the rotation of {old}" in told
    check_done(sts, old)
    assert keys(sts) == [new]


def test_delete_key_without_a_second_key(sts: RunningSts) -> None:
    old = on_disk(sts)
    told = refused("--delete-key", "AKIASOMETHINGELSE")
    assert "the user has no second key, so AKIASOMETHINGELSE cannot be deleted" in told
    assert "nothing has been changed" in told
    assert [key.id for key in keys(sts)] == [old]
    assert not journals()
    rotate()


def test_no_room_for_a_second_key(sts: RunningSts) -> None:
    old, second = on_disk(sts), sts.world.add_key(sts.world.user("alice"))
    told = refused()
    assert f"already has two keys, and AWS allows no third: {second.id} (active, made" in told
    assert "never used" in told
    assert f"awsenv rotate default --delete-key {second.id}" in told
    assert "nothing has been changed" in told
    told = refused("--delete-key", "AKIASOMETHINGELSE")
    assert f"is {second.id}" in told
    assert {key.id for key in keys(sts)} == {old, second.id}
    assert on_disk(sts) == old
    rotate("--delete-key", second.id)
    check_done(sts, old)


def test_second_key_in_use_is_not_deleted(sts: RunningSts) -> None:
    second = sts.world.add_key(sts.world.user("alice"))
    with (sts.aws_folder / "credentials").open("a") as file:
        file.write(f"\n[b]\naws_access_key_id = {second.id}\naws_secret_access_key = x\n")
    told = refused("--delete-key", second.id)
    assert "profile 'b' uses it" in told
    assert len(keys(sts)) == 2


def test_second_key_is_asked_about_at_a_terminal(sts: RunningSts, tmp_path: Path) -> None:
    old, second = on_disk(sts), sts.world.add_key(sts.world.user("alice"))
    env = {
        "AWS_ENDPOINT_URL": sts.url,
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive("bash", tmp_path, columns=250, env=env) as shell:
        shell.submit("awsenv rotate")
        shell.wait_for(f"{old} will be replaced")
        shell.wait_for("go on? [y/N]")
        shell.press("enter")
        shell.wait_for("nothing was changed")
        shell.wait_for_prompt()
        assert sts.control.count() == 0
        shell.submit("awsenv rotate")
        shell.wait_for("go on? [y/N]")
        shell.type("y\r")
        shell.wait_for("delete it for good? [y/N]")
        shell.press("enter")
        shell.wait_for_prompt()
        assert {key.id for key in keys(sts)} == {old, second.id}
        shell.submit("awsenv rotate --yes")
        shell.wait_for("delete it for good? [y/N]")
        shell.type("y\r")
        shell.wait_for_prompt()
    check_done(sts, old)


def test_policy_that_wants_mfa(sts: RunningSts) -> None:
    old = on_disk(sts)
    sts.control.set_user_policy("alice", NOT_WITHOUT_MFA)
    told = refused()
    assert "an MFA code is needed" in told
    assert "nothing has been changed" in told
    assert on_disk(sts) == old
    rotate("--mfa-code", sts.code())
    assert sts.control.count("GetSessionToken") == 1
    sts.control.set_user_policy("alice", ALLOW_ALL)
    check_done(sts, old)


def test_mfa_session_at_hand_serves(sts: RunningSts) -> None:
    old = on_disk(sts)
    sts.control.set_user_policy("alice", NOT_WITHOUT_MFA)
    assume("default", "--mfa-code", sts.code())
    rotate()
    sts.control.set_user_policy("alice", ALLOW_ALL)
    check_done(sts, old)


def test_policy_that_wants_mfa_and_no_device_known(sts: RunningSts) -> None:
    sts.control.set_user_policy("alice", NOT_WITHOUT_MFA)
    config = sts.aws_folder / "config"
    serial = sts.world.user("alice").mfa.serial
    config.write_text(config.read_text().replace(f"mfa_serial = {serial}\n", ""))
    assert "awsenv setup default" in refused()
    old = on_disk(sts)
    rotate("--mfa-serial", serial, "--mfa-code", sts.code())
    assert on_disk(sts) != old


@pytest.mark.parametrize(
    "action", ["ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"]
)
def test_refused_at_each_step(sts: RunningSts, action: str) -> None:
    old = on_disk(sts)
    deny = statement("Deny", Action=f"iam:{action}", Resource="*")
    allow = statement("Allow", Action="*", Resource="*")
    sts.control.set_user_policy("alice", document(allow, deny))
    told = refused("--mfa-code", sts.code())
    assert f"AWS denies iam:{action}" in told
    assert "so far: " in told
    assert who_is("default").endswith(":user/alice")
    sts.control.set_user_policy("alice", ALLOW_ALL)
    rotate()
    check_done(sts, old)


@pytest.mark.parametrize(
    "action",
    [
        "GetCallerIdentity",
        "ListAccessKeys",
        "CreateAccessKey",
        "UpdateAccessKey",
        "DeleteAccessKey",
    ],
)
def test_server_that_fails_or_is_silent(sts: RunningSts, action: str) -> None:
    old = on_disk(sts)
    sts.control.fail(9, action)
    assert "so far: " in refused()
    sts.control.clear_faults()
    assert who_is("default").endswith(":user/alice")
    sts.control.hang(9, action)
    told = refused(env={"AWSENV_DEADLINE": "1"})
    assert "did not answer within 1 s" in told
    assert "so far: " in told
    sts.control.clear_faults()
    rotate()
    check_done(sts, old)


def test_files_that_cannot_be_written(sts: RunningSts) -> None:
    old, path = on_disk(sts), sts.aws_folder / "credentials"
    lock = path.with_name(".credentials.awsenv-lock")
    lock.mkdir()
    told = refused()
    assert "cannot write ~/.aws/credentials" in told
    assert "both keys work; the new one is noted" in told
    assert on_disk(sts) == old
    assert who_is("default").endswith(":user/alice")
    lock.rmdir()
    rotate()
    check_done(sts, old)


def test_journal_that_cannot_be_written_stops_it_first(sts: RunningSts, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    refused(env={"XDG_DATA_HOME": str(blocked)})
    assert sts.control.count("CreateAccessKey") == 0


def test_id_and_secret_in_different_files(sts: RunningSts) -> None:
    path, config = sts.aws_folder / "credentials", sts.aws_folder / "config"
    secret = f"aws_secret_access_key = {keys(sts)[0].secret}\n"
    path.write_text(path.read_text().replace(secret, ""))
    config.write_text(config.read_text().replace("[default]\n", f"[default]\n{secret}"))
    told = refused()
    assert "has its key id in one file (~/.aws/credentials:" in told
    assert len(keys(sts)) == 1


def test_what_is_no_key_in_a_file(sts: RunningSts) -> None:
    run_awsenv("save", "default", "--as", "s", "--mfa-code", sts.code())
    path = sts.aws_folder / "credentials"
    path.write_text(path.read_text().replace("awsenv_saved_from = default\n", ""))
    assert "are not an access key" in refused("s") or "is no access key" in refused("s")


def age_note(seconds: int) -> None:
    """Have the rotation under way be one that began so long ago."""
    (path,) = journals()
    text = path.read_text()
    started = text.partition("\nSTARTED_AT=")[2].partition("\n")[0]
    aged = str(int(started) - seconds)
    values = dict(line.split("=", 1) for line in text.splitlines() if line)
    names = ("OLD", "USER", "STARTED_AT", "KNOWN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    kept = {name: values[name] for name in names if name in values} | {"STARTED_AT": aged}
    path.write_text(record_format.render(path.name, kept))


@pytest.mark.parametrize("age", [0, 3600])
def test_lists_that_lag_lose_no_secret(sts: RunningSts, age: int) -> None:
    """Killed after the note; the list does not show the new key, which works or does soon."""
    old = on_disk(sts)
    keys(sts)[0].created_at -= 24 * 3600
    sts.control.delay_new_keys(seconds=2)
    sts.control.delay_lists(seconds=3600)
    refused("--wait", "1s")
    (new,) = [key for key in keys(sts) if key.id != old]
    if age:
        time.sleep(2)
        age_note(age)
    told = rotate()
    assert "meanwhile" not in told
    assert on_disk(sts) == new.id
    assert [key.id for key in keys(sts)] == [new.id]
    assert journals() == []


def test_a_young_key_that_nobody_knows_stays_noted(sts: RunningSts) -> None:
    sts.control.delay_new_keys(seconds=3600)
    sts.control.delay_lists(seconds=3600)
    refused("--wait", "1s")
    (note,) = journals()
    kept = note.read_text()
    assert "AWS does not accept the new key" in refused("--wait", "1s")
    assert note.read_text() == kept


def test_new_key_deleted_by_somebody_meanwhile(sts: RunningSts) -> None:
    old = on_disk(sts)
    sts.control.delay_new_keys(seconds=3600)
    refused("--wait", "1s")
    sts.control.delay_new_keys()
    keys(sts)[:] = [key for key in keys(sts) if key.id == old]
    age_note(3600)
    told = rotate()
    assert "has been deleted meanwhile; starting again" in told
    check_done(sts, old)


def test_stranger_s_key_is_not_taken_for_a_lost_one(sts: RunningSts) -> None:
    """The last run was broken off as it asked for a key, and hours later there is another one."""
    old = on_disk(sts)
    sts.control.hang(1, "CreateAccessKey")
    refused(env={"AWSENV_DEADLINE": "1"})
    assert len(journals()) == 1
    second = sts.world.add_key(sts.world.user("alice"))
    second.created_at = time.time() + 3600
    assert f"no third: {second.id}" in refused()
    assert second in keys(sts)
    second.created_at = time.time()
    second.last_used = (time.time(), "s3", "eu-west-1")
    assert f"no third: {second.id}" in refused()
    second.last_used = None
    told = rotate()
    assert f"{second.id} (active, made" in told
    check_done(sts, old)


def test_one_rotation_at_a_time(sts: RunningSts) -> None:
    sts.control.hang(1, "CreateAccessKey")
    first = subprocess.Popen(
        [sys.executable, "-m", "awsenv", "rotate"], stderr=subprocess.PIPE, text=True
    )
    while not sts.control.count("CreateAccessKey"):
        time.sleep(0.05)
    done = run_awsenv("rotate")
    assert done.returncode == 1
    assert "another awsenv is rotating a key right now" in done.stderr
    first.kill()
    first.communicate()
    old = on_disk(sts)
    rotate()
    check_done(sts, old)


def test_interrupted_by_the_person(sts: RunningSts) -> None:
    old = on_disk(sts)
    sts.control.hang(1, "DeleteAccessKey")
    running = subprocess.Popen(
        [sys.executable, "-m", "awsenv", "rotate"], stderr=subprocess.PIPE, text=True
    )
    while not sts.control.count("DeleteAccessKey"):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    told = running.communicate(timeout=30)[1]
    assert running.returncode == 130
    assert "so far: the new key is in your files and works; the old one is inactive" in told
    rotate()
    check_done(sts, old)


# Runs the program, and ends it as SIGKILL does before the n-th moment: a call to AWS being sent,
# its answer having come, or a file of the person's or of awsenv's being changed.
KILLED = """
import os, signal, sys
left = int(sys.argv[1])
def moment():
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
def hook(event, arguments):
    changes = event in ("os.rename", "os.remove") or event == "open" and arguments[2] & os.O_CREAT
    if changes and os.environ["HOME"] in str(arguments[0]):
        moment()
sys.addaudithook(hook)
import botocore.httpsession
send = botocore.httpsession.URLLib3Session.send
def sending(*args, **keywords):
    moment()
    answer = send(*args, **keywords)
    moment()
    return answer
botocore.httpsession.URLLib3Session.send = sending
from awsenv.cli.command_line import run
sys.exit(run(["rotate"]))
"""


def at_hand(sts: RunningSts) -> tuple[str, str | None]:
    """The id and the secret that profile default comes to."""
    named = sections(sts.aws_folder / "config")["default"].get("awsenv_access_key_id")
    if named:
        return named, secret_of(named)
    values = sections(sts.aws_folder / "credentials")["default"]
    return values["aws_access_key_id"], values["aws_secret_access_key"]


@pytest.mark.parametrize("place", ["files", "keychain"])
def test_killed_at_every_moment(
    sts: RunningSts, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts.control.set_user_policy("alice", ALLOW_ALL)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", FILE_BACKEND)
    if place == "keychain":
        assert run_awsenv("keys", "add", "--from-file").returncode == 0
    moments = 0
    while True:
        old, outputs = at_hand(sts)[0], ""
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(moments)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, -9), done.stderr
        outputs = done.stdout + done.stderr
        known = {key.id: key for key in keys(sts)}
        # Whatever is at hand is a key that AWS takes, and goes with its secret.
        key_id, secret = at_hand(sts)
        assert known[key_id].active, moments
        assert known[key_id].secret == secret
        if place == "keychain":
            written = [path.read_text() for path in journals()]
            assert not any(key.secret in text for key in known.values() for text in written)
        if done.returncode == 0:
            break
        told = rotate()
        outputs += told
        assert len(keys(sts)) == 1
        assert [(key.id, key.secret) for key in keys(sts)] == [at_hand(sts)]
        assert at_hand(sts)[0] != old or "continuing" not in told
        assert not any(key.secret in outputs for key in [*known.values(), *keys(sts)])
        assert journals() == []
        moments += 1
    assert moments > 20
    if place == "keychain":
        # The one key is all that is left in the keychain.
        kept = Path(os.environ["HOME"], ".local/share/python_keyring/keyring_pass.cfg").read_text()
        assert kept.count(" = ") == 1
    else:
        assert who_is("default").endswith(":user/alice")
