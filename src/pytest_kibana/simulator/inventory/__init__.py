"""The things that can be made through Kibana's API, as data: which operation does what to which kind of thing.

Labels carry no parameter names (``GET /api/cases/{}``), because contracts of different releases disagree about
those. A resource lists the labels of every release that is known; those that a contract lacks are passed over.
"""

from pytest_kibana.simulator.inventory.model import Resource, Role
from pytest_kibana.simulator.inventory.platform import ALERTING, OBSERVABILITY, PLATFORM
from pytest_kibana.simulator.inventory.solutions import FLEET, SECURITY

RESOURCES: tuple[Resource, ...] = (*PLATFORM, *ALERTING, *OBSERVABILITY, *SECURITY, *FLEET)
"""Every kind of thing."""

BY_NAME = {resource.name: resource for resource in RESOURCES}

__all__ = ["BY_NAME", "RESOURCES", "Resource", "Role"]
