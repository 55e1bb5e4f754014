"""Machine learning: what would be put right, and which spaces see jobs and models."""

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="platinum")
SYNC = "GET /api/ml/saved_objects/sync"
JOBS, MODELS = (f"POST /api/ml/saved_objects/update_{what}_spaces" for what in ("jobs", "trained_models"))
GONE = f"kbn-test-{NO_SUCH_ID}"
MOVE: dict[str, list[str]] = {"spacesToAdd": [], "spacesToRemove": []}
REFUSED = (
    Ask(SYNC, query={"simulate": "perhaps"}, status=400, name="perhaps"),
    Ask(
        JOBS,
        json={"jobIds": [GONE], "jobType": "no-such-type", **MOVE},
        status=400,
        name="of an unknown type",
    ),
    Ask(JOBS, json={"jobType": "anomaly-detector", **MOVE}, status=400, name="without jobs"),
    Ask(MODELS, json=MOVE, status=400, name="without models"),
)
ASKED = (Ask(SYNC, query={"simulate": True}), *REFUSED[1:])


@pytest.mark.kibana_requirement(
    "KBN-REQ-ML-001", source=LIVE, operations=[SYNC], safety="global", tier="smoke"
)
def test_what_would_be_put_right_is_told(kibana_client: KibanaClient) -> None:
    """A simulated repair says what it would make and delete, and, done twice, says the same: nothing was changed."""
    first, second = (
        ok(kibana_client.get("/api/ml/saved_objects/sync", query={"simulate": True})) for _ in range(2)
    )
    assert {"savedObjectsCreated", "savedObjectsDeleted", "datafeedsAdded", "datafeedsRemoved"} <= set(first)
    assert first == second


@pytest.mark.kibana_requirement(
    "KBN-REQ-ML-002", source="observed on 9.4.3", operations=[JOBS], safety="global"
)
@pytest.mark.parametrize("kind", ["anomaly-detector", "data-frame-analytics"])
def test_unknown_jobs_answer_for_themselves(
    kind: str, kibana_client: KibanaClient, kibana_space: Handle
) -> None:
    """Moving a job that does not exist is answered 200, with a failure under its id."""
    body = {"jobIds": [GONE], "jobType": kind, "spacesToAdd": [kibana_space.id], "spacesToRemove": []}
    answer = ok(kibana_client.post("/api/ml/saved_objects/update_jobs_spaces", json=body))
    assert answer[GONE]["success"] is False
    assert answer[GONE]["error"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-ML-003", source="observed on 9.4.3", operations=[MODELS], safety="global"
)
def test_unknown_models_answer_for_themselves(kibana_client: KibanaClient, kibana_space: Handle) -> None:
    """Moving a model that does not exist is answered 200, with a failure under its id."""
    body = {"modelIds": [GONE], "spacesToAdd": [kibana_space.id], "spacesToRemove": []}
    answer = ok(kibana_client.post("/api/ml/saved_objects/update_trained_models_spaces", json=body))
    assert answer[GONE]["success"] is False
    assert answer[GONE]["error"]


@pytest.mark.kibana_requirement("KBN-REQ-ML-004", source=LIVE, safety="read")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """A repair that is perhaps simulated, and a move without ids or of an unknown type, is refused with 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-ML-005", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once(ASKED)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody repairs or moves anything."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-ML-006", source="Kibana source, ml routes", safety="read")
@pytest.mark.parametrize("ask", rows(*guarded(ASKED)))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer repairs and moves nothing."""
    ask.assert_kept_from(viewer, 403)
