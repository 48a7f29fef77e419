"""Write the tables of docs/metrics.md: `python -m tests.metrics`."""

from tests.metrics.documentation import DOCUMENT, document

DOCUMENT.write_text(document())
