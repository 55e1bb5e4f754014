"""A handle: one object that was made, and what one can do with it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import UsageError
from pytest_kibana.resources.ledger import Entry
from pytest_kibana.resources.model import Kind, Resource
from pytest_kibana.resources.template import value_at

if TYPE_CHECKING:
    from pytest_kibana.resources.factory import Factory
    from pytest_kibana.wire import KibanaClient


class Handle:
    """An object of the deployment. Made by :class:`Factory`; gone when the factory is cleaned up, if not before.

    Attributes:
        resource: what kind of thing it is.
        id: its id; for one-of-a-kind things such as settings the name of the resource.
        space: id of the space that it is in; None is the default space, or none at all.
        keys: everything by which it is addressed, ids of its parents included.
        body: the object as Kibana last showed it.
        sent: the body that it was made with.
        owned: False where it was there before, and so is left alone.
    """

    def __init__(
        self,
        factory: "Factory",
        resource: Resource,
        *,
        keys: Mapping[str, Any],
        space: str | None,
        unique: str,
        body: Any,
        sent: Any,
        entry: Entry | None,
        owned: bool = True,
    ) -> None:
        self._factory = factory
        self.resource = resource
        self.keys = dict(keys)
        self.space = space
        self.unique = unique
        self.body = body
        self.sent = sent
        self.entry = entry
        self.owned = owned

    @property
    def id(self) -> str:
        """The id of the object."""
        return str(self.keys.get("id", self.resource.name))

    def __repr__(self) -> str:
        where = f" in space {self.space}" if self.space else ""
        return f"<{self.resource.name} {self.id}{where}>"

    @property
    def client(self) -> "KibanaClient":
        """A client that speaks to this space, or to the space that the object is in.

        Its calls are the caller's own, and so are held to the contract: only what the factory sends is the factory's.
        """
        from pytest_kibana.wire.exchange import Origin

        space = self.id if self.resource.name == "space" else self.space
        return self._factory.client.derive(origin=Origin.HAND, space=space)

    def value(self, part: str | None = None, pointer: str | None = None) -> Any:
        """Return a key (``id`` and others), or what stands at a JSON pointer of :attr:`body` (read once more where it
        is a version that other changes may have moved).
        """
        if pointer is not None:
            if pointer == self.resource.version_at:
                self.read()
            return value_at(self.body, pointer)
        if part is None or part == "id":
            return self.keys.get("id", self.id)
        if part in self.keys:
            return self.keys[part]
        raise UsageError(
            f"a {self.resource.name} has no key {part!r}",
            hint=f"It has {', '.join(sorted({'id', *self.keys}))}; or give a pointer into its body.",
        )

    def read(self) -> Any:
        """Read the object, keep it in :attr:`body`, and return it.

        Raises:
            ResourceTrouble: Kibana does not show it.
        """
        return self._factory.read(self)

    def exists(self) -> bool:
        """Tell whether Kibana still shows the object (a revoked one does not count)."""
        return self._factory.exists(self)

    def listed(self) -> Any | None:
        """Return the object's item in the list, waiting as long as it may take to appear; None where it does not."""
        return self._factory.listed(self)

    def update(self, **changes: Any) -> Any:
        """Change fields of the object and return it as Kibana then shows it.

        Where Kibana replaces what an update does not mention, everything that was sent before is sent again.

        Raises:
            ResourceTrouble: Kibana refuses.
            UsageError: nothing of this kind can be changed.
        """
        return self._factory.update(self, changes)

    def delete(self) -> None:
        """Remove the object; a setting is put back as it was. Doing it twice does nothing.

        Raises:
            ResourceTrouble: Kibana refuses.
        """
        self._factory.delete(self)

    def as_action(
        self, *, group: str = "query matched", params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the action by which a rule calls this connector.

        Args:
            group: the action group of the rule type that triggers it.
            params: what is passed to the connector; by default a line for the log.

        Raises:
            UsageError: it is not a connector.
        """
        if self.resource.name != "connector":
            raise UsageError(
                f"a {self.resource.name} cannot be an action of a rule",
                hint="Only a connector has as_action().",
            )
        return {
            "id": self.id,
            "group": group,
            "params": dict(params or {"level": "info", "message": "made by a test"}),
            "frequency": {"summary": False, "notify_when": "onActionGroupChange", "throttle": None},
        }

    @property
    def removable(self) -> bool:
        """True where there is something to undo."""
        return self.owned and self.resource.kind not in (Kind.FOUND, Kind.RECORD)
