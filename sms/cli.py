"""`flask sms`: how many texts wait, and what a text looks like before it goes out."""

from __future__ import annotations

import json
import tomllib

import click

from config import policy as policy_file
from core.uow import unit_of_work
from sms import queries, segments
from sms.wording import FOLDER, LANGUAGES, compose, names


@click.group()
def sms() -> None:
    """Texts: what waits, what they look like."""


@sms.command()
def waiting() -> None:
    """Count the texts in each state, one JSON object a line, with the oldest of each in city time."""
    with unit_of_work("cli:sms") as uow:
        found = queries.counts(uow.session)
        zone = uow.zone
    for delivery, count, oldest in found:
        line = {"delivery": delivery.value, "count": count, "oldest": oldest.astimezone(zone).isoformat("T", "seconds")}
        click.echo(json.dumps(line))


@sms.command()
@click.argument("wording", type=click.Choice(names("zh")))
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True)
def preview(wording: str, lang: str) -> None:
    """Show a text with the facts of wording/samples.toml, as on the day before, and how many segments it takes."""
    city = policy_file.current().city
    samples = tomllib.loads((FOLDER / "samples.toml").read_text(encoding="utf-8"))
    with unit_of_work("cli:sms") as uow:
        hotline = uow.settings.hotline_number
    text = compose(wording, lang, samples[lang], city=city, now=samples["now"], hotline=hotline)
    size = segments.count(text)
    click.echo(text)
    click.echo(json.dumps({"encoding": size.encoding, "units": size.units, "segments": size.segments}))
