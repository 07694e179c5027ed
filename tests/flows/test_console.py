"""`awsenv console` against a stand-in for the federation endpoint, with a browser that tells."""

import html
import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from awsenv.demo.server import Server
from awsenv.demo.world import demo_world, write_config
from support.assuming import assume
from support.sources import add_section, open_portal, sign_in
from support.stand_in_network import Authority, Proxy
from support.stand_ins import Federation, issue
from support.world import RunningSts, run_awsenv

BROWSER = f"""#!{sys.executable}
import html, json, os, re, stat, sys, urllib.parse, urllib.request
address, = sys.argv[1:]
path = urllib.request.url2pathname(urllib.parse.urlsplit(address).path)
page = open(path).read()
url = html.unescape(re.search('url=([^"]*)"', page)[1])
token = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["SigninToken"][0]
seen = []
for pid in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
    try:
        words = open(f"/proc/{{pid}}/cmdline", "rb").read()
    except OSError:
        continue
    if token.encode() in words or urllib.parse.quote(token).encode() in words:
        seen.append(pid)
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
try:
    urllib.request.build_opener(Stay).open(url)
except urllib.error.HTTPError as answer:
    status = answer.code
found = dict(address=address, path=path, seen=seen, status=status,
             modes=[stat.S_IMODE(os.stat(each).st_mode) for each in (path, os.path.dirname(path))])
json.dump(found, open(os.environ["TOLD"], "w"))
"""


@pytest.fixture
def federation(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Federation]:
    with Federation(sts) as federation:
        monkeypatch.setenv("AWSENV_SIGNIN_URL", f"{federation.url}/federation")
        yield federation


def test_opens_the_browser_without_the_token_in_any_argument(
    sts: RunningSts, federation: Federation, tmp_path: Path
) -> None:
    assume("default", "--mfa-code", sts.code())
    browser, told = tmp_path / "browser", tmp_path / "told"
    browser.write_text(BROWSER)
    browser.chmod(0o755)
    env = {"BROWSER": f"{browser} %s", "TOLD": str(told)}
    done = run_awsenv("console", "dev", "--service", "ec2", env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "opening the console as dev" in done.stderr
    found = json.loads(told.read_text())
    assert found["address"].startswith("file:///")
    assert found["seen"] == []
    assert found["status"] == 302
    assert found["modes"] == [0o600, 0o700]
    wanted = "https://console.aws.amazon.com/ec2/home?region=eu-central-1"
    assert federation.followed == [(sts.world.role("dev").arn, wanted)]
    # The file goes by itself; one that was left over goes the next time.
    left = Path(found["path"]).parent / "awsenv-left-over.html"
    left.write_text("")
    os.utime(left, (time.time() - 120, time.time() - 120))
    run_awsenv("console", "dev", env=env)
    assert not left.exists()


def test_the_file_is_removed_by_what_is_left_behind(tmp_path: Path) -> None:
    program = (
        "import sys; from awsenv.console import page; page._KEPT = 0.1; "
        "page._remove_later(sys.argv[1])"
    )
    page = tmp_path / "page.html"
    page.write_text("")
    subprocess.run([sys.executable, "-c", program, str(page)], check=True)
    end = time.monotonic() + 20
    while page.exists():
        assert time.monotonic() < end


def test_print_and_what_it_asks_for(sts: RunningSts, federation: Federation) -> None:
    assume("default", "--mfa-code", sts.code())
    done = run_awsenv("console", "prod-admin", "--url-only", "--region", "us-west-2")
    assert done.returncode == 0, done.stderr
    given = parse_qs(urlsplit(done.stdout.strip()).query)
    assert given["Action"] == ["login"]
    assert given["Issuer"] == ["awsenv"]
    destination = "https://console.aws.amazon.com/console/home?region=us-west-2"
    assert given["Destination"] == [destination]
    assert federation.tokens[given["SigninToken"][0]] == sts.world.role("prod-admin").arn
    assert "SessionDuration" not in federation.asked[0].query
    done = run_awsenv("console", "prod-admin", "--url-only", "--service", "dynamodb")
    assert "dynamodbv2%2Fhome" in done.stdout
    done = run_awsenv("console", "prod-admin", "--url-only", "--service", "a b")
    assert done.returncode == 2
    assert "--service 'a b' is not the name of a service" in done.stderr


def test_of_this_shell(sts: RunningSts, federation: Federation) -> None:
    role = sts.world.role("external").arn
    options = ["--role-arn", role, "--source-profile", "default", "--external-id", "tenant-42"]
    change = assume(*options, "--mfa-code", sts.code())
    env = {name: value for name, value in change.items() if value is not None}
    done = run_awsenv("console", "--url-only", "--region", "sa-east-1", env=env)
    assert done.returncode == 0, done.stderr
    assert "region%3Dsa-east-1" in done.stdout
    (arn,) = federation.tokens.values()
    assert arn == role
    assert sts.control.count("AssumeRole") == 1


def test_never_as_another_than_this_shell(sts: RunningSts, federation: Federation) -> None:
    change = assume("dev", "--mfa-code", sts.code())
    env = {name: value for name, value in change.items() if value is not None}
    config = sts.aws_folder / "config"
    dev, admin = (sts.world.role(name).arn for name in ("dev", "prod-admin"))
    config.write_text(config.read_text().replace(dev, admin))
    done = run_awsenv("console", "--url-only", env=env)
    assert (done.returncode, done.stdout, federation.tokens) == (4, "", {})
    assert f"profile dev now means {admin}, not {dev} as in this shell" in done.stderr
    assert run_awsenv("console", "dev", "--url-only", env=env).returncode == 0
    assert list(federation.tokens.values()) == [admin]


def test_only_a_role_can_sign_in(
    sts: RunningSts, federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = sts.world.user("alice")
    done = run_awsenv("console", "default", "--url-only")
    assert done.returncode == 2
    assert "resolves to an MFA session of an IAM user" in done.stderr
    config = sts.aws_folder / "config"
    config.write_text(config.read_text().replace(f"mfa_serial = {alice.mfa.serial}\n", "", 1))
    done = run_awsenv("console", "default", "--url-only")
    assert done.returncode == 2
    assert "resolves to long-lived keys of an IAM user" in done.stderr
    assert federation.asked == []
    # What only the endpoint can tell.
    answer = {"Version": 1, "AccessKeyId": alice.key.id, "SecretAccessKey": alice.key.secret}
    add_section(sts, "profile store", credential_process=f"echo '{json.dumps(answer)}'")
    done = run_awsenv("console", "store", "--url-only")
    assert done.returncode == 5
    assert "they are long-lived keys" in done.stderr
    session = issue(sts, alice)
    answer |= {"AccessKeyId": session.key_id, "SecretAccessKey": session.secret}
    answer |= {"SessionToken": session.token}
    add_section(sts, "profile session", credential_process=f"echo '{json.dumps(answer)}'")
    done = run_awsenv("console", "session", "--url-only")
    assert done.returncode == 5
    assert "the sign-in endpoint answered 400" in done.stderr
    assert session.secret not in done.stderr
    with open_portal(sts, monkeypatch):
        sign_in("work")
        assert run_awsenv("console", "corp", "--url-only").returncode == 0


def test_no_browser_and_no_network(
    sts: RunningSts, federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assume("dev", "--mfa-code", sts.code())
    done = run_awsenv("console", "dev", env={"BROWSER": "/no/such/browser", "PATH": "/none"})
    assert done.returncode == 1
    assert "no browser could be opened" in done.stderr
    assert "--url-only" in done.stderr
    folder = Path.home() / ".cache/awsenv/console"
    assert list(folder.iterdir()) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    monkeypatch.setenv("AWSENV_SIGNIN_URL", "http://127.0.0.1:9/federation")
    done = run_awsenv("console", "dev", "--url-only")
    assert done.returncode == 6
    assert "cannot reach the sign-in endpoint of AWS" in done.stderr


@pytest.mark.parametrize(
    ("partition", "signin", "console"),
    [
        ("aws", "signin.aws.amazon.com", "console.aws.amazon.com"),
        ("aws-cn", "signin.amazonaws.cn", "console.amazonaws.cn"),
        ("aws-us-gov", "signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
    ],
)
def test_the_endpoint_of_the_partition(
    partition: str,
    signin: str,
    console: str,
    clean_env: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = Authority.make(tmp_path, signin)
    with Server(demo_world(partition)) as server:
        sts = RunningSts(server, clean_env / ".aws")
        write_config(server.world, server.url, str(sts.aws_folder))
        with Federation(sts) as federation, Proxy(federation.url, authority) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            done = run_awsenv("console", "dev", "--url-only", "--mfa-code", sts.code())
            assert done.returncode == 6
            assert "TLS certificate of the sign-in endpoint of AWS is not trusted" in done.stderr
            monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
            done = run_awsenv("console", "dev", "--url-only")
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith(f"https://{signin}/federation?Action=login&")
            assert f"Destination=https%3A%2F%2F{console}%2Fconsole%2Fhome" in done.stdout
            assert set(proxy.connected) == {f"{signin}:443"}


DEEP = {
    "ec2": "https://console.aws.amazon.com/ec2/home?region=eu-central-1",
    "ddb": "https://console.aws.amazon.com/dynamodbv2/home?region=eu-central-1",
    "s3/buckets/foo": "https://console.aws.amazon.com/s3/buckets/foo?region=eu-central-1",
    "/s3/buckets/foo?tab=objects": "https://console.aws.amazon.com/s3/buckets/foo"
    "?region=eu-central-1&tab=objects",
    "cfn/home?region=us-west-2#/stacks": "https://console.aws.amazon.com/cloudformation/home"
    "?region=us-west-2#/stacks",
    "ec2/home#Instances:": "https://console.aws.amazon.com/ec2/home?region=eu-central-1#Instances:",
    "https://eu-west-1.console.aws.amazon.com/rds/home?region=eu-west-1#": "https://eu-west-1"
    ".console.aws.amazon.com/rds/home?region=eu-west-1#",
}


def destination_of(*words: str) -> str:
    done = run_awsenv("console", "dev", "--url-only", *words)
    assert done.returncode == 0, done.stderr
    return parse_qs(urlsplit(done.stdout.strip()).query)["Destination"][0]


def test_destinations(sts: RunningSts, federation: Federation) -> None:
    assume("dev", "--mfa-code", sts.code())
    for place, wanted in DEEP.items():
        assert destination_of("--destination", place) == wanted
    for place in (
        "https://evil.example/console.aws.amazon.com",
        "https://console.aws.amazon.com.evil.example/",
        "https://evil@console.aws.amazon.com/",
        "http://console.aws.amazon.com/",
        "javascript://console.aws.amazon.com/%0aalert(1)",
        "a b",
        "s3/\u00e4",
        "s3\\x",
    ):
        done = run_awsenv("console", "dev", "--url-only", "--destination", place)
        assert done.returncode == 2, place
        assert "--destination" in done.stderr
        assert done.stdout == ""
    done = run_awsenv("console", "dev", "--url-only", "--service", "s3/buckets/foo")
    assert done.returncode == 2
    assert "hint: write it as --destination s3/buckets/foo" in done.stderr
    done = run_awsenv("console", "dev", "--service", "s3", "--destination", "s3")
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


def test_logout_first(sts: RunningSts, federation: Federation) -> None:
    assume("dev", "--mfa-code", sts.code())
    done = run_awsenv("console", "dev", "--url-only", "--logout")
    parts = urlsplit(done.stdout.strip())
    assert (parts.netloc, parts.path) == ("signin.aws.amazon.com", "/oauth")
    given = parse_qs(parts.query)
    assert given["Action"] == ["logout"]
    (url,) = given["redirect_uri"]
    assert url.startswith(f"{federation.url}/federation?Action=login&")


# Writes down what it is given, and the page that it finds there.
TELLING = f"""#!{sys.executable}
import json, os, pathlib, sys, urllib.parse, urllib.request
last = sys.argv[-1].removeprefix("--at=")
path = urllib.request.url2pathname(urllib.parse.urlsplit(last).path) if "file:" in last else last
told = pathlib.Path(os.environ["TOLD"])
found = dict(name=os.path.basename(sys.argv[0]), words=sys.argv[1:], path=path)
if chr(92) in path:
    path = os.environ["WINDOWS_TEMP"] + "/" + path.split(chr(92))[-1]
found |= dict(page=open(path).read(), mode=os.stat(path).st_mode & 0o777)
part = told.with_suffix(".part")
part.write_text(json.dumps(found))
part.rename(told)
"""


class Told:
    """Stand-ins for browsers in a folder on PATH; what the last one was given."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "programs"
        self.programs.mkdir()
        self._file = folder / "told"
        self.env = {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "TOLD": str(self._file),
            "DISPLAY": "",
        }

    def add(self, name: str, text: str = TELLING) -> Path:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def by(self, *words: str, **env: str) -> dict[str, Any]:
        self._file.unlink(missing_ok=True)
        done = run_awsenv("console", *words, env=self.env | env)
        assert done.returncode == 0, done.stderr
        end = time.monotonic() + 20
        while not self._file.exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        found: dict[str, Any] = json.loads(self._file.read_text())
        assert "SigninToken" not in " ".join(found["words"])
        assert "SigninToken" in found["page"]
        return found


@pytest.fixture
def told(tmp_path: Path, sts: RunningSts, federation: Federation) -> Told:
    assume("dev", "--mfa-code", sts.code())
    return Told(tmp_path)


def set_key(sts: RunningSts, line: str, section: str = "profile dev") -> None:
    config = sts.aws_folder / "config"
    text = re.sub(r"(?m)^awsenv_console_browser.*\n", "", config.read_text())
    config.write_text(text.replace(f"[{section}]\n", f"[{section}]\n{line}\n"))


def test_a_browser_profile_for_each_aws_profile(sts: RunningSts, told: Told) -> None:
    for name in ("google-chrome", "firefox", "mybrowser"):
        told.add(name)
    set_key(sts, "awsenv_console_browser = chrome:Profile 2")
    found = told.by("dev")
    assert found["name"] == "google-chrome"
    assert found["words"][0] == "--profile-directory=Profile 2"
    assert found["words"][1].startswith("file:///")
    assert found["mode"] == 0o600
    set_key(sts, "awsenv_console_browser = firefox:work")
    assert told.by("dev")["words"][:2] == ["-P", "work"]
    set_key(sts, "awsenv_console_browser = mybrowser --window 'a b' --at=%s")
    found = told.by("dev")
    assert found["words"][:2] == ["--window", "a b"]
    assert found["words"][2].startswith("--at=file:///")
    # One for every profile, and a profile's own before it.
    assert told.by("dev", AWSENV_CONSOLE_BROWSER="firefox")["name"] == "mybrowser"
    set_key(sts, "awsenv_console_browser = firefox:all", "default")
    assert told.by("dev")["words"][:2] == ["-P", "all"]
    set_key(sts, "")
    assert told.by("dev", AWSENV_CONSOLE_BROWSER="firefox")["words"][0].startswith("file:")


def test_a_container_tab_by_the_scheme_of_granteds_extension(sts: RunningSts, told: Told) -> None:
    told.add("firefox")
    set_key(sts, "awsenv_color = red\nawsenv_console_browser = firefox-container")
    page = html.unescape(told.by("dev")["page"])
    found = re.search(r"0; url=(ext\+granted-containers:[^\"]*)", page)
    assert found
    scheme, _, query = found[1].partition(":")
    given = parse_qs(query)
    assert (scheme, given["name"], given["color"]) == ("ext+granted-containers", ["dev"], ["red"])
    assert given["url"][0].startswith("http://127.0.0.1:")
    assert "SigninToken=" in given["url"][0]
    set_key(sts, "awsenv_console_browser = firefox-container:Prod & more")
    page = html.unescape(told.by("dev")["page"])
    assert "name=Prod%20%26%20more&" in page


def test_a_browser_that_is_not_there(sts: RunningSts, told: Told) -> None:
    set_key(sts, "awsenv_console_browser = vivaldi:x")
    done = run_awsenv("console", "dev", env=told.env)
    assert done.returncode == 3
    assert "awsenv_console_browser is 'vivaldi:x' (~/.aws/config:" in done.stderr
    set_key(sts, "awsenv_console_browser = nosuchthing --x")
    done = run_awsenv("console", "dev", env=told.env)
    assert done.returncode == 3
    assert "no browser that awsenv knows, and no command" in done.stderr


def test_browsers_in_a_sandbox_get_the_page_where_they_can_read_it(
    sts: RunningSts, told: Told
) -> None:
    home = Path.home()
    # A snap, as Ubuntu's /usr/bin/firefox calls it.
    (home / "snap" / "firefox" / "common").mkdir(parents=True)
    told.add("firefox", f'#!/bin/sh\n# exec /snap/bin/firefox\nexec {told.add("real")} "$@"\n')
    set_key(sts, "awsenv_console_browser = firefox")
    path = Path(told.by("dev")["path"])
    assert path.parent == home / "snap" / "firefox" / "common" / "awsenv"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    # A flatpak.
    (home / ".var" / "app" / "org.mozilla.firefox").mkdir(parents=True)
    told.add("flatpak")
    set_key(sts, "awsenv_console_browser = flatpak run --branch=stable org.mozilla.firefox")
    path = Path(told.by("dev")["path"])
    assert path.parent == home / ".var/app/org.mozilla.firefox/cache/awsenv"
    bins = home / ".local/share/flatpak/exports/bin"
    bins.mkdir(parents=True)
    (bins / "com.google.Chrome").symlink_to(told.add("chrome-of-flatpak"))
    (home / ".var" / "app" / "com.google.Chrome").mkdir(parents=True)
    set_key(sts, "awsenv_console_browser = chrome")
    found = told.by("dev")
    assert Path(found["path"]).parent == home / ".var/app/com.google.Chrome/cache/awsenv"
    # The default browser, by its desktop entry.
    set_key(sts, "")
    for entry, wanted in (
        ("firefox_firefox.desktop", "snap/firefox/common/awsenv"),
        ("org.mozilla.firefox.desktop", ".var/app/org.mozilla.firefox/cache/awsenv"),
        ("google-chrome.desktop", ".cache/awsenv/console"),
    ):
        told.add("xdg-settings", f"#!/bin/sh\necho {entry}\n")
        found = told.by("dev", BROWSER=f"{told.add('default-one')} %s")
        assert Path(found["path"]).parent == home / wanted


def test_from_wsl_the_browser_is_that_of_windows(
    sts: RunningSts, told: Told, tmp_path: Path
) -> None:
    temp = tmp_path / "Temp"
    temp.mkdir()
    told.add("powershell.exe", "#!/bin/sh\nprintf '%s' 'C:\\\\Users\\\\a\\\\Temp\\\\'\n")
    convert = f'case "$1" in -u) echo {temp};; -w) echo "C:\\\\T\\\\$(basename "$2")";; esac'
    told.add("wslpath", f"#!/bin/bash\n{convert}\n")
    told.add("rundll32.exe")
    env = {"WSL_DISTRO_NAME": "Ubuntu", "WINDOWS_TEMP": str(temp)}
    found = told.by("dev", **env)
    assert found["words"][0] == "url.dll,FileProtocolHandler"
    assert found["words"][1].startswith("C:\\T\\awsenv-")
    # A person who has a browser on this side says so.
    assert told.by("dev", BROWSER=f"{told.add('mine')} %s", **env)["name"] == "mine"
