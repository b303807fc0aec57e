"""A decided row as the directory takes it: a newcomer, or a change of somebody known with what stood there before."""

from __future__ import annotations

from datetime import date
from typing import Any

from collection.models import Batch
from collection.resident_row import Phone, Resident
from collection.service import knowing
from collection.service.deciding import Decision
from collection.service.knowing import Standing
from directory.models import ContactKind, ResidenceKind
from directory.service import unloading
from directory.service.loading import Arrival, Change, Number

COLUMNS = {**unloading.COLUMNS, "identity": "id_hash"}
"""Fields that are columns of persons."""


def arrival(batch: Batch, decision: Decision) -> Arrival:
    """Somebody new, as the directory enters him."""
    one = decision.resident
    return Arrival(
        name=one.name,
        home=(one.community_code, one.address),
        said=_said(one),
        row_no=decision.row_no,
        source_id=knowing.source_id(batch, one),
        sex=one.sex,
        birth_date=_day(one.birth_date),
        lang=one.lang or "zh",
        access_need=one.access_need or None,
        id_hash=one.identity or None,
        id_last4=one.id_last4,
        registered_place=one.registered_place,
        nationality=one.nationality,
        residence_kind=ResidenceKind(one.residence_kind or "unknown"),
        living_since=_day(one.living_since),
        numbers=_numbers(one),
        is_head=decision.is_head,
        has_consent=decision.consent,
    )


def change(batch: Batch, decision: Decision, standing: Standing) -> Change:
    """What of somebody known is written anew, with what stood there before, for the way back."""
    one = decision.resident
    values: dict[str, Any] = {
        COLUMNS[name]: _column(name, getattr(one, name)) for name in decision.taken if name in COLUMNS
    }
    if "identity" in decision.taken:
        values["id_last4"] = one.id_last4
    before: dict[str, Any] = {name: standing.values.get(name, "") for name in decision.taken if name != "address"}
    before |= {"identity_last4": standing.id_last4} if "identity" in decision.taken else {}
    is_moving = "address" in decision.taken
    if is_moving:
        before |= {
            "address": standing.address,
            "community_code": standing.community_code,
            "household_id": standing.household_id,
            "residence_id": standing.residence_id,
            "left_on": standing.left_on.isoformat() if standing.left_on else "",
            "was_head": standing.is_head,
        }
    before |= {"numbers": [phone.msisdn for phone in decision.new_phones]} if decision.new_phones else {}
    before |= {"head": ""} if decision.is_head else {}
    before |= {"consent": ""} if decision.consent is not None else {}
    taken = [*decision.taken, *(["community_code"] if is_moving else [])]
    taken += sorted({_phone_field(phone.kind) for phone in decision.new_phones})
    taken += ["head"] if decision.is_head else []
    taken += ["consent"] if decision.consent is not None else []
    residence: dict[str, Any] = {"kind": one.residence_kind} if "residence_kind" in decision.taken or is_moving else {}
    residence |= {"from_on": _day(one.living_since)} if "living_since" in decision.taken else {}
    return Change(
        person_id=standing.person_id,
        said=_said(one),
        taken=taken,
        before=before,
        row_no=decision.row_no,
        values=values,
        home=(one.community_code, one.address) if is_moving else None,
        moved_on=_day(one.living_since) or batch.as_of,
        residence={name: value for name, value in residence.items() if value},
        numbers=tuple(_number(phone) for phone in decision.new_phones),
        is_head=decision.is_head,
        has_consent=decision.consent,
        consent_of=one.phones[0].msisdn if one.phones else "",
    )


def _column(name: str, words: str) -> Any:
    return _day(words) if name == "birth_date" else words


def _day(words: str) -> date | None:
    return date.fromisoformat(words) if words else None


def _numbers(one: Resident) -> tuple[Number, ...]:
    return tuple(_number(phone) for phone in one.phones)


def _number(phone: Phone) -> Number:
    return Number(phone.msisdn, ContactKind(phone.kind), phone.extension)


def _phone_field(kind: str) -> str:
    return "mobile" if kind == ContactKind.MOBILE else "landline"


def _said(one: Resident) -> dict[str, str]:
    """What the row said, by the names under which the source of a value is shown; identity: the last four."""
    said = {
        "name": one.name,
        "sex": one.sex,
        "birth_date": one.birth_date,
        "lang": one.lang,
        "access_need": one.access_need,
        "community_code": one.community_code,
        "address": one.address,
        "identity": one.id_last4,
        "registered_place": one.registered_place,
        "nationality": one.nationality,
        "residence_kind": one.residence_kind,
        "living_since": one.living_since,
        "consent": one.consent,
        "head": "yes" if one.head == "yes" else "",
    }
    for phone in one.phones:
        field = _phone_field(phone.kind)
        said[field] = f"{said[field]} {phone.msisdn}" if field in said else phone.msisdn
    return {name: words for name, words in said.items() if words}
