"""What awsenv.config gives and says: places, nearest names, refusals with file, line and fix."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awsenv.config import Config, default_profile_name, load, profile_names
from awsenv.errors import ConfigError
from awsenv.values.suggest import did_you_mean, nearest

Write = Callable[..., Config]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    return tmp_path


@pytest.fixture
def read(home: Path) -> Write:
    """Write the two files in ~/.aws and load them."""

    def write(config: str | bytes = "", credentials: str | bytes = "") -> Config:
        for name, data in (("config", config), ("credentials", credentials)):
            (home / ".aws" / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return load({})

    return write


def _refusal(function: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ConfigError) as caught:
        function()
    return caught.value.message, caught.value.hint or ""


def test_a_profile_of_both_files(read: Write) -> None:
    config = read(
        "# mine\n[profile prod]\nregion = eu-west-1\nrole_arn = a:b:c\ns3 =\n  max = 3\nempty =\n",
        "[prod]\naws_access_key_id = AKIAX\nregion = us-east-1\n",
    )
    profile = config.profile("prod")
    assert profile.get("region") == "us-east-1"
    assert profile.get("role_arn") == "a:b:c"
    assert profile.get("empty") is None
    assert profile.get("s3") is None
    assert profile.nested("s3") == {"max": "3"}
    assert profile.nested("region") == {}
    assert profile.where == "~/.aws/config:2"
    assert profile.at("role_arn") == "~/.aws/config:4"
    assert profile.at("region") == "~/.aws/credentials:3"
    assert profile.at("nothing") == profile.where


def test_a_profile_of_the_credentials_file_alone(read: Write) -> None:
    profile = read("", "\n[prod]\naws_access_key_id = AKIAX\n").profile("prod")
    assert profile.where == "~/.aws/credentials:2"
    assert profile.get("aws_access_key_id") == "AKIAX"


def test_no_secret_in_a_repr(read: Write) -> None:
    config = read("", "[prod]\naws_secret_access_key = hush\n")
    assert repr(config.profile("prod")) == "Profile('prod', '~/.aws/credentials:1')"
    assert "hush" not in repr(config) + repr(config.profiles)


def test_neither_file_is_needed(home: Path) -> None:
    assert dict(load({}).profiles) == {}
    assert profile_names({}) == []


def test_the_variables_move_the_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "c onfig").write_text("[profile a]\n")
    (home / "keys").write_text("[b]\n")
    monkeypatch.setenv("KEYS", "keys")
    env = {"AWS_CONFIG_FILE": "~/c onfig", "AWS_SHARED_CREDENTIALS_FILE": "$HOME/$KEYS"}
    assert list(load(env).profiles) == profile_names(env) == ["a", "b"]
    assert load(env).credentials_path == str(home / "keys")


def test_an_empty_variable_means_no_file(read: Write) -> None:
    read("[profile a]\n", "[b]\n")
    assert list(load({"AWS_CONFIG_FILE": ""}).profiles) == ["b"]


@pytest.mark.parametrize("path", ["/dev/null", "a\0b", "missing/config"])
def test_dev_null_and_what_cannot_be_a_file_count_as_missing(path: str) -> None:
    env = {"AWS_CONFIG_FILE": path, "AWS_SHARED_CREDENTIALS_FILE": path}
    assert dict(load(env).profiles) == {}
    assert profile_names(env) == []


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({}, "default"),
        ({"AWS_DEFAULT_PROFILE": "c"}, "c"),
        ({"AWS_PROFILE": "b", "AWS_DEFAULT_PROFILE": "c"}, "b"),
        ({"AWSENV_PROFILE": "a", "AWS_PROFILE": "b"}, "a"),
        ({"AWSENV_PROFILE": "", "AWS_PROFILE": ""}, "default"),
        ({"AWSENV_DEFAULT_PROFILE": "d", "AWS_PROFILE": "b"}, "d"),
        # In a shell that holds a session: of a profile, and of a role that has none.
        ({"AWSENV_PROFILE": "p", "AWSENV_PUT": "", "AWSENV_DEFAULT_PROFILE": "d"}, "p"),
        ({"AWSENV_PROFILE": "role/x", "AWSENV_PUT": "", "AWSENV_DEFAULT_PROFILE": "d"}, "d"),
        (
            {"AWSENV_PROFILE": "role/x", "AWSENV_PUT": "", "AWSENV_BASELINE": "AWSENV_PROFILE=a"},
            "a",
        ),
    ],
)
def test_the_profile_where_none_is_named(env: dict[str, str], name: str) -> None:
    assert default_profile_name(env, {"p"}) == name


@pytest.mark.parametrize(
    ("config", "said", "fix"),
    [
        (
            "[profile a]\nx = 1\n\n[profile a]\n",
            ":4: [profile a] stands here a second time, after line 1",
            "one section",
        ),
        ("[a]\nx = 1\nX: 2\n", ":3: x is set a second time in [a], after line 2", "remove one"),
        (
            "[DEFAULT]\nx=1\n[a]\n[DEFAULT]\nx=2\n",
            ":5: x is set a second time in [DEFAULT], after line 2",
            "remove one",
        ),
        ("\ufeff[a]\n", ":1: the file begins with a byte order mark", "without BOM"),
        (b"[a]\nx = 1\ny = \xe9\n", ":3: there is a byte that is not UTF-8", "as UTF-8"),
        (b"\xff\xfe[\0a\0]\0", ":1: there is a byte that is not UTF-8", "as UTF-8"),
        ("\n\nregion = x\n[a]\n", ":3: there is text before the first [section]", "move it"),
        ("[a]\nhush\n", ":2: the line is not of the form key = value", "# before it"),
        ("[a]\n = hush\n", ":2: the line is not of the form key = value", "# before it"),
        ("[a]\n[profile b\n", ":2: the section header is not whole", "[name]"),
        (
            "[a]\ns3 =\n  b = c\n\n  # note\n  hush\n",
            ":6: the indented line below s3 has no =",
            "key without a value",
        ),
        (
            "[DEFAULT]\ns3 =\n  hush\n[a]\n",
            ":3: the indented line below s3 has no =",
            "key without a value",
        ),
    ],
)
def test_a_refusal_names_file_line_and_fix(
    read: Write, config: str | bytes, said: str, fix: str
) -> None:
    message, hint = _refusal(lambda: read(config))
    assert message == f"~/.aws/config{said}"
    assert fix in hint
    message, hint = _refusal(lambda: read("", config))
    assert message == f"~/.aws/credentials{said}"
    assert "hush" not in message + hint


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder anybody may enter, and for the test's length a user who may not read all."""
    if not hasattr(os, "geteuid"):
        pytest.skip("file modes do not keep a user from reading on this system")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        user = os.geteuid()
        yield Path(folder)
        os.seteuid(user)


def test_a_file_that_may_not_be_read(nobody: Path) -> None:
    path = nobody / "config"
    path.write_text("[profile a]\n")
    path.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65534)
    env = {"AWS_CONFIG_FILE": str(path), "AWS_SHARED_CREDENTIALS_FILE": ""}
    message, hint = _refusal(lambda: load(env))
    assert message == f"cannot read {path}: permission denied"
    assert "readable" in hint
    assert profile_names(env) == []


@pytest.mark.parametrize(
    ("config", "credentials", "name", "said", "fix"),
    [
        (
            "[profile prod-admin]\n",
            "",
            "prod-amdin",
            "there is no profile 'prod-amdin' in ~/.aws/config or ~/.aws/credentials",
            "did you mean prod-admin?",
        ),
        (
            "[profile a]\n",
            "",
            "zzz",
            "there is no profile 'zzz' in ~/.aws/config or ~/.aws/credentials",
            "`awsenv list` shows the profiles there are",
        ),
        (
            "\n",
            "",
            "default",
            "there is no profile 'default' in ~/.aws/config or ~/.aws/credentials",
            "neither file has a profile yet: `aws configure` writes one",
        ),
        (
            "[default]\n[prod]\n",
            "",
            "prod",
            "~/.aws/config:2: [prod] is not a profile called 'prod'",
            "write [profile prod] there",
        ),
        (
            "[Profile prod]\n",
            "",
            "prod",
            "~/.aws/config:1: [Profile prod] is not a profile called 'prod'",
            "write [profile prod] there",
        ),
        (
            "[profile my prod]\n",
            "",
            "my prod",
            "~/.aws/config:1: [profile my prod] is not a profile called 'my prod'",
            "write [profile 'my prod'] there",
        ),
        (
            "",
            "[profile prod]\n",
            "prod",
            "~/.aws/credentials:1: [profile prod] is not a profile called 'prod'",
            "write [prod] there",
        ),
    ],
)
def test_a_profile_that_is_not_there(
    read: Write, config: str, credentials: str, name: str, said: str, fix: str
) -> None:
    loaded = read(config, credentials)
    assert _refusal(lambda: loaded.profile(name)) == (said, fix)


def test_the_fix_for_a_header_is_one(read: Write) -> None:
    for name in ("prod", "my prod", 'q"x', "it's", "a\\b", "é"):
        _, hint = _refusal(lambda name=name: read(f"[{name}]\n").profile(name))
        header = hint.removeprefix("write ").removesuffix(" there")
        assert read(f"{header}\nregion = x\n").profile(name).get("region") == "x"


@pytest.mark.parametrize(
    ("name", "names", "expected"),
    [
        ("prod", ["dev", "prod-admin", "prod-read"], ["prod-read", "prod-admin"]),
        ("Prod_Admin", ["dev", "prod-admin"], ["prod-admin"]),
        ("admin", ["dev", "prod-admin"], ["prod-admin"]),
        ("defualt", ["default", "dev"], ["default"]),
        ("dve", ["prod", "dev"], ["dev"]),
        ("prod", ["my-prod", "x", "prod1"], ["prod1", "my-prod"]),
        ("x", ["a", "b"], []),
        ("", ["a"], []),
        ("a", [], []),
    ],
)
def test_nearest(name: str, names: list[str], expected: list[str]) -> None:
    assert nearest(name, names) == expected


def test_did_you_mean() -> None:
    assert (
        did_you_mean("prod", ["prod1", "prod2", "prod3"]) == "did you mean prod1, prod2 or prod3?"
    )
    assert did_you_mean("prod1", ["prod", "x"]) == "did you mean prod?"
    assert did_you_mean("y", ["prod", "x"]) is None


def test_reading_loads_next_to_nothing(read: Write) -> None:
    """Completion stands or falls with it. Odd names may load shlex."""
    read("[profile a]\ns3 =\n  x = y\n[sso-session s]\n", "[a]\nk = v\n")
    program = """
import json, sys
before = set(sys.modules)
from awsenv.config import load, profile_names
load().profile("a").at("k"), profile_names()
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    env = {"HOME": os.environ["HOME"], "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=env, check=True, capture_output=True, text=True
    )
    loaded = [name for name in json.loads(ran.stdout) if not name.startswith("awsenv")]
    assert set(loaded) <= {"__future__", "_locale"}


def test_a_locale_that_is_not_utf_8(read: Write) -> None:
    """The locale decides, as it does for botocore; the hint tells what to do about it."""
    read("[profile é]\n")
    program = """
from awsenv.config import load
from awsenv.errors import ConfigError
try:
    load()
except ConfigError as error:
    print(error.message, error.hint)
"""
    env = {"HOME": os.environ["HOME"], "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=env, check=True, capture_output=True, text=True
    )
    assert ran.stdout.startswith("~/.aws/config:1: there is a byte that is not ASCII")
    assert "PYTHONUTF8=1" in ran.stdout
