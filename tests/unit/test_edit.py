"""Edits of the AWS files: nothing but the section's own lines, all or nothing, one at a time."""

import configparser
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsenv.config.ini_text import IniText
from awsenv.config.writing import edit
from awsenv.errors import AwsenvError, ConfigError

WELL_KEPT = b"""# my keys, do not touch
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key=secret+/=   \r
; a comment within
x_unknown : kept
s3 =
    max_concurrent_requests = 20

# about the next one

[saved]
\taws_access_key_id\t=\tASIAOLD
aws_session_token = old
  # indented comment
  and a second line of it
Region = eu-west-1

# the end
[last]
a = 1"""


def changed(data: bytes, section: str, values: dict[str, str | None]) -> bytes:
    text = IniText(data, "file")
    text.set(section, values)
    return text.data


def read(data: bytes) -> dict[str, dict[str, str]]:
    """What Python's own reader, which botocore uses, makes of it."""
    parser = configparser.RawConfigParser(default_section="DEFAULT")
    parser.read_string(data.decode("utf-8", "surrogateescape").replace("\r\n", "\n"))
    return {name: dict(parser[name]) for name in parser.sections()}


def test_only_the_keys_that_change() -> None:
    new = changed(
        WELL_KEPT,
        "saved",
        {"aws_access_key_id": "ASIANEW", "aws_session_token": "new", "expiration": "never"},
    )
    assert new == WELL_KEPT.replace(b"\t=\tASIAOLD", b"\t=\tASIANEW").replace(
        b"aws_session_token = old\n  # indented comment\n  and a second line of it\n",
        b"aws_session_token = new\n  # indented comment\n",
    ).replace(b"Region = eu-west-1\n", b"Region = eu-west-1\nexpiration = never\n")


def test_keys_go_and_come_back_byte_for_byte() -> None:
    added = changed(WELL_KEPT, "default", {"expiration": "now"})
    assert changed(added, "default", {"expiration": None}) == WELL_KEPT
    assert changed(WELL_KEPT, "saved", {"region": "eu-west-1"}) == WELL_KEPT
    assert changed(WELL_KEPT, "saved", {"absent": None}) == WELL_KEPT


def test_new_section_and_its_removal() -> None:
    for data in (WELL_KEPT + b"\n", b"", b"[a]\r\nx = 1\r\n", b"# only a comment\n"):
        text = IniText(data, "file")
        text.set("new one", {"k": "v", "none": None})
        assert read(text.data)["new one"] == {"k": "v"}
        assert text.data.startswith(data)
        assert data.startswith(b"[a]\r") == text.data.endswith(b"k = v\r\n")
        text.remove("new one")
        assert text.data == data


def test_removal_in_the_middle() -> None:
    text = IniText(WELL_KEPT, "file")
    text.remove("saved")
    start, end = WELL_KEPT.index(b"[saved]"), WELL_KEPT.index(b"# the end")
    assert text.data == WELL_KEPT[:start] + WELL_KEPT[end:]


def test_crlf_stays_crlf() -> None:
    data = WELL_KEPT.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    new = changed(data, "saved", {"aws_access_key_id": "ASIANEW", "expiration": "never"})
    assert new.count(b"\n") == new.count(b"\r\n")
    assert new.replace(b"\r\n", b"\n") == changed(
        data.replace(b"\r\n", b"\n"),
        "saved",
        {"aws_access_key_id": "ASIANEW", "expiration": "never"},
    )


def test_bytes_that_are_no_text_stay() -> None:
    data = b"[a]\n# caf\xe9\nx = \xff\n\n[b]\ny = 1\n"
    assert changed(data, "b", {"y": "2"}) == data.replace(b"y = 1", b"y = 2")


def test_file_without_a_last_line_end() -> None:
    assert changed(b"[a]\nx = 1", "a", {"y": "2"}) == b"[a]\nx = 1\ny = 2\n"
    assert changed(b"[a]\nx = 1", "b", {"y": "2"}) == b"[a]\nx = 1\n\n[b]\ny = 2\n"


@pytest.mark.parametrize(
    "data",
    [b"\xef\xbb\xbf[a]\nx = 1\n", b"[a]\nx = 1\n[a]\ny = 2\n", b"x = 1\n", b"[a]\nnonsense\n"],
)
def test_what_aws_tools_refuse_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(data)
    with pytest.raises(ConfigError):
        edit(str(path), lambda text: text.set("b", {"k": "v"}))
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("a\nb", {"k": "v"}),
        ("", {"k": "v"}),
        ("DEFAULT", {"k": "v"}),
        ("a", {"k": "v\nw = injected"}),
        ("a", {"k": "v\r"}),
        ("a", {"k": ""}),
        ("a", {"k": " v"}),
    ],
)
def test_what_cannot_be_written_changes_nothing(section: str, values: dict[str, str]) -> None:
    text = IniText(WELL_KEPT, "file")
    with pytest.raises(AwsenvError) as caught:
        text.set(section, dict(values))
    assert "injected" not in caught.value.message
    assert IniText(WELL_KEPT, "file").data == WELL_KEPT


line = st.sampled_from(
    [
        "",
        "  ",
        "# comment",
        "  ; indented comment",
        "key = value",
        "Key2: v = w",
        "  indented = yes",
        "    deeper",
        "s3 =",
        "aws_access_key_id=AKIA",
        "ünï = cödé",
    ]
)
body = st.lists(line, max_size=6)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), body), max_size=4, unique_by=lambda item: item[0]),
    st.sampled_from(["a", "b", "new"]),
    st.dictionaries(
        st.sampled_from(["key", "key2", "s3", "expiration", "indented"]),
        st.one_of(st.none(), st.sampled_from(["x", "y z", "a=b", "#c"])),
        max_size=3,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_edit_of_any_file(
    sections: list[tuple[str, list[str]]],
    name: str,
    values: dict[str, str | None],
    end: str,
    ends: bool,
) -> None:
    lines = ["# top", *(row for header, rows in sections for row in (f"[{header}]", *rows))]
    data = (end.join(lines) + (end if ends else "")).encode()
    try:
        text = IniText(data, "file")
    except ConfigError:
        return
    before = read(data)
    text.set(name, values)
    after = read(text.data)
    expected = {**before.get(name, {}), **values}
    expected = {key: value for key, value in expected.items() if value is not None}
    assert after.pop(name, {}) == expected
    before.pop(name, None)
    assert after == before
    # Outside the section not a byte has changed, but for a line end that the last line lacked.
    start = text.data.find(f"[{name}]".encode())
    old = data.find(f"[{name}]".encode())
    if old >= 0:
        assert text.data[:start] == data[:old]
        rest = data[old:].partition(f"{end}[".encode())[2]
        assert text.data.endswith(rest)
    else:
        assert text.data.startswith(data)
    text.set(name, values)
    assert read(text.data).get(name, {}) == expected


def test_new_file_is_private_and_so_is_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".aws" / "credentials"
    old = os.umask(0)
    try:
        assert edit(str(path), lambda text: text.set("a", {"k": "v"}))
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text() == "[a]\nk = v\n"


def test_mode_and_symbolic_link_stay(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "aws"
    real.parent.mkdir()
    real.write_text("[a]\nk = v\n")
    real.chmod(0o640)
    link = tmp_path / "credentials"
    link.symlink_to("dotfiles/aws")
    assert edit(str(link), lambda text: text.set("a", {"k": "w"}))
    assert link.is_symlink()
    assert os.readlink(link) == "dotfiles/aws"
    assert real.read_text() == "[a]\nk = w\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_dangling_link_is_filled(tmp_path: Path) -> None:
    link = tmp_path / "credentials"
    link.symlink_to(tmp_path / "later" / "aws")
    assert edit(str(link), lambda text: text.set("a", {"k": "w"}))
    assert (tmp_path / "later" / "aws").read_text() == "[a]\nk = w\n"


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("[a]\nk = v\n")
    before = path.stat()
    assert not edit(str(path), lambda text: text.set("a", {"k": "v"}))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_change_by_a_program_that_knows_no_lock_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("[a]\nk = v\n")
    rounds = 0

    def change(text: IniText) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            path.write_text("[a]\nk = v\n[other]\nx = 1\n")
        text.set("a", {"k": "w"})

    assert edit(str(path), change)
    assert path.read_text() == "[a]\nk = w\n[other]\nx = 1\n"


def test_unwritable_folder_is_an_error_in_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(AwsenvError, match="cannot write"):
        edit(str(blocked / "credentials"), lambda text: text.set("a", {"k": "v"}))


WRITER = """
import sys
from awsenv.config.writing import edit
path, writer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.stdin.readline()
for number in range(count):
    edit(path, lambda text: text.set(f"{writer}-{number}", {"k": "v" * 200}))
"""


def test_writers_at_once_all_land(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("# mine\n[default]\nx = 1\n")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name, "12"], stdin=subprocess.PIPE
        )
        for name in "abcd"
    ]
    for each in writers:
        assert each.stdin
        each.stdin.write(b"\n")
        each.stdin.close()
    assert [each.wait(60) for each in writers] == [0, 0, 0, 0]
    names = {f"{writer}-{number}" for writer in "abcd" for number in range(12)}
    assert set(read(path.read_bytes())) == {"default", *names}
    assert path.read_text().startswith("# mine\n[default]\nx = 1\n")


# Ends the process, as a power cut would, before the n-th thing that it does to a file.
KILLED = """
import os, signal, sys
from awsenv.config.writing import edit
path, left = sys.argv[1], int(sys.argv[2])
def hook(event, arguments):
    global left
    if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.chown"):
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
from filelock import FileLock
sys.addaudithook(hook)
edit(path, lambda text: text.set("saved", {"k": "new" * 5000}))
"""


def test_killed_at_any_instant_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    old = b"[default]\nx = 1\n\n[saved]\nk = old\n"
    new = b"[default]\nx = 1\n\n[saved]\nk = " + b"new" * 5000 + b"\n"
    found = []
    for count in range(100):
        path.write_bytes(old)
        done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(count)], check=False)
        found.append(path.read_bytes())
        assert found[-1] in (old, new)
        assert done.returncode in (0, -9)
        if done.returncode == 0:
            break
    assert done.returncode == 0
    assert min(found.count(old), found.count(new)) >= 2, "killed before and after the replacement"
    # What the crashes left behind does not stay, and held secrets that nobody else could read.
    assert {each.name for each in tmp_path.iterdir() if "cred" in each.name} == {
        "credentials",
        ".credentials.awsenv-lock",
    }


def test_leftover_of_a_crash_is_private(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(b"[saved]\nk = old\n")
    path.chmod(0o644)
    for count in range(100):
        done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(count)], check=False)
        leftover = tmp_path / ".credentials.awsenv-new"
        if leftover.exists() and leftover.stat().st_size == 0:
            assert stat.S_IMODE(leftover.stat().st_mode) == 0o600
        if done.returncode == 0:
            break
    assert read(path.read_bytes())["saved"]["k"] == "new" * 5000
