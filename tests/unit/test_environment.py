"""What an assume changes and how it is taken back: properties over any environment."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from awsenv.environment.change import (
    CONFLICTING,
    CREDENTIALS,
    MANAGED,
    OWN,
    REGIONS,
    EnvChange,
    assume_change,
    before,
    refresh_change,
    unset_change,
)
from awsenv.values.credentials import Credentials, Session
from awsenv.values.notation import decode_pairs, encode_pairs, iso_utc
from support.nasty_values import VALUE

Env = dict[str, str]
TRACKED = tuple(name for name in MANAGED if name not in CREDENTIALS)

_plain = st.text("abcXYZ0123456789-", min_size=1, max_size=12)
_epoch = st.integers(1_600_000_000, 4_000_000_000)
# What a person may have had before: any of the managed variables, and some that are none.
ENVS = st.dictionaries(st.sampled_from((*MANAGED, "PATH", "AWSENV_COMMANDS")), VALUE)
_keys = st.builds("{}{}".format, st.sampled_from(["ASIA", "AKIA", "LSIA"]), _plain)


_expiring = st.builds(
    Session,
    st.builds(Credentials, _keys, _plain, _plain),
    profile=VALUE,
    region=st.none() | _plain,
    expires_at=_epoch,
    issued_at=_epoch,
    key=st.text("0123456789abcdef", min_size=40, max_size=40),
)
_keys_only = st.builds(
    Session, st.builds(Credentials, _keys, _plain), profile=VALUE, region=st.none() | _plain
)
SESSIONS = _expiring | _keys_only


def _after(session: Session, env: Env) -> Env:
    return assume_change(session, env).apply_to(env)


def _unset(env: Env) -> Env:
    return unset_change(env).apply_to(env)


@given(env=ENVS, session=SESSIONS)
def test_unset_restores_what_was_there(env: Env, session: Session) -> None:
    assert _unset(_after(session, env)) == env


@given(env=ENVS, sessions=st.lists(SESSIONS, min_size=2, max_size=4))
def test_every_assume_starts_from_the_baseline(env: Env, sessions: list[Session]) -> None:
    after_all = env
    for session in sessions:
        after_all = _after(session, after_all)
    assert after_all == _after(sessions[-1], env)
    assert _unset(after_all) == env


@given(env=ENVS, session=SESSIONS)
def test_what_an_assume_leaves(env: Env, session: Session) -> None:
    left = _after(session, env)
    keys = session.credentials
    assert left["AWS_ACCESS_KEY_ID"] == keys.access_key_id
    assert left["AWS_SECRET_ACCESS_KEY"] == keys.secret_access_key
    assert left.get("AWS_SESSION_TOKEN") == keys.session_token
    for name in REGIONS:
        assert left.get(name) == (session.region or env.get(name))
    assert not left.keys() & set(CONFLICTING)
    assert left["AWSENV_PROFILE"] == session.profile
    assert left.get("AWSENV_SESSION") == session.key
    for name, value in (
        ("AWSENV_EXPIRES_AT", session.expires_at),
        ("AWSENV_ISSUED_AT", session.issued_at),
    ):
        assert left.get(name) == (None if value is None else str(value))
    expiration = left.get("AWS_CREDENTIAL_EXPIRATION", "")
    assert bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", expiration)) == bool(
        session.expires_at
    )
    assert left["AWSENV_PUT"].split("&")[0] == f"AWS_ACCESS_KEY_ID={keys.access_key_id}"
    assert {name: env.get(name) for name in ("PATH", "AWSENV_COMMANDS")} == {
        name: left.get(name) for name in ("PATH", "AWSENV_COMMANDS")
    }


@given(env=ENVS, session=SESSIONS)
def test_no_secret_in_what_awsenv_says_of_itself(env: Env, session: Session) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG"
    keys = Credentials(session.credentials.access_key_id, secret, "IQoJb3JpZ2luX2Vj+=")
    change = assume_change(Session(keys, session.profile, session.region), env)
    own = " ".join(value for name, value in change.set.items() if name in OWN)
    assert secret not in own + repr(change) + repr(keys)
    assert "IQoJb3JpZ2luX2Vj" not in own + repr(change) + repr(keys)


@given(env=ENVS, session=SESSIONS, others=st.dictionaries(st.sampled_from(TRACKED), VALUE))
def test_what_somebody_changed_since_stays(env: Env, session: Session, others: Env) -> None:
    left = _after(session, env)
    theirs = {name: value for name, value in others.items() if left.get(name) != value}
    restored = _unset(left | theirs)
    assert restored == env | theirs
    # Nor does another assume take it for its own: it is part of the new baseline.
    assert _unset(_after(session, left | theirs)) == env | theirs


@given(env=ENVS, session=SESSIONS, removed=st.sets(st.sampled_from(TRACKED)))
def test_what_somebody_removed_since_stays_removed(
    env: Env, session: Session, removed: set[str]
) -> None:
    left = _after(session, env)
    gone = {name for name in removed if name in left}
    without = {name: value for name, value in left.items() if name not in gone}
    assert _unset(without) == {name: value for name, value in env.items() if name not in gone}


@given(env=ENVS, session=SESSIONS, theirs=SESSIONS)
def test_keys_that_somebody_exported_since_stay(
    env: Env, session: Session, theirs: Session
) -> None:
    mine, keys = session.credentials, theirs.credentials
    assume(keys.access_key_id != mine.access_key_id)
    exported = {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        **({"AWS_SESSION_TOKEN": keys.session_token} if keys.session_token else {}),
    }
    assume(keys.session_token is not None or keys.access_key_id.startswith("AKIA"))
    assume(keys.session_token is None or not keys.access_key_id.startswith("AKIA"))
    left = before(_after(session, env) | exported)
    # Nothing of ours beside them: no token, no expiration.
    assert {name: left[name] for name in CREDENTIALS if name in left} == exported


@pytest.mark.parametrize("removed", [CREDENTIALS[:1], CREDENTIALS[:2], CREDENTIALS[:3]])
def test_keys_that_somebody_removed_since_leave_nothing_behind(removed: tuple[str, ...]) -> None:
    session = Session(Credentials("ASIA1", "s", "t"), "dev", expires_at=2_000_000_000)
    left = _after(session, {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_REGION": "eu-west-1"})
    without = {name: value for name, value in left.items() if name not in removed}
    assert _unset(without) == {"AWS_REGION": "eu-west-1"}


@given(env=ENVS, session=SESSIONS)
def test_a_child_shell_restores_from_its_environment_alone(env: Env, session: Session) -> None:
    # As a child sees it: bytes that are decoded again.
    child = {
        name.encode(): item.encode("utf-8", "surrogateescape")
        for name, item in _after(session, env).items()
    }
    again = {name.decode(): item.decode("utf-8", "surrogateescape") for name, item in child.items()}
    assert _unset(again) == env


@given(env=ENVS, first=SESSIONS, second=SESSIONS)
def test_a_refresh_changes_keys_and_expiry_only(env: Env, first: Session, second: Session) -> None:
    left = _after(first, env)
    renewed = refresh_change(second, left).apply_to(left)
    changed = {name for name in {*left, *renewed} if left.get(name) != renewed.get(name)}
    assert not changed & {*REGIONS, *CONFLICTING, "AWSENV_PROFILE", "AWSENV_BASELINE"}
    assert not changed - {*MANAGED, *OWN}
    keys = second.credentials
    wanted = (keys.access_key_id, keys.session_token, second.key, second.expires_at)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWSENV_SESSION", "AWSENV_EXPIRES_AT")
    assert [renewed.get(name) for name in names] == [
        None if item is None else str(item) for item in wanted
    ]
    assert _unset(renewed) == env


@given(env=ENVS, first=SESSIONS, second=SESSIONS, region=_plain)
def test_a_refresh_keeps_a_region_that_somebody_chose(
    env: Env, first: Session, second: Session, region: str
) -> None:
    left = _after(first, env)
    assume(left.get("AWS_REGION") != region)
    mine = left | {"AWS_REGION": region}
    assert _unset(refresh_change(second, mine).apply_to(mine)) == env | {"AWS_REGION": region}


@given(pairs=st.dictionaries(st.sampled_from((*MANAGED, *OWN)), VALUE))
def test_pairs_read_back(pairs: Env) -> None:
    text = encode_pairs(pairs)
    assert decode_pairs(text) == pairs
    assert re.fullmatch(r"[A-Za-z0-9%&=._~:/+,@-]*", text)
    assert list(decode_pairs(text)) == list(pairs)


def test_ordinary_values_are_written_as_they_are() -> None:
    pairs = {"AWS_PROFILE": "Admin@prod", "AWS_SESSION_TOKEN": "a/b+c=="}
    assert encode_pairs(pairs) == "AWS_PROFILE=Admin@prod&AWS_SESSION_TOKEN=a/b+c=="


_HOSTILE = VALUE | st.lists(
    st.sampled_from(
        (*MANAGED, *OWN, "PATH", "LD_PRELOAD", "=", "&", "%", "%41", "%0", "%+1", "%00")
    )
).map("".join)


@given(env=ENVS, put=_HOSTILE, baseline=_HOSTILE, expires=_HOSTILE | st.integers(0).map(str))
def test_hostile_bookkeeping_touches_nothing_else(
    env: Env, put: str, baseline: str, expires: str
) -> None:
    hostile = env | {
        "AWSENV_PUT": put,
        "AWSENV_BASELINE": baseline,
        "AWSENV_EXPIRES_AT": expires,
    }
    session = Session(Credentials("ASIA1", "s", "t"), "dev")
    for change in (
        unset_change(hostile),
        unset_change(hostile, for_child=True),
        assume_change(session, hostile),
        refresh_change(session, hostile),
    ):
        assert not {*change.set, *change.unset} - {*MANAGED, *OWN}
        assert not set(change.set) & set(change.unset)
        assert not any("\0" in value for value in change.set.values())


@pytest.mark.parametrize("expires", ["9" * 30, "9" * 5000, "-1", "\u00b2", "\u0661", "", "1e3"])
def test_an_expiry_that_is_no_time_is_not_compared(expires: str) -> None:
    env = _after(Session(Credentials("ASIA1", "s", "t"), "dev", expires_at=2_000_000_000), {})
    theirs = env | {"AWS_ACCESS_KEY_ID": "ASIA2", "AWSENV_EXPIRES_AT": expires}
    assert before(theirs)["AWS_CREDENTIAL_EXPIRATION"] == "2033-05-18T03:33:20Z"


def test_pairs_that_nobody_can_have_written_are_left_out() -> None:
    text = "AWS_REGION=eu%2&AWS_PROFILE=%zz&A=%+1&B=%00&C=\u00e9&D=%c3&E&=&F=ok&G=%20"
    assert decode_pairs(text) == {"": "", "F": "ok", "G": " "}


@given(env=ENVS)
def test_unset_without_an_assume_changes_no_value(env: Env) -> None:
    change = unset_change(env)
    assert change.set == {}
    assert not set(change.unset) & env.keys()


def test_a_change_shows_names_only() -> None:
    assert repr(EnvChange({"A": "secret"}, ("B",))) == "EnvChange(set=['A'], unset=['B'])"


def test_times_end_in_z() -> None:
    assert iso_utc(0) == "1970-01-01T00:00:00Z"
    assert iso_utc(1_800_000_000) == "2027-01-15T08:00:00Z"
