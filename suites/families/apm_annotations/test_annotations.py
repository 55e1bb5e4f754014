"""APM annotations: made once, found by service and time, and removed by nothing."""

from collections.abc import Callable

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import ok, shows
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

MAKE = "POST /api/apm/services/{serviceName}/annotation"
SEARCH = "GET /api/apm/services/{serviceName}/annotation/search"
WHEN = {
    "start": "2001-01-01T00:00:00.000Z",
    "end": "2001-01-02T00:00:00.000Z",
    "environment": "ENVIRONMENT_ALL",
}
NOBODYS = "kbn-test-no-such-service"
BODY = {"@timestamp": "2001-01-01T12:00:00.000Z", "service": {"version": "1.0.0"}}

REFUSED = (
    Ask(MAKE, (NOBODYS,), json={"service": {"version": "1"}}, status=400, name="without a time"),
    Ask(
        MAKE,
        (NOBODYS,),
        json={"@timestamp": "2001-01-01T12:00:00.000Z"},
        status=400,
        name="without a version",
    ),
    Ask(MAKE, (NOBODYS,), json={**BODY, "tags": 1}, status=400, name="with tags that are no list"),
)
# Published contracts call all three optional; 9.4.3 was seen to demand them.
LACKING = tuple(
    Ask(
        SEARCH,
        (NOBODYS,),
        query={k: v for k, v in WHEN.items() if k != left},
        status=(200, 400),
        name=f"without {left}",
    )
    for left in WHEN
)


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMANN-001", source=LIVE, operations=[MAKE, SEARCH], safety="global", tier="smoke"
)
def test_an_annotation_is_found(
    kibana_resources: Resources,
    kibana_client: KibanaClient,
    eventually: Eventually,
    unique: Callable[[], str],
) -> None:
    """An annotation is found by its service within its time, once it was made, and not outside of it."""
    service = unique()
    path = f"/api/apm/services/{service}/annotation/search"

    def found(**when: str) -> list[str]:
        return [one["text"] for one in ok(kibana_client.get(path, query={**WHEN, **when}))["annotations"]]

    assert found() == []
    kibana_resources.apm_annotation(serviceName=service, body={**BODY, "message": "said by a test"})
    eventually("an annotation is found", lambda: found() == ["said by a test"])
    assert found(start="2001-01-01T13:00:00.000Z") == []


@pytest.mark.kibana_requirement("KBN-REQ-APMANN-002", source=LIVE, operations=[SEARCH], safety="read")
def test_a_service_without_annotations(kibana_client: KibanaClient, unique: Callable[[], str]) -> None:
    """A service without annotations has an empty list, not an error."""
    path = f"/api/apm/services/{unique()}/annotation/search"
    assert shows(ok(kibana_client.get(path, query=WHEN)), {"annotations": []})


@pytest.mark.kibana_requirement("KBN-REQ-APMANN-003", source="observed on 9.4.3", safety="read")
@pytest.mark.parametrize("ask", rows(*REFUSED, *LACKING))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """An annotation without time or version is refused with 400; a search without its limits is never a 5xx."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-APMANN-004", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *LACKING))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody makes or searches annotations."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMANN-005", level="SHOULD", source="Kibana contract of 9.1, required privileges", safety="read"
)
@pytest.mark.parametrize("ask", rows(Ask(MAKE, (NOBODYS,), json=BODY)))
def test_a_viewer_makes_none(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer makes no annotation."""
    ask.assert_kept_from(viewer, 403)
