"""What a status may say, and that a finished one stays."""

import json
from typing import Any

import httpx

from tests.api.constraints.manifests import RUNS, STORED, Json, patched
from tests.cluster.kubectl import Kubectl
from tests.core.builders import SHA256
from tests.core.tables import table

TOLD: Json = {
    "phase": "Succeeded",
    "since": "2026-11-24T05:00:00Z",
    "until": "2026-11-25T05:00:00Z",
}


class TestStatus:
    def written(self, api_server: httpx.Client, place: str, name: str, status: Any) -> str:
        return patched(api_server, place, name, {"status": status}, "/status")

    @table(
        {
            "from none to Queued": ("in-none", "Queued"),
            "from none to Succeeded": ("in-none", "Succeeded"),
            "from Queued to Starting": ("in-queued", "Starting"),
            "from Starting to Running": ("in-starting", "Running"),
            "from Running back to Starting": ("in-running", "Starting"),
            "from Running to Failed": ("in-running", "Failed"),
            "from Running to none": ("in-running", None),
            "from Succeeded to Succeeded": ("in-succeeded", "Succeeded"),
        }
    )
    def test_a_phase_turns(
        self, api_server: httpx.Client, phases: str, case: tuple[str, str | None]
    ) -> None:
        name, phase = case

        assert self.written(api_server, phases, name, {"phase": phase}) == ""

    @table(
        {
            "from Succeeded to Failed": ("in-succeeded", {"phase": "Failed"}),
            "from Succeeded to Running": ("in-succeeded", {"phase": "Running"}),
            "from Failed to Succeeded": ("in-failed", {"phase": "Succeeded"}),
            "from Failed to Queued": ("in-failed", {"phase": "Queued"}),
            "from Cancelled to Running": ("in-cancelled", {"phase": "Running"}),
            "from Succeeded to none": ("in-succeeded", {"phase": None}),
            "from Cancelled to no status at all": ("in-cancelled", None),
        }
    )
    def test_a_terminal_phase_does_not_turn(
        self, api_server: httpx.Client, phases: str, case: tuple[str, Any]
    ) -> None:
        name, status = case

        assert "a finished run stays as it ended" in self.written(api_server, phases, name, status)

    def test_a_finished_run_may_still_be_archived(
        self, api_server: httpx.Client, phases: str
    ) -> None:
        archived = {
            "type": "Archived",
            "status": "True",
            "lastTransitionTime": "2026-11-24T05:00:00Z",
        }

        assert self.written(api_server, phases, "in-succeeded", {"conditions": [archived]}) == ""

    def test_a_finished_run_may_still_tell_of_its_callback(
        self, api_server: httpx.Client, phases: str
    ) -> None:
        told = TOLD | {"attempts": 1, "deliveredAt": "2026-11-24T05:00:01Z"}
        callback = {"url": "https://example", "deliveries": [told]}

        assert self.written(api_server, phases, "in-succeeded", {"callback": callback}) == ""

    @table(
        {
            "a phase that is none": ({"phase": "Done"}, "status.phase: Unsupported value"),
            "a message too long": ({"message": "m" * 1025}, "status.message: Too long"),
            "a reason too long": ({"reason": "r" * 65}, "status.reason: Too long"),
            "a fraction beyond the whole": ({"progress": {"fraction": 1.1}}, "progress.fraction"),
            "an attempt of no number": ({"attempts": [{"number": 0, "job": "a"}]}, "number"),
            "an attempt without its Job": ({"attempts": [{"number": 1}]}, "job: Required value"),
            "257 attempts": (
                {"attempts": [{"number": 1, "job": "a"}] * 257},
                "status.attempts: Too many",
            ),
            "a condition twice": (
                {
                    "conditions": [
                        {
                            "type": "Succeeded",
                            "status": "True",
                            "lastTransitionTime": "2026-11-24T05:00:00Z",
                        }
                    ]
                    * 2
                },
                "Duplicate value",
            ),
            "a condition that is neither true nor false": (
                {
                    "conditions": [
                        {
                            "type": "Succeeded",
                            "status": "Maybe",
                            "lastTransitionTime": "2026-11-24T05:00:00Z",
                        }
                    ]
                },
                "status: Unsupported value",
            ),
            "a time in words": ({"startedAt": "noon"}, "status.startedAt: Invalid value"),
            "a result without a digest": (
                {"result": {"key": "k", "size": 1}},
                "result.sha256: Required value",
            ),
            "a result with an HTTP status that is none": (
                {"result": {"key": "k", "size": 1, "sha256": SHA256, "statusCode": 99}},
                "result.statusCode: Invalid value",
            ),
            "one phase that is told twice": (
                {"callback": {"url": "https://example", "deliveries": [TOLD] * 2}},
                "Duplicate value",
            ),
            "a phase told without a time": (
                {"callback": {"url": "https://example", "deliveries": [{"phase": "Failed"}]}},
                "since: Required value",
            ),
            "too long a word on a delivery": (
                {
                    "callback": {
                        "url": "https://example",
                        "deliveries": [TOLD | {"message": "m" * 257}],
                    }
                },
                "message: Too long",
            ),
            "a service seen without its image": (
                {"service": {"generation": 1}},
                "service.image: Required value",
            ),
        }
    )
    def test_refused(self, api_server: httpx.Client, phases: str, case: tuple[Json, str]) -> None:
        status, why = case

        assert why in self.written(api_server, phases, "in-running", status)

    def test_a_status_of_all_fields_is_accepted(
        self, api_server: httpx.Client, phases: str
    ) -> None:
        time = "2026-11-24T05:00:00Z"
        status = {
            "phase": "Succeeded",
            "conditions": [{"type": "Succeeded", "status": "True", "lastTransitionTime": time}],
            "reason": "r" * 64,
            "message": "ü" * 1024,
            "attempts": [{"number": 256, "job": "a", "startedAt": time, "exitCode": 0}],
            "progress": {"fraction": 1, "message": "done"},
            "result": STORED | {"statusCode": 599, "fileName": "f" * 255},
            "queuedAt": time,
            "startedAt": time,
            "finishedAt": time,
            "service": {"generation": 1, "image": "i"},
            "callback": {"url": "https://example", "deliveries": [TOLD | {"nextAttemptAt": time}]},
            "observedGeneration": 1,
        }

        assert self.written(api_server, phases, "in-running", status) == ""

    def test_a_status_is_not_taken_with_the_spec(self, api: Kubectl, phases: str) -> None:
        args = ("patch", RUNS, "in-queued", "-n", phases, "--type=merge", "-p")
        api(*args, json.dumps({"status": {"phase": "Succeeded"}}))

        run = api.json("get", RUNS, "in-queued", "-n", phases)
        assert run["status"]["phase"] == "Queued"
