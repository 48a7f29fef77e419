"""What docs/client.md shows works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from .serving import taskyard_serve

GUIDE = Path(__file__).parents[2] / "docs" / "client.md"
ADDRESS = "http://localhost:3000"


def test_the_application_of_the_guide_runs(tmp_path: Path) -> None:
    pieces = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    service, *application = pieces
    (tmp_path / "service.py").write_text(service)

    with taskyard_serve(tmp_path / "data", module=tmp_path / "service.py") as server:
        program = "\n".join(application).replace(ADDRESS, server.url)
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert done.returncode == 0, done.stderr
    assert program.count(server.url) == 2
    for told in ("It was the\nit was the\n", "phase in_progress", "reading\n"):
        assert told in done.stdout
