"""`taskyard serve --reload`: what is written is what is served."""

from __future__ import annotations

from pathlib import Path

import psutil

from taskyard import SyncHTTPClient

from .serving import LocalServer, taskyard_serve, until

SERVICE = """
import taskyard

@taskyard.service
class Word:
    @taskyard.task
    def say(self) -> str:
        return {word!r}
"""


def says(server: LocalServer, word: str) -> bool:
    if not server.ready():
        return False
    with SyncHTTPClient(server.url) as client:
        task = client.say.submit()
        return task.wait(60).value == "success" and task.get() == word


def test_a_change_of_the_source_is_served_also_after_a_broken_one(tmp_path: Path) -> None:
    module = tmp_path / "sources" / "word.py"
    module.parent.mkdir()
    module.write_text(SERVICE.format(word="first"))

    with taskyard_serve(tmp_path / "data", "--reload", module=module) as server:
        assert says(server, "first")
        module.write_text("this is no Python")
        until(lambda: "waiting for a change" in server.log, "it waits for a better one")
        assert not server.ready()
        module.write_text(SERVICE.format(word="second"))
        until(server.ready, "it serves again")
        assert says(server, "second")

        below = psutil.Process(server.process.pid).children(recursive=True)
        server.kill()
        until(lambda: not any(process.is_running() for process in below), "nothing is left")
