"""Files are replaced all at once, in one place of the code."""

import os
import stat
from pathlib import Path

import pytest

from awsenv.storage.replacing import replace_file

PACKAGE = Path(__file__).parents[2] / "awsenv"
posix = pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.parametrize(
    ("old", "given", "found"),
    [
        (None, None, 0o600),
        (None, 0o644, 0o640),
        (0o644, None, 0o600),
        (0o604, 0o644, 0o604),
        (0o777, 0o600, 0o777),
    ],
)
def test_mode(old: int | None, given: int | None, found: int, folder: Path) -> None:
    path = folder / "file"
    if old is not None:
        path.write_bytes(b"old")
        path.chmod(old)
    umask = os.umask(0o027)
    try:
        assert replace_file(str(path), b"new", mode=given)
    finally:
        os.umask(umask)
    assert (path.read_bytes(), mode(path)) == (b"new", found)
    assert os.listdir(folder) == ["file"]


def test_what_another_program_has_changed_stays(folder: Path) -> None:
    path = folder / "file"
    path.write_bytes(b"theirs")
    assert not replace_file(str(path), b"new", before=b"old")
    assert path.read_bytes() == b"theirs"
    assert not replace_file(str(path), b"new", before=b"")
    assert replace_file(str(path), b"new", before=b"theirs")
    assert replace_file(str(folder / "other"), b"new", before=b"")
    assert sorted(os.listdir(folder)) == ["file", "other"]


def test_a_failure_leaves_the_old_file_and_no_copy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "file"
    path.write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(folder) == ["file"]
    with pytest.raises(FileExistsError):
        replace_file(str(path), b"new", copy=str(path))
    with pytest.raises(IsADirectoryError):
        replace_file(str(folder), b"new", lasting=False)
