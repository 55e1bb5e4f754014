"""What can be asked of the package manager, and packages for tests."""

import io
import zipfile
from typing import Any

import pytest

from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok
from pytest_kibana.suites.families.fleet import Ask
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/epm/packages", "/api/fleet/epm/packages/{}/{}"
LIST, UPLOAD, MANY = f"GET {ALL}", f"POST {ALL}", f"POST {ALL}/_bulk"
READ, INSTALL, CHANGE, REMOVE = (
    f"{method} {ALL}/{{pkgName}}/{{pkgVersion}}" for method in ("GET", "POST", "PUT", "DELETE")
)
READ_ANY, INSTALL_ANY, CHANGE_ANY, REMOVE_ANY = (
    f"{method} {ALL}/{{pkgName}}" for method in ("GET", "POST", "PUT", "DELETE")
)
INSTALLED, LIMITED, STATS = f"{LIST}/installed", f"{LIST}/limited", f"{READ_ANY}/stats"
ASSETS, NO_ASSETS, RULES = f"{INSTALL}/kibana_assets", f"{REMOVE}/kibana_assets", f"{INSTALL}/rule_assets"
NO_STREAMS, AUTHORIZE = f"{REMOVE}/datastream_assets", f"{INSTALL}/transforms/authorize"
FILE, DEPENDENCIES = f"{READ}/{{filePath}}", f"{READ}/dependencies"
ROLLBACK, REVIEW = f"POST {ALL}/{{pkgName}}/rollback", f"POST {ALL}/{{pkgName}}/review_upgrade"
UPGRADES, UNINSTALLS, ROLLBACKS = (f"{UPLOAD}/_bulk_{verb}" for verb in ("upgrade", "uninstall", "rollback"))
UPGRADED, UNINSTALLED, ROLLED = (
    f"{LIST}/_bulk_{verb}/{{taskId}}" for verb in ("upgrade", "uninstall", "rollback")
)
NAMESPACES = f"{UPLOAD}/_bulk_namespace_customization"
OWN = "/api/fleet/epm/custom_integrations"
MAKE_OWN, CHANGE_OWN = f"POST {OWN}", f"PUT {OWN}/{{pkgName}}"
INPUTS = "GET /api/fleet/epm/templates/{pkgName}/{pkgVersion}/inputs"
BULK_ASSETS, CATEGORIES, KEY = (
    "POST /api/fleet/epm/bulk_assets",
    "GET /api/fleet/epm/categories",
    "GET /api/fleet/epm/verification_key_id",
)
NONE, VERSION = "no_such_package", "1.0.0"
_NOWHERE = {"pkgName": NONE, "pkgVersion": VERSION, "filePath": "manifest.yml"}
_GONE = (400, 404)


def _ask(label: str, body: Any = None, *, unknown: Any = None, **more: Any) -> Ask:
    return Ask(label, body, path=_NOWHERE, unknown=unknown, **more)


def of_one(name: str) -> dict[str, Any]:
    """Return a body that names one package."""
    return {"packages": [{"name": name}]}


# What is not installed is refused with 400, what no registry has with 404; which is looked for first differs.
ASKS = (
    Ask(LIST),
    Ask(CATEGORIES),
    Ask(INSTALLED),
    Ask(LIMITED),
    Ask(KEY),
    Ask(BULK_ASSETS, {"assetIds": [{"type": "dashboard", "id": NO_SUCH_ID}]}),
    _ask(READ, unknown=404, words=(NONE,)),
    _ask(READ_ANY, unknown=404, words=(NONE,)),
    _ask(STATS),
    _ask(FILE),
    _ask(INPUTS, unknown=_GONE),
    _ask(DEPENDENCIES),
    _ask(INSTALL, {"force": False}, unknown=404, words=(NONE,)),
    _ask(INSTALL_ANY, {"force": False}, unknown=404),
    _ask(CHANGE, {"keepPoliciesUpToDate": False}, unknown=_GONE),
    _ask(CHANGE_ANY, {"keepPoliciesUpToDate": False}, unknown=_GONE),
    _ask(REMOVE, unknown=_GONE),
    _ask(REMOVE_ANY, unknown=_GONE),
    _ask(ASSETS, {"force": False}, unknown=_GONE),
    _ask(NO_ASSETS, unknown=_GONE),
    _ask(RULES, {"force": False}, unknown=_GONE),
    _ask(NO_STREAMS, query={"packagePolicyId": NO_SUCH_ID}, unknown=_GONE),
    _ask(AUTHORIZE, {"transforms": [{"transformId": NO_SUCH_ID}]}, unknown=_GONE),
    _ask(ROLLBACK, unknown=_GONE),
    _ask(REVIEW, {"action": "decline", "target_version": "1.0.1"}),
    Ask(UPLOAD, content=b"no archive", media="application/zip"),
    Ask(MANY, {"packages": [NONE]}),
    Ask(UPGRADES, of_one(NONE)),
    Ask(UNINSTALLS, {"packages": [{"name": NONE, "version": VERSION}]}),
    Ask(ROLLBACKS, of_one(NONE)),
    Ask(UPGRADED, unknown=_GONE),
    Ask(UNINSTALLED, unknown=_GONE),
    Ask(ROLLED, unknown=_GONE),
    Ask(MAKE_OWN, {"integrationName": NONE, "datasets": [{"name": f"{NONE}.log", "type": "logs"}]}),
    _ask(CHANGE_OWN, {"readMeData": "taken over"}, unknown=_GONE),
)


def archive(name: str, version: str = VERSION, **more: str) -> bytes:
    """Return a package as a zip: a manifest and one page to read, beside further files by their path."""
    manifest = f"""
format_version: 3.0.0
name: {name}
title: Made by a test
version: {version}
description: Holds nothing.
type: integration
categories: [custom]
conditions: {{kibana: {{version: ">=8.0.0"}}}}
owner: {{github: elastic/integrations, type: community}}
policy_templates: []
"""
    files = {"manifest.yml": manifest, "docs/README.md": "# Made by a test\n", **more}
    files["changelog.yml"] = f"- version: {version}\n  changes: []\n"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, text in files.items():
            packed.writestr(f"{name}-{version}/{path}", text)
    return target.getvalue()


def newest(client: KibanaClient, name: str) -> str:
    """Return the newest version of a package; skip where no registry has it."""
    answer = client.get(ALL)
    if answer.status_code == 502:
        pytest.skip(f"needs a package registry, found none: {answer.text[:120]}")
    found = [one["version"] for one in ok(answer)["items"] if one["name"] == name]
    if not found:
        pytest.skip(f"needs the package {name}, found a registry without it")
    return str(found[0])


def absent(client: KibanaClient, name: str) -> str:
    """Return the newest version of a package that is not installed; skip where somebody has it installed."""
    version = newest(client, name)
    if status(client, name, version) == "installed":
        pytest.skip(f"needs a package that nobody has installed, found {name} installed")
    return version


def status(client: KibanaClient, name: str, version: str) -> str:
    """Return whether a package is installed."""
    return str(ok(client.get(ONE.format(name, version)))["item"].get("status"))
