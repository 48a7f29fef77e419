"""Laying one manifest over another."""

import copy
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from taskyard_operator.core.overlay import overlay

from .tables import table


@dataclass(frozen=True)
class Case:
    base: dict[str, Any]
    patch: dict[str, Any]
    want: dict[str, Any]


CASES = {
    "a new field is added": Case({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
    "a value replaces a value": Case({"a": 1}, {"a": 2}, {"a": 2}),
    "null removes a field": Case({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
    "null for a field that is not there is nothing": Case({"b": 2}, {"a": None}, {"b": 2}),
    "objects are merged field by field": Case(
        {"a": {"b": 1, "c": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}
    ),
    "an object replaces what is none": Case({"a": 1}, {"a": {"b": None, "c": 2}}, {"a": {"c": 2}}),
    "a value replaces an object": Case({"a": {"b": 1}}, {"a": 1}, {"a": 1}),
    "containers are merged by name, in their order": Case(
        {"containers": [{"name": "a", "x": 1}, {"name": "b"}]},
        {"containers": [{"name": "c"}, {"name": "a", "y": 2}]},
        {"containers": [{"name": "a", "x": 1, "y": 2}, {"name": "b"}, {"name": "c"}]},
    ),
    "mounts are merged by their path": Case(
        {"volumeMounts": [{"mountPath": "/tmp", "name": "scratch"}]},
        {"volumeMounts": [{"mountPath": "/tmp", "name": "big"}, {"mountPath": "/m", "name": "m"}]},
        {"volumeMounts": [{"mountPath": "/tmp", "name": "big"}, {"mountPath": "/m", "name": "m"}]},
    ),
    "a variable is merged by its name": Case(
        {"env": [{"name": "A", "value": "1"}]},
        {"env": [{"name": "A", "value": None, "valueFrom": {}}, {"name": "B"}]},
        {"env": [{"name": "A", "valueFrom": {}}, {"name": "B"}]},
    ),
    "tolerations are added": Case(
        {"tolerations": [{"key": "gpu"}]},
        {"tolerations": [{"key": "gpu"}, {"key": "spot"}]},
        {"tolerations": [{"key": "gpu"}, {"key": "gpu"}, {"key": "spot"}]},
    ),
    "tolerations where there were none are added too": Case(
        {}, {"tolerations": [{"key": "spot"}]}, {"tolerations": [{"key": "spot"}]}
    ),
    "any other list replaces": Case({"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
    "a list replaces what is none": Case(
        {"containers": "x"}, {"containers": [{"name": "a"}]}, {"containers": [{"name": "a"}]}
    ),
    "an item without its key is kept": Case(
        {"volumes": [{"name": "a"}]},
        {"volumes": [{"emptyDir": {}}]},
        {"volumes": [{"name": "a"}, {"emptyDir": {}}]},
    ),
}


@table(CASES)
def test_one_over_the_other(case: Case) -> None:
    base, patch = copy.deepcopy(case.base), copy.deepcopy(case.patch)

    assert overlay(base, patch) == case.want
    assert (base, patch) == (case.base, case.patch), "neither is changed"


KEYS = st.sampled_from(["containers", "env", "tolerations", "args", "metadata"])
VALUES = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


@given(OBJECTS)
def test_nothing_changes_nothing(manifest: dict[str, Any]) -> None:
    assert overlay(manifest, {}) == manifest


@given(OBJECTS, OBJECTS)
def test_laying_the_same_again_changes_nothing(base: dict[str, Any], patch: dict[str, Any]) -> None:
    once = overlay(base, patch)

    assert overlay(once, patch) == once
