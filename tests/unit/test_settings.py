"""Settings: what counts before what, what is refused, and that docs/settings.md tells the same."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from awsenv.config import Profile, load
from awsenv.errors import ConfigError
from awsenv.plan.settings import Chosen, Settings, mfa_duration, min_left, role_duration

ROOT = Path(__file__).parents[2]
VARIABLES = {
    "AWSENV_MFA_DURATION": "mfa_duration",
    "AWSENV_DURATION": "duration",
    "AWSENV_MIN_LEFT": "min_left",
    "AWSENV_LEAD": "lead",
    "AWSENV_MFA_PROCESS_TIMEOUT": "mfa_process_timeout",
    "AWSENV_DEADLINE": "deadline",
}
CHOOSERS = [
    (mfa_duration, "--mfa-duration", "awsenv_mfa_duration", "AWSENV_MFA_DURATION", 12 * 3600),
    (role_duration, "--duration", "duration_seconds", "AWSENV_DURATION", 3600),
    (min_left, "--min-left", "awsenv_min_left", "AWSENV_MIN_LEFT", 300),
]


@pytest.fixture
def profile(tmp_path: Path) -> Callable[..., Profile]:
    def write(*lines: str) -> Profile:
        path = tmp_path / "config"
        path.write_text("\n".join(["[profile p]", *lines, ""]))
        env = {"AWS_CONFIG_FILE": str(path), "AWS_SHARED_CREDENTIALS_FILE": ""}
        return load(env).profile("p")

    return write


@pytest.mark.parametrize(("choose", "option", "key", "variable", "default"), CHOOSERS)
def test_the_order_of_places(
    profile: Callable[..., Profile],
    tmp_path: Path,
    choose: Callable[..., Chosen],
    option: str,
    key: str,
    variable: str,
    default: int,
) -> None:
    unset, keyed = profile(), profile("region = x", f"{key} = 1000")
    none, some = Settings.read({}), Settings.read({variable: "20m"})
    assert choose(some, keyed, 3000) == Chosen(3000, option)
    assert choose(some, keyed) == Chosen(1000, f"{tmp_path}/config:3")
    assert choose(some, unset) == choose(some, None) == Chosen(1200, variable)
    assert choose(none, unset) == choose(none, None) == Chosen(default, "default")
    assert [choose(some, keyed, asked).asked for asked in (3000, None)] == [True, False]


@pytest.mark.parametrize(("variable", "name"), VARIABLES.items())
def test_a_variable_is_read(variable: str, name: str) -> None:
    assert getattr(Settings.read({variable: "15m"}), name) == 900
    assert Settings.read({variable: " "}) == Settings.read({variable: ""}) == Settings()


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_that_does_not_fit(variable: str) -> None:
    for value, said in (("soon", "is not a duration"), ("99d", "is 99d, outside ")):
        with pytest.raises(ConfigError) as caught:
            Settings.read({variable: value})
        assert caught.value.message.startswith(f"{variable} ")
        assert said in caught.value.message
        assert caught.value.hint


def test_no_margin_at_all_can_be_set() -> None:
    assert Settings.read({"AWSENV_MIN_LEFT": "0", "AWSENV_LEAD": "0"}) == Settings(
        min_left=0, lead=0
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("duration_seconds = long", "duration_seconds 'long' is not a duration"),
        ("duration_seconds = 899", "duration_seconds is 899, outside 15m to 12h"),
        ("duration_seconds = 13h", "duration_seconds is 13h, outside 15m to 12h"),
    ],
)
def test_a_key_that_does_not_fit(
    profile: Callable[..., Profile], tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        role_duration(Settings(), profile("", line))
    assert caught.value.message == f"{tmp_path}/config:3: {said}"


def _table() -> dict[str, tuple[str, str, str]]:
    """Default, least and most of each variable, as docs/settings.md has them."""
    rows = {}
    for line in (ROOT / "docs/settings.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[3].startswith("`AWSENV_"):
            rows[cells[3].strip("`")] = (cells[4], *cells[5].split(", "))
    return rows


def test_the_page_has_the_defaults_and_limits() -> None:
    table = _table()
    assert table.keys() == VARIABLES.keys()
    chosen = {variable: choose(Settings(), None).seconds for choose, _, _, variable, _ in CHOOSERS}
    for variable, (default, least, most) in table.items():
        name = VARIABLES[variable]
        read = lambda value, variable=variable: Settings.read({variable: value})  # noqa: E731
        assert getattr(read(default), name) == chosen.get(variable, getattr(Settings(), name))
        assert getattr(read(least), name) <= getattr(read(most), name)
        with pytest.raises(ConfigError, match=f"outside {least[:-1]}.* to {most}"):
            read("99d")


# Not for people to set: what awsenv leaves in the environment, and what stands in files.
STATE = {
    "AWSENV_BASELINE",
    "AWSENV_DEMO",
    "AWSENV_HOOK",
    "AWSENV_PUT",
    "AWSENV_SESSION",
    "AWSENV_EXPIRES_AT",
    "AWSENV_ISSUED_AT",
    "AWSENV_OVERVIEW",
    "AWSENV_RECORD",
    "AWSENV_WITHIN",
}


def test_the_page_has_every_variable_there_is() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    for folder in ("awsenv", "shell"):
        for path in sorted((ROOT / folder).rglob("*.*")):
            if path.suffix == ".pyc" or path.is_dir():
                continue
            for name in re.findall(r"\bAWSENV_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")):
                assert name in STATE or f"`{name}`" in page, f"{name} in {path}"


@pytest.mark.parametrize("folder", ["cache", "./x", "$HOME/x"])
def test_the_cache_is_in_one_place(clean_env: Path, tmp_path: Path, folder: str) -> None:
    with pytest.raises(ConfigError, match="not an absolute path"):
        Settings.read({"AWSENV_CACHE_DIR": folder})
    assert Settings.read({"AWSENV_CACHE_DIR": "~/x"}) == Settings.read({})
