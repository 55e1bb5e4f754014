"""What the platform promises is data: read whole, refused when wrong, and true of answers that were observed."""

from http import HTTPStatus
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.checks.platform import Platform, load_platform, read_platform
from pytest_kibana.errors import UsageError
from pytest_kibana.evidence.model import Level

NOT_FOUND = {"statusCode": 404, "error": "Not Found", "message": "Not Found"}
DETECTIONS = {"message": 'rule_id: "x" not found', "status_code": 404}
FLEET = {"message": "Agent x not found"}
RPC = {"jsonrpc": "2.0", "error": {"code": -32601, "message": "no such method"}, "id": 1}
MCP = "POST /api/agent_builder/mcp"


@pytest.fixture(scope="module")
def platform() -> Platform:
    """The promises that the package carries."""
    return load_platform()


def names(
    platform: Platform, family: str | None, status: int | None = None, label: str | None = None
) -> list[str]:
    """Return the names of the shapes that an error may have."""
    return [envelope.name for envelope in platform.envelope(family, status, label)]


def test_any_operation_may_answer_the_platforms_statuses(platform: Platform) -> None:
    """These eight, and not 405, 409 or 500."""
    assert set(platform.statuses) == {400, 401, 403, 404, 413, 415, 429, 503}
    assert not any(platform.promised(status) for status in (200, 405, 409, 500))


def test_every_status_has_its_phrase(platform: Platform) -> None:
    """413 has an old and a new one; a number that is no status has none."""
    assert platform.phrases(404) == ("Not Found",)
    assert platform.phrases(409) == ("Conflict",)
    assert platform.phrases(413) == ("Request Entity Too Large", "Payload Too Large")
    assert platform.phrases(422) == ("Unprocessable Entity",)
    assert platform.phrases(799) == ()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (NOT_FOUND, "platform"),
        (NOT_FOUND | {"attributes": {"type": "x"}}, "platform"),
        (DETECTIONS, "detections"),
        ({"message": {"why": "x"}, "status_code": 400}, "detections"),
        (FLEET, "fleet"),
        (RPC, "rpc"),
        ("Kibana server is not ready yet", "not ready"),
        ({"status": {"overall": {"level": "critical"}}}, "status document"),
        (NOT_FOUND | {"stack": "at …"}, None),
        (NOT_FOUND | {"statusCode": "404"}, None),
        (NOT_FOUND | {"statusCode": True}, None),
        (["x"], None),
        ("<html>", None),
        (None, None),
    ],
)
def test_a_shape_is_known_by_its_name(platform: Platform, body: object, name: str | None) -> None:
    """The first that fits names an error; what fits none is no error of Kibana's."""
    found = platform.named(body)
    assert (found.name if found else None) == name


def test_a_family_answers_with_its_own_shape_or_the_platforms(platform: Platform) -> None:
    """Refusals before the handler are always the platform's."""
    assert names(platform, "cases", 404) == ["platform"]
    assert names(platform, "Security Detections API", 404) == ["platform", "detections"]
    assert names(platform, "Security Lists API", 409) == ["platform", "detections"]
    assert names(platform, "Fleet outputs", 400) == ["platform", "fleet"]
    assert names(platform, "Elastic Package Manager (EPM)", 502) == ["platform", "fleet"]
    assert names(platform, None, 404) == ["platform", "detections", "fleet", "rpc"]


def test_a_shape_may_be_limited_to_operations_and_statuses(platform: Platform) -> None:
    """Only some operations speak JSON-RPC; only a 503 may be a text, or the status document."""
    assert names(platform, "agent builder", 400, MCP) == ["platform", "rpc"]
    assert names(platform, "agent builder", 400, "POST /api/agent_builder/a2a/{id}") == ["platform", "rpc"]
    assert names(platform, "agent builder", 400, "GET /api/agent_builder/tools") == ["platform"]
    assert names(platform, "cases", 503) == ["platform", "not ready"]
    assert names(platform, "system", 503, "GET /api/status") == ["platform", "status document", "not ready"]
    assert names(platform, "system", 404, "GET /api/status") == ["platform"]


@given(st.text(max_size=30), st.integers(400, 599))
def test_every_family_may_answer_the_platforms_shape(family: str, status: int) -> None:
    """Law: the platform's envelope is never wrong for an error."""
    assert names(load_platform(), family, status)[0] == "platform"


def test_headers_that_an_answer_owes(platform: Platform) -> None:
    """kbn-name is on all; the version of the API came with 9.0 and is on successes of public routes."""

    def owed(**facts: object) -> set[str]:
        return {h.name for h in platform.headers(**facts)}  # type: ignore[arg-type]

    assert {"kbn-name", "content-type", "elastic-api-version", "cache-control"} <= owed(
        status=200, version="9.1.4"
    )
    assert "elastic-api-version" not in owed(status=200, version="8.18.0")
    assert "elastic-api-version" not in owed(status=200, version=None)
    assert "elastic-api-version" not in owed(status=200, version="9.1.4", public=False)
    assert "elastic-api-version" not in owed(status=401, version="9.1.4")
    assert "content-type" not in owed(status=204, has_body=False)
    assert "retry-after" in owed(status=503)
    assert "retry-after" not in owed(status=429)
    must = {
        h.name for h in platform.headers(status=204, version="9.1.4", has_body=False) if h.level is Level.MUST
    }
    assert must == {"kbn-name"}


@pytest.mark.parametrize(
    ("name", "status", "kept", "broken"),
    [
        ("kbn-name", 200, "kibana-1", None),
        ("x-content-type-options", 200, "nosniff", "sniff"),
        ("cache-control", 200, "private, no-cache, no-store, must-revalidate", "public, max-age=60"),
        ("elastic-api-version", 200, "2023-10-31", "1"),
        ("content-type", 404, "application/json; charset=utf-8", "text/html"),
    ],
)
def test_a_header_is_kept_by_its_value(
    platform: Platform, name: str, status: int, kept: str, broken: str | None
) -> None:
    """A pattern says which values keep the promise; a missing header keeps none."""
    owed = [h for h in platform.headers(status=status, version="9.1.4") if h.name == name]
    assert owed
    assert all(header.kept_by(kept) for header in owed)
    assert not all(header.kept_by(broken) for header in owed)
    assert not any(header.kept_by(None) for header in owed)


def test_an_error_of_a_booting_server_need_not_be_json(platform: Platform) -> None:
    """While it starts, it answers one sentence of text."""
    owed = [h for h in platform.headers(status=503) if h.name == "content-type"]
    assert all(header.kept_by("text/html; charset=utf-8") for header in owed)


def test_the_order_of_refusals(platform: Platform) -> None:
    """401 wins over a body that cannot be read, that over a missing kbn-xsrf, that over 403, that over validation."""
    stages = [stage.stage for stage in platform.order]
    expected = [
        "route",
        "authentication",
        "payload",
        "xsrf",
        "privileges",
        "version",
        "validation",
        "handler",
    ]
    assert [stage for stage in stages if stage in expected] == expected
    assert {s for stage in platform.order for s in stage.statuses} <= set(platform.statuses)


def test_everything_names_its_source(platform: Platform) -> None:
    """A promise that nobody can look up is none."""
    assert all(status.source and status.sentence for status in platform.statuses.values())
    assert all(envelope.source for envelope in platform.envelopes)
    assert all(header.source for header in platform.headers(status=503, version="9.1.0"))
    assert all(HTTPStatus(status) for status in platform.statuses)


def test_missing_objects_that_look_like_missing_routes(platform: Platform) -> None:
    """Spaces answer the router's own words for a space that is not there."""
    assert platform.answers_bare_not_found("spaces")
    assert platform.answers_bare_not_found("Security Entity Analytics API")
    assert not platform.answers_bare_not_found("cases")
    assert platform.open_to_nobody == ("GET /api/status",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"),
        ("version: 1", "version: ["),
        ("statuses:\n  400:", "states:\n  400:"),
        ("answers: body", "answers: always"),
        ("level: MUST", "level: PERHAPS"),
        ("pattern: no-store", "pattern: '('"),
        ("type: object", "type: thing"),
        ("media: [application/json]", "colour: [red]"),
    ],
)
def test_a_wrong_file_is_refused(old: str, new: str) -> None:
    """One clear error, and nothing half read."""
    text = files("pytest_kibana").joinpath("spec", "platform.yaml").read_text("utf-8")
    assert old in text
    with pytest.raises(UsageError) as caught:
        read_platform(text.replace(old, new, 1), "mine.yaml")
    assert caught.value.message.startswith("mine.yaml cannot be read")
