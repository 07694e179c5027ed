"""`aws login` sessions: console sign-in for the command line, `login_session = …`."""

from __future__ import annotations

from awsenv.aws.arn import account_in
from awsenv.sources.root import Root
from awsenv.sources.with_botocore import BotocoreSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile


class LoginSource(BotocoreSource):
    provider = "login"

    def find(self, profile: Profile, _config: Config, _env: Mapping[str, str]) -> Root | None:
        session = profile.get("login_session")
        if not session:
            return None
        return Root(
            "login",
            f"the `aws login` sign-in of profile {profile.name!r}",
            f"login\n{session}",
            profile.name,
            profile.at("login_session"),
            temporary=True,
            kept=True,
            account=account_in(session),
        )


SOURCES = {"login": LoginSource()}
