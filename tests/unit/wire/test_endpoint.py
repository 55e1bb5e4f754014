"""What a person writes as an address is read, or refused with a reason, and never repeated with its password."""

import base64

import pytest

from pytest_kibana.errors import UsageError
from pytest_kibana.wire import Basic, decode_cloud_id, read_endpoint
from pytest_kibana.wire.endpoint import environment_proxy


def cloud_id(text: str, name: str = "prod") -> str:
    return f"{name}:{base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("http://kibana.example:5601", "http://kibana.example:5601"),
        ("http://kibana.example:5601/", "http://kibana.example:5601"),
        ("https://kibana.example/base/path/", "https://kibana.example/base/path"),
        ("https://kibana.example:443", "https://kibana.example"),
        ("http://[::1]:5601/x", "http://[::1]:5601/x"),
        ("  http://kibana.example  ", "http://kibana.example"),
        ("https://büro.example", "https://xn--bro-hoa.example"),
    ],
)
def test_addresses_are_cleaned(written: str, url: str) -> None:
    assert read_endpoint(written)[0].url == url


@pytest.mark.parametrize(
    "written",
    [
        "",
        "kibana.example:5601",
        "kibana.example",
        "ftp://kibana.example",
        "http://",
        "http://kibana.example:port",
        "http://kibana.example:99999",
        "http://kibana.example/?x=1",
        "http://kibana.example/#/app",
        "http://kib ana.example",
        "http://[::1",
    ],
)
def test_what_is_no_address_is_refused_with_a_hint(written: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_endpoint(written)
    assert "https://kibana.example" in caught.value.hint


def test_credentials_leave_the_url() -> None:
    endpoint, credentials = read_endpoint("https://some%40one:p%3Ass@kibana.example/base")
    assert endpoint.url == "https://kibana.example/base"
    assert credentials == Basic("some@one", "p:ss")
    assert "p%3Ass" not in repr(endpoint)
    assert "p:ss" not in repr((endpoint, credentials))


@pytest.mark.parametrize(
    "written",
    [
        "https://user:canary-pw@kibana.example/?q",
        "user:canary-pw@kibana.example",
        "ftp://user:canary-pw@x",
        "//u:canary-pw@x",
    ],
)
def test_a_refused_address_is_shown_without_its_password(written: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_endpoint(written)
    assert "canary-pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("eu.cloud.example$es1$kb1", "https://kb1.eu.cloud.example"),
        ("eu.cloud.example:443$es1$kb1", "https://kb1.eu.cloud.example"),
        ("eu.cloud.example:9243$es1$kb1", "https://kb1.eu.cloud.example:9243"),
        ("eu.cloud.example$es1:9200$kb1:9244", "https://kb1.eu.cloud.example:9244"),
    ],
)
def test_cloud_ids_are_decoded(text: str, url: str) -> None:
    assert decode_cloud_id(cloud_id(text)) == url
    assert decode_cloud_id(cloud_id(text).split(":")[1]) == url
    assert read_endpoint(cloud_id=cloud_id(text))[0].url == url


@pytest.mark.parametrize(
    "written", ["", "x:y", cloud_id("no-dollar"), cloud_id("only$es"), cloud_id("host$es$")]
)
def test_a_broken_cloud_id_is_refused(written: str) -> None:
    with pytest.raises(UsageError):
        decode_cloud_id(written)


def test_one_of_url_and_cloud_id_is_needed() -> None:
    for given in ({}, {"url": "http://a", "cloud_id": "b"}):
        with pytest.raises(UsageError):
            read_endpoint(**given)


def test_proxies_come_from_the_environment_unless_the_host_is_excepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert environment_proxy("https", "kibana.example", 443) is None
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pw@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "internal.example,127.0.0.1")
    assert environment_proxy("https", "kibana.example", 443) == "http://user:pw@proxy.example:3128"
    assert environment_proxy("https", "a.internal.example", 443) is None
    assert environment_proxy("http", "kibana.example", 80) is None
    endpoint, _ = read_endpoint("https://kibana.example")
    assert endpoint.proxy is not None
    assert "pw" not in repr(endpoint)
    assert read_endpoint("https://kibana.example", trust_environment=False)[0].proxy is None


def test_tls_files_that_cannot_be_used_are_named(tmp_path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("not a certificate")
    for options in (
        {"ca_file": broken},
        {"client_certificate": broken},
        {"ca_file": tmp_path / "missing.pem"},
    ):
        endpoint, _ = read_endpoint("https://kibana.example", **options)
        with pytest.raises(UsageError, match=r"\.pem"):
            endpoint.ssl_context()
