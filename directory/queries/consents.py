"""Reads of what people agreed to and what they stopped, with the evidence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Channel, Consent, Purpose, Suppression


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One wish as it was told: what, by which way, on what evidence, who wrote it down."""

    msisdn: str
    purpose: Purpose
    channel: Channel
    is_given: bool
    at: datetime
    evidence: str
    wording_version: str
    actor: str
    is_latest: bool  # of its number, purpose and channel: what holds now, unless a stop is stricter


def history(session: Session, msisdns: Collection[str]) -> list[ConsentLine]:
    """Every wish that was ever noted of these numbers (E.164), the newest first. One statement."""
    wanted = select(Consent).where(Consent.msisdn.in_(msisdns)).order_by(Consent.at.desc(), Consent.id.desc())
    seen: set[tuple[str, Purpose, Channel]] = set()
    found = []
    for row in session.scalars(wanted):
        of_what = (row.msisdn, row.purpose, row.channel)
        found.append(
            ConsentLine(
                row.msisdn,
                row.purpose,
                row.channel,
                row.is_given,
                row.at,
                row.evidence,
                row.wording_version,
                row.actor,
                of_what not in seen,
            )
        )
        seen.add(of_what)
    return found


def stops(session: Session, msisdns: Collection[str]) -> list[Suppression]:
    """The stops of these numbers that are in force. One statement."""
    wanted = select(Suppression).where(Suppression.msisdn.in_(msisdns))
    return list(session.scalars(wanted.order_by(Suppression.msisdn, Suppression.channel)))
