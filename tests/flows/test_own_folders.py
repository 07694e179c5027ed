"""The folders that awsenv keeps its files in: only its own, only names that it can have made."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from awsenv.config.writing import edit
from awsenv.demo.place import open_place
from awsenv.errors import AwsenvError
from awsenv.storage import locking
from support.world import RunningSts, run_awsenv

AS_ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root's chown")
SOMEBODY = 12345
LONG_AGO = time.time() - 400 * 24 * 3600


def login(sts: RunningSts) -> None:
    done = run_awsenv("login", "--mfa-code", sts.code())
    assert done.returncode == 0, done.stderr


def snapshot(folder: Path) -> dict[str, object]:
    """All that is below `folder`, with its modes and times."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        facts = path.lstat()
        found[str(path)] = (facts.st_mode, facts.st_uid, facts.st_mtime_ns, facts.st_ino)
    return found


def xfce(folder: Path) -> Path:
    """A ~/.cache in which another program keeps sessions."""
    sessions = folder / "sessions"
    sessions.mkdir(parents=True)
    for name in ("xfce4-session-host:0", "a" * 40, "Thunar-2b7"):
        (sessions / name).write_text("not awsenv's\n")
        os.utime(sessions / name, (LONG_AGO, LONG_AGO))
    folder.chmod(0o755)
    sessions.chmod(0o755)
    return folder


def test_a_folder_with_sessions_of_another_program_is_left_alone(
    sts: RunningSts, clean_env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = xfce(clean_env / ".cache")
    monkeypatch.setenv("AWSENV_CACHE_DIR", str(folder))
    before = snapshot(folder)
    done = run_awsenv("assume", "dev", "--mfa-code", sts.code(), "--shell", "bash")
    # The session itself is good; only it is not kept.
    assert done.returncode == 0
    assert f"{folder} holds files of other programs, such as Thunar-2b7" in done.stderr
    done = run_awsenv("logout", "--all")
    assert done.returncode == 1
    assert "set AWSENV_CACHE_DIR to a folder of its own" in done.stderr
    assert run_awsenv("list").returncode == 0
    assert snapshot(folder) == before


def test_in_its_own_folder_foreign_names_stay(sts: RunningSts, clean_env: Path) -> None:
    login(sts)
    sessions = clean_env / ".cache/awsenv/sessions"
    (sessions / "mine.txt").write_text("kept")
    os.utime(sessions / "mine.txt", (LONG_AGO, LONG_AGO))
    done = run_awsenv("logout", "--all")
    assert done.stderr.startswith("awsenv: deleted 1 cached session")
    assert [path.name for path in sessions.iterdir()] == ["mine.txt"]


def test_what_is_left_over_is_swept_by_name_and_age(sts: RunningSts, clean_env: Path) -> None:
    login(sts)
    cache, data = clean_env / ".cache/awsenv", clean_env / ".local/share/awsenv"
    key = "0" * 40
    for folder in (cache / "names", cache / "mfa", data / "rotations"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = ".123.0123abcd.tmp"
    old = [cache / folder / f"{key}{temporary}" for folder in ("sessions", "names", "mfa", "locks")]
    old += [cache / f"used{temporary}", cache / f"overview{temporary}"]
    old += [data / f"awsenv.bash{temporary}", data / "rotations" / f"AKIA0{temporary}"]
    old += [cache / "sessions" / key, cache / "mfa" / key]
    old += [cache / "locks" / f"{key}.{kind}" for kind in ("lock", "who", "take")]
    kept = [cache / "sessions" / "other.tmp", cache / "sessions" / f"{key}x", cache / "other"]
    kept += [cache / "locks" / "x.lock", data / "mine.tmp", cache / "mfa" / ("1" * 40 + ".x")]
    for path in old + kept:
        path.write_text("left over")
        os.utime(path, (LONG_AGO, LONG_AGO))
    young = cache / "sessions" / f"{key}.9.0123abcd.tmp"
    young.write_text("being written")
    held = cache / "locks" / f"{'2' * 40}.lock"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from awsenv.storage import locking; locking.take(sys.argv[1]);"
            "print('held', flush=True); time.sleep(60)",
            str(held),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    os.utime(held, (LONG_AGO, LONG_AGO))
    try:
        assert run_awsenv("assume", "dev", "--shell", "bash").returncode == 0
        assert all(path.exists() for path in old), "swept today already"
        os.utime(cache / "CACHEDIR.TAG", (LONG_AGO, LONG_AGO))
        assert run_awsenv("assume", "dev", "--refresh", "--shell", "bash").returncode == 0
    finally:
        holder.kill()
        holder.communicate()
    assert [path for path in old if path.exists()] == []
    assert [path for path in (*kept, young, held) if not path.exists()] == []


@AS_ROOT
@pytest.mark.parametrize("trap", ["the folder", "a folder on the way", "a link", "writable by all"])
def test_a_folder_that_somebody_else_prepared_is_refused_by_name(
    trap: str, sts: RunningSts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / ("b" * 40)).write_text("old")
    os.utime(victim / ("b" * 40), (LONG_AGO, LONG_AGO))
    theirs = tmp_path / "theirs"
    cache = theirs / "cache"
    cache.mkdir(parents=True)
    named = cache
    if trap == "the folder":
        cache.chmod(0o777)
        (cache / "sessions").symlink_to(victim)
        os.chown(cache, SOMEBODY, SOMEBODY)
    elif trap == "a folder on the way":
        os.chown(theirs, SOMEBODY, SOMEBODY)
        named = theirs
    elif trap == "a link":
        named = cache / "sessions"
        named.symlink_to(victim)
    else:
        theirs.chmod(0o777)
        named = theirs
    monkeypatch.setenv("AWSENV_CACHE_DIR", str(cache))
    before = snapshot(tmp_path / "victim"), snapshot(theirs)
    done = run_awsenv("assume", "dev", "--mfa-code", sts.code(), "--shell", "bash")
    assert done.returncode == 0
    assert str(named) in done.stderr
    assert "continuing without keeping the session" in done.stderr
    after = snapshot(tmp_path / "victim"), snapshot(theirs)
    if trap == "a link":
        # The folder itself is ours, and has got awsenv's mark.
        assert after[0] == before[0]
    else:
        assert after == before


def test_a_cache_folder_behind_a_link_of_ones_own_is_fine(sts: RunningSts, clean_env: Path) -> None:
    elsewhere = clean_env / "scratch"
    elsewhere.mkdir(mode=0o700)
    (clean_env / ".cache").symlink_to("scratch")
    login(sts)
    assert len(list((elsewhere / "awsenv/sessions").iterdir())) == 1


LIMITED = ("bash", "-c", 'ulimit -v 2000000; exec "$@"', "-")
HOMES = {
    "relative": "rel",
    "a device": "/dev/null",
    "missing": "/no/such/home",
    "empty": "",
    "a file": None,
}


@pytest.mark.parametrize("kind", HOMES)
def test_any_home_is_answered_in_lines(kind: str, sts: RunningSts, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    home = HOMES[kind]
    work = tmp_path / "work"
    work.mkdir()
    code = sts.code()
    env = {
        **os.environ,
        "HOME": str(file) if home is None else home,
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    made = set(Path("/").iterdir())
    for args, good in (
        (["list"], 0),
        (["status", "dev"], 4),
        (["assume", "dev", "--mfa-code", code, "--shell", "bash"], 0),
        (["logout", "--all"], 0),
        (["doctor"], None),
        (["init", "bash", "--install"], None),
    ):
        done = subprocess.run(
            [*LIMITED, sys.executable, "-m", "awsenv", *args],
            env=env,
            cwd=work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert "Traceback" not in done.stderr, args
        assert "unexpected" not in done.stderr, done.stderr
        if good is not None:
            assert done.returncode == good, (args, done.stderr)
    if home != "/no/such/home":
        assert list(work.iterdir()) == [] or kind == "relative"
    assert not (work / "~").exists()
    assert set(Path("/").iterdir()) - made <= {Path("/no")}


NO_ENTRY = (
    "import pwd, sys\n"
    "def none(user): raise KeyError(user)\n"
    "pwd.getpwuid = none\n"
    "from awsenv.entry import main; main()"
)


def test_without_any_home_there_is_one_line(sts: RunningSts, tmp_path: Path) -> None:
    env = {name: text for name, text in os.environ.items() if name != "HOME"}

    def run(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", NO_ENTRY, *args],
            env=env | more,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    done = run("assume", "dev", "--shell", "bash")
    assert done.returncode == 3
    assert done.stdout == "false\n"
    assert "HOME is not set" in done.stderr
    assert len(done.stderr.splitlines()) == 2
    files = {
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    done = run("assume", "dev", "--mfa-code", sts.code(), "--shell", "bash", **files)
    assert done.returncode == 0
    assert "there is no home folder" in done.stderr
    done = run("login", "--mfa-code", sts.code(), AWSENV_CACHE_DIR=str(tmp_path / "c"), **files)
    assert done.returncode == 0, done.stderr
    assert "home" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"c", "home"}


@AS_ROOT
def test_root_makes_nothing_in_the_home_of_somebody_else(sts: RunningSts, tmp_path: Path) -> None:
    home = tmp_path / "bob"
    home.mkdir()
    (home / ".bashrc").write_text("# bob's\n")
    for path in (home, home / ".bashrc"):
        os.chown(path, SOMEBODY, SOMEBODY)
    before = snapshot(home)
    env = {
        "HOME": str(home),
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
    }
    assert run_awsenv("assume", "dev", "--mfa-code", sts.code(), env=env).returncode in (3, 4)
    env["AWS_SHARED_CREDENTIALS_FILE"] = str(sts.aws_folder / "credentials")
    done = run_awsenv("login", "--mfa-code", sts.code(), env=env)
    assert done.returncode == 0
    assert f"{home} belongs to another user" in done.stderr
    del env["AWS_SHARED_CREDENTIALS_FILE"]
    done = run_awsenv("save", "plain", "--as", "x", env=env)
    assert done.returncode
    done = run_awsenv("save", "corp", "--as", "x", env={"HOME": str(home)})
    assert done.returncode
    assert snapshot(home) == before


@pytest.mark.parametrize("full", [True, False], ids=["full", "unwritable"])
def test_a_disk_that_takes_nothing(full: bool, sts: RunningSts, tmp_path: Path) -> None:
    login(sts)
    code = sts.code()
    home = Path(os.environ["HOME"])
    prefix = ["bash", "-c", 'ulimit -f 0; exec "$@"', "-"]
    if not full:
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        for folder in (home / ".cache/awsenv").rglob("*"):
            if folder.is_dir():
                folder.chmod(0o500)
        prefix = []
    for args in (
        ["assume", "dev", "--shell", "bash"],
        ["assume", "dev", "--refresh", "--shell", "bash"],
        ["login", "--refresh", "--mfa-code", code],
        ["save", "dev", "--as", "kept"],
        ["rotate"],
        ["init", "bash", "--install"],
        ["list"],
        ["logout"],
    ):
        before = (sts.aws_folder / "credentials").read_bytes()
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "awsenv", *args],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, args
        assert "unexpected" not in done.stderr, done.stderr
        if args[0] in ("save", "rotate", "init") and full:
            assert done.returncode, args
            assert done.stderr.count("hint: ") == 1, done.stderr
        if args[0] == "assume":
            assert done.returncode == 0
            assert "AWS_ACCESS_KEY_ID=" in done.stdout
        if full:
            assert (sts.aws_folder / "credentials").read_bytes() == before
    assert list(home.rglob("*.tmp")) == []


@AS_ROOT
def test_root_writing_for_somebody_else_leaves_them_their_files(tmp_path: Path) -> None:
    home = tmp_path / "bob"
    home.mkdir()
    os.chown(home, SOMEBODY, SOMEBODY)
    path = home / ".aws" / "credentials"
    with pytest.raises(AwsenvError, match="belongs to another user"):
        edit(str(path), lambda text: text.set("x", {"region": "eu-west-1"}))
    assert list(home.iterdir()) == []
    path.parent.mkdir()
    os.chown(path.parent, SOMEBODY, SOMEBODY)
    assert edit(str(path), lambda text: text.set("x", {"region": "eu-west-1"}))
    assert {each.stat().st_uid for each in path.parent.iterdir()} == {SOMEBODY}


def test_unfinished_copies_of_an_rc_file_are_swept(clean_env: Path) -> None:
    old = [clean_env / ".bashrc.123.0123abcd.tmp"]
    kept = [clean_env / f"{name}.tmp" for name in (".bashrc", ".bashrc.1.2", "bashrc.1.0123abcd")]
    for path in old + kept:
        path.write_text("")
        os.utime(path, (LONG_AGO, LONG_AGO))
    young = clean_env / ".bashrc.124.0123abcd.tmp"
    young.write_text("")
    assert run_awsenv("init", "bash", "--install").returncode == 0
    assert not old[0].exists()
    assert all(path.exists() for path in (*kept, young))


def test_folders_of_demos_that_were_killed_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, foreign, running = (tmp_path / f"awsenv-demo-{name}" for name in "abc")
    for folder in (killed, foreign, running):
        folder.mkdir()
        if folder != foreign:
            (folder / "alive").write_text("")
        os.utime(folder, (LONG_AGO, LONG_AGO))
    held = locking.take(str(running / "alive"))
    assert held is not None
    with open_place() as place:
        there = {Path(place.folder), foreign, running}
        assert set(tmp_path.glob("awsenv-demo-*")) == there
        os.utime(place.folder, (LONG_AGO, LONG_AGO))
        with open_place():
            assert Path(place.folder).is_dir()
    os.close(held)
