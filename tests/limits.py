"""docs/limits.md, made from the settings and the constants that bound something."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from taskyard.api.answer_headers import MAX_HEADER_BYTES, MAX_HEADERS
from taskyard.api.callback import MAX_CALLBACK_URL, MAX_DELIVERY_MESSAGE
from taskyard.api.names import (
    MAX_CONTENT_TYPE,
    MAX_INLINE_ARGUMENTS,
    MAX_INLINE_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_RUN_NAME,
)
from taskyard.api.report import MAX_REPORT_BYTES
from taskyard.api.resource import MAX_LEVELS
from taskyard.api.runner import MAX_OUTPUT_BYTES, MAX_PART_HEADER_BYTES, MAX_PART_HEADERS, MAX_PARTS
from taskyard_operator.engine.sweeper import AT_A_TIME
from taskyard_operator.gateway.listing import MOST_LOOKED_AT
from taskyard_operator.gateway.v1.labels import MAX_LABELS
from taskyard_operator.gateway.validation import MAX_FAULTS
from taskyard_operator.settings import Settings
from tests.markdown import table

BEYOND = {
    "gateway.max_input_bytes": "413, told before the body is sent where its length is",
    "gateway.max_uploads": "the others wait, up to `bodySilenceSeconds`; then 503 with Retry-After",
    "gateway.max_json_bytes": "413",
    "gateway.max_json_depth": "400",
    "gateway.max_picture_bytes": "413",
    "gateway.max_picture_pixels": "400",
    "gateway.max_parts": "413",
    "gateway.max_part_headers": "400",
    "gateway.max_part_header_bytes": "400",
    "gateway.max_head_bytes": "431, and the connection ends",
    "gateway.head_seconds": "408, and the connection ends; without an answer where nothing has come",
    "gateway.body_silence_seconds": "408, and the connection ends",
    "gateway.min_body_bytes_per_second": "408, and the connection ends",
    "gateway.answer_silence_seconds": "the connection ends",
    "gateway.keep_alive_seconds": "the connection ends",
    "gateway.call_seconds": "504 with the id of the task, which goes on",
    "gateway.max_wait_seconds": "the answer comes after that time",
    "gateway.idempotency_seconds": "the key may be used for another task",
    "gateway.max_page_tasks": "400",
    "gateway.max_waited_tasks": "400",
    "gateway.max_cancelled_tasks": "the others go on, and the answer says `more`",
    "gateway.max_streams": "503 with Retry-After",
    "gateway.max_tail_bytes": "lines before that are left out",
    "controller.max_result_bytes": "the run fails: TaskError",
    "controller.max_log_bytes": "the middle is left out, and the log says so",
    "controller.max_outputs_bytes": "the task gets a ValueError for the next one",
    "controller.log_tail_bytes": "what comes before is not saved",
    "controller.max_concurrent_per_namespace": "runs wait: ConcurrencyLimit",
    "controller.progress_reads_per_second": "each is read less often",
    "webhooks.max_concurrent": "deliveries wait",
    "webhooks.timeout_seconds": "tried again later",
    "webhooks.give_up_seconds": "the delivery is given up, and the status says so",
    "metrics.max_label_sets": "later tasks are counted as `other`",
    "retention.deletions_per_second": "what is due goes later",
    "retention.task_run_seconds": "the TaskRun is deleted; the gateway answers from the record",
    "retention.result_seconds": "410: the data is deleted",
    "storage.timeout_seconds": "asked again, then 503",
    "storage.url_seconds": "the attempt fails: InputUnavailable or ResultUploadFailed",
}
"""What happens beyond each limit that is a setting."""

_HELD = "readers hold it in memory"
_IN_STORE, _LEFT_OUT, _CUT = "it goes to the object store", "the others are left out", "it is cut"
_NEXT = "the page holds fewer tasks, and names a next one"
_FIXED: list[tuple[str, int, str, str]] = [
    ("bytes of an input inside the TaskRun", MAX_INLINE_BYTES, _IN_STORE, "etcd holds the TaskRun"),
    ("arguments of an input inside the TaskRun", MAX_INLINE_ARGUMENTS, _IN_STORE, "as above"),
    (
        "levels of an input inside the TaskRun, and of a `podTemplate`",
        MAX_LEVELS,
        "the object is passed over",
        "readers of JSON give up at 200",
    ),
    ("characters of a content type", MAX_CONTENT_TYPE, "400", "it is kept in the TaskRun"),
    ("faults told of one input", MAX_FAULTS, _LEFT_OUT, "an answer must stay readable"),
    ("labels of a caller on a task", MAX_LABELS, "400", "they are kept in the TaskRun"),
    (
        "expired runs whose data is looked at concurrently",
        AT_A_TIME,
        "the others wait",
        "tasks need the object store more",
    ),
    (
        "entries that are looked at for a page of a list",
        MOST_LOOKED_AT,
        _NEXT,
        "ten requests to the store",
    ),
    ("parts of an input, to a runner", MAX_PARTS, "InvalidInput", "no gateway lets through more"),
    ("headers of a part, to a runner", MAX_PART_HEADERS, "InvalidInput", "as above"),
    ("bytes of such a header, to a runner", MAX_PART_HEADER_BYTES, "InvalidInput", "as above"),
    ("headers that a task sets", MAX_HEADERS, _LEFT_OUT, "they are kept in the TaskRun"),
    ("bytes of these headers", MAX_HEADER_BYTES, _LEFT_OUT, "as above"),
    ("bytes of one output, as a line", MAX_OUTPUT_BYTES, "a ValueError in the task", _HELD),
    (
        "bytes of a report, in a pod without further containers",
        MAX_REPORT_BYTES,
        "its message is cut",
        "the kubelet keeps no more",
    ),
    ("bytes of a message in a status", MAX_MESSAGE_BYTES, _CUT, "advised for the Kubernetes API"),
    ("characters of the URL of a callback", MAX_CALLBACK_URL, "400", "it is kept in the TaskRun"),
    ("bytes of a message on a delivery", MAX_DELIVERY_MESSAGE, _CUT, "it is kept in the TaskRun"),
    ("characters of an id", MAX_RUN_NAME, "404", "a Job of that name must fit a label"),
]

_HEAD = [
    "<!-- Generated by `make generate` from the settings and tests/limits.py; do not edit. -->",
    "# Limits",
    "",
    "Whatever comes from outside has a bound: here is each, and what happens beyond it. The settings are",
    "those of the settings file, and the values of the chart of the same name.",
    "",
    "## Settings",
    "",
]
_FIXED_HEAD = [
    "",
    "## Fixed",
    "",
    "These follow from something else, and are no settings.",
    "",
]
_TAIL = [
    "",
    "A picture is judged by its header in the gateway (`maxPicturePixels`), and decoded in the task, under",
    "the task's own memory limit: there Pillow refuses more than some 179 million pixels, unless the service",
    "sets `PIL.Image.MAX_IMAGE_PIXELS`. Archives are never unpacked, neither by the gateway nor by the",
    "runner; a compressed request (`Content-Encoding`) gets 415.",
    "",
]


def limits_document() -> str:
    """The whole page."""
    settings_rows = (
        [f"`{_shown(path)}`", _default(path), _what(path), BEYOND[path]] for path in BEYOND
    )
    fixed_rows = ([what, str(number), beyond, why] for what, number, beyond, why in _FIXED)
    return "\n".join(
        [
            *_HEAD,
            *table(["setting", "default", "what", "beyond it"], settings_rows),
            *_FIXED_HEAD,
            *table(["what", "at most", "beyond it", "why"], fixed_rows),
            *_TAIL,
        ]
    )


def bounds() -> set[str]:
    """The settings that bound something, by their names."""
    return {
        f"{section}.{name}"
        for section, model in _sections().items()
        for name in model.model_fields
        if name.startswith(("max_", "min_")) or name.endswith(("_bytes", "_per_second"))
    }


def _sections() -> dict[str, type[BaseModel]]:
    kinds = {name: field.annotation for name, field in Settings.model_fields.items()}
    return {
        name: kind
        for name, kind in kinds.items()
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    }


def _shown(path: str) -> str:
    section, _, name = path.partition(".")
    return f"{section}.{to_camel(name)}"


def _default(path: str) -> str:
    section, _, name = path.partition(".")
    value = _sections()[section].model_fields[name].default
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _what(path: str) -> str:
    """The setting's docstring, with its unit."""
    section, _, name = path.partition(".")
    return _docstrings(_sections()[section])[name]


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """What stands below each field of a class."""
    (found,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(found, ast.ClassDef)
    return {
        field.target.id: " ".join(said.value.value.split())
        for field, said in pairwise(found.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }
