"""Tables of people: households, persons, residence, numbers, labels, flags, where values came from, merges."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base
from directory.models.places import Dwelling, Jurisdiction


class ContactKind(StrEnum):
    """What a number can do: a mobile gets texts, a landline does not."""

    MOBILE = "mobile"
    FIXED = "fixed"


class AccessNeed(StrEnum):
    """What a caller needs us to do differently."""

    HEARING = "hearing"
    LOW_VISION = "low_vision"
    WHEELCHAIR = "wheelchair"


class ResidenceKind(StrEnum):
    """As what somebody lives in a dwelling."""

    OWNER = "owner"
    TENANT = "tenant"
    RELATIVE = "relative"
    WORKER = "worker"
    UNKNOWN = "unknown"


class LabelKind(StrEnum):
    """What is said of a person only to those who need it."""

    ELDER_ALONE = "elder_alone"
    DISABLED = "disabled"
    LOW_INCOME = "low_income"
    VETERAN = "veteran"
    NEWBORN = "newborn"
    LONG_ILLNESS = "long_illness"


class FlagKind(StrEnum):
    """What somebody who speaks with a household, or goes there, should know first."""

    DOG = "dog"
    DEAF = "deaf"
    LIVES_ALONE = "lives_alone"
    NO_LIFT = "no_lift"
    VIOLENCE = "violence"
    OTHER = "other"


class Household(Base):
    """The people behind one door. Community and address stand here too, as its dwelling has them."""

    __tablename__ = "households"
    __table_args__ = (
        UniqueConstraint("community_code", "address"),
        Index(
            "ix_households_community_prefix", "community_code", postgresql_ops={"community_code": "text_pattern_ops"}
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"))
    address: Mapped[str] = mapped_column(String(200))  # within the community, as people say it: 2号楼1单元1002
    dwelling_id: Mapped[int | None] = mapped_column(ForeignKey("dwellings.id"), index=True)
    head_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id", use_alter=True), index=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    lang: Mapped[str] = mapped_column(String(16), default="", server_default="")  # spoken there; empty: each his own

    persons: Mapped[list[Person]] = relationship(
        back_populates="household", order_by="Person.id", foreign_keys="Person.household_id"
    )
    community: Mapped[Jurisdiction] = relationship()
    dwelling: Mapped[Dwelling | None] = relationship()
    flags: Mapped[list[Flag]] = relationship(back_populates="household", order_by="Flag.id")


class Person(Base):
    """Somebody who lives in the city, or lived there.

    A person merged into another keeps all rows and only points there, so that the merge can be undone whole. An erased
    person keeps what statistics count: sex, year of birth, community.
    """

    __tablename__ = "persons"
    __table_args__ = (
        Index("ix_persons_same", "birth_date", "name"),
        Index("ix_persons_merged_into_id", "merged_into_id", postgresql_where="merged_into_id is not null"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[str | None] = mapped_column(String(64), unique=True)  # source and id in the list it came from
    name: Mapped[str] = mapped_column(String(64))
    sex: Mapped[str] = mapped_column(String(1), default="")
    birth_date: Mapped[date | None]
    lang: Mapped[str] = mapped_column(String(16), default="zh")  # zh, zh-dialect, yue, en
    access_need: Mapped[AccessNeed | None]
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)
    id_hash: Mapped[str | None] = mapped_column(String(64), index=True)  # keyed hash of the identity number
    id_last4: Mapped[str] = mapped_column(String(4), default="", server_default="")
    registered_place: Mapped[str] = mapped_column(String(100), default="", server_default="")
    nationality: Mapped[str] = mapped_column(String(2), default="", server_default="")  # ISO 3166; empty: not known
    died_on: Mapped[date | None]
    left_on: Mapped[date | None]  # moved away to where we do not know; None: lives in the household
    helper_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)  # who gets the messages
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    erased_at: Mapped[datetime | None]

    household: Mapped[Household] = relationship(back_populates="persons", foreign_keys=[household_id])
    contacts: Mapped[list[Contact]] = relationship(
        back_populates="person", order_by="Contact.id", foreign_keys="Contact.person_id"
    )
    helper: Mapped[Person | None] = relationship(remote_side="Person.id", foreign_keys=[helper_id])
    residences: Mapped[list[Residence]] = relationship(back_populates="person", order_by="Residence.id")
    absorbed: Mapped[list[Person]] = relationship(
        primaryjoin="Person.id == foreign(Person.merged_into_id)", viewonly=True, order_by="Person.id"
    )  # rows that were merged into this one; their numbers are his


class Residence(Base):
    """That somebody lives, or lived, in a household: the history of moves."""

    __tablename__ = "residences"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)
    kind: Mapped[ResidenceKind] = mapped_column(default=ResidenceKind.UNKNOWN)
    from_on: Mapped[date | None]  # None: not known since when
    until_on: Mapped[date | None]  # the first day on which it was over

    person: Mapped[Person] = relationship(back_populates="residences")
    household: Mapped[Household] = relationship()


class Contact(Base):
    """One number of one person. The same number may belong to several: households share."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("person_id", "msisdn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    msisdn: Mapped[str] = mapped_column(String(16), index=True)  # E.164
    extension: Mapped[str] = mapped_column(String(8), default="", server_default="")
    kind: Mapped[ContactKind]
    label: Mapped[str] = mapped_column(String(32), default="", server_default="")  # own words: daughter, shop
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))  # whose telephone it is, when another's
    verified_at: Mapped[datetime | None]
    verified_how: Mapped[str] = mapped_column(String(100), default="", server_default="")  # in own words
    wrong_since: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="contacts", foreign_keys=[person_id])


class Label(Base):
    """A sensitive mark of a person: apart, with its own right, and every look at it is logged."""

    __tablename__ = "labels"
    __table_args__ = (Index("ix_labels_due", "review_by", postgresql_where="ended_at is null"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    kind: Mapped[LabelKind]
    basis: Mapped[str] = mapped_column(String(200))
    from_on: Mapped[date]
    review_by: Mapped[date | None]
    added_by: Mapped[str] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(64), default="")


class Flag(Base):
    """A risk or a need of a household, with author and expiry, shown before anybody answers."""

    __tablename__ = "flags"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)
    kind: Mapped[FlagKind]
    note: Mapped[str] = mapped_column(String(200), default="")
    author: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    expires_on: Mapped[date]  # the first day on which it no longer shows
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(64), default="")

    household: Mapped[Household] = relationship(back_populates="flags")


class Correction(Base):
    """What somebody told us is wrong about a person; whoever keeps the records checks it."""

    __tablename__ = "corrections"
    __table_args__ = (Index("ix_corrections_open", "person_id", postgresql_where="settled_at is null"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    words: Mapped[str] = mapped_column(String(500))
    told_by: Mapped[str] = mapped_column(String(64))  # as in units of work: user:3
    told_at: Mapped[datetime]
    is_right: Mapped[bool | None]  # None: nobody has checked it yet
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(String(64), default="")


class Provenance(Base):
    """What one source said of a person at one time, what of it was taken, and what stood there before.

    `said` maps field to value, also of those that lost; `taken` lists the fields whose value was written; `before` maps
    each of these to the value that it replaced. A batch is undone from here, and "where does this come from" answered.
    """

    __tablename__ = "provenances"
    __table_args__ = (Index("ix_provenances_batch_id", "batch_id", postgresql_where="batch_id is not null"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    source: Mapped[str] = mapped_column(String(64))  # name of a list, "user:3", "call:CA...", "sms:12"
    batch_id: Mapped[int | None]
    row_no: Mapped[int | None]
    as_of: Mapped[date | None]
    at: Mapped[datetime]
    said: Mapped[dict[str, Any]]
    taken: Mapped[list[Any]]
    before: Mapped[dict[str, Any]]


class Merge(Base):
    """That two persons are one, by whose word, and how to take it back."""

    __tablename__ = "merges"

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    score: Mapped[float | None]
    reasons: Mapped[list[Any]]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any]]  # what the merge filled in or made stricter
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(64), default="")


class PersonSearch(Base):
    """What finds a person by any fragment of name, initials, number or address.

    `words` is what a hit is checked against; `grams` are hashes of its fragments and of the codes of the places it lies
    in, so that fragment and scope are narrowed down in one index. See `directory.fragments`.
    """

    __tablename__ = "person_searches"
    __table_args__ = (Index("ix_person_searches_grams", "grams", postgresql_using="gin"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True)
    community_code: Mapped[str] = mapped_column(String(32))
    words: Mapped[str] = mapped_column(String(600))
    grams: Mapped[list[int]] = mapped_column(ARRAY(Integer))
