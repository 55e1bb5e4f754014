"""pytest-kibana: fixtures, throwaway spaces, resource factories, and conformance to Kibana's published contract.

The names below are the public ones; beside them are the fixtures and markers, the flags, ``pytest_kibana.strategies``
for property tests, and ``pytest_kibana.errors``. Each is loaded when it is first used, so that importing the package
costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_kibana import errors, strategies
    from pytest_kibana.contract import Contract, load
    from pytest_kibana.errors import HarnessError
    from pytest_kibana.resources import Handle, Resources
    from pytest_kibana.wire import ApiKey, AsyncKibanaClient, Basic, Bearer, KibanaClient

_HOME_OF = {
    "ApiKey": "wire",
    "AsyncKibanaClient": "wire",
    "Basic": "wire",
    "Bearer": "wire",
    "Contract": "contract",
    "Handle": "resources",
    "HarnessError": "errors",
    "KibanaClient": "wire",
    "Resources": "resources",
    "load": "contract",
}
_MODULES = frozenset({"errors", "strategies"})


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "ApiKey",
    "AsyncKibanaClient",
    "Basic",
    "Bearer",
    "Contract",
    "Handle",
    "HarnessError",
    "KibanaClient",
    "Resources",
    "errors",
    "load",
    "strategies",
]
