"""What is computed of objectives, one by one and many at once, since 9.5."""

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="platinum")
DOCS = "documentation of the newest API"
ONE, MANY = "GET /api/observability/slos/{sloId}/_snapshot", "POST /api/observability/slos/_bulk_snapshot"
REFUSED = (
    Ask(ONE, (f"kbn-test-{NO_SUCH_ID}",), status=(400, 404)),
    Ask(MANY, json={"list": "all"}, status=400, name="of no list"),
)


@pytest.mark.kibana_requirement("KBN-REQ-SLO-020", level="SHOULD", source=DOCS, operations=[ONE], since="9.5")
def test_a_snapshot_of_nothing_is_no_error(kibana_resources: Resources, here: KibanaClient) -> None:
    """What is computed of an objective without data is told, or refused with what it lacks: it is no 5xx."""
    slo = kibana_resources.slo()
    answer = here.get(f"/api/observability/slos/{slo.id}/_snapshot")
    assert answer.status_code < 500, answer.text


@pytest.mark.kibana_requirement("KBN-REQ-SLO-021", level="SHOULD", source=DOCS, since="9.5")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """An objective that does not exist is answered 404; a list that is not one is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-SLO-022", source=AUTHENTICATION, since="9.5")
@pytest.mark.parametrize("ask", rows(*once(REFUSED)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody is told what is computed."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)
