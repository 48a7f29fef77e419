"""Makes pydantic's JSON schemas fit for the wire: no references, and items for every array."""

from collections.abc import Mapping
from typing import Any


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `schema` with each `$ref` replaced by what it refers to.

    Arrays get an `items`, which clients of BentoML cannot do without.

    Raises:
        RecursionError: a definition refers to itself.
    """
    definitions = schema.get("$defs", {})
    bare = {key: value for key, value in schema.items() if key != "$defs"}
    copied: dict[str, Any] = _copy(bare, definitions, ())
    return copied


def _copy(node: Any, definitions: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_copy(item, definitions, path) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        return _resolved(node, definitions, path)
    copied = {key: _copy(value, definitions, path) for key, value in node.items()}
    if copied.get("type") == "array":
        copied.setdefault("items", {})
    return copied


def _resolved(
    node: Mapping[str, Any], definitions: Mapping[str, Any], path: tuple[str, ...]
) -> dict[str, Any]:
    name = node["$ref"].rpartition("/")[2]
    if name in path:
        raise RecursionError(f"{name} refers to itself")
    target = _copy(definitions[name], definitions, (*path, name))
    beside = {key: _copy(value, definitions, path) for key, value in node.items() if key != "$ref"}
    if beside.get("title") == "":  # our own mark for "no title", see `JsonArguments`
        del beside["title"]
    return {**target, **beside}
