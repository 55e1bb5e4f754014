"""Tables of what is asked: one test of a family tries many operations, each row skipped where it cannot be sent.

A row names its operation by label, so that the contract says whether the deployment has it and the table of
operations says how much it can hurt. Families keep two tables: what is refused to everybody because nothing like it is
there or it makes no sense, and who may ask at all.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from pytest_kibana.suites.families.asking import assert_refused
from pytest_kibana.target import load_facts
from pytest_kibana.wire import KibanaClient

_SLOT = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Attributes:
        label: the operation, with its parameters in braces.
        ids: values of the path's parameters, in order.
        json: JSON body; None is no body.
        query: query parameters.
        files: fields of a multipart body, instead of ``json``.
        status: what is promised to somebody who may ask; of several, any one.
        says: words that the refusal's message has.
        name: what the row is called beside its label.
        reads: whether a viewer may ask; None: where the operation is of class ``read``.
    """

    label: str
    ids: tuple[str, ...] = ()
    json: Any = None
    query: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Any] | None = None
    status: int | tuple[int, ...] = 404
    says: tuple[str, ...] = ()
    name: str = ""
    reads: bool | None = None

    @property
    def viewable(self) -> bool:
        """Whether somebody who may only read may ask."""
        return load_facts().of(self.label).safety == "read" if self.reads is None else self.reads

    def send(self, client: KibanaClient) -> httpx.Response:
        """Ask it."""
        method, _, path = self.label.partition(" ")
        values = iter(self.ids)
        path = _SLOT.sub(lambda _: quote(next(values), safe=""), path)
        body: dict[str, Any] = {} if self.json is None else {"json": self.json}
        if self.files is not None:
            body = {"files": self.files}
        return client.request(method, path, query=self.query, **body)

    def assert_answered(self, client: KibanaClient) -> None:
        """Ask it, and hold the answer to be what is promised."""
        answer = self.send(client)
        statuses = (self.status,) if isinstance(self.status, int) else self.status
        told = f"{self.label} was answered {answer.status_code}: {answer.text[:300]}"
        assert answer.status_code in statuses, f"{told}, where {' or '.join(map(str, statuses))} is promised"
        if answer.status_code >= 400:
            assert_refused(answer, answer.status_code, *self.says)

    def assert_kept_from(self, client: KibanaClient, status: int) -> None:
        """Ask it as somebody who may not, and hold the answer to be 401 or 403."""
        assert_refused(self.send(client), status)


def rows(*asks: Ask) -> list[Any]:
    """Return the parameters of a test: each is skipped where the contract has no such operation, or where operations of
    its class are not allowed.
    """
    return [
        pytest.param(
            ask,
            id=f"{ask.label} {ask.name}".strip(),
            marks=[
                pytest.mark.kibana_operation(ask.label),
                pytest.mark.kibana_safety(load_facts().of(ask.label).safety),
            ],
        )
        for ask in asks
    ]


def once(asks: Iterable[Ask]) -> list[Ask]:
    """Return the first row of each operation: who may ask does not depend on how."""
    found: dict[str, Ask] = {}
    for ask in asks:
        found.setdefault(ask.label, ask)
    return list(found.values())


def guarded(asks: Iterable[Ask]) -> list[Ask]:
    """Return one row of each operation that somebody who may only read must not ask."""
    return [ask for ask in once(asks) if not ask.viewable]
