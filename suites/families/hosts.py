"""Hosts on which tests may act: those that somebody enrolled for that, and no other."""

from typing import Any

import pytest

from pytest_kibana.suites.families.asking import ok
from pytest_kibana.wire import KibanaClient

OURS = "kbn-test"
"""What the name of a host begins with that is there for tests."""


def our_host(client: KibanaClient) -> dict[str, Any]:
    """Return the metadata of a healthy host with Elastic Defend on which tests may act; skip where there is none."""
    answer = client.get("/api/endpoint/metadata", query={"hostStatuses": ["healthy"], "pageSize": 100})
    found = [one["metadata"] for one in ok(answer)["data"]]
    ours: list[dict[str, Any]] = [one for one in found if str(one["host"]["hostname"]).startswith(OURS)]
    if not ours:
        pytest.skip(f"needs a healthy host whose name begins with {OURS}, found {len(found)} others")
    return ours[0]
