"""The few calls that clients of Kibana make to the Elasticsearch beside it: indices, documents, keys, users, licence.

Everything else is a clear 404. It knows the same users and keys as the stand-in, so that identities with few
privileges can be made here and used there.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from pytest_kibana.simulator.app import read_all, send_all
from pytest_kibana.simulator.identities import Identity
from pytest_kibana.simulator.replies import Refusal
from pytest_kibana.simulator.store import stamp
from pytest_kibana.simulator.world import World

Json = Any
Answer = tuple[int, Json]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_INDEX = "elasticsearch_index"
_MEDIA = b"application/json"


class Elasticsearch:
    """An ASGI application on the state of a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request of the ASGI server."""
        if scope["type"] != "http":
            return
        raw = await read_all(receive)
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        status, body = self._answer(scope["method"], scope["path"], query, headers, raw)
        self.world.keep(scope["method"])
        content = b"" if scope["method"] == "HEAD" else json.dumps(body).encode()
        media = b"application/vnd.elasticsearch+json;compatible-with=9"
        asked = headers.get("accept", "")
        out = [
            (b"x-elastic-product", b"Elasticsearch"),
            (b"content-type", media if "vnd.elasticsearch" in asked else _MEDIA),
        ]
        await send_all(send, status, [*out, (b"content-length", str(len(content)).encode())], content)

    def _answer(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], raw: bytes
    ) -> Answer:
        try:
            who = self.world.identities.recognise(headers.get("authorization"), None)
        except Refusal as refusal:
            return _error(401, "security_exception", refusal.message)
        if who is None:
            return _error(401, "security_exception", "missing authentication credentials for REST request")
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            return _error(400, "parse_exception", "Failed to parse content")
        parts = [unquote(part) for part in path.strip("/").split("/") if part]
        if not parts:
            return 200, self._root()
        if parts[0] == "_security":
            return self._security(method, parts[1:], query, body, who)
        if parts == ["_license"]:
            return 200, {"license": self._license()}
        if parts == ["_cluster", "health"]:
            return 200, {
                "cluster_name": "stand-in",
                "status": "green",
                "timed_out": False,
                "number_of_nodes": 1,
            }
        if not parts[0].startswith("_"):
            return self._index(method, parts, body)
        return _unknown(method, path)

    def _root(self) -> Json:
        version = {
            "number": self.world.version,
            "build_flavor": "default",
            "build_type": "tar",
            "build_hash": "0" * 40,
            "build_date": stamp(1_750_000_000_000),
            "build_snapshot": False,
            "lucene_version": "10.2.1",
            "minimum_wire_compatibility_version": "8.18.0",
            "minimum_index_compatibility_version": "8.0.0",
        }
        names = {"name": "stand-in", "cluster_name": "stand-in", "cluster_uuid": "c3RhbmQtaW4tY2x1c3Rlcg"}
        return {**names, "version": version, "tagline": "You Know, for Search"}

    def _license(self) -> Json:
        expiry = self.world.clock.millis() + 30 * 86_400_000
        kind = self.world.config.license
        license_: dict[str, Json] = {
            "status": "active",
            "uid": "stand-in",
            "type": kind,
            "issued_to": "stand-in",
        }
        dates = {} if kind == "basic" else {"expiry_date": stamp(expiry), "expiry_date_in_millis": expiry}
        return {**license_, **dates, "issuer": "stand-in", "max_nodes": 1000, "issue_date": stamp(0)}

    # -- security ------------------------------------------------------------------------------------------

    def _security(
        self, method: str, parts: list[str], query: dict[str, str], body: Json, who: Identity
    ) -> Answer:
        if parts == ["_authenticate"]:
            kind = "api_key" if who.kind == "apikey" else "realm"
            roles = (
                (self.world.identities.users[who.username].value["roles"])
                if who.username in self.world.identities.users
                else []
            )
            return 200, {
                "username": who.username,
                "roles": roles,
                "enabled": True,
                "authentication_type": kind,
            }
        if not who.may_manage("manage_security", "manage_api_key", "manage_own_api_key"):
            reason = f"action [cluster:admin/xpack/security] is unauthorized for user [{who.username}]"
            return _error(403, "security_exception", reason)
        if parts == ["api_key"]:
            return self._keys(method, query, body, who)
        if len(parts) == 2 and parts[0] == "user":
            return self._user(method, parts[1], body)
        if parts == ["oauth2", "token"] and method == "POST":
            token = self.world.identities.add_token(str(body.get("username") or who.username))
            return 200, {"access_token": token, "type": "Bearer", "expires_in": 1200}
        return _unknown(method, "/_security/" + "/".join(parts))

    def _keys(self, method: str, query: dict[str, str], body: Json, who: Identity) -> Answer:
        identities = self.world.identities
        if method in ("POST", "PUT"):
            try:
                return 200, identities.add_key(who, str(body.get("name")), body.get("role_descriptors"))
            except Refusal as refusal:
                return _error(400, "illegal_argument_exception", refusal.message)
        if method == "GET":
            rows = [
                {
                    "id": k,
                    "name": r.value["name"],
                    "username": r.value["owner"],
                    "invalidated": False,
                    "realm": "native",
                }
                for k, r in identities.keys.items()
                if query.get("id") in (None, k) and query.get("name") in (None, r.value["name"])
            ]
            return 200, {"api_keys": rows}
        if method == "DELETE":
            wanted = [*(body.get("ids") or ()), *([body["id"]] if body.get("id") else [])]
            wanted += [
                k for k, r in identities.keys.items() if body.get("name") and r.value["name"] == body["name"]
            ]
            gone = [key for key in wanted if identities.revoke(key)]
            return 200, {
                "invalidated_api_keys": gone,
                "previously_invalidated_api_keys": [],
                "error_count": 0,
            }
        return _unknown(method, "/_security/api_key")

    def _user(self, method: str, name: str, body: Json) -> Answer:
        identities = self.world.identities
        known = name in identities.users
        if method in ("POST", "PUT"):
            password = body.get("password") or (identities.users[name].value["password"] if known else None)
            if not password:
                return _error(
                    400,
                    "validation_exception",
                    "password must be specified unless you are updating an existing user",
                )
            identities.add_user(name, str(password), list(body.get("roles") or ()))
            return 200, {"created": not known}
        if method == "GET":
            if not known:
                return 404, {}
            return 200, {
                name: {"username": name, "roles": identities.users[name].value["roles"], "enabled": True}
            }
        if method == "DELETE":
            identities.users.pop(name, None)
            identities.changed()
            return (200 if known else 404), {"found": known}
        return _unknown(method, f"/_security/user/{name}")

    # -- indices and documents -----------------------------------------------------------------------------

    def _index(self, method: str, parts: list[str], body: Json) -> Answer:
        table, name = self.world.store.table(_INDEX), parts[0]
        known = name in table
        if len(parts) == 1:
            if method == "PUT":
                if known:
                    return _error(400, "resource_already_exists_exception", f"index [{name}] already exists")
                self.world.store.put(
                    _INDEX, "*", name, {"mappings": body.get("mappings") or {}, "documents": {}}
                )
                return 200, {"acknowledged": True, "shards_acknowledged": True, "index": name}
            if not known:
                return _error(404, "index_not_found_exception", f"no such index [{name}]")
            if method == "DELETE":
                del table[name]
                return 200, {"acknowledged": True}
            if method in ("GET", "HEAD"):
                return 200, {name: {"aliases": {}, "mappings": table[name].value["mappings"], "settings": {}}}
        if len(parts) in (2, 3) and parts[1] == "_doc":
            return self._document(method, parts, body)
        everything = isinstance(body, dict) and body.get("query", {"match_all": {}}) == {"match_all": {}}
        if parts[1:] in (["_count"], ["_search"]) and known and everything:
            return 200, _hits(name, table[name].value["documents"], body, count=parts[1] == "_count")
        if parts[1:] == ["_refresh"]:
            return 200, {"_shards": {"total": 1, "successful": 1, "failed": 0}}
        return _unknown(method, "/" + "/".join(parts))

    def _document(self, method: str, parts: list[str], body: Json) -> Answer:
        table, name = self.world.store.table(_INDEX), parts[0]
        known = name in table
        if method in ("POST", "PUT"):
            if not known:
                self.world.store.put(_INDEX, "*", name, {"mappings": {}, "documents": {}})
            key = parts[2] if len(parts) == 3 else self.world.clock.uuid()
            fresh = key not in table[name].value["documents"]
            table[name].value["documents"][key] = body
            result = {"_index": name, "_id": key, "_version": 1, "result": "created" if fresh else "updated"}
            return (201 if fresh else 200), result
        if len(parts) < 3 or not known:
            return _error(404, "index_not_found_exception", f"no such index [{name}]")
        documents = table[name].value["documents"]
        found, where = parts[2] in documents, {"_index": name, "_id": parts[2]}
        if method == "DELETE":
            documents.pop(parts[2], None)
            return (200 if found else 404), {**where, "result": "deleted" if found else "not_found"}
        if method in ("GET", "HEAD"):
            row = {"_source": documents[parts[2]]} if found else {}
            return (200 if found else 404), {**where, "found": found, **row}
        return _unknown(method, "/" + "/".join(parts))


def _hits(index: str, documents: dict[str, Json], body: Json, *, count: bool) -> Json:
    """Return every document, or how many there are."""
    shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
    if count:
        return {"count": len(documents), "_shards": shards}
    size = int(body.get("size", 10)) if isinstance(body, dict) else 10
    rows = [{"_index": index, "_id": k, "_score": 1.0, "_source": v} for k, v in documents.items()][:size]
    total = {"value": len(documents), "relation": "eq"}
    hits = {"total": total, "max_score": 1.0 if rows else None, "hits": rows}
    return {"took": 1, "timed_out": False, "_shards": shards, "hits": hits}


def _error(status: int, kind: str, reason: str) -> Answer:
    cause = {"type": kind, "reason": reason}
    return status, {"error": {"root_cause": [cause], **cause}, "status": status}


def _unknown(method: str, path: str) -> Answer:
    return _error(
        404,
        "stand_in_exception",
        f"the stand-in has no Elasticsearch behind it and cannot answer {method} {path}",
    )
