"""Where a profile names several sources, the one taken is the one that botocore takes."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

KINDS = {
    "keys": ("credentials", "aws_access_key_id = AKIA1\naws_secret_access_key = s\n"),
    "config-keys": ("config", "aws_access_key_id = AKIA2\naws_secret_access_key = s\n"),
    "process": (
        "config",
        "credential_process = printf "
        '\'{"Version":1,"AccessKeyId":"AKIA3","SecretAccessKey":"s"}\'\n',
    ),
    "login": ("config", "login_session = arn:aws:iam::111122223333:user/jane\n"),
    "sso": (
        "config",
        "sso_start_url = https://x/start\nsso_region = eu-west-1\n"
        "sso_account_id = 1\nsso_role_name = r\n",
    ),
    "web-identity": ("config", "web_identity_token_file = /x\nrole_arn = arn:aws:iam::1:role/r\n"),
}
METHODS = {
    "shared-credentials-file": "keys",
    "config-file": "config-keys",
    "custom-process": "process",
    "login": "login",
    "sso": "sso",
    "assume-role-with-web-identity": "web-identity",
}
# botocore says who would give the credentials, without asking them for any.
BY_BOTOCORE = """
import json, sys
import botocore.credentials, botocore.session
found = []
for name in json.loads(sys.argv[1]):
    session = botocore.session.Session(profile=name)
    resolver = botocore.credentials.create_credential_resolver(session)
    for provider in resolver.providers:
        try:
            given = provider.load()
        except Exception:
            given = True  # it is its turn, and it has nothing at hand
        if given:
            found.append(provider.METHOD)
            break
    else:
        found.append("")
print(json.dumps(found))
"""
BY_AWSENV = """
import json, os, sys
from awsenv.config import load
from awsenv.sources import find_root
config = load()
found = []
for name in json.loads(sys.argv[1]):
    root = find_root(config.profile(name), config, os.environ)
    found.append([root.source, root.identity] if root else None)
print(json.dumps(found))
"""


def run(program: str, names: list[str]) -> list:
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(names)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"},
    )
    return json.loads(done.stdout)


def test_the_order_is_botocores(clean_env: Path) -> None:
    files = {"config": "", "credentials": ""}
    names = []
    for number, chosen in enumerate(itertools.product([False, True], repeat=len(KINDS))):
        names.append(f"p{number}")
        bodies = {"config": f"[profile p{number}]\nregion = eu-west-1\n"}
        bodies["credentials"] = f"[p{number}]\n"
        for kind, present in zip(KINDS, chosen, strict=True):
            if present:
                bodies[KINDS[kind][0]] += KINDS[kind][1]
        for file, body in bodies.items():
            files[file] += body
    folder = clean_env / ".aws"
    folder.mkdir()
    for file, text in files.items():
        (folder / file).write_text(text)
    theirs = [METHODS.get(method) for method in run(BY_BOTOCORE, names)]
    ours = []
    for found in run(BY_AWSENV, names):
        source, identity = found or (None, "")
        ours.append("config-keys" if identity == "AKIA2" else source)
    assert len(names) == 64
    assert ours == theirs
