"""The library of scripts: kept with the file that they are, found by name and platform, run nowhere here."""

from typing import Any

import pytest

from pytest_kibana.resources import File, Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

SOURCE = "Kibana contract of 9.4"
ALL, ONE = "/api/endpoint/scripts_library", "/api/endpoint/scripts_library/{script_id}"
CONTENT = b"#!/bin/sh\ntrue\n"
FIELDS: dict[str, Any] = {"name": "x", "platform": '["linux"]', "fileType": "script"}

OPEN = (Ask(f"POST {ALL}", files={**FIELDS, "file": File("x.sh", CONTENT)}),)
REFUSED = (
    Ask(f"GET {ALL}", query={"pageSize": "many"}, status=400, name="of no number"),
    Ask(f"POST {ALL}", files={**FIELDS, "platform": '["x"]', "file": File("x.sh", CONTENT)}, status=400),
    Ask(f"GET {ONE}", (NO_SUCH_ID,)),
    Ask(f"PATCH {ONE}", (NO_SUCH_ID,), files={"name": "x"}),
    Ask(f"DELETE {ONE}", (NO_SUCH_ID,)),
    Ask(f"GET {ONE}/download", (NO_SUCH_ID,)),
)


@pytest.fixture
def script(kibana_resources: Resources) -> Handle:
    """A script that does nothing, for Linux."""
    return kibana_resources.endpoint_script()


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-040",
    level="SHOULD",
    source=SOURCE,
    operations=[f"POST {ALL}", f"GET {ONE}", f"GET {ONE}/download"],
    safety="global",
    since="9.4",
)
def test_a_script_is_kept_with_its_file(script: Handle, kibana_client: KibanaClient) -> None:
    """A script is read by its id, and its file is downloaded as it was uploaded."""
    shown = ok(kibana_client.get(f"{ALL}/{script.id}"))["data"]
    assert shown["name"] == script.sent["name"]
    answer = kibana_client.get(f"{ALL}/{script.id}/download")
    assert (answer.status_code, answer.content) == (200, CONTENT)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-041",
    level="SHOULD",
    source=SOURCE,
    operations=[f"PATCH {ONE}", f"GET {ONE}", f"GET {ALL}"],
    safety="global",
    since="9.4",
)
def test_a_script_is_changed_in_part(script: Handle, kibana_client: KibanaClient) -> None:
    """A change of a script keeps what it does not name, and shows in the list."""
    ok(kibana_client.patch(f"{ALL}/{script.id}", files={"description": "changed by a test"}))
    shown = ok(kibana_client.get(f"{ALL}/{script.id}"))["data"]
    assert (shown["name"], shown["description"]) == (script.sent["name"], "changed by a test")
    listed = ok(kibana_client.get(ALL, query={"pageSize": 100}))["data"]
    assert [one["description"] for one in listed if one["id"] == script.id] == ["changed by a test"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-042",
    level="SHOULD",
    source=SOURCE,
    operations=[f"DELETE {ONE}", f"GET {ONE}"],
    safety="global",
    since="9.4",
)
def test_a_deleted_script_is_gone(script: Handle, kibana_client: KibanaClient) -> None:
    """A deleted script is found no more, nor is its file."""
    assert kibana_client.delete(f"{ALL}/{script.id}").status_code in (200, 204)
    assert_refused(kibana_client.get(f"{ALL}/{script.id}"), 404)
    assert_refused(kibana_client.get(f"{ALL}/{script.id}/download"), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-043", level="SHOULD", source=SOURCE, safety="read", since="9.4"
)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """A script that does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-ENDPOINT-044", source=AUTHENTICATION, safety="read", since="9.4")
@pytest.mark.parametrize("ask", rows(*once(REFUSED)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody reads or changes scripts."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENDPOINT-045", source="Kibana source: withEndpointAuthz", safety="read", since="9.4"
)
@pytest.mark.parametrize("ask", rows(*guarded((*OPEN, *REFUSED))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer adds, changes and deletes no script."""
    ask.assert_kept_from(viewer, 403)
