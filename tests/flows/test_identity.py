"""Never another identity: what is handed out is what the files and the user say now."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awsenv.demo.world import trusting
from support.assuming import evaluated, identity_by_boto3
from support.layouts import who_is
from support.records import with_check
from support.saving import forget_records, save, saved, set_expiration
from support.world import RunningSts, run_awsenv


def config_of(sts: RunningSts) -> Path:
    return sts.aws_folder / "config"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def roles(sts: RunningSts) -> tuple[str, str]:
    return sts.world.role("dev").arn, sts.world.role("prod-admin").arn


def log_in(sts: RunningSts) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0


def role_of(name: str, *args: str, env: dict[str, str] | None = None) -> str:
    """The role in the keys that `credential-process` hands out, by STS's own word."""
    done = run_awsenv("credential-process", name, *args, env=env or {})
    assert done.returncode == 0, done.stderr
    keys = json.loads(done.stdout)
    given = {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys.get("SessionToken", ""),
    }
    return identity_by_boto3({**os.environ, **given})


def settle(*paths: Path) -> None:
    """Until nobody doubts when the files were written."""
    changed = max(path.stat().st_ctime for path in paths)
    time.sleep(max(0.0, changed + 1.2 - time.time()))


def test_a_saved_session_of_another_role_is_not_used(sts: RunningSts) -> None:
    log_in(sts)
    save("dev", "--as", "tool")
    forget_records()
    edit(config_of(sts), *roles(sts))
    assert ":assumed-role/prod-admin/" in role_of("dev", "--mfa-code", sts.code())
    assert ":assumed-role/prod-admin/" in role_of("tool")
    assert ":assumed-role/prod-admin/" in who_is("tool")


def test_a_saved_session_of_another_user_is_not_used(sts: RunningSts) -> None:
    log_in(sts)
    save("default", "--as", "day")
    first = saved(sts, "day")["aws_access_key_id"]
    forget_records()
    alice = sts.world.user("alice")
    first_key = alice.key
    other = sts.world.add_key(alice)
    edit(sts.aws_folder / "credentials", first_key.id, other.id)
    edit(sts.aws_folder / "credentials", first_key.secret, other.secret)
    assert run_awsenv("assume", "default", "--shell", "bash").returncode == 4
    assert saved(sts, "day")["aws_access_key_id"] == first


def test_a_link_that_is_changed_while_a_code_is_asked_for(sts: RunningSts, tmp_path: Path) -> None:
    config, work, home = config_of(sts), tmp_path / "work", tmp_path / "home-config"
    config.rename(work)
    shutil.copy2(work, home)
    edit(home, *roles(sts))
    config.symlink_to(work)
    settle(work, home)
    script = tmp_path / "code"
    # Whoever gives the code changes the link in the meantime.
    script.write_text(f"#!/bin/sh\nln -sfn {home} {config}\nsleep 0.2\necho {sts.code()}\n")
    script.chmod(0o755)
    edit(work, "mfa_serial =", f"mfa_process = {script}\nmfa_serial =")
    settle(work, home)
    assert ":assumed-role/dev/" in role_of("dev")
    assert config.readlink() == home
    assert ":assumed-role/prod-admin/" in role_of("dev")


@pytest.mark.parametrize("how", ["copy", "link", "rename"])
def test_another_config_of_the_same_size_and_time(
    sts: RunningSts, tmp_path: Path, how: str
) -> None:
    log_in(sts)
    config, other = config_of(sts), tmp_path / "other"
    edit(config, "role/dev", "role/abc")
    other.write_text(config.read_text())
    edit(config, "role/abc", "role/dev")
    sts.world.role("dev")
    edit(other, "role/abc", "role/dev")
    edit(other, "region = eu-central-1", "region = eu-central-9")
    facts = config.stat()
    os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    settle(config, other)

    def region() -> str:
        done = run_awsenv("assume", "default", "--format", "json")
        return str(json.loads(done.stdout)["AWS_REGION"])

    assert region() == region() == "eu-central-1"
    if how == "copy":
        shutil.copy2(other, config)
    elif how == "rename":
        other.rename(config)
    else:
        config.unlink()
        config.symlink_to(other)
    assert config.stat().st_mtime_ns == facts.st_mtime_ns
    assert region() == "eu-central-9"


def test_another_container_gets_no_note(sts: RunningSts) -> None:
    log_in(sts)
    names = Path(os.environ["HOME"], ".cache/awsenv/names")
    config = config_of(sts)
    config.write_text(
        config.read_text()
        + "\n[profile task]\nrole_arn = arn:aws:iam::444455556666:role/dev\n"
        + "credential_source = EcsContainer\n"
    )
    settle(config)
    run_awsenv("assume", "task", "--shell", "bash")
    assert not (names / b"task".hex()).exists()


def test_logout_takes_every_role_of_the_same_keys(sts: RunningSts) -> None:
    log_in(sts)
    config, credentials = config_of(sts), sts.aws_folder / "credentials"
    alice = sts.world.user("alice")
    config.write_text(
        config.read_text()
        + f"\n[profile twin]\nmfa_serial = {alice.mfa.serial}\n"
        + "\n[profile twin-dev]\nsource_profile = twin\n"
        + f"role_arn = {sts.world.role('dev').arn}\n"
    )
    credentials.write_text(
        credentials.read_text()
        + f"\n[twin]\naws_access_key_id = {alice.key.id}\n"
        + f"aws_secret_access_key = {alice.key.secret}\n"
    )
    assert run_awsenv("assume", "twin-dev", "--shell", "bash").returncode == 0
    assert run_awsenv("logout", "default").returncode == 0
    assert list(Path(os.environ["HOME"], ".cache/awsenv/sessions").iterdir()) == []


def test_what_a_credential_process_names_is_what_it_gives(sts: RunningSts) -> None:
    log_in(sts)
    program = f"{sys.executable} -m awsenv credential-process dev"
    config = config_of(sts)
    config.write_text(
        f"{config.read_text()}\n[profile tool]\ncredential_process = {program}\n"
        + "\n[profile over]\nsource_profile = tool\n"
        + f"role_arn = {sts.world.add_role('over', trust=trusting('*')).arn}\n"
    )
    settle(config)
    for _ in range(2):
        assert ":assumed-role/dev/" in role_of("tool")
        assert ":assumed-role/over/" in role_of("over")
    before = whose(sts, "over")
    edit(config, *roles(sts))
    for _ in range(2):
        assert ":assumed-role/prod-admin/" in role_of("tool")
        assert whose(sts, "over") != before
    # What does not concern it costs no call.
    calls = sts.control.count("AssumeRole")
    edit(config, "[profile longhaul]\n", "[profile longhaul]\nexternal_id = other\n")
    assert ":assumed-role/prod-admin/" in role_of("tool")
    assert sts.control.count("AssumeRole") == calls


def whose(sts: RunningSts, name: str) -> str:
    """The role that the role session of `name` was assumed from."""
    done = run_awsenv("credential-process", name)
    key_id = json.loads(done.stdout)["AccessKeyId"]
    return sts.world.sessions[sts.world.sessions[key_id].issued_to].owner.arn


def test_logout_takes_what_a_credential_process_has_given(sts: RunningSts) -> None:
    log_in(sts)
    config = config_of(sts)
    program = f"{sys.executable} -m awsenv credential-process dev"
    config.write_text(f"{config.read_text()}\n[profile tool]\ncredential_process = {program}\n")
    assert run_awsenv("assume", "tool", "--shell", "bash").returncode == 0
    assert run_awsenv("logout", "default").returncode == 0
    assert list(Path(os.environ["HOME"], ".cache/awsenv/sessions").iterdir()) == []


def test_keys_are_taken_from_one_file_alone(sts: RunningSts) -> None:
    edit(config_of(sts), "[default]\n", "[default]\naws_session_token = stray\n")
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0


def test_a_role_beside_keys_without_a_source(sts: RunningSts) -> None:
    role = sts.world.role("dev").arn
    alice = sts.world.user("alice")
    config = config_of(sts)
    config.write_text(
        config.read_text()
        + f"\n[profile both]\nrole_arn = {role}\naws_access_key_id = {alice.key.id}\n"
        + f"aws_secret_access_key = {alice.key.secret}\n"
    )
    done = run_awsenv("assume", "both", "--shell", "bash")
    assert done.returncode == 3
    assert "nothing to assume it from" in done.stderr
    assert "source_profile = both" in done.stderr
    assert "nothing to assume it from" in run_awsenv("doctor", "--offline").stdout


def test_a_session_of_a_federated_tool(sts: RunningSts) -> None:
    credentials = sts.aws_folder / "credentials"

    def written(expires: str) -> None:
        credentials.write_text(
            "[saml]\naws_access_key_id = ASIASAML\naws_secret_access_key = s\n"
            "aws_session_token = t\nx_principal_arn = arn:aws:sts::1:assumed-role/x/me\n"
            f"x_security_token_expires = {expires}\n"
        )

    written("2020-01-01T10:00:00+02:00")
    done = run_awsenv("assume", "saml", "--shell", "bash")
    assert done.returncode == 4
    assert "the session of profile 'saml' has expired" in done.stderr
    fix = "sign in again with the program that wrote it"
    assert fix in done.stderr
    assert f"fix: {fix}" in run_awsenv("doctor", "--offline").stdout
    written(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1800)))
    done = run_awsenv("assume", "saml", "--format", "json")
    assert int(json.loads(done.stdout)["AWSENV_EXPIRES_AT"]) > time.time() + 1700


def test_a_record_with_a_changed_byte_is_not_used(sts: RunningSts) -> None:
    log_in(sts)
    role_of("dev")
    for record in Path(os.environ["HOME"], ".cache/awsenv/sessions").iterdir():
        text = record.read_text()
        if "KIND=role" in text:
            secret = text.partition("AWS_SECRET_ACCESS_KEY=")[2][:1]
            changed = text.replace(f"KEY={secret}", f"KEY={'x' if secret != 'x' else 'y'}")
            assert with_check(changed) != changed
            record.write_text(changed)
    before = sts.control.count("AssumeRole")
    assert ":assumed-role/dev/" in role_of("dev")
    assert sts.control.count("AssumeRole") == before + 1


def test_what_a_profile_says_of_endpoints_goes_along(sts: RunningSts) -> None:
    log_in(sts)
    config = config_of(sts)
    url = os.environ.pop("AWS_ENDPOINT_URL")
    os.environ["AWS_ENDPOINT_URL_STS"] = url
    config.write_text(
        config.read_text().replace("[profile dev]\n", "[profile dev]\nservices = local\n")
        + "\n[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:9\n"
        + "dynamodb =\n  endpoint_url = http://127.0.0.1:8\n"
    )
    edit(config, "[default]\n", "[default]\nuse_fips_endpoint = true\n")
    found = json.loads(run_awsenv("assume", "dev", "--format", "json").stdout)
    assert found["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:9"
    assert found["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:8"
    assert found["AWS_USE_FIPS_ENDPOINT"] == "false"
    there = {name: text for name, text in found.items() if text is not None}
    following = json.loads(run_awsenv("assume", "prod-admin", "--format", "json", env=there).stdout)
    assert following["AWS_ENDPOINT_URL_S3"] is None
    back = json.loads(run_awsenv("unset", "--format", "json", env=there).stdout)
    assert back["AWS_ENDPOINT_URL_S3"] is None
    assert back["AWS_USE_FIPS_ENDPOINT"] is None
    mine = {**there, "AWS_ENDPOINT_URL_S3": "http://mine"}
    assert json.loads(run_awsenv("unset", "--format", "json", env=mine).stdout).get(
        "AWS_ENDPOINT_URL_S3", "kept"
    ) in ("kept", "http://mine")


def test_a_leftover_account_is_not_paired_with_the_keys(sts: RunningSts) -> None:
    log_in(sts)
    left = {"AWS_ACCOUNT_ID": "999999999999"}
    found = json.loads(run_awsenv("assume", "dev", "--format", "json", env=left).stdout)
    account = sts.world.role("dev").arn.split(":")[4]
    assert found["AWS_ACCOUNT_ID"] == account
    there = {name: text for name, text in found.items() if text is not None}
    back = json.loads(run_awsenv("unset", "--format", "json", env=there).stdout)
    assert back["AWS_ACCOUNT_ID"] == "999999999999"
    # With keys whose account is not known, it is nobody's.
    keys = json.loads(run_awsenv("assume", "prod-admin", "--format", "json", env=there).stdout)
    assert keys["AWS_ACCOUNT_ID"] == sts.world.role("prod-admin").arn.split(":")[4]
    assert (
        json.loads(run_awsenv("assume", "dev", "--format", "json").stdout)["AWS_ACCOUNT_ID"] is None
    )
    for _ in range(2):
        told = json.loads(run_awsenv("credential-process", "dev").stdout)
        assert told["AccountId"] == account


def test_the_users_own_keys_are_in_no_output_and_no_child(sts: RunningSts) -> None:
    log_in(sts)
    mine = {"AWS_ACCESS_KEY_ID": "AKIAMINE", "AWS_SECRET_ACCESS_KEY": "hush+secret"}
    for form in ("json", "dotenv"):
        assert "hush" not in run_awsenv("assume", "dev", "--format", form, env=mine).stdout
    assert "hush" not in run_awsenv("exec", "dev", "env", env=mine).stdout
    assert "hush" in run_awsenv("assume", "dev", "--shell", "bash", env=mine).stdout
    kept = {**mine, "AWSENV_KEEP_KEYS": "no"}
    assert "hush" not in run_awsenv("assume", "dev", "--shell", "bash", env=kept).stdout
    for form in ("json", "dotenv"):
        assert (
            "shy"
            not in run_awsenv(
                *("assume", "dev", "--format", form), env={"AWS_SECURITY_TOKEN": "shy"}
            ).stdout
        )


@pytest.mark.parametrize("keep", ["yes", "no"])
def test_unset_in_a_format_restores_all_but_the_users_own_keys(sts: RunningSts, keep: str) -> None:
    log_in(sts)
    alice = sts.world.user("alice")
    mine = {
        "AWS_ACCESS_KEY_ID": alice.key.id,
        "AWS_SECRET_ACCESS_KEY": alice.key.secret,
        "AWS_SECURITY_TOKEN": "shy",
        "AWS_REGION": "sa-east-1",
        "AWSENV_KEEP_KEYS": keep,
    }
    there = evaluated("assume", "dev", env=mine)
    for form in ("json", "dotenv", "cmd"):
        done = run_awsenv("unset", "--format", form, env=there)
        assert done.returncode == 0
        assert alice.key.secret not in done.stdout
        assert "shy" not in done.stdout
        assert "sa-east-1" in done.stdout
        assert f"--format {form} does not print your own keys" in done.stderr
    found = json.loads(run_awsenv("unset", "--format", "json", env=there).stdout)
    assert [found[name] for name in mine if "KEY" in name and name in found] == [None, None]
    assert found["AWS_SESSION_TOKEN"] is None
    # Keys that the user has exported since then are theirs, and stay.
    since = {**there, "AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECRET_ACCESS_KEY": "other"}
    found = json.loads(run_awsenv("unset", "--format", "json", env=since).stdout)
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & found.keys()
    assert evaluated("unset", env=there)["AWS_SECRET_ACCESS_KEY"] == alice.key.secret


def test_a_default_of_the_users_own_outlives_a_session(sts: RunningSts) -> None:
    log_in(sts)
    mine = {"AWSENV_PROFILE": "dev"}
    found = json.loads(run_awsenv("assume", "prod-admin", "--format", "json", env=mine).stdout)
    there = {name: text for name, text in found.items() if text is not None}
    assert there["AWSENV_PROFILE"] == "prod-admin"
    back = json.loads(run_awsenv("unset", "--format", "json", env=there).stdout)
    assert back["AWSENV_PROFILE"] == "dev"
    role = sts.world.role("dev").arn
    args = ("assume", "--role-arn", role, "--source-profile", "default", "--format", "json")
    found = json.loads(run_awsenv(*args).stdout)
    there = {name: text for name, text in found.items() if text is not None}
    # A role without a profile is none to fall back on.
    assert run_awsenv("explain", env=there).stdout.startswith("default\n")
    named = {**there, "AWSENV_DEFAULT_PROFILE": "prod-admin"}
    assert run_awsenv("explain", env=named).stdout.startswith("prod-admin\n")


def test_a_profile_exported_since_is_told_of(sts: RunningSts) -> None:
    log_in(sts)
    found = json.loads(run_awsenv("assume", "dev", "--format", "json").stdout)
    there = {name: text for name, text in found.items() if text is not None}
    there["AWS_PROFILE"] = "other"
    assert "AWS_PROFILE=other is set" in run_awsenv("status", env=there).stdout
    assert "(AWS_PROFILE=other)" in run_awsenv("prompt", env=there).stdout
    told = json.loads(run_awsenv("status", "--json", env=there).stdout)
    assert told["overruled_by"] == "AWS_PROFILE=other"


def test_a_role_without_a_profile_is_saved_and_renewed_as_it_was_asked_for(
    sts: RunningSts,
) -> None:
    log_in(sts)
    role = sts.world.role("dev").arn
    save(
        *("--role-arn", role, "--source-profile", "default"),
        *("--session-name", "mySession1", "--duration", "1h", "--as", "job"),
    )
    assert who_is("job").endswith(":assumed-role/dev/mySession1")
    assert "awsenv_saved_from" not in saved(sts, "job")
    first = saved(sts, "job")["aws_access_key_id"]
    forget_records()
    log_in_again = run_awsenv("assume", "job", "--refresh", "--format", "json")
    if log_in_again.returncode:
        code = ("--mfa-code", sts.code())
        log_in_again = run_awsenv("assume", "job", "--refresh", *code, "--format", "json")
    assert log_in_again.returncode == 0, log_in_again.stderr
    assert saved(sts, "job")["aws_access_key_id"] != first
    assert who_is("job").endswith(":assumed-role/dev/mySession1")
    there = saved(sts, "job")
    for option in (("--session-name", "other"), ("--external-id", "another")):
        done = run_awsenv("assume", "job", *option, "--format", "json")
        assert json.loads(done.stdout)["AWSENV_PROFILE"] == "job"
    assert saved(sts, "job") == there, "a session with other options is another one"
    # Saved again, and under another name, with the same options.
    save("job", "--refresh")
    save("job", "--as", "job2")
    assert saved(sts, "job")["aws_access_key_id"] != there["aws_access_key_id"]
    assert saved(sts, "job2")["awsenv_saved_with"] == there["awsenv_saved_with"]
    assert who_is("job2").endswith(":assumed-role/dev/mySession1")
    listed = json.loads(run_awsenv("list", "--json").stdout)
    row = next(each for each in listed if each["profile"] == "job")
    assert (row["role_arn"], row["through"]) == (role, ["default"])
    assert row["seconds_left"] > 3000
    set_expiration(sts, "job", time.time() - 60)
    assert "fix: awsenv assume job" in run_awsenv("doctor", "--offline").stdout
    assert run_awsenv("logout", "--all").returncode == 0
    assert "[job]" not in (sts.aws_folder / "credentials").read_text()


def test_a_dash_in_front_of_a_name_is_no_option(sts: RunningSts) -> None:
    config = config_of(sts)
    config.write_text(config.read_text() + "\n[profile -dash]\nsource_profile = default\n")
    edit(config, "[profile -dash]\n", f"[profile -dash]\nrole_arn = {sts.world.role('dev').arn}\n")
    save("--as-process", "odd", "--", "-dash")
    assert "credential_process = awsenv credential-process -- -dash" in config.read_text()


def test_a_region_that_is_not_enabled_costs_no_session(sts: RunningSts) -> None:
    log_in(sts)
    sts.control.disable_region("ap-east-1")
    done = run_awsenv("assume", "dev", "--region", "ap-east-1", "--shell", "bash")
    assert done.returncode == 5
    assert "has not enabled the region ap-east-1" in done.stderr
    assert "pass --region" in done.stderr
    # The day's MFA session is still there: no code is asked for.
    assert run_awsenv("assume", "dev", "--shell", "bash").returncode == 0
    assert sts.control.count("GetSessionToken") == 1


def test_a_saved_profile_has_the_settings_for_tools(sts: RunningSts) -> None:
    log_in(sts)
    config = config_of(sts)
    edit(config, "[profile dev]\n", "[profile dev]\nuse_dualstack_endpoint = true\n")
    save("dev", "--as", "tool")
    assert saved(sts, "tool")["use_dualstack_endpoint"] == "true"
    edit(config, "use_dualstack_endpoint = true\n", "")
    save("dev", "--as", "tool", "--refresh")
    assert "use_dualstack_endpoint" not in saved(sts, "tool")
    edit(config, "[profile dev]\n", "[profile dev]\nuse_dualstack_endpoint = true\n")
    save("dev", "--as", "tool", "--refresh")
    # A session that is saved with options takes along what its profile says, and so do renewals.
    save("dev", "--external-id", "another", "--as", "job")
    assert run_awsenv("assume", "job", "--refresh", "--shell", "bash").returncode == 0
    for name in ("tool", "job"):
        assert saved(sts, name)["use_dualstack_endpoint"] == "true"
    assert "awsenv_saved_from" not in saved(sts, "job")
    # Whatever was saved under a name last, is what it is renewed as.
    save("prod-admin", "--as", "job")
    assert "awsenv_saved_with" not in saved(sts, "job")
    assert saved(sts, "job")["awsenv_saved_from"] == "prod-admin"
    assert ":assumed-role/prod-admin/" in role_of("job")
    save("dev", "--external-id", "another", "--as", "job")
    assert "awsenv_saved_from" not in saved(sts, "job")
    assert ":assumed-role/dev/" in role_of("job")
    assert run_awsenv("logout", "--all").returncode == 0
    left = (sts.aws_folder / "credentials").read_text()
    assert not [name for name in ("tool", "job") if f"[{name}]" in left]


def test_keys_of_a_profile_are_found_there_again(sts: RunningSts) -> None:
    log_in(sts)
    alice = sts.world.user("alice")
    mine = {
        "AWS_ACCESS_KEY_ID": alice.key.id,
        "AWS_SECRET_ACCESS_KEY": alice.key.secret,
        "AWSENV_KEEP_KEYS": "no",
    }
    done = run_shell('eval "$(awsenv assume dev)"; env', mine)
    assert alice.key.secret not in done
    assert "AWSENV_KEYS_OF" in done
    back = 'eval "$(awsenv assume dev)"; eval "$(awsenv assume prod-admin)"; eval "$(awsenv unset)"'
    done = run_shell(f"{back}; env", mine)
    assert f"AWS_SECRET_ACCESS_KEY={alice.key.secret}" in done
    assert "AWSENV_KEYS_OF" not in done


def run_shell(line: str, env: dict[str, str]) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "--norc", "-c", line],
        env={**os.environ, **env, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_refresh_only_if_little_is_left(sts: RunningSts) -> None:
    log_in(sts)
    found = json.loads(run_awsenv("assume", "dev", "--format", "json").stdout)
    there = {name: text for name, text in found.items() if text is not None}
    calls = sts.control.count("AssumeRole")
    args = ("refresh", "--shell", "bash", "--if-below")
    done = run_awsenv(*args, "15m", env=there)
    assert (done.returncode, sts.control.count("AssumeRole")) == (0, calls)
    assert "AWS_ACCESS_KEY_ID" not in done.stdout
    # Less than that is left here, and on disk.
    done = run_awsenv(*args, "59m59s", env={**there, "AWSENV_EXPIRES_AT": "1"})
    assert done.returncode == 0, done.stderr
    assert sts.control.count("AssumeRole") == calls + 1
    assert "AWS_ACCESS_KEY_ID" in done.stdout
    assert run_awsenv(*args, "soon", env=there).returncode == 2
