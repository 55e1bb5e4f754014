"""APM source maps: uploaded, listed by service and version, and deleted by id."""

from typing import Any

import pytest

from pytest_kibana.resources import File, Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok, said
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/apm/sourcemaps", "/api/apm/sourcemaps/{}"
UPLOAD, LIST, REMOVE = f"POST {ALL}", f"GET {ALL}", f"DELETE {ALL}/{{id}}"
# A part that calls itself JSON is parsed by the server and then refused (observed live).
MAP = File("a.js.map", b'{"version":3,"sources":["a.js"],"names":[],"mappings":"AAAA"}')
FORM: dict[str, Any] = {
    "service_name": "kbn-test-no-such-service",
    "service_version": "1.0.0",
    "bundle_filepath": "https://example.com/a.js",
    "sourcemap": MAP,
}
LACKING = tuple(
    Ask(UPLOAD, files={k: v for k, v in FORM.items() if k != left}, status=400, name=f"without {left}")
    for left in FORM
)
UNKNOWN = Ask(REMOVE, (f"apm:kbn-test-no-such-service-{NO_SUCH_ID}",))
NO_PAGE = Ask(LIST, query={"page": "many"}, status=400, name="of a page that is no number")
EVERY = (*LACKING, UNKNOWN, NO_PAGE)


@pytest.fixture(autouse=True)
def fleet_is_on(kibana_client: KibanaClient) -> None:
    """Skip where Fleet, which keeps source maps, is switched off."""
    answer = kibana_client.get(ALL)
    if answer.status_code == 501:
        pytest.skip(f"needs Fleet, found 501: {said(answer)[:200]}")


@pytest.fixture
def sourcemap(kibana_resources: Resources) -> Handle:
    """A source map of a service that does not exist."""
    return kibana_resources.apm_sourcemap()


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMMAP-001", source=LIVE, operations=[UPLOAD, LIST], safety="global", tier="smoke"
)
def test_a_source_map_is_known_by_its_service(sourcemap: Handle, kibana_client: KibanaClient) -> None:
    """The id of a source map has its service, its version and a digest; the list says where it belongs."""
    name, version = sourcemap.sent["service_name"], sourcemap.sent["service_version"]
    assert sourcemap.id.startswith(f"apm:{name}-{version}-")
    listed = ok(kibana_client.get(ALL, query={"perPage": 100}))
    (found,) = [one for one in listed["artifacts"] if one["id"] == sourcemap.id]
    assert found["type"] == "sourcemap"
    assert found["identifier"] == f"{name}-{version}"
    assert found["body"]["serviceName"] == name
    assert found["body"]["bundleFilepath"] == sourcemap.sent["bundle_filepath"]


@pytest.mark.kibana_requirement("KBN-REQ-APMMAP-002", source=LIVE, operations=[UPLOAD, LIST], safety="global")
def test_source_maps_come_in_pages(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """Pages of one have one each, all different, and the total counts them all."""
    made = {kibana_resources.apm_sourcemap().id for _ in range(2)}
    first, second = (ok(kibana_client.get(ALL, query={"page": n, "perPage": 1})) for n in (1, 2))
    assert first["total"] == second["total"] >= len(made)
    assert [len(page["artifacts"]) for page in (first, second)] == [1, 1]
    assert first["artifacts"][0]["id"] != second["artifacts"][0]["id"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMMAP-003", source=LIVE, operations=[UPLOAD, REMOVE], safety="global"
)
def test_a_source_map_is_taken_away(sourcemap: Handle, kibana_client: KibanaClient) -> None:
    """A deleted source map is listed no more."""
    assert ok(kibana_client.delete(ONE.format(sourcemap.id))) == {}
    listed = ok(kibana_client.get(ALL, query={"perPage": 100}))["artifacts"]
    assert sourcemap.id not in [one["id"] for one in listed]


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMMAP-004", source="Kibana source, source_maps/route.ts", safety="read"
)
@pytest.mark.parametrize("ask", rows(*LACKING, NO_PAGE))
def test_a_form_that_lacks_something_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """A source map without service, version, path or content is refused with 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMMAP-005",
    level="SHOULD",
    source="a guess: what is not there is 404 elsewhere",
    safety="read",
)
@pytest.mark.parametrize("ask", rows(UNKNOWN))
def test_an_unknown_one_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """Deleting a source map that does not exist is answered 404."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-APMMAP-006", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once(EVERY)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody uploads, lists or deletes source maps."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMMAP-007", source="Kibana source, source_maps/route.ts", safety="read"
)
@pytest.mark.parametrize("ask", rows(*guarded(EVERY)))
def test_a_viewer_changes_none(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer uploads and deletes no source map."""
    ask.assert_kept_from(viewer, 403)
