"""Saved sessions while a plan is carried out: used while live, rewritten when renewed."""

from __future__ import annotations

import time

from awsenv.aws.sts import Granted
from awsenv.config import Config, saved_sections
from awsenv.errors import AwsenvError
from awsenv.saved import sections
from awsenv.storage.record_format import LONGEST_LIFE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.values.credentials import Session
    from awsenv.values.steps import Step


def take(step: Step, identity: str, config: Config, refused: set[str]) -> Granted | None:
    """The live session of `identity` that is saved under a name of `step`, if there is one.

    A session does not count if its key is `refused`, if it does not say when it expires, or if
    another program has written its keys, because nothing says whose those are.
    """
    for name in step.saves:
        profile = config.profiles.get(name)
        expires_at = saved_sections.ends_at(profile) if profile else None
        if profile is None or expires_at is None or profile.get("aws_access_key_id") in refused:
            continue
        if saved_sections.identity_of(profile.section_values("aws_access_key_id")) != identity:
            continue
        now = int(time.time())
        if now < expires_at <= now + LONGEST_LIFE:
            # The file does not say when it was issued: assume the usual lifetime.
            issued_at = min(now, expires_at - step.duration)
            return Granted(saved_sections.credentials_of(profile), issued_at, expires_at)
    return None


def renew(
    step: Step,
    identity: str,
    session: Session,
    config: Config,
    tell: Callable[[str], None],
    *,
    newest: bool,
) -> None:
    """Write `session` under each name that belongs to `step`, unless it is there already.

    It does not replace a session that lasts longer, unless it is the `newest`. A name that cannot
    be written is reported, and nothing else is lost.
    """
    for name in step.saves:
        profile = config.profiles.get(name)
        key_id = session.credentials.access_key_id
        there = profile.section_values("aws_access_key_id") if profile else {}
        if there.get("aws_access_key_id") == key_id and saved_sections.identity_of(there):
            continue
        try:
            sections.write(
                session, name, step.profile, config, identity=identity, keep_longer=not newest
            )
        except AwsenvError as error:
            tell(f"{error.message}; continuing without saving the session there")
