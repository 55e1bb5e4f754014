"""What releases after 9.4 add in small: templates of cases, silence for one alert, set-up of the Security solution,
rules that find equal entities, past risk scores. Nothing of it can be made by the API yet, so lists are empty.
"""

from functools import partial
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("additions")
_cases = partial(family.route, beside="POST /api/cases", since="9.5")
_rules = partial(family.route, beside="POST /api/alerting/rule/{}", since="9.5")
_security = partial(family.route, beside="POST /api/detection_engine/rules", since="9.5")
_ALERT = "/api/alerting/rule/{}/alert/{}"
_RESOLUTION = "/api/security/entity_store/resolution/rules"


@_cases("GET /api/cases/templates")
def templates(call: Call) -> Reply:
    """Show templates: nobody can make one yet."""
    return Reply({"templates": [], "page": 1, "perPage": 20, "total": 0})


@_cases("GET /api/cases/templates/{}")
def template(call: Call) -> Reply:
    """Show a template."""
    raise Refusal(404, f"Saved object [cases-templates/{call.ids[0]}] not found", family="platform")


@_cases("GET /api/cases/fields", "GET /api/cases/{}/fields")
def fields(call: Call) -> Reply:
    """Show fields that templates bring."""
    if call.ids and call.ids[0] not in call.table("case"):
        raise generic.missing(BY_NAME["case"], "id", call.ids[0])
    return Reply({"fields": []})


@_rules(f"POST {_ALERT}/_snooze", f"POST {_ALERT}/_unsnooze")
def snooze(call: Call) -> Reply:
    """Silence one alert of a rule for a time, or end that."""
    rule, alert = call.ids
    record = call.table("alerting_rule").get(rule)
    if record is None:
        raise generic.missing(BY_NAME["alerting_rule"], "id", rule)
    silent = {key: until for key, until in record.facts.get("silent", {}).items() if key != alert}
    record.facts["silent"] = silent if call.path.endswith("/_unsnooze") else {**silent, alert: call.body}
    return Reply(NOTHING, status=204)


@_security("POST /api/security_solution/initialize")
def initialize(call: Call) -> Reply:
    """Run named steps of set-up, each of which is done."""
    flows = call.body.get("flows") if isinstance(call.body, dict) else None
    if not isinstance(flows, list) or not flows:
        raise Refusal(
            400, "[request body]: flows: Array must contain at least 1 element(s)", family="platform"
        )
    if "create-list-indices" in flows:
        call.world.store.put("value_list_index", call.space, generic.SINGLE, {}, by=call.user)
    return Reply({"flows": {str(name): {"status": "ready"} for name in flows}})


@_security(f"GET {_RESOLUTION}")
def resolution_rules(call: Call) -> Reply:
    """Show rules that find equal entities: none is shipped here."""
    return Reply({"rules": []})


@_security(f"PUT {_RESOLUTION}/{{}}/enable", f"PUT {_RESOLUTION}/{{}}/disable")
def switch(call: Call) -> Reply:
    """Turn such a rule on or off."""
    raise Refusal(404, f"Resolution rule {call.ids[0]} not found", family="platform")


@_security("GET /api/risk_score/history")
def history(call: Call) -> Reply:
    """Show past risk scores: nothing was ever scored."""
    return Reply({"records": [], "total": 0})
