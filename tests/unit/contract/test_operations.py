"""Operations carry one label everywhere, and a concrete request finds the one that Kibana's router would."""

from typing import Any

import pytest

from pytest_kibana.contract import Availability, Maturity, Privileges
from pytest_kibana.errors import ContractError

OK = {"responses": {"200": {"description": ""}}}


def path_parameter(name: str, *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": required, "schema": {"type": "string"}}


def operation(tag: str | None = "things", **more: Any) -> dict[str, Any]:
    return {**({"tags": [tag]} if tag else {}), **OK, **more}


def test_the_space_prefix_is_no_part_of_a_label(build: Any, opened: Any) -> None:
    parameters = [path_parameter("spaceId"), path_parameter("id")]
    contract = opened(build({"GET /s/{spaceId}/api/slos/{id}": operation(parameters=parameters)}))
    found = contract.operation("GET /api/slos/{id}")
    assert found.published_path == "/s/{spaceId}/api/slos/{id}"
    assert found.space_aware
    assert [p.name for p in found.parameters] == ["id"]
    assert contract.find("GET /s/{spaceId}/api/slos/{id}") is found


def test_an_operation_is_found_by_any_of_its_names(build: Any, opened: Any) -> None:
    contract = opened(build({"PUT /api/a/{id}/b/{other}": operation(operationId="put-b")}))
    found = contract.operation("PUT /api/a/{id}/b/{other}")
    for name in ("put-b", "put /api/a/{x}/b/{y}", "PUT /api/a/{}/b/{}"):
        assert contract.operation(name) is found


def test_an_unknown_operation_names_its_neighbours(build: Any, opened: Any) -> None:
    contract = opened(build({"GET /api/spaces/space": operation(operationId="get-spaces-space")}))
    with pytest.raises(ContractError) as caught:
        contract.operation("GET /api/space/spaces")
    assert "`GET /api/spaces/space`" in caught.value.hint
    assert contract.find("GET /api/space/spaces") is None


def test_headers_that_the_platform_sets_stay_listed(build: Any, opened: Any) -> None:
    headers = [
        {"name": n, "in": "header", "required": True, "schema": {}}
        for n in ("kbn-xsrf", "elastic-api-version")
    ]
    contract = opened(build({"POST /api/a": operation(parameters=headers)}))
    assert [p.name for p in contract.operation("POST /api/a").parameters_in("header")] == [
        "kbn-xsrf",
        "elastic-api-version",
    ]


def test_parameters_of_the_path_are_inherited_and_overridden(build: Any, opened: Any) -> None:
    document = build(
        {"GET /api/a": operation(parameters=[{"name": "q", "in": "query", "schema": {"type": "number"}}])}
    )
    document["paths"]["/api/a"]["parameters"] = [
        {"name": "q", "in": "query", "schema": {"type": "string"}},
        {"name": "r", "in": "query", "schema": {"type": "string"}},
    ]
    parameters = opened(document).operation("GET /api/a").parameters
    assert {p.name: p.schema.json for p in parameters} == {"q": {"type": "number"}, "r": {"type": "string"}}


def test_styles_have_their_defaults_and_objects_travel_as_json(build: Any, opened: Any) -> None:
    given = [
        path_parameter("id"),
        {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
        {
            "name": "plain",
            "in": "query",
            "explode": False,
            "schema": {"type": "array", "items": {"type": "string"}},
        },
        {"name": "ref", "in": "query", "schema": {"$ref": "#/components/schemas/Ref"}},
        {"name": "deep", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
        {"name": "said", "in": "query", "content": {"application/json": {"schema": {"type": "string"}}}},
    ]
    contract = opened(build({"GET /api/a/{id}": operation(parameters=given)}, {"Ref": {"type": "object"}}))
    seen = {
        p.name: (p.style, p.explode, p.json_encoded) for p in contract.operation("GET /api/a/{id}").parameters
    }
    assert seen == {
        "id": ("simple", False, False),
        "tags": ("form", True, False),
        "plain": ("form", False, False),
        "ref": ("form", True, True),
        "deep": ("deepObject", False, False),
        "said": ("form", True, True),
    }


def test_examples_of_parameters_are_read_as_they_travel(build: Any, opened: Any) -> None:
    given = [
        {"name": "ref", "in": "query", "schema": {"type": "object"}, "example": '{"a": 1}'},
        {"name": "said", "in": "query", "content": {"application/json": {"schema": {}, "example": "[1]"}}},
        {"name": "text", "in": "query", "schema": {"type": "string"}, "example": "[1]"},
    ]
    parameters = opened(build({"GET /api/a": operation(parameters=given)})).operation("GET /api/a").parameters
    values = {p.name: [e.value for e in p.examples] for p in parameters}
    assert values == {"ref": [{"a": 1}], "said": [[1]], "text": ["[1]"]}


@pytest.mark.parametrize(
    ("state", "description", "meant"),
    [
        (None, "", Availability()),
        ("Generally available; added in 9.1.0", "", Availability(Maturity.STABLE, "9.1.0")),
        ("Technical Preview", "", Availability(Maturity.PREVIEW)),
        ("Technical preview; Added in 9.4.0", "", Availability(Maturity.PREVIEW, "9.4.0")),
        ("Added in 9.2.0", "", Availability(Maturity.STABLE, "9.2.0")),
        ("Experimental", "", Availability(Maturity.EXPERIMENTAL)),
        ("Beta; added in 9.5", "", Availability(Maturity.BETA, "9.5")),
        ("Whatever", "", Availability()),
        (None, "Its functionality is in technical preview: it may go.", Availability(Maturity.PREVIEW)),
    ],
)
def test_availability_is_read_from_what_is_published(
    build: Any, opened: Any, state: str | None, description: str, meant: Availability
) -> None:
    extra = {"x-state": state} if state is not None else {}
    contract = opened(build({"GET /api/a": operation(description=description, **extra)}))
    assert contract.operation("GET /api/a").availability == meant


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("fleet-all.", Privileges(("fleet-all",), "all")),
        ("a AND b-read.", Privileges(("a", "b-read"), "all")),
        ("a OR actions:oauth.", Privileges(("a", "actions:oauth"), "any")),
        ("ALL of [a, b].", Privileges(("a", "b"), "all")),
    ],
)
def test_privileges_are_read_from_the_authorization_line(
    build: Any, opened: Any, line: str, meant: Privileges
) -> None:
    text = f"Does it.<br/><br/>[Required authorization] Route required privileges: {line}"
    assert (
        opened(build({"GET /api/a": operation(description=text)})).operation("GET /api/a").privileges == meant
    )


def test_an_operation_without_a_tag_goes_with_its_neighbours(build: Any, opened: Any) -> None:
    contract = opened(
        build(
            {
                "GET /api/cases/{id}": operation("cases"),
                "GET /api/fleet/agents": operation("agents"),
                "GET /api/cases/{id}/files": operation(None),
                "GET /api/alone": operation(None),
            }
        )
    )
    assert contract.families["cases"] == ("GET /api/cases/{id}", "GET /api/cases/{id}/files")
    assert contract.operation("GET /api/alone").family == "alone"
    assert sum(len(labels) for labels in contract.families.values()) == len(contract.operations)


def test_space_awareness_is_read_where_it_is_published(build: Any, opened: Any) -> None:
    note = "**Spaces method and path for this operation:** `/s/{space_id}/api/a`"
    contract = opened(build({"GET /api/a": operation(description=note), "GET /api/b": operation()}))
    assert contract.operation("GET /api/a").space_aware
    assert not contract.operation("GET /api/b").space_aware


def test_space_awareness_is_known_where_it_is_not_published(build: Any, opened: Any) -> None:
    contract = opened(build({"GET /api/cases": operation(), "GET /api/spaces/space": operation()}))
    assert contract.operation("GET /api/cases").space_aware
    assert not contract.operation("GET /api/spaces/space").space_aware


def test_internal_operations_say_so(build: Any, opened: Any) -> None:
    contract = opened(build({"GET /s/{spaceId}/internal/x": operation(), "GET /api/x": operation()}))
    assert contract.operation("GET /internal/x").internal
    assert not contract.operation("GET /api/x").internal


@pytest.fixture
def routed(build: Any, opened: Any) -> Any:
    def tail(name: str) -> dict[str, Any]:
        return operation(parameters=[path_parameter(name, required=False)])

    return opened(
        build(
            {
                "GET /api/things/{id}": operation(),
                "GET /api/things/_find": operation(),
                "POST /api/things": operation(),
                "GET /api/things/{id}/parts/{part}": operation(),
                "GET /api/things/_find/parts": operation(),
                "GET /api/tail/{a}/{b}": tail("b"),
                "GET /api/tail/{a}": operation(operationId="short"),
                "PUT /api/tail/{a}/{b}": tail("b"),
                "POST /api/alerting/rule/{id}": operation(),
                "GET /api/files/{name}.json": operation(),
                "GET /api/fleet/epm/packages/{n}/{v}/{filePath}": operation(),
                "GET /s/{spaceId}/api/slos": operation(),
            }
        )
    )


@pytest.mark.parametrize(
    ("method", "path", "label", "values", "space"),
    [
        ("GET", "/api/things/_find", "GET /api/things/_find", {}, None),
        ("get", "/api/things/7", "GET /api/things/{id}", {"id": "7"}, None),
        ("GET", "/api/things/7/", "GET /api/things/{id}", {"id": "7"}, None),
        ("GET", "/api/things/7?x=/s/1", "GET /api/things/{id}", {"id": "7"}, None),
        ("GET", "/s/sales/api/things/7", "GET /api/things/{id}", {"id": "7"}, "sales"),
        ("GET", "/s/a%20b/api/slos", "GET /api/slos", {}, "a b"),
        ("GET", "/api/slos", "GET /api/slos", {}, None),
        ("GET", "/api/things/a%2Fb", "GET /api/things/{id}", {"id": "a/b"}, None),
        ("GET", "/api/things/_find/parts", "GET /api/things/_find/parts", {}, None),
        (
            "GET",
            "/api/things/_find/parts/1",
            "GET /api/things/{id}/parts/{part}",
            {"id": "_find", "part": "1"},
            None,
        ),
        ("GET", "/api/tail/x/y", "GET /api/tail/{a}/{b}", {"a": "x", "b": "y"}, None),
        ("GET", "/api/tail/x", "GET /api/tail/{a}", {"a": "x"}, None),
        ("PUT", "/api/tail/x", "PUT /api/tail/{a}/{b}", {"a": "x"}, None),
        ("POST", "/api/alerting/rule", "POST /api/alerting/rule/{id}", {}, None),
        ("GET", "/api/files/a.json", "GET /api/files/{name}.json", {"name": "a"}, None),
        (
            "GET",
            "/api/fleet/epm/packages/tcp/1.0/img/icons/a.svg",
            "GET /api/fleet/epm/packages/{n}/{v}/{filePath}",
            {"n": "tcp", "v": "1.0", "filePath": "img/icons/a.svg"},
            None,
        ),
    ],
)
def test_a_request_finds_its_operation(
    routed: Any, method: str, path: str, label: str, values: dict[str, str], space: str | None
) -> None:
    match = routed.match(method, path)
    assert (match.operation.label, dict(match.path_parameters), match.space) == (label, values, space)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/things/7"),
        ("GET", "/api/things"),
        ("GET", "/api/things//parts/1"),
        ("GET", "x"),
        ("GET", "/s/a"),
    ],
)
def test_a_request_outside_the_contract_finds_nothing(routed: Any, method: str, path: str) -> None:
    assert routed.match(method, path) is None


def test_the_methods_of_a_path_are_known(routed: Any) -> None:
    assert routed.methods("/api/tail/a/b") == {"GET", "PUT"}
    assert routed.methods("/api/nothing") == frozenset()


def test_a_body_with_required_members_is_required(build: Any, opened: Any) -> None:
    def body(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
        return operation(requestBody={"content": {"application/json": {"schema": schema}}, **more})

    contract = opened(
        build(
            {
                "POST /api/needed": body({"type": "object", "required": ["a"], "properties": {"a": {}}}),
                "POST /api/maybe": body({"type": "object", "properties": {"a": {}}}),
                "POST /api/optional": body(
                    {"required": ["a"], "properties": {"a": {}}, "x-oas-optional": True}
                ),
                "POST /api/said": body({}, required=True),
            }
        )
    )
    assert {label: o.body.required for label, o in contract.operations.items()} == {
        "POST /api/needed": True,
        "POST /api/maybe": False,
        "POST /api/optional": False,
        "POST /api/said": True,
    }


def test_a_response_is_chosen_exact_before_range_before_default(build: Any, opened: Any) -> None:
    answers = {status: {"description": ""} for status in ("200", "4xx", "404", "default")}
    contract = opened(build({"GET /api/a": {"tags": ["t"], "responses": answers}}))
    found = contract.operation("GET /api/a")
    assert [found.response(s).status for s in (200, 404, 409, 500)] == ["200", "404", "4XX", "default"]
    assert found.success.status == "200"


def test_examples_given_as_text_are_decoded(build: Any, opened: Any) -> None:
    media = {
        "schema": {"type": "object"},
        "examples": {
            "text": {"value": '{"a": 1}'},
            "ref": {"$ref": "#/components/examples/One"},
            "bad": {"value": "{nope"},
        },
    }
    document = build(
        {"GET /api/a": {"tags": ["t"], "responses": {"200": {"content": {"application/json": media}}}}}, {}
    )
    document["components"]["examples"] = {"One": {"value": {"b": 2}}}
    examples = opened(document).operation("GET /api/a").response(200).content[0].examples
    assert {e.name: e.value for e in examples} == {"text": {"a": 1}, "ref": {"b": 2}}


def test_the_document_is_given_out_as_a_copy(build: Any, opened: Any) -> None:
    document = build()
    contract = opened(document)
    contract.document()["paths"].clear()
    assert contract.document() == document


def test_of_several_api_versions_the_newest_public_one_is_meant(build: Any, opened: Any) -> None:
    content = {
        f"application/json; Elastic-Api-Version={version}": {"schema": {"type": kind}}
        for version, kind in (("1", "string"), ("2023-10-31", "object"), ("2", "number"))
    }
    contract = opened(
        build({"GET /api/a": {"tags": ["t"], "responses": {"200": {"description": "", "content": content}}}})
    )
    (media,) = contract.operation("GET /api/a").response(200).content
    assert (media.name, media.schema.json) == ("application/json", {"type": "object"})
    assert contract.defects == ()
