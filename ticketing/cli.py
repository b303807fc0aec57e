"""`flask tickets`: what is waiting, and who would be asked for a service at a place."""

from __future__ import annotations

import json
import time
from statistics import median

import click
from sqlalchemy import event

from core.uow import unit_of_work
from ticketing import queries
from ticketing.models import Ticket
from ticketing.service.ranking import rank_for


@click.group()
def tickets() -> None:
    """What waits, and who would be asked."""


@tickets.command()
def waiting() -> None:
    """Open tickets as JSON lines, the nearest promise first; no names, numbers or words."""
    with unit_of_work("cli") as uow:
        for one in queries.waiting(uow.session):
            click.echo(
                json.dumps(
                    {
                        "code": one.code,
                        "kind": one.kind.value,
                        "state": one.state.value,
                        "tier": one.tier,
                        "service": one.service,
                        "place": one.jurisdiction_code,
                        "close_by": one.close_by.isoformat(),
                        "is_overdue": one.is_overdue,
                    }
                )
            )


@tickets.command()
@click.option("--service", required=True, help="Code of a service, such as plumbing.")
@click.option("--place", required=True, help="Code of a community, such as AH010201.")
@click.option("--repeat", default=1, show_default=True, help="Rank so many times, for timing.")
@click.option("--json", "is_json", is_flag=True, help="Print only the figures, as one JSON object.")
def ranking(service: str, place: str, repeat: int, is_json: bool) -> None:
    """Who would be asked now for a service at a place, in order, with the reasons; nothing is changed."""
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    with unit_of_work("cli") as uow:
        if service not in uow.catalogue.services:
            raise click.BadParameter(service, param_hint="--service")
        wanted = Ticket(service=service, jurisdiction_code=place, reopened=0)
        took: list[float] = []
        engine = uow.session.get_bind()
        event.listen(engine, "before_cursor_execute", count)
        for _ in range(max(repeat, 1)):
            began = time.perf_counter()
            choices = rank_for(uow, wanted)
            took.append((time.perf_counter() - began) * 1000)
        event.remove(engine, "before_cursor_execute", count)
    figures = {
        "median_ms": round(median(took), 3),
        "candidates": len(choices),
        "queries": round(statements / len(took)),
    }
    if not is_json:
        for one in choices:
            click.echo(f"{one.rank or '-':>3} {one.facts.code} {one.cause or ''} load {one.load} {one.rating:.2f}")
    click.echo(json.dumps(figures))
