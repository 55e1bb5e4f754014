"""Packages: who may ask, what registries and deployments have, and what is refused."""

import json
from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.epm.asks import (
    ALL,
    BULK_ASSETS,
    CATEGORIES,
    CHANGE,
    CHANGE_OWN,
    DEPENDENCIES,
    FILE,
    INPUTS,
    INSTALL,
    INSTALLED,
    KEY,
    LIMITED,
    LIST,
    MAKE_OWN,
    MANY,
    NO_STREAMS,
    NONE,
    ONE,
    OWN,
    READ,
    READ_ANY,
    ROLLBACKS,
    STATS,
    UNINSTALLS,
    UPGRADES,
    UPLOAD,
    VERSION,
    newest,
    status,
)
from pytest_kibana.suites.families.fleet import Ask, every, intended, names
from pytest_kibana.suites.families.sources import CONTRACT, LIVE
from pytest_kibana.wire import KibanaClient


@pytest.mark.kibana_requirement("KBN-REQ-EPM-005", source=CONTRACT, safety="read")
@every(
    [
        Ask(LIST, query={"prerelease": "perhaps"}),
        Ask(CATEGORIES, query={"prerelease": "perhaps"}),
        Ask(INSTALLED, query={"sortOrder": "sideways"}),
        Ask(INSTALLED, query={"perPage": "many"}),
        Ask(BULK_ASSETS, {"assetIds": "all"}),
        Ask(INPUTS, path={"pkgName": NONE, "pkgVersion": VERSION}, query={"format": "poem"}),
        Ask(NO_STREAMS, path={"pkgName": NONE, "pkgVersion": VERSION}),
        Ask(INSTALL, {"force": "perhaps"}, path={"pkgName": NONE, "pkgVersion": VERSION}),
        Ask(CHANGE, {}, path={"pkgName": NONE, "pkgVersion": VERSION}),
        Ask(MANY, {"packages": []}),
        Ask(UPGRADES, {"packages": []}),
        Ask(UNINSTALLS, {"packages": [{"name": NONE}]}),
        Ask(ROLLBACKS, {"packages": []}),
        Ask(MAKE_OWN, {"integrationName": NONE}),
        Ask(CHANGE_OWN, {}, path={"pkgName": NONE}),
    ]
)
def test_a_question_without_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """An unknown order or format, what is not a boolean, and a request that names no package are refused with 400."""
    ask.assert_refused(kibana_client, 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-006", source=LIVE, operations=[LIST, CATEGORIES, READ], safety="read", tier="smoke"
)
def test_categories_have_packages(kibana_client: KibanaClient) -> None:
    """Packages of a category are some of all packages, none twice, and the first of them is read as it is listed."""
    newest(kibana_client, "udp")
    everything = names(ok(kibana_client.get(ALL))["items"])
    counts = {one["id"]: one["count"] for one in ok(kibana_client.get("/api/fleet/epm/categories"))["items"]}
    category = next(name for name, count in counts.items() if count)
    inside = ok(kibana_client.get(ALL, query={"category": category}))["items"]
    assert inside
    assert names(inside) <= everything
    assert len(names(inside)) == len(inside)
    first = inside[0]
    shown = ok(kibana_client.get(ONE.format(first["name"], first["version"])))["item"]
    assert part(shown, "name", "version", "title") == part(first, "name", "version", "title")


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-007", source=LIVE, operations=[LIMITED, KEY, INSTALLED], safety="read", tier="smoke"
)
def test_what_a_deployment_knows(kibana_client: KibanaClient) -> None:
    """A deployment says which packages a policy has once, by which key packages are signed, and what is installed."""
    limited = ok(kibana_client.get(f"{ALL}/limited"))["items"]
    assert len(limited) == len(set(limited))
    assert "id" in ok(kibana_client.get("/api/fleet/epm/verification_key_id"))
    rows = ok(kibana_client.get(f"{ALL}/installed", query={"perPage": 1000}))
    assert {one["status"] for one in rows["items"]} <= {"installed", "installing", "install_failed"}
    assert len(rows["items"]) <= rows["total"]
    assert ok(kibana_client.get(f"{ALL}/installed", query={"nameQuery": NONE}))["items"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-008", source=LIVE, operations=[INSTALLED, MAKE_OWN], safety="disruptive"
)
def test_pages_of_what_is_installed(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """What is installed is listed by name, both ways round; a page goes on after the last of the page before."""
    made = sorted(kibana_resources.epm_custom_integration().id for _ in range(3))
    asked = {"nameQuery": made[0][:12], "perPage": 1000}

    def ours(**more: Any) -> list[str]:
        items = ok(kibana_client.get(f"{ALL}/installed", query={**asked, **more}))["items"]
        return [one["name"] for one in items if one["name"] in made]

    assert ours() == made
    assert ours(sortOrder="desc") == made[::-1]
    seen: list[str] = []
    page = ok(kibana_client.get(f"{ALL}/installed", query={**asked, "perPage": 1}))
    while page["items"] and len(seen) <= page["total"]:
        seen += [one["name"] for one in page["items"]]
        after = json.dumps(page["searchAfter"])
        page = ok(kibana_client.get(f"{ALL}/installed", query={**asked, "perPage": 1, "searchAfter": after}))
    assert [name for name in seen if name in made] == made


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-009", source=LIVE, operations=[READ, FILE, INPUTS], safety="read"
)
def test_what_is_in_a_package(kibana_client: KibanaClient) -> None:
    """A package shows its files as they are, and its inputs as JSON and as YAML."""
    version = newest(kibana_client, "udp")
    one = ONE.format("udp", version)
    file = kibana_client.get(f"{one}/docs/README.md")
    assert file.status_code == 200
    assert file.content
    inputs = f"/api/fleet/epm/templates/udp/{version}/inputs"
    assert kibana_client.get(inputs, query={"format": "json"}).status_code == 200
    assert kibana_client.get(inputs, query={"format": "yml"}).status_code == 200


@pytest.mark.kibana_requirement("KBN-REQ-EPM-010", source=LIVE, operations=[BULK_ASSETS], safety="read")
def test_unknown_assets_are_passed_over(kibana_client: KibanaClient) -> None:
    """Assets that do not exist are left out of the answer."""
    body = {
        "assetIds": [{"type": "dashboard", "id": NO_SUCH_ID}, {"type": "index_template", "id": NO_SUCH_ID}]
    }
    assert ok(kibana_client.post("/api/fleet/epm/bulk_assets", json=body))["items"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-011",
    source=LIVE,
    operations=[STATS, "POST /api/fleet/package_policies"],
    safety="disruptive",
)
def test_uses_of_a_package_are_counted(
    package: Handle, kibana_resources: Resources, kibana_client: KibanaClient
) -> None:
    """The policies that use a package are counted, wherever they are."""
    path = f"{ALL}/{package.id}/stats"

    def used() -> int:
        return int(ok(kibana_client.get(path))["response"]["agent_policy_count"])

    kibana_resources.fleet_package_policy(space="default")
    assert used() >= 1


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-012",
    source="Kibana contract; short of its version a package is read on 9.4.3",
    operations=[READ_ANY, READ],
    safety="read",
)
def test_a_package_without_its_version_is_the_newest(kibana_client: KibanaClient) -> None:
    """A package that is asked for without a version is the installed one, else the newest."""
    version = newest(kibana_client, "udp")
    shown = ok(kibana_client.get(f"{ALL}/udp"))["item"]
    if status(kibana_client, "udp", version) != "installed":
        assert shown["version"] == version


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-013",
    level="SHOULD",
    source="Kibana API documentation: the packages that a package needs",
    operations=[DEPENDENCIES],
    safety="read",
    since="9.4.0",
)
def test_what_a_package_needs(kibana_client: KibanaClient) -> None:
    """The packages that a package needs are listed; there may be none."""
    version = newest(kibana_client, "udp")
    answer = kibana_client.get(f"{ONE.format('udp', version)}/dependencies")
    assert isinstance(ok(answer).get("items"), list)
    nowhere = kibana_client.get(f"{ONE.format(NONE, VERSION)}/dependencies")
    assert nowhere.status_code in (400, 404), f"{nowhere.status_code} {nowhere.text[:200]}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-014", source=LIVE, operations=[MAKE_OWN, INSTALLED], safety="disruptive"
)
@pytest.mark.parametrize(
    ("broken", "statuses"),
    [
        pytest.param(
            {"datasets": [{"name": "other.log", "type": "logs"}]}, (400, 422), id="foreign data set"
        ),
        pytest.param({"datasets": [{"name": "x", "type": "poems"}]}, (400,), id="unknown type"),
        pytest.param({"datasets": "all"}, (400,), id="no list"),
        pytest.param({"no_such_field": 1}, (400,), id="unknown field"),
    ],
)
def test_an_impossible_integration_is_refused(
    kibana_resources: Resources,
    kibana_client: KibanaClient,
    unique: Any,
    broken: dict[str, Any],
    statuses: tuple[int, ...],
) -> None:
    """A custom integration whose data sets are not its own, or of no type, is refused, and nothing is installed."""
    word = kibana_resources.factory.mark.word(unique())
    name = intended(kibana_resources, "epm_custom_integration", id=word, version=VERSION)
    body = {"integrationName": name, "datasets": [{"name": f"{name}.log", "type": "logs"}], **broken}
    answer = name.became(kibana_client.post(OWN, json=body))
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:200]}"
    assert ok(kibana_client.get(f"{ALL}/installed", query={"nameQuery": name}))["items"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-015", source=LIVE, operations=[UPLOAD, INSTALLED], safety="disruptive"
)
@pytest.mark.parametrize(
    "content",
    [b"neither zip nor gzip", b"PK\x03\x04 but no zip", b"\x1f\x8b but no gzip"],
    ids=["neither", "broken zip", "broken gzip"],
)
@pytest.mark.parametrize("media", ["application/zip", "application/gzip"])
def test_what_is_no_archive_is_not_installed(kibana_client: KibanaClient, content: bytes, media: str) -> None:
    """What is not an archive, or a broken one, is refused with 400, and installs nothing."""

    def installed() -> set[str]:
        items = ok(kibana_client.get(f"{ALL}/installed", query={"perPage": 1000}))["items"]
        return {name for name in names(items) if "upload" in name}

    before = installed()
    answer = kibana_client.post(ALL, content=content, media=media)
    if answer.status_code == 429:
        pytest.skip(f"needs an upload that is not too soon, found {answer.text[:120]}")
    assert_refused(answer, 400)
    assert installed() == before


@pytest.mark.kibana_requirement("KBN-REQ-EPM-016", source=LIVE, operations=[UPLOAD], safety="disruptive")
def test_an_archive_is_said_to_be_one(kibana_client: KibanaClient) -> None:
    """An upload that is said to be something else than an archive is refused with 415."""
    answer = kibana_client.post(ALL, content=b"{}", media="text/plain")
    assert_refused(answer, 415)


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-017",
    level="SHOULD",
    source="Kibana source, epm/handlers.ts; what a registry answers with an error has been 500",
    safety="read",
)
@every([Ask(FILE, path={"pkgName": NONE, "pkgVersion": VERSION, "filePath": "manifest.yml"})])
def test_a_file_that_is_not_there_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """A file of a package that no registry has is answered 404."""
    ask.assert_refused(kibana_client, 404)
