"""What both resources share: how models map to Kubernetes JSON, metadata, and conditions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel


def rfc3339(when: datetime) -> str:
    """`when` as Kubernetes writes times: UTC, whole seconds, `Z`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Time = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]
"""A point in time in UTC; written as Kubernetes does, with whole seconds."""

MAX_LEVELS = 165
"""Levels of an `OpenObject`: some readers of JSON give up at 200; `gateway.maxJsonDepth` is 150 at most."""


def _not_too_deep(value: dict[str, Any]) -> dict[str, Any]:
    """Looks at it level by level: recursion would end where it is too deep."""
    levels, level = 0, list[Any]([value])
    while level:
        levels += 1
        if levels > MAX_LEVELS:
            raise ValueError(f"it is nested deeper than {MAX_LEVELS} levels")
        inner = (each for one in level for each in (one.values() if isinstance(one, dict) else one))
        level = [one for one in inner if isinstance(one, dict | list)]
    return value


# A limit for the number of fields goes before the check: behind it the schema would tell it of a text.
NOT_TOO_DEEP = AfterValidator(_not_too_deep)
KEPT_WHOLE = Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})
OWNED_WHOLE = Field(json_schema_extra={"x-kubernetes-map-type": "atomic"})
"""Written as a whole, so that the API server keeps one owner of it, and not one of each field."""

OpenObject = Annotated[dict[str, Any], KEPT_WHOLE, NOT_TOO_DEEP]
"""An object whose fields are somebody else's: kept whole by the API server, not checked by it."""


_GIVEN: dict[frozenset[str], set[str]] = {}
"""One set for all objects of which the same fields were given; there are a few hundred."""


class ApiModel(BaseModel):
    """A part of a resource: camelCase in JSON; unknown fields of a newer version are ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True
    )

    def model_post_init(self, context: Any, /) -> None:
        """Share what is the same in thousands of objects: a queue of them is kept in memory.

        Pydantic notes for each object which of its fields were given, in a set of its own: half of all that a
        small object takes. No set is ever changed: objects are frozen, and a copy copies it.
        """
        given = self.__pydantic_fields_set__
        shared = _GIVEN.setdefault(frozenset(given), given)
        object.__setattr__(self, "__pydantic_fields_set__", shared)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values for some fields; see pydantic."""
        copied = super().model_copy(update=update, deep=deep)
        copied.model_post_init(None)
        return copied

    def to_wire(self) -> dict[str, Any]:
        """As the JSON that goes into a manifest: camelCase, absent fields left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Metadata(ApiModel):
    """The part of a Kubernetes object's metadata that Taskyard reads."""

    name: str
    namespace: str = "default"
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    labels: dict[str, str] = Field(default_factory=dict)


class StatusCondition(ApiModel):
    """One condition, as the Kubernetes API conventions define it."""

    type: Annotated[str, Field(max_length=64)]
    status: Annotated[str, Field(json_schema_extra={"enum": ["True", "False", "Unknown"]})]
    reason: Annotated[str, Field(max_length=64)] = ""
    message: Annotated[str, Field(max_length=1024)] = ""
    last_transition_time: Time
    observed_generation: int | None = None


Conditions = Annotated[
    list[StatusCondition],
    Field(
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]
