"""The features of Kibana that roles give privileges of and that spaces hide."""

from typing import Any

FEATURES: tuple[tuple[str, str, str, str | None], ...] = (
    ("discover_v2", "Discover", "kibana", None),
    ("dashboard_v2", "Dashboard", "kibana", None),
    ("visualize_v2", "Visualize library", "kibana", None),
    ("maps_v2", "Maps", "kibana", None),
    ("canvas", "Canvas", "kibana", None),
    ("ml", "Machine Learning", "kibana", None),
    ("graph", "Graph", "kibana", "platinum"),
    ("dev_tools", "Dev Tools", "management", None),
    ("advancedSettings", "Advanced Settings", "management", None),
    ("indexPatterns", "Data View Management", "management", None),
    ("filesManagement", "Files Management", "management", None),
    ("savedObjectsManagement", "Saved Objects Management", "management", None),
    ("savedObjectsTagging", "Tag Management", "management", None),
    ("savedQueryManagement", "Saved Query Management", "management", None),
    ("actions", "Actions and Connectors", "management", None),
    ("generalCasesV3", "Cases", "management", None),
    ("stackAlerts", "Stack Rules", "management", None),
    ("rulesSettings", "Rules Settings", "management", None),
    ("maintenanceWindow", "Maintenance Windows", "management", "platinum"),
    ("fleetv2", "Fleet", "management", None),
    ("fleet", "Integrations", "management", None),
    ("osquery", "Osquery", "management", None),
    ("logs", "Logs", "observability", None),
    ("infrastructure", "Infrastructure", "observability", None),
    ("apm", "APM and User Experience", "observability", None),
    ("uptime", "Synthetics and Uptime", "observability", None),
    ("slo", "SLOs", "observability", "platinum"),
    ("streams", "Streams", "observability", None),
    ("observabilityCasesV3", "Cases", "observability", None),
    ("observabilityAIAssistant", "Observability AI Assistant", "observability", "enterprise"),
    ("siemV4", "Security", "securitySolution", None),
    ("securitySolutionCasesV3", "Cases", "securitySolution", None),
    ("securitySolutionTimeline", "Timeline", "securitySolution", None),
    ("securitySolutionNotes", "Notes", "securitySolution", None),
    ("securitySolutionAssistant", "Elastic AI Assistant", "securitySolution", "enterprise"),
    ("securitySolutionAttackDiscovery", "Attack discovery", "securitySolution", "enterprise"),
    ("agentBuilder", "Agent Builder", "kibana", "enterprise"),
    ("workflowsManagement", "Workflows", "kibana", "enterprise"),
)
"""Id, name, category and licence of each feature. Ids carry version suffixes, as Kibana's do."""

HIDDEN_BY_VIEW: dict[str, tuple[str, ...]] = {
    "es": ("apm", "infrastructure", "logs", "observabilityCasesV3", "observabilityAIAssistant",
           "securitySolutionAssistant", "securitySolutionAttackDiscovery", "securitySolutionCasesV3",
           "securitySolutionNotes", "securitySolutionTimeline", "siemV4", "slo", "streams", "uptime"),
    "oblt": ("securitySolutionAssistant", "securitySolutionAttackDiscovery", "securitySolutionCasesV3",
             "securitySolutionNotes", "securitySolutionTimeline", "siemV4"),
    "security": ("apm", "infrastructure", "logs", "observabilityCasesV3", "observabilityAIAssistant", "slo", "uptime"),
    "classic": (),
}  # fmt: skip
"""Features that a solution view hides; reading a space adds them to ``disabledFeatures`` (Kibana source)."""
SUCCESSORS = {
    "dashboard": "dashboard_v2",
    "discover": "discover_v2",
    "visualize": "visualize_v2",
    "maps": "maps_v2",
    "siem": "siemV4",
    "generalCases": "generalCasesV3",
    "observabilityCases": "observabilityCasesV3",
    "securitySolutionCases": "securitySolutionCasesV3",
}
"""Features that were replaced; a space that disabled the old one is read as disabling the new one."""


def hidden(space: dict[str, Any]) -> list[str]:
    """Return the features that a space hides: those that it names, by their present names, and its view's."""
    named = [SUCCESSORS.get(name, name) for name in space.get("disabledFeatures", ())]
    view = HIDDEN_BY_VIEW.get(space.get("solution", ""), ())
    return named + [name for name in view if name not in named]
