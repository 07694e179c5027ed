"""Sessions saved as profiles, and whether they are still live."""

import time
from collections.abc import Iterator

from awsenv.config import Config, Profile, saved_sections
from awsenv.doctor import Case, Finding
from awsenv.errors import AwsenvError
from awsenv.values.durations import format_duration


def check(case: Case) -> Iterator[Finding]:
    if case.config is None:
        return
    for profile in case.config.profiles.values():
        ends_at = saved_sections.ends_at(profile)
        if ends_at is None or ends_at > time.time():
            continue
        ago = format_duration(int(time.time() - ends_at))
        yield Finding(
            f"the session saved as {profile.name!r} expired {ago} ago",
            _fix(profile, case.config),
            profile.at("aws_access_key_id"),
        )


def _fix(profile: Profile, config: Config) -> str:
    if profile.get(saved_sections.SAVED_WITH):
        return f"awsenv assume {profile.name}"
    if saved_sections.is_federated(profile):
        return "sign in again with the program that wrote it"
    try:
        origin = saved_sections.origin_of(profile.name, config)
    except AwsenvError:
        origin = None
    if origin:
        return f"awsenv save {origin} --as {profile.name}"
    return f"awsenv save PROFILE --as {profile.name}, with the profile it is a session of"
