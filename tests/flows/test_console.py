"""`awsenv console` against a stand-in for the federation endpoint, with a browser that tells."""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
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
    left = Path(found["path"]).parent / "left-over.html"
    left.write_text("")
    os.utime(left, (time.time() - 120, time.time() - 120))
    run_awsenv("console", "dev", env=env)
    assert not left.exists()


def test_the_file_is_removed_by_what_is_left_behind(tmp_path: Path) -> None:
    program = (
        "import sys; from awsenv.console import browser; browser._KEPT = 0.1; "
        "browser._remove_later(sys.argv[1])"
    )
    page = tmp_path / "page.html"
    page.write_text("")
    subprocess.run([sys.executable, "-c", program, str(page)], check=True)
    end = time.monotonic() + 20
    while page.exists():
        assert time.monotonic() < end


def test_print_and_what_it_asks_for(sts: RunningSts, federation: Federation) -> None:
    assume("default", "--mfa-code", sts.code())
    done = run_awsenv("console", "prod-admin", "--print", "--region", "us-west-2")
    assert done.returncode == 0, done.stderr
    given = parse_qs(urlsplit(done.stdout.strip()).query)
    assert given["Action"] == ["login"]
    assert given["Issuer"] == ["awsenv"]
    destination = "https://console.aws.amazon.com/console/home?region=us-west-2"
    assert given["Destination"] == [destination]
    assert federation.tokens[given["SigninToken"][0]] == sts.world.role("prod-admin").arn
    assert "SessionDuration" not in federation.asked[0].query
    done = run_awsenv("console", "prod-admin", "--print", "--service", "dynamodb")
    assert "dynamodbv2%2Fhome" in done.stdout
    done = run_awsenv("console", "prod-admin", "--print", "--service", "a b")
    assert done.returncode == 2
    assert "--service 'a b' is not the name of a service" in done.stderr


def test_of_this_shell(sts: RunningSts, federation: Federation) -> None:
    role = sts.world.role("external").arn
    options = ["--role-arn", role, "--source-profile", "default", "--external-id", "tenant-42"]
    change = assume(*options, "--mfa-code", sts.code())
    env = {name: value for name, value in change.items() if value is not None}
    done = run_awsenv("console", "--print", "--region", "sa-east-1", env=env)
    assert done.returncode == 0, done.stderr
    assert "region%3Dsa-east-1" in done.stdout
    (arn,) = federation.tokens.values()
    assert arn == role
    assert sts.control.count("AssumeRole") == 1


def test_only_a_role_can_sign_in(
    sts: RunningSts, federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = sts.world.user("alice")
    done = run_awsenv("console", "default", "--print")
    assert done.returncode == 2
    assert "comes to an MFA session of an IAM user" in done.stderr
    config = sts.aws_folder / "config"
    config.write_text(config.read_text().replace(f"mfa_serial = {alice.mfa.serial}\n", "", 1))
    done = run_awsenv("console", "default", "--print")
    assert done.returncode == 2
    assert "comes to long-lived keys of an IAM user" in done.stderr
    assert federation.asked == []
    # What only the endpoint can tell.
    answer = {"Version": 1, "AccessKeyId": alice.key.id, "SecretAccessKey": alice.key.secret}
    add_section(sts, "profile store", credential_process=f"echo '{json.dumps(answer)}'")
    done = run_awsenv("console", "store", "--print")
    assert done.returncode == 5
    assert "they are long-lived keys" in done.stderr
    session = issue(sts, alice)
    answer |= {"AccessKeyId": session.key_id, "SecretAccessKey": session.secret}
    answer |= {"SessionToken": session.token}
    add_section(sts, "profile session", credential_process=f"echo '{json.dumps(answer)}'")
    done = run_awsenv("console", "session", "--print")
    assert done.returncode == 5
    assert "the sign-in endpoint answered 400" in done.stderr
    assert session.secret not in done.stderr
    with open_portal(sts, monkeypatch):
        sign_in("work")
        assert run_awsenv("console", "corp", "--print").returncode == 0


def test_no_browser_and_no_network(
    sts: RunningSts, federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assume("dev", "--mfa-code", sts.code())
    done = run_awsenv("console", "dev", env={"BROWSER": "/no/such/browser", "PATH": "/none"})
    assert done.returncode == 1
    assert "no browser could be opened" in done.stderr
    assert "--print" in done.stderr
    folder = Path.home() / ".cache/awsenv/console"
    assert list(folder.iterdir()) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    monkeypatch.setenv("AWSENV_SIGNIN_URL", "http://127.0.0.1:9/federation")
    done = run_awsenv("console", "dev", "--print")
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
            done = run_awsenv("console", "dev", "--print", "--mfa-code", sts.code())
            assert done.returncode == 6
            assert "TLS certificate of the sign-in endpoint of AWS is not trusted" in done.stderr
            monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
            done = run_awsenv("console", "dev", "--print")
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith(f"https://{signin}/federation?Action=login&")
            assert f"Destination=https%3A%2F%2F{console}%2Fconsole%2Fhome" in done.stdout
            assert set(proxy.connected) == {f"{signin}:443"}
