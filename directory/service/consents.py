"""Consent and stops: the one store that is asked before anybody is written to, by number, purpose and channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ARRAY, String, any_, case, delete, exists, literal, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

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
        .where(Suppression.msisdn == any_(literal(list(numbers), ARRAY(String))), Suppression.channel == channel)
        .order_by(Suppression.scope.desc())  # of two rows the stricter one is read last
    )
    return {numbers[form]: scope.value for form, scope in found}


def notices_wished(uow: UnitOfWork, msisdns: Collection[str]) -> dict[str, bool]:
    """Whether notices may go to these numbers, for those of which anything is known; two statements.

    What the owner of a number said who was erased since counts, too, and so does a stop of any kind.
    """
    numbers = {form: msisdn for msisdn in msisdns for form in _forms(uow, msisdn)}
    if not numbers:
        return {}
    among = any_(literal(list(numbers), ARRAY(String)))
    found: dict[str, bool] = {}
    for form, is_given in uow.session.execute(
        select(Consent.msisdn, Consent.is_given)
        .where(Consent.msisdn == among, Consent.purpose == Purpose.NOTICE)
        .order_by(Consent.at, Consent.id)
    ):
        found[numbers[form]] = is_given
    for form in uow.session.scalars(select(Suppression.msisdn).where(Suppression.msisdn == among)):
        found[numbers[form]] = False
    return found


def stop(
    uow: UnitOfWork,
    msisdn: str,
    *,
    is_everything: bool,
    evidence: str,
    channel: Channel = Channel.SMS,
    wording_version: str = "",
) -> SuppressionScope:
    """Stop writing to a number: notices at the first wish, everything at the second or when `is_everything`.

    `is_everything` is for stop words of the carrier (US STOP) and error 21610. `wording_version` names the words that
    told how to stop. The same evidence twice counts once. One statement, so that two wishes at the same moment both
    count. Returns what is stopped now.
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
    record_consent(
        uow,
        msisdn,
        Purpose.NOTICE,
        is_given=False,
        evidence=evidence,
        channel=channel,
        wording_version=wording_version,
    )
    return scope


def resume(
    uow: UnitOfWork, msisdn: str, evidence: str, channel: Channel = Channel.SMS, *, wording_version: str = ""
) -> bool:
    """Take the number back in, notices too: asking for texts again is express consent. True when it had stopped."""
    stopped = uow.session.scalars(
        delete(Suppression)
        .where(Suppression.msisdn.in_(_forms(uow, msisdn)), Suppression.channel == channel)
        .returning(Suppression.msisdn)
    )
    had_stopped = stopped.first() is not None
    record_consent(
        uow,
        msisdn,
        Purpose.NOTICE,
        is_given=True,
        evidence=evidence,
        channel=channel,
        wording_version=wording_version,
    )
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


def strictest(
    uow: UnitOfWork, msisdns: Collection[str], evidence: str, only: Collection[str] | None = None
) -> list[dict[str, str]]:
    """Hold for all of these numbers what the strictest of them holds: they turned out to be one person's.

    What one stopped is stopped for all, what one withdrew last is withdrawn for all, also what was said at a number
    whose owner was erased since; with `only`, no other number is changed than these. Returns what was changed, for
    `relax`, should they turn out to be two persons' after all. Four statements at most for any count of numbers.
    """
    session, numbers = uow.session, sorted(set(msisdns))
    session.flush()
    if len(numbers) < 2:
        return []
    changes: list[dict[str, str]] = []
    changed = numbers if only is None else sorted({*numbers} & {*only})
    forms = {form: number for number in numbers for form in _forms(uow, number)}
    stopped = list(session.scalars(select(Suppression).where(Suppression.msisdn.in_(forms))))
    for channel in sorted({row.channel for row in stopped}):
        rows = {row.msisdn: row for row in stopped if row.channel is channel}
        scope = min(row.scope for row in rows.values())  # "all" before "notices"
        held = {forms[form] for form, row in rows.items() if row.scope is scope}
        changes += [
            _stop_as_strictly(uow, number, channel, scope, rows.get(number), evidence)
            for number in changed
            if number not in held
        ]
    for (purpose, channel), withdrawn in _withdrawn(uow, forms).items():
        for number in sorted(set(changed) - withdrawn):
            session.add(_withdrawal(uow, number, purpose, channel, evidence))
            changes.append({"what": "consent", "msisdn": number, "purpose": purpose, "channel": channel})
    session.flush()
    return [change for change in changes if change]


def relax(uow: UnitOfWork, changes: Sequence[Mapping[str, str]], evidence: str) -> set[str]:
    """Take back what `strictest` changed, unless somebody stopped or resumed since. Returns numbers that it held."""
    session = uow.session
    held: set[str] = set()
    for change in changes:
        if change["what"] == "stop":
            row = session.get(Suppression, (change["msisdn"], Channel(change["channel"])))
            if row is None or row.evidence != change["evidence"]:
                continue
            held.add(change["msisdn"])
            if change["before"]:
                row.scope, row.evidence = SuppressionScope(change["before"]), change["evidence_before"]
            else:
                session.delete(row)
        else:
            this = (
                Consent.msisdn == change["msisdn"],
                Consent.purpose == Purpose(change["purpose"]),
                Consent.channel == Channel(change["channel"]),
            )
            last = select(Consent.evidence).where(*this).order_by(Consent.at.desc(), Consent.id.desc()).limit(1)
            if session.scalar(last) == evidence:
                held.add(change["msisdn"])
            session.execute(delete(Consent).where(*this, Consent.evidence == evidence))
    session.flush()
    return held


def withdraw(uow: UnitOfWork, msisdn: str, purpose: Purpose, channel: Channel, evidence: str) -> None:
    """Somebody takes back by mouth or letter what he agreed to; what is written about his own matters goes on.

    Withdrawing notices also stops them, so that an older consent of a list cannot bring them back.
    """
    if purpose is Purpose.NOTICE:
        stop(uow, msisdn, is_everything=False, evidence=evidence, channel=channel)
    else:
        record_consent(uow, msisdn, purpose, is_given=False, evidence=evidence, channel=channel)


def hide(uow: UnitOfWork, msisdns: Collection[str], person_ids: Collection[int]) -> int:
    """Keep the wishes of numbers that are being erased under their keyed hash only, of whomever they will be next.

    Returns how many notes of consent and stops were hidden. A stop under the same hash meets a new one: the stricter
    holds.
    """
    session, hidden = uow.session, 0
    session.execute(update(Consent).where(Consent.person_id.in_(person_ids)).values(person_id=None))
    for msisdn in sorted(msisdns):
        key = number_key(uow, msisdn)
        moved = session.execute(update(Consent).where(Consent.msisdn == msisdn).values(msisdn=key))
        hidden += moved.rowcount  # type: ignore[attr-defined]
        for row in session.scalars(select(Suppression).where(Suppression.msisdn == msisdn)).all():
            kept = insert(Suppression).values(
                msisdn=key, channel=row.channel, scope=row.scope, since=row.since, evidence=row.evidence
            )
            stricter = case((Suppression.scope == SuppressionScope.ALL, Suppression.scope), else_=kept.excluded.scope)
            session.execute(
                kept.on_conflict_do_update(
                    index_elements=[Suppression.msisdn, Suppression.channel], set_={"scope": stricter}
                )
            )
            session.delete(row)
            hidden += 1
    session.flush()
    return hidden


def _stop_as_strictly(
    uow: UnitOfWork,
    number: str,
    channel: Channel,
    scope: SuppressionScope,
    row: Suppression | None,
    evidence: str,
) -> dict[str, str]:
    """Bring one number's stop up to this scope. Returns the change; empty when there is none."""
    if row is not None and row.scope is scope:
        return {}
    change = {"what": "stop", "msisdn": number, "channel": channel, "evidence": evidence}
    if row is None:
        uow.session.add(Suppression(msisdn=number, channel=channel, scope=scope, since=uow.now, evidence=evidence))
        return change | {"before": "", "evidence_before": ""}
    change |= {"before": row.scope, "evidence_before": row.evidence}
    row.scope, row.evidence = scope, evidence
    return change


def _withdrawn(uow: UnitOfWork, forms: Mapping[str, str]) -> dict[tuple[Purpose, Channel], set[str]]:
    """By purpose and channel, which of the numbers said no the last time they said anything; `forms`: see _forms."""
    of_what = (Consent.msisdn, Consent.purpose, Consent.channel)
    latest = (
        select(*of_what, Consent.is_given, Consent.at, Consent.id)
        .where(Consent.msisdn.in_(forms))
        .ext(distinct_on(*of_what))
        .order_by(*of_what, Consent.at.desc(), Consent.id.desc())
    )
    last: dict[tuple[str, Purpose, Channel], bool] = {}
    for form, purpose, channel, is_given, *_ in sorted(uow.session.execute(latest), key=lambda row: (row.at, row.id)):
        last[forms[form], purpose, channel] = is_given
    found: dict[tuple[Purpose, Channel], set[str]] = {}
    for (number, purpose, channel), is_given in last.items():
        if not is_given:
            found.setdefault((purpose, channel), set()).add(number)
    return found


def _withdrawal(uow: UnitOfWork, msisdn: str, purpose: Purpose, channel: Channel, evidence: str) -> Consent:
    return Consent(
        msisdn=msisdn,
        purpose=purpose,
        channel=channel,
        is_given=False,
        at=uow.now,
        evidence=evidence,
        actor=uow.actor,
    )


def number_key(uow: UnitOfWork, msisdn: str) -> str:
    """The keyed hash under which a number's wishes stay once the number itself is erased."""
    return keyed(uow.settings.hash_key, "number", msisdn)


def _forms(uow: UnitOfWork, msisdn: str) -> tuple[str, str]:
    return msisdn, number_key(uow, msisdn)
