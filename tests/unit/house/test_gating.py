"""Who is excused from a test that something was not made for."""

import pytest

from pytest_kibana.errors import ResourceTrouble, SafetyRefusal
from pytest_kibana.gating import not_made


def _trouble(status: int | None, said: str) -> ResourceTrouble:
    trouble = ResourceTrouble(f"no connector could be made: POST /api/x answered {status}: {said}", hint="")
    trouble.status = status
    return trouble


UNAUTHORIZED = "API [POST /api/x] is unauthorized for user"


@pytest.mark.parametrize(
    ("status", "said", "administers", "excused"),
    [
        pytest.param(403, UNAUTHORIZED, False, True, id="limited"),
        pytest.param(403, UNAUTHORIZED, True, False, id="who may do everything"),
        pytest.param(403, "Your basic license does not support it.", True, True, id="licence"),
        pytest.param(403, "AI Assistant is disabled", True, True, id="setting"),
        pytest.param(
            403, "action [indices:admin/create] is unauthorized for user [a]", True, True, id="Elasticsearch"
        ),
        pytest.param(
            400, "/api/x exists but is not available with the current configuration", True, True, id="flavor"
        ),
        pytest.param(400, "name is missing", False, False, id="invalid"),
        pytest.param(None, "no answer", False, False, id="lost"),
    ],
)
def test_a_refusal_excuses_whom_it_may_rightly_meet(
    status: int | None, said: str, administers: bool, excused: bool
) -> None:
    assert bool(not_made(_trouble(status, said), lambda: administers)) == excused


def test_what_was_not_sent_excuses_everybody() -> None:
    assert not_made(SafetyRefusal("it is disruptive", hint=""), lambda: True)
