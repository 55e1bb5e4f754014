"""Fleet's packages: a small registry, installing and removing, which are the same for every space."""

from typing import Any

from pytest_kibana.simulator.archives import BadArchive, opened
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.packages import CATALOGUE, CATEGORIES, Package
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("fleet packages")
_ONE = "/api/fleet/epm/packages/{}/{}"
_STREAMS = (
    "logs-elastic_agent-default",
    "logs-system.syslog-default",
    "metrics-elastic_agent.elastic_agent-default",
)


def _installed(call: Call, name: str) -> Record | None:
    return call.table("epm_package").get(name)


def _known(call: Call, name: str) -> Package:
    record = _installed(call, name)
    if name in CATALOGUE:
        return CATALOGUE[name]
    if record is not None:
        value = record.value
        return Package(
            name, value.get("title", name), value["version"], "custom", value.get("description", "")
        )
    raise Refusal(404, f"[{name}] package not installed or found in registry")


def _version(call: Call, package: Package) -> str:
    """Return the version of the path; the newest where the path has none."""
    asked = call.ids[1] if len(call.ids) > 1 else package.version
    if asked == package.version or _installed(call, package.name):
        return asked
    raise Refusal(404, f"[{package.name}-{asked}] package not installed or found in registry")


def _shown(call: Call, package: Package, version: str | None = None) -> dict[str, Json]:
    record = _installed(call, package.name)
    version = version or package.version
    path = f"/package/{package.name}/{version}"
    row: dict[str, Json] = {
        "id": package.name,
        "name": package.name,
        "title": package.title,
        "version": version,
        "type": package.type,
        "description": package.description,
        "download": f"/epr/{package.name}/{package.name}-{version}.zip",
        "path": path,
        "status": "installed" if record is not None else "not_installed",
        "categories": [package.category],
        "owner": {"github": "elastic/integrations", "type": "elastic"},
        "format_version": "3.3.1",
        "release": "ga",
        "icons": [],
        "policy_templates": [],
        "data_streams": [],
        "assets": {},
        "conditions": {"kibana": {"version": "^9.0.0"}},
        "latestVersion": package.version,
        "keepPoliciesUpToDate": False,
    }
    if record is not None:
        row["installationInfo"] = {
            "type": "epm-packages",
            "name": package.name,
            "version": record.value["version"],
            "install_status": "installed",
            "install_source": record.value.get("source", "registry"),
            "installed_kibana": [],
            "installed_es": [],
            "installed_kibana_space_id": record.value.get("space", "default"),
            "verification_status": "unknown",
        }
    return row


@family.on("GET /api/fleet/epm/packages")
def list_(call: Call) -> Reply:
    """Show what the registry has."""
    wanted = call.query.get("category")
    mine = [_known(call, name) for name in call.table("epm_package") if name not in CATALOGUE]
    packages = [p for p in (*CATALOGUE.values(), *mine) if not wanted or p.category == wanted]
    return Reply({"items": [_shown(call, p) for p in packages]})


@family.on("GET /api/fleet/epm/categories")
def categories(call: Call) -> Reply:
    """Show the categories with how many packages each has."""
    counts = {name: sum(p.category == name for p in CATALOGUE.values()) for name in CATEGORIES}
    return Reply(
        {"items": [{"id": n, "title": n.replace("_", " ").title(), "count": c} for n, c in counts.items()]}
    )


@family.on("GET /api/fleet/epm/packages/limited")
def limited(call: Call) -> Reply:
    """Show the packages of which a policy may have one."""
    return Reply({"items": ["apm", "endpoint", "fleet_server"]})


@family.on("GET /api/fleet/epm/packages/installed")
def installed(call: Call) -> Reply:
    """Show what is installed."""
    wanted = str(call.query.get("nameQuery") or "")
    rows = [
        {
            "name": name,
            "title": _known(call, name).title,
            "version": record.value["version"],
            "status": "installed",
            "description": _known(call, name).description,
            "dataStreams": [],
            "icons": [],
        }
        for name, record in sorted(call.table("epm_package").items())
        if wanted in name
    ]
    return Reply({"items": rows, "total": len(rows), "searchAfter": []})


@family.on("GET /api/fleet/epm/data_streams")
def data_streams(call: Call) -> Reply:
    """Show the data streams that agents write, as if there were agents that write."""
    kind, wanted = str(call.query.get("type") or ""), str(call.query.get("datasetQuery") or "")
    rows = [name for name in _STREAMS if name.startswith(kind) and wanted in name.split("-")[1]]
    return Reply(
        {"items": [{"name": n} for n in sorted(rows, reverse=call.query.get("sortOrder") == "desc")]}
    )


@family.on(f"GET {_ONE}")
def read(call: Call) -> Reply:
    """Show a package."""
    package = _known(call, call.ids[0])
    return Reply(
        {"item": _shown(call, package, _version(call, package)), "metadata": {"has_policies": False}}
    )


def _install(call: Call, name: str, version: str, source: str = "registry", **said: str) -> None:
    value = {"name": name, "version": version, "space": call.space, "source": source, **said}
    call.world.store.put("epm_package", "*", name, value, by=call.user)


@family.on(f"POST {_ONE}")
def install(call: Call) -> Reply:
    """Install a package."""
    package = _known(call, call.ids[0])
    _install(call, package.name, _version(call, package))
    return Reply({"items": [], "_meta": {"install_source": "registry", "name": package.name}})


@family.on(f"PUT {_ONE}")
def settings(call: Call) -> Reply:
    """Change a package's settings."""
    package = _known(call, call.ids[0])
    keep = bool((call.body or {}).get("keepPoliciesUpToDate", False))
    return Reply({"item": {**_shown(call, package), "keepPoliciesUpToDate": keep}})


@family.on(f"DELETE {_ONE}")
def uninstall(call: Call) -> Reply:
    """Remove a package from every space."""
    name = call.ids[0]
    if _installed(call, name) is None:
        raise Refusal(400, f"{name} is not installed", family="platform")
    used = [
        r.value
        for r in call.table("fleet_package_policy").values()
        if (r.value.get("package") or {}).get("name") == name
    ]
    if used and call.query.get("force") not in (True, "true"):
        text = f"unable to remove package with existing package policy(s) in use by agent(s): {name}"
        raise Refusal(400, text, family="platform")
    del call.table("epm_package")[name]
    return Reply({"items": []})


@family.on("POST /api/fleet/epm/packages/_bulk")
def install_many(call: Call) -> Reply:
    """Install packages; each answers for itself."""
    items = []
    for asked in (call.body or {}).get("packages") or ():
        name = asked if isinstance(asked, str) else asked["name"]
        if name not in CATALOGUE:
            error = f"[{name}] package not installed or found in registry"
            items.append({"name": name, "statusCode": 404, "error": error})
            continue
        version = CATALOGUE[name].version
        _install(call, name, version)
        result = {"assets": [], "status": "installed", "installSource": "registry", "installType": "install"}
        items.append({"name": name, "version": version, "result": result})
    return Reply({"items": items})


@family.on("POST /api/fleet/epm/packages")
def upload(call: Call) -> Reply:
    """Install a package from an archive; what is none, or holds none, is refused and leaves nothing."""
    try:
        package = opened(call.raw)
    except BadArchive as error:
        raise Refusal(400, str(error), family="platform") from None
    _install(
        call, package.name, package.version, "upload", title=package.title, description=package.description
    )
    return Reply({"items": [], "_meta": {"install_source": "upload", "name": package.name}})


@family.on("POST /api/fleet/epm/custom_integrations")
def custom(call: Call) -> Reply:
    """Make an integration of one's own."""
    name = str((call.body or {}).get("integrationName"))
    if _installed(call, name) is not None or name in CATALOGUE:
        raise Refusal(
            409, f"Failed to create the integration as an integration with the name {name} already exists."
        )
    _install(call, name, "1.0.0", "custom")
    return Reply({"items": [], "_meta": {"install_source": "custom", "name": name}})


@family.on("GET /api/fleet/epm/packages/{}/stats")
def stats(call: Call) -> Reply:
    """Say how many policies use a package."""
    name = call.ids[0]
    _known(call, name)
    used = [
        r.value
        for r in call.table("fleet_package_policy").values()
        if (r.value.get("package") or {}).get("name") == name
    ]
    policies = {policy for row in used for policy in row.get("policy_ids") or ()}
    return Reply({"response": {"agent_policy_count": len(policies), "package_policy_count": len(used)}})


@family.on("GET /api/fleet/epm/verification_key_id")
def verification(call: Call) -> Reply:
    """Nothing is verified."""
    return Reply({"id": None})


@family.before(
    "GET /api/fleet/epm/packages/{}/{}/{}",
    "* /api/fleet/epm/packages/{}/{}/kibana_assets",
    "GET /api/fleet/epm/templates/{}/{}/inputs",
)
def demand_package(call: Call) -> None:
    """Refuse what is asked of a package that nobody knows."""
    _known(call, call.ids[0])


@family.on(
    *(f"GET /api/fleet/epm/packages/_bulk_{verb}/{{}}" for verb in ("upgrade", "uninstall", "rollback"))
)
def progress(call: Call) -> Reply:
    """Say how far a task is: it was over at once."""
    return Reply({"status": "success", "results": []})
