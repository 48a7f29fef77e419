"""The command with all its subcommands; each family of them is in a module beside this one."""

from importlib import metadata

import typer

from taskyard.cli import (
    _authoring,
    _changing,
    _doctor,
    _following,
    _looking,
    _submitting,
    _top,
)
from taskyard.cli._examples import examples

app = typer.Typer(
    help="Long inference tasks on your own Kubernetes cluster, or on one machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_PANELS = {
    "Tasks": (_submitting, _looking, _following, _changing, _top),
    "Services": (_authoring,),
    "Set-up": (_doctor,),
}

for _panel, _families in _PANELS.items():
    for _family in _families:
        for _command in _family.app.registered_commands:
            _command.rich_help_panel = _panel
            app.registered_commands.append(_command)


@app.command(rich_help_panel="Set-up", epilog=examples("taskyard version"))
def version() -> None:
    """Print the installed version."""
    typer.echo(metadata.version("taskyard"))
