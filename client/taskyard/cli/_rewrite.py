"""Puts tasks into a manifest that people keep by hand, and leaves every other character as it is.

YAML is read for the places of two values only; the text between them is cut and joined. Reading and
writing the whole would lose comments and order.
"""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import indent
from typing import Any

import yaml

from taskyard.api.taskservice import TaskService
from taskyard.cli._exits import CommandError
from taskyard.cli._manifest import to_yaml

_OURS = {"name", "route", "description", "input", "output"}
"""What the class says of a task; the rest of it (deadlines, retries) is said by hand and stays."""


class ManifestError(CommandError):
    """The file holds no manifest that could be brought up to date; the message says why."""


def with_tasks(text: str, manifest: Mapping[str, Any], name: str | None) -> str:
    """`text` with the tasks and the entrypoint of `manifest`.

    Args:
        text: YAML, perhaps of several documents.
        manifest: The TaskService to take them from.
        name: Which TaskService in `text` is meant; it may be None where there is only one.

    Raises:
        ManifestError: it is no YAML, or the TaskService is not in it.
    """
    spec = _child(_service(text, name), "spec")
    if not isinstance(spec, yaml.MappingNode) or spec.flow_style:
        raise ManifestError("the TaskService has no spec that could be brought up to date")
    old = _plain(_child(spec, "tasks"))
    new = {
        "entrypoint": manifest["spec"]["entrypoint"],
        "tasks": [kept(task, old) for task in manifest["spec"]["tasks"]],
    }
    replaced = [_replace(text, spec, key, new[key]) for key in new]
    # From the end, so that the places before stay true.
    for start, end, piece in sorted(replaced, reverse=True):
        text = text[:start] + piece + text[end:]
    return text


def _service(text: str, name: str | None) -> yaml.Node | None:
    found = [node for node in _documents(text) if _plain(_child(node, "kind")) == TaskService.KIND]
    if name is not None:
        found = [node for node in found if _plain(_child(_child(node, "metadata"), "name")) == name]
    if len(found) == 1:
        return found[0]
    called = f" called {name!r}" if name is not None else ""
    if found:
        raise ManifestError(
            f"the file holds {len(found)} TaskServices{called}; say which with --name"
        )
    raise ManifestError(f"the file holds no TaskService{called}")


def _documents(text: str) -> list[yaml.Node | None]:
    try:
        return list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise not_yaml(error) from error


def not_yaml(error: yaml.YAMLError) -> ManifestError:
    """What to tell of a file that cannot be read."""
    return ManifestError(f"the file is not YAML: {' '.join(str(error).split())}")


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, key, value) for key, value in node.value)


def _child(node: yaml.Node | None, wanted: str) -> yaml.Node | None:
    return next((value for name, _, value in _pairs(node) if name == wanted), None)


def _plain(node: yaml.Node | None) -> Any:
    return None if node is None else yaml.safe_load(yaml.serialize(node))


def kept(task: Mapping[str, Any], old: Any) -> dict[str, Any]:
    """The task with what people wrote by hand into the one of the same name."""
    before: Sequence[Any] = old if isinstance(old, list) else ()
    same = next((t for t in before if isinstance(t, dict) and t.get("name") == task["name"]), {})
    return {**task, **{key: value for key, value in same.items() if key not in _OURS}}


def _replace(text: str, spec: yaml.MappingNode, wanted: str, value: Any) -> tuple[int, int, str]:
    """Where in `text` the entry `wanted` of `spec` is, and what to put there."""
    column = spec.value[0][0].start_mark.column
    piece = indent(to_yaml({wanted: value}).rstrip("\n"), " " * column).lstrip()
    for name, key, node in _pairs(spec):
        if name == wanted:
            return key.start_mark.index, _end(node, text), piece
    start = spec.value[0][0].start_mark.index
    return start, start, f"{piece}\n{' ' * column}"


def _end(node: yaml.Node, text: str) -> int:
    """Where a value's own text ends: to PyYAML, what follows a block (comments) belongs to it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    start = node.start_mark.index
    return start + len(text[start : node.end_mark.index].rstrip())
