"""Objects to try things on, and how they are exported and imported."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import lines, ndjson, ok
from pytest_kibana.wire import KibanaClient

EXPORT, IMPORT = "/api/saved_objects/_export", "/api/saved_objects/_import"


class Box:
    """Exports and imports of one space."""

    def __init__(self, client: KibanaClient) -> None:
        self.client = client

    def out(self, objects: Sequence[Handle], **more: Any) -> tuple[list[Any], httpx.Response]:
        """Export objects; return them, without the line of details, and the answer."""
        asked = {"objects": [{"type": o.keys["type"], "id": o.id} for o in objects], **more}
        answer = self.client.post(EXPORT, json=asked)
        assert answer.status_code == 200, answer.text[:300]
        return [one for one in lines(answer) if "exportedCount" not in one], answer

    def back(self, objects: Sequence[Any], **query: Any) -> Any:
        """Import objects; return what the answer says."""
        return ok(self.client.post(IMPORT, files=ndjson(objects), query=query))


@pytest.fixture
def box(here: KibanaClient) -> Box:
    """Exports and imports of this test's space."""
    return Box(here)


@pytest.fixture
def tag(here: KibanaClient, unique: Callable[[], str]) -> Callable[..., str]:
    """Make tags by hand in this test's space, which takes them along; return their ids."""

    def make(**attributes: Any) -> str:
        key = unique()
        told = {"name": key, "description": "", "color": "#00bfb3", **attributes}
        ok(here.post(f"/api/saved_objects/tag/{key}", json={"attributes": told}))
        return key

    return make
