"""`flask staff`: invite somebody who signs in, give a role, reset an account, break the glass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from core import wording
from core.errors import HotlineError
from core.uow import UnitOfWork, unit_of_work
from staff.errors import UserNotFound
from staff.models import User
from staff.permissions import Role
from staff.queries import user_by_login
from staff.service import break_glass as glass
from staff.service import users
from staff.service.grants import grant as give_role
from staff.service.invitations import invite

ACTOR = "cli:staff"
ROLES = click.Choice([role.value for role in Role])


@click.group()
def staff() -> None:
    """Who works here: add, grant, reset, on and off, break-glass."""


@staff.command()
@click.argument("login")
@click.argument("name")
@click.option("--role", type=ROLES, required=True)
@click.option("--place", required=True, help="Code of the jurisdiction, such as AH0102.")
def add(login: str, name: str, role: str, place: str) -> None:
    """Add somebody with a role in a jurisdiction; prints a link, good once, by which he chooses his password."""
    with _work(ACTOR) as uow:
        user = users.add_without_password(uow, login, name)
        give_role(uow, login, Role(role), place)
        link = invite(uow, user)
    click.echo(link)


@staff.command()
@click.argument("login")
@click.option("--role", type=ROLES, required=True)
@click.option("--place", required=True, help="Code of the jurisdiction, such as AH0102.")
def grant(login: str, role: str, place: str) -> None:
    """Give a further role in a jurisdiction."""
    with _work(ACTOR) as uow:
        give_role(uow, login, Role(role), place)


@staff.command()
@click.argument("login")
@click.option("--second-factor", is_flag=True, help="Take the second factor away, too.")
def reset(login: str, *, second_factor: bool) -> None:
    """Take a password away and end all sessions; prints a link, good once, by which a new one is chosen."""
    with _work(ACTOR) as uow:
        user = _user(uow, login)
        users.take_password_away(uow, user)
        if second_factor:
            users.reset_second_factor(uow, user)
        link = invite(uow, user)
    click.echo(link)


@staff.command()
@click.argument("login")
def off(login: str) -> None:
    """Shut somebody out: no sign-in, and all sessions end."""
    with _work(ACTOR) as uow:
        users.shut_out(uow, _user(uow, login))


@staff.command()
@click.argument("login")
def on(login: str) -> None:
    """Let somebody in again, with the password and the grants that there are."""
    with _work(ACTOR) as uow:
        users.let_in(uow, _user(uow, login))


@staff.command("break-glass")
@click.argument("login")
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
def break_glass(login: str, reason: str) -> None:
    """When nobody can sign in: make LOGIN an administrator for an hour; prints a link that is good once."""
    with _work(glass.ACTOR) as uow:
        link = glass.break_glass(uow, login, reason)
    click.echo(link)


def _user(uow: UnitOfWork, login: str) -> User:
    user = user_by_login(uow.session, login)
    if user is None:
        raise UserNotFound(login)
    return user


@contextmanager
def _work(actor: str) -> Iterator[UnitOfWork]:
    """A unit of work whose refusal is told as a sentence."""
    try:
        with unit_of_work(actor) as uow:
            yield uow
    except HotlineError as refusal:
        raise click.ClickException(wording.say("staff", refusal.wording, "en", **refusal.facts)) from refusal
