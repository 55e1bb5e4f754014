"""Around cases: alerts, assignees, the systems that cases are pushed to, fields and templates."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok, part
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

CASES, COMMENTS = "/api/cases", "/api/cases/{}/comments"
ALERTS, OF_ALERT = "GET /api/cases/{caseId}/alerts", "GET /api/cases/alerts/{alertId}"
SYSTEMS, PUSH = (
    "/api/cases/configure/connectors/_find",
    "POST /api/cases/{caseId}/connector/{connectorId}/_push",
)
# A name that can belong to nobody (RFC 2606).
NOWHERE = "https://nowhere.invalid"
WEBHOOK: dict[str, Any] = {
    "connector_type_id": ".cases-webhook",
    "config": {
        "createIncidentUrl": f"{NOWHERE}/make",
        "createIncidentMethod": "post",
        "createIncidentJson": '{"title": {{{case.title}}}}',
        "createIncidentResponseKey": "id",
        "getIncidentUrl": f"{NOWHERE}/{{{{{{external.system.id}}}}}}",
        "getIncidentResponseExternalTitleKey": "id",
        "viewIncidentUrl": f"{NOWHERE}/{{{{{{external.system.id}}}}}}",
        "updateIncidentUrl": f"{NOWHERE}/{{{{{{external.system.id}}}}}}",
        "updateIncidentMethod": "put",
        "updateIncidentJson": '{"title": {{{case.title}}}}',
        "hasAuth": False,
    },
    "secrets": {},
}


@pytest.fixture
def case(kibana_resources: Resources) -> Handle:
    """An open case."""
    return kibana_resources.case()


@pytest.mark.kibana_requirement("KBN-REQ-CASES-040", source=LIVE, operations=[ALERTS, OF_ALERT])
def test_a_new_case_has_no_alerts(case: Handle, here: KibanaClient) -> None:
    """A new case has no alerts, and an alert that nobody has is in no case."""
    assert ok(here.get(f"{CASES}/{case.id}/alerts")) == []
    assert ok(here.get(f"{CASES}/alerts/{NO_SUCH_ID}")) == []
    assert case.read()["totalAlerts"] == 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-041",
    level="SHOULD",  # some releases look for the alert first
    source="Kibana docs, cases: attach alerts",
    operations=["POST /api/cases/{caseId}/comments", ALERTS, OF_ALERT],
)
def test_an_alert_hangs_on_the_case(
    case: Handle, kibana_resources: Resources, here: KibanaClient, unique: Callable[[], str]
) -> None:
    """An alert that is attached is counted and listed, and the case is found by it; other cases are not."""
    kibana_resources.case()
    alert, index = unique(), f"{unique()}-alerts"
    body = {
        "type": "alert",
        "owner": "cases",
        "alertId": alert,
        "index": index,
        "rule": {"id": NO_SUCH_ID, "name": "a rule"},
    }
    assert ok(here.post(COMMENTS.format(case.id), json=body))["totalAlerts"] == 1
    (attached,) = ok(here.get(f"{CASES}/{case.id}/alerts"))
    assert part(attached, "id", "index") == {"id": alert, "index": index}
    found = ok(here.get(f"{CASES}/alerts/{alert}"))
    assert [part(one, "id", "title") for one in found] == [{"id": case.id, "title": case.sent["title"]}]


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-042", source=LIVE, operations=["GET /api/cases/{caseId}/comments/_find"]
)
def test_comments_are_shown_page_by_page(
    case: Handle, kibana_resources: Resources, here: KibanaClient
) -> None:
    """Comments are shown page by page, in the order that was asked for, each once and counted."""
    wanted = [kibana_resources.case_comment(case=case).id for _ in range(3)]
    path = f"{COMMENTS.format(case.id)}/_find"
    pages = [ok(here.get(path, query={"page": page, "perPage": 2, "sortOrder": "asc"})) for page in (1, 2)]
    assert [one["id"] for page in pages for one in page["comments"]] == wanted
    assert [part(page, "page", "per_page", "total") for page in pages] == [
        {"page": page, "per_page": 2, "total": 3} for page in (1, 2)
    ]


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-043",
    level="SHOULD",
    source="Kibana docs, cases: assign; needs platinum",
    operations=["PATCH /api/cases", "GET /api/cases/_find"],
)
@pytest.mark.kibana_requires(license="platinum")
def test_cases_are_found_by_assignee(
    case: Handle, kibana_resources: Resources, here: KibanaClient, unique: Callable[[], str]
) -> None:
    """A case that is assigned is found by whom it is assigned to, and the others by that they are not."""
    other, whom = kibana_resources.case(), f"u_{unique()}"
    row = {"id": case.id, "version": case.body["version"], "assignees": [{"uid": whom}]}
    (changed,) = ok(here.patch(CASES, json={"cases": [row]}))
    assert [one["uid"] for one in changed["assignees"]] == [whom]
    for asked, wanted in ((whom, case), ("none", other)):
        found = ok(here.get(f"{CASES}/_find", query={"assignees": asked}))["cases"]
        assert [one["id"] for one in found] == [wanted.id]


@pytest.mark.kibana_requirement("KBN-REQ-CASES-044", source=LIVE, operations=[f"GET {SYSTEMS}"])
def test_only_some_systems_take_cases(kibana_resources: Resources, here: KibanaClient) -> None:
    """Of the connectors of a space those are shown that cases can be pushed to; the log is none of them."""
    log = kibana_resources.connector()
    assert log.id not in [one["id"] for one in ok(here.get(SYSTEMS))]


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-045", source="Kibana docs, cases: external systems", operations=[f"GET {SYSTEMS}"]
)
@pytest.mark.kibana_requires(license="gold")
def test_a_system_that_takes_cases_is_shown(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A connector of a kind that takes cases is shown in its space, with its name and kind, and in no other."""
    webhook = kibana_resources.connector(**WEBHOOK)
    (shown,) = [one for one in ok(here.get(SYSTEMS)) if one["id"] == webhook.id]
    assert part(shown, "actionTypeId", "name", "isPreconfigured") == {
        "actionTypeId": ".cases-webhook",
        "name": webhook.sent["name"],
        "isPreconfigured": False,
    }
    assert webhook.id not in [one["id"] for one in ok(other_space.get(SYSTEMS))]


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-046",
    level="SHOULD",  # it leads nowhere: a Kibana that tries says so
    source="Kibana docs, cases: push",
    operations=[PUSH],
    safety="disruptive",
)
@pytest.mark.kibana_requires(license="gold")
def test_a_case_is_pushed(case: Handle, kibana_resources: Resources, here: KibanaClient) -> None:
    """A case that is pushed says where to."""
    webhook = kibana_resources.connector(**WEBHOOK)
    pushed = ok(here.post(f"{CASES}/{case.id}/connector/{webhook.id}/_push", json={}))
    assert pushed["external_service"]["connector_id"] == webhook.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-047",
    level="SHOULD",
    source="Elastic's API documentation of the main branch",
    operations=["GET /api/cases/fields", "GET /api/cases/templates", "GET /api/cases/{caseId}/fields"],
    safety="space",
    since="9.5",
)
def test_a_new_space_has_no_templates(case: Handle, here: KibanaClient) -> None:
    """Fields and templates of cases can be asked for; a new space has no templates."""
    assert here.get(f"{CASES}/fields").status_code == 200
    assert here.get(f"{CASES}/{case.id}/fields").status_code == 200
    listed = ok(here.get(f"{CASES}/templates"))
    assert not (listed if isinstance(listed, list) else listed.get("templates"))
