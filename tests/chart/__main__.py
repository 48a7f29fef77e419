"""Write what in the chart is made from other files: `python -m tests.chart`."""

from tests.chart.files import README, crd_copies, readme

for path, content in crd_copies().items():
    path.write_bytes(content)
README.write_text(readme())
