"""Least-privilege identities, minted in Elasticsearch where a person allows it.

Kibana's public API makes roles but neither users nor API keys, so an identity needs Elasticsearch: one API key with the
role's privileges written into it. A key is named by the run, lives for a day at most, and is invalidated at the end.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_kibana.errors import CredentialsRefused, EnvironmentTrouble
from pytest_kibana.wire import ApiKey, KibanaClient

APPLICATION = "kibana-.kibana"
"""The application under which Elasticsearch keeps Kibana's privileges (Kibana source, security plugin)."""


def role_descriptor(role: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Elasticsearch calls a role descriptor for a role as Kibana's role API takes it.

    Args:
        role: ``{"elasticsearch": {…}, "kibana": [{"base": […], "feature": {…}, "spaces": […]}]}``; both parts optional.
    """
    elastic = role.get("elasticsearch") or {}
    descriptor: dict[str, Any] = {
        key: elastic[key] for key in ("cluster", "indices", "run_as") if elastic.get(key)
    }
    descriptor["applications"] = [_application(entry) for entry in role.get("kibana") or ()]
    return descriptor


def _application(entry: Mapping[str, Any]) -> dict[str, Any]:
    spaces: Sequence[str] = entry.get("spaces") or ("*",)
    everywhere = "*" in spaces
    prefix = "" if everywhere else "space_"
    privileges = [f"{prefix}{base}" for base in entry.get("base") or ()]
    privileges += [
        f"feature_{feature}.{privilege}"
        for feature, granted in (entry.get("feature") or {}).items()
        for privilege in granted
    ]
    resources = ["*"] if everywhere else [f"space:{space}" for space in spaces]
    return {"application": APPLICATION, "privileges": privileges, "resources": resources}


@dataclass
class Identities:
    """Mints API keys for roles, and invalidates them.

    Args:
        client: speaks to Elasticsearch, as a user: Elasticsearch derives no useful key from a key.
        prefix: what every key's name begins with.
    """

    client: KibanaClient
    prefix: str
    _minted: list[str] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def mint(self, role: Mapping[str, Any]) -> ApiKey:
        """Return credentials that may do what the role says, and nothing else.

        Raises:
            CredentialsRefused: Elasticsearch does not let us mint keys.
            EnvironmentTrouble: it answers something else than a key.
        """
        body = {
            "name": f"{self.prefix}key-{next(self._numbers)}",
            "expiration": "1d",
            "role_descriptors": {"least": role_descriptor(role)},
        }
        response = self.client.post("/_security/api_key", json=body)
        if response.status_code in (401, 403):
            raise CredentialsRefused(
                f"Elasticsearch at {self.client.endpoint.url} does not let these credentials create API keys "
                f"(HTTP {response.status_code})",
                hint="Give a user with the manage_own_api_key privilege, not an API key.",
            )
        if response.status_code >= 400:
            raise EnvironmentTrouble(
                f"Elasticsearch answers HTTP {response.status_code} when asked for an API key",
                hint="Check --elasticsearch-url.",
            )
        made = response.json()
        self._minted.append(made["id"])
        return ApiKey.of(made["id"], made["api_key"])

    def revoked(self) -> ApiKey:
        """Return credentials that were good, and are revoked: nobody may do anything with them.

        Raises:
            CredentialsRefused, EnvironmentTrouble: as for :meth:`mint`, or Elasticsearch does not revoke it.
        """
        key = self.mint({})
        response = self.client.delete("/_security/api_key", json={"ids": [self._minted[-1]]})
        if response.status_code != 200:
            raise EnvironmentTrouble(
                f"Elasticsearch answers HTTP {response.status_code} when an API key is revoked",
                hint="Give a user with the manage_own_api_key privilege.",
            )
        self._minted.pop()
        return key

    def close(self) -> None:
        """Invalidate every key that was minted."""
        if self._minted:
            self.client.delete("/_security/api_key", json={"ids": self._minted})
            self._minted.clear()
        self.client.close()
