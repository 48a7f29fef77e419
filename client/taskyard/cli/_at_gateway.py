"""`at_gateway`: gives a command the options that say which gateway it talks to, and the open gateway."""

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taskyard.cli._exits import WrongCall, told_in_a_sentence
from taskyard.cli._option_groups import gathered, groups_in, signed, spread
from taskyard.cli._place import LOCAL_URL, Address, place_of, token_of

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

PLUGIN = "kubectl taskyard"
"""What the command is called where kubectl has found it."""
_PANEL = "Which gateway"

Url = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=_PANEL, help=f"Where it is; or set TASKYARD_URL; {LOCAL_URL} by default."
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        "-n",
        rich_help_panel=_PANEL,
        help="The one that is installed in this namespace of the current kube context, by a port-forward.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=_PANEL,
        help="A file with the token to send; or set TASKYARD_TOKEN_FILE, or TASKYARD_TOKEN to the token.",
    ),
]


def at_gateway(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first argument is the open gateway, as one that typer can call.

    In its signature the first parameter is replaced by the options that say which gateway it is, and
    groups of options by those that are in them.
    """
    # The class is not there: it is imported when a command runs, with all that it needs.
    known = inspect.signature(command, eval_str=True, locals={"Gateway": object})
    _, *own = known.parameters.values()
    groups = groups_in(own)

    @wraps(command)
    def called(context: typer.Context, **given: Any) -> None:
        where = {name: given.pop(name) for name in _WHERE}
        with told_in_a_sentence(), open_gateway(context, **where) as gateway:
            command(gateway, **gathered(groups, given))

    context = inspect.Parameter("context", _POSITIONAL, annotation=typer.Context)
    where = [
        inspect.Parameter(name, _KEYWORD, default=None, annotation=kind)
        for name, kind in _WHERE.items()
    ]
    return signed(called, [context, *spread(own), *where])


@contextmanager
def open_gateway(
    context: typer.Context, url: str | None, namespace: str | None, token_file: Path | None
) -> "Iterator[Gateway]":
    """The gateway that a call means.

    Raises:
        CommandError: it names none, or there is no way to it.
    """
    from taskyard.cli._gateway import Gateway
    from taskyard.cli._port_forward import forwarded

    plugin = context.find_root().info_name == PLUGIN
    place = place_of(url, namespace, os.environ, plugin=plugin)
    token = token_of(token_file, os.environ)
    with ExitStack() as stack:
        at = (
            place.url
            if isinstance(place, Address)
            else stack.enter_context(forwarded(place.namespace))
        )
        try:
            gateway = Gateway(at, token)
        except ValueError as error:
            raise WrongCall(str(error)) from error
        stack.callback(gateway.close)
        yield gateway


_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_WHERE = {"url": Url, "namespace": Namespace, "token_file": TokenFile}
