"""A city's lists as they come in files: one place or resident a line, read into plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

CONSENT = {"granted": True, "withdrawn": False, "not_asked": None}


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """One jurisdiction."""

    code: str
    parent_code: str | None
    level: str
    kind: str
    name_zh: str
    name_en: str
    households: int | None
    buildings: int | None

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> PlaceLine:
        """Read a line of jurisdictions.csv; empty cells are None."""
        return cls(
            code=row["code"],
            parent_code=row["parent_code"] or None,
            level=row["level"],
            kind=row["kind"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            households=int(row["households"]) if row["households"] else None,
            buildings=int(row["buildings"]) if row["buildings"] else None,
        )


@dataclass(frozen=True, slots=True)
class AliasLine:
    """Another name of a community."""

    code: str
    words: str
    kind: str
    certainty: float

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> AliasLine:
        """Read a line of aliases.csv."""
        return cls(row["jurisdiction_code"], row["words"], row["kind"], float(row["certainty"]))


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit, and for which categories it answers where it sits."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    categories: tuple[str, ...]

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> UnitLine:
        """Read a line of units.csv; categories are parted by semicolons."""
        categories = tuple(one for one in row["categories"].split(";") if one)
        return cls(row["jurisdiction_code"], row["kind"], row["name_zh"], row["name_en"], categories)


@dataclass(frozen=True, slots=True)
class ResidentLine:
    """One resident with his numbers (E.164) and what he said about notices."""

    source_id: str
    name: str
    sex: str
    birth_date: date | None
    community_code: str
    address: str
    mobile: str | None
    landline: str | None
    lang: str
    access_need: str | None
    has_consent: bool | None  # None: never asked

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> ResidentLine:
        """Read a line of residents.csv. Raises KeyError for an unknown word of consent."""
        return cls(
            source_id=row["id"],
            name=row["name"],
            sex=row["sex"],
            birth_date=date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
            community_code=row["community_code"],
            address=row["address"],
            mobile=row["mobile_e164"] or None,
            landline=row["landline_e164"] or None,
            lang=row["lang"],
            access_need=row["access_need"] or None,
            has_consent=CONSENT[row["broadcast_consent"]],
        )
