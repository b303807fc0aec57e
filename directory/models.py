"""Tables of places and people: jurisdictions, households, persons, contacts, consent, suppression."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base


class Purpose(StrEnum):
    """What a text is for; consent is given and withdrawn by purpose."""

    SERVICE = "service"  # about the person's own ticket, job or question
    NOTICE = "notice"  # news of the committee or the street
    EMERGENCY = "emergency"  # danger: never held back
    SYSTEM = "system"  # the one confirmation that an opt-out or opt-in is answered with


class SuppressionScope(StrEnum):
    """How much a person has stopped."""

    NOTICES = "notices"
    ALL = "all"


class ContactKind(StrEnum):
    """What a number can do: a mobile gets texts, a landline does not."""

    MOBILE = "mobile"
    FIXED = "fixed"


class AccessNeed(StrEnum):
    """What a caller needs us to do differently."""

    HEARING = "hearing"
    LOW_VISION = "low_vision"
    WHEELCHAIR = "wheelchair"


class Jurisdiction(Base):
    """A node of the tree city, district, street, community. The code is the path: a prefix test tells "within"."""

    __tablename__ = "jurisdictions"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(String(16), ForeignKey("jurisdictions.code"), index=True)
    level: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(32))
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))
    households: Mapped[int | None]
    buildings: Mapped[int | None]


class Household(Base):
    """A dwelling and who lives in it."""

    __tablename__ = "households"
    __table_args__ = (UniqueConstraint("community_code", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_code: Mapped[str] = mapped_column(String(16), ForeignKey("jurisdictions.code"))
    address: Mapped[str] = mapped_column(String(200))  # within the community, as people say it: 2号楼1单元1002
    note: Mapped[str] = mapped_column(String(500), default="")

    persons: Mapped[list[Person]] = relationship(back_populates="household", order_by="Person.id")
    community: Mapped[Jurisdiction] = relationship()


class Person(Base):
    """Somebody who lives in the city."""

    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[str | None] = mapped_column(String(32), unique=True)  # id in the list it was loaded from
    name: Mapped[str] = mapped_column(String(64))
    sex: Mapped[str] = mapped_column(String(1), default="")
    birth_date: Mapped[date | None]
    lang: Mapped[str] = mapped_column(String(16), default="zh")  # zh, zh-dialect, yue, en
    access_need: Mapped[AccessNeed | None]
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)

    household: Mapped[Household] = relationship(back_populates="persons")
    contacts: Mapped[list[Contact]] = relationship(back_populates="person", order_by="Contact.id")


class Contact(Base):
    """One number of one person. The same number may belong to several: households share."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("person_id", "msisdn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    msisdn: Mapped[str] = mapped_column(String(16), index=True)  # E.164
    kind: Mapped[ContactKind]
    verified_at: Mapped[datetime | None]
    wrong_since: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="contacts")


class Consent(Base):
    """That somebody agreed, or withdrew, for one purpose; kept with its evidence, never overwritten."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "msisdn", "purpose", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    msisdn: Mapped[str] = mapped_column(String(16))
    purpose: Mapped[Purpose]
    is_given: Mapped[bool]
    at: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(String(200))  # "import", "sms:12", "user:3"


class Suppression(Base):
    """A number that asked us to stop. One row a number: the strictest wish in force."""

    __tablename__ = "suppressions"

    msisdn: Mapped[str] = mapped_column(String(16), primary_key=True)
    scope: Mapped[SuppressionScope]
    since: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(String(200))
