"""All settings, read from one YAML file; a word that is not known stops the process at its start.

Those of the gateway, the object store and webhooks stand where they are used.
Credentials are not among them: the object store's come from the environment (the variables of its
own tools, such as AWS_ACCESS_KEY_ID), and so do the keys of webhooks (`webhooks/keys.py`); the API
server's come from the pod's ServiceAccount.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from taskyard_operator.core.election import Terms
from taskyard_operator.core.job import JobSettings
from taskyard_operator.core.liveness import LivenessLimits
from taskyard_operator.core.progress import ProgressSettings
from taskyard_operator.core.retention import Retention, RetentionSettings
from taskyard_operator.core.runner_limits import RunnerLimits
from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.section import Section
from taskyard_operator.webhooks.settings import WebhookSettings

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class LeaderElectionSettings(Section):
    """Which of several controllers for the same namespaces works, while the others stand by."""

    enabled: bool = False
    """Off: this process works at once, and there should be no other."""
    lease_name: Annotated[str, Field(min_length=1)] = "taskyard-controller"
    """The Lease that all of them try to hold."""
    namespace: str | None = None
    """The Lease's namespace; by default that of the pod."""
    lease_seconds: Annotated[int, Field(ge=3, le=600)] = 15
    """How long a leader that says nothing is waited for."""
    renew_seconds: Annotated[float, Field(ge=1)] = 5.0
    """How often a leader says that it is there. It stops by itself so long before it can be replaced."""

    @model_validator(mode="after")
    def _has_time_for_a_second_try(self) -> Self:
        if self.lease_seconds < 3 * self.renew_seconds:
            raise ValueError("leaseSeconds must be at least three times renewSeconds")
        return self

    @property
    def terms(self) -> Terms:
        """What the core needs of it to decide who leads."""
        return Terms(lease=self.lease_seconds, renew=self.renew_seconds)


class LivenessSettings(Section):
    """When the liveness probe of the controller fails, so that it is restarted."""

    listing_seconds: Annotated[float, Field(ge=600)] = 900.0
    """Age of the last listing of everything, or how long the first one lasts.

    Three times `resyncSeconds` where that is longer.
    """
    stuck_seconds: Annotated[float, Field(ge=120)] = 300.0
    """There is work, and no look at any run has ended for so long."""
    look_seconds: Annotated[float, Field(ge=600)] = 900.0
    """One look at one run lasts so long."""
    watch_seconds: Annotated[float, Field(ge=600)] = 900.0
    """A listing has shown what a watch had not brought, and it has brought nothing for so long since.

    A watch that was cut off without a word is made anew after 310 seconds at the latest.
    """


class ControllerSettings(Section):
    """The controller."""

    namespaces: list[str] = Field(default_factory=list)
    """The namespaces to serve; none means all of the cluster."""
    max_concurrent_per_namespace: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """The most runs of a namespace that have an attempt at once; None for no limit."""
    workers: Annotated[int, Field(ge=1, le=256)] = 16
    """How many runs are looked at concurrently."""
    resync_seconds: Annotated[float, Field(ge=10)] = 300.0
    """How often everything is listed again, in case the watch missed something."""
    progress_seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0
    """How often the progress of a running task is read and told in its status, at most; 0 for never."""
    progress_reads_per_second: Annotated[float, Field(gt=0, le=1000)] = 20.0
    """The most such reads in a second, of all tasks together."""
    probe_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port of /livez and /readyz; 0 for none."""
    gpu_type_label: str = "nvidia.com/gpu.product"
    """The node label that a service's `gpu.type` selects on."""
    log_tail_bytes: Annotated[int, Field(ge=0, le=16 * 1024**2)] = 1024**2
    """How much of a pod's log is saved where its runner left no report and no log; 0 for none."""
    max_result_bytes: Annotated[int, Field(ge=1)] = 5 * 1024**3
    """Largest result of a task; S3 takes no more in one piece. A larger one ends the run as TaskError."""
    max_log_bytes: Annotated[int, Field(ge=4096)] = 16 * 1024**2
    """Longest log of an attempt that is stored: its beginning and its end; the middle is left out."""
    max_outputs_bytes: Annotated[int, Field(ge=4096, le=1024**3)] = 16 * 1024**2
    """Most bytes of all outputs of an attempt, as lines of JSON; they are stored anew as they grow."""
    job_ttl_seconds: Annotated[int, Field(ge=3600)] = 7 * 24 * 3600
    """A backstop: when a finished Job is removed though its TaskRun is still there."""

    leader_election: LeaderElectionSettings = Field(default_factory=LeaderElectionSettings)
    """Whether other controllers of the same namespaces stand by."""
    liveness: LivenessSettings = Field(default_factory=LivenessSettings)
    """When it is better to start anew."""

    @field_validator("namespaces")
    @classmethod
    def _names_each_once(cls, names: list[str]) -> list[str]:
        for name in names:
            if not _NAMESPACE.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a namespace")
            if names.count(name) > 1:
                raise ValueError(f"{name} is named twice; name each namespace once")
        return names

    @property
    def progress(self) -> ProgressSettings:
        """What the engine needs of it to tell progress."""
        return ProgressSettings(self.progress_seconds, self.progress_reads_per_second)

    @property
    def runner(self) -> RunnerLimits:
        """What a ticket tells a runner of it."""
        return RunnerLimits(
            result_bytes=self.max_result_bytes,
            log_bytes=self.max_log_bytes,
            outputs_bytes=self.max_outputs_bytes,
        )

    @property
    def jobs(self) -> JobSettings:
        """What the core needs of it to build Jobs."""
        return JobSettings(gpu_type_label=self.gpu_type_label, ttl=self.job_ttl_seconds)

    @property
    def limits(self) -> LivenessLimits:
        """What the engine needs of it to answer the liveness probe."""
        return LivenessLimits(
            listing=max(self.liveness.listing_seconds, 3 * self.resync_seconds),
            stuck=self.liveness.stuck_seconds,
            look=self.liveness.look_seconds,
            watch=self.liveness.watch_seconds,
        )


class RetentionSection(Section):
    """How long what has ended is kept; a service may say otherwise for its own runs."""

    task_run_seconds: Annotated[int, Field(ge=1, le=30 * 24 * 3600)] = 24 * 3600
    """How long a finished TaskRun stays in the cluster, with its Job and pod."""
    result_seconds: Annotated[int, Field(ge=1, le=30 * 24 * 3600)] = 7 * 24 * 3600
    """How long input, results, logs and record of a run stay in the object store after its end."""
    archive_patience_seconds: Annotated[int, Field(ge=0, le=3600)] = 120
    """How long after its end a run waits to be called ended, while the object store is away."""
    deletions_per_second: Annotated[float, Field(gt=0, le=1000)] = 20.0
    """Most TaskRuns to delete in a second."""
    sweep_seconds: Annotated[int, Field(ge=1, le=24 * 3600)] = 300
    """How often expired data is looked for."""

    @property
    def defaults(self) -> Retention:
        """What holds where a service says nothing."""
        return Retention(
            timedelta(seconds=self.task_run_seconds), timedelta(seconds=self.result_seconds)
        )

    @property
    def of_engine(self) -> RetentionSettings:
        """What the engine needs of it."""
        return RetentionSettings(
            defaults=self.defaults,
            archive_patience=timedelta(seconds=self.archive_patience_seconds),
            deletions_per_second=self.deletions_per_second,
            sweep_interval=timedelta(seconds=self.sweep_seconds),
        )


class MetricsSettings(Section):
    """What Prometheus is told, by the controller and by the gateway."""

    port: Annotated[int, Field(ge=0, le=65535)] = 9090
    """Port of /metrics; 0 for none."""
    max_label_sets: Annotated[int, Field(ge=1, le=10_000)] = 500
    """The most tasks with series of their own; all others are counted together, as `other`."""


class Settings(Section):
    """The whole of it."""

    storage: StorageSettings
    controller: ControllerSettings = Field(default_factory=ControllerSettings)
    gateway: GatewaySettings = Field(default_factory=GatewaySettings)
    retention: RetentionSection = Field(default_factory=RetentionSection)
    metrics: MetricsSettings = Field(default_factory=MetricsSettings)
    webhooks: WebhookSettings = Field(default_factory=WebhookSettings)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _has_metrics_on_a_port_of_their_own(self) -> Self:
        if self.metrics.port and self.metrics.port in (
            self.gateway.port,
            self.controller.probe_port,
        ):
            raise ValueError("metrics.port must be none of gateway.port and controller.probePort")
        return self


def load_settings(path: Path) -> Settings:
    """Read the settings file.

    Raises:
        ValueError: it cannot be read; the message names each field that is wrong, and how.
    """
    try:
        data: Any = yaml.safe_load(path.read_text())
        return Settings.model_validate(data or {})
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(f"the settings file {path} cannot be read: {error}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ValueError(f"the settings file {path} is wrong: {faults}") from error
