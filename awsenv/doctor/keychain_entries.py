"""Keys in the system's keychain: whether it gives them, and whether they are in a file as well."""

from collections.abc import Iterator

from awsenv.config import Profile
from awsenv.config.kept_keys import KEPT_ID, kept_id
from awsenv.doctor import Case, Finding
from awsenv.errors import AwsenvError


def check(case: Case) -> Iterator[Finding]:
    if case.config is None:
        return
    kept = [profile for profile in case.config.profiles.values() if kept_id(profile)]
    for profile in kept:
        yield from _in_file(profile)
    if kept:
        yield from _in_keychain(kept)


def _in_file(profile: Profile) -> Iterator[Finding]:
    plain = profile.get("aws_access_key_id")
    if plain is None:
        return
    same = plain == kept_id(profile)
    yield Finding(
        f"profile {profile.name!r} has its keys in the keychain, and "
        f"{'the same' if same else 'others'} here as they are, which AWS tools take",
        f"run: awsenv keys add {profile.name} --from-file"
        if same
        else "remove those that are not needed",
        profile.at("aws_access_key_id"),
    )


def _in_keychain(profiles: list[Profile]) -> Iterator[Finding]:
    from awsenv.sources.keychain_keys import kept_credentials
    from awsenv.storage import keychain

    for profile in profiles:
        where = profile.at(KEPT_ID)
        try:
            kept_credentials(kept_id(profile) or "", profile.name, where)
        except AwsenvError as error:
            yield Finding(error.message.replace(f" ({where})", ""), error.hint or "", where)
            if "has no secret for" not in error.message:
                # It is the keychain, and would be the same for each.
                return
    if keychain.is_plain_text():
        yield Finding(
            f"the keychain is {keychain.backend_name()}, which keeps secrets as they are",
            "have keyring use the system's own: see `keyring --list-backends`",
            problem=False,
        )
