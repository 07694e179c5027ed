"""On the way to STS: partitions, regional endpoints, endpoint variables, CA bundle, proxies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from awsenv.demo.server import Server
from awsenv.demo.world import demo_world, write_config
from support.assuming import assume, environment, identity_by_cli
from support.sources import add_section
from support.stand_in_network import Authority, Proxy
from support.world import RunningSts, run_awsenv

PARTITIONS = {
    "aws": ("eu-south-2", "sts.eu-south-2.amazonaws.com", "us-east-1"),
    "aws-cn": ("cn-northwest-1", "sts.cn-northwest-1.amazonaws.com.cn", "cn-north-1"),
    "aws-us-gov": ("us-gov-east-1", "sts.us-gov-east-1.amazonaws.com", "us-gov-west-1"),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    names = [
        host.replace(region, each)
        for region, host, default in PARTITIONS.values()
        for each in (region, default)
    ]
    return Authority.make(tmp_path_factory.mktemp("authority"), *names)


@pytest.fixture(params=PARTITIONS)
def partition(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def away(clean_env: Path, partition: str) -> Iterator[RunningSts]:
    """An STS in a partition, which no config and no variable leads to."""
    with Server(demo_world(partition)) as server:
        folder = clean_env / ".aws"
        write_config(server.world, "", str(folder))
        text = (folder / "config").read_text()
        home = PARTITIONS[partition][0]
        lines = [
            f"region = {home}" if line.startswith("region =") else line
            for line in text.splitlines()
        ]
        (folder / "config").write_text("\n".join(lines) + "\n")
        yield RunningSts(server, folder)


@pytest.fixture
def proxy(
    away: RunningSts, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxy]:
    away.server.any_host = True
    with Proxy(away.url, authority) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        yield proxy


def test_the_regional_endpoint_of_the_partition(
    away: RunningSts, proxy: Proxy, authority: Authority, partition: str
) -> None:
    region, host, default = PARTITIONS[partition]
    env = {"AWS_CA_BUNDLE": str(authority.bundle)}
    change = assume("dev", "--mfa-code", away.code(), env=env)
    assert set(proxy.connected) == {f"{host}:443"}
    assert {each["region"] for each in away.control.requests()} == {region}
    told = identity_by_cli({**environment(change), **env})
    assert told.startswith(f"arn:{partition}:sts::777788889999:assumed-role/dev/")
    # A region of another partition in the environment is not for this one.
    config = away.aws_folder / "config"
    config.write_text(config.read_text().replace(f"region = {region}\n", ""))
    env["AWS_REGION"] = "eu-south-2" if partition != "aws" else "cn-northwest-1"
    assume("dev", "--refresh", env=env)
    assert away.control.requests()[-1]["region"] == default


@pytest.mark.parametrize("partition", ["aws"], indirect=True)
def test_trust_comes_from_the_bundle(
    away: RunningSts, proxy: Proxy, authority: Authority, tmp_path: Path
) -> None:
    done = run_awsenv("assume", "dev", "--mfa-code", away.code(), "--shell", "bash")
    assert done.returncode == 6
    assert "the TLS certificate of STS in eu-south-2 is not trusted" in done.stderr
    assert "AWS_CA_BUNDLE" in done.stderr
    config = away.aws_folder / "config"
    text = config.read_text()
    config.write_text(
        text.replace("[profile dev]", f"[profile dev]\nca_bundle = {authority.bundle}")
    )
    assume("dev", "--mfa-code", away.code())
    missing = {"AWS_CA_BUNDLE": str(tmp_path / "none.pem")}
    done = run_awsenv("assume", "dev", "--refresh", "--shell", "bash", env=missing)
    assert done.returncode == 3
    assert "none.pem" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("partition", ["aws"], indirect=True)
def test_proxy_that_is_down(away: RunningSts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    done = run_awsenv("assume", "dev", "--mfa-code", away.code(), "--shell", "bash")
    assert done.returncode == 6
    assert "the proxy on the way to STS in eu-south-2 does not answer" in done.stderr


@pytest.mark.parametrize("partition", ["aws"], indirect=True)
def test_no_proxy(
    away: RunningSts, proxy: Proxy, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", away.url)
    assume("dev", "--mfa-code", away.code())
    assert proxy.connected == []


@pytest.mark.parametrize(
    "how",
    [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_STS",
        "endpoint_url",
        "services",
        "over the general one",
    ],
)
@pytest.mark.parametrize("partition", ["aws"], indirect=True)
def test_endpoint_from_every_place(
    away: RunningSts, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "http://127.0.0.1:9"
    config = away.aws_folder / "config"
    keys = ""
    if how == "over the general one":
        monkeypatch.setenv("AWS_ENDPOINT_URL", nowhere)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", away.url)
    elif how == "endpoint_url":
        keys = f"endpoint_url = {away.url}"
    elif how == "services":
        keys = f"services = local\nendpoint_url = {nowhere}"
        add_section(away, "services local", sts=f"\n  endpoint_url = {away.url}")
    else:
        monkeypatch.setenv(how, away.url)
    config.write_text(config.read_text().replace("[profile dev]", f"[profile dev]\n{keys}"))
    assume("dev", "--mfa-code", away.code())
    assert away.control.count("AssumeRole") == 1
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    monkeypatch.setenv("HTTPS_PROXY", nowhere)
    done = run_awsenv("assume", "dev", "--mfa-code", away.code(), "--refresh", "--shell", "bash")
    assert done.returncode == 6
