"""Workflows: kept, changed, copied, found and deleted, at the addresses of the preview and of 9.4."""

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.suites.families.workflows.addresses import (
    BASE,
    GONE,
    PREVIEW,
    RELEASE,
    Bench,
    Step,
    steps,
)
from pytest_kibana.suites.families.workflows.conftest import Maker
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
LIVE = "observed on 9.4.3"
EARLY = "published contract of the preview, March 2026"
BOTH = (*PREVIEW.asks(), *RELEASE.asks())
OPEN = (
    *(Ask(f"GET {BASE}/{what}") for what in ("stats", "connectors")),
    Ask(f"GET {BASE}/aggs", query={"fields": ["tags"]}),
    Ask(PREVIEW.search, json={}),
    Ask(RELEASE.search),
    *(Ask(at.label("DELETE"), (GONE,)) for at in (PREVIEW, RELEASE)),
)


@pytest.fixture
def bench(workflows: Maker, here: KibanaClient, other_space: KibanaClient, eventually: Eventually) -> Bench:
    """What a step works with, but for the addresses."""
    return Bench(RELEASE, workflows, here, other_space, eventually)


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-001", source=LIVE, since="9.4", tier="smoke")
@pytest.mark.parametrize("step", steps(RELEASE))
def test_workflows_are_kept(step: Step, bench: Bench) -> None:
    """Workflows are made, changed, copied, found, counted and deleted, one by one and many at once, in one space."""
    step(bench)


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-002", level="SHOULD", source=EARLY)
@pytest.mark.parametrize("step", steps(PREVIEW))
def test_workflows_were_kept(step: Step, bench: Bench) -> None:
    """The same at the addresses of the preview."""
    step(Bench(PREVIEW, bench.make, bench.here, bench.there, bench.eventually))


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-003", source=f"{LIVE}; {EARLY}")
@pytest.mark.parametrize("ask", rows(*BOTH))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """An unknown workflow is answered 404; one without a text, or a list without ids, is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-004", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*BOTH, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes workflows."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-WORKFLOWS-005", source="Kibana source, workflows' feature")
@pytest.mark.parametrize("ask", rows(*guarded(BOTH)))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes, copies and deletes no workflow."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
