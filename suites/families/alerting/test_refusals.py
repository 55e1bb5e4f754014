"""Rules: what is refused to everybody, and what to nobody and the viewer."""

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, Stranger
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

ONE = "/api/alerting/rule/{id}"
ALERT = "/api/alerting/rule/{rule_id}/alert/{alert_id}"
SNOOZE, WAKE = (
    f"POST {ONE}/snooze_schedule",
    "DELETE /api/alerting/rule/{ruleId}/snooze_schedule/{scheduleId}",
)
PAUSE = {"schedule": {"custom": {"start": "2001-01-01T00:00:00.000Z", "duration": "1h"}}}
UNKNOWN = (
    *(Ask(f"POST {ALERT}/{word}", (NO_SUCH_ID, "never-fired")) for word in ("_mute", "_unmute")),
    Ask(SNOOZE, (NO_SUCH_ID,), json=PAUSE),
    Ask(WAKE, (NO_SUCH_ID, NO_SUCH_ID)),
)
REFUSED = (
    *UNKNOWN,
    Ask(SNOOZE, (NO_SUCH_ID,), json={}, status=400, name="without a schedule"),
    Ask("GET /api/alerting/rules/_find", query={"page": 0}, status=400, name="of no page"),
)
OPEN = (
    *(Ask(f"GET /api/alerting/{what}") for what in ("_health", "rule_types")),
    Ask(f"GET {ONE}", (NO_SUCH_ID,)),
)


@pytest.mark.kibana_requirement("KBN-REQ-RULES-101", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A rule that does not exist is answered 404; a pause without a schedule, and an invalid page, 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-RULES-102", source=AUTHENTICATION)
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nothing is told, and nothing is changed."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-RULES-103", source=API_TESTS, operations=[SNOOZE, WAKE])
def test_strangers_silence_nothing(
    stranger: Stranger, kibana_resources: Resources, kibana_space: Handle
) -> None:
    """Neither somebody without credentials nor a viewer silences an alert, or sends a rule to sleep."""
    rule = kibana_resources.rule()
    before, one = rule.read(), f"/api/alerting/rule/{rule.id}"
    stranger.assert_refused(
        kibana_space,
        ("POST", f"{one}/snooze_schedule", PAUSE),
        *(("POST", f"{one}/alert/never-fired/{word}") for word in ("_mute", "_unmute")),
    )
    assert rule.read() == before
