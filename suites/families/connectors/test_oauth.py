"""Connectors that log in elsewhere, since 9.4: the page on which a login lands, and its script."""

import pytest

from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.wire import KibanaClient

LIVE = "observed on 9.4.3"
LAND, SCRIPT = (
    f"GET /api/actions/connector/{name}" for name in ("_oauth_callback", "_oauth_callback_script")
)
START = "GET /api/actions/connector/{connectorId}/_oauth_start"


@pytest.mark.kibana_requirement(
    "KBN-REQ-CONN-110", source=LIVE, operations=[SCRIPT], since="9.4", safety="read"
)
def test_the_script_is_a_script(kibana_client: KibanaClient) -> None:
    """The script of the landing page is JavaScript, and not JSON."""
    answer = kibana_client.get("/api/actions/connector/_oauth_callback_script")
    assert answer.status_code == 200, answer.text
    assert "javascript" in answer.headers["content-type"]
    assert answer.text


@pytest.mark.kibana_requirement(
    "KBN-REQ-CONN-111", source=LIVE, operations=[LAND], since="9.4", safety="disruptive"
)
@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"error": "access_denied", "state": NO_SUCH_ID}, id="refused"),
        pytest.param({"code": "no-such-code", "state": NO_SUCH_ID}, id="of no login"),
        pytest.param({}, id="of nothing"),
    ],
)
def test_a_failed_login_lands_on_a_page(kibana_client: KibanaClient, query: dict[str, str]) -> None:
    """A login that was refused, or that nobody began, ends on a page for people, and is no error of the server."""
    answer = kibana_client.get("/api/actions/connector/_oauth_callback", query=query)
    assert answer.status_code < 500, answer.text
    if answer.status_code == 200:
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.kibana_requirement(
    "KBN-REQ-CONN-112",
    level="SHOULD",
    source="documentation of the newest API",
    operations=[START],
    since="9.5",
    safety="disruptive",
)
def test_no_login_begins_for_an_unknown_connector(kibana_client: KibanaClient) -> None:
    """A login for a connector that does not exist does not begin."""
    answer = kibana_client.get(f"/api/actions/connector/{NO_SUCH_ID}/_oauth_start")
    assert answer.status_code in (400, 404), answer.text


@pytest.mark.kibana_requirement(
    "KBN-REQ-CONN-113",
    source=AUTHENTICATION,
    operations=[SCRIPT, LAND],
    since="9.4",
    safety="disruptive",
)
def test_nobody_is_served_json(nobody: KibanaClient) -> None:
    """Somebody without credentials is refused, or served the page and its script: never an error of the server."""
    for name in ("_oauth_callback", "_oauth_callback_script"):
        assert nobody.get(f"/api/actions/connector/{name}").status_code < 500
