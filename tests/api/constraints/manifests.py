"""Every constraint of the resources on a real API server: what it accepts, and what it refuses.

Cases are tried as dry runs, which the API server validates in full and does not store.
"""

import json
from typing import Any

from tests.cluster.commands import CommandError
from tests.cluster.kubectl import Kubectl
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


def verdict(api: Kubectl, *args: str, manifest: Json | None = None) -> str:
    """What kubectl says of a dry run: nothing when it is accepted, else the refusal."""
    try:
        api(*args, "--dry-run=server", stdin=json.dumps(manifest) if manifest else "")
    except CommandError as error:
        return str(error)
    return ""


def created(api: Kubectl, place: str, manifest: Json) -> str:
    return verdict(api, "create", "-n", place, "--validate=strict", "-f", "-", manifest=manifest)


def patched(api: Kubectl, place: str, name: str, patch: Json, *flags: str) -> str:
    text = json.dumps(patch)
    return verdict(api, "patch", RUNS, name, "-n", place, "--type=merge", "-p", text, *flags)
