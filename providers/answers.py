"""What providers text about themselves, whichever job is open: away, back, help, another number."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.answers import Reply, Taken
from core.uow import UnitOfWork
from directory.language import of_person
from providers import queries, service
from providers.models import Provider
from sms.events import PersonAsked
from understanding import SURE, Intent, read

CONTEXT = "provider:none"


def take_free_text(uow: UnitOfWork, msisdn: str, words: str, at: datetime, message_id: int | None) -> Taken | None:
    """Act on what a provider says about itself; None for other senders and for everything else.

    Jobs in hand stay in hand. A new number is never taken from a text: somebody calls and changes it.
    """
    firms = queries.by_msisdn(uow.session, msisdn)
    if not firms:
        return None
    local = at.astimezone(uow.zone)
    reading = read(words, context=CONTEXT, lang=of_person(firms[0].lang), now=local, open_codes=())
    if reading.certainty < SURE:
        return None
    match reading.intent:
        case Intent.PAUSE:
            return _pause(uow, firms, first_day_back(reading.values.get("until"), local.date()), message_id)
        case Intent.RESUME:
            for firm in firms:
                service.be_back(uow, firm.id)
            return Taken(Reply("resumed"))
        case Intent.HELP:
            return Taken(Reply("help_provider"))
        case Intent.PHONE_CHANGE if message_id is not None:
            uow.announce(PersonAsked(message_id, msisdn, ""))
            return Taken(Reply("person_called"))
        case _:
            return None


def first_day_back(named: str | None, today: date) -> date | None:
    """The first day with jobs again, from a day as YYYY-MM-DD; today and earlier mean tomorrow. None: not told."""
    if named is None:
        return None
    return max(date.fromisoformat(named), today + timedelta(days=1))


def _pause(uow: UnitOfWork, firms: list[Provider], back: date | None, message_id: int | None) -> Taken:
    for firm in firms:
        service.be_absent(uow, firm.id, until=_morning(back, uow.zone), told_by=f"sms:{message_id}")
    return Taken(Reply("paused", {"until": back}))


def _morning(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=zone) if day is not None else None
