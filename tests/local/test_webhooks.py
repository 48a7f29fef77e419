"""Callbacks on one machine: told where there is a key to sign them with, and else refused."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from taskyard_operator.webhooks.keys import KEYS_VARIABLE
from tests.webhooks.receiver import KEY, receiving

from .serving import LocalServer, taskyard_serve, until

SHOUT = "/v1/services/lab/tasks/shout"


def submit(server: LocalServer, **query: str) -> httpx.Response:
    return httpx.post(f"{server.url}{SHOUT}", params=query, json={"text": "hello"}, trust_env=False)


def test_the_end_of_a_task_is_told_to_a_receiver_on_the_same_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS_VARIABLE, KEY)
    with receiving() as receiver, taskyard_serve(tmp_path / "data") as server:
        task = submit(server, callback=receiver.url).json()["id"]
        until(lambda: bool(receiver.received), "the end is told")

    (got,) = receiver.received
    said = got.verified()
    assert (said["type"], said["data"]["id"]) == ("task.succeeded", task)
    assert said["data"]["result"]["size"] == len("HELLO")


def test_without_a_key_a_callback_is_refused_with_a_sentence(server: LocalServer) -> None:
    answer = submit(server, callback="https://hooks.example.org/")

    assert answer.status_code == 400
    assert "webhooks are off on this server" in answer.json()["error"]["message"]
