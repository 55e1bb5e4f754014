"""A list of one in a query looks like no list, which is where servers stumble."""

from pytest_kibana.cases import CaseBudget, cases_for
from pytest_kibana.contract import Contract


def test_a_list_in_a_query_is_sent_with_one_item(contract: Contract) -> None:
    budget = CaseBudget("many", examples=0, boundary=500, random=0, invalid=0)
    cases = cases_for(contract, "GET /api/things", seed=1, budget=budget)
    lists = [c.query["fields"] for c in cases if "one item" in c.description and "fields" in c.query]
    assert [len(one) for one in lists] == [1]
