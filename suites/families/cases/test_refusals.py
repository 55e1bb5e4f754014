"""Cases: what is refused to everybody, and who may ask at all."""

from typing import Any

import pytest

from pytest_kibana.resources import File, Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

CASES, ONE, CONFIGURE = "/api/cases", "/api/cases/{caseId}", "/api/cases/configure"
COMMENTS, COMMENT = f"{ONE}/comments", f"{ONE}/comments/{{commentId}}"
PUSH = f"POST {ONE}/connector/{{connectorId}}/_push"
NOBODY, NOBODYS = (NO_SUCH_ID,), (NO_SUCH_ID, NO_SUCH_ID)
VERSION = "WzAsMV0="
A_CASE: dict[str, Any] = {
    "title": "x",
    "description": "x",
    "tags": [],
    "owner": "cases",
    "settings": {"syncAlerts": False},
    "connector": {"id": "none", "name": "none", "type": ".none", "fields": None},
}
A_COMMENT = {"type": "user", "comment": "x", "owner": "cases"}
A_SETUP: dict[str, Any] = {
    "owner": "cases",
    "closure_type": "close-by-user",
    "connector": A_CASE["connector"],
}
A_FILE = {"file": File("notes.txt", b"made by a test\n", "text/plain")}

REFUSED = (
    Ask(f"POST {CASES}", json={**A_CASE, "title": "x" * 161}, status=400, name="of too long a title"),
    Ask(f"PATCH {CASES}", json={"cases": []}, status=400, name="of none"),
    Ask(f"PATCH {CASES}", json={"cases": [{"id": NO_SUCH_ID, "version": VERSION, "title": "x"}]}),
    Ask(f"DELETE {CASES}", query={"ids": f'["{NO_SUCH_ID}"]'}),
    Ask(f"GET {CASES}/_find", query={"sortField": "x"}, status=400, name="by an unknown field"),
    Ask(f"GET {CASES}/_find", query={"perPage": 101}, status=400, name="too many"),
    Ask(f"GET {ONE}", NOBODY),
    Ask(f"GET {ONE}/alerts", NOBODY),
    Ask(f"GET {ONE}/user_actions/_find", NOBODY, query={"sortOrder": "x"}, status=400, name="in no order"),
    Ask(f"POST {COMMENTS}", NOBODY, json=A_COMMENT),
    Ask(f"PATCH {COMMENTS}", NOBODY, json={**A_COMMENT, "id": NO_SUCH_ID, "version": VERSION}),
    Ask(f"GET {COMMENTS}/_find", NOBODY, query={"perPage": 101}, status=400, name="too many"),
    Ask(f"GET {COMMENT}", NOBODYS),
    Ask(f"DELETE {COMMENT}", NOBODYS),
    Ask(PUSH, NOBODYS, json={}),
    Ask(f"POST {ONE}/files", NOBODY, files=A_FILE),
    Ask(f"POST {CONFIGURE}", json={**A_SETUP, "closure_type": "x"}, status=400, name="closed by nothing"),
    Ask(
        f"PATCH {CONFIGURE}/{{configurationId}}",
        NOBODY,
        json={"version": VERSION, "closure_type": "close-by-user"},
    ),
)
OPEN = (
    Ask(f"DELETE {COMMENTS}", NOBODY),
    Ask(f"GET {CASES}/alerts/{{alertId}}", NOBODY),
    Ask(f"GET {CASES}/tags"),
    Ask(f"GET {CASES}/reporters"),
    Ask(f"GET {CONFIGURE}"),
    Ask(f"GET {CONFIGURE}/connectors/_find"),
    Ask(f"GET {CASES}/fields"),
    Ask(f"GET {CASES}/templates"),
    Ask(f"GET {CASES}/templates/{{templateId}}", NOBODY),
    Ask(f"GET {ONE}/fields", NOBODY),
)
WRITES = (
    Ask(f"POST {CASES}", json=A_CASE),
    Ask(f"POST {CONFIGURE}", json=A_SETUP),
)


@pytest.mark.kibana_requirement("KBN-REQ-CASES-060", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """What does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-CASES-061", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes cases and what hangs on them."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-CASES-062", source=API_TESTS)
@pytest.mark.parametrize("ask", rows(*guarded(WRITES)))
def test_a_viewer_makes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes no case, and does not set cases up."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-063",
    level="SHOULD",  # whose a case is that is not there nobody can tell: some routes answer 404 first
    source="Elastic's own API tests assert it of cases that are there",
)
@pytest.mark.parametrize(
    "ask",
    rows(*(ask for ask in guarded((*REFUSED, *OPEN)) if ask.label not in {one.label for one in WRITES})),
)
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer changes and deletes nothing of a case."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
