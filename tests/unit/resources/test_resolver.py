"""Cases get ids of objects that the run owns; what they make is written down, what they take away is not missed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.contract import Contract, load
from pytest_kibana.errors import OwnershipRefusal, ResourceTrouble
from pytest_kibana.resources import Factory, File, Resolver, recipes_for
from pytest_kibana.resources.inventing import Inventions
from pytest_kibana.resources.template import subjects
from pytest_kibana.target import SafetyPolicy, load_facts
from pytest_kibana.wire import Exchange, Intent, KibanaClient, Origin, build_request

from .conftest import Bench, Seen


@dataclass(frozen=True)
class Case:
    operation: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    valid: bool = True
    media: str | None = "application/json"
    invented: bool = False


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load("core")


@dataclass
class Run:
    """A resolver, its factory, and a client that it listens to."""

    bench: Bench
    contract: Contract
    factory: Factory
    resolver: Resolver
    client: KibanaClient

    def send(self, case: Case) -> tuple[Case, Exchange]:
        filled = self.resolver.resolve(case)
        operation = self.contract.operations[case.operation]
        request = build_request(
            operation,
            path=filled.path,
            query=filled.query,
            body=filled.body,
            has_body=filled.body is not None,
            space=self.factory.space if operation.space_aware else None,
            origin=Origin.GENERATED,
            intent=Intent(expect="accepted" if case.valid else None),
            resolve=self.contract.resolve,
        )
        return filled, self.client.send(request)


@pytest.fixture
def run(bench: Bench, contract: Contract) -> Run:
    factory = bench.factory()
    factory.space = factory.make("space").id
    resolver = Resolver(factory, contract, recipes_for(contract))
    return Run(bench, contract, factory, resolver, bench.client().derive(listeners=(resolver.heard,)))


READ = Case("GET /api/cases/{caseId}", path={"caseId": "${case.id}"})


def test_reads_share_an_object_and_changes_have_their_own(run: Run) -> None:
    first, second = (run.resolver.resolve(READ).path["caseId"] for _ in range(2))
    changed = run.resolver.resolve(
        Case("PATCH /api/cases", body={"cases": [{"id": "${case.id}", "version": "${case:/version}"}]})
    )
    assert first == second != changed.body["cases"][0]["id"]
    assert run.factory.owns(first)


def test_a_version_is_asked_for_anew_each_time(run: Run) -> None:
    case = Case(
        "PATCH /api/cases",
        body={"cases": [{"id": "${case.id}", "version": "${case:/version}", "title": "other"}]},
    )
    versions = [run.send(case)[0].body["cases"][0]["version"] for _ in range(3)]
    assert versions == ["1", "2", "3"]


def test_what_a_request_takes_away_is_made_for_it_alone_unless_it_was_refused(run: Run) -> None:
    case = Case("DELETE /api/cases", query={"ids": ["${case.id}"]})
    gone, exchange = run.send(case)
    assert exchange.answer
    assert exchange.answer.status == 200
    run.bench.kibana.refuse = lambda seen: 400 if seen.method == "DELETE" else None
    refused, _ = run.send(case)
    assert refused.query["ids"] != gone.query["ids"]
    run.bench.kibana.refuse = lambda _seen: None
    again, _ = run.send(case)
    assert again.query["ids"] == refused.query["ids"]
    run.factory.cleanup()
    assert not run.bench.kibana.objects


def test_what_a_request_makes_for_the_whole_deployment_is_removed_with_the_rest(run: Run) -> None:
    case = Case(
        "PUT /api/security/role/{name}", path={"name": "${unique}"}, body={"elasticsearch": {"cluster": []}}
    )
    filled, _ = run.send(replace(case, query={"createOnly": True}))
    assert ("role", None, filled.path["name"]) in run.bench.kibana.objects
    run.factory.cleanup()
    assert not run.bench.kibana.objects


def test_a_name_without_hyphens_is_ours_too(bench: Bench, published: Callable[[str], Path]) -> None:
    contract = load(published("9.1"))
    factory = bench.factory()
    name = factory.mark.word(factory.mark.unique())
    case = Case(
        "POST /api/fleet/epm/custom_integrations",
        body={"integrationName": name, "datasets": [{"name": f"{name}.log", "type": "logs"}]},
    )
    recipes = {k: replace(r, needs=()) for k, r in recipes_for(contract).items()}
    Resolver(factory, contract, recipes).resolve(case)
    (entry,) = factory.ledger.entries
    assert (entry.resource, entry.unique, entry.keys["id"]) == ("epm_custom_integration", name, name)


def test_an_object_that_another_operation_took_away_is_replaced(run: Run) -> None:
    gone, exchange = run.send(READ)
    assert not run.resolver.spoilt(exchange)
    run.bench.kibana.objects.clear()
    _, exchange = run.send(READ)
    assert run.resolver.spoilt(exchange)
    again, exchange = run.send(READ)
    assert exchange.answer
    assert exchange.answer.status == 200
    assert again.path["caseId"] != gone.path["caseId"]


def test_an_operation_that_finds_nothing_is_believed_a_few_times(run: Run) -> None:
    case = Case("PATCH /api/cases", body={"cases": [{"id": "${case.id}", "version": "1"}]})
    run.bench.kibana.refuse = lambda seen: 404 if seen.method == "PATCH" else None
    believed = [run.resolver.spoilt(run.send(case)[1]) for _ in range(8)]
    assert 0 < sum(believed) < 4
    assert not any(believed[-4:])


def test_a_request_that_is_to_be_refused_says_nothing_of_its_object(run: Run) -> None:
    run.bench.kibana.refuse = lambda seen: 404 if seen.method == "GET" else None
    assert not run.resolver.spoilt(run.send(replace(READ, valid=False))[1])


def test_operations_that_change_objects_have_their_own(run: Run) -> None:
    """What one leaves behind, a closed case for instance, must not be what the next begins with."""
    version = {"id": "${case.id}", "version": "${case:/version}"}
    patched = run.resolver.resolve(Case("PATCH /api/cases", body={"cases": [version]}))
    pushed = run.resolver.resolve(
        Case("POST /api/cases/{caseId}/comments", path={"caseId": "${case.id}"}, body={})
    )
    assert patched.body["cases"][0]["id"] != pushed.path["caseId"]


def test_what_is_made_once_is_not_there_before_a_request_makes_it(
    bench: Bench, published: Callable[[str], Path]
) -> None:
    """The index of value lists answers 409 where it is: whether it is must not depend on what was sent before."""
    contract = load(published("9.1"))
    factory = bench.factory()
    factory.space = factory.make("space").id
    resolver = Resolver(factory, contract, recipes_for(contract))
    index = ("value_list_index", factory.space, "")
    resolver.resolve(Case("GET /api/lists/index"))
    assert index in bench.kibana.objects
    for _ in range(2):
        resolver.resolve(Case("POST /api/lists/index"))
        assert index not in bench.kibana.objects
        bench.kibana.objects[index] = {}  # as the request does
    factory.cleanup()
    assert not bench.kibana.objects


def test_where_there_is_one_of_each_the_one_that_is_asked_about_is_made(
    bench: Bench, published: Callable[[str], Path]
) -> None:
    """Of the types of entities each has an engine: what one finds must not hang on who enabled it before."""
    contract = load(published("9.1"))
    factory = bench.factory()
    factory.space = factory.make("space").id
    inits: set[str] = set()

    def init(seen: Seen) -> tuple[int, object]:
        inits.add(seen.path.split("/")[-2])
        return 200, {}

    for name in ("host", "user"):
        route = f"/api/entity_store/engines/{name}"
        bench.kibana.more[f"POST {route}/init"] = init
        bench.kibana.more[f"GET {route}"] = lambda seen: (
            200 if seen.path.split("/")[-1] in inits else 404,
            {},
        )
        bench.kibana.more[f"DELETE {route}"] = lambda _seen: (200, {"deleted": True})
    resolver = Resolver(factory, contract, recipes_for(contract))
    read = Case("GET /api/entity_store/engines/{entityType}", path={"entityType": "user"})
    resolver.resolve(replace(read, valid=False))
    assert "user" not in inits
    resolver.resolve(read)
    assert "user" in inits


PACKAGE = "POST /api/fleet/epm/packages/{pkgName}/{pkgVersion}"


@pytest.mark.parametrize("more", ["", "/kibana_assets", "/transforms/authorize"])
def test_what_is_asked_of_a_package_is_asked_of_one_that_the_run_installed(
    published: Callable[[str], Path], more: str
) -> None:
    """No other operation has to run first: installing it is what the recipe says, by a hole or by need."""
    recipe = recipes_for(load(published("9.1")))[PACKAGE + more]
    assert "epm_package" in (*recipe.needs, *subjects(dict(recipe.path)))


def test_what_is_found_with_something_of_ours_makes_that_first(bench: Bench) -> None:
    """Kibana gives each agent policy a token: where there is none, one appears with a policy of the run."""
    factory = bench.factory()
    tokens: list[dict[str, str]] = []

    def make_policy(_seen: Seen) -> tuple[int, object]:
        tokens.append({"id": "t-1"})
        return 200, {"item": {"id": "p-1"}}

    bench.kibana.more |= {
        "POST /api/fleet/setup": lambda _seen: (200, {}),
        "POST /api/fleet/agent_policies": make_policy,
        "GET /api/fleet/uninstall_tokens": lambda _seen: (200, {"items": tokens}),
    }
    assert factory.make("fleet_uninstall_token").id == "t-1"


def test_a_package_of_somebody_else_is_left_alone(bench: Bench, published: Callable[[str], Path]) -> None:
    contract = load(published("9.1"))
    factory = bench.factory(allow="disruptive")
    route = "/api/fleet/epm/packages/udp/2.1.0"
    bench.kibana.more |= {
        "POST /api/fleet/setup": lambda _seen: (200, {}),
        f"GET {route}": lambda _seen: (200, {"item": {"status": "installed"}}),
    }
    recipes = {k: replace(r, needs=()) for k, r in recipes_for(contract).items()}
    resolver = Resolver(factory, contract, recipes)
    body = {"packages": [{"name": "${epm_package.id}", "version": "1.0.0"}]}
    with pytest.raises(OwnershipRefusal, match="it was there before this run"):
        resolver.resolve(Case("POST /api/fleet/epm/packages/_bulk", body=body))
    policy = Case("POST /api/fleet/package_policies", body={"package": {"name": "${epm_package.id}"}})
    assert resolver.resolve(policy).body["package"]["name"] == "udp", (
        "a policy uses a package and does not change it"
    )


def test_an_answer_that_was_lost_leaves_nothing(run: Run) -> None:
    case = Case("POST /api/spaces/space", body={"id": "${unique}", "name": "x"})
    filled = run.resolver.resolve(case)
    run.bench.kibana.create("space", None, filled.body["id"], filled.body)  # done, and never heard of
    run.factory.cleanup()
    assert not run.bench.kibana.objects


def test_a_refused_create_is_struck_out(run: Run) -> None:
    before = run.factory.ledger.entries
    run.bench.kibana.refuse = lambda seen: 400 if seen.method == "POST" else None
    run.send(Case("POST /api/spaces/space", body={"id": "${unique}", "name": "x"}))
    assert run.factory.ledger.entries == before


def test_what_only_looks_like_a_hole_is_left_alone(run: Run) -> None:
    body = {"title": "${casse.id} ${} ${unique", "n": 1, "list": ["${self.id}"]}
    assert run.resolver.resolve(Case("POST /api/cases", body=body)).body == body


def test_files_have_holes_too(run: Run) -> None:
    body = {"file": File("${unique}.txt", b"\xff ${space} ${case.id}"), "n": 1}
    filled = run.resolver.resolve(Case("POST /api/saved_objects/_import", body=body)).body["file"]
    assert filled.filename.startswith("kbn-test-")
    assert filled.content.startswith(b"\xff " + str(run.factory.space).encode())
    assert b"${" not in filled.content


def test_what_cannot_be_made_is_tried_a_few_times_and_says_why(run: Run) -> None:
    run.bench.kibana.refuse = lambda seen: 403 if seen.path == "/api/cases" else None
    before = len(run.bench.kibana.seen)
    for _ in range(9):
        with pytest.raises(ResourceTrouble, match="answered 403"):
            run.resolver.resolve(READ)
    assert len(run.bench.kibana.seen) == before + 3


def test_a_setting_that_cannot_be_read_is_asked_for_by_its_own_operations_all_the_same(
    run: Run, monkeypatch: pytest.MonkeyPatch, published: Callable[[str], Path]
) -> None:
    def refuse(name: str) -> None:
        raise ResourceTrouble(f"the {name} cannot be read", hint="Ask why.")

    monkeypatch.setattr(run.factory, "need", refuse)
    assert run.send(Case("GET /api/data_views/default"))[1].answer is not None
    contract = load(published("9.1"))
    resolver = Resolver(run.factory, contract, recipes_for(contract))
    resolver.resolve(Case("GET /api/fleet/settings"))
    resolver.resolve(
        Case("POST /api/entity_store/engines/{entityType}/init", path={"entityType": "host"}, body={})
    )
    with pytest.raises(ResourceTrouble):  # it could not be put back as it was
        resolver.resolve(Case("PUT /api/fleet/settings", body={}))
    with pytest.raises(ResourceTrouble):
        resolver.resolve(Case("GET /api/lists/index"))


def test_what_cannot_be_made_beforehand_is_not_in_the_way_of_the_request_that_makes_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, published: Callable[[str], Path]
) -> None:
    def refuse(name: str) -> None:
        raise ResourceTrouble(f"no {name} could be made", hint="Ask why.")

    contract = load(published("9.1"))
    resolver = Resolver(run.factory, contract, recipes_for(contract))
    monkeypatch.setattr(run.factory, "make", refuse)
    monkeypatch.setattr(run.factory, "need", refuse)
    once = [label for label, recipe in recipes_for(contract).items() if recipe.without and not recipe.needs]
    assert once
    for label in once:
        assert resolver.resolve(Case(label, valid=False)).operation == label


def test_recipes_of_9_1_can_be_told_apart_by_what_they_do(published: Callable[[str], Path]) -> None:
    recipes = recipes_for(load(published("9.1")))
    assert recipes["POST /api/cases"].creates == "case"
    assert recipes["DELETE /api/cases"].consumes == ("case",)
    assert recipes["DELETE /api/lists/index"].needs == ("value_list_index",)
    assert recipes["PUT /api/observability/slos/{sloId}"].path == {"sloId": "${slo.id}"}


@pytest.mark.parametrize(
    ("label", "body", "wanted"),
    [
        ("POST /api/fleet/outputs", {"is_default": True, "name": "a"}, {"is_default": False, "name": "a"}),
        ("POST /api/fleet/outputs", {"is_default": "yes"}, {"is_default": "yes"}),
        ("POST /api/fleet/outputs", {"name": "a"}, {"name": "a"}),
        ("PUT /api/fleet/outputs/{outputId}", {"is_default": True}, {"is_default": False}),
        ("POST /api/alerting/rule/{id}", {"enabled": True}, {"enabled": False}),
        ("POST /api/fleet/outputs", [1], [1]),
    ],
)
def test_no_request_makes_a_default_of_a_thing_or_switches_it_on(
    bench: Bench, published: Callable[[str], Path], label: str, body: Any, wanted: Any
) -> None:
    contract = load(published("9.1"))
    resolver = Resolver(bench.factory(), contract, recipes_for(contract))
    bench.kibana.handle = lambda _seen: (200, {})  # type: ignore[method-assign]
    assert resolver.resolve(Case(label, body=body, valid=False)).body == wanted


def test_no_request_configures_every_service_there_is(bench: Bench, published: Callable[[str], Path]) -> None:
    contract = load(published("9.1"))
    resolver = Resolver(bench.factory(), contract, recipes_for(contract))
    label = "PUT /api/apm/settings/agent-configuration"
    body = resolver.resolve(Case(label, body={"service": {}, "settings": {}})).body
    assert body["service"]["name"].startswith("kbn-test-")


def test_a_key_that_a_request_left_out_is_left_out_when_its_object_is_removed(
    bench: Bench, published: Callable[[str], Path]
) -> None:
    contract = load(published("9.1"))
    factory = bench.factory()
    resolver = Resolver(factory, contract, recipes_for(contract))
    label = "PUT /api/apm/settings/agent-configuration"
    name = resolver.resolve(Case(label, body={"service": {}, "settings": {}})).body["service"]["name"]
    bench.kibana.handle = lambda _seen: (200, {})  # type: ignore[method-assign]
    factory.cleanup()
    assert bench.kibana.seen[-1].body == {"service": {"name": name}}


# -- ids that are nobody's, or somebody's


@pytest.mark.parametrize(
    ("label", "body", "invented"),
    [
        (
            "POST /api/spaces/_copy_saved_objects",
            {"spaces": ["red"], "objects": [{"type": "tag", "id": "a"}]},
            True,
        ),
        ("POST /api/spaces/_copy_saved_objects", {"spaces": ["default"], "objects": []}, False),
        ("POST /api/spaces/_copy_saved_objects", {"spaces": ["default", "red"], "objects": []}, False),
        ("POST /api/cases", {"connector": {"id": "6ec4a7f0-8a3a-4e0c-b8a5-0d2c6f2f1f8e"}}, True),
        ("POST /api/cases", {"connector": {"id": "none"}}, False),
    ],
)
def test_what_a_change_names_and_nobody_owns_becomes_a_name_of_ours(
    run: Run, label: str, body: Any, invented: bool
) -> None:
    policy = SafetyPolicy("disruptive", load_facts(), run.factory.belongings)
    operation = run.contract.operations[label]
    filled = run.resolver.resolve(Case(label, body=body))
    request = build_request(
        operation,
        body=filled.body,
        has_body=True,
        space=run.factory.space,
        origin=Origin.GENERATED,
        resolve=run.contract.resolve,
    )
    policy(request)
    assert filled.invented is invented
    (media,) = operation.body.content if operation.body else ()
    assert media.schema
    broken = [
        {(found.at, found.keyword) for found in run.contract.violations(media.schema, said)}
        for said in (body, filled.body)
    ]
    assert broken[0] == broken[1]


def test_what_a_path_names_and_nobody_owns_becomes_a_name_of_ours_as_long_as_it_was(run: Run) -> None:
    filled = run.resolver.resolve(Case("DELETE /api/cases/{caseId}/comments", path={"caseId": "a" * 500}))
    assert len(filled.path["caseId"]) == 500
    assert run.factory.owns(filled.path["caseId"])


def test_what_could_be_a_query_is_not_kept_behind_a_name_of_ours(
    bench: Bench, published: Callable[[str], Path]
) -> None:
    contract = load(published("9.1"))
    factory = bench.factory()
    operation = contract.operations["POST /api/fleet/agents/bulk_unenroll"]
    said = Case(operation.label, body={"agents": "policy_id : * or status : online"})
    agents = Inventions(factory, contract).into(said, operation).body["agents"]
    assert factory.owns(agents)
    assert not set(" *:") & set(agents)


def test_asking_for_an_id_does_not_make_it_ours(run: Run) -> None:
    """Nothing is written down that a cleaner would take for ours, and then take from somebody else."""
    before = run.factory.ledger.entries
    said = Case("POST /api/spaces/space", body={"id": 7, "name": "${unique}"}, valid=False)
    assert run.resolver.resolve(said).body["id"] in (7, True)
    assert run.factory.ledger.entries == before
    assert not run.factory.owns("7")


def test_no_space_is_made_up(run: Run) -> None:
    """What is copied into a space that does not exist may stay there, where nobody looks."""
    said = {"spaces": ["a", "b", "c"], "objects": []}
    filled = run.resolver.resolve(Case("POST /api/spaces/_copy_saved_objects", body=said)).body["spaces"]
    spaces = {space for kind, _, space in run.bench.kibana.objects if kind == "space"}
    assert set(filled) <= spaces | {"a", "b", "c"}
    assert not all(run.factory.owns(space) for space in filled)


def test_nothing_is_named_where_it_might_come_to_be_and_stay(
    bench: Bench, published: Callable[[str], Path]
) -> None:
    contract = load(published("9.1"))
    said = {"roles": {"somebody": {"elasticsearch": {}}}}
    resolver = Resolver(bench.factory(), contract, recipes_for(contract))
    assert resolver.resolve(Case("POST /api/security/roles", body=said)).body == said
