"""`flask people`: the search rows of persons."""

from __future__ import annotations

import click

from core.uow import unit_of_work
from directory.service import search


@click.group()
def people() -> None:
    """People of the directory."""


@people.command()
@click.option("--anew", is_flag=True, help="Make every row anew, not only those that are missing.")
@click.option(
    "--after", default=0, show_default=True, help="Go on behind this person's id, as printed by a run that ended."
)
def index(anew: bool, after: int) -> None:
    """Make the search rows of persons; may be ended and begun again at any time."""
    step = search.renew if anew else search.fill
    last: int | None = after
    while last is not None:
        with unit_of_work("cli:people") as uow:
            last = step(uow, last)
        if last is not None:
            click.echo(last)
