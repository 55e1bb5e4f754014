"""What a browser is shown: where to log in, and one page that says what this is (Kibana source,
``authentication_service.ts``, ``on_post_auth_interceptor.ts``).

Nothing here is Kibana's interface. Clients that drive a browser or follow redirects find the ways that they know.
"""

from urllib.parse import quote

from pytest_kibana.simulator.features import hidden
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.world import Call

_APPS = {
    "dashboards": "dashboard_v2",
    "discover": "discover_v2",
    "visualize": "visualize_v2",
    "maps": "maps_v2",
    "security": "siemV4",
    "slos": "slo",
    "metrics": "infrastructure",
    "synthetics": "uptime",
    "integrations": "fleet",
    "fleet": "fleetv2",
}
"""Applications whose feature has another name."""
_PROGRAM = ("kbn-xsrf", "kbn-version")  # headers that only scripts send
_HTML = "text/html; charset=utf-8"
_PAGE = b"<!DOCTYPE html><html><head><title>stand-in</title></head><body><h1>%s</h1><p>%s</p></body></html>"
_WHAT = b"This is a stand-in, not a Kibana: it answers the API and has no interface."


def is_page(call: Call) -> bool:
    """Tell whether a request is for a page and not for an API."""
    return call.method in ("GET", "HEAD") and not (call.path + "/").startswith(("/api/", "/internal/"))


def open_page(call: Call) -> Reply | None:
    """Answer what needs no credentials, None for everything else."""
    if call.path in ("/login", "/security/logged_out"):
        return _html(b"Log in")
    return None


def to_login(call: Call) -> Refusal:
    """Send a stranger to log in, or tell a program that it is one."""
    if any(name in call.headers for name in _PROGRAM):
        return Refusal(401, family="platform")
    home = _home(call)
    asked = home + call.path + (f"?{call.raw_query}" if call.raw_query else "")
    return Refusal(302, "", headers={"location": f"{home}/login?next={quote(asked, safe='')}"})


def page(call: Call) -> Reply | None:
    """Answer somebody who is known; None where there is no such page."""
    home = _home(call)
    if call.path == "/":
        return _moved(f"{home}/spaces/enter")
    if call.path == "/spaces/enter":
        return _moved(f"{home}/app/home")
    if call.path == "/spaces/space_selector":
        return _html(b"Select your space")
    if not (call.path + "/").startswith("/app/"):
        return None
    space = call.world.store.table("space").get(call.space)
    if space is None:
        return _moved(f"{call.world.config.base_path}/spaces/space_selector")
    name = call.path.split("/")[2:3] or [""]
    return None if _APPS.get(name[0], name[0]) in disabled(call) else _html(name[0].encode())


def disabled(call: Call) -> frozenset[str]:
    """Return the features that the call's space hides."""
    space = call.world.store.table("space").get(call.space)
    return frozenset() if space is None else frozenset(hidden(space.value))


def _home(call: Call) -> str:
    prefix = "" if call.space == "default" else f"/s/{call.space}"
    return call.world.config.base_path + prefix


def _moved(place: str) -> Reply:
    return Reply(NOTHING, status=302, headers={"location": place}, exact=True, public=False)


def _html(title: bytes) -> Reply:
    return Reply(_PAGE % (title, _WHAT), media=_HTML, exact=True, public=False)
