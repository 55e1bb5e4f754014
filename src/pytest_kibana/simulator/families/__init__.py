"""What a contract cannot tell: one module per API family of Kibana.

A module here makes one :class:`Family` called ``family`` and hangs functions on labels. Labels carry no parameter
names (``GET /api/spaces/space/{}``); the values of a path stand in ``call.ids``, in order::

    family = Family("spaces")

    @family.on("DELETE /api/spaces/space/{}")            # answers instead of the generic handler
    def remove(call: Call) -> Reply: ...

    @family.before("POST /api/cases")                    # looks first: may raise a Refusal, may change call.body
    def unknown_owner(call: Call) -> None: ...

    @family.after("GET /api/cases/{}")                   # looks last: changes the reply, or returns another
    def add_totals(call: Call, reply: Reply) -> Reply: ...

    @family.route("DELETE /api/saved_objects/{}/{}", beside="GET /api/saved_objects/{}/{}")
    def forgotten(call: Call) -> Reply: ...              # exists although the contract lacks it, where the
                                                         # contract has the operation named by `beside`
    @family.start
    def seed(world: World) -> None: ...                  # once, before the doors open

``before`` and ``after`` also take patterns (``* /api/fleet/*``). Rules of the house:

* A refusal is raised (:class:`~pytest_kibana.simulator.replies.Refusal`), an answer is a ``Reply``. The engine
  fits every 2xx body to the contract's schema: what a closed schema forbids is dropped, what it requires is
  filled in, and a 2xx status that the contract does not document becomes the one that it does.
  ``Reply(exact=True)`` is for answers in which Kibana is known to ignore its contract.
* State lives in ``call.world.store`` only, in tables named like the resource in ``inventory.RESOURCES``, so
  that the generic handlers, persistence and the deletion of spaces see it. ``call.table("case")`` is the table of
  the call's space (or the global one, where the resource is declared ``everywhere``).
* ``generic.create/read/list_/update/delete(call, RESOURCE)`` do the usual thing; a family that differs in one
  point calls them and changes that point.
* No module imports another family; what two need goes to a module beside this package.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_kibana.simulator.replies import Reply

if TYPE_CHECKING:
    from pytest_kibana.simulator.world import Call, World

Handler = Callable[["Call"], Reply]
Before = Callable[["Call"], None]
After = Callable[["Call", Reply], Reply]
Start = Callable[["World"], None]


@dataclass(frozen=True, slots=True)
class Extra:
    """A route beside the contract.

    It exists where the contract has ``beside``, or everywhere without it, in releases that are not before ``since``.
    Its body is an object, or with ``array`` may be a list.
    """

    label: str
    beside: str | None
    since: str | None
    internal: bool
    open: bool
    xsrf: bool
    media: str = "application/json"
    array: bool = False


@dataclass(slots=True)
class Family:
    """What one module adds."""

    name: str
    handlers: dict[str, Handler] = field(default_factory=dict)
    befores: list[tuple[str, Before]] = field(default_factory=list)
    afters: list[tuple[str, After]] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)

    def on(self, *labels: str) -> Callable[[Handler], Handler]:
        """Answer these operations."""

        def keep(handler: Handler) -> Handler:
            self.handlers.update(dict.fromkeys(labels, handler))
            return handler

        return keep

    def before(self, *labels: str) -> Callable[[Before], Before]:
        """Look at a call before it is answered."""

        def keep(hook: Before) -> Before:
            self.befores.extend((label, hook) for label in labels)
            return hook

        return keep

    def after(self, *labels: str) -> Callable[[After], After]:
        """Look at an answer before it is fitted to the contract."""

        def keep(hook: After) -> After:
            self.afters.extend((label, hook) for label in labels)
            return hook

        return keep

    def route(
        self,
        *labels: str,
        beside: str | None = None,
        since: str | None = None,
        internal: bool = False,
        open: bool = False,
        xsrf: bool = True,
        media: str = "application/json",
        array: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Answer routes that the contract leaves out."""

        def keep(handler: Handler) -> Handler:
            self.extras.extend(
                Extra(label, beside, since, internal, open, xsrf, media, array) for label in labels
            )
            return self.on(*labels)(handler)

        return keep

    def start(self, hook: Start) -> Start:
        """Prepare the world before the doors open."""
        self.starts.append(hook)
        return hook


def load_families() -> list[Family]:
    """Return the family of every module of this package, by name."""
    modules = [
        importlib.import_module(f"{__name__}.{info.name}")
        for info in sorted(pkgutil.iter_modules(__path__), key=lambda i: i.name)
    ]
    return [module.family for module in modules]
