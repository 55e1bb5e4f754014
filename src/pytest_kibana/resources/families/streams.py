"""Streams, and what hangs on them. They are data streams of Elasticsearch, for the whole deployment.

Wired streams have to be switched on already: doing it changes how the whole deployment keeps its logs.
"""

from pytest_kibana.resources.model import Call, Listing, Resource, Safety, Scope, item, within

STREAM = Resource(
    name="stream",
    family="streams",
    summary="A wired stream that takes over nothing: a fork of the root with a condition that is never true.",
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    keys={"id": "logs.${unique}"},
    create=(
        Call(
            "POST /api/streams/{name}/_fork",
            path={"name": "logs"},
            body={"stream": {"name": "${self.id}"}, "where": {"never": {}}},
        ),
        Call(
            "POST /api/streams/{name}/_fork",
            path={"name": "logs"},
            body={"stream": {"name": "${self.id}"}, "if": {"never": {}}},
        ),
    ),
    id_at=None,
    reading_at="/stream",
    read=(item("GET /api/streams/{name}"),),
    listing=(Listing(Call("GET /api/streams"), items="/streams", id_at="/name", named_at=("/name",)),),
    delete=(item("DELETE /api/streams/{name}"),),
    refuses_again=409,
    since="9.2",
    plugin="streams",
    shown_at={"where": "", "if": "", "stream": ""},  # they are for the stream that it is forked from
    exceptions={"parallel": "writes take a lock and answer 409 under contention"},
    source="observed live; the root is logs before 9.4 and logs.otel or logs.ecs from 9.4 (elastic/kibana#251618)",
)

GROUP = Resource(
    name="stream_group",
    family="streams",
    summary="A group of streams, without members.",
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    keys={"id": "${unique}"},
    create=(
        item("PUT /api/streams/{name}/_group", {"group": {"members": [], "metadata": {}, "tags": []}}),
        item("PUT /api/streams/{name}/_group", {"group": {"members": []}}),
    ),
    id_at=None,
    read=(item("GET /api/streams/{name}/_group"),),
    delete=(item("DELETE /api/streams/{name}"),),
    until="9.4",
    plugin="streams",
    exceptions={"parallel": "writes take a lock and answer 409 under contention"},
    # No list tells groups from other streams; what a lost run left is found by its name in the list of streams.
    source="Kibana contract; group streams were given up in 9.4",
)

QUERY = Resource(
    name="stream_query",
    family="streams",
    summary="A query of a stream.",
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    keys={"name": "${stream.id}", "id": "${unique}"},
    create=(
        item("PUT /api/streams/{name}/queries/{queryId}", {"title": "${unique}", "kql": {"query": "a: b"}}),
    ),
    listing=(
        Listing(within("GET /api/streams/{name}/queries"), items="/queries", named_at=("/id", "/title")),
    ),
    update=(
        item(
            "PUT /api/streams/{name}/queries/{queryId}",
            {"title": "${unique}", "kql": {"query": "a: c"}},
            semantics="full",
        ),
    ),
    delete=(item("DELETE /api/streams/{name}/queries/{queryId}"),),
    change={"title": "${unique.b}"},
    gone="unknown",
    since="9.2",
    plugin="streams",
    source="observed live",
)

DASHBOARD_LINK = Resource(
    name="stream_dashboard_link",
    family="streams",
    summary="A dashboard that is tied to a stream.",
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    keys={"name": "${stream.id}", "id": "${dashboard.id}"},
    create=(item("PUT /api/streams/{name}/dashboards/{dashboardId}"),),
    listing=(Listing(within("GET /api/streams/{name}/dashboards"), items="/dashboards", named_at=("/id",)),),
    delete=(item("DELETE /api/streams/{name}/dashboards/{dashboardId}"),),
    gone="unknown",
    until="9.4",
    plugin="streams",
    source="Kibana contract",
)

RULE_LINK = Resource(
    name="stream_rule_link",
    family="streams",
    summary="A rule that is tied to a stream.",
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    keys={"name": "${stream.id}", "id": "${rule.id}"},
    create=(item("PUT /api/streams/{name}/rules/{ruleId}"),),
    listing=(Listing(within("GET /api/streams/{name}/rules"), items="/rules", named_at=()),),
    delete=(item("DELETE /api/streams/{name}/rules/{ruleId}"),),
    gone="unknown",
    until="9.4",
    plugin="streams",
    source="Kibana contract",
)

RESOURCES = (STREAM, GROUP, QUERY, DASHBOARD_LINK, RULE_LINK)
