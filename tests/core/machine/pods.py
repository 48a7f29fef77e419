"""What can be told of a Pod or a Job by a look at it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.core.manifests import APod


def running(pod: APod) -> bool:
    return bool(pod["status"]["phase"] == "Running")


def finished(pod: APod) -> bool:
    return pod["status"]["phase"] in ("Succeeded", "Failed")


def has_succeeded(pod: APod) -> bool:
    return bool(pod["status"]["phase"] == "Succeeded")


def deleted_pod(pod: APod) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def gone_by(pod: APod) -> datetime:
    return datetime.fromisoformat(pod["metadata"]["deletionTimestamp"])


def is_dead(pod: APod) -> bool:
    """Whether its node is dead: nothing of it will ever be heard."""
    return bool(pod.get("dead"))


def pod_of(job: Mapping[str, Any], number: int) -> APod:
    """The pod that the Job controller makes; `job` says whose it is."""
    template = job["spec"]["template"]
    metadata = {
        "name": f"{job['metadata']['name']}-{number}",
        "namespace": "team",
        "uid": f"pod-{number}",
        "labels": template["metadata"]["labels"],
        "creationTimestamp": job["metadata"]["creationTimestamp"],
    }
    uid = job["metadata"]["uid"]
    return APod(metadata=metadata, spec={}, status={"phase": "Pending"}, job=uid)


def job_owner(job: Mapping[str, Any]) -> str:
    return str(job["metadata"]["ownerReferences"][0]["uid"])


def ended_job(job: Mapping[str, Any]) -> bool:
    return any(
        said["type"] in ("Complete", "Failed") for said in job["status"].get("conditions", [])
    )


def is_complete(job: Mapping[str, Any]) -> bool:
    return any(said["type"] == "Complete" for said in job["status"].get("conditions", []))
