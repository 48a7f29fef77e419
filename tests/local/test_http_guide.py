"""The commands that docs/http-api.md shows do what it says."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from .serving import LocalServer

GUIDE = Path(__file__).parents[2] / "docs" / "http-api.md"
# As a person's shell, but for a proxy that the environment may name, and for a line after each answer.
SHELL = """
set -euo pipefail
curl() { command curl --silent --show-error --noproxy '*' "$@"; echo; }
"""


def test_the_commands_of_the_guide_do_what_it_says(server: LocalServer, tmp_path: Path) -> None:
    blocks = re.findall(r"```bash\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(blocks) == 4
    script = SHELL + "".join(blocks)

    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "URL": server.url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    services, _, task, result, first, second, *_ = filter(None, done.stdout.splitlines())
    assert "lab" in [item["name"] for item in json.loads(services)["items"]]
    assert (json.loads(task)["phase"], result) == ("Succeeded", "HELLO")
    assert json.loads(first)["id"] == json.loads(second)["id"]
