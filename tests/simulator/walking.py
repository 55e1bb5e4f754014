"""A smallest valid request for every operation of a contract, with real things in its path."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from pytest_kibana.contract import Contract, Operation
from pytest_kibana.simulator.inventory import RESOURCES, Resource
from pytest_kibana.simulator.routing import anonymous
from pytest_kibana.simulator.schemas import Schemas
from pytest_kibana.simulator.store import Clock
from pytest_kibana.simulator.synthesis import MISSING, Synthesiser
from tests.simulator.walked import FILES, HEADERS, IDS, NAMED, QUERIES, SENSIBLE, archive, dig, seek, text

Json = Any
HOST = "8f0d1e2c-3b4a-4958-8676-a5b4c3d2e1f0"


@dataclass
class Walk:
    """Makes requests for one contract and sends them to one stand-in."""

    contract: Contract
    client: httpx.Client
    made: int = 0
    answer: Json = None
    made_id: str | None = None
    sent: Json = None

    def __post_init__(self) -> None:
        self.schemas = Schemas(self.contract)
        self.synthesiser = Synthesiser(self.schemas, Clock())
        self.by_label = {f"{o.method} {anonymous(o.path)}": o for o in self.contract.operations.values()}
        self.creators = {
            label: (resource, role) for resource in reversed(RESOURCES) for label, role in resource.roles()
        }

    def visit(self, operation: Operation) -> httpx.Response:
        return self.send(operation, *self.prepared(operation))

    def prepared(self, operation: Operation) -> tuple[str, list[str], dict[str, Json]]:
        """Make what an operation needs; return its label, the ids of its path, and what is known of its thing."""
        label = f"{operation.method} {anonymous(operation.path)}"
        if label == "POST /api/lists/index":
            self.send(self.by_label["DELETE /api/lists/index"], label, [], {})
        if label == "DELETE /api/fleet/epm/packages/{}/{}":
            self.send(self.by_label["POST /api/fleet/epm/packages/{}/{}"], label, ["nginx", "2.1.1"], {})
        resource, role = self.creators.get(label, (None, None))
        ids = self._ids(operation, label, role)
        known: dict[str, Json] = {}
        if resource is not None and role in ("read", "update", "delete"):
            known = self.facts(resource, self.made_id if label.endswith("}") else self.make(resource, ids))
        return label, ids, known

    def facts(self, resource: Resource, made: str | None) -> dict[str, Json]:
        """Return what a request may say of a thing that was made: its ids, and the version of its last answer."""
        if made is None:
            return {}
        known: dict[str, Json] = dict.fromkeys(resource.keys, made)
        for name in (*resource.keys, "version", "_version"):
            found = seek(self.answer, name)
            if found is not None:
                known[name] = found
        return known

    def _ids(self, operation: Operation, label: str, role: str | None) -> list[str]:
        """Return a value for each parameter of the path: ids of things made for it, or what the schema says."""
        segments = anonymous(operation.path).strip("/").split("/")
        parameters = {p.name: p for p in operation.parameters_in("path")}
        names = re.findall(r"\{([^{}?*]+)\??\*?\}", operation.path)
        ids: list[str] = []
        for at, segment in enumerate(segments):
            if "{}" not in segment:
                continue
            prefix = "/" + "/".join(segments[: at + 1])
            special = IDS.get((label, len(ids)))
            if special is not None:
                ids.append(special(self))
                continue
            if names[len(ids)] in NAMED and not (
                role == "create" and at == len(segments) - 1 and "pkg" not in names[len(ids)]
            ):
                ids.append(NAMED[names[len(ids)]])
                continue
            if names[len(ids)] == "type" and "saved_objects" in segments:
                ids.append("tag")
                continue
            resource = self._resource_at(prefix)
            last = at == len(segments) - 1
            value = None
            if resource is not None and not (last and role == "create"):
                value = self.made_id = self.make(resource, ids)
            if value is None:
                parameter = parameters.get(names[len(ids)])
                schema = parameter.schema.json if parameter else {"type": "string"}
                flat = self.synthesiser.flat(schema)
                made = self.synthesiser.fit(schema, MISSING)
                if role == "create" and resource is not None and isinstance(flat, dict) and flat.get("enum"):
                    made = flat["enum"][0]
                elif isinstance(made, str) and not (isinstance(flat, dict) and flat.get("enum")):
                    self.made += 1
                    made = f"id-{self.made}" if self.schemas.valid(schema, f"id-{self.made}") else made
                value = str(made) if not isinstance(made, dict | list) else "id"
            ids.append(value)
        return ids

    def _resource_at(self, prefix: str) -> Resource | None:
        for resource in RESOURCES:
            for label in (*resource.read, *resource.delete, *resource.update):
                if label.partition(" ")[2] == prefix and (resource.create or resource.list):
                    return resource
        return None

    def make(self, resource: Resource, ids: list[str]) -> str | None:
        for label in resource.create:
            operation = self.by_label.get(label)
            if operation is None:
                continue
            count = label.count("{}")
            own = ids[:count]
            while len(own) < count:
                self.made += 1
                own.append("tag" if "/saved_objects/" in label and not own else f"id-{self.made}")
            answer = self.send(operation, label, own, {})
            if answer.status_code >= 300:
                continue
            self.answer = answer.json() if answer.content else None
            found = dig(self.answer, resource.answer)
            if found is None:
                found = seek(self.answer, resource.field)
            if resource.name == "case_comment":
                self.answer = self.answer["comments"][-1]
                found = self.answer["id"]
            if found is None and isinstance(self.answer, dict) and resource.name == "entity":
                found = seek(self.answer, "id")
            if found is None and isinstance(self.sent, dict):
                found = seek(self.sent, resource.keys[0]) or seek(self.answer, "id")
            return str(found) if isinstance(found, str | int) else own[-1] if own else None
        for label in resource.list:
            operation = self.by_label.get(label)
            if operation is None or "{}" in label:
                continue
            answer = self.send(operation, label, [], {})
            rows = answer.json() if answer.status_code == 200 else []
            rows = rows.get(resource.items or "items") if isinstance(rows, dict) else rows
            if rows and resource.field in rows[0]:
                return str(rows[0][resource.field])
        return None

    def fresh(self, label: str, value: Json) -> Json:
        """Give what is about to be made an id of its own, where the body has one."""
        resource, role = self.creators.get(label, (None, None))
        if resource is None or role != "create" or not isinstance(value, dict) or resource.upsert:
            return value
        self.made += 1
        if resource.enter and isinstance(value.get(resource.enter), dict):
            inner = value[resource.enter]
            renamed = {n: f"id-{self.made}" for n in ("id", "title", "name") if isinstance(inner.get(n), str)}
            return {**value, resource.enter: {**inner, **renamed}}
        names = [
            n for n in (resource.keys[0], *resource.aliases, "title", "name") if isinstance(value.get(n), str)
        ]
        return {**value, **dict.fromkeys(names, f"id-{self.made}")}

    def body(self, label: str, schema: Json, known: dict[str, Json], hint: Json) -> Json:
        """Return a body: one that means something, or the smallest that the schema allows."""
        value = SENSIBLE.get(label)
        value = value(self, known) if callable(value) else value
        if value is None:
            value = self.synthesiser.fit(schema, MISSING) if schema is not None else {}
            if hint is not MISSING and schema is not None:
                value = laid_over(self, schema, value, hint)
            if label.startswith("POST /api/endpoint/action/") and isinstance(value, dict):
                value = {"endpoint_ids": [HOST], **value}  # which older contracts do not demand
        return value

    def send(
        self, operation: Operation, label: str, ids: list[str], known: dict[str, Json]
    ) -> httpx.Response:
        path = (
            re.sub(r"\{[^{}]*\}", lambda _: quote(next(values), safe=""), operation.path)
            if (values := iter(ids))
            else ""
        )
        query = {}
        wanted = QUERIES.get(label, {})
        wanted = wanted(self) if callable(wanted) else wanted
        for parameter in operation.parameters_in("query"):
            name = parameter.name
            if name in wanted:
                query[name] = wanted[name]
            elif (
                not wanted
                and name in known
                and any(self.schemas.valid(parameter.schema.json, v) for v in (known[name], [known[name]]))
            ):
                value = known[name]
                query[name] = f'["{value}"]' if name == "ids" else value
            elif parameter.required:
                value = self.synthesiser.fit(parameter.schema.json, MISSING)
                inner = self.synthesiser.flat(parameter.schema.json)
                if value == [] and isinstance(inner, dict):
                    value = [self.synthesiser.fit(inner.get("items", {"type": "string"}), MISSING)]
                query[name] = text(value)
        headers = dict(HEADERS)
        self.sent = None
        content: bytes | None = None
        files = None
        body = operation.body
        if body is not None and body.content:
            media = body.media("application/json") or body.content[0]
            hint: Json = {k: v for k, v in known.items() if k not in query} or MISSING
            value = self.body(label, media.schema.json if media.schema else None, known, hint)
            self.sent = value = self.fresh(label, value)
            if media.name == "multipart/form-data":
                texts = {"retries": "[]"} if "_resolve_import_errors" in label else {}
                files = {k: ("f.ndjson", b"{}") for k in ({**(value or {}), "file": 1}) if k not in texts}
                files |= {k: (None, v.encode()) for k, v in texts.items()}
                files |= {k: ("f.zip", made(self)) for k, made in FILES.get(label, {}).items()}
            elif media.name == "application/json":
                content = json.dumps(value).encode()
                headers["content-type"] = "application/json"
            else:
                content, headers["content-type"] = (archive() if "gzip" in media.name else b"x"), media.name
        url = path + (f"?{urlencode(query, doseq=True)}" if query else "")
        return self.client.request(operation.method, url, headers=headers, content=content, files=files)


def laid_over(walk: Walk, schema: Json, value: Json, known: dict[str, Json]) -> Json:
    """Put ids of real things where a body has room for them."""
    from pytest_kibana.simulator.generic import declared

    class Holder:
        synthesiser = walk.synthesiser

    room = declared(Holder, schema)  # type: ignore[arg-type]
    result = dict(value) if isinstance(value, dict) else value
    if isinstance(result, dict):
        for name, wanted in known.items():
            if name in room:
                inner = walk.synthesiser.flat(room[name])
                result[name] = (
                    [wanted] if isinstance(inner, dict) and inner.get("type") == "array" else wanted
                )
            elif "version" in name:
                result.pop(name, None)
        if not walk.schemas.valid(schema, result):
            result = walk.synthesiser.fit(schema, result)
    return result
