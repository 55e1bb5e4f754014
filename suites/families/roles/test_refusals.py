"""Roles: what is refused to everybody, and who may ask at all."""

import pytest

from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(flavor="traditional")
SOURCE = "Kibana source, security/server/routes/authorization/roles"
ALL, ONE = "/api/security/role", "/api/security/role/{name}"
NOBODYS = (f"kbn-test-no-such-role-{NO_SUCH_ID}",)

REFUSED = (
    Ask(f"GET {ONE}", NOBODYS),
    Ask(f"PUT {ONE}", NOBODYS, json={"elasticsearch": {"cluster": "all"}}, status=400, name="of no list"),
    Ask(f"DELETE {ONE}", NOBODYS),
    Ask("POST /api/security/roles", json={"roles": 5}, status=400, name="of a number"),
    Ask(f"POST {ALL}/_query", json={"from": "first"}, status=400, name="of no number"),
    Ask(f"GET {ALL}", query={"replaceDeprecatedPrivileges": "x"}, status=400, name="of no truth"),
)


@pytest.mark.kibana_requirement("KBN-REQ-ROLES-020", source=SOURCE, safety="read")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """A role that does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-ROLES-021", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once(REFUSED)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody reads or changes roles."""
    ask.assert_kept_from(nobody, 401)
