"""What the API server refuses of a TaskRun."""

import httpx

from tests.api.constraints.manifests import INLINE, STORED, Json, a_run, created, with_object
from tests.core.tables import table

REFUSED = {
    "a run without a spec": (a_run() | {"spec": None}, "spec: Required value"),
    "a run without a service": (a_run(service=None), "spec.service: Required value"),
    "a run without a task": (a_run(task=None), "spec.task: Required value"),
    "a run without an input": (
        {**a_run(), "spec": {"service": "a", "task": "t"}},
        "spec.input: Required value",
    ),
    "a run of too long a name": (a_run("a" * 53), "at most 52 characters"),
    "a run of no service": (a_run(service=""), "spec.service"),
    "a run of too long a service name": (a_run(service="a" * 64), "spec.service: Too long"),
    "a run of a service whose name is none": (a_run(service="A_b"), "spec.service: Invalid value"),
    "a run of a service whose name ends badly": (
        a_run(service="a-"),
        "spec.service: Invalid value",
    ),
    "a run of no task": (a_run(task=""), "spec.task"),
    "a run of too long a task name": (a_run(task="a" * 64), "spec.task: Too long"),
    "a run of a task whose name is none": (a_run(task="a-b"), "spec.task: Invalid value"),
    "a run with no form of input": (a_run(input={}), "exactly one of inline and object"),
    "a run with both forms of input": (
        a_run(input=INLINE | {"object": STORED}),
        "exactly one of inline and object",
    ),
    "a run with 65 arguments": (
        a_run(input={"inline": {f"a{n}": n for n in range(65)}}),
        "Too many",
    ),
    "a run with arguments that have no names": (a_run(input={"inline": [1]}), "spec.input.inline"),
    "a stored input without a key": (with_object(key=None), "object.key: Required value"),
    "a stored input without a size": (with_object(size=None), "object.size: Required value"),
    "a stored input without a digest": (with_object(sha256=None), "object.sha256: Required value"),
    "a stored input with an empty key": (with_object(key=""), "object.key"),
    "a stored input with too long a key": (with_object(key="k" * 1025), "object.key: Too long"),
    "a stored input of less than nothing": (with_object(size=-1), "object.size: Invalid value"),
    "a stored input with half a digest": (with_object(sha256="ab"), "object.sha256: Invalid value"),
    "a stored input with a digest in capitals": (
        with_object(sha256="AB" * 32),
        "object.sha256: Invalid value",
    ),
    "a stored input with too long a type": (
        with_object(contentType="t" * 256),
        "object.contentType: Too long",
    ),
    "a priority too high": (a_run(priority=1001), "spec.priority: Invalid value"),
    "a priority too low": (a_run(priority=-1001), "spec.priority: Invalid value"),
    "a priority in words": (a_run(priority="high"), "spec.priority: Invalid value"),
    "a deadline of no time": (a_run(deadlines={"queue": 0}), "deadlines.queue: Invalid value"),
    "a deadline of no whole seconds": (a_run(deadlines={"start": 1.5}), "deadlines.start"),
    "a deadline after more than 30 days": (
        a_run(deadlines={"run": 2592001}),
        "deadlines.run: Invalid value",
    ),
    "a callback without a URL": (a_run(callback={}), "callback.url: Required value"),
    "a callback to no web address": (a_run(callback={"url": "ftp://example"}), "callback.url"),
    "a callback to an address with a space": (
        a_run(callback={"url": "https://example/a b"}),
        "callback.url: Invalid value",
    ),
    "a callback to too long an address": (
        a_run(callback={"url": "https://" + "u" * 2041}),
        "callback.url: Too long",
    ),
    "a callback for no state": (
        a_run(callback={"url": "https://example", "states": []}),
        "callback.states",
    ),
    "a callback for a state that is none": (
        a_run(callback={"url": "https://example", "states": ["Done"]}),
        "callback.states[0]: Unsupported value",
    ),
    "a callback for one state twice": (
        a_run(callback={"url": "https://example", "states": ["Failed", "Failed"]}),
        "callback.states[1]: Duplicate value",
    ),
    "a retry of too long a name": (a_run(retryOf="a" * 53), "spec.retryOf: Too long"),
    "a cancel in words": (a_run(cancel="yes"), "spec.cancel: Invalid value"),
    "an unknown field of a run": (a_run(colour="red"), 'unknown field "spec.colour"'),
    "an unknown field of an input": (
        a_run(input=INLINE | {"url": "x"}),
        'unknown field "spec.input.url"',
    ),
}


@table(REFUSED)
def test_refused(api_server: httpx.Client, place: str, case: tuple[Json, str]) -> None:
    manifest, why = case

    assert why in created(api_server, place, manifest)
