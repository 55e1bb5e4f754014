"""Who asks: users, API keys, tokens and sessions, and what their roles allow in which space."""

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from typing import Any

from pytest_kibana.simulator.replies import Refusal
from pytest_kibana.simulator.store import EVERYWHERE, Record, Store

Json = Any

BUILT_IN_ROLES: dict[str, Json] = {
    "superuser": {
        "elasticsearch": {
            "cluster": ["all"],
            "indices": [{"names": ["*"], "privileges": ["all"], "allow_restricted_indices": True}],
            "run_as": ["*"],
        },
        "kibana": [{"base": ["all"], "feature": {}, "spaces": ["*"]}],
    },
    "kibana_admin": {
        "elasticsearch": {"cluster": [], "indices": [], "run_as": []},
        "kibana": [{"base": ["all"], "feature": {}, "spaces": ["*"]}],
    },
    "editor": {
        "elasticsearch": {
            "cluster": [],
            "indices": [{"names": ["*"], "privileges": ["read", "view_index_metadata"]}],
            "run_as": [],
        },
        "kibana": [{"base": ["all"], "feature": {}, "spaces": ["*"]}],
    },
    "viewer": {
        "elasticsearch": {
            "cluster": [],
            "indices": [{"names": ["*"], "privileges": ["read", "view_index_metadata"]}],
            "run_as": [],
        },
        "kibana": [{"base": ["read"], "feature": {}, "spaces": ["*"]}],
    },
}
"""The reserved roles that matter here."""

DERIVED_KEY = (
    "creating derived api keys requires an explicit role descriptor that is empty (has no privileges)"
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role gives in some spaces: a base privilege, or privileges of features."""

    spaces: frozenset[str]
    base: frozenset[str]
    features: tuple[tuple[str, frozenset[str]], ...]

    def covers(self, space: str) -> bool:
        """Tell whether the grant holds in a space."""
        return EVERYWHERE in self.spaces or space in self.spaces


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who is known. ``kind`` says how: ``basic``, ``apikey``, ``bearer`` or ``session``."""

    username: str
    kind: str
    superuser: bool
    grants: tuple[Grant, ...] = ()
    cluster: frozenset[str] = frozenset()
    key: str | None = None

    def may_manage(self, *privileges: str) -> bool:
        """Tell whether Elasticsearch would allow one of the cluster privileges."""
        return self.superuser or bool(self.cluster & {"all", *privileges})


ANONYMOUS = Identity("", "anonymous", superuser=False)
"""Nobody: no credentials, or wrong ones where the route does not mind."""


@dataclass(slots=True)
class _Cache:
    generation: int = -1
    found: dict[str, Identity] = field(default_factory=dict)


class Identities:
    """Users, keys and roles, kept in the store so that they survive it being written to a file."""

    def __init__(self, store: Store, *, api_key: str | None = None, basic: bool = True) -> None:
        self.store = store
        self.basic = basic
        self._cache = _Cache()
        if not self.users:
            self.add_user("elastic", "changeme", ["superuser"])
            self.add_user("viewer", "changeme", ["viewer"])
        self.api_key = api_key or self._adopted("stand-in superuser", "elastic")
        if api_key:
            self._adopt(api_key, "elastic")
        self.viewer_api_key = self._adopted("stand-in viewer", "viewer")
        self.token = next(iter(self.tokens), None) or self.add_token("elastic")

    # -- what is kept ------------------------------------------------------------------------------------

    @property
    def users(self) -> dict[str, Record]:
        """Users by name."""
        return self.store.table("security_user")

    @property
    def keys(self) -> dict[str, Record]:
        """API keys by id."""
        return self.store.table("security_api_key")

    @property
    def roles(self) -> dict[str, Record]:
        """Roles that were made through the API, by name."""
        return self.store.table("role")

    @property
    def tokens(self) -> dict[str, Record]:
        """Bearer tokens and session cookies, by their text."""
        return self.store.table("security_token")

    def changed(self) -> None:
        """Forget what was concluded from users, keys and roles: one of them is different now."""
        self._cache = _Cache()

    def add_user(self, name: str, password: str, roles: list[str]) -> None:
        """Make or replace a user."""
        self.store.put("security_user", EVERYWHERE, name, {"password": password, "roles": roles})
        self.changed()

    def add_token(self, user: str) -> str:
        """Return a new bearer token of a user."""
        text = secrets.token_urlsafe(32)
        self.store.put("security_token", EVERYWHERE, text, {"user": user})
        return text

    def add_key(
        self, owner: Identity, name: str, descriptors: Json = None, *, kibana: bool = False
    ) -> dict[str, Json]:
        """Return a new API key as Elasticsearch answers it.

        Raises:
            Refusal: the owner is itself an API key and asks for more than nothing.
        """
        if owner.kind == "apikey" and not (isinstance(descriptors, dict) and descriptors):
            raise Refusal(400, f"[illegal_argument_exception]: {DERIVED_KEY}", family="platform")
        key, secret = secrets.token_urlsafe(15), secrets.token_urlsafe(16)
        value = {
            "name": name,
            "secret": secret,
            "owner": owner.username,
            "roles": descriptors,
            "kibana": kibana,
        }
        self.store.put("security_api_key", EVERYWHERE, key, value, by=owner.username)
        encoded = base64.b64encode(f"{key}:{secret}".encode()).decode()
        return {"id": key, "name": name, "api_key": secret, "encoded": encoded}

    def revoke(self, key: str) -> bool:
        """Forget an API key; tell whether there was one."""
        self.changed()
        gone = self.keys.pop(key, None)
        if gone is not None:
            self.store.table("security_revoked_key")[key] = gone
        return gone is not None

    def was_key(self, authorization: str) -> bool:
        """Tell whether a header names an API key that was revoked."""
        try:
            key = base64.b64decode(authorization.partition(" ")[2]).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return False
        return key in self.store.table("security_revoked_key")

    def _adopted(self, name: str, owner: str) -> str:
        for key, record in self.keys.items():
            if record.value["name"] == name:
                return base64.b64encode(f"{key}:{record.value['secret']}".encode()).decode()
        identity = Identity(owner, "basic", superuser=owner == "elastic")
        return str(self.add_key(identity, name)["encoded"])

    def _adopt(self, encoded: str, owner: str) -> None:
        key, _, secret = base64.b64decode(encoded).decode().partition(":")
        value = {"name": "given", "secret": secret, "owner": owner, "roles": None, "kibana": False}
        self.store.put("security_api_key", EVERYWHERE, key, value)

    # -- recognising -------------------------------------------------------------------------------------

    def recognise(self, authorization: str | None, cookie: str | None) -> Identity | None:
        """Return who the headers say is asking; None where they say nothing.

        Raises:
            Refusal: 401, in the words that Kibana passes on from Elasticsearch.
        """
        if authorization:
            known = self._cache.found.get(authorization)
            if known is None:
                known = self._cache.found[authorization] = self._from_header(authorization)
            return known
        if cookie:
            for part in cookie.split(";"):
                name, _, value = part.strip().partition("=")
                if name == "sid" and value in self.tokens:
                    return self.user(self.tokens[value].value["user"], "session")
        return None

    def _from_header(self, authorization: str) -> Identity:
        scheme, _, credential = authorization.partition(" ")
        scheme, credential = scheme.lower(), credential.strip()
        if scheme == "bearer":
            token = self.tokens.get(credential)
            if token is None:
                raise _unauthorised("token expired")
            return self.user(token.value["user"], "bearer")
        try:
            name, _, secret = base64.b64decode(credential, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name, secret = "", ""
        if scheme == "basic" and self.basic:
            user = self.users.get(name)
            if user is None or user.value["password"] != secret:
                raise _unauthorised(
                    f"unable to authenticate user [{name}] for REST request [/_security/_authenticate]"
                )
            return self.user(name, "basic")
        if scheme == "apikey":
            key = self.keys.get(name)
            if key is None or key.value["secret"] != secret:
                raise _unauthorised("unable to authenticate with provided credentials")
            return self._from_key(key)
        raise _unauthorised("missing authentication credentials for REST request [/_security/_authenticate]")

    def user(self, name: str, kind: str) -> Identity:
        """Return the identity of a user who was recognised."""
        record = self.users.get(name)
        return self._with_roles(name, kind, [] if record is None else record.value["roles"], None)

    def _from_key(self, key: Record) -> Identity:
        descriptors = key.value["roles"]
        owner = key.value["owner"]
        if not descriptors:
            user = self.user(owner, "apikey")
            return Identity(owner, "apikey", user.superuser, user.grants, user.cluster, key.id)
        grants: list[Grant] = []
        cluster: set[str] = set()
        for role in descriptors.values():
            found, names = _kibana_role(role) if key.value["kibana"] else _elasticsearch_role(role)
            grants += found
            cluster |= names
        return Identity(
            owner, "apikey", superuser=False, grants=tuple(grants), cluster=frozenset(cluster), key=key.id
        )

    def _with_roles(self, name: str, kind: str, roles: list[str], key: str | None) -> Identity:
        grants: list[Grant] = []
        cluster: set[str] = set()
        for role in roles:
            made = self.roles.get(role)
            definition = made.value if made else BUILT_IN_ROLES.get(role)
            if definition is None:
                continue
            found, names = _kibana_role(definition)
            grants += found
            cluster |= names
        return Identity(name, kind, "superuser" in roles, tuple(grants), frozenset(cluster), key)


def _kibana_role(definition: Json) -> tuple[list[Grant], set[str]]:
    """Read a role as Kibana's role API keeps it."""
    grants = [
        Grant(
            frozenset(entry.get("spaces") or ["*"]),
            frozenset(entry.get("base") or ()),
            tuple((name, frozenset(given)) for name, given in (entry.get("feature") or {}).items()),
        )
        for entry in definition.get("kibana") or ()
    ]
    return grants, set((definition.get("elasticsearch") or {}).get("cluster") or ())


def _elasticsearch_role(definition: Json) -> tuple[list[Grant], set[str]]:
    """Read a role descriptor of Elasticsearch, in which Kibana's privileges are application privileges."""
    grants = []
    for entry in definition.get("applications") or ():
        if entry.get("application") not in ("kibana-.kibana", "*"):
            continue
        spaces = frozenset(
            EVERYWHERE if resource == "*" else str(resource).removeprefix("space:")
            for resource in entry.get("resources", ())
        )
        base: set[str] = set()
        features: dict[str, set[str]] = {}
        for privilege in entry.get("privileges", ()):
            if privilege in ("all", "space_all", "*"):
                base.add("all")
            elif privilege in ("read", "space_read"):
                base.add("read")
            elif privilege.startswith("feature_"):
                feature, _, name = privilege.removeprefix("feature_").partition(".")
                features.setdefault(feature, set()).add(name)
        grants.append(Grant(spaces, frozenset(base), tuple((f, frozenset(p)) for f, p in features.items())))
    return grants, set(definition.get("cluster") or ())


def _unauthorised(reason: str) -> Refusal:
    return Refusal(
        401,
        f"[security_exception\n\tRoot causes:\n\t\tsecurity_exception: {reason}]: {reason}",
        family="platform",
    )
