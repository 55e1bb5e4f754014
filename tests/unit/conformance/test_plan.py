"""The plan lists every operation, each with its items or with the reason why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.conformance import Limits, limits, plan, select
from pytest_kibana.conformance.plan import share
from pytest_kibana.errors import UsageError


def reasons(planned):
    return {s.operation: s.kind for s in planned.skips if s.group is None}


def test_every_operation_is_planned_or_listed(contract, known, target):
    planned = plan(contract, target(), lambda _o: known())
    assert {*planned.eligible, *planned.ineligible} == set(contract.operations)
    assert reasons(planned) == {"GET /api/newer": "newer than target"}


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"safety": "disruptive"}, "safety"),
        ({"license": "platinum"}, "licence"),
        ({"flavors": ("serverless",)}, "flavor"),
        ({"plugin": "fleet"}, "prerequisite"),
        ({"needs": ("agent",)}, "prerequisite"),
    ],
)
def test_each_reason_is_named(contract, known, target, what, kind):
    planned = plan(
        contract, target(version="9.9.1"), lambda o: known(**what) if o.method == "DELETE" else known()
    )
    assert reasons(planned) == {"DELETE /api/things/{id}": kind}
    assert "not tested" in planned.text()


def test_without_a_target_nothing_is_called_too_new(contract, known):
    assert reasons(plan(contract, None, lambda _o: known())) == {}


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (("things",), 4),
        (("THINGS",), 4),
        (("get-thing",), 1),
        (("GET /api/things/{other}",), 1),
        (("GET *",), 4),
        (("*-thing",), 3),
        (("things", "!delete-thing"), 3),
        (("!things",), 2),
        ((), 6),
    ],
)
def test_selection(contract, selection, count):
    assert len(select(contract, selection)) == count


def test_a_selection_of_nothing_is_an_error_that_helps(contract):
    with pytest.raises(UsageError, match=r"get-thing"):
        select(contract, ("get-thingy",))


def test_deselected_operations_are_no_gap(contract, known):
    planned = plan(contract, None, lambda _o: known(), selection=("things",))
    assert planned.ineligible == {}
    assert len(planned.eligible) == 4


def test_what_a_budget_leaves_out_is_said(contract, known):
    planned = plan(contract, None, lambda _o: known(), limits=Limits(requests=7))
    assert sum(i.limit for i in planned.items) == 7
    assert len({i.operation.label for i in planned.items if i.group == "responses"}) == 6
    assert {s.kind for s in planned.skips} == {"budget"}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.none() | st.integers(0, 200))
def test_a_share_is_never_more_than_the_whole(wants, total):
    keys = [(str(n), "responses") for n in range(len(wants))]
    given_ = share(keys, lambda key: wants[int(key[0])], total)
    assert all(given_[key] <= wants[int(key[0])] for key in keys)
    assert sum(given_.values()) == (sum(wants) if total is None else min(total, sum(wants)))


def test_budgets_have_names_and_numbers():
    assert limits("smoke").per_operation == 4
    assert limits("requests=50,seconds=2.5,per-operation=3") == Limits(50, 2.5, 3)
    assert limits("thorough, seconds=60").seconds == 60


@pytest.mark.parametrize("text", ["enormous", "requests=many", "requests=0", "seconds=inf", "requests"])
def test_a_budget_that_cannot_be_right_is_refused(text):
    with pytest.raises(UsageError, match="--kibana-budget"):
        limits(text)
