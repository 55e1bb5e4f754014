"""A name is looked for in what an answer means, not in how JSON spells it; a short one as a word: "a" is in many."""

import json
from typing import Any

import pytest

from pytest_kibana.checks.pages import _said, _spoken_of

ODD = 'a-long-name\\žby4語ø"/\u2028'


@pytest.mark.parametrize(
    ("name", "answer", "spoken"),
    [
        ("a", {"items": [{"name": "udp"}], "total": 1, "status": "installed"}, False),
        ("a", {"items": [{"name": "a"}]}, True),
        ("a", {"error": "[a] package not installed"}, True),
        ("kbn-test-1", {"ids": ["copy-of-kbn-test-1-x"]}, True),
        ("kbn-test-1", {"ids": ["kbn-test-2"]}, False),
        ("kbn-test-1", {"kbn-test-1": {"success": True}}, True),
        ('x"y', {"ids": ['x"y']}, True),
        (ODD, [{"id": ODD}], True),
        (ODD, [{"id": ODD + "x"}, {"message": f"'{ODD}' is not there"}], True),
        (ODD, [{"id": ODD.replace("\\", "/")}], False),
    ],
)
@pytest.mark.parametrize("escaped", [True, False])
def test_a_name_is_spoken_of(name: str, answer: Any, *, spoken: bool, escaped: bool) -> None:
    assert _spoken_of(name, _said(json.loads(json.dumps(answer, ensure_ascii=escaped)))) is spoken
