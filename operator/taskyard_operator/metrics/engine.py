"""How the engine stands at the moment of a scrape."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from taskyard.api.reasons import Phase
from taskyard_operator.engine.engine import Engine


class EngineGauges(Collector):
    """Read from the engine when they are asked for: nothing has to keep them up to date."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        yield self._runs()
        yield GaugeMetricFamily(
            "taskyard_queue_depth",
            "Runs that are to be looked at and wait for a worker",
            value=len(self._engine.queue),
        )
        yield GaugeMetricFamily(
            "taskyard_queue_oldest_seconds",
            "How long the one that is due longest has waited for a worker",
            value=self._engine.queue.oldest_wait(),
        )
        yield GaugeMetricFamily(
            "taskyard_longest_look_seconds",
            "How long the look at a run that began first has lasted",
            value=self._engine.queue.longest_hold(),
        )
        yield GaugeMetricFamily(
            "taskyard_namespaces_refused",
            "Namespaces that are to be served and are not, since the controller may not list them",
            value=len(self._engine.namespaces.refused),
        )
        yield self._silence()

    def _runs(self) -> Metric:
        family = GaugeMetricFamily(
            "taskyard_runs_present", "TaskRuns that exist, by phase", labels=["phase"]
        )
        count = Counter(run.status.phase or Phase.QUEUED for run in self._engine.cache.runs())
        for phase in Phase:
            family.add_metric([phase], count[phase])
        return family

    def _silence(self) -> Metric:
        family = GaugeMetricFamily(
            "taskyard_watch_silence_seconds",
            "Time since a watch brought something; long in a quiet cluster",
            labels=["resource"],
        )
        for kind, seconds in self._engine.watches.silence().items():
            family.add_metric([kind], seconds)
        return family
