"""A name in an answer is looked for as a word where it is short: "a" is in many a word."""

import pytest

from pytest_kibana.checks.pages import _spoken_of


@pytest.mark.parametrize(
    ("name", "text", "spoken"),
    [
        ("a", '{"items":[{"name":"udp"}],"total":1,"status":"installed"}', False),
        ("a", '{"items":[{"name":"a"}]}', True),
        ("a", '{"error":"[a] package not installed"}', True),
        ("kbn-test-1", '{"ids":["copy-of-kbn-test-1-x"]}', True),
        ("kbn-test-1", '{"ids":["kbn-test-2"]}', False),
        ('x"y', '{"ids":["x\\"y"]}', True),
    ],
)
def test_a_name_is_spoken_of(name: str, text: str, *, spoken: bool) -> None:
    assert _spoken_of(name, text) is spoken
