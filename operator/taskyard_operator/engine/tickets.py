"""The ticket of an attempt: where its input is, and the URLs for just the objects it may write."""

from taskyard.api.runner import InputSource, Ticket
from taskyard.api.taskrun import TaskInput, TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.keys import log_key, outputs_key, progress_key, result_key
from taskyard_operator.core.policy import policy_of
from taskyard_operator.core.runner_limits import RunnerLimits
from taskyard_operator.ports import ObjectStore


async def write_ticket(
    run: TaskRun, service: TaskService, number: int, objects: ObjectStore, limits: RunnerLimits
) -> Ticket:
    """The orders for attempt `number` of `run`."""
    place = run.metadata.namespace, run.metadata.name, number
    keys = result_key(*place), log_key(*place), progress_key(*place), outputs_key(*place)
    result, log, progress, outputs = await objects.urls_to_put(keys)
    return Ticket(
        namespace=run.metadata.namespace,
        run=run.metadata.name,
        attempt=number,
        entrypoint=service.spec.entrypoint,
        task=run.spec.task,
        input=await _input_source(run.spec.input, objects),
        result_url=result,
        log_url=log,
        progress_url=progress,
        outputs_url=outputs,
        cancel_grace=policy_of(run, service).cancel_grace.total_seconds(),
        max_result_bytes=limits.result_bytes,
        max_log_bytes=limits.log_bytes,
        max_outputs_bytes=limits.outputs_bytes,
    )


async def _input_source(source: TaskInput, objects: ObjectStore) -> InputSource:
    if source.object is None:
        return InputSource(inline=source.inline or {})
    return InputSource(
        url=await objects.url_to_get(source.object.key),
        size=source.object.size,
        sha256=source.object.sha256,
        content_type=source.object.content_type,
    )
