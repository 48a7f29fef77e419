"""The signature of one task: what its arguments, its outputs and its result are on the wire."""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, get_type_hints

from pydantic.fields import FieldInfo

from taskyard._values.files import FileKind
from taskyard._values.json_values import MISSING, JsonArguments
from taskyard._values.kinds import argument_kind, result_kind
from taskyard._values.outputs import Yields, encode_output
from taskyard._values.wire import (
    Encoded,
    InvalidInput,
    JsonValue,
    Parts,
    Problem,
    TextPart,
    UnsupportedAnnotation,
)


class Signature:
    """The arguments, the outputs and the result of one task.

    Args:
        function: the method, with `self` as its first parameter.
        namespace: names, beside those of the function's module, that string annotations may use.

    Attributes:
        returned: the annotation of the result; Any where there is none.

    Raises:
        UnsupportedAnnotation: a parameter or the return value cannot travel.
    """

    def __init__(self, function: Callable[..., Any], namespace: Mapping[str, Any]) -> None:
        hints = _hints(function, namespace)
        self._parameters = _parameters(function)
        self._files: dict[str, FileKind] = {}
        arguments: dict[str, tuple[Any, Any]] = {}
        for name, parameter in self._parameters.items():
            annotation = hints.get(name, Any)
            kind = argument_kind(annotation)
            if kind is None:
                default = parameter.default
                arguments[name] = annotation, MISSING if default is parameter.empty else default
            else:
                self._files[name] = kind
        self._json = JsonArguments(arguments)
        annotated = hints.get("return", Any)
        self._yields = Yields.of(function, annotated)
        self.returned = self._yields.returned if self._yields else annotated
        self._result = result_kind(self.returned)

    def input_schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments: an object with one property for each."""
        of_json, needed = self._json.schemas(), self._json.required()
        properties, required = {}, []
        for name, parameter in self._parameters.items():
            if name in self._files:
                properties[name] = self._files[name].schema() | _default_schema(parameter)
            else:
                properties[name] = of_json[name]
            if name in needed or (name in self._files and _default(parameter) is MISSING):
                required.append(name)
        schema = {"type": "object", "title": "Input", "properties": properties}
        return deepcopy(schema | {"required": required} if required else schema)

    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the result; in `x-outputs` that of each value which the task yields."""
        schema = self._result.schema()
        return schema | {"x-outputs": self._yields.schema()} if self._yields else schema

    def decode(self, given: Mapping[str, Parts]) -> dict[str, Any]:
        """The arguments to call the function with, from what was given for each.

        Raises:
            InvalidInput: with everything that is wrong.
        """
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, kind in self._files.items():
            try:
                values[name] = _file(kind, given.get(name, ()), self._parameters[name])
            except ValueError as error:
                problems.append(Problem((name,), str(error)))
        try:
            values |= self._json.decode({k: v for k, v in given.items() if k not in self._files})
        except InvalidInput as error:
            problems.extend(error.problems)
        if problems:
            raise InvalidInput(problems)
        return values

    def encode_output(self, value: Any) -> Encoded:
        """A value that the task yields, ready to be given away.

        Raises:
            InvalidResult: the value does not fit the annotation.
        """
        return self._yields.encode(value) if self._yields else encode_output(value)

    def encode(self, value: Any) -> Encoded:
        """The result, ready to be stored.

        Raises:
            InvalidResult: the value does not fit the return annotation.
        """
        return self._result.encode(value)


def _hints(function: Callable[..., Any], namespace: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function, localns=dict(namespace), include_extras=True)
    except NameError as error:
        raise UnsupportedAnnotation(
            f"an annotation uses the name {error.name!r}, which is not known when the class is "
            "made: import or define it before the class, and not under TYPE_CHECKING"
        ) from None
    except TypeError as error:
        raise UnsupportedAnnotation(f"an annotation is no type: {error}") from None


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise UnsupportedAnnotation("it is a method, and needs `self` as its first parameter")
    del parameters[0]
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise UnsupportedAnnotation(
                f"parameters of any number, such as {parameter.name!r}, have no name to be given by"
            )
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise UnsupportedAnnotation(
                f"parameter {parameter.name!r} is positional-only, and arguments are given "
                "by name: remove the `/`"
            )
    return {parameter.name: parameter for parameter in parameters}


def _file(kind: FileKind, parts: Parts, parameter: inspect.Parameter) -> Any:
    default = _default(parameter)
    if not parts:
        if default is MISSING:
            raise ValueError("is required")
        return default
    if default is not MISSING and list(parts) in ([JsonValue(None)], [TextPart("null")]):
        return default
    return kind.decode(parts)


def _default(parameter: inspect.Parameter) -> Any:
    default = parameter.default
    if isinstance(default, FieldInfo):
        return MISSING if default.is_required() else default.get_default(call_default_factory=True)
    return MISSING if default is parameter.empty else default


def _default_schema(parameter: inspect.Parameter) -> dict[str, Any]:
    default = _default(parameter)
    return {"default": default} if default is None or isinstance(default, str) else {}
