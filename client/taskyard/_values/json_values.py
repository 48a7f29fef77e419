"""Values that travel as JSON: arguments and results whose annotation pydantic understands.

All JSON arguments of a task are the fields of one pydantic model, so that defaults, bounds and
nested values are pydantic's business, and all that is wrong with an input is said at once.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PydanticSchemaGenerationError,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticSerializationError

from taskyard._values.kinds import KINDS
from taskyard._values.schema import inlined
from taskyard._values.wire import (
    Encoded,
    InvalidInput,
    InvalidResult,
    JsonValue,
    Parts,
    Problem,
    TextPart,
    UnsupportedAnnotation,
)

MISSING: Any = ...
"""The default of an argument that has none."""
_ON_THE_WIRE_ALONE = {
    "path": "pathlib.Path inside another type",
    "binary": "bytes inside another type",
}


class _Schema(GenerateJsonSchema):
    # A default that JSON cannot say is still a default; pydantic's warning would be noise to users.
    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012


class JsonArguments:
    """The JSON arguments of one task.

    Args:
        arguments: annotation and default of each argument, by name.

    Raises:
        UnsupportedAnnotation: pydantic has no JSON for one of them.
    """

    def __init__(self, arguments: Mapping[str, tuple[Any, Any]]) -> None:
        for name, (annotation, _) in arguments.items():
            check_annotation(annotation, f"parameter {name!r}")
        # Fields have numbers for names: an argument may be called as a model's field may not,
        # such as `schema`, `copy` or `_x`. The alias is what the wire and all errors show.
        self._fields = {f"argument{number}": name for number, name in enumerate(arguments)}
        definitions: dict[str, Any] = {
            field: (Annotated[arguments[name][0], Field(alias=name)], arguments[name][1])
            for field, name in self._fields.items()
        }
        self._model: type[BaseModel] = create_model(
            "Input",
            __config__=ConfigDict(
                extra="forbid",
                field_title_generator=lambda field, info: "",
                arbitrary_types_allowed=False,
            ),
            **definitions,
        )
        self._schema = self._model.model_json_schema(schema_generator=_Schema)
        self._texts = {name for name, schema in self.schemas().items() if _takes_text(schema)}

    def schemas(self) -> dict[str, dict[str, Any]]:
        """The JSON schema of each argument, with its default, by name."""
        found = inlined(self._schema)
        properties: dict[str, dict[str, Any]] = found.get("properties", {})
        for schema in properties.values():
            if schema.get("title") == "":
                del schema["title"]
        return properties

    def required(self) -> set[str]:
        """The names of the arguments that have no default."""
        return set(self._schema.get("required", ()))

    def decode(self, given: Mapping[str, Parts]) -> dict[str, Any]:
        """The validated arguments, defaults included, by name.

        Raises:
            InvalidInput: with everything that is wrong.
        """
        values: dict[str, Any] = {}
        problems = []
        for name, parts in given.items():
            if len(parts) == 1:
                values[name] = self._value(name, parts)
            else:
                problems.append(Problem((name,), f"was given {len(parts)} times"))
        try:
            # As JSON and not as Python values: so a strict model takes a date or an enum too.
            model = self._model.model_validate_json(json.dumps(values))
        except ValidationError as error:
            raise InvalidInput([*problems, *_problems(error)]) from None
        if problems:
            raise InvalidInput(problems)
        return {name: getattr(model, field) for field, name in self._fields.items()}

    def _value(self, name: str, parts: Parts) -> Any:
        match parts[0]:
            case JsonValue(value):
                return value
            case TextPart(text):
                return _from_text(text, name in self._texts)
            case file:
                # Browsers send JSON as a part with a file name ("blob") too.
                text = file.path.read_bytes().decode("utf-8", "replace")
                return _from_text(text, name in self._texts)


class JsonResult:
    """A result that travels as JSON."""

    def __init__(self, annotation: Any) -> None:
        check_annotation(annotation, "the return value")
        self._adapter: TypeAdapter[Any] = TypeAdapter(annotation)

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the result."""
        return inlined(self._adapter.json_schema(mode="serialization", schema_generator=_Schema))

    def encode(self, value: Any) -> Encoded:
        """The value as JSON.

        Raises:
            InvalidResult: it does not fit the annotation, or has no JSON.
        """
        try:
            content = self._adapter.dump_json(self._adapter.validate_python(value))
        except ValidationError as error:
            problems = "; ".join(map(str, _problems(error)))
            raise InvalidResult(
                f"the task returned a value that does not fit its return annotation: {problems}"
            ) from None
        except (PydanticSerializationError, ValueError, RecursionError) as error:
            raise InvalidResult(
                f"the task returned a value that cannot be written as JSON: {error}"
            ) from None
        return Encoded(content, "application/json")


def check_annotation(annotation: Any, what: str) -> None:
    """Refuse an annotation that has no form in JSON.

    Raises:
        UnsupportedAnnotation: the message begins with `what`.
    """
    try:
        schema = inlined(TypeAdapter(annotation).json_schema(schema_generator=_Schema))
    except PydanticSchemaGenerationError:
        raise UnsupportedAnnotation(_sentence(what, annotation)) from None
    except PydanticUserError as error:
        raise UnsupportedAnnotation(f"{_sentence(what, annotation)} ({error.message})") from None
    except RecursionError:
        raise UnsupportedAnnotation(
            f"{_sentence(what, annotation)} (a model that contains itself)"
        ) from None
    for found in _formats(schema):
        if found in _ON_THE_WIRE_ALONE:
            raise UnsupportedAnnotation(
                f"{_sentence(what, annotation)} ({_ON_THE_WIRE_ALONE[found]})"
            )


def _sentence(what: str, annotation: Any) -> str:
    name = annotation.__qualname__ if isinstance(annotation, type) else str(annotation)
    module = getattr(annotation, "__module__", "")
    shown = f"{module}.{name}" if isinstance(annotation, type) and module != "builtins" else name
    files = ", ".join(row.annotation for row in KINDS if row.argument)
    return (
        f"{what} is annotated with {shown}, which cannot travel; use str, int, float, bool, "
        f"a list, dict or pydantic model of these, {files}, "
        "or, for a parameter, a list of paths or images"
    )


def _formats(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        inner = [found for value in schema.values() for found in _formats(value)]
        said = schema.get("format")
        return [said, *inner] if isinstance(said, str) else inner
    if isinstance(schema, list):
        return [found for value in schema for found in _formats(value)]
    return []


def _takes_text(schema: Mapping[str, Any]) -> bool:
    branches = schema.get("anyOf", [schema])
    return {branch.get("type") for branch in branches} <= {"string", "null"}


def _from_text(text: str, is_text: bool) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    # A form sends a string as it is typed, and so the string 42 without quotes.
    return text if is_text and not isinstance(value, str | None) else value


def _problems(error: ValidationError) -> list[Problem]:
    return [
        Problem(found["loc"], _message(found["type"], found["msg"]))
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _message(kind: str, message: str) -> str:
    return "the task has no such argument" if kind == "extra_forbidden" else message
