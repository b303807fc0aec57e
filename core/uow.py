"""UnitOfWork and unit_of_work(): the only commit in the house."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from config import catalogue as catalogue_file
from config import policy as policy_file
from config import settings as environment
from config.catalogue import Catalogue
from config.policy import Policy
from config.settings import Settings
from core import audit, clock, db, events, jobs

log = logging.getLogger(__name__)


@dataclass(slots=True)
class UnitOfWork:
    """What a service needs to do its work: a session, a moment, a person, the house rules."""

    session: Session
    now: datetime  # UTC, frozen for the whole unit
    actor: str  # "call:CA...", "sms:12", "user:3", "job:sms.deliver", "cli"
    policy: Policy
    catalogue: Catalogue
    settings: Settings
    wakes: set[str] = field(default_factory=set)
    notes: list[audit.Note] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        """The city's zone, for what people read and hear."""
        return self.policy.city.zone

    @property
    def local_now(self) -> datetime:
        """This moment on the city's clocks."""
        return self.now.astimezone(self.zone)

    def announce(self, event: object) -> None:
        """Tell the domains above, inside this transaction.

        Each reaction has its own savepoint: what follows from a ticket must not cost the caller the ticket.
        """
        for react in events.reactions_to(event):
            try:
                with self.attempt():
                    react(self, event)
            except OperationalError:
                raise  # a lock or the database: the whole unit is tried again, or what follows would be lost
            except Exception:
                log.exception("%s could not react to %s", react.__module__, type(event).__name__)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that may fail by itself: its rows and what it noted for the audit log go, the rest stays."""
        noted = len(self.notes)
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            del self.notes[noted:]
            raise

    def have_done(self, event: object) -> None:
        """Have the domains above do their part of this, inside this transaction: when one fails, the whole fails."""
        for react in events.reactions_to(event):
            react(self, event)

    def audit(self, action: str, subject: str, *, place: str = "", reason: str = "", **data: object) -> None:
        """Have this written into the audit log when the transaction commits.

        `subject` is kind and id (`person:12`), `place` the jurisdiction of the subject. `data` holds ids, codes and
        counts, never a name, a number or what a resident said.
        """
        self.notes.append(audit.Note(action, subject, place, reason, data))

    def write_audit(self) -> None:
        """Chain what was noted so far to the log; the unit of work does it last."""
        audit.append(self.session, self.notes, at=self.now, actor=self.actor, key=self.settings.hash_key)
        self.notes.clear()

    def wake(self, job: str) -> None:
        """Run this job as soon as the transaction has committed."""
        self.wakes.add(job)


@contextmanager
def unit_of_work(actor: str) -> Iterator[UnitOfWork]:
    """Commit on the way out, roll back on an exception, then ring for the jobs."""
    settings = environment.current()
    with db.sessions.begin() as session:
        now = clock.now(session, is_demo=settings.is_demo_clock)
        uow = UnitOfWork(session, now, actor, policy_file.current(), catalogue_file.current(), settings)
        yield uow
        uow.write_audit()
    jobs.ring(uow.wakes)
