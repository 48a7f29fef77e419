"""What a server of one machine is told when it is started."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path

import psutil
import yaml
from pydantic import ValidationError

from taskyard.api.taskservice import TaskService
from taskyard_operator.local.capacity import Machine
from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.webhooks.keys import KEYS_VARIABLE
from taskyard_operator.webhooks.settings import WebhookSettings

NAMESPACE = "local"
"""The one namespace that there is on one machine."""


def this_machine(workers: int | None = None, gpus: Sequence[str] = ()) -> Machine:
    """What this machine has; `workers` tasks at once at most, or as many as it has CPUs."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    slots = workers or cpus
    # Who asks for more workers than there are CPUs means tasks that wait for something else.
    return Machine(Decimal(max(cpus, slots)), psutil.virtual_memory().total, tuple(gpus), slots)


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Where things are, and how much there is of them.

    Args:
        services: the services to serve.
        modules: the folder with their modules.
        data: the folder for all that outlives the server.
        host: the address to listen on.
        port: the port; 0 for any that is free.
        machine: what tasks may use at the same time.
        keep_warm: seconds that a process of a warm service stays while it has nothing to do.
        store: the bucket for objects; a folder of the data where it is None.
        log_level: of the server's own log.
        webhooks: whether callbacks are told, and where they may be.
    """

    services: Sequence[TaskService]
    modules: Path
    data: Path
    host: str
    port: int
    machine: Machine
    keep_warm: float = 900.0
    store: StorageSettings | None = None
    log_level: str = "WARNING"
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)


def webhooks_on_this_machine(environment: Mapping[str, str]) -> WebhookSettings:
    """Webhooks are on where there is a key, and also go to receivers on this very machine, without TLS."""
    return WebhookSettings(
        enabled=bool(environment.get(KEYS_VARIABLE)),
        allow_http=True,
        allowed_networks=[ip_network("127.0.0.0/8"), ip_network("::1/128")],
    )


def read_store(url: str, environment: Mapping[str, str]) -> StorageSettings | None:
    """The bucket of a URL; an S3 server that is not Amazon's is named as its own tools are told.

    Raises:
        ValueError: it names none.
    """
    if not url:
        return None
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    given = {"url": url, "endpoint": endpoint, "region": environment.get("AWS_REGION")}
    try:
        return StorageSettings.model_validate({k: v for k, v in given.items() if v})
    except ValidationError:
        raise ValueError(
            f"--store {url!r} names no bucket; say s3://bucket/prefix, gs://… or az://…"
        ) from None


def read_services(file: Path) -> list[TaskService]:
    """The services in a file of manifests, as `taskyard manifest` writes them.

    Raises:
        ValueError: it cannot be read; the message says why.
    """
    try:
        documents = [document for document in yaml.safe_load_all(file.read_text()) if document]
        services = [TaskService.model_validate(document) for document in documents]
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ValueError(f"the manifests in {file} cannot be read: {error}") from error
    return [_as_served(service) for service in services]


def _as_served(service: TaskService) -> TaskService:
    fields = {"namespace": NAMESPACE, "generation": 1, "resource_version": "1"}
    return service.model_copy(update={"metadata": service.metadata.model_copy(update=fields)})
