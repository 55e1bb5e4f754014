"""The control port: switching faults on and off while the stand-in runs. It exists only when asked for.

``GET /faults`` lists what is on, ``GET /catalogue`` what there is; ``POST /faults`` with ``{"faults": ["name@label"]}``
switches on, ``DELETE /faults`` off (all, or those in the same body); ``POST /reset`` forgets all state;
``POST /boot`` with ``{"seconds": 3}`` plays a restart.
"""

import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pytest_kibana.errors import UsageError
from pytest_kibana.simulator.app import App, read_all, send_all
from pytest_kibana.simulator.faults import CATALOGUE, OF_UPGRADES

Json = Any
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Control:
    """An ASGI application that steers another one."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._fresh = app.world.store.snapshot()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request of the ASGI server."""
        if scope["type"] != "http":
            return
        raw = await read_all(receive)
        try:
            status, body = self._answer(f"{scope['method']} {scope['path']}", json.loads(raw or b"{}"))
        except (UsageError, ValueError, KeyError, TypeError) as trouble:
            status, body = 400, {"message": str(trouble)}
        self.app.world.keep(scope["method"])
        content = json.dumps(body).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send_all(send, status, headers, content)

    def _answer(self, what: str, body: Json) -> tuple[int, Json]:
        faults = self.app.engine.faults
        if what == "GET /faults":
            return 200, {"faults": faults.listed()}
        if what == "GET /catalogue":
            return 200, {
                "faults": [
                    {"name": f.name, "breaks": f.breaks, "noticed_by": list(f.noticed_by)}
                    for f in (*CATALOGUE.values(), *OF_UPGRADES.values())
                ]
            }
        if what == "POST /faults":
            return 200, {"on": faults.switch_on(tuple(body["faults"]))}
        if what == "DELETE /faults":
            return 200, {
                "off": [gone for text in body.get("faults", ["*"]) for gone in faults.switch_off(text)]
            }
        if what == "POST /reset":
            self.app.world.store.restore(self._fresh)
            self.app.world.identities.changed()
            self._fresh = self.app.world.store.snapshot()
            return 200, {}
        if what == "POST /boot":
            self.app.world.ready_at = time.monotonic() + float(body["seconds"])
            return 200, {}
        return 404, {
            "message": "GET /faults, GET /catalogue, POST /faults, DELETE /faults, POST /reset, POST /boot"
        }
