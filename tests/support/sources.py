"""Profiles and sign-ins for the tests of where credentials come from."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from awsenv.demo.model import Role
from awsenv.demo.world import trusting
from awsenv.values.notation import iso_utc
from support.stand_ins import Portal
from support.world import RunningSts

START_URL = "https://example.awsapps.com/start"


def add_section(sts: RunningSts, header: str, /, **keys: str) -> None:
    """Add a section to the config file."""
    lines = [f"\n[{header}]", *(f"{key} = {value}" for key, value in keys.items()), ""]
    with (sts.aws_folder / "config").open("a") as file:
        file.write("\n".join(lines))


def add_role(sts: RunningSts, name: str, principal: str, **options: int) -> Role:
    """A role that trusts `principal`, and a role profile of its name; see add_section."""
    return sts.world.add_role(name, trust=trusting(principal), **options)


def sign_in(session_or_url: str, token: str = "sso-token", life: float = 3600, **more: str) -> None:
    """What `aws sso login` leaves behind."""
    folder = Path(os.environ["HOME"], ".aws/sso/cache")
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha1(session_or_url.encode()).hexdigest()
    found = {"startUrl": START_URL, "region": "eu-west-1", "accessToken": token, **more}
    found["expiresAt"] = iso_utc(int(time.time() + life))
    (folder / f"{name}.json").write_text(json.dumps(found))


@contextmanager
def open_portal(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    """A portal that gives out a role, with two profiles for it: corp, and old-corp as it was
    written before there were sso-sessions. Nobody has signed in."""
    role = sts.world.add_role("Developer", trust=trusting("999900001111"))
    with Portal(sts, role) as portal:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", portal.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO_OIDC", portal.url)
        add_section(sts, "sso-session work", sso_start_url=START_URL, sso_region="eu-west-1")
        of_role = {"sso_account_id": role.account, "sso_role_name": role.name}
        add_section(sts, "profile corp", sso_session="work", region="eu-north-1", **of_role)
        legacy = {"sso_start_url": START_URL, "sso_region": "eu-west-1"}
        add_section(sts, "profile old-corp", **legacy, **of_role)
        yield portal
