"""Runs of workflows since 9.4: begun, watched until they are over, called off, and told of step by step."""

from typing import Any

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import assert_refused, ok
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.suites.families.workflows.addresses import BASE, GONE, RELEASE, text
from pytest_kibana.suites.families.workflows.conftest import Maker
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
LIVE = "observed on 9.4.3"
RUN, TEST, TRY = RELEASE.label("POST", "/run"), f"POST {BASE}/test", f"POST {BASE}/step/test"
WATCH = f"GET {BASE}/executions/{{executionId}}"
CANCEL, RESUME = (f"POST {BASE}/executions/{{executionId}}/{word}" for word in ("cancel", "resume"))
LOGS, CHILDREN = (f"GET {BASE}/executions/{{executionId}}/{word}" for word in ("logs", "children"))
STEP = f"GET {BASE}/executions/{{executionId}}/step/{{stepExecutionId}}"
RUNS = f"GET {BASE}/workflow/{{workflowId}}/executions"
STEPS, STOP = f"{RUNS}/steps", f"POST {BASE}/workflow/{{workflowId}}/executions/cancel"
MGET, EXPORT = f"POST {BASE}/mget", f"POST {BASE}/export"
OUTSIDE = f"{BASE}/executions/{{executionId}}/steps/{{stepId}}/resume/external"
MANAGED = f"PUT {BASE}/managed/workflow/{{id}}"
OVER = {"completed", "failed", "cancelled", "timed_out"}
NO_TOKEN: dict[str, Any] = {"query": {"token": "no-such-token"}, "status": (400, 401, 403, 404)}

REFUSED = (
    Ask(RUN, (GONE,), json={"inputs": {}}),
    Ask(TEST, json={"workflowId": GONE, "inputs": {}}),
    Ask(TEST, json={"workflowId": GONE}, status=400, name="without inputs"),
    Ask(TRY, json={"stepId": "say"}, status=400, name="of no text"),
    *(Ask(label, (GONE,)) for label in (WATCH, CANCEL, LOGS, CHILDREN)),
    Ask(RESUME, (GONE,), json={"input": {}}),
    Ask(STEP, (GONE, GONE)),
    *(Ask(label, json={}, status=400, name="without ids") for label in (MGET, EXPORT)),
)
OTHERS = (Ask(RUNS, (GONE,)), Ask(STEPS, (GONE,)), Ask(STOP, (GONE,)), Ask(MANAGED, (GONE,), json={}))
UNINVITED = (
    *(Ask(f"{m} {OUTSIDE}", (GONE, "say"), **NO_TOKEN) for m in ("GET", "POST")),
    Ask(f"GET {OUTSIDE}/form", (GONE, "say"), **NO_TOKEN),
)


@pytest.fixture
def lively(workflows: Maker) -> Handle:
    """A workflow that may be run."""
    return workflows(yaml=text("kbn-test lively", enabled=True))


class Run:
    """A run of a workflow, and what is told of it."""

    def __init__(self, client: KibanaClient, key: str) -> None:
        self.client, self.id = client, key
        self.path = f"{BASE}/executions/{key}"

    def read(self, tail: str = "", **query: Any) -> Any:
        """Return what is told of the run."""
        return ok(self.client.get(f"{self.path}{tail}", query=query))

    def over(self) -> bool:
        """Tell whether the run has ended."""
        return self.read()["status"] in OVER


@pytest.fixture
def run(lively: Handle, here: KibanaClient, eventually: Eventually) -> Run:
    """A run that is over."""
    answer = ok(here.post(f"{RELEASE.path(lively.id)}/run", json={"inputs": {}}))
    begun = Run(here, answer["workflowExecutionId"])
    eventually("a run is over", begun.over, within=60)
    return begun


@pytest.mark.kibana_requirement(
    "KBN-REQ-WORKFLOWS-101", source=LIVE, operations=[RUN, WATCH], since="9.4", tier="smoke"
)
def test_a_run_comes_to_its_end(run: Run, lively: Handle) -> None:
    """A workflow that prints a line is run to its end, and the run says whose it was."""
    told = run.read()
    assert (told["status"], told["workflowId"]) == ("completed", lively.id)


@pytest.mark.kibana_requirement(
    "KBN-REQ-WORKFLOWS-102",
    level="SHOULD",
    source="documentation of the newest API",
    operations=[RUN],
    since="9.4",
)
def test_a_disabled_one_is_not_run(workflow: Handle, here: KibanaClient) -> None:
    """A disabled workflow is not run: 400."""
    assert_refused(here.post(f"{RELEASE.path(workflow.id)}/run", json={"inputs": {}}), 400)


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-103", source=LIVE, operations=[TEST, WATCH], since="9.4")
@pytest.mark.parametrize("what", ["kept", "only said"])
def test_a_workflow_is_tried(what: str, workflow: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """A workflow is tried though it is disabled, or before it is kept."""
    given = {"workflowId": workflow.id} if what == "kept" else {"workflowYaml": workflow.sent["yaml"]}
    answer = ok(here.post(f"{BASE}/test", json={**given, "inputs": {}}))
    eventually("a try is over", Run(here, answer["workflowExecutionId"]).over, within=60)


@pytest.mark.kibana_requirement(
    "KBN-REQ-WORKFLOWS-104", level="SHOULD", source=LIVE, operations=[TRY, WATCH], since="9.4"
)
def test_a_step_is_tried(workflow: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """One step is tried by its name."""
    body = {"stepId": "say", "contextOverride": {}, "workflowYaml": workflow.sent["yaml"]}
    answer = ok(here.post(f"{BASE}/step/test", json=body))
    eventually("a try of a step is over", Run(here, answer["workflowExecutionId"]).over, within=60)


@pytest.mark.kibana_requirement(
    "KBN-REQ-WORKFLOWS-105", source=LIVE, operations=[CANCEL, RESUME, STOP], since="9.4"
)
def test_what_is_over_is_over(run: Run, lively: Handle, here: KibanaClient) -> None:
    """A run that is over may be called off without effect; to go on with it is a conflict."""
    assert here.post(f"{run.path}/cancel").status_code == 200
    assert_refused(here.post(f"{run.path}/resume", json={"input": {}}), 409)
    assert here.post(f"{BASE}/workflow/{lively.id}/executions/cancel").status_code in (200, 204)
    assert run.read()["status"] == "completed"


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-106", source=LIVE, operations=[RUNS], since="9.4")
def test_runs_are_listed(run: Run, lively: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """The runs of a workflow are listed, some time after they were."""
    path = f"{BASE}/workflow/{lively.id}/executions"
    eventually(
        "a run is listed", lambda: [one["id"] for one in ok(here.get(path))["results"]] == [run.id], within=90
    )


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-107", source=LIVE, operations=[STEPS, STEP], since="9.4")
def test_steps_are_told(run: Run, lively: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """The steps of the runs are listed by the names that the text gives them, and read one by one."""
    path = f"{BASE}/workflow/{lively.id}/executions/steps"

    def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ok(here.get(path))["results"]
        return found

    eventually("a step is listed", lambda: len(listed()) > 0, within=90)
    (step,) = [one for one in listed() if one["stepId"] == "say"]
    assert run.read(f"/step/{step['id']}")["stepId"] == "say"


@pytest.mark.kibana_requirement(
    "KBN-REQ-WORKFLOWS-108", source=LIVE, operations=[LOGS, CHILDREN], since="9.4"
)
def test_a_run_is_written_down(run: Run, eventually: Eventually) -> None:
    """A run writes down what it does, some time after it did; one that began no other has no children."""
    eventually("a run is written down", lambda: bool(run.read("/logs")["logs"]), within=90)
    children = run.read("/children")
    assert (children["results"] if isinstance(children, dict) else children) == []


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-109", source=LIVE, operations=[MGET, EXPORT], since="9.4")
def test_many_are_read_and_exported(workflows: Maker, here: KibanaClient) -> None:
    """Many are read by their ids, and exported with their texts; what does not exist is left out."""
    made = sorted(workflows().id for _ in range(2))
    read = ok(here.post(f"{BASE}/mget", json={"ids": [*made, GONE]}))
    assert sorted(one["id"] for one in read) == made
    exported = ok(here.post(f"{BASE}/export", json={"ids": made}))
    assert len(exported["entries"]) == len(made)
    assert exported["manifest"]


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-110", source=LIVE, since="9.4")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A run or a workflow that does not exist is answered 404; what lacks something is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement(
    "KBN-REQ-WORKFLOWS-111", level="SHOULD", source="documentation of the newest API", since="9.5"
)
@pytest.mark.parametrize("ask", rows(*UNINVITED))
def test_nobody_goes_on_without_a_token(ask: Ask, here: KibanaClient) -> None:
    """A waiting step is answered from outside only with the token that its link has."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-112", source=AUTHENTICATION, since="9.4", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OTHERS))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody runs, watches or stops anything."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-WORKFLOWS-113", source="Kibana source, workflows' feature", since="9.4"
)
@pytest.mark.parametrize("label", [RUN, TEST, TRY, CANCEL, RESUME, STOP])
def test_a_viewer_runs_nothing(label: str, viewer: KibanaClient, kibana_contract: Any) -> None:
    """A viewer runs, stops and resumes nothing."""
    if kibana_contract.find(label) is None:
        pytest.skip(f"the contract has no {label}")
    ask = next(one for one in (*REFUSED, *OTHERS) if one.label == label)
    ask.assert_kept_from(viewer, 403)
