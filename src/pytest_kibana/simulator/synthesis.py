"""Making values that a schema accepts, out of what was sent and remembered.

:meth:`Synthesiser.fit` takes a schema and a hint (the stored object, the request's body, nothing at all) and
returns a value that keeps the schema and as much of the hint as the schema allows: what a closed schema forbids
is dropped, what it requires is filled in, and among alternatives the one that fits the hint best is taken.
"""

import base64
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from pytest_kibana.simulator.patterns import text_for
from pytest_kibana.simulator.schemas import Schemas
from pytest_kibana.simulator.store import Clock

Json = Any


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
_DEEP = 24
_DATED = re.compile(r"(?:_at|At|timestamp|[a-z]Date|_date)$")
"""Names of times, which many contracts call no more than text."""
_NAMES: Final = {bool: "boolean", str: "string", dict: "object", list: "array", type(None): "null"}


def type_of(value: Json) -> str:
    """Return the JSON Schema type of a value; whole numbers are integers."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    return _NAMES.get(type(value), "object")


class Synthesiser:
    """Makes values for the schemas of one contract."""

    def __init__(self, schemas: Schemas, clock: Clock) -> None:
        self.schemas = schemas
        self.clock = clock
        self._merged: dict[int, tuple[Json, Json]] = {}
        self._joined: dict[int, tuple[Json, list[Json]]] = {}

    def fit(self, schema: Json, hint: Json = MISSING, ambient: Mapping[str, Json] | None = None) -> Json:
        """Return a value that keeps the schema, made from the hint.

        ``ambient`` gives values for declared properties that the hint lacks (``created_at``, ``updated_by``);
        they are left out where the schema does not know the name. Where the schema is satisfied by nothing, what
        comes nearest is returned.
        """
        if hint is not MISSING and not ambient and self.schemas.valid(schema, hint):
            return hint
        value = self._fit(schema, hint, ambient or {}, 0)
        if not self.schemas.valid(schema, value):
            bare = self._fit(schema, MISSING, {}, 0)
            if self.schemas.valid(schema, bare):
                return bare
        return value

    # -- one level ---------------------------------------------------------------------------------------

    def _fit(self, schema: Json, hint: Json, ambient: Mapping[str, Json], depth: int) -> Json:
        schema = self.flat(schema)
        if not isinstance(schema, dict) or not schema:
            return {} if hint is MISSING else hint
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            allowed = schema["enum"]
            if hint in allowed:
                return hint
            return next((v for v in allowed if v is not None), None)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._choose(schema, word, hint, ambient, depth)
        kind = self._kind(schema, hint)
        if kind == "object":
            return self._object(schema, hint, ambient, depth)
        if kind == "array":
            return self._array(schema, hint, ambient, depth)
        return self._scalar(schema, kind, hint)

    def flat(self, schema: Json) -> Json:
        """Return the schema with references followed and ``allOf`` joined into it."""
        schema = self.schemas.resolve(schema)
        if not isinstance(schema, dict) or "allOf" not in schema:
            return schema
        known = self._merged.get(id(schema))
        if known is None:
            merged: Json = {k: v for k, v in schema.items() if k != "allOf"}
            for part in schema["allOf"]:
                merged = _join(merged, self.flat(part))
            known = self._merged[id(schema)] = (schema, merged)
        return known[1]

    def _choose(self, schema: Json, word: str, hint: Json, ambient: Mapping[str, Json], depth: int) -> Json:
        arms = self._arms(schema, word)
        if hint is not MISSING:
            for arm in arms:
                if self.schemas.valid(arm, hint) and not ambient:
                    return hint
            arms.sort(key=lambda arm: -self._score(arm, hint))
        elif depth > _DEEP // 2:
            arms.sort(key=self._weight)
        else:
            arms.sort(key=lambda arm: self.flat(arm) in ({"type": "null"}, {"not": {}}))
        for arm in arms:
            value = self._fit(arm, hint, ambient, depth + 1)
            if self.schemas.valid(schema, value):
                return value
        return self._fit(arms[0], MISSING, {}, depth + 1) if arms else None

    def _arms(self, schema: Json, word: str) -> list[Json]:
        """Return the alternatives, each joined with what stands beside them; made once, since validators go by
        identity.
        """
        base = {k: v for k, v in schema.items() if k != word}
        if not base.keys() - {"title", "description", "discriminator", "nullable"}:
            return list(schema[word])
        known = self._joined.get(id(schema))
        if known is None:
            known = self._joined[id(schema)] = (schema, [_join(base, self.flat(a)) for a in schema[word]])
        return list(known[1])

    def _score(self, arm: Json, hint: Json) -> float:
        """Return how well an alternative suits the hint: its kind, then the properties they share."""
        arm = self.flat(arm)
        if not isinstance(arm, dict):
            return 0.5
        inner = arm.get("anyOf") or arm.get("oneOf")
        if inner and "properties" not in arm:
            return max((self._score(a, hint) for a in inner), default=0.0)
        if "enum" in arm or "const" in arm:
            return 3.0 if hint in arm.get("enum", [arm.get("const")]) else -3.0
        types = _types(arm)
        if types and type_of(hint) not in types and not (type_of(hint) == "integer" and "number" in types):
            return -2.0
        if not isinstance(hint, dict):
            return 1.0
        properties = arm.get("properties", {})
        score = 1.0 + sum(0.1 for name in hint if name in properties)
        score -= sum(0.5 for name in arm.get("required", ()) if name not in hint)
        for name, value in hint.items():
            inner = self.flat(properties.get(name, {}))
            if isinstance(inner, dict) and ("enum" in inner or "const" in inner):
                score += 2.0 if value in inner.get("enum", [inner.get("const")]) else -4.0
        return score

    def _weight(self, schema: Json) -> int:
        """Order alternatives so that what cannot go on for ever comes first."""
        schema = self.flat(schema)
        if not isinstance(schema, dict):
            return 0
        if schema.get("anyOf") or schema.get("oneOf"):
            return 3
        return 2 if "properties" in schema else 1 if _types(schema) & {"array", "object"} else 0

    @staticmethod
    def _kind(schema: Json, hint: Json) -> str:
        types = _types(schema)
        if not types:
            if hint is not MISSING:
                return type_of(hint)
            if "properties" in schema or "required" in schema or "additionalProperties" in schema:
                return "object"
            return "array" if "items" in schema else "object"
        if hint is not MISSING:
            mine = type_of(hint)
            if mine in types:
                return mine
            if mine == "integer" and "number" in types:
                return "number"
            if hint is None and "null" in types:
                return "null"
        ordered = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return next((t for t in ordered if t != "null"), "null")

    # -- containers --------------------------------------------------------------------------------------

    def _object(self, schema: Json, hint: Json, ambient: Mapping[str, Json], depth: int) -> Json:
        given = hint if isinstance(hint, dict) else {}
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        result: dict[str, Json] = {}
        for name, inner in properties.items():
            if name in given:
                value = self._fit(inner, given[name], {}, depth + 1)
                if name in required or self.schemas.valid(inner, value):
                    result[name] = value
            elif name in ambient and self.schemas.valid(inner, ambient[name]):
                result[name] = ambient[name]
            elif name in required:
                likely = self.clock.now() if _DATED.search(name) else MISSING
                wanted = likely if likely and self.schemas.valid(inner, likely) else MISSING
                result[name] = self._fit(inner, wanted, {}, depth + 1) if depth < _DEEP else {}
        self._extras(schema, given, result, depth)
        for name in required:
            if name not in result:
                result[name] = given.get(name, "")
        return result

    def _extras(self, schema: Json, given: dict[str, Json], result: dict[str, Json], depth: int) -> None:
        """Carry over what the hint has and the schema does not name, and reach ``minProperties``."""
        rest = schema.get("additionalProperties", True)
        patterns = schema.get("patternProperties", {})
        properties = schema.get("properties", {})
        for name, value in given.items():
            if name in properties:
                continue
            for pattern, inner in patterns.items():
                if re.search(pattern, name):
                    result[name] = self._fit(inner, value, {}, depth + 1)
                    break
            else:
                if rest is not False:
                    result[name] = value if rest is True else self._fit(rest, value, {}, depth + 1)
        for name in properties:
            if len(result) >= schema.get("minProperties", 0):
                return
            result.setdefault(name, self._fit(properties[name], MISSING, {}, depth + 1))
        for index in range(schema.get("minProperties", 0) - len(result)):
            result[f"property{index}"] = {} if rest is True else self._fit(rest, MISSING, {}, depth + 1)

    def _array(self, schema: Json, hint: Json, ambient: Mapping[str, Json], depth: int) -> Json:
        items = schema.get("items", True)
        given = hint if isinstance(hint, list) else []
        if isinstance(items, list):
            tail = items[len(given) :] if len(given) < schema.get("minItems", 0) else []
            pairs = [*zip(items, given, strict=False), *((inner, MISSING) for inner in tail)]
            return [self._fit(inner, value, {}, depth + 1) for inner, value in pairs]
        result = [
            value
            for value in (self._fit(items, item, ambient, depth + 1) for item in given)
            if self.schemas.valid(items, value)
        ]
        for index in range(schema.get("minItems", 0) - len(result)):
            extra = self._fit(items, MISSING, {}, depth + 1)
            if schema.get("uniqueItems") and extra in result:
                extra = self._other(items, result, extra, index)
            result.append(extra)
        return result[: schema["maxItems"]] if "maxItems" in schema else result

    def _other(self, items: Json, taken: list[Json], value: Json, index: int) -> Json:
        """Return a value that is not taken yet, for arrays whose items differ."""
        inner = self.flat(items)
        choices = inner.get("enum", ()) if isinstance(inner, dict) else ()
        if isinstance(value, str):
            choices = [*choices, f"{value}{index + 1}"]
        if isinstance(value, int):
            choices = [*choices, value + index + 1]
        return next((c for c in choices if c not in taken and self.schemas.valid(items, c)), value)

    # -- leaves ------------------------------------------------------------------------------------------

    def _scalar(self, schema: Json, kind: str, hint: Json) -> Json:
        if hint is not MISSING:
            for candidate in (hint, _converted(hint, kind)):
                if candidate is not MISSING and self.schemas.valid(schema, candidate):
                    return candidate
        if kind == "null":
            return None
        if kind == "boolean":
            return bool(schema.get("default", False))
        if kind in ("integer", "number"):
            return self._number(schema, kind)
        return self._string(schema)

    def _number(self, schema: Json, kind: str) -> Json:
        default = schema.get("default")
        if isinstance(default, int | float) and self.schemas.valid(schema, default):
            return default
        low, high = schema.get("minimum"), schema.get("maximum")
        if (above := schema.get("exclusiveMinimum")) is not None:
            low = above + 1 if kind == "integer" or high is None else (above + high) / 2
        if (below := schema.get("exclusiveMaximum")) is not None and high is None:
            high = below - 1
        value: float = 0
        if low is not None and value < low:
            value = math.ceil(low) if kind == "integer" else low
        if high is not None and value > high:
            value = math.floor(high) if kind == "integer" else high
        step = schema.get("multipleOf")
        if step:
            value = math.ceil(value / step) * step
        return int(value) if float(value).is_integer() else value

    def _string(self, schema: Json) -> str:
        default = schema.get("default")
        if isinstance(default, str) and self.schemas.valid(schema, default):
            return default
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        if pattern := schema.get("pattern"):
            made = text_for(pattern, least)
            if self.schemas.valid(schema, made):
                return made
        text = self._formatted(schema.get("format")) or "stand-in"
        if most is not None:
            text = text[:most]
        return text + "x" * (least - len(text))

    def _formatted(self, name: str | None) -> str:
        now = self.clock.now()
        return {
            "date-time": now,
            "date": now[:10],
            "time": now[11:],
            "uuid": self.clock.uuid(),
            "uri": "http://localhost/",
            "url": "http://localhost/",
            "email": "stand-in@example.com",
            "ipv4": "127.0.0.1",
            "hostname": "localhost",
            "byte": base64.b64encode(b"stand-in").decode(),
        }.get(name or "", "")


def _types(schema: Json) -> frozenset[str]:
    kinds = schema.get("type", ())
    return frozenset([kinds] if isinstance(kinds, str) else kinds)


def _converted(value: Json, kind: str) -> Json:
    """Return the value as another type says the same thing, or MISSING."""
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if kind in ("integer", "number") and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return MISSING
        return int(number) if number.is_integer() else number
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return MISSING


def _join(left: Json, right: Json) -> Json:
    """Return a schema that demands what both demand, as far as their shapes can be joined."""
    if not isinstance(right, dict):
        return left
    joined = dict(left)
    for key, value in right.items():
        mine = joined.get(key)
        if mine is None:
            joined[key] = value
        elif key == "properties":
            joined[key] = {**mine, **{n: _both(mine.get(n), s) for n, s in value.items()}}
        elif key == "required":
            joined[key] = [*mine, *(n for n in value if n not in mine)]
        elif key == "additionalProperties":
            joined[key] = value if mine is True else mine
        elif key == "enum":
            joined[key] = [v for v in mine if v in value] or value
        elif key in ("anyOf", "oneOf"):
            joined[key] = [_join(a, b) for a in mine for b in value if isinstance(a, dict)][:64]
        else:
            joined[key] = value
    return joined


def _both(left: Json, right: Json) -> Json:
    if left is None or left in (True, {}):
        return right
    if left == right or not isinstance(left, dict):
        return left if isinstance(left, dict) else right
    return {"allOf": [left, right]}
