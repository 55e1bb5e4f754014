"""Alerting: rules, their snooze schedules, and maintenance windows."""

from pytest_kibana.resources.model import Call, Listing, Resource, item

_PARAMS = {
    "searchType": "esQuery",
    "esQuery": '{"query":{"match_all":{}}}',
    "index": ["${unique}-*"],
    "timeField": "@timestamp",
    "size": 1,  # the contract lets it be left out, the server does not
    "threshold": [0],
    "thresholdComparator": ">",
    "timeWindowSize": 5,
    "timeWindowUnit": "m",
}

RULE = Resource(
    name="rule",
    family="alerting",
    summary="A disabled Elasticsearch query rule over an index that does not exist; it never runs.",
    # Rules hold encrypted attributes; a chosen id has to be a UUID on some versions (encrypted saved objects).
    keys={"id": "${uuid}"},
    create=(
        item(
            "POST /api/alerting/rule/{id}",
            {
                "name": "${unique}",
                "rule_type_id": ".es-query",
                "consumer": "alerts",
                "enabled": False,
                "schedule": {"interval": "1h"},
                "actions": [],
                "params": _PARAMS,
            },
        ),
    ),
    read=(item("GET /api/alerting/rule/{id}"),),
    listing=(
        Listing(
            Call("GET /api/alerting/rules/_find"),
            finds={"search": "${unique}", "search_fields": "name", "default_search_operator": "AND"},
            items="/data",
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
        ),
    ),
    update=(
        item(
            "PUT /api/alerting/rule/{id}",
            {"name": "${unique}", "schedule": {"interval": "1h"}, "actions": [], "params": _PARAMS},
            semantics="full",
        ),
    ),
    delete=(item("DELETE /api/alerting/rule/{id}"),),
    create_only=("rule_type_id", "consumer", "enabled"),
    full={"tags": ["made by a test"]},
    change={"tags": ["changed by a test"]},
    refuses_again=409,
    volatile=("/execution_status", "/last_run", "/next_run", "/monitoring", "/updated_at", "/revision"),
    outlives_space=True,
    pins={"/enabled": False},
    source="observed through the Terraform provider",
)

SNOOZE_SCHEDULE = Resource(
    name="rule_snooze_schedule",
    family="alerting",
    summary="A time in which a rule is snoozed.",
    keys={"ruleId": "${rule.id}"},
    create=(
        Call(
            "POST /api/alerting/rule/{id}/snooze_schedule",
            path={"id": "${self.ruleId}"},
            body={"schedule": {"custom": {"start": "${now+1d}", "duration": "1h"}}},
        ),
    ),
    id_at="/schedule/id",
    id_also_at=("/body/schedule/id",),  # where the published contract has it
    listing=(
        Listing(
            Call("GET /api/alerting/rule/{id}", path={"id": "${self.ruleId}"}),
            items="/snooze_schedule",
            sparse=True,
            named_at=(),
        ),
    ),
    delete=(item("DELETE /api/alerting/rule/{ruleId}/snooze_schedule/{scheduleId}"),),
    shown_at={"schedule": ""},  # its rule shows a rule of recurrence instead
    gone="unknown",
    since="8.19",
    source="Kibana contract; observed live",
)

MAINTENANCE_WINDOW = Resource(
    name="maintenance_window",
    family="maintenance-window",
    summary="A maintenance window of two hours, tomorrow, for nothing but rules with an impossible name.",
    create=(
        Call(
            "POST /api/maintenance_window",
            body={
                "title": "${unique}",
                # An active window would silence alerts, one far ahead is "finished" at once: tomorrow is neither.
                "schedule": {"custom": {"start": "${now+1d}", "duration": "2h"}},
                "scope": {"alerting": {"query": {"kql": 'kibana.alert.rule.name : "${unique}"'}}},
            },
        ),
    ),
    read=(item("GET /api/maintenance_window/{id}"),),
    listing=(
        Listing(
            Call("GET /api/maintenance_window/_find"),
            finds={"title": "${unique}"},
            items="/maintenanceWindows",
            named_at=("/title",),
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
        ),
    ),
    update=(item("PATCH /api/maintenance_window/{id}", {"title": "${unique}"}),),
    delete=(item("DELETE /api/maintenance_window/{id}"),),
    full={"enabled": True},
    change={"title": "${unique.b}"},
    volatile=("/updated_at", "/status"),
    since="9.1",
    licence="platinum",
    source="observed live",
)

RESOURCES = (RULE, SNOOZE_SCHEDULE, MAINTENANCE_WINDOW)
