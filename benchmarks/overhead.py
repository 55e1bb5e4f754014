"""What does a recorded, redacted and judged exchange cost beside a bare one?

A server in a process of its own answers at once with a body like Kibana's. The same requests are sent in a loop by a
bare ``httpx.Client`` that reads the JSON, and by :class:`KibanaClient` with safety gate, recorder, redactor and,
where a contract is at hand, all response checks. Prints microseconds and the ratio; exits 1 above the limit.
"""

import argparse
import json
import multiprocessing
import socket
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import httpx

from pytest_kibana.target import Owned, SafetyPolicy, load_facts
from pytest_kibana.wire import ApiKey, Exchange, KibanaClient, Request, Timeouts, read_endpoint

LIMIT = 1.5
PATH = "/api/spaces/space"
SPACE = {
    "id": "kbn-test-space",
    "name": "A space to measure with",
    "description": "It has the members that a space has.",
    "color": "#aabbcc",
    "initials": "MB",
    "imageUrl": "",
    "disabledFeatures": [
        "apm",
        "infrastructure",
        "logs",
        "observabilityCasesV3",
        "securitySolutionCasesV3",
        "slo",
    ],
    "solution": "classic",
}
HEAD = (
    "HTTP/1.1 200 OK\r\nkbn-name: measured\r\ncontent-type: application/json; charset=utf-8\r\n"
    "cache-control: private, no-cache, no-store, must-revalidate\r\nx-content-type-options: nosniff\r\n"
    "referrer-policy: strict-origin-when-cross-origin\r\nelastic-api-version: 2023-10-31\r\n"
    "content-length: {}\r\n\r\n"
)


def serve(pipe: Connection, spaces: int) -> None:
    """Answer every request with the same body, as fast as one process can."""
    import asyncio

    body = json.dumps([SPACE] * spaces).encode()
    answer = HEAD.format(len(body)).encode() + body

    class Answering(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.write(answer * data.count(b"\r\n\r\n"))

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def rounds(send: Callable[[int], object], requests: int, threads: int) -> float:
    """Return microseconds per request."""
    began = time.perf_counter()
    if threads == 1:
        for n in range(requests):
            send(n)
    else:
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(send, range(requests), chunksize=16):
                pass
    return (time.perf_counter() - began) / requests * 1e6


def judging(contract: str | None) -> Callable[[Exchange], None]:
    """Return what looks at every exchange: all checks of responses where there is a contract, else nothing."""
    if contract is None:
        return lambda _exchange: None
    from pytest_kibana.checks import Look, judge
    from pytest_kibana.contract import load

    loaded = load(contract)
    operation = loaded.operation(f"GET {PATH}")
    return lambda exchange: [None for _ in judge(Look(exchange, operation, loaded), ["R", "P"])] and None


def measure(url: str, requests: int, threads: int, contract: str | None) -> float:
    """Print both times and return their ratio: the median of five rounds, taken in turns."""
    gate = SafetyPolicy("space", load_facts(), Owned("kbn-test"))
    listener = judging(contract)
    request = Request("GET", PATH, headers=(("elastic-api-version", "2023-10-31"),), operation=f"GET {PATH}")
    endpoint, _ = read_endpoint(url, timeouts=Timeouts(), connections=threads, trust_environment=False)
    key = ApiKey.of("measured", "a-secret-of-the-benchmark")
    limits = httpx.Limits(max_connections=threads)
    with (
        KibanaClient(endpoint, key, gates=(gate,), listeners=(listener,)) as ours,
        httpx.Client(base_url=url, headers=dict(key.headers()), trust_env=False, limits=limits) as bare,
    ):

        def bare_exchange(_n: int) -> object:
            return bare.get(PATH).json()

        def our_exchange(_n: int) -> object:
            return ours.send(request)

        pairs = []
        for send in (bare_exchange, our_exchange):
            rounds(send, requests // 10, threads)
        for _ in range(5):
            pairs.append((rounds(bare_exchange, requests, threads), rounds(our_exchange, requests, threads)))
    ratio = statistics.median(ours / bare for bare, ours in pairs)
    times = [statistics.median(column) for column in zip(*pairs, strict=True)]
    print(f"  {threads:2} threads: bare {times[0]:6.0f} µs, ours {times[1]:6.0f} µs, ratio {ratio:.2f}")
    return ratio


def main() -> int:
    """Measure with one thread and with several, small answers and large ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--contract", default="core", help="judge answers by this contract; empty for none")
    options = parser.parse_args()
    worst = 0.0
    for spaces in (1, 20):
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.Process(target=serve, args=(theirs, spaces), daemon=True)
        server.start()
        try:
            url = f"http://127.0.0.1:{ours.recv()}"
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
                pass
            print(
                f"answer of {len(json.dumps([SPACE] * spaces))} bytes, contract {options.contract or 'none'}"
            )
            for threads in (1, 8):
                worst = max(worst, measure(url, options.requests, threads, options.contract or None))
        finally:
            server.terminate()
            server.join()
    print(f"worst ratio {worst:.2f}, limit {LIMIT}")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
