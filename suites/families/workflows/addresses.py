"""Where workflows are kept: at the addresses of the preview, and at those of 9.4."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.tables import Ask
from pytest_kibana.wire import KibanaClient

BASE = "/api/workflows"
GONE = f"kbn-test-{NO_SUCH_ID}"


def text(name: str, *, enabled: bool = False, message: str = "said by a test") -> str:
    """Return the text of a workflow that prints a line and does nothing else."""
    return (
        f"name: {name}\nenabled: {str(enabled).lower()}\ntriggers:\n  - type: manual\n"
        f"steps:\n  - name: say\n    type: console\n    with:\n      message: {message}\n"
    )


@dataclass(frozen=True, slots=True)
class Address:
    """The addresses of one release: labels, and how a search is asked for."""

    name: str
    one: str
    many: str
    item: str
    search: str
    schema: str

    def label(self, method: str, tail: str = "") -> str:
        """Return the operation of a method on one workflow."""
        return f"{method} {self.item}{tail}"

    def path(self, key: str) -> str:
        """Return where a workflow is."""
        return self.item.replace("{id}", key)

    def post(self, label: str) -> str:
        """Return the path of an operation."""
        return label.partition(" ")[2]

    def found(self, client: KibanaClient, **wanted: Any) -> dict[str, Any]:
        """Return a page of the workflows that fit."""
        method, _, path = self.search.partition(" ")
        given = {"json": wanted} if method == "POST" else {"query": wanted}
        page: dict[str, Any] = ok(client.request(method, path, **given))  # type: ignore[arg-type]
        return page

    def asks(self) -> tuple[Ask, ...]:
        """Return what is refused: what is not there, and what makes no sense."""
        return (
            Ask(self.label("GET"), (GONE,)),
            Ask(self.label("PUT"), (GONE,), json={"enabled": False}),
            Ask(self.label("POST", "/clone"), (GONE,)),
            Ask(self.one, json={}, status=400, name="without a text"),
            Ask(self.one, json={"yaml": 1}, status=400, name="whose text is a number"),
            Ask(self.many, json={"workflows": [{}]}, status=400, name="many without a text"),
            Ask(f"DELETE {BASE}", json={}, status=400, name="without ids"),
            Ask(self.schema, status=400, name="without saying how strict"),
        )


PREVIEW = Address(
    "preview",
    f"POST {BASE}",
    f"POST {BASE}/_bulk_create",
    f"{BASE}/{{id}}",
    f"POST {BASE}/search",
    f"GET {BASE}/workflow-json-schema",
)
RELEASE = Address(
    "9.4",
    f"POST {BASE}/workflow",
    f"POST {BASE}",
    f"{BASE}/workflow/{{id}}",
    f"GET {BASE}",
    f"GET {BASE}/schema",
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a step works with."""

    at: Address
    make: Callable[..., Handle]
    here: KibanaClient
    there: KibanaClient
    eventually: Eventually


def reads_as_it_was_made(bench: Bench) -> None:
    """A workflow reads as its text says: its name, that it is disabled, and the text itself."""
    made = bench.make()
    shown = ok(bench.here.get(bench.at.path(made.id)))
    assert part(shown, "id", "yaml", "enabled", "valid") == {
        "id": made.id,
        "yaml": made.sent["yaml"],
        "enabled": False,
        "valid": True,
    }
    assert f"name: {shown['name']}\n" in made.sent["yaml"]


def has_an_id_of_its_own(bench: Bench) -> None:
    """A workflow that is given no id gets one; one that is taken is a conflict."""
    made = bench.make()
    path = bench.at.post(bench.at.one)
    assert ok(bench.here.post(path, json={"yaml": made.sent["yaml"]}))["id"] != made.id
    assert_refused(bench.here.post(path, json=made.sent), 409)


def keeps_what_a_change_leaves_out(bench: Bench) -> None:
    """A change of the tags keeps the name and whether it is enabled; another text changes its name."""
    made = bench.make()
    path = bench.at.path(made.id)
    before = ok(bench.here.get(path))
    ok(bench.here.put(path, json={"tags": ["changed"]}))
    assert part(ok(bench.here.get(path)), "name", "enabled") == part(before, "name", "enabled")
    ok(bench.here.put(path, json={"yaml": text("kbn-test renamed")}))
    assert ok(bench.here.get(path))["name"] == "kbn-test renamed"


def is_copied(bench: Bench) -> None:
    """A copy has an id of its own and does the same; the original stays."""
    made = bench.make()
    copy = ok(bench.here.post(f"{bench.at.path(made.id)}/clone"))
    assert copy["id"] != made.id
    steps = made.sent["yaml"].partition("steps:")[2]
    assert steps.strip() in ok(bench.here.get(bench.at.path(copy["id"])))["yaml"]
    assert ok(bench.here.get(bench.at.path(made.id)))["yaml"] == made.sent["yaml"]


def is_found(bench: Bench) -> None:
    """Workflows are found by words of their names, by whether they are enabled, and in pages."""
    off = bench.make(yaml=text("kbn-test aardvark"))
    on = bench.make(yaml=text("kbn-test zebra", enabled=True))
    bench.eventually("workflows are found", lambda: bench.at.found(bench.here, size=10, page=1)["total"] == 2)
    ids = {one["id"] for one in bench.at.found(bench.here, size=10, page=1)["results"]}
    assert ids == {off.id, on.id}

    def named(**wanted: Any) -> list[str]:
        return [one["id"] for one in bench.at.found(bench.here, size=10, page=1, **wanted)["results"]]

    assert named(query="aardvark") == [off.id]
    assert named(enabled=[True]) == [on.id]
    pages = [bench.at.found(bench.here, size=1, page=page) for page in (1, 2, 3)]
    assert [len(page["results"]) for page in pages] == [1, 1, 0]
    assert {page["results"][0]["id"] for page in pages[:2]} == ids


def is_one_of_many(bench: Bench) -> None:
    """Many are made at once and deleted at once; what is not on the list stays."""
    made = [{"yaml": text(f"kbn-test {n}")} for n in range(3)]
    answer = ok(bench.here.post(bench.at.post(bench.at.many), json={"workflows": made}))
    assert (len(answer["created"]), answer["failed"]) == (3, [])
    first, second, spared = (one["id"] for one in answer["created"])
    gone = ok(bench.here.request("DELETE", BASE, json={"ids": [first, second]}))
    assert (gone["deleted"], gone["failures"]) == (2, [])
    for key in (first, second):
        assert_refused(bench.here.get(bench.at.path(key)), 404)
    assert ok(bench.here.get(bench.at.path(spared)))["id"] == spared


def goes(bench: Bench) -> None:
    """A deleted workflow is not read any more."""
    made = bench.make()
    assert bench.here.delete(bench.at.path(made.id)).status_code in (200, 204)
    assert_refused(bench.here.get(bench.at.path(made.id)), 404)


def is_of_one_space(bench: Bench) -> None:
    """A workflow is neither read, changed, copied nor found from another space."""
    made = bench.make()
    path = bench.at.path(made.id)
    assert_refused(bench.there.get(path), 404)
    assert_refused(bench.there.put(path, json={"enabled": False}), 404)
    assert_refused(bench.there.post(f"{path}/clone"), 404)
    assert bench.at.found(bench.there, size=10, page=1)["total"] == 0
    assert ok(bench.here.get(path))["id"] == made.id


def is_counted(bench: Bench) -> None:
    """The statistics count what is enabled and what is not; the values of fields and the connectors are told."""
    bench.make()
    bench.make(yaml=text("kbn-test counted", enabled=True))
    stats = f"{BASE}/stats"
    wanted = {"enabled": 1, "disabled": 1}
    bench.eventually("workflows are counted", lambda: ok(bench.here.get(stats))["workflows"] == wanted)
    assert isinstance(ok(bench.here.get(f"{BASE}/aggs", query={"fields": ["tags"]})), dict)
    assert isinstance(ok(bench.here.get(f"{BASE}/connectors"))["connectorTypes"], dict)
    schema = ok(bench.here.get(bench.at.post(bench.at.schema), query={"loose": True}))
    assert isinstance(schema, dict)


Step = Callable[[Bench], None]


def steps(at: Address) -> list[Any]:
    """Return the parameters of a test: every step, with the operations by which it is seen."""
    read = at.label("GET")
    needs: tuple[tuple[Step, tuple[str, ...]], ...] = (
        (reads_as_it_was_made, (at.one, read)),
        (has_an_id_of_its_own, (at.one, read)),
        (keeps_what_a_change_leaves_out, (at.label("PUT"), read)),
        (is_copied, (at.label("POST", "/clone"), read)),
        (is_found, (at.search,)),
        (is_one_of_many, (at.many, f"DELETE {BASE}", read)),
        (goes, (at.label("DELETE"), read)),
        (is_of_one_space, (read, at.label("PUT"), at.search)),
        (is_counted, (f"GET {BASE}/stats", f"GET {BASE}/aggs", f"GET {BASE}/connectors", at.schema)),
    )
    return [
        pytest.param(step, id=step.__name__, marks=[pytest.mark.kibana_operation(one) for one in labels])
        for step, labels in needs
    ]
