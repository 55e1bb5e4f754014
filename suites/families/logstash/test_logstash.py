"""Logstash pipelines that Kibana keeps: written whole, the same for every space, and of no business to viewers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part, texts
from pytest_kibana.suites.families.fleet import Ask, every, intended
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/logstash/pipelines", "/api/logstash/pipeline/{}"
LIST = f"GET {ALL}"
READ, WRITE, REMOVE = (f"{method} /api/logstash/pipeline/{{id}}" for method in ("GET", "PUT", "DELETE"))
# A living Logstash that takes every pipeline would run it: it reads nothing and prints nothing.
IDLE = "input { generator { count => 0 } } output { null {} }"
ASKS = (Ask(LIST), Ask(READ, unknown=404), Ask(WRITE, {"pipeline": IDLE}), Ask(REMOVE, unknown=404))

pytestmark = pytest.mark.kibana_requires(license="standard", flavor="traditional")


def ids_of(client: KibanaClient) -> list[str]:
    """Return the ids of all pipelines."""
    return [one["id"] for one in ok(client.get(ALL))["pipelines"]]


@pytest.mark.kibana_requirement("KBN-REQ-LOGST-001", source=AUTHENTICATION, safety="read", tier="smoke")
@every(ASKS)
def test_nobody_is_served(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody lists, reads, writes or deletes a pipeline."""
    ask.assert_refused(nobody, 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LOGST-002",
    source="Kibana docs: the privilege of Elasticsearch that pipelines take",
    safety="read",
    tier="smoke",
)
@every(ask for ask in ASKS if ask.safety != "read")
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer of Kibana may not do anything to pipelines: that is a privilege of Elasticsearch."""
    ask.assert_refused(viewer, 403)


@pytest.mark.kibana_requirement("KBN-REQ-LOGST-003", source=LIVE, safety="read")
@every(ask for ask in ASKS if ask.unknown is not None)
def test_an_unknown_pipeline_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """A pipeline that does not exist is answered 404, whether it is read or deleted."""
    ask.assert_unknown(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LOGST-004", source=LIVE, operations=[LIST, READ, WRITE, REMOVE], safety="global", tier="smoke"
)
def test_a_pipeline_lives(kibana_resources: Resources, kibana_client: KibanaClient, unique: Any) -> None:
    """A pipeline is written without an answer, read, listed, replaced whole, and gone when it is deleted."""
    name = intended(kibana_resources, "logstash_pipeline", id=unique())
    one = ONE.format(name)
    first = {"pipeline": IDLE, "description": "first", "settings": {"pipeline.workers": 2}}
    ok(name.became(kibana_client.put(one, json=first)), 204)
    assert part(ok(kibana_client.get(one)), "id", *first) == {"id": name, **first}
    [listed] = [row for row in ok(kibana_client.get(ALL))["pipelines"] if row["id"] == name]
    assert listed["description"] == "first"
    assert listed["last_modified"]
    assert "pipeline" not in listed
    ok(kibana_client.put(one, json={"pipeline": f"{IDLE} ", "description": "second"}), 204)
    after = ok(kibana_client.get(one))
    assert part(after, "pipeline", "description") == {"pipeline": f"{IDLE} ", "description": "second"}
    assert ids_of(kibana_client).count(name) == 1
    ok(kibana_client.delete(one), 204)
    assert_refused(kibana_client.get(one), 404)
    assert_refused(kibana_client.delete(one), 404)
    assert name not in ids_of(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-LOGST-005", source=LIVE, operations=[READ, WRITE], safety="global")
def test_who_wrote_it(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A pipeline that has a writer names the same one where it is read and where it is listed."""
    pipeline = kibana_resources.logstash_pipeline()
    shown = ok(kibana_client.get(ONE.format(pipeline.id)))
    [listed] = [row for row in ok(kibana_client.get(ALL))["pipelines"] if row["id"] == pipeline.id]
    assert shown.get("username") == listed.get("username")


@pytest.mark.kibana_requirement("KBN-REQ-LOGST-006", source=LIVE, operations=[WRITE, LIST], safety="global")
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"pipeline": None}, id="null"),
        pytest.param({"pipeline": ["input {}"]}, id="a list"),
        pytest.param({"pipeline": IDLE, "settings": "none"}, id="settings are a text"),
        pytest.param({"description": "nothing to run"}, id="no pipeline"),
    ],
)
def test_an_impossible_pipeline_is_refused(
    kibana_resources: Resources, kibana_client: KibanaClient, unique: Any, broken: dict[str, Any]
) -> None:
    """A pipeline without what it runs, or with unknown settings, is refused with 400, and is not made."""
    name = intended(kibana_resources, "logstash_pipeline", id=unique())
    assert_refused(name.became(kibana_client.put(ONE.format(name), json=broken)), 400)
    assert name not in ids_of(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LOGST-007",
    source="Kibana source, logstash routes: pipelines lie in Elasticsearch, in no space",
    operations=[READ, LIST],
    safety="global",
)
def test_pipelines_are_of_every_space(kibana_resources: Resources, here: KibanaClient) -> None:
    """A pipeline is read and listed from every space."""
    pipeline = kibana_resources.logstash_pipeline()
    assert ok(here.get(ONE.format(pipeline.id)))["id"] == pipeline.id
    assert pipeline.id in ids_of(here)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LOGST-008", source=LIVE, operations=[READ, WRITE], safety="global", tier="thorough"
)
@FEW
@given(
    description=texts,
    settings=st.fixed_dictionaries(
        {},
        optional={
            "pipeline.workers": st.integers(1, 8),
            "pipeline.batch.size": st.integers(1, 500),
            "queue.type": st.sampled_from(["memory", "persisted"]),
        },
    ),
)
def test_a_pipeline_is_what_was_written(
    kibana_resources: Resources, description: str, settings: dict[str, Any]
) -> None:
    """Whatever is said of a pipeline, it reads back the same."""
    said: dict[str, Any] = {"description": description, "settings": settings, "pipeline": IDLE}
    pipeline = kibana_resources.logstash_pipeline(**said)
    assert part(pipeline.read(), *said) == said
