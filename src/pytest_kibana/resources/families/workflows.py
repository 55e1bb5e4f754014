"""Workflows. The addresses changed between the preview of March 2026 and the release of 9.4."""

from pytest_kibana.resources.model import Call, Listing, Resource, item

# Nothing but a manual trigger and a step that prints: a run of it harms nobody.
_YAML = (
    "name: ${unique}\nenabled: false\ntriggers:\n  - type: manual\n"
    "steps:\n  - name: say\n    type: console\n    with:\n      message: made by a test\n"
)

WORKFLOW = Resource(
    name="workflow",
    family="workflows",
    summary="A disabled workflow that would print one line.",
    keys={"id": "${unique}"},
    create=(
        Call("POST /api/workflows/workflow", body={"id": "${self.id}", "yaml": _YAML}),
        Call("POST /api/workflows", body={"id": "${self.id}", "yaml": _YAML}),
    ),
    read=(item("GET /api/workflows/workflow/{id}"), item("GET /api/workflows/{id}")),
    listing=(
        Listing(
            Call("GET /api/workflows"),
            items="/results",
            named_at=("/id", "/name"),
            page="page",
            per_page="size",
            total="/total",
            page_at="/page",
            per_page_at="/size",
        ),
        Listing(Call("POST /api/workflows/search", body={"size": 100, "page": 1}), items="/results"),
    ),
    update=(item("PUT /api/workflows/workflow/{id}", {}), item("PUT /api/workflows/{id}", {})),
    delete=(
        item("DELETE /api/workflows/workflow/{id}", query={"force": True}),
        item("DELETE /api/workflows/{id}"),
    ),
    change={"tags": ["changed by a test"]},
    refuses_again=409,
    volatile=("/lastUpdatedAt", "/lastUpdatedBy"),
    since="9.3",
    licence="enterprise",
    outlives_space=True,
    source="observed on 9.4.3",
)

RESOURCES = (WORKFLOW,)
