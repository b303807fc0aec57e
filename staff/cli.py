"""`flask staff`: add somebody who signs in, give a role, reset a password."""

from __future__ import annotations

import click

from core import wording
from core.errors import HotlineError
from core.uow import unit_of_work
from staff import service
from staff.permissions import Role


@click.group()
def staff() -> None:
    """Who works here: add, grant, reset."""


@staff.command()
@click.argument("login")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--place", required=True, help="Code of the jurisdiction, such as AH0102.")
def add(login: str, name: str, role: str, place: str) -> None:
    """Add somebody with a role in a jurisdiction; prints the first password."""
    password = service.first_password()
    try:
        with unit_of_work("cli:staff") as uow:
            service.add_user(uow, login, name, password)
            service.grant(uow, login, Role(role), place)
    except HotlineError as refusal:
        raise _told(refusal) from refusal
    click.echo(password)


@staff.command()
@click.argument("login")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--place", required=True, help="Code of the jurisdiction, such as AH0102.")
def grant(login: str, role: str, place: str) -> None:
    """Give a further role in a jurisdiction."""
    try:
        with unit_of_work("cli:staff") as uow:
            service.grant(uow, login, Role(role), place)
    except HotlineError as refusal:
        raise _told(refusal) from refusal


@staff.command("first-password")
@click.argument("login")
def first_password(login: str) -> None:
    """Take a password away and print a first one; all sessions of the user end."""
    try:
        with unit_of_work("cli:staff") as uow:
            password = service.reset_password(uow, login)
    except HotlineError as refusal:
        raise _told(refusal) from refusal
    click.echo(password)


def _told(refusal: HotlineError) -> click.ClickException:
    return click.ClickException(wording.say("staff", refusal.wording, "en", **refusal.facts))
