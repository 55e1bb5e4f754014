"""Fleet's packages: a small registry, installing and removing, which are the same for every space."""

from typing import Any

from pytest_kibana.simulator.archives import BadArchive, opened
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.packages import CATALOGUE, CATEGORIES, Package
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("fleet packages")
_PACKAGES = "/api/fleet/epm/packages"
_ONE = f"{_PACKAGES}/{{}}/{{}}"
_FILES = ("manifest.yml", "changelog.yml", "docs/README.md")
"""What every package has."""
_BETWEEN_UPLOADS = 10_000
"""Milliseconds that have to pass between packages that are uploaded (Kibana source, epm/packages/install.ts)."""
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
    record = _installed(call, package.name)
    if asked in (package.version, *package.older) or (record and asked == record.value["version"]):
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
        "keepPoliciesUpToDate": bool(record and record.value.get("keep")),
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
    """Show what is installed, by name; the next page begins after the last name of this one."""
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
    down = call.query.get("sortOrder") == "desc"
    after = call.query.get("searchAfter")
    last = str(after[0] if isinstance(after, list) else after) if after else None
    ordered = rows[::-1] if down else rows
    rest = [row for row in ordered if last is None or (row["name"] < last if down else row["name"] > last)]
    page = rest[: whole(call.query.get("perPage"), 15)]
    return Reply({"items": page, "total": len(rows), "searchAfter": [page[-1]["name"]] if page else []})


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
    value: dict[str, Json] = {"name": name, "version": version, "space": call.space, "source": source, **said}
    record = _installed(call, name)
    if record is not None and record.value["version"] != version:
        value["previous"] = record.value["version"]
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
    record = _demand_installed(call, package.name)
    record.value = {**record.value, "keep": bool((call.body or {}).get("keepPoliciesUpToDate", False))}
    return Reply({"item": _shown(call, package)})


def _demand_installed(call: Call, name: str) -> Record:
    record = _installed(call, name)
    if record is None:
        raise Refusal(400, f"{name} is not installed", family="platform")
    return record


@family.on(f"DELETE {_ONE}")
def uninstall(call: Call) -> Reply:
    """Remove a package from every space."""
    _uninstall(call, call.ids[0], force=call.query.get("force") in (True, "true"))
    return Reply({"items": []})


def _uninstall(call: Call, name: str, *, force: bool) -> None:
    _demand_installed(call, name)
    if _used(call, name) and not force:
        text = f"unable to remove package with existing package policy(s) in use by agent(s): {name}"
        raise Refusal(400, text, family="platform")
    del call.table("epm_package")[name]


def _used(call: Call, name: str) -> list[dict[str, Json]]:
    """Return the package policies of a package, whatever space they are in."""
    tables = (table for kind, _, table in call.world.store.tables() if kind == "fleet_package_policy")
    rows = (record.value for table in tables for record in table.values())
    return [row for row in rows if (row.get("package") or {}).get("name") == name]


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
    now = call.world.clock.millis()
    last = call.world.store.table("epm_upload").get("last")
    wait = -(-(last.value["at"] + _BETWEEN_UPLOADS - now) // 1000) if last is not None else 0
    if wait > 0:
        raise Refusal(429, f"Please wait {wait}s before uploading again.", family="platform")
    try:
        package = opened(call.raw)
    except BadArchive as error:
        raise Refusal(400, str(error), family="platform") from None
    _install(
        call, package.name, package.version, "upload", title=package.title, description=package.description
    )
    call.world.store.put("epm_upload", "*", "last", {"at": now})
    return Reply({"items": [], "_meta": {"install_source": "upload", "name": package.name}})


@family.on("POST /api/fleet/epm/custom_integrations")
def custom(call: Call) -> Reply:
    """Make an integration of one's own."""
    body = call.body or {}
    name = str(body.get("integrationName"))
    for row in body.get("datasets") or ():
        if row["name"] != name and not row["name"].startswith(f"{name}."):
            text = f"Dataset names '{row['name']}' must either match integration name '{name}' exactly or be prefixed"
            raise Refusal(422, text, family="platform")
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
    used = _used(call, name)
    policies = {policy for row in used for policy in row.get("policy_ids") or ()}
    return Reply({"response": {"agent_policy_count": len(policies), "package_policy_count": len(used)}})


@family.on("GET /api/fleet/epm/verification_key_id")
def verification(call: Call) -> Reply:
    """Nothing is verified."""
    return Reply({"id": None})


@family.before(
    "GET /api/fleet/epm/packages/{}/{}/{}",
    "* /api/fleet/epm/packages/{}/{}/kibana_assets",
    "POST /api/fleet/epm/packages/{}/{}/rule_assets",
    "POST /api/fleet/epm/packages/{}/{}/transforms/authorize",
    "DELETE /api/fleet/epm/packages/{}/{}/datastream_assets",
    "GET /api/fleet/epm/templates/{}/{}/inputs",
    "PUT /api/fleet/epm/custom_integrations/{}",
)
def demand_package(call: Call) -> None:
    """Refuse what is asked of a package that nobody knows."""
    _known(call, call.ids[0])


@family.before("GET /api/fleet/epm/packages/{}/{}/{}")
def demand_file(call: Call) -> None:
    """Refuse to show a file that packages do not have."""
    if call.ids[2] not in _FILES:
        raise Refusal(404, f"Error while fetching file: {call.ids[2]} not found", family="platform")


@family.before("DELETE /api/fleet/epm/packages/{}/{}/datastream_assets")
def demand_package_policy(call: Call) -> None:
    """Refuse to remove what an unknown package policy made."""
    key = str(call.query.get("packagePolicyId"))
    if key not in call.table("fleet_package_policy"):
        raise Refusal(404, f"Package policy with id {key} not found", family="platform")


@family.on(
    f"POST {_ONE}/kibana_assets",
    f"DELETE {_ONE}/kibana_assets",
    f"POST {_ONE}/rule_assets",
    f"DELETE {_ONE}/datastream_assets",
)
def assets(call: Call) -> Reply:
    """Put assets in place, or take them away; packages here have none."""
    return Reply({"success": True})


@family.on("POST /api/fleet/epm/bulk_assets")
def bulk_assets(call: Call) -> Reply:
    """Show assets of packages; packages here have none."""
    return Reply({"items": []})


# -- tasks -------------------------------------------------------------------------------------------------


@family.on(
    f"POST {_PACKAGES}/_bulk_upgrade", f"POST {_PACKAGES}/_bulk_uninstall", f"POST {_PACKAGES}/_bulk_rollback"
)
def bulk_task(call: Call) -> Reply:
    """Do something to packages in a task, which is over at once; each answers for itself."""
    verb = call.path.rpartition("_bulk_")[2]
    results = []
    for asked in (call.body or {}).get("packages") or ():
        try:
            _do(call, verb, asked["name"], asked.get("version"), force=bool((call.body or {}).get("force")))
        except Refusal as refusal:
            results.append({"name": asked["name"], "success": False, "error": {"message": refusal.message}})
        else:
            results.append({"name": asked["name"], "success": True})
    key = call.world.clock.uuid()
    done = {"status": "success" if all(r["success"] for r in results) else "failed", "results": results}
    call.world.store.put("epm_task", "*", key, {"id": key, **done})
    return Reply({"taskId": key})


def _do(call: Call, verb: str, name: str, version: str | None, *, force: bool) -> None:
    if verb == "uninstall":
        _uninstall(call, name, force=force)
    elif verb == "rollback":
        _roll_back(call, name)
    else:
        _demand_installed(call, name)
        _install(call, name, version or _known(call, name).version)


def _roll_back(call: Call, name: str) -> str:
    previous = _demand_installed(call, name).value.get("previous")
    if previous is None:
        raise Refusal(400, f"No previous version found for package {name}", family="platform")
    _install(call, name, previous)
    return str(previous)


@family.on(f"POST {_PACKAGES}/{{}}/rollback")
def roll_back(call: Call) -> Reply:
    """Go back to the version before the last upgrade."""
    return Reply({"version": _roll_back(call, call.ids[0]), "success": True})


@family.on(*(f"GET {_PACKAGES}/_bulk_{verb}/{{}}" for verb in ("upgrade", "uninstall", "rollback")))
def progress(call: Call) -> Reply:
    """Say what came of a task."""
    record = call.world.store.table("epm_task").get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Saved object [task/{call.ids[0]}] not found", family="platform")
    return Reply({k: record.value[k] for k in ("status", "results")})
