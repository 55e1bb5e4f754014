"""Timelines, notes on them, and events that are pinned to them."""

from pytest_kibana.resources.model import Call, Listing, Resource

TIMELINE = Resource(
    name="timeline",
    family="Security Timeline API",
    summary="An empty timeline.",
    create=(Call("POST /api/timeline", body={"timeline": {"title": "${unique}"}}, root="/timeline"),),
    id_at="/savedObjectId",
    id_also_at=("/data/persistTimeline/timeline/savedObjectId",),  # before 9.0 (published contract)
    read=(Call("GET /api/timeline", query={"id": "${self.id}"}),),
    listing=(
        Listing(
            Call("GET /api/timelines"),
            finds={"search": "${unique}"},
            items="/timeline",
            id_at="/savedObjectId",
            named_at=("/title",),
            page="page_index",
            per_page="page_size",
            total="/totalCount",
        ),
    ),
    update=(
        Call(
            "PATCH /api/timeline",
            body={
                "timelineId": "${self.id}",
                "version": "${self:/version}",
                "timeline": {"title": "${unique}"},
            },
            root="/timeline",
        ),
    ),
    delete=(Call("DELETE /api/timeline", body={"savedObjectIds": ["${self.id}"]}),),
    full={"description": "made by a test"},
    change={"description": "changed by a test"},
    version_at="/version",
    # A change of what is not there would make it, which PATCH does not (Kibana source, failure_cases.ts).
    gone_statuses=(404, 405),
    idempotent_delete=True,
    volatile=("/version", "/updated", "/updatedBy"),
    shaped_since="9.0",
    source="observed live",
)

NOTE = Resource(
    name="timeline_note",
    family="Security Timeline API",
    summary="A note on a timeline.",
    keys={"timelineId": "${timeline.id}"},
    create=(
        Call(
            "PATCH /api/note",
            body={"note": {"timelineId": "${self.timelineId}", "note": "${unique}"}},
            root="/note",
        ),
    ),
    id_at="/note/noteId",
    made_at="/note",
    listing=(
        Listing(
            Call("GET /api/note"),
            finds={"search": "${unique}"},
            items="/notes",
            id_at="/noteId",
            named_at=("/note",),
            page="page",
            per_page="perPage",
            total="/totalCount",
        ),
    ),
    update=(
        Call(
            "PATCH /api/note",
            body={
                "noteId": "${self.id}",
                "version": "${self:/version}",
                "note": {"timelineId": "${self.timelineId}", "note": "${unique.b}"},
            },
            root="/note",
        ),
    ),
    delete=(Call("DELETE /api/note", body={"noteId": "${self.id}"}),),
    change={"note": "changed by a test"},
    version_at="/version",
    gone="unknown",
    idempotent_delete=True,
    volatile=("/version", "/updated", "/updatedBy"),
    source="observed live",
)

PINNED_EVENT = Resource(
    name="pinned_event",
    family="Security Timeline API",
    summary="An event that is pinned to a timeline; the same operation pins and unpins.",
    keys={"timelineId": "${timeline.id}", "eventId": "${unique}"},
    create=(
        Call(
            "PATCH /api/pinned_event",
            body={"eventId": "${self.eventId}", "timelineId": "${self.timelineId}"},
        ),
    ),
    id_at="/pinnedEventId",
    listing=(
        Listing(
            Call("GET /api/timeline", query={"id": "${self.timelineId}"}),
            items="/pinnedEventsSaveObject",
            id_at="/pinnedEventId",
            named_at=("/eventId",),
        ),
    ),
    delete=(
        Call(
            "PATCH /api/pinned_event",
            body={
                "eventId": "${self.eventId}",
                "timelineId": "${self.timelineId}",
                "pinnedEventId": "${self.id}",
            },
        ),
    ),
    gone="unknown",
    idempotent_delete=True,
    source="observed live",
)

RESOURCES = (TIMELINE, NOTE, PINNED_EVENT)
