"""Installing, upgrading, taking back and removing packages, which is the same for every space: all of it disruptive."""

from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part, shows
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.epm.asks import (
    ALL,
    ASSETS,
    AUTHORIZE,
    CHANGE,
    CHANGE_ANY,
    CHANGE_OWN,
    INSTALL,
    INSTALL_ANY,
    INSTALLED,
    MAKE_OWN,
    MANY,
    NAMESPACES,
    NO_ASSETS,
    NO_STREAMS,
    NONE,
    ONE,
    OWN,
    READ,
    REMOVE,
    REMOVE_ANY,
    REVIEW,
    ROLLBACK,
    ROLLBACKS,
    ROLLED,
    RULES,
    UNINSTALLED,
    UNINSTALLS,
    UPGRADED,
    UPGRADES,
    UPLOAD,
    VERSION,
    absent,
    archive,
    newest,
    of_one,
    status,
)
from pytest_kibana.suites.families.fleet import Intent, intended
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

DONE = ("success", "failed")


def outcome(client: KibanaClient, path: str, wait: Eventually) -> dict[str, Any]:
    """Return what came of a task, once it is over."""
    wait("the task is over", lambda: ok(client.get(path))["status"] in DONE, within=120)
    found: dict[str, Any] = ok(client.get(path))
    return found


Versions = tuple[Intent, str, str]
"""A package, an older and the newest version of it."""


@pytest.fixture
def upgradeable(
    request: pytest.FixtureRequest, kibana_resources: Resources, kibana_client: KibanaClient
) -> Versions:
    """Return a package that nobody has installed, by its name, with an older and its newest version."""
    name = str(request.param)
    version = absent(kibana_client, name)
    major, minor, _ = version.split(".", 2)
    guesses = (f"{major}.{int(minor) - 1}.0", f"{major}.0.0", f"{int(major) - 1}.20.0")
    found = [one for one in guesses if kibana_client.get(ONE.format(name, one)).status_code == 200]
    if not found:
        pytest.skip(f"needs an older version of {name}, found none of {', '.join(guesses)}")
    return intended(kibana_resources, "epm_package", id=name, version=version), found[0], version


def installed_version(client: KibanaClient, name: str) -> str:
    """Return the version in which a package is installed."""
    rows = ok(client.get(f"{ALL}/installed", query={"nameQuery": name, "perPage": 1000}))["items"]
    return next(str(row["version"]) for row in rows if row["name"] == name)


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-020",
    source=LIVE,
    operations=[INSTALL, READ, REMOVE, INSTALLED],
    safety="disruptive",
    tier="smoke",
)
def test_a_package_is_installed_and_removed(
    kibana_resources: Resources, kibana_client: KibanaClient, here: KibanaClient
) -> None:
    """A package installed from one space is installed for all, once, however often it is asked for; and removed."""
    version = absent(kibana_client, "log")
    one = ONE.format("log", version)
    name = intended(kibana_resources, "epm_package", id="log", version=version)
    assert status(kibana_client, "log", version) == "not_installed"
    for _ in range(2):
        told = ok(name.became(here.post(one, json={"force": True})))
        assert part(told["_meta"], "name", "install_source") == {"name": "log", "install_source": "registry"}
    assert {status(client, "log", version) for client in (here, kibana_client)} == {"installed"}
    rows = ok(kibana_client.get(f"{ALL}/installed", query={"nameQuery": "log", "perPage": 1000}))["items"]
    assert [row["version"] for row in rows if row["name"] == "log"] == [version]
    ok(kibana_client.delete(one, query={"force": True}))
    assert status(kibana_client, "log", version) == "not_installed"
    assert kibana_client.delete(one).status_code in (400, 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-021", source=LIVE, operations=[CHANGE, READ], safety="disruptive"
)
def test_a_package_is_kept_up_to_date(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """Whether policies follow a package to its next version is a setting of the package."""
    version = absent(kibana_client, "filestream")
    kibana_resources.epm_package(id="filestream", version=version)
    one = ONE.format("filestream", version)
    for wanted in (True, False):
        changed = ok(kibana_client.put(one, json={"keepPoliciesUpToDate": wanted}))["item"]
        assert changed["name"] == "filestream"
        assert ok(kibana_client.get(one))["item"]["keepPoliciesUpToDate"] is wanted


@pytest.mark.kibana_requirement("KBN-REQ-EPM-022", source=LIVE, operations=[MANY], safety="disruptive")
def test_many_are_installed_and_each_answers(
    kibana_resources: Resources, kibana_client: KibanaClient
) -> None:
    """Several packages are installed with one call that answers 200, and for each: installed, or why it is not."""
    version = absent(kibana_client, "winlog")
    name = intended(kibana_resources, "epm_package", id="winlog", version=version)
    body = {"packages": [{"name": "winlog", "version": version}, NONE]}
    answer = name.became(kibana_client.post(f"{ALL}/_bulk", json=body))
    rows = {row["name"]: row for row in ok(answer)["items"]}
    assert rows["winlog"]["version"] == version
    assert "error" in rows[NONE]
    assert status(kibana_client, "winlog", version) == "installed"


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-023", source=LIVE, operations=[MAKE_OWN, CHANGE_OWN, READ, REMOVE], safety="disruptive"
)
def test_an_integration_of_ones_own_lives(
    kibana_resources: Resources, kibana_client: KibanaClient, unique: Any
) -> None:
    """A custom integration is installed, has its name alone, can be described anew, and is removed like a package."""
    word = kibana_resources.factory.mark.word(unique())
    own = intended(kibana_resources, "epm_custom_integration", id=word, version=VERSION)
    body = {"integrationName": own, "datasets": [{"name": own, "type": "logs"}]}
    ok(own.became(kibana_client.post(OWN, json=body)))
    assert status(kibana_client, own, VERSION) == "installed"
    assert_refused(kibana_client.post(OWN, json=body), 409, own)
    answer = kibana_client.put(f"{OWN}/{own}", json={"readMeData": "# Again", "categories": []})
    assert answer.status_code == 200, answer.text[:200]
    [installed] = ok(kibana_client.get(f"{ALL}/installed", query={"nameQuery": own}))["items"]
    ok(kibana_client.delete(ONE.format(own, installed["version"]), query={"force": True}))
    assert ok(kibana_client.get(f"{ALL}/installed", query={"nameQuery": own}))["items"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-024",
    level="SHOULD",
    source="Kibana source, archive/parse.ts: what a package has to have",
    operations=[UPLOAD, READ, REMOVE],
    safety="disruptive",
)
def test_an_archive_is_installed(
    kibana_resources: Resources, kibana_client: KibanaClient, unique: Any
) -> None:
    """A package in an archive is installed under its own name and version, and removed again."""
    word = kibana_resources.factory.mark.word(unique())
    name = intended(kibana_resources, "epm_custom_integration", id=word, version=VERSION)
    answer = name.became(kibana_client.post(ALL, content=archive(name), media="application/zip"))
    if answer.status_code == 429:
        pytest.skip(f"needs an upload that is not too soon, found {answer.text[:120]}")
    assert shows({"name": name, **ok(answer)["_meta"]}, {"name": name, "install_source": "upload"})
    assert status(kibana_client, name, VERSION) == "installed"
    ok(kibana_client.delete(ONE.format(name, VERSION), query={"force": True}))
    assert ok(kibana_client.get(f"{ALL}/installed", query={"nameQuery": name}))["items"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-025", source=LIVE, operations=[UNINSTALLS, UNINSTALLED], safety="disruptive"
)
def test_many_are_removed_by_a_task(own: str, kibana_client: KibanaClient, eventually: Eventually) -> None:
    """Packages are removed by a task that says when it is over and how it went for each."""
    body = {"packages": [{"name": own, "version": VERSION}], "force": True}
    task = ok(kibana_client.post(f"{ALL}/_bulk_uninstall", json=body))["taskId"]
    came = outcome(kibana_client, f"{ALL}/_bulk_uninstall/{task}", eventually)
    assert came["status"] == "success"
    assert [part(one, "name", "success") for one in came["results"]] == [{"name": own, "success": True}]
    assert ok(kibana_client.get(f"{ALL}/installed", query={"nameQuery": own}))["items"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-026", source=LIVE, operations=[UPGRADES, UPGRADED], safety="disruptive"
)
@pytest.mark.kibana_requires(license="enterprise")
@pytest.mark.parametrize("upgradeable", ["tcp"], indirect=True)
def test_many_are_upgraded_by_a_task(
    upgradeable: Versions, kibana_client: KibanaClient, eventually: Eventually
) -> None:
    """Packages are upgraded by a task that says when it is over, after which the newest version is installed."""
    name, older, newer = upgradeable
    ok(name.became(kibana_client.post(ONE.format(name, older), json={"force": True})))
    assert installed_version(kibana_client, name) == older
    task = ok(kibana_client.post(f"{ALL}/_bulk_upgrade", json=of_one(name)))["taskId"]
    came = outcome(kibana_client, f"{ALL}/_bulk_upgrade/{task}", eventually)
    assert [part(one, "name", "success") for one in came["results"]] == [{"name": name, "success": True}]
    assert installed_version(kibana_client, name) == newer


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-027",
    level="SHOULD",
    source="Kibana docs: an upgrade is taken back",
    operations=[ROLLBACK, ROLLBACKS, ROLLED],
    safety="disruptive",
)
@pytest.mark.kibana_requires(license="enterprise")
@pytest.mark.parametrize(
    ("upgradeable", "how"), [("cel", "alone"), ("http_endpoint", "by a task")], indirect=["upgradeable"]
)
def test_an_upgrade_is_taken_back(
    upgradeable: Versions, kibana_client: KibanaClient, eventually: Eventually, how: str
) -> None:
    """A package that was upgraded is taken back to the version that it had, alone or with many."""
    name, older, newer = upgradeable
    for version in (older, newer):
        ok(name.became(kibana_client.post(ONE.format(name, version), json={"force": True})))
    if how == "alone":
        told = ok(kibana_client.post(f"{ALL}/{name}/rollback"))
        assert part(told, "version", "success") == {"version": older, "success": True}
    else:
        task = ok(kibana_client.post(f"{ALL}/_bulk_rollback", json=of_one(name)))["taskId"]
        came = outcome(kibana_client, f"{ALL}/_bulk_rollback/{task}", eventually)
        assert [one["success"] for one in came["results"]] == [True]
    assert installed_version(kibana_client, name) == older


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-028",
    level="SHOULD",
    source="Kibana source, packages/rollback.ts",
    operations=[ROLLBACK],
    safety="disruptive",
)
def test_what_was_never_upgraded_is_not_taken_back(own: str, kibana_client: KibanaClient) -> None:
    """A package that has no version before is not taken back: refused with 400."""
    assert_refused(kibana_client.post(f"{ALL}/{own}/rollback"), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-029", source=LIVE, operations=[ASSETS, NO_ASSETS], safety="disruptive"
)
def test_a_space_gets_the_assets_of_a_package(package: Handle, here: KibanaClient) -> None:
    """What a package shows in Kibana is put into another space than that of its installation, and taken out again."""
    one = ONE.format(package.id, package.value("version"))
    assert ok(here.post(f"{one}/kibana_assets", json={"force": True}))["success"] is True
    assert ok(here.delete(f"{one}/kibana_assets"))["success"] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-036",
    level="SHOULD",
    source="the contract knows no such refusal; 9.4.3 answers 400 in the space of the installation",
    operations=[ASSETS, NO_ASSETS],
    safety="disruptive",
)
def test_the_space_of_the_installation_gives_its_assets_back(
    package: Handle, kibana_client: KibanaClient
) -> None:
    """What a package shows in Kibana can be taken out of the space of its installation, and put back."""
    if not package.owned:
        pytest.skip(f"needs a package that is not in use, found {package.id}")
    one = ONE.format(package.id, package.value("version"))
    assert ok(kibana_client.delete(f"{one}/kibana_assets"))["success"] is True
    assert ok(kibana_client.post(f"{one}/kibana_assets", json={"force": True}))["success"] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-030",
    level="SHOULD",
    source="Kibana contract: the rules that come with a package",
    operations=[RULES],
    safety="disruptive",
)
def test_the_rules_of_a_package(package: Handle, kibana_client: KibanaClient) -> None:
    """The rules that come with an installed package are put in place; there may be none."""
    one = ONE.format(package.id, package.value("version"))
    assert ok(kibana_client.post(f"{one}/rule_assets", json={"force": True}))["success"] is True


@pytest.mark.kibana_requirement("KBN-REQ-EPM-031", source=LIVE, operations=[NO_STREAMS], safety="disruptive")
def test_what_a_policy_made_in_elasticsearch_goes(
    package: Handle, kibana_resources: Resources, here: KibanaClient
) -> None:
    """What a policy of a package of inputs made in Elasticsearch is removed; of an unknown policy, it is refused."""
    one = ONE.format(package.id, package.value("version"))
    policy = kibana_resources.fleet_package_policy()
    path = f"{one}/datastream_assets"
    assert here.delete(path, query={"packagePolicyId": NO_SUCH_ID}).status_code in (400, 404)
    answer = here.delete(path, query={"packagePolicyId": policy.id})
    if answer.status_code == 400:
        pytest.skip(f"needs a package of inputs, found {answer.text[:120]}")
    assert ok(answer)["success"] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-032",
    level="SHOULD",
    source="Kibana contract; a key for the transform is derived, which nobody who came with a key can",
    operations=[AUTHORIZE],
    safety="disruptive",
)
def test_transforms_answer_each_for_itself(package: Handle, kibana_client: KibanaClient) -> None:
    """Transforms are authorized each for itself: one that does not exist is named in the answer, or all is refused."""
    one = ONE.format(package.id, package.value("version"))
    body = {"transforms": [{"transformId": NO_SUCH_ID}]}
    answer = kibana_client.post(f"{one}/transforms/authorize", json=body)
    if answer.status_code == 200:
        assert {row["transformId"] for row in answer.json()} <= {NO_SUCH_ID}
    else:
        assert answer.status_code in (400, 404, 500), f"{answer.status_code} {answer.text[:200]}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-033",
    source="Kibana contract; short of its version a package is installed on 9.4.3",
    operations=[INSTALL_ANY, CHANGE_ANY, REMOVE_ANY, READ],
    safety="disruptive",
)
def test_a_package_without_its_version_lives(
    kibana_resources: Resources, kibana_client: KibanaClient
) -> None:
    """A package that is named without a version is installed in the newest, changed, and removed."""
    version = absent(kibana_client, "httpjson")
    name = intended(kibana_resources, "epm_package", id="httpjson", version=version)
    ok(name.became(kibana_client.post(f"{ALL}/httpjson", json={"force": True})))
    assert status(kibana_client, "httpjson", version) == "installed"
    ok(kibana_client.put(f"{ALL}/httpjson", json={"keepPoliciesUpToDate": False}))
    ok(kibana_client.delete(f"{ALL}/httpjson", query={"force": True}))
    assert status(kibana_client, "httpjson", version) == "not_installed"


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-034",
    level="SHOULD",
    source="Kibana API documentation: an upgrade that removes something waits for a word",
    operations=[REVIEW],
    safety="disruptive",
    since="9.4.0",
)
def test_only_a_pending_upgrade_is_reviewed(package: Handle, kibana_client: KibanaClient) -> None:
    """An upgrade that nobody waits for is not accepted or declined; an answer that is none is refused."""
    path = f"{ALL}/{package.id}/review_upgrade"
    answer = kibana_client.post(path, json={"action": "decline", "target_version": "999.0.0"})
    assert answer.status_code < 500, f"{answer.status_code} {answer.text[:200]}"
    assert_refused(kibana_client.post(path, json={"action": "hesitate", "target_version": "1.0.0"}), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPM-035",
    level="SHOULD",
    source="Kibana API documentation: index templates for each namespace of a package",
    operations=[NAMESPACES],
    safety="disruptive",
    since="9.5.0",
)
def test_namespaces_are_not_customised_for_nothing(kibana_client: KibanaClient) -> None:
    """A request for templates that names no package is refused with 400."""
    assert newest(kibana_client, "udp")
    assert_refused(kibana_client.post(f"{ALL}/_bulk_namespace_customization", json={"packages": []}), 400)
