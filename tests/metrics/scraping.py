"""A scrape, read as Prometheus reads it."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

Labels = dict[str, str]


@dataclass(frozen=True)
class Scrape:
    """The samples of a scrape by their names."""

    families: list[Metric]

    @classmethod
    def of(cls, text: str) -> Scrape:
        """What a process has answered."""
        return cls(list(text_string_to_metric_families(text)))

    @classmethod
    def of_registry(cls, registry: CollectorRegistry) -> Scrape:
        """What would be answered from a registry."""
        return cls.of(generate_latest(registry).decode())

    def samples(self, name: str) -> list[tuple[Labels, float]]:
        """All samples of that name."""
        return [
            (sample.labels, sample.value)
            for family in self.families
            for sample in family.samples
            if sample.name == name
        ]

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples of that name with, among others, those labels; 0 where there is none."""
        return sum(value for found, value in self.samples(name) if labels.items() <= found.items())
