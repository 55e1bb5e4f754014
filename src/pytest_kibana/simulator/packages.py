"""The packages that the stand-in's registry knows: a few, with versions, as a package registry lists them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the catalogue."""

    name: str
    title: str
    version: str
    category: str
    description: str
    type: str = "integration"
    older: tuple[str, ...] = ()


CATALOGUE = {
    package.name: package
    for package in (
        Package("system", "System", "2.5.1", "os_system", "Logs and metrics of a host."),
        Package("elastic_agent", "Elastic Agent", "2.4.0", "elastic_stack", "Logs and metrics of agents."),
        Package("fleet_server", "Fleet Server", "1.6.0", "elastic_stack", "Centrally managed agents."),
        Package("nginx", "Nginx", "2.1.1", "web", "Logs and metrics of web servers."),
        Package("apache", "Apache HTTP Server", "2.0.1", "web", "Logs and metrics of web servers."),
        Package("udp", "Custom UDP Logs", "2.1.0", "custom", "Logs sent by UDP."),
        Package("tcp", "Custom TCP Logs", "2.1.0", "custom", "Logs sent by TCP.", older=("2.0.0", "1.20.0")),
        Package("cel", "CEL Custom API", "1.19.0", "custom", "Logs of services.", older=("1.18.0",)),
        Package(
            "http_endpoint", "Custom HTTP Endpoint Logs", "2.4.0", "custom", "Logs by HTTP.", older=("2.3.0",)
        ),
        Package("httpjson", "Custom API", "1.25.0", "custom", "Logs of services.", older=("1.24.0",)),
        Package("log", "Custom Logs", "2.4.4", "custom", "Logs in files.", "input"),
        Package("filestream", "Custom Logs (Filestream)", "2.2.0", "custom", "Logs in files.", "input"),
        Package("winlog", "Custom Windows Event Logs", "2.4.0", "custom", "Logs of Windows.", "input"),
        Package("endpoint", "Elastic Defend", "9.1.0", "security", "Protection of hosts."),
        Package("osquery_manager", "Osquery Manager", "1.18.0", "security", "Questions to hosts."),
        Package("synthetics", "Elastic Synthetics", "1.4.2", "observability", "Checks of services."),
        Package("apm", "Elastic APM", "9.1.0", "observability", "Traces of services."),
        Package(
            "security_detection_engine", "Prebuilt Security Detection Rules", "9.1.5", "security", "Rules."
        ),
    )
}
"""By name, in the newest version; a few have older ones."""

CATEGORIES = tuple(sorted({package.category for package in CATALOGUE.values()}))
