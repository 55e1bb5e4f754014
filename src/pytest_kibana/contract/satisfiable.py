"""Which schemas allow no value at all: proven by jsonschema-rs' canonical form, never guessed."""

from collections.abc import Mapping

import jsonschema_rs
from jsonschema_rs import canonical

from pytest_kibana.contract.judge import absolute, registry_of
from pytest_kibana.contract.model import JsonSchema
from pytest_kibana.contract.pointers import COMPONENTS


class Satisfiable:
    """Asks whether schemas of one contract can be satisfied.

    Args:
        components: every component, translated.
    """

    def __init__(self, components: Mapping[str, JsonSchema]) -> None:
        self._registry = registry_of(components)
        self._empty = {name for name, schema in components.items() if "" in self.empty_places(schema)}

    def empty_places(self, schema: JsonSchema) -> dict[str, str]:
        """Return the plain pointers inside a schema at which nothing is allowed, each with why.

        A plain ``false`` inside a schema is a way to forbid and is left out; at the root it counts.
        """
        if isinstance(schema, bool):
            return {} if schema else {"": "it is written as never"}
        name = str(schema.get("$ref", ""))[len(COMPONENTS) :]
        if name:
            return {"": f"its component `{name}` allows none"} if name in getattr(self, "_empty", ()) else {}
        try:
            found = canonical.find_unsatisfiable(
                absolute(schema), draft=jsonschema_rs.Draft7, registry=self._registry, offline=True
            )
        except ValueError:  # beyond the canonical form: nothing is proven
            return {}
        return {
            place: _why(reason)
            for place, reason in found.items()
            if not isinstance(reason, canonical.UnsatisfiableReason.Literal)
        }


def _why(reason: canonical.UnsatisfiableReason) -> str:
    if isinstance(reason, canonical.UnsatisfiableReason.Conflict):
        words = sorted({keyword for cause in reason.causes for keyword in cause.keywords})
    elif isinstance(reason, canonical.UnsatisfiableReason.Empty):
        words = sorted(reason.cause.keywords)
    else:
        words = []
    return (
        f"{' and '.join(f'`{word}`' for word in words)} contradict one another"
        if words
        else "its rules contradict"
    )
