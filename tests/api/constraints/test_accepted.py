"""What the API server accepts."""

import httpx

from taskyard.api.reasons import Phase
from tests.api.constraints.manifests import Json, a_run, a_service, created, with_object
from tests.core.tables import table

ACCEPTED = {
    "a run with inline input": a_run(),
    "a run with a stored input": with_object(),
    "a run whose input has no type": with_object(contentType=None),
    "a run with the empty inline input": a_run(input={"inline": {}}),
    "a run with an inline input of any depth": a_run(input={"inline": {"a": [{"b": None}, 1.5]}}),
    "a run with 64 arguments": a_run(input={"inline": {f"a{n}": n for n in range(64)}}),
    "a run of the longest name": a_run("a" * 52),
    "a run of the longest service and task names": a_run(service="a" * 63, task="a" * 63),
    "a run with everything": a_run(
        priority=1000,
        deadlines={"queue": 1, "start": 60, "run": 2592000},
        callback={"url": "http://h" + "u" * 2040, "states": list(Phase)},
        retryOf="a" * 52,
        cancel=False,
    ),
    "a run of the least priority": a_run(priority=-1000),
    "a run that is cancelled from its beginning": a_run(cancel=True),
    "a run with an empty object": with_object(size=0),
    "a run with the longest object key": with_object(key="k" * 1024),
    "a service": a_service(),
    "a service of the longest name": a_service("a" * 63),
    "a service with 64 tasks": a_service(tasks=[{"name": f"t{n}"} for n in range(64)]),
    "a service with everything": a_service(
        resources={"requests": {"cpu": 1}, "limits": {"memory": "2Gi"}},
        gpu={"count": 64, "type": "A100", "resourceName": "amd.com/gpu"},
        podTemplate={"spec": {"anything": [{"goes": None}]}},
        queue={"maxConcurrent": 1, "localQueue": "q", "priorityClass": "p"},
        deadlines={"run": 60},
        retries={
            "limit": 0,
            "disruptions": 100,
            "backoff": {"initial": 1, "factor": 1.5, "max": 300},
            "on": ["TaskError"],
            "outOfMemory": {"factor": 2, "max": "64Gi"},
        },
        retention={"taskRun": 1, "result": 2592000},
        callback={"url": "https://hooks.example/tasks?of=nlp"},
        cancelGrace=0,
        tasks=[
            {
                "name": "_t",
                "route": "/v1/chat.completions",
                "description": "d",
                "input": {"type": "object"},
                "output": {},
                "deadlines": {"run": 5},
                "retries": {"limit": 1},
            }
        ],
    ),
    "an entrypoint in a package": a_service(entrypoint="pkg.sub_1.mod:_C"),
}


@table(ACCEPTED)
def test_accepted(api_server: httpx.Client, place: str, case: Json) -> None:
    assert created(api_server, place, case) == ""
