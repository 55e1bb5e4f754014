"""Integration packages: installed for the whole deployment, whichever space asks."""

from pytest_kibana.resources.families.pages import fleet_page
from pytest_kibana.resources.model import Call, Kind, Resource, Safety, Scope

_ADDRESS = {"pkgName": "${self.id}", "pkgVersion": "${self.version}"}

# The deployment's own packages are not asked for: names of runs begin alike.
_INSTALLED = fleet_page(
    Call("GET /api/fleet/epm/packages/installed", query={"nameQuery": "kbn_test_", "perPage": 1000}),
    id_at="/name",
    named_at=("/name",),
    keys={"version": "/version"},
    page=None,
    per_page=None,
    total=None,
)

PACKAGE = Resource(
    name="epm_package",
    family="Elastic Package Manager (EPM)",
    summary="An integration package from the registry. A package that is already there is used and left alone.",
    kind=Kind.ENGINE,
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    requires=("fleet_setup",),
    keys={"id": "udp", "version": "2.1.0"},
    create=(
        Call(
            "POST /api/fleet/epm/packages/{pkgName}/{pkgVersion}",
            path=_ADDRESS,
            body={"force": False, "ignore_constraints": False},
        ),
    ),
    reading_at="/item",
    read=(Call("GET /api/fleet/epm/packages/{pkgName}/{pkgVersion}", path=_ADDRESS),),
    listing=(
        fleet_page(
            Call("GET /api/fleet/epm/packages"),
            id_at="/name",
            named_at=(),
            page=None,
            per_page=None,
            total=None,
        ),
    ),
    update=(
        Call(
            "PUT /api/fleet/epm/packages/{pkgName}/{pkgVersion}",
            path=_ADDRESS,
            body={"keepPoliciesUpToDate": False},
        ),
    ),
    delete=(
        Call("DELETE /api/fleet/epm/packages/{pkgName}/{pkgVersion}", path=_ADDRESS, query={"force": True}),
    ),
    change={"keepPoliciesUpToDate": True},
    gone_statuses=(404, 400),
    plugin="package registry",
    present={"/item/status": "installed"},
    source="observed live; unreachable registry answers 502",
)

CUSTOM_INTEGRATION = Resource(
    name="epm_custom_integration",
    family="Elastic Package Manager (EPM)",
    summary="A custom integration of one data set. It is removed like any package.",
    scope=Scope.GLOBAL,
    safety=Safety.DISRUPTIVE,
    requires=("fleet_setup",),
    # No hyphens in names of packages that are made here; the first version is always 1.0.0.
    keys={"id": "${unique.word}", "version": "1.0.0"},
    create=(
        Call(
            "POST /api/fleet/epm/custom_integrations",
            body={
                "integrationName": "${self.id}",
                "datasets": [{"name": "${self.id}.log", "type": "logs"}],
            },
        ),
    ),
    reading_at="/item",
    read=(Call("GET /api/fleet/epm/packages/{pkgName}/{pkgVersion}", path=_ADDRESS),),
    listing=(_INSTALLED,),
    update=(
        Call(
            "PUT /api/fleet/epm/custom_integrations/{pkgName}",
            path={"pkgName": "${self.id}"},
            body={"readMeData": "changed by a test"},
        ),
    ),
    delete=(
        Call("DELETE /api/fleet/epm/packages/{pkgName}/{pkgVersion}", path=_ADDRESS, query={"force": True}),
    ),
    change={"readMeData": "changed by a test"},
    gone="unknown",
    gone_statuses=(404, 400),
    exceptions=dict.fromkeys(
        ("round trip", "update changes what is meant", "a change shows", "not changed", "lives"),
        "what is shown is the package that was made of it, and not what was sent",
    )
    | {"same change twice": "each change is a version more (Kibana source, custom_integrations)"},
    source="observed live",
)

RESOURCES = (PACKAGE, CUSTOM_INTEGRATION)
