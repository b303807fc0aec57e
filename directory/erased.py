"""By what an erased person is known again: texts that are kept only as keyed hashes.

A list that still holds him brings him back by identity number, by name and birth date, by name and number, or by the
id that the list gives him. A number alone says nothing: a household shares it, and it gets a new owner.
"""

from __future__ import annotations

import unicodedata
from datetime import date


def person_key(name: str, birth_date: date | None) -> str:
    """Name and birth date; empty without a birth date, since a name alone belongs to many."""
    folded = plain(name)
    return f"person:{folded}:{birth_date.isoformat()}" if folded and birth_date is not None else ""


def number_key(name: str, msisdn: str) -> str:
    """A name at a number (E.164); empty when either is missing."""
    folded = plain(name)
    return f"number:{folded}:{msisdn}" if folded and msisdn else ""


def identity_key(id_hash: str | None) -> str:
    """The keyed hash of an identity number, as Person.id_hash holds it; empty when there is none."""
    return f"identity:{id_hash}" if id_hash else ""


def source_key(source_id: str | None) -> str:
    """The id that a list gives a person, as Person.source_id holds it; empty when there is none."""
    return f"source:{source_id}" if source_id else ""


def keys(
    name: str,
    birth_date: date | None = None,
    msisdns: tuple[str, ...] = (),
    id_hash: str | None = None,
    source_id: str | None = None,
) -> frozenset[str]:
    """Every key by which a person would be known again, empty ones left out."""
    made = {person_key(name, birth_date), identity_key(id_hash), source_key(source_id)}
    made |= {number_key(name, msisdn) for msisdn in msisdns}
    return frozenset(made - {""})


def plain(name: str) -> str:
    """A name in its one written form: folded, without spaces and signs."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())
