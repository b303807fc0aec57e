"""Fixtures of every test: a real database, a stated moment, signed posts, a telephone line that is not there."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import CompoundSelect, Engine, delete, exists, literal, select, text, union_all
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from config import catalogue as catalogue_file
from config import policy as policy_file
from config import settings as environment
from config.settings import Settings
from core import clock, db
from core.uow import UnitOfWork, unit_of_work
from staff.service import hashing
from telephony import carrier
from tests.phone_line import PhoneLine

pytest_plugins = ["tests.servers", "tests.running_house", "tests.sharing"]

CITY = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=CITY)
TOKEN = "12345"
PUBLIC_URL = "https://line.example.org"
RESIDENT = "+8616200000001"

ENVIRONMENT = {
    "PUBLIC_URL": PUBLIC_URL,
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_API_BASE": "http://127.0.0.1:9",
    "HOTLINE_NUMBER": "+869785550156",
    "DUTY_NUMBER": "+8616700000110",
    "SECRET_KEY": "tests-only",
    "HASH_KEY": "tests-only",
    "CLOCK": "demo",
}


@pytest.fixture(scope="session")
def settings(postgres_url: str, redis_url: str) -> Settings:
    """The settings of the whole test run: private servers, a demo clock, a carrier on loopback."""
    os.environ.update(ENVIRONMENT, DATABASE_URL=postgres_url, REDIS_URL=redis_url)
    environment.current.cache_clear()
    return environment.current()


@pytest.fixture(scope="session", autouse=True)
def _passwords_that_cost_little() -> Iterator[None]:
    """Hash as quickly as the library can: a real hash takes most of the time of a test that signs in."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hashing, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Iterator[Engine]:
    """One engine, with every table of the house made anew."""
    import_all_models()
    opened = db.connect(settings.database_url)
    db.Base.metadata.drop_all(opened)
    db.Base.metadata.create_all(opened)
    yield opened
    opened.dispose()


def import_all_models() -> None:
    """The composition root knows every package, so that every table is declared."""
    import_module("app")
    assert db.Base.metadata.tables


@pytest.fixture
def clean(engine: Engine) -> Iterator[None]:
    """An empty database after the test, with ids that begin at one.

    Only tables with rows are emptied, and by deletes: eighty truncations would take longer than most tests.
    """
    yield
    with engine.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))  # keys and guards look away
        full = set(connection.scalars(_tables_with_rows()))
        for table in db.Base.metadata.sorted_tables:
            if table.name in full:
                connection.execute(delete(table))
        connection.execute(
            text(
                "select setval(format('%I', sequencename)::regclass, start_value, false) from pg_sequences "
                "where schemaname = 'public' and last_value is not null and sequencename <> 'ticket_numbers'"
            )
        )


@cache
def _tables_with_rows() -> CompoundSelect[str]:
    tables = db.Base.metadata.sorted_tables
    return union_all(*(select(literal(table.name)).where(exists(select(table))) for table in tables))


@pytest.fixture
def noon() -> datetime:
    """Wednesday 25 November 2026, 12:00 in the city."""
    return NOON


@pytest.fixture
def session(clean: None) -> Iterator[Session]:
    """A session on the real database; what the test leaves uncommitted is gone afterwards."""
    with db.sessions() as opened:
        yield opened


@pytest.fixture
def uow(session: Session, settings: Settings, noon: datetime) -> UnitOfWork:
    """A unit of work at noon that the test may commit."""
    return UnitOfWork(session, noon.astimezone(UTC), "test", policy_file.current(), catalogue_file.current(), settings)


@pytest.fixture
def at(clean: None) -> Callable[[datetime], None]:
    """Set the house's clock, for tests that go in through HTTP or jobs: `at(noon)`, later moments only."""

    def set_clock(moment: datetime) -> None:
        with db.sessions.begin() as opened:
            opened.merge(clock.ClockOffset(id=1, ahead=moment - datetime.now(UTC)))

    return set_clock


@pytest.fixture
def work(clean: None) -> Callable[[], object]:
    """`with work() as uow:` a committed unit of work, as routes and jobs have it."""

    @contextmanager
    def committed() -> Iterator[UnitOfWork]:
        with unit_of_work("test") as opened:
            yield opened

    return committed


@pytest.fixture
def phone_line(settings: Settings) -> PhoneLine:
    """A carrier that only remembers what it was asked to do."""
    line = PhoneLine()
    carrier.use(line)
    return line


@pytest.fixture(scope="session")
def made_app(engine: Engine, settings: Settings) -> Flask:
    """The Flask application, made once: making its routes and templates takes longer than most tests."""
    made: Flask = import_module("app").create_app()
    db.sessions.kw["bind"].dispose()
    db.sessions.configure(bind=engine)  # one engine for the whole run: an engine for each test would leave connections
    return made


@pytest.fixture
def app(made_app: Flask, engine: Engine, clean: None, settings: Settings) -> Flask:
    """The whole house as a Flask application, wired anew."""
    import_module("app").open_house(settings, patience=db.WEB).dispose()
    db.sessions.configure(bind=engine)
    made_app.config["SETTINGS"] = settings
    return made_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a session."""
    return app.test_client()


@pytest.fixture
def twilio(client: FlaskClient) -> Callable[..., TestResponse]:
    """`twilio("/sms/inbound", From=..., Body=...)`: a post signed as the carrier signs."""

    def post(path: str, **form: str) -> TestResponse:
        signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + path, form)
        return client.post(path, data=form, headers={"X-Twilio-Signature": signature})

    return post


class _Errors(logging.Handler):
    """Keeps what was logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_swallowed_errors(request: pytest.FixtureRequest) -> Iterator[None]:
    """A logged error fails the test, unless the test says that it expects one."""
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    yield
    logging.getLogger().removeHandler(errors)
    if not request.node.get_closest_marker("expects_errors"):
        assert [logging.Formatter().format(record) for record in errors.records] == []


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)
