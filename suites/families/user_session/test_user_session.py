"""User sessions: only those end that were meant, and only who may do everything may end any."""

from collections.abc import Callable

import pytest

from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok, shows
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(flavor="traditional")
SOURCE = "Kibana source, security/server/routes/session_management/invalidate.ts"
PATH = "/api/security/session/_invalidate"
END = f"POST {PATH}"
# Never all of them: a user of this name has no session, so nobody is logged out whatever becomes of the request.
NOBODYS = {"match": "query", "query": {"provider": {"type": "basic"}, "username": f"kbn-test-{NO_SUCH_ID}"}}

REFUSED = (
    Ask(END, json={"match": "some"}, status=400, name="of an unknown kind"),
    Ask(END, json={"match": "query"}, status=400, name="of a query that says nothing"),
    Ask(END, json={"match": "query", "query": {"username": "x"}}, status=400, name="of no provider"),
    Ask(END, json={"query": NOBODYS["query"]}, status=400, name="of no kind"),
)


@pytest.mark.kibana_requirement("KBN-REQ-SESSION-001", source=SOURCE, operations=[END], safety="disruptive")
@pytest.mark.parametrize("provider", ["basic", "saml", "token"])
def test_a_stranger_to_kibana_has_no_session(
    kibana_client: KibanaClient, unique: Callable[[], str], provider: str
) -> None:
    """Ending the sessions of a user who has none ends none, whatever provider they would be of."""
    query = {"provider": {"type": provider}, "username": unique()}
    assert shows(ok(kibana_client.post(PATH, json={"match": "query", "query": query})), {"total": 0})


@pytest.mark.kibana_requirement("KBN-REQ-SESSION-002", source=SOURCE, operations=[END], safety="disruptive")
def test_who_asks_stays(kibana_client: KibanaClient) -> None:
    """Somebody who ends the sessions of others keeps their own."""
    ok(kibana_client.post(PATH, json=NOBODYS))
    assert kibana_client.get("/api/features").status_code == 200


@pytest.mark.kibana_requirement("KBN-REQ-SESSION-003", source=SOURCE, operations=[END], safety="disruptive")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """It must be said which sessions end, and a query must name a provider: else 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SESSION-004",
    source=AUTHENTICATION,
    operations=[END],
    safety="disruptive",
    tier="smoke",
)
@pytest.mark.parametrize("ask", rows(*once([Ask(END, json=NOBODYS)])))
def test_nobody_ends_sessions(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody ends sessions."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-SESSION-005", source=SOURCE, operations=[END], safety="disruptive")
@pytest.mark.parametrize("ask", rows(Ask(END, json=NOBODYS)))
def test_a_viewer_ends_no_sessions(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer ends no sessions, not even those of nobody."""
    ask.assert_kept_from(viewer, 403)
