"""Consent and stops: the one store that is asked before anybody is written to, by number, purpose and channel."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import case, delete, exists, literal, select
from sqlalchemy.dialects.postgresql import insert

from core.keyed import keyed
from core.uow import UnitOfWork
from directory import consent
from directory.models import Channel, Consent, Purpose, Suppression, SuppressionScope


def may_write(uow: UnitOfWork, msisdn: str, purpose: Purpose, channel: Channel = Channel.SMS) -> str:
    """Whether a message of this purpose may go to the number by this way: "" when it may, else why not.

    The reasons are `stopped_all`, `stopped_notices` and `no_consent`. One statement. A stop holds also for a number
    that was erased since: its keyed hash stays.
    """
    forms = _forms(uow, msisdn)
    stopped = (
        select(Suppression.scope)
        .where(Suppression.msisdn.in_(forms), Suppression.channel == channel)
        .order_by(Suppression.scope)  # "all" before "notices": the strictest counts
        .limit(1)
        .scalar_subquery()
    )
    agreed = (
        select(Consent.is_given)
        .where(Consent.msisdn.in_(forms), Consent.purpose == purpose, Consent.channel == channel)
        .order_by(Consent.at.desc(), Consent.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    scope, is_given = uow.session.execute(select(stopped, agreed)).one()
    return consent.held_back(purpose, scope, has_consent=bool(is_given)).value


def stopped_among(uow: UnitOfWork, msisdns: Collection[str], channel: Channel = Channel.SMS) -> dict[str, str]:
    """Which of these numbers asked us to stop, and how much (`notices`, `all`), in one statement."""
    numbers = {form: msisdn for msisdn in msisdns for form in _forms(uow, msisdn)}
    found = uow.session.execute(
        select(Suppression.msisdn, Suppression.scope)
        .where(Suppression.msisdn.in_(numbers), Suppression.channel == channel)
        .order_by(Suppression.scope.desc())  # of two rows the stricter one is read last
    )
    return {numbers[form]: scope.value for form, scope in found}


def stop(
    uow: UnitOfWork, msisdn: str, *, is_everything: bool, evidence: str, channel: Channel = Channel.SMS
) -> SuppressionScope:
    """Stop writing to a number: notices at the first wish, everything at the second or when `is_everything`.

    `is_everything` is for stop words of the carrier (US STOP) and error 21610. The same evidence twice
    counts once. One statement, so that two wishes at the same moment both count. Returns what is stopped now.
    """
    wish = insert(Suppression).values(
        msisdn=msisdn,
        channel=channel,
        scope=SuppressionScope(consent.stricter(None, is_everything=is_everything)),
        since=uow.now,
        evidence=evidence,
    )
    is_same = Suppression.evidence == evidence
    scope = uow.session.scalars(
        wish.on_conflict_do_update(
            index_elements=[Suppression.msisdn, Suppression.channel],
            set_={
                "scope": case(
                    (is_same & literal(not is_everything), Suppression.scope), else_=literal(SuppressionScope.ALL.value)
                ),
                "evidence": evidence,
            },
        ).returning(Suppression.scope)
    ).one()
    record_consent(uow, msisdn, Purpose.NOTICE, is_given=False, evidence=evidence, channel=channel)
    return scope


def resume(uow: UnitOfWork, msisdn: str, evidence: str, channel: Channel = Channel.SMS) -> bool:
    """Take the number back in, notices too: asking for texts again is express consent. True when it had stopped."""
    stopped = uow.session.scalars(
        delete(Suppression)
        .where(Suppression.msisdn.in_(_forms(uow, msisdn)), Suppression.channel == channel)
        .returning(Suppression.msisdn)
    )
    had_stopped = stopped.first() is not None
    record_consent(uow, msisdn, Purpose.NOTICE, is_given=True, evidence=evidence, channel=channel)
    return had_stopped


def record_consent(
    uow: UnitOfWork,
    msisdn: str,
    purpose: Purpose,
    *,
    is_given: bool,
    evidence: str,
    channel: Channel = Channel.SMS,
    wording_version: str = "",
    person_id: int | None = None,
) -> None:
    """Note that a purpose was agreed to or withdrawn; the history stays. The same evidence twice is noted once.

    `evidence` names the message or form, `wording_version` the text that was agreed to; the actor is the unit's.
    """
    is_noted = uow.session.scalar(
        select(
            exists().where(
                Consent.msisdn == msisdn,
                Consent.purpose == purpose,
                Consent.channel == channel,
                Consent.is_given == is_given,
                Consent.evidence == evidence,
            )
        )
    )
    if is_noted:
        return
    uow.session.add(
        Consent(
            msisdn=msisdn,
            person_id=person_id,
            purpose=purpose,
            channel=channel,
            is_given=is_given,
            at=uow.now,
            evidence=evidence,
            wording_version=wording_version,
            actor=uow.actor,
        )
    )
    uow.session.flush()  # may_write reads consents by statement, also later in this unit


def number_key(uow: UnitOfWork, msisdn: str) -> str:
    """The keyed hash under which a number's wishes stay once the number itself is erased."""
    return keyed(uow.settings.hash_key, "number", msisdn)


def _forms(uow: UnitOfWork, msisdn: str) -> tuple[str, str]:
    return msisdn, number_key(uow, msisdn)
