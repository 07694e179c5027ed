"""What docs/moving.md tells users of other tools to type, and what doctor makes of their files."""

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from awsenv.commands import COMMANDS, PASSES_ON, load
from awsenv.parameters.declared import read
from support.sources import add_section
from support.world import RunningSts, run_awsenv

PAGE = (Path(__file__).parents[2] / "docs" / "moving.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \|$", PAGE, re.M)
LINES = sorted({line for _, row in ROWS for line in re.findall(r"`(awsenv [^`]+)`", row)})
DEVICE = "arn:aws:iam::111122223333:mfa/alice"


@pytest.mark.parametrize("line", LINES)
def test_every_line_to_type_is_one(line: str) -> None:
    _, name, *words = shlex.split(line)
    assert name in COMMANDS
    values = {"ARN": "arn:aws:iam::444455556666:role/x", "URL": "s3/buckets/x"}
    words = [values.get(word, word) for word in words]
    assert read(load(name), words, name in PASSES_ON) is not None, line


def test_there_are_lines_for_each_tool() -> None:
    assert len(LINES) > 25
    titles = re.findall(r"^## (.+)$", PAGE, re.M)
    assert titles == ["aws-vault", "granted", "awsume", "aws-mfa", "aws configure mfa-login"]


def findings() -> list[dict[str, object]]:
    done = run_awsenv("doctor", "--offline", "--json")
    return [each for each in json.loads(done.stdout) if each["check"] == "other tools"]


def test_include_profile_is_named_with_the_lines_that_lack(sts: RunningSts) -> None:
    add_section(sts, "profile base", mfa_serial=DEVICE, region="eu-west-1", include_profile="deep")
    add_section(sts, "profile deep", external_id="tenant-42", region="us-east-1")
    role = sts.world.role("external").arn
    add_section(
        sts, "profile vault", role_arn=role, source_profile="default", include_profile="base"
    )
    add_section(sts, "profile older", region="eu-west-1", parent_profile="plain")
    add_section(sts, "profile plain", region="eu-west-2")
    found = {str(each["message"]): each for each in findings()}
    (vault,) = (each for text, each in found.items() if "profile 'vault'" in text)
    assert vault["problem"]
    assert vault["fix"] == (
        f"write it out in [profile vault]: mfa_serial = {DEVICE}, region = eu-west-1, "
        "external_id = tenant-42"
    )
    (older,) = (each for text, each in found.items() if text.startswith("parent_profile"))
    assert not older["problem"]
    # With them it works, and nothing is a problem any more.
    config = sts.aws_folder / "config"
    text = config.read_text()
    lines = "".join(f"{line}\n" for line in str(vault["fix"]).partition(": ")[2].split(", "))
    config.write_text(text.replace("[profile vault]\n", f"[profile vault]\n{lines}"))
    assert not any(each["problem"] for each in findings() if "'vault'" in str(each["message"]))
    done = run_awsenv("whoami", "vault", "--mfa-code", sts.code())
    assert "assumed-role/external/" in done.stdout, done.stderr


def test_the_session_of_aws_vault(sts: RunningSts) -> None:
    command = "aws-vault exec --json x"
    add_section(sts, "profile x", mfa_serial=DEVICE, credential_process=command)
    (found,) = findings()
    assert found["problem"]
    assert "credential_process = aws-vault export --no-session" in str(found["fix"])


def test_keys_of_granted(sts: RunningSts) -> None:
    add_section(
        sts,
        "profile corp",
        granted_sso_start_url="https://corp.awsapps.com/start",
        granted_sso_region="eu-west-1",
        granted_sso_account_id="444455556666",
        granted_sso_role_name="Admin",
        granted_color="red",
    )
    (found,) = findings()
    assert found["problem"]
    fix = str(found["fix"])
    assert "sso_start_url = https://corp.awsapps.com/start" in fix
    assert "awsenv_color = red" in fix
    # Written down as it says, it is an SSO profile.
    lines = fix.partition(": ")[2].split(", ")
    add_section(sts, "profile corp2", **dict(line.split(" = ") for line in lines))
    rows = json.loads(run_awsenv("list", "--json").stdout)
    (row,) = (row for row in rows if row["profile"] == "corp2")
    assert (row["source"], row["role"], row["color"]) == ("sso", "Admin", "red")


def test_what_aws_mfa_and_awsume_have_left(sts: RunningSts) -> None:
    alice = sts.world.user("alice")
    credentials = sts.aws_folder / "credentials"
    text = (
        f"[work-long-term]\naws_access_key_id = {alice.key.id}\n"
        f"aws_secret_access_key = {alice.key.secret}\naws_mfa_device = {DEVICE}\n"
        "[autoawsume-x]\naws_access_key_id = ASIAX\naws_secret_access_key = x\n"
        "aws_session_token = x\nautoawsume = true\n"
    )
    credentials.write_text(credentials.read_text() + text)
    mfa, awsume = findings()
    assert mfa["problem"]
    assert mfa["fix"] == (
        f"add mfa_serial = {DEVICE} to [profile work-long-term] in the config, "
        "then: awsenv save work-long-term --as work"
    )
    assert not awsume["problem"]
    assert "[autoawsume-x]" in str(awsume["message"])
    assert alice.key.secret not in json.dumps(findings())
    add_section(sts, "profile work-long-term", mfa_serial=DEVICE, region="eu-west-1")
    assert [each["message"] for each in findings()] == [awsume["message"]]
    done = run_awsenv("save", "work-long-term", "--as", "work", "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr
    assert "[work]" in credentials.read_text()


def test_nothing_is_said_of_a_plain_config(sts: RunningSts) -> None:
    assert findings() == []
    assert os.listdir(Path.home()) == [".aws"]
