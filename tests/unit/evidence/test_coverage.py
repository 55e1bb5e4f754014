"""What tests of the suites exercise, counted from the results."""

from pathlib import Path

import pytest

from pytest_kibana.evidence.coverage import exercise, text
from pytest_kibana.evidence.document import Results

GET, PUT, DELETE = "GET /api/a", "PUT /api/a", "DELETE /api/a"


@pytest.fixture
def rows(make):
    def build(*requirements):
        records = (make.coverage("a", operations=4, eligible=3, labels=(GET, PUT, DELETE)), *requirements)
        return exercise(Results(Path("r"), make.header(), records, make.footer()))

    return build


def test_success_refusal_and_access_are_told_apart(rows, make):
    (row,) = rows(
        make.requirement(calls={GET: {"200": 1, "404": 2}, PUT: {"403": 1}}),
        make.requirement("KBN-REQ-A-002", calls={PUT: {"401": 1}}),
    )
    assert (row.operations, row.eligible, row.exercised) == (4, 3, 2)
    assert (row.success, row.negative, row.access) == (1, 1, 1)
    assert (row.idle, row.without_success) == ((DELETE,), (PUT,))


def test_only_tests_of_the_family_count(rows, make):
    (row,) = rows(make.requirement(families=("b",), calls={GET: {"200": 1}}))
    assert (row.exercised, row.idle) == (0, (GET, PUT, DELETE))


def test_the_table_has_a_sum_and_names_what_is_missing(rows, make):
    said = text(rows(make.requirement(calls={GET: {"200": 1}})), verbose=True)
    assert said.splitlines()[-1].split() == ["all", "4", "3", "1", "1", "0", "0"]
    assert f"not exercised     {PUT}" in said
    assert max(map(len, said.splitlines())) <= 80
