"""What only a story shows, at operations that once were blind spots of the laws; and suites that do not run."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_kibana.errors import HarnessError
from pytest_kibana.selftest.suites import Suites
from pytest_kibana.selftest.trying import Trier
from pytest_kibana.session import Session
from pytest_kibana.settings import EMBEDDED, Settings
from pytest_kibana.simulator.faults import CATALOGUE
from pytest_kibana.wire import KibanaClient

Published = Callable[[str], Path]


@pytest.fixture(scope="module")
def trier(published: Published) -> Iterator[Trier]:
    """Who tries faults on a stand-in that plays 9.1."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            url=EMBEDDED,
            contract=str(published("9.1")),
            embedded="--control-port 0 --elasticsearch-port 0 --quiet",
            allow="disruptive",
            ledger_dir=folder,
            seed=1,
        )
        session = Session(settings)
        try:
            stand_in = session.stand_in
            assert stand_in is not None
            assert stand_in.control_url is not None
            with KibanaClient(stand_in.control_url, None) as control:
                yield Trier(session, control)
        finally:
            session.close()


@pytest.mark.parametrize(
    ("fault", "operation", "law"),
    [
        # seen in a list, or in what it belongs to, for nothing reads it alone
        ("laws.create_lost", "POST /api/alerting/rule/{id}/snooze_schedule", "list has it"),
        ("laws.create_lost", "PATCH /api/pinned_event", "list has it"),
        # settings and engines change as objects do
        ("laws.update_resets", "PUT /api/fleet/settings", "update changes what is meant"),
        (
            "laws.update_lost",
            "PUT /api/fleet/epm/packages/{pkgName}/{pkgVersion}",
            "update changes what is meant",
        ),
        # what stands at another place in each version
        ("laws.update_lost", "PUT /api/dashboards/dashboard/{id}", "update changes what is meant"),
        ("laws.time_frozen", "PUT /api/dashboards/dashboard/{id}", "times"),
        ("laws.duplicate_accepted", "POST /api/dashboards/dashboard/{id}", "same id again"),
        ("laws.version_unchecked", "PUT /api/endpoint_list/items", "stale version"),
        ("laws.read_differs", "GET /api/streams/{name}", "round trip"),
        (
            "laws.update_resets",
            "PUT /api/fleet/agent_download_sources/{sourceId}",
            "update changes what is meant",
        ),
        # what bears a name of this process is nobody else's to remove
        ("laws.delete_takes_another", "DELETE /api/actions/connector/{id}", "delete removes one"),
        ("laws.delete_takes_another", "DELETE /api/spaces/space/{id}", "delete removes one"),
        ("laws.delete_takes_another", "DELETE /api/short_url/{id}", "delete removes one"),
        ("laws.read_other_id", "GET /api/dashboards/dashboard/{id}", "round trip"),
        # absence is said with a 400 by a few
        ("laws.delete_unknown", "DELETE /api/fleet/epm/packages/{pkgName}/{pkgVersion}", "second delete"),
        # who revokes keeps the thing, and must know that another never was
        ("laws.delete_unknown", "DELETE /api/fleet/enrollment_api_keys/{keyId}", "not removed"),
        ("laws.delete_takes_another", "DELETE /api/fleet/enrollment_api_keys/{keyId}", "delete removes one"),
        # the other way to make one, and what a 400 says
        ("laws.create_lost", "PUT /api/data_views/data_view/{viewId}/runtime_field", "round trip"),
        ("laws.duplicate_accepted", "POST /api/data_views/data_view/{viewId}/runtime_field", "same id again"),
        # what is refused is not done, to engines too, and whatever is wrong with the body
        ("input.refused_yet_done", "POST /api/alerting/rule/{id}", "refused create"),
        ("protocol.xsrf_refused_yet_done", "DELETE /api/lists/index", "refused delete"),
        # what is searched for, and chosen
        ("laws.search_ignored", "GET /api/exception_lists/items/_find", "search for nothing"),
        ("laws.update_lost", "POST /api/data_views/default", "update changes what is meant"),
    ],
)
def test_the_law_is_found_broken_and_only_with_the_fault(
    trier: Trier, fault: str, operation: str, law: str
) -> None:
    found = trier.session.contract.find(operation)
    assert found is not None
    assert law in trier.laws(found, CATALOGUE[fault])
    assert law not in trier.laws(found, None)


def test_suites_that_do_not_run_are_no_silent_witnesses(tmp_path: Path) -> None:
    suites = Suites(
        url="http://127.0.0.1:9",
        api_key="a",
        viewer_api_key=None,
        contract=str(tmp_path / "no-such-contract.yaml"),
        folder=tmp_path,
    )
    with pytest.raises(HarnessError, match="do not run where nothing is wrong"):
        suites.witnesses("GET /api/status")


def test_what_is_let_in_is_not_laid_to_the_refusal_that_follows(trier: Trier) -> None:
    found = trier.session.contract.find("PUT /api/exception_lists")
    assert found is not None
    fault = CATALOGUE["input.invalid_accepted"]
    assert "refused change" not in trier.laws(found, fault)
