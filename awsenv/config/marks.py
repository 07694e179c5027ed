"""How a profile is marked for people: the name of its account, a colour, and whether to ask first.

    [profile prod-admin]
    awsenv_account = acme-prod
    awsenv_color = red
    awsenv_confirm = yes

All are the profile's own. One that it starts from is often in another account.
"""

from __future__ import annotations

from awsenv.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.config.profiles import Profile

# Each with what makes a terminal show it. The names are those that Firefox has for containers.
COLORS = {
    "blue": "34",
    "turquoise": "36",
    "green": "32",
    "yellow": "33",
    "orange": "38;5;208",
    "red": "31",
    "pink": "38;5;205",
    "purple": "35",
}
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


def account_name(profile: Profile | None) -> str | None:
    """What the profile's account is called."""
    return profile.get("awsenv_account") if profile else None


def color(profile: Profile | None) -> str | None:
    """The profile's colour; raises ConfigError if it is not one of COLORS."""
    chosen = (profile.get("awsenv_color") or "").lower() if profile else ""
    if profile and chosen and chosen not in COLORS:
        raise ConfigError(
            f"awsenv_color = {chosen} is no known colour ({profile.at('awsenv_color')})",
            f"write one of: {', '.join(COLORS)}",
        )
    return chosen or None


def prompt_colors(profile: Profile | None) -> str:
    """The colours of a prompt's segment, as in AWSENV_PROMPT_COLORS; empty if the profile has none.

    They are reversed, because plain green, yellow and red tell how much time is left. That has to
    be told otherwise here: by a line under the text, and bold letters.
    """
    code = COLORS.get((profile.get("awsenv_color") or "").lower()) if profile else None
    return f"7;{code} 4;7;{code} 1;4;7;{code}" if code else ""


def confirm(profile: Profile | None) -> bool:
    """Whether an assume is to ask first; raises ConfigError for what is neither yes nor no."""
    answer = (profile.get("awsenv_confirm") or "no").lower() if profile else "no"
    if profile and answer not in (*_YES, *_NO):
        raise ConfigError(
            f"awsenv_confirm = {answer} is neither yes nor no ({profile.at('awsenv_confirm')})",
            "write awsenv_confirm = yes, or leave it out",
        )
    return answer in _YES


def colored(text: str, color: str | None) -> str:
    """`text` in that colour, for a terminal."""
    return f"\x1b[{COLORS[color]}m{text}\x1b[0m" if color in COLORS else text
