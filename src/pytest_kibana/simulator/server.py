"""Running a stand-in: open the doors, say so, and close them when nobody needs them any more."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn

from pytest_kibana.errors import UsageError
from pytest_kibana.simulator.app import App
from pytest_kibana.simulator.config import Config
from pytest_kibana.simulator.engine import Engine
from pytest_kibana.simulator.joining import open_contracts
from pytest_kibana.simulator.world import NAME, World

Json = Any


def build(config: Config) -> App:
    """Return the application that plays what the config says.

    Raises:
        ContractError: the contract cannot be had or read.
        UsageError: the data file or a fault cannot be right.
    """
    contract = open_contracts((config.contract, *config.beside), config.contract_path or None)
    world = World(config, contract)
    engine = Engine(world)
    engine.faults.switch_on(config.faults, quirks=config.quirks)
    if world.upgraded():
        engine.faults.migrate()
    world.open()
    return App(world, engine)


def run(config: Config) -> None:
    """Serve until interrupted. Prints a banner, and writes the ready file once requests are accepted."""
    app = build(config)
    doors = _Doors(config, app)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: doors.told_to_end())
    asyncio.run(doors.serve())
    app.world.close()


@contextlib.contextmanager
def serve(config: Config) -> Iterator[dict[str, Json]]:
    """Serve in a thread of this process while the block runs; yields what the ready file would say."""
    app = build(config)
    doors = _Doors(config, app)
    thread = threading.Thread(target=lambda: asyncio.run(doors.serve()), name="kibana-stand-in", daemon=True)
    thread.start()
    if not doors.open.wait(30):
        raise UsageError("the stand-in did not start", hint="Its log says why.")
    try:
        yield doors.said
    finally:
        doors.stop()
        thread.join(10)
        app.world.close()


class _Doors:
    """The listening sockets of one stand-in: Kibana's, and those that were asked for."""

    def __init__(self, config: Config, app: App) -> None:
        self.config = config
        self.app = app
        self.open = threading.Event()
        self.said: dict[str, Json] = {}
        self._servers: list[uvicorn.Server] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self) -> None:
        config = self.config
        self._loop = asyncio.get_running_loop()
        sockets = [(self.app, _listen(config.host, config.port))]
        self._describe(sockets[0][1])
        for name, application, port in self._side_doors():
            door = _listen(config.host, port)
            self.said[name] = _url(config.host, door)
            sockets.append((application, door))
        self._servers = [_server(application) for application, _ in sockets]
        tasks = [
            asyncio.create_task(server.serve(sockets=[door]))
            for server, (_, door) in zip(self._servers, sockets, strict=True)
        ]
        while not all(server.started for server in self._servers):
            await asyncio.sleep(0.005)
        self._announce()
        if config.exit_with_parent:
            threading.Thread(target=self._watch_parent, daemon=True).start()
        self.open.set()
        # A signal reaches one server only; where one door closes, all do.
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self.stop()
        await asyncio.gather(*tasks)

    def _side_doors(self) -> Iterator[tuple[str, Any, int]]:
        if self.config.control_port is not None:
            from pytest_kibana.simulator.control import Control

            yield "control_url", Control(self.app), self.config.control_port
        if self.config.elasticsearch_port is not None:
            from pytest_kibana.simulator.elastic import Elasticsearch

            yield "elasticsearch_url", Elasticsearch(self.app.world), self.config.elasticsearch_port

    def told_to_end(self) -> None:
        """Begin to end: what a signal does. Whoever sends a second one is tired of waiting."""
        if self._loop is None:
            raise KeyboardInterrupt
        self._loop.call_soon_threadsafe(self.stop if self.app.world.closing else self._drain)

    def _drain(self) -> None:
        """Take nothing new, and close the doors when every answer under way is out, or has taken too long.

        Until then everybody is told with 503 that Kibana is shutting down (Kibana source, http_server.ts).
        """
        self.app.world.closing = True
        self.app.on_idle = self.stop
        if self.app.busy and self._loop is not None:
            self._loop.call_later(self.config.shutdown_seconds, self.stop)
        else:
            self.stop()

    def stop(self) -> None:
        """Ask every door to close."""
        for server in self._servers:
            server.should_exit = True

    def _watch_parent(self) -> None:
        """Stop when standard input ends: the parent holds its other end, and lets go when it dies."""
        while os.read(0, 1024):
            continue
        self.stop()

    def _describe(self, door: socket.socket) -> None:
        world = self.app.world
        identities = world.identities
        self.said = {
            "url": _url(self.config.host, door) + self.config.base_path,
            "pid": os.getpid(),
            "name": NAME,
            "version": world.version,
            "flavor": self.config.flavor,
            "license": self.config.license,
            "contract": world.contract.source,
            "operations": len(world.contract.operations),
            "username": "elastic",
            "password": "changeme",
            "viewer_username": "viewer",
            "viewer_password": "changeme",
            "api_key": identities.api_key,
            "viewer_api_key": identities.viewer_api_key,
            "bearer": identities.token,
        }

    def _announce(self) -> None:
        if self.config.ready_file is not None:
            draft = self.config.ready_file.with_name(self.config.ready_file.name + ".new")
            draft.write_text(json.dumps(self.said))
            draft.replace(self.config.ready_file)
        if not self.config.quiet:
            print(banner(self.said), flush=True)


def banner(said: dict[str, Json]) -> str:
    """Return what a person reads at start."""
    lines = [
        "This is a stand-in, not a Kibana: it keeps what it is sent in memory and forgets it.",
        f"  {said['url']}  plays Kibana {said['version']} {said['flavor']}, licence {said['license']}",
        f"  contract  {said['contract']}, {said['operations']} operations",
        "  users     elastic / changeme (superuser), viewer / changeme (reads everywhere)",
        f"  API keys  {said['api_key']} (superuser)",
        f"            {said['viewer_api_key']} (viewer)",
    ]
    lines += [f"  {name:9} {said[name]}" for name in ("control_url", "elasticsearch_url") if name in said]
    return "\n".join(lines)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches off Nagle's delay only where the protocol is named; without it each answer waits 40 ms.
    door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as trouble:
        door.close()
        raise UsageError(
            f"cannot listen on {host}:{port}: {trouble}", hint="Take another port, or 0 for any that is free."
        ) from trouble
    return door


def _url(host: str, door: socket.socket) -> str:
    port = door.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(application: Any) -> "_Server":
    settings = uvicorn.Config(
        application,
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="error",
        server_header=False,
        date_header=True,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=1,
        ws="none",
        backlog=2048,
    )
    return _Server(settings)


class _Server(uvicorn.Server):
    """A server that leaves signals to the doors: one signal is for every server, and waits for answers under way."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
