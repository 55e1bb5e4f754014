"""Factories make what they say, tell what went wrong, and leave nothing."""

import threading
from typing import Any

import pytest

from pytest_kibana.errors import LeftoversError, ResourceTrouble, UsageError
from pytest_kibana.resources import Factory
from pytest_kibana.resources.mark import RunMark
from pytest_kibana.wire import Origin

from .conftest import Bench, broken


def _kinds(bench: Bench) -> list[str]:
    return sorted(k[0] for k in bench.kibana.objects)


def test_a_parent_is_made_on_demand_and_everything_is_removed(bench: Bench) -> None:
    with bench.factory() as factory:
        space = factory.make("space")
        case = factory.within(space).make("case", title="mine", severity="low")
        assert case.body["title"] == "mine"
        assert case.sent["severity"] == "low"
        assert case.space == space.id
        assert _kinds(bench) == ["case", "space"]
    assert not bench.kibana.objects


def test_what_lies_in_a_space_of_ours_goes_with_the_space(bench: Bench) -> None:
    with bench.factory() as factory:
        space = factory.make("space")
        for _ in range(3):
            factory.make("case", space=space)
    assert not bench.kibana.objects
    assert not any(s.method == "DELETE" and s.path == "/api/cases" for s in bench.kibana.seen)
    assert factory.ledger.entries == ()


def test_things_are_removed_newest_first(bench: Bench) -> None:
    with bench.factory() as factory:
        made = [factory.make("role").id for _ in range(3)]
    deleted = [s.path.rsplit("/", 1)[1] for s in bench.kibana.seen if s.method == "DELETE"]
    assert deleted == made[::-1]


def test_a_handle_reads_updates_and_deletes(bench: Bench) -> None:
    with bench.factory() as factory:
        case = factory.make("case")
        assert case.update(description="other")["description"] == "other"
        assert case.update(description="again")["version"] == "3"  # the version is asked for anew each time
        assert case.read() == case.body
        assert case.exists()
        case.delete()
        case.delete()
        assert not case.exists()


def test_an_update_that_replaces_everything_says_everything_again(bench: Bench) -> None:
    with bench.factory() as factory:
        role = factory.make("role", kibana=[{"base": ["read"], "spaces": ["*"]}])
        role.update(description="new")
        body = bench.kibana.objects[("role", None, role.id)]
        assert body["description"] == "new"
        assert body["kibana"] == [{"base": ["read"], "spaces": ["*"]}]


def test_fields_go_to_where_the_body_has_them(bench: Bench) -> None:
    with bench.factory() as factory:
        view = factory.make("data_view", timeFieldName="@timestamp")
        assert view.sent["data_view"]["timeFieldName"] == "@timestamp"
        assert view.update(name="b")["name"] == "b"


def test_an_id_can_be_chosen_and_a_whole_body_given(bench: Bench) -> None:
    with bench.factory() as factory:
        assert factory.make("space", id="kbn-mine").id == "kbn-mine"
        role = factory.make("role", body={"elasticsearch": {"cluster": ["monitor"]}})
        assert role.sent == {"elasticsearch": {"cluster": ["monitor"]}}


def test_a_thing_of_which_there_is_one_is_made_once_and_left_alone_where_it_was(bench: Bench) -> None:
    bench.kibana.objects[("value_list_index", None, "")] = {}
    with bench.factory() as factory:
        assert not factory.make("value_list_index").owned
        space = factory.make("space")
        first, second = (factory.make("value_list_index", space=space) for _ in range(2))
        assert first is second
        assert first.owned
    assert list(bench.kibana.objects) == [("value_list_index", None, "")]


def test_threads_make_a_thing_of_which_there_is_one_only_once(bench: Bench) -> None:
    with bench.factory() as factory:
        threads = [threading.Thread(target=factory.make, args=("value_list_index",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        posts = [s for s in bench.kibana.seen if s.method == "POST"]
        assert len(posts) == 1


def test_a_setting_is_put_back_as_it_was(bench: Bench) -> None:
    bench.kibana.objects[("uptime", None, "")] = {"certExpirationThreshold": 12, "heartbeatIndices": "a"}
    with bench.factory() as factory:
        factory.make("uptime_settings", certExpirationThreshold=99)
        assert bench.kibana.objects[("uptime", None, "")]["certExpirationThreshold"] == 99
    assert bench.kibana.objects[("uptime", None, "")] == {
        "certExpirationThreshold": 12,
        "heartbeatIndices": "a",
    }


def test_a_refusal_is_told_in_kibanas_words_and_nothing_is_written_down_as_made(bench: Bench) -> None:
    bench.kibana.refuse = lambda seen: 403 if seen.path == "/api/cases" else None
    with bench.factory() as factory:
        with pytest.raises(
            ResourceTrouble, match=r"no case could be made: POST /api/cases answered 403.*refused"
        ):
            factory.make("case")
        assert factory.ledger.entries == ()


def test_an_object_whose_answer_was_lost_is_found_by_its_name_and_removed(bench: Bench) -> None:
    bench.kibana.after = lambda seen: (
        broken(seen) if (seen.method, seen.path) == ("POST", "/api/cases") else None
    )
    with bench.factory() as factory:
        with pytest.raises(ResourceTrouble, match="no case could be made"):
            factory.make("case")
        assert _kinds(bench) == []
    assert factory.ledger.entries == ()


def test_what_cannot_be_removed_fails_the_cleanup_and_the_rest_goes(bench: Bench) -> None:
    factory = bench.factory()
    stuck, other = factory.make("role"), factory.make("role")
    bench.kibana.refuse = lambda seen: 500 if seen.method == "DELETE" and stuck.id in seen.path else None
    with pytest.raises(LeftoversError, match=f"role {stuck.id}.*answered 500"):
        factory.cleanup()
    assert not other.exists()
    assert [e.id for e in factory.ledger.entries] == [stuck.id]
    bench.kibana.refuse = lambda _seen: None
    factory.cleanup()
    assert not bench.kibana.objects


def test_what_somebody_else_removed_is_no_trouble(bench: Bench) -> None:
    with bench.factory() as factory:
        factory.make("role")
        bench.kibana.objects.clear()


def test_two_factories_of_one_ledger_clean_only_their_own(bench: Bench) -> None:
    with bench.factory() as outer:
        kept = outer.make("role")
        with outer.within() as inner:
            gone = inner.make("role")
        assert kept.exists()
        assert not gone.exists()


def test_what_was_found_is_not_ours(bench: Bench) -> None:
    bench.kibana.objects[("value_list_index", None, "")] = {}
    with bench.factory() as factory:
        with pytest.raises(ResourceTrouble, match="there is no fleet_agent on the deployment"):
            factory.make("fleet_agent")
        assert not factory.make("value_list_index").owned


def test_ids_are_owned_from_the_moment_they_are_known(bench: Bench) -> None:
    with bench.factory() as factory:
        case = factory.make("case")
        assert factory.owns(case.id)
        assert factory.owns(factory.mark.unique())
        assert not factory.owns("default")
        assert not factory.owns("kbn-test-0000000aaaa-1")


def test_the_facade_has_a_method_for_everything_that_can_be_made(bench: Bench) -> None:
    from pytest_kibana.resources import RESOURCES, Resources

    with bench.factory() as factory:
        case = factory.resources.case(title="by method")
        assert case.body["title"] == "by method"
        connector = factory.resources.connector()
        assert connector.as_action()["id"] == connector.id
        with pytest.raises(UsageError, match="cannot be an action"):
            case.as_action()
    methods = {n for n in vars(Resources) if not n.startswith("_")}
    assert methods == {r.name for r in RESOURCES.values() if r.makeable}
    assert all(getattr(Resources, n).__doc__ == RESOURCES[n].summary for n in methods)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: f.make("cas"), "Did you mean case"),
        (lambda f: f.make("fleet_agent_action"), "a fleet_agent belongs to somebody else"),
        (lambda f: f.make("value_list_index", x=1), "takes no body"),
        (lambda f: f.make("case").value("nothing"), "has no key 'nothing'"),
    ],
)
def test_what_cannot_be_says_so(bench: Bench, make: Any, words: str) -> None:
    with bench.factory() as factory, pytest.raises(UsageError) as caught:
        make(factory)
    assert words in str(caught.value)


def test_what_is_said_through_a_handle_is_the_callers_own(bench: Bench) -> None:
    """Traffic that a person writes is held to the contract, so it must not pass for the factory's."""
    said: list[tuple[Origin, str | None]] = []
    client = bench.client().derive(
        listeners=(lambda exchange: said.append((exchange.request.origin, exchange.request.space)),)
    )
    with Factory(client, ledger=bench.ledger(), mark=RunMark()) as factory:
        case = factory.make("case", space=factory.make("space"))
        assert {origin for origin, _ in said} == {Origin.FACTORY}
        said.clear()
        case.client.get("/api/status")
        assert said == [(Origin.HAND, case.space)]
