"""Things that can be made and unmade: what they are, who makes them, and who takes them away again."""

from typing import TYPE_CHECKING

from pytest_kibana.lazy import loader

if TYPE_CHECKING:
    from pytest_kibana.resources.borrowing import Reach, reach
    from pytest_kibana.resources.catalogue import RESOURCES, resource
    from pytest_kibana.resources.claims import Claim, claims_for, contended
    from pytest_kibana.resources.facade import Resources
    from pytest_kibana.resources.factory import Factory
    from pytest_kibana.resources.handle import Handle
    from pytest_kibana.resources.ledger import Entry, Ledger, abandoned, left_behind, living_runs
    from pytest_kibana.resources.mark import RunMark, Trace, trace
    from pytest_kibana.resources.model import Call, File, Kind, Listing, Resource, Safety, Scope
    from pytest_kibana.resources.ownership import Belongings
    from pytest_kibana.resources.recipes import Recipe, bindings_for, recipes_for
    from pytest_kibana.resources.removal import Removed
    from pytest_kibana.resources.resolver import Resolver
    from pytest_kibana.resources.sweeping import Swept, sweep

# The declarations take some milliseconds to read, and a run that makes nothing need not pay them.
_HOMES = {
    "catalogue": ("RESOURCES", "resource"),
    "claims": ("Claim", "claims_for", "contended"),
    "facade": ("Resources",),
    "factory": ("Factory",),
    "handle": ("Handle",),
    "ledger": ("Entry", "Ledger", "abandoned", "left_behind", "living_runs"),
    "mark": ("RunMark", "Trace", "trace"),
    "model": ("Call", "File", "Kind", "Listing", "Resource", "Safety", "Scope"),
    "ownership": ("Belongings",),
    "borrowing": ("Reach", "reach"),
    "recipes": ("Recipe", "bindings_for", "recipes_for"),
    "removal": ("Removed",),
    "resolver": ("Resolver",),
    "sweeping": ("Swept", "sweep"),
}
__getattr__ = loader(__name__, _HOMES)


__all__ = [
    "RESOURCES",
    "Belongings",
    "Call",
    "Claim",
    "Entry",
    "Factory",
    "File",
    "Handle",
    "Kind",
    "Ledger",
    "Listing",
    "Reach",
    "Recipe",
    "Removed",
    "Resolver",
    "Resource",
    "Resources",
    "RunMark",
    "Safety",
    "Scope",
    "Swept",
    "Trace",
    "abandoned",
    "bindings_for",
    "claims_for",
    "contended",
    "left_behind",
    "living_runs",
    "reach",
    "recipes_for",
    "resource",
    "sweep",
    "trace",
]
