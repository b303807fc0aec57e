"""Tables of places: the tree, its other names and changes, buildings and dwellings, and who answers for what."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base
from core.tries import Tried
from directory.borders import ChangeKind

COMMUNITY = "community"
"""The level at which people live: the area of one committee. Codes may have any depth; this word may not."""


class AliasKind(StrEnum):
    """What another name of a community is."""

    ALIAS = "alias"  # what people call it
    FORMER = "former"  # what it was called
    ESTATE = "estate"  # a housing estate that lies in it
    STREET = "street"  # a road that runs through it, perhaps through others too


class Jurisdiction(Base):
    """A node of the tree, of any depth. The code is the path: a prefix test tells "within".

    A node that is no longer in force stays readable; `valid_until` is the first day on which it no longer counts.
    """

    __tablename__ = "jurisdictions"
    __table_args__ = (Index("ix_jurisdictions_code_prefix", "code", postgresql_ops={"code": "text_pattern_ops"}),)

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(String(32), ForeignKey("jurisdictions.code"), index=True)
    level: Mapped[str] = mapped_column(String(16))  # city, district, county, street, town, township, community, ...
    kind: Mapped[str] = mapped_column(String(32))
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    households: Mapped[int | None]
    buildings: Mapped[int | None]
    area_code: Mapped[str] = mapped_column(String(8), default="", server_default="")  # of landlines; empty: the city's
    valid_from: Mapped[date | None]  # None: always was
    valid_until: Mapped[date | None]


class PlaceAlias(Base):
    """Another name that leads to a community, with a certainty. The same words may lead to several."""

    __tablename__ = "place_aliases"
    __table_args__ = (
        Index("uq_place_aliases_open", "plain", "jurisdiction_code", unique=True, postgresql_where="until_on is null"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"), index=True)
    words: Mapped[str] = mapped_column(String(64))  # as people write it
    plain: Mapped[str] = mapped_column(String(64))  # folded, for comparing
    kind: Mapped[AliasKind]
    certainty: Mapped[float]  # 0 to 1
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]  # the first day on which it no longer counts
    added_by: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]


class Reorganisation(Tried, Base):
    """A change of the tree with its date; one that lies ahead waits until its day."""

    __tablename__ = "reorganisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ChangeKind]
    on: Mapped[date]  # in force from this day on
    old_codes: Mapped[list[Any]]  # nodes that end
    new_nodes: Mapped[list[Any]]  # nodes that begin: code, parent, names, and for a split the buildings that go there
    note: Mapped[str] = mapped_column(String(500), default="")
    decided_by: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(String(64), default="")  # key of the sentence why its day passed without it
    effects: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what undoing it needs: names, prefixes, ids of rows
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(64), default="")


class Succession(Base):
    """That one node follows another from a day on."""

    __tablename__ = "successions"
    __table_args__ = (UniqueConstraint("old_code", "new_code", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reorganisation_id: Mapped[int] = mapped_column(ForeignKey("reorganisations.id"), index=True)
    old_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"), index=True)
    new_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"), index=True)
    on: Mapped[date]


class Building(Base):
    """A house of a community; in a village, a group."""

    __tablename__ = "buildings"
    __table_args__ = (UniqueConstraint("community_code", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"))
    name: Mapped[str] = mapped_column(String(100))  # 2号楼
    has_lift: Mapped[bool | None]
    access_note: Mapped[str] = mapped_column(String(200), default="")


class Dwelling(Base):
    """A door behind which people live. Building, unit and door are read from the address where it has that form.

    `plain` is the address in its one written form (directory.dwelling): two spellings of a door are one dwelling.
    """

    __tablename__ = "dwellings"
    __table_args__ = (UniqueConstraint("community_code", "plain"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"))
    address: Mapped[str] = mapped_column(String(200))  # within the community, as people say it: 2号楼1单元1002
    plain: Mapped[str] = mapped_column(String(200))
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"), index=True)
    unit: Mapped[str] = mapped_column(String(20), default="")
    floor: Mapped[str] = mapped_column(String(10), default="")
    door: Mapped[str] = mapped_column(String(20), default="")
    use: Mapped[str] = mapped_column(String(24), default="home")  # home, shop, office, empty

    building: Mapped[Building | None] = relationship()


class Placement(Base):
    """In which community a dwelling lay from when to when: a report as of a date counts by these borders."""

    __tablename__ = "placements"
    __table_args__ = (Index(None, "community_code", "from_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dwelling_id: Mapped[int] = mapped_column(ForeignKey("dwellings.id"), index=True)
    community_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"))
    from_on: Mapped[date | None]  # None: always
    until_on: Mapped[date | None]  # the first day on which it lay elsewhere
    reorganisation_id: Mapped[int | None] = mapped_column(ForeignKey("reorganisations.id"), index=True)  # that put it


class Unplaced(Base):
    """Words for a place that lead nowhere, or not surely: a person decides, nothing is put somewhere by default."""

    __tablename__ = "unplaced"
    __table_args__ = (
        UniqueConstraint("subject"),
        Index("ix_unplaced_open", "found_at", postgresql_where="settled_at is null"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))  # ticket:12, import_row:345
    within_code: Mapped[str] = mapped_column(String(32), default="")  # the smallest area known; empty: nothing known
    words: Mapped[str] = mapped_column(String(200))
    guess_code: Mapped[str | None] = mapped_column(String(32), ForeignKey("jurisdictions.code"))
    certainty: Mapped[float] = mapped_column(default=0.0)
    found_at: Mapped[datetime]
    settled_code: Mapped[str | None] = mapped_column(String(32), ForeignKey("jurisdictions.code"))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(String(64), default="")


class HandlerUnit(Base):
    """A body that answers for something: a committee, a department of a street office, a property manager."""

    __tablename__ = "handler_units"

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"), index=True)
    kind: Mapped[str] = mapped_column(String(32))  # committee, department, property_manager, other
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    msisdn: Mapped[str] = mapped_column(String(16), default="")  # E.164
    until_on: Mapped[date | None]


class Responsibility(Base):
    """Area and category lead to the unit that answers. A node without a row of its own has its parent's."""

    __tablename__ = "responsibilities"
    __table_args__ = (Index(None, "jurisdiction_code", "category"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"))
    category: Mapped[str] = mapped_column(String(24))  # of the catalogue; "*": every category without a row of its own
    unit_id: Mapped[int] = mapped_column(ForeignKey("handler_units.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    set_by: Mapped[str] = mapped_column(String(64))

    unit: Mapped[HandlerUnit] = relationship()
