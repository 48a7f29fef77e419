"""What annotations become in a service's schema."""

import pathlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import PIL.Image
import pytest
from PIL import Image as ImageModule
from PIL.Image import Image
from pydantic import BaseModel, Field

import taskyard
from taskyard._service import TaskDefinition, definition_of

IMAGE = {"type": "file", "format": "image", "pil": True}
FILE = {"type": "file", "format": "binary"}


class Size(BaseModel):
    width: int = Field(ge=1)
    height: int = 8


class Sketch(BaseModel):
    size: Size
    more: list[Size] = []


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


SMALL = Size(width=2)
SIZE = {
    "type": "object",
    "title": "Size",
    "properties": {
        "width": {"type": "integer", "title": "Width", "minimum": 1},
        "height": {"type": "integer", "title": "Height", "default": 8},
    },
    "required": ["width"],
}
SKETCH = {
    "type": "object",
    "title": "Sketch",
    "properties": {
        "size": SIZE,
        "more": {"type": "array", "title": "More", "items": SIZE, "default": []},
    },
    "required": ["size"],
}
JSON_KINDS = [
    (int, {"type": "integer"}),
    (float, {"type": "number"}),
    (bool, {"type": "boolean"}),
    (list[int], {"type": "array", "items": {"type": "integer"}}),
    (list, {"type": "array", "items": {}}),
    (dict[str, Any], {"type": "object", "additionalProperties": True}),
    (Any, {}),
    (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP045
    (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
    (Colour, {"type": "string", "enum": ["red", "blue"], "title": "Colour"}),
    (Size, SIZE),
    (Sketch, SKETCH),
    (list[Size], {"type": "array", "items": SIZE}),
    (Annotated[int, Field(ge=1, le=9)], {"type": "integer", "minimum": 1, "maximum": 9}),
    (
        tuple[int, str],
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "items": {},
            "minItems": 2,
            "maxItems": 2,
        },
    ),
]
SINGLE_KINDS = [
    (str, {"type": "string"}),
    (bytes, {"type": "string", "format": "binary"}),
    (Image, IMAGE),
    (PIL.Image.Image, IMAGE),
    (ImageModule, IMAGE),
    (Path, FILE),
    (pathlib.Path, FILE),
    (Annotated[Path, "said to others"], FILE),
]
LISTS_OF_FILES = [
    (list[Image], {"type": "array", "items": IMAGE}),
    (list[Path], {"type": "array", "items": FILE}),
    (Image | None, IMAGE),
    (Optional[Path], FILE),  # noqa: UP045
]


@pytest.mark.parametrize(("annotation", "want"), [*SINGLE_KINDS, *JSON_KINDS, *LISTS_OF_FILES])
def test_a_parameter(annotation: Any, want: dict[str, Any]) -> None:
    def paint(self: object, value: annotation) -> str: ...  # type: ignore[empty-body]

    assert _task(paint).input_schema() == {
        "type": "object",
        "title": "Input",
        "properties": {"value": want},
        "required": ["value"],
    }


@pytest.mark.parametrize(
    ("annotation", "want"), [*SINGLE_KINDS, *JSON_KINDS, (None, {"type": "null"})]
)
def test_a_result(annotation: Any, want: dict[str, Any]) -> None:
    def paint(self: object) -> annotation: ...

    assert _task(paint).output_schema() == want


def test_defaults_stand_in_the_properties_in_the_order_of_the_signature() -> None:
    def paint(  # type: ignore[no-untyped-def]
        self: object,
        prompt: str,
        image: Image,
        steps: int = Field(20, ge=1, description="How often"),
        size: Size = SMALL,
        mask: Image | None = None,
        seed: int | None = None,
        anything=None,  # noqa: ANN001 - on purpose
    ) -> None: ...

    schema = _task(paint).input_schema()

    assert schema["required"] == ["prompt", "image"]
    assert list(schema["properties"].items()) == [
        ("prompt", {"type": "string"}),
        ("image", IMAGE),
        ("steps", {"type": "integer", "minimum": 1, "default": 20, "description": "How often"}),
        ("size", SIZE | {"default": {"width": 2, "height": 8}}),
        ("mask", IMAGE | {"default": None}),
        ("seed", {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}),
        ("anything", {"default": None}),
    ]


def test_no_parameters_at_all() -> None:
    def paint(self: object) -> None: ...

    assert _task(paint).input_schema() == {"type": "object", "title": "Input", "properties": {}}


def test_a_title_that_was_given_is_kept() -> None:
    def paint(self: object, steps: Annotated[int, Field(title="Steps!")]) -> None: ...

    assert _task(paint).input_schema()["properties"]["steps"]["title"] == "Steps!"


def test_a_schema_is_the_callers_own_to_change() -> None:
    def paint(self: object, image: Image) -> Sketch: ...  # type: ignore[empty-body]

    task = _task(paint)
    task.input_schema()["properties"].clear()
    task.output_schema()["properties"].clear()

    assert task.input_schema()["properties"] == {"image": IMAGE}
    assert task.output_schema() == SKETCH


@pytest.mark.parametrize(
    ("annotation", "shown"),
    [
        (object.__class__, "type"),
        (list[bytes], "list[bytes]"),
        (dict[str, Path], "dict[str, pathlib.Path]"),
        (dict[str, Image], "dict[str, PIL.Image.Image]"),
        (Image | str, "PIL.Image.Image | str"),
        (range, "range"),
    ],
)
def test_a_parameter_that_cannot_travel_is_refused(annotation: Any, shown: str) -> None:
    def paint(self: object, prompt: str, value: annotation) -> str: ...  # type: ignore[empty-body]

    with pytest.raises(TypeError) as raised:
        _task(paint)

    assert str(raised.value).startswith(
        f"task 'paint' of Painter: parameter 'value' is annotated with {shown}, which cannot "
        "travel; use str, int, float, bool, a list, dict or pydantic model of these, bytes, "
        "pathlib.Path, PIL.Image.Image, numpy.ndarray, pandas.DataFrame, or, for a parameter, a "
        "list of paths or images"
    )


def test_a_model_that_contains_itself_is_refused() -> None:
    def paint(self: object, tree: Tree) -> str: ...  # type: ignore[empty-body]

    with pytest.raises(TypeError, match=r"parameter 'tree' .* \(a model that contains itself\)"):
        _task(paint)


@pytest.mark.parametrize("annotation", [list[Image], list[Path], Image | None])
def test_a_result_of_more_than_one_file_is_refused(annotation: Any) -> None:
    def paint(self: object) -> annotation: ...

    with pytest.raises(TypeError, match="a task returns exactly one file"):
        _task(paint)


class Tree(BaseModel):
    children: "list[Tree]" = []


def _task(function: Any) -> TaskDefinition:
    painter = taskyard.service(type("Painter", (), {"paint": taskyard.task(function)}))
    return definition_of(painter).tasks["paint"]
