"""TLS: certificates are checked, client certificates shown, HTTP/2 negotiated; proxies are gone through."""

import select
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest
from tests.unit.wire.conftest import Loopback

from pytest_kibana.wire import Exchange, KibanaClient, Request, RetryPolicy, Timeouts, read_endpoint

ONCE = RetryPolicy(attempts=1)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a certificate of 127.0.0.1 and one of a client, each as PEM."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        "req",
        "-x509",
        *new,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-days",
        "2",
        "-subj",
        "/CN=loopback authority",
    )
    for name in ("server", "client"):
        openssl("req", *new, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
        sign = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext")
        openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", *sign)
    return folder


class TlsServer:
    """Answers over TLS, in HTTP/2 or HTTP/1.1 as was negotiated, with the name of the client's certificate."""

    def __init__(self, certificates: Path, *, protocols: list[str], wants_client: bool) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
        self._context.set_alpn_protocols(protocols)
        if wants_client:
            self._context.load_verify_locations(certificates / "ca.pem")
            self._context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(raw,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, raw: socket.socket) -> None:
        raw.settimeout(5)
        with suppress(OSError), closing(raw), self._context.wrap_socket(raw, server_side=True) as secure:
            peer = secure.getpeercert() or {}
            names = [v for part in peer.get("subject", ()) for k, v in part if k == "commonName"]  # type: ignore[union-attr]
            body = (names[0] if names else "nobody").encode()
            (self._http2 if secure.selected_alpn_protocol() == "h2" else self._http1)(secure, body)

    @staticmethod
    def _http1(secure: ssl.SSLSocket, body: bytes) -> None:
        while secure.recv(65536):
            secure.sendall(b"HTTP/1.1 200 OK\r\nkbn-name: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    @staticmethod
    def _http2(secure: ssl.SSLSocket, body: bytes) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        secure.sendall(connection.data_to_send())
        while data := secure.recv(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    connection.send_headers(event.stream_id, [(":status", "200"), ("kbn-name", "x")])
                    connection.send_data(event.stream_id, body, end_stream=True)
            secure.sendall(connection.data_to_send())

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def both(certificates: Path) -> Iterator[TlsServer]:
    server = TlsServer(certificates, protocols=["h2", "http/1.1"], wants_client=False)
    yield server
    server.close()


@pytest.fixture
def strict(certificates: Path) -> Iterator[TlsServer]:
    server = TlsServer(certificates, protocols=["http/1.1"], wants_client=True)
    yield server
    server.close()


def ask(server: TlsServer, host: str = "127.0.0.1", **options: object) -> Exchange:
    endpoint, _ = read_endpoint(
        f"https://{host}:{server.port}",
        trust_environment=False,
        timeouts=Timeouts(total=5),
        **options,  # type: ignore[arg-type]
    )
    with KibanaClient(endpoint, retry=ONCE) as client:
        return client.send(Request("GET", "/api/status"))


def test_http2_is_spoken_where_tls_negotiates_it(both: TlsServer, certificates: Path) -> None:
    answer = ask(both, ca_file=certificates / "ca.pem").answer
    assert answer is not None
    assert (answer.http_version, answer.body, answer.header("kbn-name")) == ("HTTP/2", b"nobody", "x")
    answer = ask(both, ca_file=certificates / "ca.pem", http2=False).answer
    assert answer is not None
    assert answer.http_version == "HTTP/1.1"


def test_an_unknown_authority_is_no_connection(both: TlsServer) -> None:
    exchange = ask(both)
    assert exchange.weather is not None
    assert exchange.weather.kind == "unreachable"
    assert "CERTIFICATE_VERIFY_FAILED" in exchange.weather.sentence


def test_a_certificate_of_another_host_is_no_connection(both: TlsServer, certificates: Path) -> None:
    exchange = ask(both, host="localhost", ca_file=certificates / "ca.pem")
    assert exchange.weather is not None
    assert "match" in exchange.weather.sentence


def test_checking_can_be_switched_off(both: TlsServer) -> None:
    assert ask(both, verify=False).answer is not None


def test_a_client_certificate_is_shown(strict: TlsServer, certificates: Path) -> None:
    answer = ask(
        strict,
        ca_file=certificates / "ca.pem",
        client_certificate=certificates / "client.pem",
        client_key=certificates / "client.key",
    ).answer
    assert answer is not None
    assert answer.body == b"client"


def test_without_the_client_certificate_there_is_no_answer(strict: TlsServer, certificates: Path) -> None:
    exchange = ask(strict, ca_file=certificates / "ca.pem")
    assert exchange.answer is None
    assert exchange.weather is not None


class Proxy:
    """A forward proxy: it relays ``CONNECT``, and answers everything else itself."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://user:canary-proxy-pw@127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with closing(client), suppress(OSError):
                client.settimeout(5)
                head = client.recv(65536)
                self.heads.append(head)
                method, target, _ = head.split(b" ", 2)
                if method == b"CONNECT":
                    host, _, port = target.decode().partition(":")
                    with socket.create_connection((host, int(port)), timeout=5) as server:
                        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                        self._relay(client, server)
                else:
                    client.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nproxy")

    @staticmethod
    def _relay(client: socket.socket, server: socket.socket) -> None:
        while ready := select.select([client, server], [], [], 5)[0]:
            for side in ready:
                data = side.recv(65536)
                if not data:
                    return
                (server if side is client else client).sendall(data)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    running = Proxy()
    yield running
    running.close()


def test_a_tunnel_through_a_proxy(proxy: Proxy, both: TlsServer, certificates: Path) -> None:
    answer = ask(both, ca_file=certificates / "ca.pem", proxy=proxy.url).answer
    assert answer is not None
    assert answer.body == b"nobody"
    assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{both.port} ".encode())
    assert b"roxy-" in proxy.heads[0]


def test_plain_http_through_a_proxy_of_the_environment(
    proxy: Proxy, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "")
    endpoint, _ = read_endpoint("http://kibana.example:5601/base")
    with KibanaClient(endpoint, retry=ONCE) as client:
        answer = client.send(Request("GET", "/api/x")).answer
    assert answer is not None
    assert answer.body == b"proxy"
    assert proxy.heads[0].startswith(b"GET http://kibana.example:5601/base/api/x HTTP/1.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with KibanaClient(read_endpoint(loopback.url)[0]) as client:
        assert client.get("/api/x").status_code == 200


def test_a_proxy_that_is_away_is_no_connection(proxy: Proxy, both: TlsServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://a:canary-proxy-pw@127.0.0.1:{unused.getsockname()[1]}"
    exchange = ask(both, proxy=url)
    assert exchange.weather is not None
    assert exchange.weather.kind == "unreachable"
    assert "canary" not in repr(exchange)


def test_a_proxy_of_another_kind_is_our_mistake() -> None:
    from pytest_kibana.errors import UsageError

    endpoint, _ = read_endpoint("https://kibana.example")
    with pytest.raises(UsageError, match="ftp"):
        KibanaClient(replace(endpoint, proxy="ftp://u:canary@x"))
