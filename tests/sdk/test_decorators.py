"""What the decorators make of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import taskyard
from taskyard._service import definition_of

if TYPE_CHECKING:
    from decimal import Decimal


@taskyard.service
class Painter:
    """Paints what it is told."""

    @taskyard.task
    def paint(self, prompt: str, steps: int = 20) -> str:
        """Paint a picture.

        Takes its time.
        """
        return f"{prompt} in {steps}"

    @taskyard.task(route="/pictures/forget")
    async def forget(self) -> None: ...

    def helper(self, anything: object) -> object:
        return anything


def test_a_service_is_still_the_plain_class() -> None:
    assert Painter().paint("a hill") == "a hill in 20"
    assert isinstance(Painter, type)


def test_its_definition_tells_the_tasks_in_their_order() -> None:
    definition = definition_of(Painter)

    assert (definition.name, definition.cls) == ("Painter", Painter)
    assert definition.description == "Paints what it is told."
    assert list(definition.tasks) == ["paint", "forget"]


def test_a_task_has_a_route_and_a_description() -> None:
    paint, forget = definition_of(Painter).tasks.values()

    assert (paint.name, paint.route) == ("paint", "/paint")
    assert paint.description == "Paint a picture.\n\nTakes its time."
    assert paint.function is Painter.paint
    assert (forget.name, forget.route, forget.description) == ("forget", "/pictures/forget", "")


def test_string_annotations_are_understood() -> None:
    assert definition_of(Painter).tasks["paint"].input_schema()["properties"] == {
        "prompt": {"type": "string"},
        "steps": {"type": "integer", "default": 20},
    }


def test_arguments_of_the_service_are_kept() -> None:
    resources = {"memory": "8Gi"}
    make = taskyard.service(name="painter", resources=resources, gpu=1)

    definition = definition_of(make(type("Any", (), {"paint": Painter.paint})))

    assert definition.name == "painter"
    assert definition.resources == {"memory": "8Gi"}
    assert definition.gpu == 1


def test_tasks_are_inherited_and_can_be_taken_back() -> None:
    class Quick(Painter):
        def forget(self) -> None:  # type: ignore[override]
            """No task any more."""

    assert list(definition_of(taskyard.service(Quick)).tasks) == ["paint"]


def test_a_subclass_is_no_service_by_itself() -> None:
    class Quick(Painter):
        pass

    with pytest.raises(TypeError, match="Quick is not a service: decorate the class"):
        definition_of(Quick)


def test_a_class_without_tasks_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Idle has no task: mark its methods with @taskyard\.task"):
        taskyard.service(type("Idle", (), {}))


def test_two_tasks_of_one_route_are_refused() -> None:
    def paint(self: object) -> None: ...
    def draw(self: object) -> None: ...

    tasks = {"paint": taskyard.task(route="/x")(paint), "draw": taskyard.task(route="/x")(draw)}

    with pytest.raises(ValueError, match="tasks 'paint' and 'draw' share the route '/x'"):
        taskyard.service(type("Painter", (), tasks))


@pytest.mark.parametrize("route", ["paint", "/", "/paint/", "/a b", ""])
def test_a_malformed_route_is_refused(route: str) -> None:
    with pytest.raises(ValueError, match="must be a path with a leading slash"):
        taskyard.task(route=route)(Painter.helper)


@pytest.mark.parametrize("what", [staticmethod(len), len, Painter])
def test_only_plain_methods_are_tasks(what: Any) -> None:
    with pytest.raises(TypeError, match=r"@taskyard\.task is for plain methods"):
        taskyard.task(what)


def test_only_classes_are_services() -> None:
    with pytest.raises(TypeError, match=r"@taskyard\.service is for classes"):
        taskyard.service(len)  # type: ignore[call-overload]


def _positional(self: object, prompt: str, /) -> None: ...
def _many(self: object, *prompts: str) -> None: ...
def _options(self: object, **options: str) -> None: ...
def _selfless() -> None: ...
def _unknown(self: object, price: Decimal) -> None: ...


@pytest.mark.parametrize(
    ("function", "want"),
    [
        (_positional, r"parameter 'prompt' is positional-only, .*: remove the `/`"),
        (_many, "such as 'prompts', have no name to be given by"),
        (_options, "such as 'options', have no name to be given by"),
        (_selfless, "needs `self` as its first parameter"),
        (_unknown, r"the name 'Decimal', which is not known .* not under TYPE_CHECKING"),
    ],
)
def test_a_signature_that_cannot_be_called_by_name_is_refused(function: Any, want: str) -> None:
    with pytest.raises(TypeError, match=want):
        taskyard.service(type("Painter", (), {"paint": taskyard.task(function)}))
