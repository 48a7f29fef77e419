"""The table in docs/metrics.md, from the metrics themselves after each of them was met."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from starlette.responses import PlainTextResponse

from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.metrics.controller import ControllerMetrics
from taskyard_operator.metrics.engine import EngineGauges
from taskyard_operator.metrics.gateway import GatewayMetrics
from taskyard_operator.metrics.requests import RequestMetrics
from tests.core.builders import CREATED, FINISHED, STARTED, a_delivery, a_run, a_service, an_attempt
from tests.engine.world import Calls, MemoryLauncher, MemoryObjects, MemoryRuns

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
REWRITE = "write it anew by `python -m tests.metrics`"
BEGINS = "<!-- From the program by `python -m tests.metrics`; do not edit. -->\n"
ENDS = "<!-- End of the tables. -->\n"


def document() -> str:
    """What must be in docs/metrics.md: itself, with the tables as the program has them now."""
    before, _, rest = DOCUMENT.read_text().partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    return f"{before}{BEGINS}{_tables()}{ENDS}{after}"


def _tables() -> str:
    requests = CollectorRegistry()
    _met(RequestMetrics(requests))
    return (
        f"### Of the controller\n\n{_table(_of_controller())}\n"
        f"### Of the gateway\n\n{_table(_of_gateway())}\n"
        f"### Of both\n\n{_table(requests)}"
    )


def _of_controller() -> CollectorRegistry:
    registry = CollectorRegistry()
    metrics = ControllerMetrics(registry, most_label_sets=1)
    calls = Calls()
    ports = MemoryRuns(calls), MemoryLauncher(calls), MemoryObjects(calls)
    engine = Engine(*ports, EngineSettings(workers=1, resync_seconds=1))
    engine.watches.heard("pods")
    registry.register(EngineGauges(engine))
    attempt = an_attempt().succeeded()
    run = a_run().saying_of(attempt)
    times = {"queued_at": CREATED, "started_at": STARTED, "finished_at": FINISHED}
    run = run.saying(run.status.model_copy(update=times)).owing(a_delivery(attempts=1))
    metrics.went_on(a_run(), run, a_service())
    metrics.looked(1.0, ValueError())
    return registry


def _of_gateway() -> CollectorRegistry:
    registry = CollectorRegistry()
    app = GatewayMetrics(registry).around(PlainTextResponse("well"))

    async def ask() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
            await http.get("/")

    asyncio.run(ask())
    return registry


def _met(requests: RequestMetrics) -> None:
    requests.api_answered("get", "pods", 200, 0.1)
    requests.store_answered("put", "done")


def _table(registry: CollectorRegistry) -> str:
    rows = ["| metric | type | labels | meaning |", "|---|---|---|---|", *_rows(registry.collect())]
    return "\n".join(rows) + "\n"


def _meaning(metric: Metric) -> str:
    """What a metric says of itself, as text and not as a tag."""
    return str(metric.documentation).replace("<", "\\<")


def _rows(metrics: Iterable[Metric]) -> Iterator[str]:
    for metric in metrics:
        assert metric.samples, f"{metric.name} was never met"
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        labels = [label for label in metric.samples[0].labels if label != "le"]
        told = ", ".join(f"`{label}`" for label in labels)
        yield f"| `{name}` | {metric.type} | {told} | {_meaning(metric)} |"
