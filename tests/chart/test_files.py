"""The chart's files agree with each other and with the rest of the repository."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.settings import (
    ControllerSettings,
    MetricsSettings,
    RetentionSection,
    Settings,
)
from taskyard_operator.webhooks.settings import WebhookSettings

from .files import (
    CHART,
    README,
    ROOT,
    crd_copies,
    documented_values,
    readme,
    schema,
    schema_paths,
)

REWRITE = "write it anew by `python -m tests.chart`"
FOR_PARENT_CHARTS = {"enabled", "global"}
"""Helm's own words, which the schema takes where the chart is a dependency of another."""
FIXED = {"controller.probePort", "gateway.host", "gateway.port", "webhooks.enabled"}
"""Settings of a container, which in a pod of its own nobody has to choose, or that follow from a value."""


def test_the_copies_of_the_definitions_are_those_of_the_repository() -> None:
    copies = {path: path.read_bytes() for path in (CHART / "crd-files").iterdir()}

    assert copies == crd_copies(), REWRITE


def test_the_table_in_the_readme_is_that_of_the_values() -> None:
    assert README.read_text() == readme(), REWRITE


def test_every_value_has_a_comment() -> None:
    assert [value.path for value in documented_values() if not value.comment] == []


def test_the_schema_names_the_values_that_there_are_and_no_others() -> None:
    named = set(schema_paths(schema())) - FOR_PARENT_CHARTS

    assert named == {value.path for value in documented_values()}


def test_the_schema_is_valid_and_takes_no_word_that_it_does_not_know() -> None:
    Draft202012Validator.check_schema(schema())

    assert list(_open_objects(schema())) == []


def test_every_setting_of_the_program_is_a_value() -> None:
    sections: dict[str, type[BaseModel]] = {
        "storage": StorageSettings,
        "controller": ControllerSettings,
        "gateway": GatewaySettings,
        "retention": RetentionSection,
        "metrics": MetricsSettings,
        "webhooks": WebhookSettings,
    }
    settings = {
        f"{name}.{field.alias}"
        for name, section in sections.items()
        for field in section.model_fields.values()
    }

    assert set(sections) | {"log_level"} == set(Settings.model_fields)
    assert settings - {value.path for value in documented_values()} == FIXED


def test_chart_program_and_package_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert (chart["version"], chart["appVersion"]) == (package, package)


def _open_objects(part: Any, path: str = "") -> Iterator[str]:
    """Where an object has named properties and takes others as well."""
    if isinstance(part, dict):
        if (
            isinstance(part.get("properties"), dict)
            and part.get("additionalProperties") is not False
        ):
            yield path
        for name, inner in part.items():
            yield from _open_objects(inner, f"{path}/{name}")
