"""`make generate`: write the files that are made from code: crds/, parts of docs/ and of the chart."""

from __future__ import annotations

import runpy

from tests.generated import generated


def main() -> None:
    """Write them, and then what the chart has of them, and the tables of docs/metrics.md."""
    for path, text in generated().items():
        path.write_text(text)
    runpy.run_module("tests.chart", run_name="__main__")
    runpy.run_module("tests.metrics", run_name="__main__")


if __name__ == "__main__":
    main()
