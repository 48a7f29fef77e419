"""The blocking and the asynchronous client have one face: see decision 0025."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from taskyard._client._async_client import AsyncHTTPClient
from taskyard._client._async_endpoint import AsyncEndpoint
from taskyard._client._async_task import AsyncTask
from taskyard._client._sync_client import SyncHTTPClient
from taskyard._client._sync_endpoint import Endpoint
from taskyard._client._sync_task import Task

TWINS = [(SyncHTTPClient, AsyncHTTPClient), (Endpoint, AsyncEndpoint), (Task, AsyncTask)]
METHODS = [
    pytest.param(method, getattr(other, name), id=f"{blocking.__name__}.{name}")
    for blocking, other in TWINS
    for name, method in inspect.getmembers(blocking, inspect.isfunction)
    if not name.startswith("_")
]
BLOCKING_ONLY = {"description", "name"}
"""Read off the schema, which the asynchronous endpoint may not know yet: it keeps its name by itself."""
ASYNCHRONOUS_WORDS = {" (not awaited)": "", "is known to have": "has"}
"""What is said otherwise there, and how the blocking client says it."""


@pytest.mark.parametrize(("blocking", "other"), TWINS)
def test_they_have_the_same_members(blocking: type, other: type) -> None:
    assert public(blocking) - BLOCKING_ONLY == public(other)


@pytest.mark.parametrize(("blocking", "other"), [TWINS[0], *METHODS])
def test_they_take_the_same(blocking: Callable[..., Any], other: Callable[..., Any]) -> None:
    assert taken_by(blocking) == taken_by(other)


@pytest.mark.parametrize(("blocking", "other"), [*TWINS, *METHODS])
def test_the_same_is_said_of_arguments_and_errors(blocking: object, other: object) -> None:
    said = sections_of(other)
    for words, usual in ASYNCHRONOUS_WORDS.items():
        said = said.replace(words, usual)

    assert sections_of(blocking) == said


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def taken_by(method: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Names, kinds and defaults of the parameters."""
    parameters = inspect.signature(method).parameters.values()
    return [(each.name, each.kind, each.default) for each in parameters]


def sections_of(documented: object) -> str:
    """What a docstring says from `Args:` or `Raises:` on."""
    _, *sections = re.split(r"^(?=Args:|Raises:)", inspect.getdoc(documented) or "", flags=re.M)
    return "".join(sections)
