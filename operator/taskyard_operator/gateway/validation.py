"""Does an input fit a task? Pure: JSON values and the names of files in, faults out.

The gateway has the schema and not the class, so this finds what a schema can tell; what only the
class can tell (a validator of a pydantic model) ends the run as InvalidInput.
"""

import difflib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain, islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from taskyard_operator.gateway.errors import Fault, UnusableSchema

Schema = Mapping[str, Any]

MAX_FAULTS = 20
"""So many are told of one input: of millions the search alone would take minutes."""

_OF_BENTOML = ("file", "tensor", "dataframe")
"""Types in BentoML's schemas that JSON schema does not know: any value of them may be right."""

_Validator = extend(  # type: ignore[no-untyped-call]  # so in its stubs
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {name: lambda checker, value: True for name in _OF_BENTOML}
    ),
)


def is_file(schema: Schema) -> bool:
    """Whether a field is sent as a file part: a picture, a file, or raw bytes."""
    return schema.get("type") == "file" or is_bytes(schema)


def is_bytes(schema: Schema) -> bool:
    """Whether a field takes raw bytes, as a file part or as a JSON string."""
    return schema.get("type") == "string" and schema.get("format") == "binary"


def is_file_list(schema: Schema) -> bool:
    """Whether a field takes several files, as parts of the same name."""
    return schema.get("type") == "array" and is_file(schema.get("items") or {})


def is_picture(schema: Schema) -> bool:
    """Whether a field takes pictures."""
    return bool(schema.get("pil") or (schema.get("items") or {}).get("pil"))


def fault_of_type(schema: Schema, told: str | None) -> str | None:
    """What is wrong with the content type that a file part says of itself; None where it fits, or says none."""
    wanted = (schema.get("items") or schema).get("content_type")
    kind = (told or "").partition(";")[0].strip().lower()
    if not wanted or not kind or fnmatchcase(kind, wanted.lower()):
        return None
    return f"is of the type {_shown(kind)}; give a file of the type {wanted}"


def takes_text(schema: Schema) -> bool:
    """Whether a field is text and nothing else, so that text needs no quotes to be told from JSON."""
    branches = schema.get("anyOf") or [schema]
    return {branch.get("type") for branch in branches} <= {"string", "null"}


def is_root(schema: Schema) -> bool:
    """Whether a task takes one value as the whole body; a model is an object of arguments either way."""
    return bool(schema.get("root_input")) and "properties" not in schema


def fields_of(schema: Schema) -> Mapping[str, Schema]:
    """The fields that a task takes, with the schema of each."""
    fields: Mapping[str, Schema] = schema.get("properties") or {}
    return fields


def faults(schema: Schema, values: Mapping[str, Any], files: Sequence[str] = ()) -> list[Fault]:
    """What is wrong with an input, `MAX_FAULTS` of it at most.

    Args:
        schema: the input schema of the task.
        values: the fields given as JSON.
        files: the names of the fields given as file parts, once for each part.
    """
    fields = fields_of(schema)
    given = {*values, *files}
    found = chain(
        _unknown(schema, fields, given),
        _missing(schema, fields, given),
        _misplaced(schema, values, files),
        _wrong_values(schema, fields, values),
    )
    return list(islice(found, MAX_FAULTS))


def faults_of_value(schema: Schema, value: Any) -> list[Fault]:
    """What is wrong with an input that is one value, `MAX_FAULTS` of it at most."""
    # Without a registry a schema of somebody's TaskService could have the gateway fetch any URL.
    return list(_told(_Validator(dict(schema), registry=Registry()), value))


def _unknown(
    schema: Schema, fields: Mapping[str, Schema], given: Collection[str]
) -> Iterator[Fault]:
    if schema.get("additionalProperties"):
        return
    for name in sorted(set(given) - set(fields)):
        if not name:
            yield Fault((), "a value or part has no name; give it that of the field it is for")
            continue
        near = difflib.get_close_matches(name, fields, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the task takes: {_listed(fields)}"
        yield Fault((_shown(name),), f"unknown field; {hint}")


def _missing(
    schema: Schema, fields: Mapping[str, Schema], given: Collection[str]
) -> Iterator[Fault]:
    for name in schema.get("required") or ():
        if name not in given:
            kind = _described(fields.get(name, {}))
            yield Fault((name,), f"field required; give {kind}")


def _misplaced(schema: Schema, values: Mapping[str, Any], files: Sequence[str]) -> Iterator[Fault]:
    fields = fields_of(schema)
    for name in sorted(set(files) & set(fields)):
        field = fields[name]
        if not is_file(field) and not is_file_list(field):
            yield Fault((name,), f"given as a file; give {_described(field)}")
        elif is_file(field) and (count := files.count(name) + (name in values)) > 1:
            yield Fault((name,), f"given {count} times; give one file")
    for name in sorted(set(values) & set(fields)):
        left_out = values[name] is None and _is_optional(schema, name)
        if not left_out and not _may_be_value(fields[name], values[name]):
            yield Fault((name,), f"not a file; give {_described(fields[name])}")


def _may_be_value(field: Schema, value: Any) -> bool:
    """Whether a field, which may be one for files, takes this as a value."""
    if is_file_list(field):
        return bool(value == [])
    return not is_file(field) or is_bytes(field)


def _wrong_values(
    schema: Schema, fields: Mapping[str, Schema], values: Mapping[str, Any]
) -> Iterator[Fault]:
    checked = {
        name: field
        for name, field in fields.items()
        if name in values and not is_file(field) and not is_file_list(field)
    }
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    whole = {"type": "object", "properties": checked, **definitions}
    # Without a registry a schema of somebody's TaskService could have the gateway fetch any URL.
    validator = _Validator(whole, registry=Registry())
    yield from _told(validator, values)
    for name, field in fields.items():
        value = values.get(name, "")
        left_out = value is None and _is_optional(schema, name)
        if is_bytes(field) and not isinstance(value, str) and not left_out:
            yield Fault((name,), "not bytes; give a file part, or a JSON string")


def _told(validator: Validator, value: Any) -> Iterator[Fault]:
    for error in islice(_errors(validator, value), MAX_FAULTS):
        # Of the branches of an anyOf, the one that was most likely meant.
        likely = best_match([error]) or error
        yield Fault(tuple(likely.absolute_path), _sentence(likely))


def _errors(validator: Validator, value: Any) -> Iterator[ValidationError]:
    """What does not fit.

    Raises:
        UnusableSchema: it is the schema that is wrong; whatever goes wrong inside it is its fault.
    """
    try:
        yield from validator.iter_errors(value)
    except Exception as error:
        why = f"The task's input schema cannot be applied ({type(error).__name__})"
        raise UnusableSchema(f"{why}: whoever owns the TaskService has to mend it.") from error


def _is_optional(schema: Schema, name: str) -> bool:
    return name not in (schema.get("required") or ())


def _sentence(error: ValidationError) -> str:
    """What is right. Jsonschema's own message begins with the wrong value, which may be large or private."""
    wanted: Any = error.validator_value
    match error.validator:
        case "type":
            return f"must be of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "anyOf" if all(isinstance(branch.get("type"), str) for branch in wanted):
            return f"must be of type {' or '.join(branch['type'] for branch in wanted)}"
        case "enum":
            return f"must be one of {', '.join(map(json.dumps, wanted))}"[:200]
    long = len(error.message) > _MAX_SENTENCE
    return f"…{error.message[-_MAX_SENTENCE:]}" if long else error.message


_MAX_SENTENCE = 200


def _shown(name: str) -> str:
    return name if len(name) <= _MAX_SENTENCE else f"{name[:_MAX_SENTENCE]}…"


def _described(field: Schema) -> str:
    if is_file_list(field):
        return "picture files, one part each" if is_picture(field) else "files, one part each"
    if is_picture(field):
        return "a picture file as a part of multipart/form-data"
    if is_file(field):
        return "a file as a part of multipart/form-data"
    kind = field.get("type")
    return f"a JSON {kind}" if isinstance(kind, str) else "a JSON value"


def _listed(fields: Mapping[str, Schema]) -> str:
    return ", ".join(fields) or "no fields"
