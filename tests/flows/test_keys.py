"""Long-lived keys in the keychain: `awsenv keys`, and everything that works with them there."""

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsenv.demo.model import UserKey
from support.assuming import AWS, assume, environment, identity_by_boto3
from support.keychains import FILE_BACKEND, lock, secret_of, secret_service
from support.saving import sections
from support.sources import add_section
from support.terminal_driver import drive
from support.world import RunningSts, run_awsenv


@pytest.fixture(params=["secret-service", "file"])
def keychain(
    request: pytest.FixtureRequest, sts: RunningSts, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    if request.param == "file":
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", FILE_BACKEND)
        yield "file"
    else:
        with secret_service(monkeypatch):
            yield "secret-service"


@pytest.fixture
def file_keychain(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", FILE_BACKEND)


def key_of(sts: RunningSts) -> UserKey:
    return sts.world.user("alice").keys[0]


def keys(*args: str, given: str | None = None) -> str:
    done = run_keys(*args, given=given)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


def run_keys(*args: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """`awsenv keys` with `given` on stdin and no terminal."""
    return subprocess.run(
        [sys.executable, "-m", "awsenv", "keys", *args],
        input=given or "",
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )


def refused(code: int, *args: str, given: str | None = None) -> str:
    done = run_keys(*args, given=given)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "\nhint: " in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def without_keys(sts: RunningSts) -> UserKey:
    """Take the keys out of the credentials file, as somebody who never had them there."""
    key = key_of(sts)
    (sts.aws_folder / "credentials").write_text("")
    return key


def test_keys_move_from_the_file(sts: RunningSts, keychain: str) -> None:
    key = key_of(sts)
    path, config = sts.aws_folder / "credentials", sts.aws_folder / "config"
    path.write_text(f"# mine\n{path.read_text()}# below\nregion = eu-west-3\n")
    os.chmod(path, 0o640)
    told = keys("add", "--from-file")
    assert f"{key.id} of arn:aws:iam::111122223333:user/alice, are in the keychain" in told
    assert ("unencrypted" in told) == (keychain == "file")
    assert "removed from [default] of ~/.aws/credentials" in told
    assert key.secret not in told
    assert path.read_text() == "# mine\n[default]\n# below\nregion = eu-west-3\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert f"awsenv_keys = keychain\nawsenv_access_key_id = {key.id}\n" in config.read_text()
    assert key.secret not in config.read_text()
    assert secret_of(key.id) == key.secret


def test_everything_works_on_top(sts: RunningSts, keychain: str) -> None:
    key = key_of(sts)
    keys("add", "--from-file")
    assert "keychain default" in run_awsenv("list").stdout
    assert "the keys of profile 'default' in the keychain (~/.aws/config:" in (
        run_awsenv("explain", "dev").stdout
    )
    change = assume("dev", "--mfa-code", sts.code())
    assert "assumed-role/dev/" in identity_by_boto3(environment(change))
    assert assume("audit")["AWS_ACCESS_KEY_ID"]
    assert sts.control.count("GetSessionToken") == 1
    done = run_awsenv("setup", "--yes")
    assert done.returncode == 0, done.stderr
    assert "needs no change" in done.stderr
    done = run_awsenv("save", "dev")
    assert done.returncode == 0, done.stderr
    assert "aws_session_token" in sections(sts.aws_folder / "credentials")["dev-sts"]
    assert ":user/alice" in run_awsenv("whoami").stdout
    told = run_awsenv("doctor", "--offline").stdout
    assert "0 problems" in told, told
    done = run_awsenv("rotate")
    assert done.returncode == 0, done.stderr
    new = key_of(sts)
    assert [each.id for each in sts.world.user("alice").keys] == [new.id]
    assert new.id != key.id
    assert secret_of(new.id) == new.secret
    assert secret_of(key.id) is None
    assert "the new key is in the keychain, and named by [default] of ~/.aws/config" in done.stderr
    run_awsenv("logout")
    assert assume("dev", "--mfa-code", sts.code())["AWS_ACCESS_KEY_ID"]


def test_aws_tools_get_at_them(sts: RunningSts, keychain: str) -> None:
    keys("add", "--from-file", "--credential-process")
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    told = subprocess.run(
        [AWS, "sts", "get-caller-identity"], capture_output=True, text=True, check=False
    )
    assert ":user/alice" in told.stdout, told.stderr
    assert ":user/alice" in identity_by_boto3(dict(os.environ))
    assert sts.control.count("GetSessionToken") == 1


def test_the_line_for_aws_tools_later(sts: RunningSts, file_keychain: None) -> None:
    config = sts.aws_folder / "config"
    keys("add", "--from-file")
    before = config.read_text()
    told = keys("add", "--credential-process")
    line = "credential_process = awsenv credential-process default\n"
    assert config.read_text().replace(line, "") == before
    assert "second code for prod-admin, dev, longhaul and 3 more: remove mfa_serial there" in told
    config.write_text(re.sub(r"(?m)^mfa_serial = .*\n", "", config.read_text()))
    assert "a second code" not in keys("add", "--credential-process")
    keys("remove", "--yes")
    assert line not in config.read_text()


def test_rotate_asks_about_the_key_that_is_there(
    sts: RunningSts, file_keychain: None, tmp_path: Path
) -> None:
    key = key_of(sts)
    keys("add", "--from-file")
    env = {name: text for name, text in os.environ.items() if name.startswith(("AWS", "PYTHON"))}
    env |= {
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive("bash", tmp_path, env=env, columns=200) as shell:
        shell.submit("awsenv rotate")
        shell.wait_for(f"{key.id} will be replaced by a new key in the keychain, and deleted;")
        shell.wait_for("go on? [y/N]")
        shell.press("enter")
        shell.wait_for("nothing was changed")


def forms(key: UserKey) -> dict[str, str]:
    names = {"UserName": "alice", "AccessKeyId": key.id, "SecretAccessKey": key.secret}
    return {
        "lines": f"{key.id}\n{key.secret}\n",
        "csv": f"\ufeffAccess key ID,Secret access key\r\n{key.id},{key.secret}\r\n",
        "json": json.dumps({"AccessKey": names}),
        "flat": json.dumps(names),
    }


@pytest.mark.parametrize("form", ["lines", "csv", "json", "flat"])
def test_from_stdin(sts: RunningSts, file_keychain: None, form: str) -> None:
    key = without_keys(sts)
    told = keys("add", given=forms(key)[form])
    assert secret_of(key.id) == key.secret
    assert key.secret not in told
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "there is no key pair on stdin"),
        ("AKIAIOSFODNN7EXAMPLE\n", "what stdin gives is no key pair"),
        ("a,b\nc,d,e\n", "what stdin gives is no key pair"),
        ("{", "the JSON on stdin holds no key pair"),
        ('{"AccessKeyId": 7, "SecretAccessKey": "x"}', "the JSON on stdin holds no key pair"),
        ("ASIAIOSFODNN7EXAMPLE\nSECRETSECRETSECRETSECRET\n", "is the key of a session"),
        ("SECRETSECRET+/SECRETSECRET\nAKIAIOSFODNN7EXAMPLE\n", "this is no access key id"),
        ("AKIAIOSFODNN7EXAMPLE\nSECRET\n", "the secret of AKIAIOSFODNN7EXAMPLE is not one"),
    ],
)
def test_what_is_no_key_pair(sts: RunningSts, file_keychain: None, given: str, said: str) -> None:
    without_keys(sts)
    config = (sts.aws_folder / "config").read_bytes()
    told = refused(2, "add", given=given)
    assert said in told
    assert "SECRET" not in told
    assert (sts.aws_folder / "config").read_bytes() == config
    assert sts.control.count() == 0


def test_keys_that_aws_refuses_are_kept_nowhere(sts: RunningSts, file_keychain: None) -> None:
    key = without_keys(sts)
    config = (sts.aws_folder / "config").read_bytes()
    refused(5, "add", given=f"{key.id}\n{'x' * 40}\n")
    sts.control.hang(9)
    told = subprocess.run(
        [sys.executable, "-m", "awsenv", "keys", "add"],
        input=f"{key.id}\n{key.secret}\n",
        env={**os.environ, "AWSENV_DEADLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 6
    assert (sts.aws_folder / "config").read_bytes() == config
    assert secret_of(key.id) is None


def test_config_that_cannot_be_written_undoes_it(sts: RunningSts, file_keychain: None) -> None:
    key, path = key_of(sts), sts.aws_folder / "credentials"
    before = path.read_bytes()
    lock_file = sts.aws_folder / ".config.awsenv-lock"
    lock_file.mkdir()
    assert "cannot write ~/.aws/config" in refused(1, "add", "--from-file")
    assert path.read_bytes() == before
    assert secret_of(key.id) is None
    lock_file.rmdir()
    keys("add", "--from-file")


def test_files_keep_the_keys_where_the_way_to_the_keychain_is_barred(
    sts: RunningSts, file_keychain: None
) -> None:
    """Another source of the profile that counts first: nothing is taken out."""
    key, path, config = key_of(sts), sts.aws_folder / "credentials", sts.aws_folder / "config"
    path.write_bytes(path.read_bytes() + b"awsenv_access_key_id = AKIAIOSFODNN7EXAMPLE\n")
    before = path.read_bytes(), config.read_bytes()
    told = refused(4, "add", "--from-file")
    assert "AKIAIOSFODNN7EXAMPLE" in told
    assert (path.read_bytes(), config.read_bytes()) == before
    assert secret_of(key.id) is None
    # Where the config file had no section of the profile, it has none afterwards.
    path.write_bytes(path.read_bytes().replace(b"[default]", b"[ops]"))
    before = path.read_bytes(), config.read_bytes()
    refused(4, "add", "ops", "--from-file")
    assert (path.read_bytes(), config.read_bytes()) == before


def test_typed_at_a_terminal(sts: RunningSts, keychain: str, tmp_path: Path) -> None:
    key = without_keys(sts)
    env = {
        name: os.environ[name]
        for name in ("HOME", "DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND")
        if name in os.environ
    }
    env |= {
        "AWS_ENDPOINT_URL": sts.url,
        "XDG_DATA_HOME": str(Path(os.environ["HOME"], ".local/share")),
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive("bash", tmp_path, columns=250, env=env) as shell:
        shell.submit("awsenv keys add")
        shell.wait_for("access key id:")
        shell.type(key.id + "\r")
        shell.wait_for("secret access key:")
        shell.press("ctrl-c")
        shell.wait_for_prompt()
        assert "cancelled" in shell.output()
        shell.submit("awsenv keys add")
        shell.wait_for("access key id:")
        shell.type(key.id + "\r")
        shell.wait_for("secret access key:")
        shell.type(key.secret + "\r")
        shell.wait_for_prompt()
        assert f"{key.id} of arn:aws:iam::111122223333:user/alice" in shell.output()
        assert key.secret.encode() not in shell.raw
        shell.submit("awsenv keys remove")
        shell.wait_for("remove it? [y/N]")
        shell.press("enter")
        shell.wait_for_prompt()
        assert "nothing was removed" in shell.output()
        assert secret_of(key.id) == key.secret
        shell.submit("awsenv keys remove")
        shell.wait_for("remove it? [y/N]")
        shell.type("y\r")
        shell.wait_for_prompt()
    assert secret_of(key.id) is None
    left = (sts.aws_folder / "config").read_text()
    assert "awsenv_keys" not in left
    assert "awsenv_access_key_id" not in left


def test_list(sts: RunningSts, keychain: str) -> None:
    key = key_of(sts)
    secret = sections(sts.aws_folder / "credentials")["default"]["aws_secret_access_key"]
    plain = {"aws_access_key_id": key.id, "aws_secret_access_key": secret}
    add_section(sts, "profile twin", **plain)
    told = keys("add", "--from-file")
    assert "profile 'twin' still has them" in told
    assert "awsenv keys add twin --from-file" in told
    lines = run_awsenv("keys", "list").stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [
        ["default", key.id, "keychain"],
        ["twin", key.id, "plain"],
    ]
    rows = json.loads(run_awsenv("keys", "list", "--json", "--check").stdout)
    assert [row["stored"] for row in rows] == [True, None]
    keys("add", "twin", "--from-file")
    told = keys("remove", "twin", "--yes")
    assert f"{key.id} stays in the keychain for profile 'default'" in told
    assert secret_of(key.id) == key.secret
    keys("remove", "--yes")
    assert secret_of(key.id) is None


def test_back_to_the_file(sts: RunningSts, keychain: str) -> None:
    key, path, config = key_of(sts), sts.aws_folder / "credentials", sts.aws_folder / "config"
    before = config.read_bytes()
    keys("add", "--from-file", "--credential-process")
    path.unlink()
    done = run_awsenv("uninstall", "--yes")
    assert "awsenv keys remove default --to-file moves it" in done.stderr
    told = keys("remove", "--to-file")
    assert "are in [default] of ~/.aws/credentials" in told
    assert key.secret not in told
    values = {"aws_access_key_id": key.id, "aws_secret_access_key": key.secret}
    assert sections(path) == {"default": values}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert config.read_bytes() == before
    assert secret_of(key.id) is None
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0


def test_back_to_a_file_that_has_others(sts: RunningSts, file_keychain: None) -> None:
    key, path = key_of(sts), sts.aws_folder / "credentials"
    other = path.read_bytes().replace(key.secret.encode(), b"x" * 40)
    keys("add", "--from-file")
    path.write_bytes(other)
    assert "has other keys in a file" in refused(3, "remove", "--to-file")
    assert path.read_bytes() == other
    assert secret_of(key.id) == key.secret


def test_a_move_that_was_interrupted_goes_on(sts: RunningSts, file_keychain: None) -> None:
    key, path, config = key_of(sts), sts.aws_folder / "credentials", sts.aws_folder / "config"
    at_first = path.read_bytes(), config.read_bytes()
    keys("add", "--from-file")
    told = keys("add", "--from-file")
    assert f"{key.id}, are in the keychain" in told
    told = keys("add", "--from-file", "--credential-process")
    assert "AWS tools get the session" in told
    # Everything was in the file again, and the config named the keychain still.
    path.write_bytes(at_first[0])
    keys("remove", "--to-file")
    assert (path.read_bytes(), config.read_bytes()) == at_first
    assert secret_of(key.id) is None
    # Only the keychain's entry was left.
    keys("add", "--from-file")
    path.write_bytes(at_first[0])
    config.write_bytes(at_first[1])
    assert f"{key.id} is removed from the keychain" in keys("remove", "--to-file")
    assert secret_of(key.id) is None
    assert f"{key.id} is not in the keychain" in keys("remove", "--to-file")
    assert (path.read_bytes(), config.read_bytes()) == at_first


def test_new_profile(sts: RunningSts, file_keychain: None) -> None:
    key = key_of(sts)
    keys("add", "my ops", given=forms(key)["lines"])
    assert "[profile 'my ops']" in (sts.aws_folder / "config").read_text()
    assert ":user/alice" in run_awsenv("whoami", "my ops").stdout
    assert shlex.split(run_awsenv("keys", "list").stdout.splitlines()[1])[0] == "default"


def test_only_where_keys_would_count(sts: RunningSts, file_keychain: None) -> None:
    key = key_of(sts)
    pair = forms(key)["lines"]
    assert "profile 'dev' has role_arn" in refused(3, "add", "dev", given=pair)
    assert "has keys already" in refused(3, "add", given=pair)
    assert "awsenv keys add default --from-file" in refused(3, "add", given=pair)
    add_section(sts, "profile process", credential_process="x")
    told = refused(3, "add", "process", "--credential-process", given=pair)
    assert "has a credential_process already" in told
    add_section(sts, "profile ops", region="eu-west-1")
    assert "has no keys in the AWS files" in refused(3, "add", "ops", "--from-file")
    keys("add", "ops", given=pair)
    other = sts.world.add_key(sts.world.user("alice"))
    told = refused(3, "add", "ops", given=forms(other)["lines"])
    assert f"has {key.id} in the keychain already" in told
    assert secret_of(other.id) is None
    assert secret_of(key.id) == key.secret
    # The same key once more is how a lost entry is mended.
    keys("add", "ops", given=pair)


def test_a_session_is_not_saved_over_them(sts: RunningSts, file_keychain: None) -> None:
    keys("add", "ops", given=forms(key_of(sts))["lines"])
    done = run_awsenv("save", "dev", "--as", "ops", "--mfa-code", sts.code())
    assert done.returncode == 3
    assert "profile 'ops' has its keys in the keychain" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "there is no action"),
        (["ad"], "there is no action 'ad'"),
        (["list", "ops"], "keys list shows every profile"),
        (["add", "--yes"], "--yes does not apply to keys add"),
        (["remove", "--from-file"], "--from-file does not apply to keys remove"),
    ],
)
def test_wrong_usage(sts: RunningSts, args: list[str], said: str) -> None:
    assert said in refused(2, *args)


def test_half_of_it_in_the_config(sts: RunningSts, file_keychain: None) -> None:
    add_section(sts, "profile half", awsenv_keys="keychain")
    add_section(sts, "profile odd", awsenv_keys="vault")
    add_section(sts, "profile lost", awsenv_keys="keychain", awsenv_access_key_id="AKIALOST")
    for profile, code, said, hint in (
        ("half", 3, "has awsenv_keys = keychain but no", "awsenv keys add half"),
        ("odd", 3, "awsenv_keys = 'vault' is no place", "awsenv_keys = keychain"),
        ("lost", 4, "the keychain has no secret for AKIALOST", "awsenv keys add lost"),
    ):
        done = run_awsenv("whoami", profile)
        assert done.returncode == code
        assert said in done.stderr
        assert hint in done.stderr
        assert "~/.aws/config:" in done.stderr
        found = run_awsenv("doctor", "--offline")
        assert said in found.stdout
    done = run_awsenv("keys", "list", "--check")
    assert done.returncode == 4
    assert "(MISSING)" in done.stdout
    keys("remove", "half")
    assert "there was none" in keys("remove", "lost")


def test_keychain_and_file_at_once(sts: RunningSts, file_keychain: None) -> None:
    """The keychain counts, and doctor tells of the copy in the file."""
    key, path = key_of(sts), sts.aws_folder / "credentials"
    before = path.read_text()
    keys("add", "--from-file")
    path.write_text(before)
    assert "in the keychain" in run_awsenv("explain").stdout
    told = run_awsenv("doctor", "--offline").stdout
    assert "has its keys in the keychain, and the same here as they are" in told
    assert "awsenv keys add default --from-file" in told
    keys("add", "--from-file")
    assert "aws_" not in path.read_text()
    assert secret_of(key.id) == key.secret


def test_locked(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> None:
    with secret_service(monkeypatch):
        keys("add", "--from-file")
        assert assume("dev", "--mfa-code", sts.code())
        lock()
        # What is at hand needs no keychain, and neither does what only reads the config.
        assert assume("dev")
        assert run_awsenv("list").returncode == run_awsenv("keys", "list").returncode == 0
        for command in (["whoami", "default"], ["rotate"], ["keys", "list", "--check"]):
            run_awsenv("logout")
            done = run_awsenv(*command)
            assert done.returncode == 4, done.stderr
            assert "awsenv: the keychain is locked, and was not unlocked\nhint: " in done.stderr
            assert "gnome-keyring-daemon --unlock" in done.stderr
        assert "the keychain is locked" in run_awsenv("doctor", "--offline").stdout


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("keyring.backends.fail.Keyring", "there is no keychain here"),
        ("keyring.backends.null.Keyring", "does not give back what was put into it"),
        ("keyring.backends.nowhere.Keyring", "the keychain cannot be used: ModuleNotFoundError"),
        ("keyring.backends.SecretService.Keyring", "the keychain cannot be used: "),
    ],
)
def test_no_keychain(
    sts: RunningSts, monkeypatch: pytest.MonkeyPatch, backend: str, said: str
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    path, config = sts.aws_folder / "credentials", sts.aws_folder / "config"
    before = path.read_bytes(), config.read_bytes()
    told = refused(4, "add", "--from-file")
    assert said in told
    assert key_of(sts).secret not in told
    assert (path.read_bytes(), config.read_bytes()) == before


def test_without_the_package(sts: RunningSts, tmp_path: Path) -> None:
    (tmp_path / "keyring.py").write_text("raise ImportError")
    done = run_awsenv("keys", "add", "--from-file", env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 4
    assert "needs the package keyring, which is not installed" in done.stderr
    assert "awsenv-shell[keychain]" in done.stderr
    assert assume("dev", "--mfa-code", sts.code(), env={"PYTHONPATH": str(tmp_path)})
