"""Tables of providers: offers, areas, hours, papers, absences."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base
from providers.vetting import Standing


class Provider(Base):
    """A firm or self-employed person who may be sent."""

    __tablename__ = "providers"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)  # P001
    name: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(32))
    msisdn: Mapped[str] = mapped_column(String(16), index=True)  # where job offers go, E.164
    lang: Mapped[str] = mapped_column(String(16), default="zh")
    opens: Mapped[time | None]  # city time; None: open round the clock
    closes: Mapped[time | None]  # may be before `opens`: over midnight
    rating: Mapped[Decimal] = mapped_column(Numeric(8, 6))  # mean of all scores, 1 to 5; fine enough not to drift
    ratings: Mapped[int] = mapped_column(default=0)  # how many scores stand behind it
    max_open_jobs: Mapped[int]
    standing: Mapped[Standing]
    last_job_at: Mapped[datetime | None]

    services: Mapped[list[ProviderService]] = relationship(back_populates="provider", cascade="all, delete-orphan")
    areas: Mapped[list[ProviderArea]] = relationship(back_populates="provider", cascade="all, delete-orphan")
    credentials: Mapped[list[Credential]] = relationship(back_populates="provider", cascade="all, delete-orphan")
    absences: Mapped[list[Absence]] = relationship(back_populates="provider", cascade="all, delete-orphan")


class ProviderService(Base):
    """That a provider offers a service of the catalogue."""

    __tablename__ = "provider_services"
    __table_args__ = (UniqueConstraint("provider_id", "service"), Index(None, "service", "provider_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    service: Mapped[str] = mapped_column(String(32))

    provider: Mapped[Provider] = relationship(back_populates="services")


class ProviderArea(Base):
    """A node of the jurisdiction tree that a provider serves, with all below it."""

    __tablename__ = "provider_areas"
    __table_args__ = (UniqueConstraint("provider_id", "jurisdiction_code"), Index(None, "jurisdiction_code"))

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    jurisdiction_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"))

    provider: Mapped[Provider] = relationship(back_populates="areas")


class Credential(Base):
    """A paper that was seen: licence, certificate, insurance; never a copy of it."""

    __tablename__ = "credentials"
    __table_args__ = (UniqueConstraint("provider_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    valid_until: Mapped[date]  # the last day on which it is good, city time
    seen_by: Mapped[str] = mapped_column(String(64))
    seen_on: Mapped[date]

    provider: Mapped[Provider] = relationship(back_populates="credentials")


class Absence(Base):
    """A time without jobs that a provider asked for."""

    __tablename__ = "absences"
    __table_args__ = (Index(None, "provider_id", "until_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]  # None: until told otherwise
    told_by: Mapped[str] = mapped_column(String(64))

    provider: Mapped[Provider] = relationship(back_populates="absences")
