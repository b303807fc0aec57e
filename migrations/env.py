"""Alembic's way in: the tables of the whole house, the database of DATABASE_URL."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

import app  # noqa: F401  so that every table is declared
from config.settings import database_url
from core.db import Base

ONE_AT_A_TIME = 7_205_014
"""Key of the advisory lock: two machines that start at once migrate one after the other."""


def migrate() -> None:
    """Run what is missing, on one connection, in one transaction."""
    engine = create_engine(database_url(os.environ.get("DATABASE_URL", "")), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
            context.run_migrations()


migrate()
