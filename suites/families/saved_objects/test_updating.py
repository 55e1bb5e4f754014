"""Changing several saved objects at once: by the method that is served, and by the one that contracts document."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok
from pytest_kibana.wire import KibanaClient

PATH = "/api/saved_objects/_bulk_update"


def changed(client: KibanaClient, method: str, *keys: str) -> list[Any]:
    """Change the descriptions of tags, and return what is said of each."""
    rows = [{"type": "tag", "id": key, "attributes": {"description": "changed"}} for key in keys]
    answer: list[Any] = ok(client.request(method, PATH, json=rows))["saved_objects"]
    return answer


def assert_changed(client: KibanaClient, method: str, tag: Callable[..., str]) -> None:
    """Change two tags of three, and one that does not exist; each answers for itself, in the order of the list."""
    first, second, spared = tag(), tag(), tag()
    said = changed(client, method, first, NO_SUCH_ID, second)
    assert [one["id"] for one in said] == [first, NO_SUCH_ID, second]
    assert said[1]["error"]["statusCode"] == 404
    for key, description in ((first, "changed"), (second, "changed"), (spared, "")):
        attributes = ok(client.get(f"/api/saved_objects/tag/{key}"))["attributes"]
        assert (attributes["name"], attributes["description"]) == (key, description)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-110", source="Kibana source, bulk_update.ts", operations=[f"PUT {PATH}"]
)
def test_several_are_changed(here: KibanaClient, tag: Callable[..., str]) -> None:
    """Several objects are changed by PUT; each answers for itself, and keeps what was left out."""
    assert_changed(here, "PUT", tag)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-111", level="SHOULD", source="published contracts up to 9.4", operations=[f"POST {PATH}"]
)
def test_several_are_changed_as_documented(here: KibanaClient, tag: Callable[..., str]) -> None:
    """Several objects are changed by POST, as contracts document it."""
    assert_changed(here, "POST", tag)
