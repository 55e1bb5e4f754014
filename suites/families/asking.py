"""How the suites of families ask, and how they read what comes back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from pytest_kibana.resources import File, Handle
from pytest_kibana.wire import KibanaClient

FEW = settings(
    max_examples=6,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[
        Phase.explicit,
        Phase.generate,
    ],  # examples are small already; shrinking would ask a hundred times
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Few examples, the same each time: each is a handful of requests, and only ever about objects of its own."""

NO_SUCH_ID = "00000000-0000-4000-8000-0000000000ff"
"""An id of the form of a UUID that nothing has."""

# Letters of several scripts, digits, marks of Lucene and of HTML, and what takes two units in UTF-16.
_LETTERS = "abzAZ09 äßé中文русעב-_.:/\\\"'<>&*?(){}[]#%+😀"
texts = st.text(alphabet=_LETTERS, min_size=1, max_size=24).map(str.strip).filter(bool)
"""Texts that people write: never empty, with no blanks at their ends, which several families cut off."""

Attempt = tuple[str, str] | tuple[str, str, Any]
"""Method, path, and a JSON body."""


def said(answer: httpx.Response) -> str:
    """Return what an error says, for families of either envelope; the text of the body where it is neither."""
    try:
        body = answer.json()
    except ValueError:
        return answer.text
    return str(body.get("message", body)) if isinstance(body, dict) else str(body)


def assert_refused(answer: httpx.Response, status: int, *words: str) -> None:
    """Hold an answer to be this refusal, whose message has all these words."""
    told = f"{answer.request.method} {answer.request.url.path} was answered {answer.status_code}: {answer.text[:300]}"
    assert answer.status_code == status, f"{told}, where {status} is promised"
    lacking = [word for word in words if word not in said(answer)]
    assert not lacking, f"{told}, which does not say {', '.join(map(repr, lacking))}"


def ok(answer: httpx.Response, status: int = 200) -> Any:
    """Return the JSON of an answer that succeeded, None where it has no body."""
    told = f"{answer.request.method} {answer.request.url.path} was answered {answer.status_code}: {answer.text[:300]}"
    assert answer.status_code == status, f"{told}, where {status} is promised"
    if status == 204:
        assert answer.content == b"", f"{told}, and an answer 204 has no body"
        return None
    return answer.json()


def lines(answer: httpx.Response) -> list[Any]:
    """Return the objects of an NDJSON answer."""
    return [json.loads(line) for line in answer.text.splitlines() if line.strip()]


def ndjson(objects: Sequence[Any]) -> dict[str, Any]:
    """Return the multipart fields of an import of these objects."""
    content = "".join(json.dumps(one) + "\n" for one in objects).encode()
    return {"file": File("import.ndjson", content, "application/ndjson")}


def part(answer: Any, *names: str) -> dict[str, Any]:
    """Return these members of an object; one that it lacks is None."""
    return {name: answer.get(name) for name in names}


def shows(answer: Any, wanted: Any) -> bool:
    """Tell whether an answer has all that is wanted. A newer Kibana may show members beside it, at any depth."""
    if isinstance(wanted, dict):
        return isinstance(answer, dict) and all(
            n in answer and shows(answer[n], v) for n, v in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(answer, list) and len(answer) == len(wanted) and all(map(shows, answer, wanted))
    return bool(answer == wanted)


@dataclass(frozen=True)
class Stranger:
    """Somebody who may not change anything, and what such a one is told.

    Attributes:
        name: ``nobody`` or ``viewer``.
        client: speaks as that one.
        status: of the refusal: 401 where nobody is known, 403 where one is known and may not.
    """

    name: str
    client: KibanaClient
    status: int

    def assert_refused(self, space: Handle | None, *attempts: Attempt) -> None:
        """Try, in a space, and hold every attempt to be refused."""
        client = self.client.in_space(space) if space is not None else self.client
        wrong = []
        for method, path, *body in attempts:
            answer = client.request(method, path, **({"json": body[0]} if body else {}))
            if answer.status_code != self.status:
                wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:160]}")
        assert not wrong, f"{self.name} was promised {self.status}, and was told:\n" + "\n".join(wrong)
