"""Laying a service's `podTemplate` over the pod that Taskyard builds.

Objects are merged field by field. Lists whose items have a key (as the Kubernetes API defines
them for strategic merge) are merged item by item; tolerations are added; any other list replaces.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "volumeMounts": "mountPath",
    "imagePullSecrets": "name",
}
_APPENDED = frozenset({"tolerations", "envFrom"})


def overlay(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `patch` laid over it; neither is changed. A null in the patch removes the field."""
    merged = dict(base)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged_field(key, merged.get(key), value)
    return merged


def _merged_field(key: str, base: Any, patch: Any) -> Any:
    if isinstance(patch, Mapping):
        return overlay(base if isinstance(base, Mapping) else {}, patch)
    if isinstance(patch, list):
        old = base if isinstance(base, list) else []
        if key in _APPENDED:
            return [*old, *patch]
        if key in _MERGE_KEYS:
            return _merged_items(_MERGE_KEYS[key], old, patch)
    return patch


def _merged_items(
    key: str, base: Sequence[Mapping[str, Any]], patch: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    items = {item.get(key): item for item in base}
    for item in patch:
        name = item.get(key)
        items[name] = overlay(items.get(name, {}), item)
    return list(items.values())
