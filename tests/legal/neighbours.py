"""Other people on the same deployment: what they have left there, and what they do there all the time."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx

Json = Any
Wanted = tuple[str, str, Json]

_HEADERS = {"kbn-xsrf": "a neighbour"}


def _client(url: str, api_key: str) -> httpx.Client:
    headers = _HEADERS | {"authorization": f"ApiKey {api_key}"}
    return httpx.Client(base_url=url, headers=headers, timeout=30)


def _role() -> Json:
    return {"elasticsearch": {}, "kibana": [{"base": ["read"], "spaces": ["*"]}]}


def _one_of_each(n: int) -> list[Wanted]:
    """Return what makes one object of each kind that a whole deployment shares, and of some of the default space."""
    return [
        ("PUT", f"/api/security/role/old-{n}", _role()),
        ("POST", "/api/fleet/agent_policies", {"name": f"Old policy {n}", "namespace": "default"}),
        ("POST", "/api/fleet/proxies", {"name": f"Old proxy {n}", "url": f"http://proxy-{n}.example:3128"}),
        (
            "POST",
            "/api/fleet/fleet_server_hosts",
            {"name": f"Old host {n}", "host_urls": [f"https://fleet-{n}.example:8220"]},
        ),
        (
            "POST",
            "/api/fleet/outputs",
            {"name": f"Old output {n}", "type": "elasticsearch", "hosts": [f"https://es-{n}.example:9200"]},
        ),
        ("PUT", f"/api/logstash/pipeline/old_{n}", {"pipeline": "input { stdin {} } output { stdout {} }"}),
        ("POST", "/api/actions/connector", {"name": f"Old {n}", "connector_type_id": ".server-log"}),
        ("POST", "/api/data_views/data_view", {"data_view": {"title": f"old-{n}-*", "name": f"Old {n}"}}),
        ("POST", "/api/saved_objects/tag", {"attributes": {"name": f"Old {n}", "color": "#aabbcc"}}),
        ("POST", "/api/exception_lists", {"name": f"Old {n}", "description": "old", "type": "detection"}),
    ]


def settle(url: str, api_key: str, objects: int) -> int:
    """Make so many objects; return how many there are. Kinds that the deployment does not have are left out."""
    with _client(url, api_key) as client, ThreadPoolExecutor(8) as pool:
        first = [(w, client.request(w[0], w[1], json=w[2]).is_success) for w in _one_of_each(0)]
        chosen = [at for at, (_, good) in enumerate(first) if good]
        for n in range(40):
            client.post("/api/spaces/space", json={"id": f"old-{n}", "name": f"Old {n}"})
        wanted = [_one_of_each(n)[at] for n in range(1, objects // max(1, len(chosen)) + 1) for at in chosen]
        made = pool.map(lambda w: client.request(w[0], w[1], json=w[2]).is_success, wanted)
        return sum(made) + len(chosen) + 40


@contextmanager
def busy(url: str, api_key: str, *, pause: float = 0.01) -> Iterator[None]:
    """Make, change and remove spaces, roles, policies and other things for as long as the block lasts."""
    stop = threading.Event()
    worker = threading.Thread(target=_work, args=(url, api_key, stop, pause), daemon=True)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(30)


def _work(url: str, api_key: str, stop: threading.Event, pause: float) -> None:
    dice = random.Random(7)
    alive: list[tuple[str, Json]] = []
    with _client(url, api_key) as client:
        n = 0
        while not stop.wait(pause):
            n += 1
            try:
                if len(alive) > 12 or (alive and dice.random() < 0.4):
                    _leave(client, alive.pop(dice.randrange(len(alive))))
                else:
                    alive += _enter(client, dice, n)
            except httpx.TransportError:
                continue  # the deployment goes away when the run is over
        for one in alive:
            try:
                _leave(client, one)
            except httpx.TransportError:
                return


def _enter(client: httpx.Client, dice: random.Random, n: int) -> list[tuple[str, Json]]:
    if dice.random() < 0.3:
        body = {"id": f"neighbour-{n}", "name": f"Neighbour {n}"}
        good = client.post("/api/spaces/space", json=body).is_success
        return [(f"/api/spaces/space/{body['id']}", None)] if good else []
    method, path, body = dice.choice(_one_of_each(100_000 + n))
    answer = client.request(method, path, json=body)
    if not answer.is_success:
        return []
    if method == "PUT":
        return [(path, None)]
    shown = answer.json()
    made = next((m for m in (shown.get("item"), shown.get("data_view"), shown) if m and "id" in m), None)
    if made is None:
        return []
    return {
        "/api/fleet/agent_policies": [
            ("POST /api/fleet/agent_policies/delete", {"agentPolicyId": made["id"]})
        ],
        "/api/exception_lists": [(f"/api/exception_lists?id={made['id']}", None)],
    }.get(path, [(f"{path}/{made['id']}", None)])


def _leave(client: httpx.Client, one: tuple[str, Json]) -> None:
    path, body = one
    if path.startswith("POST "):
        client.post(path.removeprefix("POST "), json=body)
    else:
        client.delete(path)
