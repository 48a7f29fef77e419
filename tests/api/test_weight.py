"""Thousands of runs that wait are kept in memory: one of them is light."""

import gc
import tracemalloc

from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskRun

QUEUED = """{"metadata": {"name": "run-%d", "namespace": "local", "uid": "089194b8-c55f", "resourceVersion":
"1009", "generation": 1, "creationTimestamp": "2026-11-25T20:00:11Z", "labels": {"taskyard.dev/task": "add"}},
"spec": {"service": "trivial", "task": "add", "input": {"inline": {"a": 298}}}, "status": {"phase": "Queued",
"conditions": [{"type": "Succeeded", "status": "Unknown", "reason": "ConcurrencyLimit", "message": "number %d",
"lastTransitionTime": "2026-11-25T20:00:12Z", "observedGeneration": 1}], "reason": "ConcurrencyLimit",
"message": "number %d", "queuedAt": "2026-11-25T20:00:11Z", "observedGeneration": 1}}"""
NUMBER = 500
MOST_BYTES = 4096


def test_a_queued_run_takes_little_memory() -> None:
    gc.collect()
    tracemalloc.start()
    runs = [TaskRun.model_validate_json(QUEUED % (at, at, at)) for at in range(NUMBER)]
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert taken / len(runs) < MOST_BYTES


def test_what_was_given_of_one_object_is_not_what_was_given_of_its_copy() -> None:
    one = Metadata(name="one")

    copy = one.model_copy(update={"uid": "x"})

    assert one.model_fields_set == {"name"}
    assert copy.model_fields_set == {"name", "uid"}
    assert Metadata(name="two").model_fields_set == {"name"}
