"""All resources, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from pytest_kibana.errors import UsageError
from pytest_kibana.resources.families import (
    agent_builder,
    alerting,
    apm,
    assistant,
    cases,
    connectors,
    dashboards,
    data_views,
    detections,
    endpoint,
    entity_analytics,
    exceptions,
    fleet_agents,
    fleet_policies,
    fleet_settings,
    lists,
    logstash,
    osquery,
    packages,
    roles,
    saved_objects,
    short_urls,
    slo,
    spaces,
    streams,
    synthetics,
    timelines,
    workflows,
)
from pytest_kibana.resources.model import Call, Preparation, Resource, Scope

FAMILIES = (
    spaces,
    roles,
    saved_objects,
    data_views,
    short_urls,
    logstash,
    connectors,
    alerting,
    cases,
    slo,
    synthetics,
    apm,
    streams,
    dashboards,
    detections,
    exceptions,
    lists,
    timelines,
    osquery,
    entity_analytics,
    assistant,
    endpoint,
    fleet_policies,
    fleet_settings,
    fleet_agents,
    packages,
    agent_builder,
    workflows,
)

RESOURCES: Mapping[str, Resource] = MappingProxyType(
    {resource.name: resource for family in FAMILIES for resource in family.RESOURCES}
)
"""Every declared resource by its name, in the order of the families."""

PREPARATIONS: Mapping[str, Preparation] = MappingProxyType(
    {
        preparation.name: preparation
        for preparation in (
            Preparation(
                name="fleet_setup",
                call=Call("POST /api/fleet/setup"),
                done=Call("GET /api/fleet/settings"),
                scope=Scope.GLOBAL,
                summary="Fleet makes its default output and settings, as it does when its page is first opened.",
            ),
        )
    }
)
"""What a deployment is asked once before certain resources can be made."""

NAMES = frozenset(RESOURCES) | frozenset(PREPARATIONS)


def resource(name: str) -> Resource:
    """Return the resource of that name.

    Raises:
        UsageError: there is none; the hint names the nearest.
    """
    found = RESOURCES.get(name)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name, RESOURCES, n=3, cutoff=0.5)
        raise UsageError(
            f"there is no resource called {name!r}",
            hint=f"Did you mean {', '.join(near)}?" if near else "`pytest-kibana resources` lists them.",
        )
    return found
