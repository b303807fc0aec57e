"""What goes of wishes and requests when they are old, and what of the directory never goes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import aliased

from core.retention import Kind
from core.uow import UnitOfWork
from directory.models import Consent, PrivacyRequest, Unplaced
from directory.queries.privacy import held_numbers, held_persons, long_gone, long_gone_held
from directory.service.privacy import GONE

SIX_YEARS = 2_192
FIVE_YEARS = 1_826
THREE_YEARS = 1_096
FIVE_MONTHS = 153
"""The proof of a consent is kept at least so long."""


def old_consents(before: datetime) -> Select[int]:
    """Wishes of before this that a later one of the same number, purpose and channel replaced long ago, too."""
    return _old_consents(before).where(Consent.msisdn.not_in(held_numbers()))


def held_consents(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_consents(before).where(Consent.msisdn.in_(held_numbers()))


def remove_consents(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Delete these wishes."""
    uow.session.execute(delete(Consent).where(Consent.id.in_(ids)))


def old_requests(before: datetime) -> Select[int]:
    """Requests about own data that were settled before this."""
    return _old_requests(before).where(PrivacyRequest.person_id.not_in(held_persons()))


def held_requests(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_requests(before).where(PrivacyRequest.person_id.in_(held_persons()))


def remove_requests(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Delete these requests."""
    uow.session.execute(delete(PrivacyRequest).where(PrivacyRequest.id.in_(ids)))


def old_places(before: datetime) -> Select[int]:
    """Words for a place that were settled before this."""
    return select(Unplaced.id).where(Unplaced.settled_at < before)


def remove_places(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Delete these words; where the matter lies stands with it."""
    uow.session.execute(delete(Unplaced).where(Unplaced.id.in_(ids)))


def _old_consents(before: datetime) -> Select[int]:
    later = aliased(Consent)
    replaced = exists().where(
        later.msisdn == Consent.msisdn,
        later.purpose == Consent.purpose,
        later.channel == Consent.channel,
        later.at >= Consent.at,
        later.id > Consent.id,
        later.at < before,
    )
    return select(Consent.id).where(Consent.at < before, replaced)


def _old_requests(before: datetime) -> Select[int]:
    return select(PrivacyRequest.id).where(PrivacyRequest.done_at < before)


KINDS = (
    Kind("consents", THREE_YEARS, FIVE_MONTHS, due=old_consents, held=held_consents, remove=remove_consents),
    Kind("privacy_requests", THREE_YEARS, 365, due=old_requests, held=held_requests, remove=remove_requests),
    Kind(GONE, FIVE_YEARS, 365, due=long_gone, held=long_gone_held),
    Kind("unplaced", 183, due=old_places, remove=remove_places),
    Kind("audit", None, SIX_YEARS),  # append-only: a row taken out would break the chain of seals
    Kind("stops", None),
    Kind("erased_keys", None),
)
