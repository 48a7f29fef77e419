"""The CustomResourceDefinitions that are generated from the models."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast

import pytest
import yaml
from pydantic import Field, create_model

from taskyard.api.definitions import KINDS, Kind, missing_fields
from taskyard.api.names import GROUP, VERSION
from taskyard.api.resource import ApiModel
from taskyard.api.taskrun import TaskRun, TaskRunSpec
from taskyard.api.taskservice import TaskService
from taskyard_operator.crds import _root_schema, crd, crd_yaml
from tests.core.tables import table

FOLDER = Path(__file__).parents[2] / "crds"
Schema = dict[str, Any]
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)


def test_no_other_file_lies_beside_them() -> None:
    assert len(list(FOLDER.iterdir())) == len(KINDS)


@EACH_KIND
def test_the_text_is_the_definition(kind: Kind) -> None:
    assert yaml.safe_load(crd_yaml(kind)) == crd(kind)


@EACH_KIND
def test_the_definition_has_one_version_with_a_status_of_its_own(kind: Kind) -> None:
    definition = crd(kind)

    assert definition["metadata"]["name"] == f"{kind.PLURAL}.{GROUP}"
    assert definition["spec"]["scope"] == "Namespaced"
    (version,) = definition["spec"]["versions"]
    assert (version["name"], version["served"], version["storage"]) == (VERSION, True, True)
    assert version["subresources"] == {"status": {}}


def test_no_short_name_is_taken_that_another_project_has() -> None:
    assert "shortNames" not in crd(TaskRun)["spec"]["names"]


KNOWN_KEYS = {
    *("type", "format", "description", "enum", "pattern", "required", "properties", "items"),
    *("additionalProperties", "minimum", "maximum", "minLength", "maxLength", "minItems"),
    *("maxItems", "maxProperties", "anyOf", "x-kubernetes-int-or-string"),
    *("x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type"),
    *("x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations"),
}
"""What the API server takes in a structural schema, as far as we use it."""


def nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every node of a schema, with its path."""
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from nodes(field, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from nodes(schema[key], f"{path}[]")


def root(kind: Kind) -> Schema:
    return cast("Schema", crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"])


@EACH_KIND
def test_the_schema_is_structural(kind: Kind) -> None:
    for path, node in nodes(root(kind)):
        assert set(node) <= KNOWN_KEYS, path
        assert ("type" in node) != (node.get("x-kubernetes-int-or-string") is True), path
        assert not {"properties", "additionalProperties"} <= set(node), path
        if node.get("type") == "array":
            assert "items" in node, path
        if node.get("type") == "object":
            assert node.get("x-kubernetes-preserve-unknown-fields") or (
                {"properties", "additionalProperties"} & set(node) or path == ".metadata"
            ), path
        assert set(node.get("required", [])) <= set(node.get("properties", {})), path
        for key in node.get("x-kubernetes-list-map-keys", []):
            assert key in node["items"]["required"], path


@EACH_KIND
def test_every_field_has_a_bound_where_a_user_could_fill_it(kind: Kind) -> None:
    unbound = [
        path
        for path, node in nodes(root(kind))
        if path.startswith(".spec.")
        and not node.get("x-kubernetes-preserve-unknown-fields")
        and (
            (node.get("type") == "array" and "maxItems" not in node)
            or (node.get("type") == "string" and not {"maxLength", "enum", "pattern"} & set(node))
        )
    ]

    assert unbound == []


def test_every_field_of_the_spec_but_cancel_is_immutable() -> None:
    rule = root(TaskRun)["properties"]["spec"]["x-kubernetes-validations"][0]["rule"]

    fields = {field.alias for field in TaskRunSpec.model_fields.values()} - {"cancel"}
    assert {name for name in fields if f"self.{name} == oldSelf.{name}" in rule} == fields
    assert "cancel" not in rule


class Made(ApiModel):
    SCHEMA_RULES: ClassVar[list[dict[str, str]]] = []


class TestWhatHasNoStructuralForm:
    def definition_of(self, spec: Any) -> Schema:
        """The schema of a kind with such a spec."""
        made = create_model("Made", __base__=Made, spec=(spec, ...), status=(TaskRunSpec, ...))
        return _root_schema(cast("Kind", made))

    def test_a_plain_model_has_one(self) -> None:
        class Plain(ApiModel):
            words: Annotated[list[str], Field(max_length=3)]
            count: int | None = None

        fields = self.definition_of(Plain)["properties"]["spec"]["properties"]

        assert fields == {
            "words": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "count": {"type": "integer"},
        }

    def test_a_union_is_an_error(self) -> None:
        class Either(ApiModel):
            value: int | str

        with pytest.raises(TypeError, match="a union has no structural schema"):
            self.definition_of(Either)

    def test_a_field_of_any_type_is_an_error(self) -> None:
        class Anything(ApiModel):
            value: Any

        with pytest.raises(TypeError, match="no structural schema"):
            self.definition_of(Anything)

    def test_recursion_is_an_error(self) -> None:
        with pytest.raises(TypeError):
            self.definition_of(Tree)

    @table(
        {
            "a bound that excludes itself": Annotated[int, Field(gt=0)],
            "one word": Literal["only"],
            "some words": Literal["one", "two"],
            "a pair": tuple[int, int],
        }
    )
    def test_has_a_form_or_is_an_error(self, case: Any) -> None:
        try:
            schema = self.definition_of(create_model("Spec", __base__=ApiModel, value=(case, ...)))
        except TypeError:
            return

        node = schema["properties"]["spec"]["properties"]["value"]
        assert set(node) <= KNOWN_KEYS
        assert not isinstance(node.get("exclusiveMinimum"), int)


class Tree(ApiModel):
    children: "list[Tree]"


class TestMissingFields:
    @EACH_KIND
    def test_of_our_own_definition_there_are_none(self, kind: Kind) -> None:
        assert missing_fields(kind, crd(kind)) == []

    def test_of_an_older_definition_are_named_by_their_paths(self) -> None:
        older = crd(TaskRun)
        properties = older["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        del properties["spec"]["properties"]["retryOf"]
        del properties["status"]["properties"]["attempts"]["items"]["properties"]["node"]

        assert missing_fields(TaskRun, older) == ["spec.retryOf", "status.attempts.node"]

    def test_of_a_newer_definition_there_are_none(self) -> None:
        newer = crd(TaskService)
        properties = newer["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        properties["spec"]["properties"]["more"] = {"type": "string"}
        newer["spec"]["versions"].insert(0, {"name": "v1", "served": True})

        assert missing_fields(TaskService, newer) == []

    def test_a_version_that_is_not_served_is_missing_whole(self) -> None:
        older = crd(TaskRun)
        older["spec"]["versions"][0]["served"] = False

        assert missing_fields(TaskRun, older) == [VERSION]
