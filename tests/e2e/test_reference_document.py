"""The client code of BentoML's page "Async task queues", run as it stands but for the package's name.

The three snippets are those of the page, in its order; they talk to http://localhost:3000, so the
gateway is forwarded there, and the service of the page answers at its root.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import taskyard
from tests.chart.files import ROOT
from tests.e2e.installation import Installation

SUBMIT = """
import taskyard

prompt = "a scenic mountain view that ..."
client = taskyard.SyncHTTPClient('http://localhost:3000')
# The arguments are the same as the Service method, just call with `.submit()`
task = client.long_running_image_generation.submit(prompt=prompt)
print("Task submitted, ID:", task.id)
"""

STATUS = """
# Use the following code at a later time
status = task.get_status()
if status.value == 'success':
    print("The task runs successfully. The result is", task.get())
elif status.value == 'failure':
    print("The task run failed.")
else:
    print("The task is still running.")
"""

RETRY = """
status = task.get_status()
if status.value == 'failure':
    print("Task failed, retrying...")
    new_task = task.retry()
    new_status = new_task.get_status()
    print("New task status:", new_status.value)
"""

PATIENCE = 120


@pytest.fixture(scope="module")
def page(installation: Installation) -> Iterator[None]:
    """The page's service at http://localhost:3000."""
    installation.deploy(ROOT / "examples" / "image_generation")
    with installation.gateway(port=3000):
        yield


@pytest.fixture
def session() -> Iterator[dict[str, Any]]:
    """The names that the snippets share; the page's client is closed at the end."""
    names: dict[str, Any] = {}
    yield names
    names["client"].close()


def run(snippet: str, names: dict[str, Any]) -> None:
    """Run a snippet as if typed into the same session as those before it."""
    exec(compile(snippet, "<snippet of the page>", "exec"), names)


@pytest.mark.usefixtures("page")
def test_the_page_submits_and_later_fetches_a_picture(
    session: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run(SUBMIT, session)
    run(STATUS, session)
    session["task"].wait(PATIENCE)
    run(STATUS, session)

    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"Task submitted, ID: {session['task'].id}"
    assert said[1] == "The task is still running."
    assert said[2].startswith("The task runs successfully. The result is <PIL.")
    assert session["task"].get().size == (768, 512)


@pytest.mark.usefixtures("page")
def test_the_page_tells_a_failure_and_retries_it(
    session: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    client = taskyard.SyncHTTPClient("http://localhost:3000")
    task = client.long_running_image_generation.submit(prompt=" ")
    task.wait(PATIENCE)
    session |= {"client": client, "task": task}

    run(STATUS, session)
    run(RETRY, session)

    said = capsys.readouterr().out.splitlines()
    assert said[0] == "The task run failed."
    assert said[1] == "Task failed, retrying..."
    assert said[2] in ("New task status: pending", "New task status: in_progress")
    assert session["new_task"].id != task.id
