"""`flask audit`: verify the audit log, and tell its head so that it can be kept elsewhere."""

from __future__ import annotations

import click

from config import settings as environment
from core import audit as log
from core import db
from core.audit import FIRST, Head
from core.wording import say


@click.group()
def audit() -> None:
    """The audit log: verify it, tell its head."""


@audit.command()
@click.option("--head", default="", metavar="NUMBER:SEAL", help="A head that was kept elsewhere.")
def verify(head: str) -> None:
    """Walk the whole log. Exits 1 and names the first row that is not as it was written."""
    kept = _read(head) if head else None
    with db.sessions() as session:
        broken = log.verify(session, environment.current().hash_key, kept=kept)
        end = log.head(session)
    if broken is not None:
        raise click.ClickException(say("core", f"audit.{broken.why}", "en", number=broken.number))
    click.echo(say("core", "audit.whole", "en", number=end.number))


@audit.command("head")
def tell_head() -> None:
    """Number and seal of the last row, as `verify --head` takes them."""
    with db.sessions() as session:
        end = log.head(session)
    click.echo(f"{end.number}:{end.seal}")


def _read(word: str) -> Head:
    number, _, seal = word.partition(":")
    if not (number.isascii() and number.isdecimal()) or len(seal) != len(FIRST):
        raise click.BadParameter("NUMBER:SEAL, as `flask audit head` told it", param_hint="--head")
    return Head(int(number), seal)
