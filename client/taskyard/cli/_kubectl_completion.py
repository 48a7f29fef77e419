"""What a shell may complete after `kubectl taskyard`: kubectl asks the script `kubectl_complete-taskyard`.

It is called with the words after `taskyard`, of which the last one is being written, and answers with a
line for each offer, a tab before what there is to tell of it, and `:` with a number that says whether the
shell may offer files as well.
"""

import io
import os
import shlex
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress

from taskyard.cli._app import app
from taskyard.cli._at_gateway import PLUGIN

_ASKED = "_TASKYARD_COMPLETE"
_ALSO_FILES, _NO_FILES = 0, 4


def answer_to_kubectl(words: Sequence[str]) -> str:
    """The offers for the last of these words; where there are none, files may be meant."""
    offers = _offers(words)
    return "\n".join([*offers, f":{_NO_FILES if offers else _ALSO_FILES}"])


def _offers(words: Sequence[str]) -> list[str]:
    """What typer offers to fish, whose form is that of kubectl."""
    *before, last = words or [""]
    line = f"{shlex.join(['taskyard', *before])} {shlex.quote(last) if last else ''}"
    asked = {
        _ASKED: "complete_fish",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_ARGS": line,
    }
    os.environ |= asked
    with redirect_stdout(io.StringIO()) as told, suppress(SystemExit):
        app(prog_name=PLUGIN, complete_var=_ASKED)
    return [line for line in told.getvalue().splitlines() if line]
