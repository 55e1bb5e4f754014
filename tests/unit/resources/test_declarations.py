"""The declarations agree with themselves, with the recipes, and with the contracts that Elastic publishes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kibana.contract import Contract, load
from pytest_kibana.errors import UsageError
from pytest_kibana.resources import RESOURCES, Kind, Resource, bindings_for, recipes_for, resource
from pytest_kibana.resources.catalogue import NAMES, PREPARATIONS
from pytest_kibana.resources.model import NOTHING
from pytest_kibana.resources.recipes import written
from pytest_kibana.resources.template import Hole, demand_known, fill, holes

EVERY = pytest.mark.parametrize("kind", RESOURCES.values(), ids=list(RESOURCES))

# Bodies that Kibana takes and the published contract refuses, with what is wrong in the contract.
REFUSED_BY_CONTRACT = {
    "POST /api/security/roles": "9.3 describes one role where there is a map of them",
    "POST /api/endpoint/action/execute": "the command of a shell is one of a few words",
}


@EVERY
def test_everything_that_a_declaration_names_exists(kind: Resource) -> None:
    for call in kind.calls:
        for template in call.templates():
            demand_known(template, NAMES, f"{kind.name}, {call.label}")
        named = {h.part for t in call.templates() for h in holes(t) if h.subject == "self" and h.part}
        creating = call in kind.create
        known = set(kind.keys) | (set() if creating else {"id"})
        assert named <= known, f"{call.label} names {named - known} of itself"
        assert set(call.path) == set(call.label.replace("?", "").split("{")[1:] and _parameters(call.label))
    assert set(kind.parents) <= NAMES


def _parameters(label: str) -> list[str]:
    return [part.split("}")[0].rstrip("?") for part in label.split("{")[1:]]


@EVERY
def test_what_can_be_made_can_be_unmade(kind: Resource) -> None:
    assert kind.summary.endswith(".")
    assert kind.source
    if not kind.makeable:
        assert kind.lacking, "a resource that cannot be made says why"
    elif kind.kind is Kind.SETTING:
        assert kind.read
        assert kind.restore
    elif kind.kind is not Kind.RECORD:
        assert kind.delete
        assert kind.chooses_id or kind.id_at is None or kind.listing or kind.scope == "space"


def test_no_two_resources_need_each_other() -> None:
    def above(name: str, seen: tuple[str, ...]) -> None:
        assert name not in seen, f"{' needs '.join((*seen, name))}"
        for parent in RESOURCES[name].parents if name in RESOURCES else ():
            above(parent, (*seen, name))

    for name in RESOURCES:
        above(name, ())


def test_preparations_can_tell_that_they_are_done() -> None:
    assert all(p.done.method == "GET" for p in PREPARATIONS.values())


def test_a_misspelt_name_is_put_right() -> None:
    with pytest.raises(UsageError) as caught:
        resource("conector")
    assert "connector" in caught.value.hint


@pytest.fixture(scope="module", params=["8.18", "9.1", "9.3"])
def contract(request: pytest.FixtureRequest, published: Callable[[str], Path]) -> Contract:
    return load(published(request.param))


def test_the_contract_allows_what_recipes_say(contract: Contract) -> None:
    """Strings stand for what holes will hold; the few that the contract refuses are known, with the reason."""
    refused = []
    for label, recipe in recipes_for(contract).items():
        body = contract.operations[label].body
        media = body.media(recipe.media or "application/json") if body else None
        if (
            not recipe.has_body
            or media is None
            or media.schema is None
            or media.name == "multipart/form-data"
        ):
            continue
        if not contract.is_valid(media.schema, fill(recipe.body, _likely)):
            refused.append(label)
    unknown = [label for label in refused if label not in REFUSED_BY_CONTRACT and not _old(contract, label)]
    assert unknown == []


def _likely(hole: Hole) -> str:
    return "2026-01-01T00:00:00.000Z" if hole.subject == "now" else "0b8c3c1e-5f0a-4c7e-9d51-000000000000"


def _old(contract: Contract, label: str) -> bool:
    """Recipes speak to 9.1 and later; a few bodies of 8.18 were other."""
    return contract.version == "8.18"


def test_recipes_name_parameters_as_the_contract_does(contract: Contract) -> None:
    for label, recipe in recipes_for(contract).items():
        operation = contract.operations[label]
        assert set(recipe.path) <= {p.name for p in operation.parameters_in("path")}, label
    for label, bound in bindings_for(contract).items():
        names = {p.name for p in contract.operations[label].parameters_in("path")}
        assert {name for _where, name in bound} <= names, label


def test_every_object_in_a_path_is_one_that_the_run_can_own(contract: Contract) -> None:
    """Path parameters that nothing fills would be made up, and a made-up id reaches nothing but 404."""
    known, bound = recipes_for(contract), bindings_for(contract)
    if contract.version == "8.18":
        pytest.skip("8.18 has families that 9.0 removed")
    bare = [
        f"{label} {parameter.name}"
        for label, operation in contract.operations.items()
        for parameter in operation.parameters_in("path")
        if parameter.name not in (known[label].path if label in known else {})
        and ("path", parameter.name) not in bound.get(label, {})
    ]
    assert bare == []


def test_written_recipes_are_read_and_all_are_of_use(published: Callable[[str], Path]) -> None:
    used = set()
    for version in ("8.18", "9.1", "9.3", "9.4-dashboards", "9.4-workflows"):
        opened = load(published(version))
        used |= {label for label in written() if opened.find(label)}
    newer = {label for label in written() if label not in used}
    assert all(form.body is not NOTHING for forms in written().values() for form in forms)
    assert len(newer) < 20, f"no published contract has {sorted(newer)}"


@pytest.mark.parametrize("answer", [{"id": "a"}, [{"id": "a"}]], ids=["the item itself", "a list of one"])
def test_an_object_is_found_wherever_a_version_shows_it(answer: object) -> None:
    assert resource("endpoint_exception_item").object_in(answer) == {"id": "a"}


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ({"id": "a", "data": {"title": "t"}}, "/data"),
        ({"item": {"attributes": {"title": "t"}}}, "/attributes"),
    ],
    ids=["since 9.4", "until 9.3"],
)
def test_members_are_found_wherever_a_version_shows_them(answer: object, place: str) -> None:
    dashboard = resource("dashboard")
    assert dashboard.members_in(dashboard.object_in(answer)) == place


def test_no_setting_of_a_space_keeps_agent_policies_from_being_made_there() -> None:
    setting = RESOURCES["fleet_space_settings"]
    for prefixes in (setting.update[0].body, setting.change):
        assert "default" in prefixes["allowed_namespace_prefixes"]
