"""The models against the schemas that were made from them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from taskyard.api.callback import Callback, CallbackStatus, Delivery
from taskyard.api.definitions import Kind
from taskyard.api.names import bounded
from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata, StatusCondition, rfc3339
from taskyard.api.taskrun import (
    AttemptRecord,
    Header,
    Progress,
    ResultRecord,
    ServiceSeen,
    StoredObject,
    TaskInput,
    TaskRun,
    TaskRunSpec,
    TaskRunStatus,
)
from taskyard.api.taskservice import (
    Backoff,
    Deadlines,
    Gpu,
    OutOfMemoryRetry,
    Queue,
    Resources,
    Retention,
    Retries,
    Task,
    TaskService,
    TaskServiceSpec,
)
from taskyard_operator.crds import crd
from tests.core.tables import table

Json = dict[str, Any]

TEXT = st.text(max_size=20)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
SECONDS = st.integers(1, 30 * 24 * 3600)
FACTORS = st.floats(1, 10)
QUANTITIES = st.sampled_from(["500m", "2", "4Gi", "1e3"])
AMOUNTS = st.dictionaries(st.sampled_from(["cpu", "memory", "example.com/x"]), QUANTITIES)
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
OPEN = st.dictionaries(
    TEXT, st.none() | st.integers() | TEXT | st.lists(TEXT, max_size=2), max_size=3
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


OBJECTS = st.builds(
    StoredObject,
    key=st.text(min_size=1, max_size=9),
    size=st.integers(0),
    sha256=DIGESTS,
    content_type=TEXT,
)
DEADLINES = st.builds(Deadlines, queue=maybe(SECONDS), start=maybe(SECONDS), run=maybe(SECONDS))
URLS = st.sampled_from(["https://hooks.example", "http://localhost:80/a?b=c"])
CALLBACKS = st.builds(
    Callback,
    url=URLS,
    states=maybe(st.lists(st.sampled_from(list(Phase)), min_size=1, unique=True)),
)
DELIVERIES = st.builds(
    Delivery,
    phase=st.sampled_from(list(Phase)),
    since=TIMES,
    until=TIMES,
    attempts=st.integers(0),
    next_attempt_at=maybe(TIMES),
    delivered_at=maybe(TIMES),
    given_up_at=maybe(TIMES),
    message=maybe(TEXT),
)
METADATA = st.builds(Metadata, name=st.just("name"))
INPUTS = st.builds(TaskInput, inline=OPEN) | st.builds(TaskInput, object=OBJECTS)
CONDITIONS = st.builds(
    StatusCondition,
    type=TEXT,
    status=st.sampled_from(["True", "False", "Unknown"]),
    reason=TEXT,
    message=st.text().map(bounded),
    lastTransitionTime=TIMES,
    observed_generation=maybe(st.integers(0)),
)
ATTEMPTS = st.builds(
    AttemptRecord,
    number=st.integers(1, 256),
    job=TEXT,
    pod=maybe(TEXT),
    node=maybe(TEXT),
    started_at=maybe(TIMES),
    finished_at=maybe(TIMES),
    reason=maybe(TEXT),
    exit_code=maybe(st.integers(0, 255)),
)
HEADERS = st.builds(
    Header,
    name=st.from_regex(r"\A[a-z0-9-]{1,64}\Z"),
    value=st.from_regex(r"\A[ -~]{0,99}\Z"),
)
RESULTS = st.builds(
    ResultRecord,
    key=st.text(min_size=1, max_size=9),
    size=st.integers(0),
    sha256=DIGESTS,
    content_type=TEXT,
    status_code=st.integers(200, 599),
    file_name=maybe(TEXT),
    headers=maybe(st.lists(HEADERS, max_size=3)),
)
STATUSES = st.builds(
    TaskRunStatus,
    phase=maybe(st.sampled_from(list(Phase))),
    conditions=st.lists(CONDITIONS, max_size=3, unique_by=lambda condition: condition.type),
    reason=maybe(TEXT),
    message=maybe(st.text().map(bounded)),
    attempt=maybe(st.integers(1)),
    attempts=st.lists(ATTEMPTS, max_size=3),
    progress=maybe(st.builds(Progress, fraction=maybe(st.floats(0, 1)), message=maybe(TEXT))),
    result=maybe(RESULTS),
    queued_at=maybe(TIMES),
    started_at=maybe(TIMES),
    finished_at=maybe(TIMES),
    service=maybe(st.builds(ServiceSeen, generation=st.integers(1), image=TEXT)),
    callback=maybe(
        st.builds(
            CallbackStatus,
            url=URLS,
            deliveries=st.lists(DELIVERIES, max_size=3, unique_by=lambda told: told.phase),
        )
    ),
    observed_generation=maybe(st.integers(1)),
)
RUNS = st.builds(
    TaskRun,
    metadata=METADATA,
    spec=st.builds(
        TaskRunSpec,
        service=st.from_regex(r"[a-z0-9]([-a-z0-9]{0,9}[a-z0-9])?", fullmatch=True),
        task=NAMES,
        input=INPUTS,
        priority=maybe(st.integers(-1000, 1000)),
        deadlines=maybe(DEADLINES),
        callback=maybe(CALLBACKS),
        retry_of=maybe(TEXT),
        cancel=maybe(st.booleans()),
    ),
    status=STATUSES,
)
RETRIES = st.builds(
    Retries,
    limit=st.integers(0, 100),
    disruptions=st.integers(0, 100),
    backoff=st.builds(Backoff, initial=SECONDS, factor=FACTORS, max=SECONDS),
    on=maybe(st.lists(TEXT, max_size=3)),
    out_of_memory=maybe(st.builds(OutOfMemoryRetry, factor=FACTORS, max=QUANTITIES)),
)
TASKS = st.builds(
    Task,
    name=NAMES,
    route=maybe(st.sampled_from(["/a", "/v1/chat.completions", "/A_b-c"])),
    description=maybe(TEXT),
    input=OPEN,
    output=OPEN,
    deadlines=maybe(DEADLINES),
    retries=maybe(RETRIES),
)
SERVICES = st.builds(
    TaskService,
    metadata=METADATA,
    spec=st.builds(
        TaskServiceSpec,
        image=st.text(min_size=1, max_size=20),
        entrypoint=st.sampled_from(["service:Summarizer", "pkg.sub.mod:_C1"]),
        tasks=st.lists(TASKS, min_size=1, max_size=3, unique_by=lambda task: task.name),
        resources=st.builds(Resources, requests=AMOUNTS, limits=AMOUNTS),
        gpu=maybe(st.builds(Gpu, count=st.integers(1, 64), type=maybe(TEXT))),
        pod_template=maybe(OPEN),
        queue=maybe(
            st.builds(
                Queue,
                max_concurrent=maybe(st.integers(1, 10**5)),
                local_queue=maybe(TEXT),
                priority_class=maybe(TEXT),
            )
        ),
        deadlines=maybe(DEADLINES),
        retries=maybe(RETRIES),
        retention=maybe(st.builds(Retention, task_run=maybe(SECONDS), result=maybe(SECONDS))),
        callback=maybe(CALLBACKS),
        cancel_grace=maybe(st.integers(0, 3600)),
    ),
)


def validator_of(kind: Kind) -> Draft202012Validator:
    """The schema of a definition, as strict as the API server is with `fieldValidation=Strict`."""
    root = crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return Draft202012Validator(_closed(root), format_checker=Draft202012Validator.FORMAT_CHECKER)


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


class TestEveryInstanceIsAccepted:
    run = validator_of(TaskRun)
    service = validator_of(TaskService)

    @settings(deadline=None, max_examples=50)
    @given(RUNS)
    def test_of_a_run(self, run: TaskRun) -> None:
        wire = run.to_wire()
        del wire["metadata"]  # the API server's own
        self.run.validate(wire)

        assert TaskRun.model_validate(run.to_wire()).to_wire() == run.to_wire()

    @settings(deadline=None, max_examples=50)
    @given(RUNS)
    def test_of_a_run_as_a_manifest(self, run: TaskRun) -> None:
        manifest = run.manifest()
        self.run.validate({**manifest, "metadata": {}})

        assert TaskRun.model_validate(manifest).spec == run.spec

    @settings(deadline=None, max_examples=50)
    @given(SERVICES)
    def test_of_a_service(self, service: TaskService) -> None:
        wire = service.to_wire()
        del wire["metadata"]
        self.service.validate(wire)

        assert TaskService.model_validate(service.to_wire()) == service

    @settings(deadline=None, max_examples=50)
    @given(SERVICES)
    def test_of_a_service_as_a_manifest(self, service: TaskService) -> None:
        manifest = service.manifest()
        self.service.validate({**manifest, "metadata": {}})

        assert TaskService.model_validate(manifest).spec == service.spec


def a_service_with(**fields: Any) -> Json:
    spec = {"image": "i", "entrypoint": "a:B", "tasks": [{"name": "t"}]}
    return {"metadata": {"name": "a"}, "spec": spec | fields}


@table(
    {
        "a service": a_service_with(),
        "an amount in words": a_service_with(resources={"limits": {"cpu": "2"}}),
        "an amount as a number": a_service_with(resources={"limits": {"cpu": 2}}),
        "memory for a retry as a number": a_service_with(
            retries={"outOfMemory": {"factor": 2, "max": 8 * 2**30}}
        ),
        "a long amount": a_service_with(resources={"limits": {"cpu": "0" * 40 + "1"}}),
        "a field of a newer version": a_service_with(more=1),
    }
)
def test_what_the_schema_accepts_the_model_reads(case: Json) -> None:
    service = {"spec": {k: v for k, v in case["spec"].items() if k != "more"}}
    assert not list(validator_of(TaskService).iter_errors(service))

    TaskService.model_validate(case)


class TestARun:
    def test_that_nobody_has_looked_at_is_queued(self) -> None:
        spec = {"service": "a", "task": "t", "input": {"inline": {}}}

        run = TaskRun.model_validate({"metadata": {"name": "a"}, "spec": spec})

        assert run.phase is Phase.QUEUED
        assert not run.status.terminal

    def test_in_a_phase_of_a_newer_version_is_not_read(self) -> None:
        spec = {"service": "a", "task": "t", "input": {"inline": {}}}
        newer = {"metadata": {"name": "a"}, "spec": spec, "status": {"phase": "Paused"}}

        with pytest.raises(ValidationError, match="'Paused' is not a valid Phase"):
            TaskRun.model_validate(newer)

    def test_keeps_its_labels_in_its_manifest(self) -> None:
        run = TaskRun(
            metadata=Metadata(name="a", labels={"app": "x"}),
            spec=TaskRunSpec(service="a", task="t", input=TaskInput(inline={"x": None})),
        )

        assert run.manifest() == {
            "apiVersion": "taskyard.dev/v1alpha1",
            "kind": "TaskRun",
            "metadata": {"name": "a", "labels": {"app": "x"}},
            "spec": {"service": "a", "task": "t", "input": {"inline": {"x": None}}},
        }


class TestAService:
    @pytest.mark.parametrize(("route", "path"), [(None, "/t"), ("/v1/t", "/v1/t")])
    def test_serves_a_task_at_its_route_or_its_name(self, route: str | None, path: str) -> None:
        service = TaskService.model_validate(a_service_with(tasks=[{"name": "t", "route": route}]))

        task = service.spec.task("t")
        assert task
        assert task.path == path
        assert service.spec.task("other") is None

    def test_says_in_its_manifest_only_what_is_not_taken_for_granted(self) -> None:
        spec = cast("Json", TaskService.model_validate(a_service_with()).manifest()["spec"])

        assert spec == {"image": "i", "entrypoint": "a:B", "tasks": [{"name": "t"}]}


@table(
    {
        "in UTC": UTC,
        "elsewhere": timezone(timedelta(hours=2)),
    }
)
def test_a_time_is_written_as_the_instant_it_is(case: timezone) -> None:
    when = datetime(2026, 11, 24, 5, 0, tzinfo=case)

    assert datetime.fromisoformat(rfc3339(when)) == when
