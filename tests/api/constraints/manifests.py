"""Every constraint of the resources on a real API server: what it accepts, and what it refuses.

Cases are tried as dry runs, which the API server validates in full and does not store.
"""

from typing import Any

import httpx

from taskyard.api.names import API_VERSION
from tests.core.builders import SHA256

Json = dict[str, Any]
RUNS = "taskruns.taskyard.dev"
SERVICES = "taskservices.taskyard.dev"
INLINE: Json = {"inline": {"text": "long"}}
STORED: Json = {"key": "team/x/input", "size": 5, "sha256": SHA256, "contentType": "text/plain"}


def a_run(name: str = "call", **spec: Any) -> Json:
    """A TaskRun; a field that is None is left out."""
    fields = {"service": "summarizer", "task": "summarize", "input": INLINE} | spec
    return {
        "apiVersion": "taskyard.dev/v1alpha1",
        "kind": "TaskRun",
        "metadata": {"name": name},
        "spec": {field: value for field, value in fields.items() if value is not None},
    }


def a_service(name: str = "summarizer", **spec: Any) -> Json:
    fields = {"image": "i:1", "entrypoint": "service:Summarizer", "tasks": [{"name": "t"}]} | spec
    return {
        "apiVersion": "taskyard.dev/v1alpha1",
        "kind": "TaskService",
        "metadata": {"name": name},
        "spec": {field: value for field, value in fields.items() if value is not None},
    }


def with_object(**fields: Any) -> Json:
    stored = {key: value for key, value in (STORED | fields).items() if value is not None}
    return a_run(input={"object": stored})


def with_task(**fields: Any) -> Json:
    return a_service(tasks=[{"name": "t"} | fields])


def created(api_server: httpx.Client, place: str, manifest: Json) -> str:
    """What is said against it: nothing when it is accepted."""
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    url = f"{_url(place)}/{manifest['kind'].lower()}s"
    return _refusal(api_server.post(url, params=query, json=manifest))


def patched(
    api_server: httpx.Client, place: str, name: str, patch: Json, subresource: str = ""
) -> str:
    """The same of a change of a run."""
    headers = {"content-type": "application/merge-patch+json"}
    url = f"{_url(place)}/taskruns/{name}{subresource}"
    query = {"dryRun": "All"}
    return _refusal(api_server.patch(url, params=query, headers=headers, json=patch))


def _url(place: str) -> str:
    return f"/apis/{API_VERSION}/namespaces/{place}"


def _refusal(answer: httpx.Response) -> str:
    return "" if answer.is_success else str(answer.json()["message"])
