"""`flask collection`: load a list from a terminal, as the pages do, and say how long it took."""

from __future__ import annotations

import json
import resource
import time
from datetime import datetime
from pathlib import Path

import click

from collection.errors import BadFile
from collection.models import Batch, BatchState
from collection.service import applying, checking, receiving
from core import wording
from core.errors import HotlineError
from core.uow import unit_of_work
from directory.scope import Scope

ACTOR = "cli:collection"


@click.group()
def collection() -> None:
    """Lists of people that come from elsewhere."""


@collection.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="Name of the source; a new one is entered as a committee's.")
@click.option("--place", required=True, help="Code of the place that the list is of, such as AH0102.")
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="Day of the list; today without it.")
@click.option("--yes", "is_sure", is_flag=True, help="Load it after the check, without asking.")
@click.option("--json", "is_json", is_flag=True, help="Counts, seconds and memory as one JSON object.")
def import_(file: Path, source: str, place: str, as_of: datetime | None, *, is_sure: bool, is_json: bool) -> None:
    """Check a list and load it: CSV (UTF-8, UTF-16, GB18030) or XLSX. Nothing is loaded before it is checked."""
    started = time.monotonic()
    try:
        batch_id = _receive(file, source, place, as_of)
        checking.check(batch_id, ACTOR, lambda: False)
        checked = _read(batch_id)
        if checked.state is BatchState.REJECTED:
            raise BadFile(checked.refusal.removeprefix("refusal.file_"), **checked.refusal_facts)
        checked_in = time.monotonic() - started
        if not is_json:
            _tell("checked", checked, checked_in)
        if not is_sure and not click.confirm("Load it?"):
            _reject(batch_id)
            return
        with unit_of_work(ACTOR) as uow:
            receiving.ask_to_load(uow, Scope.system(), batch_id)
        applying.apply(batch_id, ACTOR, lambda: False)
    except HotlineError as err:
        raise click.ClickException(wording.say("collection", err.wording, "en", **err.facts)) from err
    loaded, seconds = _read(batch_id), time.monotonic() - started
    if is_json:
        figures = {"batch": batch_id, "rows": loaded.rows, "checked_s": checked_in, "loaded_s": seconds}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        click.echo(json.dumps({**figures, "peak_mb": peak, **loaded.counts}))
    else:
        _tell("loaded", loaded, seconds)


def _receive(file: Path, source: str, place: str, as_of: datetime | None) -> int:
    with file.open("rb") as opened, unit_of_work(ACTOR) as uow:
        known = receiving.add_source(uow, source, "committee")
        day = as_of.date() if as_of is not None else uow.local_now.date()
        upload = receiving.Upload(opened, file.name, known.id, place, day)
        batch = receiving.receive(uow, Scope.system(), upload)
        batch_id, mapping = batch.id, dict(batch.mapping)
    try:
        with unit_of_work(ACTOR) as uow:
            receiving.name_columns(uow, Scope.system(), batch_id, mapping)
            uow.wakes.clear()  # it is done here and now
    except HotlineError:
        with unit_of_work(ACTOR) as uow:
            receiving.reject(uow, Scope.system(), batch_id)
        raise
    return batch_id


def _read(batch_id: int) -> Batch:
    with unit_of_work(ACTOR) as uow:
        return receiving.held(uow, Scope.system(), batch_id)


def _reject(batch_id: int) -> None:
    with unit_of_work(ACTOR) as uow:
        receiving.reject(uow, Scope.system(), batch_id)
    click.echo("nothing was loaded")


def _tell(step: str, batch: Batch, seconds: float) -> None:
    click.echo(f"{step} {batch.rows} rows in {seconds:.1f} s")
    for outcome, count in sorted(batch.counts.get("outcomes", {}).items()):
        click.echo(f"  {outcome}: {count}")
    for reason, count in sorted(batch.counts.get("refused", {}).items(), key=lambda one: -one[1]):
        click.echo(f"    refused, {reason}: {count}")
