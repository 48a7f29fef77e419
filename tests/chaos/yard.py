"""Submits cases to an installation, does to them what they ask for, and tells how they ended."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from obstore.store import S3Store

from taskyard.api.names import GROUP, LABEL_ATTEMPT, LABEL_RUN, VERSION
from taskyard.api.reasons import TERMINAL
from tests.chaos.api import Manifest, NamespaceApi
from tests.chaos.cases import WITHOUT_RUNNER, Case, Status
from tests.chaos.watching import Watch
from tests.e2e.installation import Installation

RUNS = f"{GROUP}/{VERSION}/taskruns"
SERVICES = f"{GROUP}/{VERSION}/taskservices"
JOBS = "batch/v1/jobs"
PODS = "v1/pods"
PATIENCE = 240
LICENCE = "example.com/licence"
"""A resource of which the namespace's quota allows none."""
AT_A_TIME = 10
"""Runs with a container that are under way at once: with more each would start too late to be timed."""


class Run:
    """How the run of a case went."""

    def __init__(self, yard: Yard, name: str) -> None:
        self._yard = yard
        self.name = name

    @property
    def statuses(self) -> list[Status]:
        """All statuses it had, oldest first."""
        versions = self._yard.runs.of(self.name)
        return [seen.manifest["status"] for seen in versions if "status" in seen.manifest]

    @property
    def status(self) -> Status:
        """The last one."""
        return self.statuses[-1]

    @property
    def end(self) -> tuple[str, str]:
        """Phase and reason: `("Failed", "TaskError")`."""
        return self.status["phase"], self.status.get("reason", "")

    @property
    def created(self) -> datetime:
        versions = self._yard.runs.of(self.name)
        return datetime.fromisoformat(versions[0].manifest["metadata"]["creationTimestamp"])

    @property
    def message(self) -> str:
        return str(self.status.get("message", ""))

    @property
    def attempts(self) -> list[dict[str, Any]]:
        return list(self.status.get("attempts", []))

    @property
    def reasons(self) -> list[str]:
        """How its attempts ended, one word each; an empty one for success."""
        return [attempt.get("reason", "") for attempt in self.attempts]

    def first_with(self, **fields: Any) -> tuple[datetime, Status]:
        """When a status with these fields was first seen, and the status."""
        for seen in self._yard.runs.of(self.name):
            status = seen.manifest.get("status", {})
            if fields.items() <= status.items():
                return seen.at, status
        pytest.fail(f"{self.name} was never seen with {fields}: {self.statuses}")

    def time(self, field: str, attempt: int = 1) -> datetime:
        """A time in the record of an attempt."""
        return datetime.fromisoformat(self.attempts[attempt - 1][field])

    def stored(self, what: str, attempt: int = 1) -> bytes:
        """The log, result or progress of an attempt, as it is in the object store."""
        return self._yard.stored(self.name, what, attempt)

    def job(self, attempt: int) -> Manifest:
        return self._yard.api.get(JOBS, f"{self.name}-{attempt}")

    def printed(self) -> str:
        """What the pods that are left of it have printed, for a test that fails."""
        pods = self._yard.api.list(PODS, f"{LABEL_RUN}={self.name}")["items"]
        return "\n".join(self._yard.api.pod_log(pod["metadata"]["name"]) for pod in pods)

    def pods(self) -> list[int]:
        """The attempt of each pod that it ever had."""
        return sorted(
            int(pod["metadata"]["labels"][LABEL_ATTEMPT])
            for pod in self._yard.pods.all()
            if pod["metadata"]["labels"].get(LABEL_RUN) == self.name
        )


@dataclass(frozen=True)
class Trouble:
    """The service `Trouble` as a manifest, with an image that pods can pull."""

    manifest: Manifest
    image: str
    without_runner: str
    """An image in which there is only Python."""


class Yard:
    """Runs cases, a bounded number at a time."""

    def __init__(self, installation: Installation, api: NamespaceApi, trouble: Trouble) -> None:
        self.installation = installation
        self.api = api
        self.trouble = trouble
        self._services: dict[str, str] = {}
        self._making_service = threading.Lock()
        self._acts: dict[str, Case] = {}
        self._done: dict[str, Future[None]] = {}
        self._started: set[str] = set()
        self._submitting: list[threading.Thread] = []
        self._given_up: list[BaseException] = []
        self._doers = ThreadPoolExecutor(AT_A_TIME * 2, thread_name_prefix="act")
        self.pods = Watch(api, PODS)
        self.runs = Watch(api, RUNS, self._on_run)

    def close(self) -> None:
        self.runs.close()
        self.pods.close()
        self._doers.shutdown(wait=False, cancel_futures=True)

    def submit_in_time(self, cases: Sequence[Case]) -> None:
        """Submit cases from a thread, as fast as the machine takes them."""
        thread = threading.Thread(target=self._submit_all, args=(cases,), daemon=True)
        self._submitting.append(thread)
        thread.start()

    def submit(self, *cases: Case) -> None:
        """Submit cases now."""
        for case in cases:
            self._submit(case)

    def ended(self, case: Case) -> Run:
        """The run of a case, once it has ended and all was done to it."""
        run = Run(self, case.name)
        waited = self.runs.until(
            lambda: bool(self._given_up) or self._phase(case.name) in TERMINAL, PATIENCE
        )
        assert not self._given_up, self._given_up
        assert waited, f"{case.name} did not end in {PATIENCE} s: {run.statuses[-1:]}"
        if case.once:
            self._done[case.name].result(PATIENCE)
        return run

    def until_quiet(self) -> None:
        """Wait until no run has a container any more: what comes now would disturb it."""
        for thread in self._submitting:
            thread.join()
        quiet = self.runs.until(lambda: self._under_way() == 0, PATIENCE)
        assert quiet, f"{self._under_way()} runs did not end in {PATIENCE} s"

    def run(self, case: Case) -> Run:
        """The run of a case, however far it is."""
        return Run(self, case.name)

    def until(self, case: Case, **fields: Any) -> Run:
        """The run of a case, once its status has these fields."""
        run = Run(self, case.name)
        reached = self.runs.until(
            lambda: any(fields.items() <= status.items() for status in run.statuses), PATIENCE
        )
        assert reached, f"{case.name} was never {fields}: {run.statuses[-1:]}"
        return run

    @property
    def store(self) -> S3Store:
        return self.installation.cluster.object_store.store()

    def stored(self, name: str, what: str, attempt: int) -> bytes:
        return bytes(self.store.get(self.key(name, what, attempt)).bytes())

    def key(self, name: str, what: str, attempt: int) -> str:
        """Where the log, result or progress of an attempt is in the object store."""
        namespace = self.installation.namespace
        return f"{namespace}/{namespace}/{name}/{attempt}/{what}"

    def store_input(self, case: Case) -> None:
        """Put the input where the run of the case will look for it."""
        namespace = self.installation.namespace
        self.store.put(f"{namespace}/{namespace}/{case.name}/input", _body(case))

    def _phase(self, name: str) -> str:
        versions = self.runs.of(name)
        return str(versions[-1].manifest.get("status", {}).get("phase", "")) if versions else ""

    def _submit_all(self, cases: Sequence[Case]) -> None:
        try:
            for case in sorted(cases, key=lambda case: not case.waits):
                if not case.waits:
                    self.runs.until(lambda: self._under_way() < AT_A_TIME, PATIENCE)
                self._submit(case)
        except BaseException as error:
            self._given_up.append(error)
            raise

    def _under_way(self) -> int:
        return sum(self._phase(name) not in TERMINAL for name in self._started)

    def _submit(self, case: Case) -> None:
        if case.once:
            self._acts[case.name] = case
            self._done[case.name] = Future()
        if not case.waits:
            self._started.add(case.name)
        spec: Manifest = {
            "service": case.service_name or self._service(case),
            "task": case.task,
            "input": self._input(case),
            "priority": case.priority,
        }
        if case.deadlines:
            spec["deadlines"] = case.deadlines
        self.api.create(RUNS, _manifest("TaskRun", case.name, spec))

    def _input(self, case: Case) -> Manifest:
        if not case.stored_input:
            return {"inline": case.arguments}
        body = _body(case)
        key = f"{self.installation.namespace}/{case.name}/input"
        digest = hashlib.sha256(body).hexdigest()
        return {"object": {"key": key, "size": len(body), "sha256": digest}}

    def service_of(self, case: Case) -> str:
        """The name of the TaskService of a case that was submitted."""
        return self._services[case.variant]

    def _service(self, case: Case) -> str:
        """The TaskService that the case needs, made if it is the first of its kind."""
        with self._making_service:
            if case.variant not in self._services:
                name = f"trouble-{len(self._services)}"
                self.api.create(SERVICES, _manifest("TaskService", name, self._service_spec(case)))
                self._services[case.variant] = name
            return self._services[case.variant]

    def _service_spec(self, case: Case) -> Manifest:
        spec: Manifest = self.trouble.manifest["spec"]
        tasks = [
            task | case.settings if task["name"] == case.task else task for task in spec["tasks"]
        ]
        image = {"image": self.trouble.image, "cancelGrace": 5}
        service = spec | image | {"tasks": tasks} | case.service
        known = json.dumps(service).replace(WITHOUT_RUNNER, self.trouble.without_runner)
        there: Manifest = json.loads(known)
        return there

    def _on_run(self, manifest: Manifest) -> None:
        """Do what the run's case asks for, at the first moment that it waits for."""
        name, status = manifest["metadata"]["name"], manifest.get("status", {})
        case = self._acts.get(name)
        if case and case.once and case.once[0](status):
            del self._acts[name]
            self._doers.submit(self._act, case)

    def _act(self, case: Case) -> None:
        assert case.once
        done = self._done[case.name]
        try:
            case.once[1](self, case.name)
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)


def _body(case: Case) -> bytes:
    return json.dumps(case.arguments).encode()


def _manifest(kind: str, name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }
