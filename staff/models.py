"""Tables of users, what they were granted, their sessions and the tries at signing in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base
from staff.permissions import Role


class User(Base):
    """Somebody who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(200))  # argon2id
    must_change_password: Mapped[bool] = mapped_column(default=False)
    lang: Mapped[str] = mapped_column(String(8), default="zh")
    is_active: Mapped[bool] = mapped_column(default=True)

    grants: Mapped[list[Grant]] = relationship(back_populates="user", foreign_keys="Grant.user_id")


class Grant(Base):
    """A role in a jurisdiction for a time."""

    __tablename__ = "grants"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[Role]
    jurisdiction_code: Mapped[str] = mapped_column(String(16), ForeignKey("jurisdictions.code"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    granted_by: Mapped[str] = mapped_column(String(64))

    user: Mapped[User] = relationship(back_populates="grants", foreign_keys=[user_id])


class SignedIn(Base):
    """One session of one user; the cookie holds the token, the row only its hash."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    began_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInTry(Base):
    """A failed try, counted by login and by address to slow down guessing."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (Index(None, "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80))  # keyed hash of the login or of the address
    at: Mapped[datetime]
