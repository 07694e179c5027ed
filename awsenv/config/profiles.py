"""The profiles in the config and the credentials file, merged the way botocore merges them."""

from __future__ import annotations

import os

from awsenv.config import ini
from awsenv.config.places import at, shown
from awsenv.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping


# The .NET SDK, and with it AWS Tools for PowerShell, refuses a profile with keys of its own and
# mfa_serial. Under this name it passes over the device.
SERIAL, OWN_SERIAL = "mfa_serial", "awsenv_mfa_serial"


class Profile:
    """What both files say about one profile; the credentials file wins, key by key.

    It has plain slots instead of being a dataclass: TAB creates a thousand of them, and importing
    dataclasses would take longer than that. Its repr leaves the values out, because they hold
    secrets.
    """

    __slots__ = ("_sections", "name", "values")

    def __init__(self, name: str, sections: tuple[ini.Section, ...]) -> None:
        self.name = name
        self._sections = sections  # the winner first
        self.values: Mapping[str, str | Mapping[str, str]] = sections[0].values
        if len(sections) > 1:
            self.values = {**sections[1].values, **sections[0].values}

    def __repr__(self) -> str:
        return f"Profile({self.name!r}, {self.where!r})"

    @property
    def where(self) -> str:
        """`~/.aws/config:12`, the line of its section; the config file's where both have one."""
        return at(self._sections[-1].path, self._sections[-1].line)

    def at(self, key: str) -> str:
        """File and line where `key` is set, else those of the section."""
        for section in self._sections:
            if key in section.lines:
                return at(section.path, section.lines[key])
        return self.at(OWN_SERIAL) if key == SERIAL else self.where

    def path_of(self, key: str) -> str | None:
        """The file in which `key` is set, if it is."""
        return next((each.path for each in self._sections if key in each.lines), None)

    def section_values(self, key: str) -> Mapping[str, str | Mapping[str, str]]:
        """What stands in the one section in which `key` is set; {} where it is set in none.

        botocore takes credentials from one file at a time, never half of them from each.
        """
        return next((each.values for each in self._sections if key in each.lines), {})

    def header_in(self, path: str) -> str | None:
        """What its header says in the file at `path`; None where it has no section there."""
        return next((section.name for section in self._sections if section.path == path), None)

    def get(self, key: str) -> str | None:
        """The value of `key`; None where it is missing, empty or a nested block.

        For `mfa_serial` that of `awsenv_mfa_serial`, where there is one.
        """
        own = self.values.get(OWN_SERIAL) if key == SERIAL else None
        value = own or self.values.get(key)
        return (value.strip() or None) if isinstance(value, str) else None

    def nested(self, key: str) -> Mapping[str, str]:
        """The block indented below `key`; empty if there is none."""
        value = self.values.get(key)
        return {} if value is None or isinstance(value, str) else value


class Config:
    """Both files. `ignored` holds the sections of the config file that AWS tools ignore."""

    def __init__(self, config_path: str, credentials_path: str) -> None:
        """Read the files, either of which may be missing. Raises ConfigError as ini.read does."""
        self.config_path = config_path
        self.credentials_path = credentials_path
        found: dict[str, dict[str, ini.Section]] = {kind: {} for kind in _KINDS}
        self.snapshots = (ini.snapshot(config_path), ini.snapshot(credentials_path))
        for header, section in ini.parse(self.snapshots[0].text, config_path).items():
            kind, name = _classify(header)
            found[kind][name] = section
        credentials = ini.parse(self.snapshots[1].text, credentials_path)
        self.ignored: Mapping[str, ini.Section] = found["ignored"]
        self.sso_sessions = {name: s.values for name, s in found["sso-session"].items()}
        self.services = {name: s.values for name, s in found["services"].items()}
        self._credential_sections: Mapping[str, ini.Section] = credentials
        self._having: dict[str, list[Profile]] = {}
        self.profiles: Mapping[str, Profile] = {
            name: Profile(name, (credentials[name], section) if name in credentials else (section,))
            for name, section in found["profile"].items()
        } | {
            name: Profile(name, (section,))
            for name, section in credentials.items()
            if name not in found["profile"]
        }

    def having(self, key: str) -> list[Profile]:
        """The profiles with `key`, looked for once: with a thousand profiles that adds up."""
        if key not in self._having:
            self._having[key] = [each for each in self.profiles.values() if each.get(key)]
        return self._having[key]

    def profile(self, name: str) -> Profile:
        """The profile called `name`; if there is none, ConfigError with similar names."""
        if name in self.profiles:
            return self.profiles[name]
        raise self._misspelt(name) or self._missing(name)

    def _misspelt(self, name: str) -> ConfigError | None:
        """The error for a section in either file that looks like `name` but is not a profile."""
        import shlex

        headers = [(s, f"[profile {shlex.quote(name)}]") for s in self.ignored.values()]
        headers += [(s, f"[{name}]") for s in self._credential_sections.values()]
        for section, right in headers:
            if _bare(name) in {_bare(section.name), _bare(section.name, "profile")}:
                return ConfigError(
                    f"{at(section.path, section.line)}: [{section.name}] is not a profile "
                    f"called {name!r}",
                    f"write {right} there",
                )
        return None

    def _missing(self, name: str) -> ConfigError:
        from awsenv.values.suggest import did_you_mean

        if name.startswith("arn:"):
            return ConfigError(
                f"{name} is an ARN, and a profile is named here", f"write it as --role-arn {name}"
            )
        paths = [shown(path) for path in (self.config_path, self.credentials_path) if path]
        hint = did_you_mean(name, self.profiles)
        if any(path.startswith("~/") for path in (self.config_path, self.credentials_path)):
            return ConfigError(
                f"there is no profile {name!r}, and no home folder to look for it in: "
                "HOME is not set",
                "set HOME, or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
            )
        if not self.profiles:
            hint = "neither file has a profile yet: `aws configure` writes one"
        return ConfigError(
            f"there is no profile {name!r} in {' or '.join(paths) or 'any file'}",
            hint or "`awsenv list` shows the profiles there are",
        )


_KINDS = ("profile", "sso-session", "services", "ignored")


def _classify(header: str) -> tuple[str, str]:
    """Kind and name of the section in the config file that `header` opens."""
    for kind in _KINDS[:3]:
        # A prefix, not a word: botocore accepts [profiles x] as a profile too.
        if header.startswith(kind):
            words = _words(header)
            return (kind, words[1]) if len(words) == 2 else ("ignored", header)
    return ("profile" if header == "default" else "ignored"), header


def _words(header: str) -> list[str]:
    """What shlex.split makes of `header`, and [] where it fails."""
    if '"' not in header and "'" not in header and "\\" not in header:
        return [word for word in header.replace("\t", " ").split(" ") if word]
    import shlex

    try:
        return shlex.split(header)
    except ValueError:
        return []


def _bare(header: str, prefix: str = "") -> str:
    """`header` as it may have been meant: without quotes, surrounding blanks and `prefix`."""
    text = header.replace('"', "").replace("'", "").strip()
    return text[len(prefix) :].strip() if text.lower().startswith(prefix) else text


def load(env: Mapping[str, str] = os.environ) -> Config:
    """The config of AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or of ~/.aws.

    ~ and $VARIABLES in either are expanded. As with botocore, an empty one means no file.
    """
    return Config(*file_paths(env))


def profile_names(env: Mapping[str, str] = os.environ) -> list[str]:
    """The names of the profiles, for completion: read from the headers alone, never refused."""
    config_path, credentials_path = file_paths(env)
    found = [_classify(header) for header in ini.headers(config_path)]
    names = [name for kind, name in found if kind == "profile"]
    return list(dict.fromkeys(names + ini.headers(credentials_path)))


def default_profile_name(env: Mapping[str, str], known: Container[str]) -> str:
    """The profile to use when none is named; an empty variable counts as unset.

    In a shell with a session, that is the session's own profile if it is one of the `known`: a
    role without a profile has none. AWSENV_DEFAULT_PROFILE is the user's, and awsenv never
    changes it; an AWSENV_PROFILE from before the session stands in the baseline.
    """
    held = env.get("AWSENV_PROFILE")
    if held and ("AWSENV_PUT" not in env or held in known):
        return held
    kept = {}
    if "AWSENV_PUT" in env:
        # Not for TAB, which needs the names alone.
        from awsenv.values.notation import decode_pairs

        kept = decode_pairs(env.get("AWSENV_BASELINE", ""))
    named = [env.get("AWSENV_DEFAULT_PROFILE"), kept.get("AWSENV_PROFILE")]
    named += [env.get("AWS_PROFILE"), env.get("AWS_DEFAULT_PROFILE")]
    return next((name for name in named if name), "default")


def file_paths(env: Mapping[str, str]) -> tuple[str, str]:
    """Where the config and the credentials file are; "" for none."""
    config = env.get("AWS_CONFIG_FILE", "~/.aws/config")
    credentials = env.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    return _expanded(config), _expanded(credentials)


def _expanded(path: str) -> str:
    return os.path.expanduser(os.path.expandvars(path))
