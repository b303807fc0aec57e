"""`flask directory`: look from a terminal at who is behind a number and what may be written to it."""

from __future__ import annotations

import click

from core.uow import unit_of_work
from directory import queries, service
from directory.models import Purpose


@click.group()
def directory() -> None:
    """People and places: who is behind a number."""


@directory.command()
@click.argument("number")
def who(number: str) -> None:
    """Show who is known by a full number such as +8616200000001, and which texts may go to it."""
    with unit_of_work("cli:directory") as uow:
        for person in queries.persons_of(uow.session, number):
            card = queries.card(person)
            click.echo(f"{card.name}  {card.community_name['zh']} {card.address}  {card.speaks}")
        for purpose in (Purpose.SERVICE, Purpose.NOTICE):
            click.echo(f"{purpose}: {service.may_write(uow.session, number, purpose) or 'ok'}")
