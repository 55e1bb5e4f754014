"""Cases, their comments, and how cases are set up in a space."""

from pytest_kibana.resources.model import MULTIPART, Call, File, Kind, Listing, Resource, item, within

_NO_CONNECTOR = {"id": "none", "name": "none", "type": ".none", "fields": None}

CASE = Resource(
    name="case",
    family="cases",
    summary="An open case of the stack's own cases.",
    create=(
        Call(
            "POST /api/cases",
            body={
                "title": "${unique}",
                "description": "made by a test",
                "tags": [],
                "owner": "cases",
                "connector": _NO_CONNECTOR,
                "settings": {"syncAlerts": False},
            },
        ),
    ),
    read=(item("GET /api/cases/{caseId}"),),
    listing=(
        Listing(
            Call("GET /api/cases/_find"),
            finds={"search": "${unique}", "searchFields": "title", "defaultSearchOperator": "AND"},
            items="/cases",
            named_at=("/title",),
            page="page",
            per_page="perPage",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
        ),
    ),
    # The answer is an array of cases.
    update=(
        Call(
            "PATCH /api/cases",
            body={"cases": [{"id": "${self.id}", "version": "${self:/version}"}]},
            root="/cases/0",
        ),
    ),
    delete=(Call("DELETE /api/cases", query={"ids": ["${self.id}"]}),),
    attached=("POST /api/cases/{caseId}/connector/{connectorId}/_push",),
    full={"tags": ["made by a test"], "severity": "low"},
    change={"description": "changed by a test"},
    version_at="/version",
    volatile=("/version", "/updated_at", "/updated_by", "/totalComment", "/duration"),
    source="observed live",
)

COMMENT = Resource(
    name="case_comment",
    family="cases",
    summary="A comment on a case.",
    keys={"caseId": "${case.id}"},
    create=(
        within(
            "POST /api/cases/{caseId}/comments",
            {"type": "user", "comment": "${unique}", "owner": "cases"},
        ),
    ),
    # The answer to a new comment is the whole case.
    id_at="/comments/-1/id",
    made_at="/comments/-1",
    read=(item("GET /api/cases/{caseId}/comments/{commentId}"),),
    listing=(
        Listing(
            within("GET /api/cases/{caseId}/comments/_find"),
            items="/comments",
            named_at=("/comment",),
            page="page",
            per_page="perPage",
            total="/total",
            page_at="/page",
            per_page_at="/per_page",
        ),
    ),
    update=(
        within(
            "PATCH /api/cases/{caseId}/comments",
            {
                "id": "${self.id}",
                "version": "${self:/version}",
                "type": "user",
                "comment": "changed by a test",
                "owner": "cases",
            },
        ),
    ),
    delete=(item("DELETE /api/cases/{caseId}/comments/{commentId}"),),
    change={"comment": "changed by a test"},
    version_at="/version",
    volatile=("/version", "/updated_at", "/updated_by"),
    source="observed live",
)

FILE = Resource(
    name="case_file",
    family="cases",
    summary="A file attached to a case; it goes with the case.",
    kind=Kind.RECORD,
    keys={"caseId": "${case.id}"},
    create=(
        within(
            "POST /api/cases/{caseId}/files",
            {"file": File("${unique}.txt", b"made by a test\n", "text/plain"), "filename": "${unique}"},
            media=MULTIPART,
        ),
    ),
    id_at="/comments/-1/id",
    gone="unknown",
    source="observed live",
)

CONFIGURATION = Resource(
    name="case_configuration",
    family="cases",
    summary="How cases of one owner are set up in a space; there is one, and nothing removes it but its space.",
    kind=Kind.RECORD,
    create=(
        Call(
            "POST /api/cases/configure",
            body={"closure_type": "close-by-user", "connector": _NO_CONNECTOR, "owner": "cases"},
        ),
    ),
    listing=(Listing(Call("GET /api/cases/configure"), named_at=()),),
    update=(
        item(
            "PATCH /api/cases/configure/{configurationId}",
            {"version": "${self:/version}", "closure_type": "close-by-pushing"},
        ),
    ),
    change={"closure_type": "close-by-pushing"},
    version_at="/version",
    gone="unknown",
    volatile=("/version", "/updated_at", "/updated_by"),
    source="observed live",
)

RESOURCES = (CASE, COMMENT, FILE, CONFIGURATION)
