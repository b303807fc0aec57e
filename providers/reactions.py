"""What providers do when a lower domain announces: their numbers stay theirs, whom they serve follows the borders."""

from __future__ import annotations

from sqlalchemy import delete, select

from core.bulk import insert_missing
from core.uow import UnitOfWork
from directory.events import PersonTraced, PlacesReorganised
from providers.models import Provider, ProviderArea


def keep_business_numbers(uow: UnitOfWork, event: PersonTraced) -> None:
    """A number at which a provider works is not only the person's: what is at it stays when he is erased."""
    event.traces.shared.update(
        uow.session.scalars(select(Provider.msisdn).where(Provider.msisdn.in_(event.traces.numbers)))
    )


def carry_areas(uow: UnitOfWork, event: PlacesReorganised) -> None:
    """Who serves a place that ended serves all that follow it.

    Of a change taken back the new codes go, and whoever began to serve one of them meanwhile serves what was there.
    """
    following = event.following()
    served = uow.session.execute(
        select(ProviderArea.provider_id, ProviderArea.jurisdiction_code).where(
            ProviderArea.jurisdiction_code.in_(following)
        )
    ).all()
    rows = sorted({(provider_id, new) for provider_id, code in served for new in following[code]})
    if event.is_undone:
        news = {new for codes in following.values() for new in codes}
        stay = set(
            uow.session.scalars(select(ProviderArea.provider_id).where(ProviderArea.jurisdiction_code.in_(news)))
        )
        rows = [(provider_id, code) for provider_id, code in rows if provider_id not in stay]
    insert_missing(
        uow.session,
        ProviderArea,
        [{"provider_id": provider_id, "jurisdiction_code": code} for provider_id, code in rows],
        "provider_id",
        "jurisdiction_code",
    )
    if event.is_undone:
        uow.session.execute(delete(ProviderArea).where(ProviderArea.jurisdiction_code.in_(following)))
