"""What an answer does not say is not held against it: of another thing, of nothing that was sent, of nothing there."""

from typing import Any

import pytest
from tests.unit.checks.table import GOOD, MAKE, missing, probe

from pytest_kibana.checks import judge
from pytest_kibana.evidence.model import Verdict

LONG = {"name": "A", "tags": ["x", "y"], "config": {"url": "u"}, "enabled": True, "token": "t"}


@pytest.mark.parametrize(
    ("sent", "shown", "pointers"),
    [
        (LONG, {"id": "1", **LONG}, []),
        (LONG, {"id": "1", **LONG, "name": "B"}, ["/name"]),
        (LONG, {"item": {**LONG, "enabled": False}}, ["/enabled"]),
        (LONG, {"success": True, "thing": {**LONG, "tags": ["x"]}}, ["/tags"]),
        (LONG, {**LONG, "tags": ["y", "x", "added"], "token": "hidden"}, []),
        # The answer to a comment is its case, and both have an owner and an id.
        ({"comment": "c", "owner": "a", "id": "1"}, {"title": "T", "owner": "b", "id": "2"}, []),
        # The answer to a runtime field is its fields and its data view, which has a name.
        ({"name": "f", "runtimeField": {"type": "long"}}, {"fields": [], "data_view": {"name": "v"}}, []),
    ],
)
def test_only_the_thing_that_was_sent_is_compared(
    looks: Any, sent: dict[str, Any], shown: dict[str, Any], pointers: list[str]
) -> None:
    ((_, _, problems),) = judge(looks(MAKE, 201, shown, sent=sent, intent=GOOD), ["KBN-R411"])
    assert [problem.pointer for problem in problems] == pointers


@pytest.mark.parametrize(("body", "verdict"), [([], Verdict.PASSED), ([{}], Verdict.TOLERATED)])
def test_an_empty_list_calls_nothing_there(looks: Any, body: Any, verdict: Verdict) -> None:
    ((_, said, _),) = judge(missing(looks, 200, body), ["KBN-P310"])
    assert said is verdict


@pytest.mark.parametrize(("sent", "verdict"), [([], Verdict.PASSED), ([{"id": "a"}], Verdict.TOLERATED)])
def test_a_viewer_who_sends_an_empty_list_changes_nothing(looks: Any, sent: Any, verdict: Verdict) -> None:
    ((_, said, _),) = judge(
        looks("POST /api/things/_bulk", 200, [], sent=sent, intent=probe("viewer", "viewer")), ["KBN-A405"]
    )
    assert said is verdict
