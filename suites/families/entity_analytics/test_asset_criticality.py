"""How much assets matter: said by field and value, one or many at once, and taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, assert_refused, ok, part, shows
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

ONE, MANY, LIST = "/api/asset_criticality", "/api/asset_criticality/bulk", "/api/asset_criticality/list"
SAY, READ, FORGET = (f"{method} {ONE}" for method in ("POST", "GET", "DELETE"))
LEVELS = ("low_impact", "medium_impact", "high_impact", "extreme_impact")
NOBODYS = {"id_field": "host.name", "id_value": f"kbn-test-{NO_SUCH_ID}"}

REFUSED = (
    Ask(READ, query=NOBODYS),
    Ask(READ, query={"id_field": "host.name"}, status=400, name="without a value"),
    Ask(READ, query={**NOBODYS, "id_field": "x"}, status=400, name="of an unknown field"),
    Ask(SAY, json={**NOBODYS, "criticality_level": "x"}, status=400, name="of no level"),
    Ask(SAY, json=NOBODYS, status=400, name="without a level"),
    Ask(FORGET, query={"id_value": "x"}, status=400, name="without a field"),
    Ask(f"POST {MANY}", json={"records": []}, status=400, name="of none"),
    Ask(f"GET {LIST}", query={"sort_field": "x"}, status=400, name="by an unknown field"),
    Ask(f"GET {LIST}", query={"page": 0}, status=400, name="page zero"),
)


def which(asset: Handle) -> dict[str, Any]:
    """Return by what an asset is named."""
    return {"id_field": asset.keys["id_field"], "id_value": asset.id}


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-001", source=LIVE, operations=[SAY, READ], tier="smoke")
def test_the_last_word_counts(kibana_resources: Resources, here: KibanaClient) -> None:
    """What is said of an asset twice counts as it was said last."""
    asset = kibana_resources.asset_criticality()
    assert ok(here.get(ONE, query=which(asset)))["criticality_level"] == "low_impact"
    body = {**which(asset), "criticality_level": "extreme_impact", "refresh": "wait_for"}
    assert ok(here.post(ONE, json=body))["criticality_level"] == "extreme_impact"
    shown = ok(here.get(ONE, query=which(asset)))
    assert part(shown, "id_field", "id_value", "criticality_level") == {
        **which(asset),
        "criticality_level": "extreme_impact",
    }
    assert shown["@timestamp"]


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-002", source=LIVE, operations=[FORGET, READ])
def test_what_was_said_is_taken_back(kibana_resources: Resources, here: KibanaClient) -> None:
    """What is taken back is shown once more, and then not known; taking it back again takes nothing."""
    asset = kibana_resources.asset_criticality()
    query = {**which(asset), "refresh": "wait_for"}
    gone = ok(here.delete(ONE, query=query))
    assert gone["deleted"] is True
    assert gone["record"]["criticality_level"] == "low_impact"
    assert_refused(here.get(ONE, query=which(asset)), 404)
    assert ok(here.delete(ONE, query=query))["deleted"] is False


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-003", source=LIVE, operations=[f"GET {LIST}"])
def test_assets_are_found(kibana_resources: Resources, here: KibanaClient, eventually: Eventually) -> None:
    """Assets are filtered, sorted, and shown page by page; pages are disjoint and make the whole."""
    made = [kibana_resources.asset_criticality(criticality_level=level) for level in LEVELS[:3]]
    wanted = sorted(one.id for one in made)

    def found(**query: Any) -> list[str]:
        page = ok(here.get(LIST, query={"sort_field": "id_value", "sort_direction": "asc", **query}))
        return [one["id_value"] for one in page["records"]]

    eventually("assets are listed", lambda: found() == wanted)
    assert found(sort_direction="desc") == wanted[::-1]
    assert found(kuery="criticality_level: high_impact") == [made[2].id]
    assert [found(page=page, per_page=2) for page in (1, 2, 3)] == [wanted[:2], wanted[2:], []]
    told = ok(here.get(LIST, query={"page": 2, "per_page": 2}))
    assert part(told, "page", "per_page", "total") == {"page": 2, "per_page": 2, "total": 3}


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-004", source=LIVE, operations=[f"POST {MANY}", READ])
def test_many_are_said_at_once(
    kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """Of many assets something is said at once: it is counted, and counts for each of them."""
    made = [kibana_resources.asset_criticality() for _ in range(2)]
    records = [
        {**which(one), "criticality_level": level} for one, level in zip(made, LEVELS[1:3], strict=True)
    ]
    told = ok(here.post(MANY, json={"records": records}))
    assert shows(told["stats"], {"successful": 2, "failed": 0, "total": 2})
    assert told["errors"] == []

    def levels() -> list[str]:
        return [ok(here.get(ONE, query=which(one)))["criticality_level"] for one in made]

    eventually("assets are changed", lambda: levels() == list(LEVELS[1:3]))


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-005", source=LIVE, operations=[READ, f"GET {LIST}"])
def test_an_asset_is_of_its_space(
    kibana_resources: Resources, elsewhere: Resources, other_space: KibanaClient, here: KibanaClient
) -> None:
    """What is said of an asset in one space is not known in another, where something else may be said."""
    asset = kibana_resources.asset_criticality()
    elsewhere.asset_criticality()
    assert_refused(other_space.get(ONE, query=which(asset)), 404)
    elsewhere.asset_criticality(id=asset.id, criticality_level="high_impact")
    assert ok(other_space.get(ONE, query=which(asset)))["criticality_level"] == "high_impact"
    assert ok(here.get(ONE, query=which(asset)))["criticality_level"] == "low_impact"


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-006", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """An asset of which nothing was said is answered 404, and what makes no sense 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-007", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once(REFUSED)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody says or reads how much assets matter."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-008",
    level="SHOULD",  # what a viewer may do with the index behind it is Elasticsearch's to say
    source="Kibana docs, asset criticality: prerequisites",
)
@pytest.mark.parametrize("ask", rows(*guarded(REFUSED)))
def test_a_viewer_says_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer does not say how much assets matter."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-009", source=LIVE, operations=[SAY, READ], tier="thorough")
@FEW
@given(
    field=st.sampled_from(["host.name", "user.name", "service.name"]),
    level=st.sampled_from(LEVELS),
    value=st.from_regex("[A-Za-z0-9._@-]{1,20}", fullmatch=True),
)
def test_an_asset_reads_as_it_was_said(
    kibana_resources: Resources,
    here: KibanaClient,
    unique: Callable[[], str],
    field: str,
    level: str,
    value: str,
) -> None:
    """Whatever is said of whatever kind of asset, it reads back the same."""
    told = {"id_field": field, "id_value": f"{unique()}{value}"}
    made = kibana_resources.asset_criticality(id=told["id_value"], id_field=field, criticality_level=level)
    assert made.id == told["id_value"]
    assert part(ok(here.get(ONE, query=told)), *told, "criticality_level") == {
        **told,
        "criticality_level": level,
    }
