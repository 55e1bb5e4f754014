"""What was said: clients, credentials, requests and exchanges.

Only this room speaks HTTP. Every call, whoever makes it, becomes an :class:`Exchange`: frozen, timed, redacted.
"""

from typing import TYPE_CHECKING

from pytest_kibana.lazy import loader

if TYPE_CHECKING:
    from pytest_kibana.wire.aclient import AsyncKibanaClient
    from pytest_kibana.wire.cassettes import read_cassette
    from pytest_kibana.wire.client import CoveredTransport, KibanaClient
    from pytest_kibana.wire.credentials import (
        Anonymous,
        ApiKey,
        Basic,
        Bearer,
        Credentials,
        RawHeader,
        Session,
    )
    from pytest_kibana.wire.endpoint import Endpoint, Timeouts, decode_cloud_id, read_endpoint
    from pytest_kibana.wire.exchange import (
        Answer,
        Exchange,
        Headers,
        Intent,
        Origin,
        Request,
        Rule,
        Weather,
    )
    from pytest_kibana.wire.flow import Clock, Gate, Listener, RetryPolicy
    from pytest_kibana.wire.har import read_har, write_har
    from pytest_kibana.wire.reading import Limits, parse_json
    from pytest_kibana.wire.recorded import Context
    from pytest_kibana.wire.redact import Redactor
    from pytest_kibana.wire.request import API_VERSION, build_request

# httpx costs tens of milliseconds to import, and a run of pytest that speaks to no Kibana need not pay them.
_HOMES = {
    "aclient": ("AsyncKibanaClient",),
    "cassettes": ("read_cassette",),
    "client": ("CoveredTransport", "KibanaClient"),
    "credentials": ("Anonymous", "ApiKey", "Basic", "Bearer", "Credentials", "RawHeader", "Session"),
    "endpoint": ("Endpoint", "Timeouts", "decode_cloud_id", "read_endpoint"),
    "exchange": ("Answer", "Exchange", "Headers", "Intent", "Origin", "Request", "Rule", "Weather"),
    "flow": ("Clock", "Gate", "Listener", "RetryPolicy"),
    "har": ("read_har", "write_har"),
    "reading": ("Limits", "parse_json"),
    "recorded": ("Context",),
    "redact": ("Redactor",),
    "request": ("API_VERSION", "build_request"),
}
__getattr__ = loader(__name__, _HOMES)


__all__ = [
    "API_VERSION",
    "Anonymous",
    "Answer",
    "ApiKey",
    "AsyncKibanaClient",
    "Basic",
    "Bearer",
    "Clock",
    "Context",
    "CoveredTransport",
    "Credentials",
    "Endpoint",
    "Exchange",
    "Gate",
    "Headers",
    "Intent",
    "KibanaClient",
    "Limits",
    "Listener",
    "Origin",
    "RawHeader",
    "Redactor",
    "Request",
    "RetryPolicy",
    "Rule",
    "Session",
    "Timeouts",
    "Weather",
    "build_request",
    "decode_cloud_id",
    "parse_json",
    "read_cassette",
    "read_endpoint",
    "read_har",
    "write_har",
]
