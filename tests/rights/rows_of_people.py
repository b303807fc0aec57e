"""Rows of people at a node: a household, what is known of it, and what was asked about its data."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from directory.models import (
    Consent,
    Contact,
    ContactKind,
    Correction,
    Flag,
    FlagKind,
    Household,
    Label,
    LabelKind,
    LegalHold,
    Merge,
    Person,
    PrivacyRequest,
    Provenance,
    Purpose,
    RequestKind,
    RequestState,
    Residence,
    ResidenceKind,
    Suppression,
    SuppressionScope,
)
from tests.rights.world import AT, DAY, HOUR, base, canary, number_at, put


def plant_people(session: Session, node: str) -> None:
    """A household with four persons, one of them merged, and all that is known of them."""
    first, words, name = base(node), canary(node), canary(node, "N")
    put(
        session,
        Household,
        {"id": first, "community_code": node, "address": f"{words}1", "dwelling_id": first, "note": words},
    )
    put(
        session,
        Person,
        *(
            {
                "id": first + more,
                "name": f"{name}{more}",
                "sex": "F",
                "birth_date": date(1950 + more, 1, 1),
                "household_id": first,
                "registered_place": words,
            }
            for more in (1, 2, 3)
        ),
        {"id": first + 4, "name": f"{name}4", "household_id": first, "merged_into_id": first + 1},
    )
    put(
        session,
        Contact,
        *(
            {
                "id": first + more,
                "person_id": first + more,
                "msisdn": number_at(node, more),
                "kind": ContactKind.MOBILE,
                "label": words,
            }
            for more in (1, 2, 3, 4)
        ),
    )
    put(
        session,
        Residence,
        {"id": first, "person_id": first + 1, "household_id": first, "kind": ResidenceKind.OWNER},
    )
    put(
        session,
        Label,
        {
            "id": first,
            "person_id": first + 1,
            "kind": LabelKind.LOW_INCOME,
            "basis": canary(node, "L"),
            "from_on": DAY,
            "review_by": DAY,
            "added_by": f"user:{first + 100}",
        },
    )
    put(
        session,
        Correction,
        {"id": first, "person_id": first + 1, "words": words, "told_by": f"user:{first + 100}", "told_at": AT},
    )
    put(
        session,
        Flag,
        {
            "id": first,
            "household_id": first,
            "kind": FlagKind.DOG,
            "note": words,
            "author": f"user:{first + 100}",
            "added_at": AT,
            "expires_on": DAY + timedelta(days=365),
        },
    )
    put(
        session,
        Provenance,
        {
            "id": first,
            "person_id": first + 1,
            "source": words,
            "at": AT,
            "said": {"name": name, "address": words},
            "taken": ["name"],
            "before": {"name": name},
        },
    )
    put(
        session,
        Consent,
        {
            "id": first,
            "msisdn": number_at(node, 1),
            "person_id": first + 1,
            "purpose": Purpose.NOTICE,
            "is_given": True,
            "at": AT,
            "evidence": words,
        },
    )
    put(
        session,
        Suppression,
        {"msisdn": number_at(node, 2), "scope": SuppressionScope.NOTICES, "since": AT, "evidence": words},
    )
    put(
        session,
        Merge,
        {
            "id": first,
            "kept_id": first + 1,
            "gone_id": first + 4,
            "score": 0.9,
            "reasons": [],
            "at": AT,
            "by": f"user:{first + 100}",
            "before": {},
        },
    )


def plant_privacy(session: Session, node: str) -> None:
    """A request about one of them, a hold on another, and one who moved away for longer than such are kept."""
    first, words = base(node), canary(node)
    gone = {"name": f"{canary(node, 'N')}5", "household_id": first, "left_on": DAY - timedelta(days=3_000)}
    put(session, Person, {"id": first + 5} | gone)
    put(
        session,
        PrivacyRequest,
        {
            "id": first,
            "kind": RequestKind.ACCESS,
            "person_id": first + 1,
            "asked_at": AT,
            "due_by": AT + 100 * HOUR,
            "channel": "desk",
            "checked_how": "desk",
            "state": RequestState.OPEN,
            "opened_by": f"user:{first + 100}",
            "outcome": words,
        },
    )
    put(
        session,
        LegalHold,
        {
            "id": first,
            "person_id": first + 2,
            "reason": words,
            "set_by": f"user:{first + 100}",
            "set_at": AT,
        },
    )
