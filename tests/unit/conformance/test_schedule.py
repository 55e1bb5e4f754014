"""What may be under way together: reads with reads, and nothing beside a change of what it needs."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.conformance import Claims, Item
from pytest_kibana.conformance.schedule import Schedule
from pytest_kibana.contract import Contract

NAMES = st.frozensets(st.sampled_from(["index", "engine", "package"]), max_size=2)
CLAIMS = st.builds(lambda shared, alone: Claims(shared - alone, alone), NAMES, NAMES)


def _items(contract: Contract) -> Iterator[Item]:
    for operation in contract.operations.values():
        if not operation.unsafe:
            for group in ("responses", "protocol", "access", "input"):
                yield Item(operation, group, 1)


def test_what_changes_a_thing_is_never_beside_what_needs_it(contract: Contract) -> None:
    items = list(_items(contract))
    labels = sorted({item.operation.label for item in items})

    @given(claims=st.fixed_dictionaries(dict.fromkeys(labels, CLAIMS)), choices=st.lists(st.booleans()))
    def holds(claims: dict[str, Claims], choices: list[bool]) -> None:
        schedule, running, done = Schedule(items, claims), [], []
        turns = iter(choices)
        while len(done) < len(items):
            item = schedule.take() if next(turns, False) or not running else None
            if item is None:
                assert running, "nothing is under way, and nothing may begin"
                done.append(running.pop(0))
                schedule.finished(done[-1])
                continue
            mine = claims[item.operation.label]
            for other in running:
                theirs = claims[other.operation.label]
                assert not mine.alone & (theirs.alone | theirs.shared)
                assert not theirs.alone & mine.shared
            running.append(item)
        assert {item.key for item in done} == {item.key for item in items}

    holds()


def test_who_waits_for_a_thing_is_not_overtaken_by_those_who_need_it(contract: Contract) -> None:
    first, second, third = (
        Item(operation, "responses", 1)
        for operation in [o for o in contract.operations.values() if not o.unsafe][:3]
    )
    claims = {
        first.operation.label: Claims(shared=frozenset({"index"})),
        second.operation.label: Claims(alone=frozenset({"index"})),
        third.operation.label: Claims(shared=frozenset({"index"})),
    }
    schedule = Schedule([first, second, third], claims)
    assert schedule.take() is first
    assert schedule.take() is None
    schedule.finished(first)
    assert schedule.take() is second
    assert schedule.take() is None
    schedule.finished(second)
    assert schedule.take() is third
