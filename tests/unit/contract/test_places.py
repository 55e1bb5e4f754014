"""Versions are looked for on the search path, in the cache, and where they are published; downloads are pinned."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.contract import choose, load, published, versions
from pytest_kibana.errors import ContractError, ContractUnavailable

Script = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Serves one text, as its server's script says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.requests.append((self.path, dict(self.headers.items())))
        server.script(self)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def give(self, data: bytes, status: int = 200, *, cut: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data if cut is None else data[:cut])
        if cut is not None:
            self.wfile.flush()
            self.close_connection = True


class Server:
    """A server on loopback with a script, and what it was asked."""

    def __init__(self) -> None:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.requests = []  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def requests(self) -> list[tuple[str, dict[str, str]]]:
        found: list[tuple[str, dict[str, str]]] = self.http.requests  # type: ignore[attr-defined]
        return found

    def plays(self, script: Script) -> None:
        self.http.script = script  # type: ignore[attr-defined]

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(5)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def text(build: Any) -> bytes:
    return json.dumps(build(filler="x" * 300_000)).encode()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no search path of the machine takes part."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "KIBANA_CONTRACT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def published_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let contracts be published at a URL of ours."""

    def move(url: str) -> None:
        table = {**published._table()}
        table["published"] = {**table["published"], "url": url + "/{ref}/{file}"}
        monkeypatch.setattr(published, "_table", lambda: table)

    return move


def test_a_version_is_looked_up_on_the_search_path(
    tmp_path: Path, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for place, title in ((first, "one"), (second, "two")):
        place.mkdir()
        (place / "kibana-9.1.json").write_text(json.dumps(build(info={"title": title, "version": "1"})))
    (second / "kibana.serverless.yaml").write_text(json.dumps(build(info={"title": "less", "version": "1"})))
    monkeypatch.setenv("KIBANA_CONTRACT_PATH", f"{tmp_path / 'nowhere'}:{first}:{second}")
    cache = tmp_path / "cache"
    assert [load(s, cache_dir=cache).title for s in ("9.1", "9.1.4", "9.1.4-SNAPSHOT", "v9.1")] == ["one"] * 4
    assert load("9.1", cache_dir=cache, search=[second]).title == "two"
    found = load("9.1", cache_dir=cache)
    assert (found.version, found.flavor) == ("9.1", "traditional")
    less = load("serverless", cache_dir=cache)
    assert (less.title, less.version, less.flavor) == ("less", None, "serverless")


@pytest.mark.parametrize(
    ("version", "flavor", "source"),
    [
        ("9.1.4", "traditional", "9.1"),
        ("9.2.0-SNAPSHOT", "traditional", "9.2"),
        ("8.19.7", "traditional", "8.19"),
        ("12.3.0", "traditional", "12.3"),
        ("9.2.0", "serverless", "serverless"),
    ],
)
def test_auto_means_the_contract_of_the_deployment(version: str, flavor: str, source: str) -> None:
    assert choose(version, flavor) == source


@pytest.mark.parametrize("version", ["7.17.0", "8.2.1"])
def test_a_version_that_was_never_published_says_what_there_is(version: str, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no contract is published") as caught:
        load(choose(version, "traditional"), cache_dir=tmp_path)
    assert all(known in caught.value.hint for known in versions())


def test_a_copy_of_a_version_that_was_never_published_will_do(tmp_path: Path, build: Any) -> None:
    (tmp_path / "kibana-8.2.json").write_text(json.dumps(build()))
    assert load("8.2.1", cache_dir=tmp_path / "cache", search=[tmp_path]).version == "8.2"


def test_a_target_without_a_version_has_no_contract() -> None:
    with pytest.raises(ContractError, match="no contract can be chosen"):
        choose("unknown", "traditional")


@pytest.mark.parametrize("source", ["nonsense", "9", "latest", "kibana"])
def test_a_name_of_nothing_says_what_there_is(source: str, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="not a contract") as caught:
        load(source, cache_dir=tmp_path)
    assert "core" in caught.value.hint
    assert "9.1" in caught.value.hint


def test_without_network_and_copy_it_says_what_to_fetch_and_where_to_put_it(
    tmp_path: Path, server: Server, published_at: Any
) -> None:
    published_at(server.url)
    server.stop()
    for offline in (True, False):
        with pytest.raises(ContractUnavailable, match=r"no copy of the contract 9\.2") as caught:
            load("9.2", cache_dir=tmp_path / "cache", offline=offline)
        for part in (
            f"{server.url}/9.2/kibana.yaml",
            str(tmp_path / "cache"),
            "KIBANA_CONTRACT_PATH",
            "kibana-9.2.yaml",
        ):
            assert part in caught.value.hint


def test_a_download_is_kept_and_pinned(
    tmp_path: Path, server: Server, published_at: Any, text: bytes
) -> None:
    published_at(server.url)
    server.plays(lambda handler: handler.give(text))
    lock, seen = tmp_path / "kibana-contracts.lock", []
    for _ in range(2):
        contract = load(
            "9.2",
            cache_dir=tmp_path / "cache",
            lock=lock,
            progress=lambda url, done, total: seen.append((done, total)),
        )
    assert contract.version == "9.2"
    assert [path for path, _ in server.requests] == ["/9.2/kibana.yaml"]
    assert seen[-1] == (len(text), len(text))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert hashlib.sha256(text).hexdigest() in lock.read_text()


def test_another_text_than_the_locked_one_is_an_error_that_says_how_to_accept(
    tmp_path: Path, server: Server, published_at: Any, text: bytes
) -> None:
    published_at(server.url)
    lock = tmp_path / "kibana-contracts.lock"
    server.plays(lambda handler: handler.give(text))
    load("9.2", cache_dir=tmp_path / "one", lock=lock)
    load("9.3", cache_dir=tmp_path / "one", lock=lock)
    server.plays(lambda handler: handler.give(text + b" "))
    with pytest.raises(ContractError, match="sha256") as caught:
        load("9.2", cache_dir=tmp_path / "two", lock=lock)
    assert "9.2" in caught.value.hint
    assert "remove" in caught.value.hint
    pinned = lock.read_text()
    lock.write_text(pinned[: pinned.index('["9.2"]')] + pinned[pinned.index('["9.3"]') :])
    load("9.2", cache_dir=tmp_path / "two", lock=lock)
    assert hashlib.sha256(text + b" ").hexdigest() in lock.read_text()
    assert hashlib.sha256(text).hexdigest() in lock.read_text()


def test_a_damaged_lock_is_an_error(tmp_path: Path, server: Server, published_at: Any, text: bytes) -> None:
    published_at(server.url)
    server.plays(lambda handler: handler.give(text))
    lock = tmp_path / "kibana-contracts.lock"
    lock.write_text("[9.2\n")
    with pytest.raises(ContractError, match="not TOML"):
        load("9.2", cache_dir=tmp_path / "cache", lock=lock)


def test_a_broken_download_goes_on_where_it_broke_off(tmp_path: Path, server: Server, text: bytes) -> None:
    def script(handler: Handler) -> None:
        asked = handler.headers.get("Range")
        if not asked:
            return handler.give(text, cut=100_000, ETag='"one"')
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        assert handler.headers["If-Range"] == '"one"'
        return handler.give(
            text[start:],
            206,
            cut=150_000,
            ETag='"one"',
            Content_Range=f"bytes {start}-{len(text) - 1}/{len(text)}",
        )

    server.plays(script)
    contract = load(f"{server.url}/kibana-9.2.json", cache_dir=tmp_path)
    assert contract.sha256 == hashlib.sha256(text).hexdigest()
    assert "Range" not in server.requests[0][1]
    assert all(headers.get("Range") for _, headers in server.requests[1:])


def test_a_text_that_changed_in_between_is_fetched_from_the_start(
    tmp_path: Path, server: Server, text: bytes
) -> None:
    other = text.replace(b"Small", b"Other")

    def script(handler: Handler) -> None:
        if handler.headers.get("Range"):
            handler.give(other, ETag='"two"')
        else:
            handler.give(text, cut=100_000, ETag='"one"')

    server.plays(script)
    assert load(f"{server.url}/kibana.json", cache_dir=tmp_path).title == "Other"


def test_a_download_that_never_ends_well_leaves_no_contract_behind(
    tmp_path: Path, server: Server, text: bytes
) -> None:
    server.plays(lambda handler: handler.give(text, cut=1000))
    url = f"{server.url}/kibana.json"
    with pytest.raises(ContractUnavailable, match="could not be fetched") as caught:
        load(url, cache_dir=tmp_path)
    assert url in caught.value.message
    assert not list(tmp_path.rglob("kibana.json"))
    server.plays(lambda handler: handler.give(text))
    assert load(url, cache_dir=tmp_path).title == "Small"


@pytest.mark.parametrize("status", [404, 403, 500, 503])
def test_a_refusing_server_is_named_with_its_status(tmp_path: Path, server: Server, status: int) -> None:
    server.plays(lambda handler: handler.give(b"no", status))
    with pytest.raises(ContractUnavailable, match=str(status)) as caught:
        load(f"{server.url}/kibana.json", cache_dir=tmp_path)
    assert server.url in caught.value.message
    assert len(server.requests) <= 4


def test_a_url_is_asked_again_and_an_unchanged_text_is_not_sent_again(
    tmp_path: Path, server: Server, text: bytes
) -> None:
    def script(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == '"one"':
            handler.send_response(304)
            handler.end_headers()
        else:
            handler.give(text, ETag='"one"')

    server.plays(script)
    for _ in range(2):
        assert load(f"{server.url}/kibana.json", cache_dir=tmp_path).title == "Small"
    server.plays(lambda handler: handler.give(text.replace(b"Small", b"Newer"), ETag='"two"'))
    assert load(f"{server.url}/kibana.json", cache_dir=tmp_path).title == "Newer"


def test_an_unreachable_url_is_unavailable(tmp_path: Path, server: Server) -> None:
    server.stop()
    with pytest.raises(ContractUnavailable, match="refused"):
        load(f"{server.url}/kibana.json", cache_dir=tmp_path)


def test_a_page_that_is_no_contract_says_so(tmp_path: Path, server: Server) -> None:
    server.plays(lambda handler: handler.give(b"<!DOCTYPE html><html>: not yaml: [</html>"))
    with pytest.raises(ContractError, match=r"kibana\.yaml"):
        load(f"{server.url}/kibana.yaml", cache_dir=tmp_path)


def test_a_way_to_fetch_can_be_handed_in(tmp_path: Path, text: bytes) -> None:
    from contextlib import contextmanager
    from io import BytesIO

    asked = []

    @contextmanager
    def fetch(url: str, headers: Any) -> Iterator[Any]:
        asked.append(url)
        body = BytesIO(text)
        yield type("Answer", (), {"status": 200, "headers": {}, "read": body.read})

    assert load("https://kibana.example/kibana.json", cache_dir=tmp_path, fetch=fetch).title == "Small"
    assert asked == ["https://kibana.example/kibana.json"]
