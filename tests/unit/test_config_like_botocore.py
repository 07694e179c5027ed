"""The config files mean to awsenv what they mean to botocore, whatever stands in them."""

import os
from pathlib import Path

import botocore.exceptions
import botocore.session
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from awsenv.config import Config, profile_names
from awsenv.errors import ConfigError

# Small sets, so that sections, keys and their quirks meet each other often.
_names = st.sampled_from(
    ["a", "b", "A", "my prod", "default", "é", 'q"x', "tab\tbed", "x y z", "-", "a]b", "a\x1fb"]
)
_headers = st.one_of(
    st.builds("[profile {}]".format, _names),
    st.builds('[profile "{}"]'.format, _names),
    st.builds("[profile\t '{}' ]".format, _names),
    st.builds("[sso-session {}]".format, _names),
    st.builds("[services {}]".format, _names),
    st.builds("[{}]".format, _names),
    st.sampled_from(
        [
            "[default]",
            "[DEFAULT]",
            "[Default]",
            "[profile]",
            "[profiles a]",
            "[profile a\\ b]",
            "[profile 'a]",
            "[ profile a]",
            "[profile a ]",
            "[profile a] # comment",
            "[profile a] b]",
            "[[a]]",
            "[]]",
            "[plugins]",
            "[profile \u00a0 a]",
            "[profile a\x0bb]",
        ]
    ),
)
_keys = st.sampled_from(
    ["region", "Region", "role_arn", "s3", "S3 ", "a:b", "ключ", "İ", "key with blanks", "#k", "x#"]
)
_values = st.sampled_from(
    [
        "",
        "eu-west-1",
        "eu-west-1 # no comment",
        "a ; b",
        "arn:aws:iam::123456789012:role/x",
        "%(region)s $HOME ~",
        "=",
        "a=b",
        "[x]",
        '"quoted"',
        "end\x0c",
        "\u2028in\u2028side",
        "trailing  \t",
        "\x00",
        "\ufeff",
    ]
)
_delimiters = st.sampled_from(["=", " = ", ":", " : ", "\t=\t", "=\u3000", " \x1f= "])
_indents = st.sampled_from([" ", "  ", "    ", "\t", "\x0c", "\u00a0", "\x1c "])
_assignments = st.builds("{}{}{}".format, _keys, _delimiters, _values)
_blank = st.sampled_from(["", " ", "\t\t", "\x0c", "\x85"])
_comments = st.sampled_from(["# x", ";x", "   # region = x", "\t; y", "#"])
_blocks = st.builds(
    lambda key, lines: [f"{key} =", *lines],
    _keys,
    st.lists(
        st.one_of(st.builds("{}{}".format, _indents, _assignments), _blank, _comments), max_size=4
    ),
)
_junk = st.sampled_from(["junk", "=", ": x", "[profile a", "[]", "]", "  indented", "\ufeff", "é"])


def _rarely(often: st.SearchStrategy[list[str]], seldom: st.SearchStrategy[str]):
    """`often`, and once in a while one line of `seldom`."""
    choice = st.integers(min_value=0, max_value=40)
    return choice.flatmap(lambda n: seldom.map(lambda line: [line]) if n == 23 else often)


def _one(lines: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return lines.map(lambda line: [line])


_body = _rarely(
    st.one_of(
        _one(_assignments),
        _blocks,
        _one(_blank),
        _one(_comments),
        _one(st.builds("{}{}".format, _indents, _assignments)),
    ),
    st.one_of(_junk, st.builds("{}{}".format, _indents, st.one_of(_values, _headers))),
)


@st.composite
def _files(draw: st.DrawFn) -> bytes:
    """A config file, most often one that is read without complaint."""
    # The headers and keys of a file repeat seldom: a repeated one is refused as a whole.
    headers = draw(st.lists(_headers, max_size=6, unique=draw(st.integers(0, 9)) != 7))
    lines = draw(st.lists(_rarely(st.one_of(_one(_blank), _one(_comments)), _junk), max_size=2))
    for header in headers:
        body = draw(
            st.lists(_body, max_size=6, unique_by=lambda part: part[0].lstrip()[:3].lower())
        )
        lines += [[header], *body]
    ends = draw(st.sampled_from([["\n"]] * 6 + [["\r\n"], ["\r"], ["\n", "\r\n", "\n", "\r"]]))
    plain = [line for part in lines for line in part]
    text = "".join(line + ends[i % len(ends)] for i, line in enumerate(plain))
    data = text.encode()
    if draw(st.integers(0, 30)) == 17:
        data = b"\xef\xbb\xbf" + data
    if draw(st.integers(0, 30)) == 17:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.sampled_from([b"\xff", b"\xc3", b"\x80"])) + data[at:]
    return data


_soup = st.text("[]=: \t\n\r#;aAr'\"\\\x0b\x1c\x85\u2028é\ufeff\x00İ", max_size=40)
_anything = st.one_of(_files(), _files(), _files(), _soup.map(str.encode))


class _Folder:
    """Two files that change, and the three readings of them."""

    def __init__(self, folder: Path) -> None:
        self.config, self.credentials = folder / "config", folder / "credentials"

    def write(self, config: bytes | None, credentials: bytes | None) -> None:
        for path, data in ((self.config, config), (self.credentials, credentials)):
            path.unlink(missing_ok=True)
            if data is not None:
                path.write_bytes(data)

    def botocore(self):
        session = botocore.session.Session()
        session.set_config_variable("config_file", str(self.config))
        session.set_config_variable("credentials_file", str(self.credentials))
        try:
            return session.full_config
        except botocore.exceptions.ConfigParseError:
            return None

    def awsenv(self) -> Config | None:
        try:
            return Config(str(self.config), str(self.credentials))
        except ConfigError as refusal:
            error = refusal
        # Every refusal names a file and, within it, a line that is there.
        path, line = error.message.split(": ")[0].rsplit(":", 1)
        assert path in {str(self.config), str(self.credentials)}
        text = Path(path).read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        assert 1 <= int(line) <= text.count(b"\n") + 1
        assert error.hint
        return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> _Folder:
    return _Folder(tmp_path_factory.mktemp("aws"))


def _ordered(mapping) -> list:
    return [(name, list(values.items())) for name, values in mapping.items()]


def _compare(folder: _Folder) -> None:
    theirs, ours = folder.botocore(), folder.awsenv()
    event("refused" if theirs is None else f"read, {min(len(theirs['profiles']), 4)} profiles")
    if theirs is None:
        assert ours is None
        return
    assert ours is not None
    profiles = {name: dict(profile.values) for name, profile in ours.profiles.items()}
    assert profiles == theirs.pop("profiles")
    assert ours.sso_sessions == theirs.pop("sso_sessions", {})
    assert ours.services == theirs.pop("services", {})
    kinds = ("profile", "sso-session", "services")
    ignored = {n: s.values for n, s in ours.ignored.items() if not n.startswith(kinds)}
    assert _ordered(ignored) == _ordered(theirs)
    _compare_lines(folder, ours)
    _compare_names(folder, ours)


def _compare_lines(folder: _Folder, config: Config) -> None:
    """The line a profile and a key are said to stand in does hold them."""
    texts = {
        str(path): path.read_text(encoding="utf-8").split("\n")
        for path in (folder.config, folder.credentials)
        if path.exists()
    }
    for profile in config.profiles.values():
        path, line = profile.where.rsplit(":", 1)
        assert texts[path][int(line) - 1].lstrip().startswith("[")
        for key in profile.values:
            path, line = profile.at(key).rsplit(":", 1)
            assert texts[path][int(line) - 1].lower().lstrip().startswith(key)


def _compare_names(folder: _Folder, config: Config) -> None:
    """Completion offers what there is, but for a header that is indented."""
    names = profile_names(
        {
            "AWS_CONFIG_FILE": str(folder.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder.credentials),
        }
    )
    paths = [path for path in (folder.config, folder.credentials) if path.exists()]
    lines = "\n".join(path.read_text(encoding="utf-8") for path in paths).split("\n")
    indented = any(line[:1].isspace() and "[" in line for line in lines)
    assert set(names) <= set(config.profiles) if indented else names == list(config.profiles)


@settings(max_examples=int(os.environ.get("AWSENV_TEST_EXAMPLES", "300")), deadline=None)
@given(config=st.none() | _anything, credentials=st.none() | _anything)
@example(config=b"[DEFAULT]\ns3 =\n  junk\n", credentials=None)
@example(config=b"[DEFAULT]\ns3 =\n  junk\n[profile a]\ns3 = x\n", credentials=None)
@example(config=b"[DEFAULT]\ns3 =\n  junk\n[profile a]\n", credentials=None)
@example(config=b"[profile a]\ns3 =\n  a = b\x0cjunk\n", credentials=None)
@example(config=b"[profile a]\nx = 1\n[profile 'a']\ny = 2\n", credentials=b"[a]\nz = 3\n")
@example(config=b"[default]\nx = 1\n[profile default]\ny = 2\n", credentials=b"")
@example(config=b"[profile a]\r\nx = 1\r\n\r\n  more\r\n", credentials=b"[a]\rx=2")
def test_both_files_mean_what_they_mean_to_botocore(
    folder: _Folder, config: bytes | None, credentials: bytes | None
) -> None:
    folder.write(config, credentials)
    _compare(folder)
