"""Elastic Defend: notes on protection updates, the scripts library, and what was done on hosts."""

from pytest_kibana.resources.model import (
    MULTIPART,
    Call,
    File,
    Kind,
    Listing,
    Resource,
    Safety,
    Scope,
    item,
)

_FAMILY = "Security Endpoint Management API"

PROTECTION_NOTE = Resource(
    name="protection_updates_note",
    family=_FAMILY,
    summary="A note on the protection updates of an Elastic Defend policy.",
    kind=Kind.RECORD,
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    keys={"id": "${fleet_package_policy.id}"},
    create=(item("POST /api/endpoint/protection_updates_note/{package_policy_id}", {"note": "${unique}"}),),
    read=(item("GET /api/endpoint/protection_updates_note/{package_policy_id}"),),
    update=(
        item("POST /api/endpoint/protection_updates_note/{package_policy_id}", {"note": "changed by a test"}),
    ),
    change={"note": "changed by a test"},
    gone="unknown",
    needs="needs a package policy of Elastic Defend, and so the package registry",
    source="Kibana contract",
)

SCRIPT = Resource(
    name="endpoint_script",
    family=_FAMILY,
    summary="A script in the library; it runs nowhere.",
    scope=Scope.GLOBAL,
    safety=Safety.GLOBAL,
    create=(
        Call(
            "POST /api/endpoint/scripts_library",
            body={
                "name": "${unique}",
                "platform": ["linux"],
                "fileType": "script",
                "file": File("${unique}.sh", b"#!/bin/sh\ntrue\n"),
            },
            media=MULTIPART,
        ),
    ),
    id_at="/data/id",
    made_at="/data",
    reading_at="/data",
    read=(item("GET /api/endpoint/scripts_library/{script_id}"),),
    listing=(
        Listing(
            Call("GET /api/endpoint/scripts_library"),
            items="/data",
            page="page",
            per_page="pageSize",
            total="/total",
        ),
    ),
    delete=(item("DELETE /api/endpoint/scripts_library/{script_id}"),),
    since="9.4",
    licence="enterprise",
    source="Kibana contract of 9.4",
)

RESPONSE_ACTION = Resource(
    name="endpoint_response_action",
    family=_FAMILY,
    summary="Something that was done on a host: isolated, scanned, a file taken.",
    kind=Kind.FOUND,
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    read=(item("GET /api/endpoint/action/{action_id}"),),
    listing=(
        Listing(
            Call("GET /api/endpoint/action"),
            items="/data",
            named_at=(),
            page="page",
            per_page="pageSize",
            total="/total",
        ),
    ),
    gone="unknown",
    lacking="acts on enrolled hosts",
    source="observed live",
)

RESOURCES = (PROTECTION_NOTE, SCRIPT, RESPONSE_ACTION)
