"""Asking before the same is done to many tasks at once."""

import sys
from collections.abc import Sized

import typer

from taskyard.cli._exits import CommandError, WrongCall, to_people


def counted(tasks: Sized) -> str:
    """How many they are."""
    return "1 task" if len(tasks) == 1 else f"{len(tasks)} tasks"


def agreed(to: str, tasks: Sized, *, yes: bool = False) -> bool:
    """Have the person at the terminal agree, who has not by `--yes`; False where there is nothing to do.

    Args:
        to: what is to be done, such as `cancel 3 tasks`.
        tasks: those that it is done to.
        yes: whether that was agreed to before.

    Raises:
        WrongCall: there is nobody to ask.
        CommandError: they do not want it.
    """
    if not tasks:
        to_people("no such task")
    elif not yes and not sys.stdin.isatty():
        raise WrongCall(f"this would {to}: agree to it with --yes")
    elif not yes and not typer.confirm(f"{to[0].upper()}{to[1:]}?", err=True):
        raise CommandError("nothing was done")
    return bool(tasks)
