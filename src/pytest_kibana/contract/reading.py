"""Bytes to a plain JSON document: JSON and YAML, with the line and column of what is wrong.

YAML is read as if it were JSON: only what JSON can say is given a type, so that a bare date stays text, ``on`` and
``no`` stay words, and a status key written ``200`` is the key ``"200"``. (The published contracts are YAML 1.2
written by JavaScript; PyYAML's own rules are those of YAML 1.1.)
"""

import json
import re
from typing import Any

import yaml

from pytest_kibana.errors import ContractError

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MOST_NODES = 20_000_000
_QUOTES = ("'", '"', "|", ">")
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(data: bytes, name: str) -> dict[str, Any]:
    """Read a document and return its root object.

    Args:
        data: the bytes of a JSON or YAML document in UTF-8.
        name: what to call the document in an error; a suffix ``.yaml`` or ``.yml`` allows YAML that begins with ``{``.

    Raises:
        ContractError: empty, not UTF-8, not JSON or YAML (with line and column), or not an object.
    """
    text = _decode(data, name)
    if not text.strip():
        raise ContractError(
            f"{name} is empty",
            hint="Fetch the contract again; an interrupted download leaves an empty file behind.",
        )
    document = _parse_text(text, name)
    if not isinstance(document, dict):
        raise ContractError(
            f"{name} is not an OpenAPI document: its root is {_kind(document)}, not an object",
            hint="Point at a published contract, such as Kibana's oas_docs/output/kibana.yaml.",
        )
    return document


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContractError(
            f"{name} is not text in UTF-8: byte {error.start} cannot be read",
            hint="Give the contract as JSON or YAML in UTF-8 (unpack it first where it is compressed).",
        ) from error


def _parse_text(text: str, name: str) -> Any:
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            if not name.lower().endswith((".yaml", ".yml")):
                raise ContractError(
                    f"{name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
                    + _near_the_end(error.pos, len(text)),
                    hint="The file may be truncated or edited by hand; fetch it again.",
                ) from error
    return _parse_yaml(text, name)


def _near_the_end(position: int, length: int) -> str:
    return " (the end of the file: it is cut short)" if position >= length - 1 else ""


def _parse_yaml(text: str, name: str) -> Any:
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _Reader().value(node)[0]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error) or "it cannot be read"
        raise ContractError(
            f"{name} is not YAML: {problem}{place}",
            hint="The file may be truncated or edited by hand; fetch it again.",
        ) from error
    finally:
        loader.dispose()


class _Reader:
    """Turns YAML nodes into JSON data; what an alias names is shared, and counted each time."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[Any, int]] = {}

    def value(self, node: yaml.Node) -> tuple[Any, int]:
        """Return the data of a node, and how many nodes it would be if it were written out."""
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node), 1
        if id(node) in self._seen:
            if not self._seen[id(node)][1]:
                raise yaml.YAMLError("an alias stands inside what it names")
            return self._seen[id(node)]
        made: Any = [] if isinstance(node, yaml.SequenceNode) else {}
        self._seen[id(node)] = made, 0
        size = 1 + (self._items(node, made) if isinstance(made, list) else self._members(node, made))
        if size > _MOST_NODES:
            raise yaml.YAMLError(f"its aliases stand for more than {_MOST_NODES} values")
        self._seen[id(node)] = made, size
        return made, size

    def _items(self, node: yaml.Node, made: list[Any]) -> int:
        size = 0
        for item in node.value:
            value, count = self.value(item)
            made.append(value)
            size += count
        return size

    def _members(self, node: yaml.Node, made: dict[str, Any]) -> int:
        size = 0
        for key, item in node.value:
            value, count = self.value(item)
            size += count
            if key.value == "<<" and isinstance(value, dict) and not key.style:
                for inherited, meaning in value.items():
                    made.setdefault(inherited, meaning)
            else:
                made[str(key.value)] = value
        return size


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    if node.style in _QUOTES:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "nothing" if value is None else "a single value"
