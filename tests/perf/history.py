"""A controller that starts where ten thousand TaskRuns have ended: memory, time and writes of its start.

They are copies of one real run, with its Job and its pod.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .api import Json, at_once
from .figures import Figure
from .kwok import COPY
from .moments import Moments
from .readings import memory, requests
from .yard import NAMESPACE, WRITES, Yard

FINISHED = 10_000

_NAME = "the-original"
_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


async def measure(yard: Yard) -> list[Figure]:
    """What a start costs; and what the same process costs where nothing is there, for comparison."""
    await yard.quiet()
    empty = memory(yard.controller.process.pid)["VmRSS"]
    original = await one_that_has_ended(yard)
    yard.controllers.stop()
    await at_once(range(FINISHED), lambda number: original.copy(yard, f"past-{number}"))
    before = await requests(yard.api)
    seconds = await yard.start_controller()
    await yard.quiet()
    after, used = await requests(yard.api), memory(yard.controller.process.pid)
    await yard.clear()
    of = f"start with {FINISHED} finished TaskRuns, Jobs and pods"
    return [
        Figure(f"{of}: time until it works", seconds, "s", at_most=30),
        Figure(f"{of}: memory at most", used["VmHWM"], "MiB", at_most=300),
        Figure(f"{of}: memory afterwards", used["VmRSS"], "MiB"),
        Figure(f"{of}: writes", after[WRITES] - before[WRITES], at_most=0),
        Figure("start with nothing: memory", empty, "MiB"),
    ]


@dataclass(frozen=True)
class Original:
    """A run that has ended, as the API server has it, with its Job and its pod."""

    run: Json
    job: Json
    pod: Json

    async def copy(self, yard: Yard, name: str) -> Json:
        """Make one more of it: the same down to the status, but for name and uid; returns the run."""
        words = {_NAME: name}
        run = await _put(yard, yard.runs.path, _reworded(self.run, words), None)
        words[self.run["metadata"]["uid"]] = run["metadata"]["uid"]
        job = await _put(yard, yard.jobs.path, _reworded(self.job, words), run)
        await _put(yard, _PODS, _reworded(self.pod, words), job)
        return run


async def one_that_has_ended(yard: Yard) -> Original:
    """Let one run, and take it away again."""
    await yard.runs.prepare([_NAME])
    async with Moments(yard.api, yard.jobs.path, yard.jobs.ended) as jobs:
        await yard.api.create(yard.runs.path, yard.runs.manifest(_NAME))
        await jobs.all([f"{_NAME}-1"])
    run = await yard.api.get(f"{yard.runs.path}/{_NAME}")
    [job] = await yard.api.list(yard.jobs.path)
    [pod] = await yard.api.list(_PODS)
    await yard.clear()
    # The Job controller is to leave the copies alone, and so is KWOK.
    job["spec"]["managedBy"] = "taskyard.dev/bench"
    pod["metadata"]["annotations"] = {COPY: "true"}
    del job["spec"]["selector"]
    del job["status"]  # it adds a sixth to the writes, and the controller has little to read in it
    for labelled in (job, job["spec"]["template"], pod):
        _drop_labels_of_job_controller(labelled["metadata"])
    return Original(run, job, pod)


def _drop_labels_of_job_controller(metadata: Json) -> None:
    """They hold the Job's uid; the API server gives new ones to a new Job."""
    for label in [*metadata["labels"]]:
        if label.endswith(("controller-uid", "job-name")):
            del metadata["labels"][label]


def _reworded(item: Json, words: Mapping[str, str]) -> Json:
    text = json.dumps(item)
    for old, new in words.items():
        text = text.replace(old, new)
    reworded: Json = json.loads(text)
    return reworded


async def _put(yard: Yard, path: str, item: Json, owner: Json | None) -> Json:
    """Create an object, with the status that it is to have."""
    kept = ("name", "labels", "annotations")
    metadata = {word: item["metadata"][word] for word in kept if word in item["metadata"]}
    if owner:
        named = {"name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
        kind = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True}
        metadata["ownerReferences"] = [kind | named]
    made = await yard.api.create(path, item | {"metadata": metadata})
    if "status" in item:
        status = {"status": item["status"]}
        made = await yard.api.patch(f"{path}/{metadata['name']}/status", status)
    return made
