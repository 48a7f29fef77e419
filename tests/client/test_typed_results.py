"""With the service's class at hand results are what its methods say."""

from enum import StrEnum

import pytest
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import taskyard

from .peer import Peer


class Mood(StrEnum):
    CALM = "calm"


class Count(BaseModel):
    words: int


@taskyard.service
class Studio:
    """As much of the peer's service as is called here."""

    @taskyard.task
    def count(self, words: list[str]) -> Count:
        raise NotImplementedError

    @taskyard.task
    async def describe(self, image: bytes, mood: str = "") -> Mood:
        raise NotImplementedError

    @taskyard.task
    def sing(self) -> str:
        raise NotImplementedError


def test_json_becomes_what_the_method_returns(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    count, describe = client.endpoint(Studio.count), client.endpoint(Studio.describe)
    peer.runs["c"].result = JSONResponse({"words": 3})
    peer.runs["d"].result = JSONResponse("calm")

    assert count.get("c") == Count(words=3)
    assert describe.get("d") is Mood.CALM
    assert count.options(idempotency_key=None).get("c") == Count(words=3)
    assert client.count.get("c") == {"words": 3}


async def test_also_for_the_asynchronous_client(
    peer: Peer, async_client: taskyard.AsyncHTTPClient
) -> None:
    peer.runs["c"].result = JSONResponse({"words": 3})

    assert await async_client.endpoint(Studio.count).task("c") == Count(words=3)


def test_a_result_that_does_not_fit_is_told_to(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    peer.runs["c"].result = JSONResponse({"wrods": 3})

    with pytest.raises(taskyard.TaskyardError, match=r"(?s)not what its method says.*words"):
        client.endpoint(Studio.count).get("c")


def test_what_is_no_task_there_or_here_is_told(client: taskyard.SyncHTTPClient) -> None:
    with pytest.raises(AttributeError, match="has no task 'sing'"):
        client.endpoint(Studio.sing)
    with pytest.raises(TypeError, match="test_what_is_no_task_there_or_here_is_told is no task"):
        client.endpoint(test_what_is_no_task_there_or_here_is_told)
