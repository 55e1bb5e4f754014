"""The as-code families: dashboards, visualizations, tags, links and markdown of the library."""

from typing import Any

from pytest_kibana.resources.model import Call, Listing, Resource, item

_META = ("/meta/updated_at", "/meta/version")

_DASHBOARD: dict[str, Any] = {
    "title": "${unique}",
    # The server fills these in; the contract calls them required.
    "options": {},
    "query": {"expression": "", "language": "kql"},
    "refresh_interval": {"pause": True, "value": 0},
    "time_range": {"from": "now-15m", "to": "now"},
}

DASHBOARD = Resource(
    name="dashboard",
    family="Dashboards",
    summary="An empty dashboard.",
    keys={"id": "${unique}"},
    create=(
        # An upsert with an id of our own: 201 when made, 200 when replaced.
        item("PUT /api/dashboards/{id}", _DASHBOARD),
        item(
            "POST /api/dashboards/dashboard/{id}",
            {"attributes": {"title": "${unique}", "options": {}}},
            root="/attributes",
            refuses_again=409,
        ),
    ),
    reading_also_at=("",),
    reading_at="/item",
    members_at=("/data", "/attributes"),
    read=(item("GET /api/dashboards/{id}"), item("GET /api/dashboards/dashboard/{id}")),
    listing=(
        Listing(
            Call("GET /api/dashboards"),
            items="/dashboards",
            named_at=("/id", "/data/title"),
            page="page",
            per_page="per_page",
            total="/total",
            page_at="/page",
        ),
        Listing(
            Call("GET /api/dashboards/dashboard"),
            items="/items",
            named_at=("/id", "/attributes/title"),
            page="page",
            per_page="perPage",
            total="/total",
        ),
    ),
    update=(
        item("PUT /api/dashboards/{id}", _DASHBOARD, semantics="full"),
        item(
            "PUT /api/dashboards/dashboard/{id}",
            {"attributes": {"title": "${unique}", "options": {}}},
            root="/attributes",
            semantics="full",
        ),
    ),
    delete=(item("DELETE /api/dashboards/{id}"), item("DELETE /api/dashboards/dashboard/{id}")),
    change={"description": "changed by a test"},
    volatile=_META,
    # Of these the server drops parts and fills in others (observed on 9.4.3, 9.5).
    shown_at=dict.fromkeys(("options", "query", "refresh_interval", "time_range"), ""),
    source="observed on 9.4.3",
)

_METRIC = {
    "type": "metric",
    "title": "${unique}",
    "data_source": {"type": "esql", "query": "ROW x = 1"},
    "metrics": [{"type": "primary", "operation": "value", "column": "x"}],
}

VISUALIZATION = Resource(
    name="visualization",
    family="Visualizations",
    summary="A Lens metric over one row of ES|QL.",
    keys={"id": "${unique}"},
    create=(item("PUT /api/visualizations/{id}", _METRIC),),
    read=(item("GET /api/visualizations/{id}"),),
    listing=(
        Listing(
            Call("GET /api/visualizations"),
            items="/data",
            named_at=("/id", "/data/title"),
            page="page",
            per_page="per_page",
            total="/meta/total",
            page_at="/meta/page",
            per_page_at="/meta/per_page",
        ),
    ),
    update=(item("PUT /api/visualizations/{id}", _METRIC, semantics="full"),),
    delete=(item("DELETE /api/visualizations/{id}"),),
    change={"description": "changed by a test"},
    volatile=_META,
    since="9.4",
    source="observed on 9.4.3",
)

TAG = Resource(
    name="tag",
    family="Tags",
    summary="A tag for saved objects.",
    keys={"id": "${uuid}"},
    create=(item("PUT /api/tags/{id}", {"name": "${unique}"}),),
    read=(item("GET /api/tags/{id}"),),
    listing=(
        Listing(
            Call("GET /api/tags"),
            items="/data",
            named_at=("/data/name",),
            page="page",
            per_page="per_page",
            total="/meta/total",
            page_at="/meta/page",
        ),
    ),
    update=(item("PUT /api/tags/{id}", {"name": "${unique}"}, semantics="full"),),
    delete=(item("DELETE /api/tags/{id}"),),
    full={"description": "made by a test", "color": "#00bfb3"},
    change={"description": "changed by a test"},
    volatile=_META,
    since="9.5",
    source="Terraform provider, 9.5",
)

LINKS = Resource(
    name="links",
    family="Links",
    summary="A library item of one outside link.",
    create=(
        Call(
            "POST /api/links",
            body={
                "title": "${unique}",
                "links": [{"type": "external", "destination": "https://example.com"}],
            },
        ),
    ),
    read=(item("GET /api/links/{id}"),),
    listing=(Listing(Call("GET /api/links"), items="/data", named_at=("/data/title",)),),
    update=(
        item(
            "PUT /api/links/{id}",
            {"title": "${unique}", "links": [{"type": "external", "destination": "https://example.com"}]},
            semantics="full",
        ),
    ),
    delete=(item("DELETE /api/links/{id}"),),
    change={"description": "changed by a test"},
    volatile=_META,
    since="9.5",
    source="documentation of the newest API",
)

MARKDOWN = Resource(
    name="markdown",
    family="Markdown",
    summary="A library item of one line of Markdown.",
    create=(Call("POST /api/markdowns", body={"title": "${unique}", "content": "made by a test"}),),
    read=(item("GET /api/markdowns/{id}"),),
    listing=(Listing(Call("GET /api/markdowns"), items="/data", named_at=("/data/title",)),),
    update=(
        item(
            "PUT /api/markdowns/{id}", {"title": "${unique}", "content": "made by a test"}, semantics="full"
        ),
    ),
    delete=(item("DELETE /api/markdowns/{id}"),),
    change={"description": "changed by a test"},
    volatile=_META,
    since="9.5",
    source="documentation of the newest API",
)

RESOURCES = (DASHBOARD, VISUALIZATION, TAG, LINKS, MARKDOWN)
