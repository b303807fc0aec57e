"""Tables of users, what they were granted, second factors, invitations, sessions and tries at signing in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
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
    password_since: Mapped[datetime | None]  # None: nobody knows the password, a link opens the account
    must_change_password: Mapped[bool] = mapped_column(default=False)
    lang: Mapped[str] = mapped_column(String(8), default="")  # zh, en; empty: as the browser asks
    is_active: Mapped[bool] = mapped_column(default=True)
    totp_salt: Mapped[str] = mapped_column(String(64), default="", server_default="")  # the secret is made from it
    totp_since: Mapped[datetime | None]  # None: no second factor yet
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)  # of the last code taken: none is taken twice

    grants: Mapped[list[Grant]] = relationship(back_populates="user", foreign_keys="Grant.user_id")


class Grant(Base):
    """A role in a jurisdiction for a time."""

    __tablename__ = "grants"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[Role]
    jurisdiction_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    granted_by: Mapped[str] = mapped_column(String(64))
    ended_by: Mapped[str] = mapped_column(String(64), default="", server_default="")

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
    second_factor_at: Mapped[datetime | None]  # None: only the password was given so far
    last_seen_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(100), default="", server_default="")  # browser and system, as it says


class RecoveryCode(Base):
    """One of the codes that stand in for a lost second factor, each good for once; only its hash is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class Invitation(Base):
    """A link that lets somebody choose his own password, once."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    invited_by: Mapped[str] = mapped_column(String(64))
    invited_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class SignInTry(Base):
    """A failed try, counted by login and by address to slow down guessing."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (Index(None, "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80))  # keyed hash of the login or of the address
    at: Mapped[datetime]
