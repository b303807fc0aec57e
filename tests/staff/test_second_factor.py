"""The second factor: codes of an authenticator, each good once, recovery codes, and what a session may open without."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select, update

from core.uow import UnitOfWork, unit_of_work
from staff import second_factor as rule
from staff import service
from staff.errors import SecondFactorThere, SessionOver, TooManyTries, WrongCode
from staff.models import RecoveryCode, SignedIn, User
from staff.permissions import Role
from staff.queries import Due, user_of_token
from staff.service import second_factors, sessions, users
from staff.service.sign_in import SignIn
from tests.factories.staff import PASSWORD, a_user, code_for, post_form, sign_in, with_second_factor

HERE = "192.0.2.7"
THEN = datetime(2026, 11, 25, 4, 0, 15, tzinfo=UTC)
STEP = timedelta(seconds=30)
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def secret(uow: UnitOfWork, user: User) -> str:
    return rule.secret_of(uow.settings.secret_key, user.id, user.totp_salt)


def code(uow: UnitOfWork, user: User, at: datetime = THEN) -> str:
    return pyotp.TOTP(secret(uow, user)).at(at)


def half_session(uow: UnitOfWork) -> int:
    """Somebody has given the password."""
    token = service.sign_in(uow, "g02", PASSWORD, HERE).token
    current = user_of_token(uow.session, token or "", uow.now)
    assert current is not None
    return current.session_id


def give(uow: UnitOfWork, user: User, typed: str, at: datetime = THEN) -> SignIn:
    return second_factors.give(uow, user.id, half_session(uow), typed, outside=at)


@pytest.mark.parametrize(
    ("seconds", "eight_digits"), [(59, "94287082"), (1111111109, "07081804"), (2000000000, "69279037")]
)
def test_codes_are_those_of_the_standard(seconds: int, eight_digits: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)

    assert rule.step_taken(RFC_SECRET, eight_digits[-6:], at=at, last_step=None) == seconds // 30


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_telephone_may_be_half_a_minute_fast_or_slow(steps: int, is_taken: bool) -> None:
    typed = pyotp.TOTP(RFC_SECRET).at(THEN + steps * STEP)

    assert (rule.step_taken(RFC_SECRET, typed, at=THEN, last_step=None) is not None) == is_taken


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "9" * 400, "12 34 5x"])
def test_what_is_no_code_is_not_taken(typed: str) -> None:
    assert rule.step_taken(RFC_SECRET, typed, at=THEN, last_step=None) is None


@pytest.mark.parametrize("typed", ["94287082"[2:], "２８７０８２", "287－082", "287—082", "287 082"])
def test_a_code_is_taken_however_a_chinese_keyboard_typed_it(typed: str) -> None:
    assert rule.step_taken(RFC_SECRET, typed, at=datetime.fromtimestamp(59, UTC), last_step=None) == 1


def test_the_secret_stands_nowhere_in_the_database(uow: UnitOfWork) -> None:
    user = a_user(uow)
    made = second_factors.secret_to_set_up(uow, user.id)
    uow.session.flush()

    stored = [str(getattr(user, column.key)) for column in inspect(User).columns]

    assert all(made not in value for value in stored)
    assert len(made) == 32  # 160 bits
    assert rule.secret_of("another key", user.id, user.totp_salt) != made
    assert rule.secret_of(uow.settings.secret_key, user.id + 1, user.totp_salt) != made


def test_setting_up_takes_a_code_and_ends_all_other_sessions(uow: UnitOfWork) -> None:
    user = a_user(uow)
    before = service.sign_in(uow, "g02", PASSWORD, HERE).token or ""
    typed = pyotp.TOTP(second_factors.secret_to_set_up(uow, user.id)).at(THEN)

    outcome, codes = second_factors.set_up(uow, user.id, typed, outside=THEN)

    assert outcome.token is not None
    assert len(set(codes)) == 10
    assert user_of_token(uow.session, before, uow.now) is None
    current = user_of_token(uow.session, outcome.token, uow.now)
    assert current is not None
    assert (current.has_second_factor, current.due) == (True, Due.NOTHING)
    assert [note.action for note in uow.notes if note.action.startswith("second")] == ["second_factor.set_up"]


def test_a_second_factor_in_use_is_not_shown_again(uow: UnitOfWork) -> None:
    user = a_user(uow, role=Role.AUDITOR)

    with pytest.raises(SecondFactorThere):
        second_factors.secret_to_set_up(uow, user.id)


def test_a_code_is_taken_once_and_no_older_one_afterwards(uow: UnitOfWork) -> None:
    user = a_user(uow, role=Role.AUDITOR)

    assert give(uow, user, code(uow, user)).token is not None
    again = give(uow, user, code(uow, user))
    older = give(uow, user, code(uow, user, THEN - STEP))
    later = give(uow, user, code(uow, user, THEN + STEP))

    assert isinstance(again.refusal, WrongCode)
    assert isinstance(older.refusal, WrongCode)
    assert later.token is not None


@pytest.mark.usefixtures("clean", "settings")
def test_the_same_code_at_the_same_moment_opens_one_session() -> None:
    with unit_of_work("test") as uow:
        user = a_user(uow, role=Role.AUDITOR)
        number, typed = user.id, code(uow, user)
        sessions = [half_session(uow) for _ in range(6)]

    def one(session_id: int) -> SignIn:
        with unit_of_work("test") as uow:
            return second_factors.give(uow, number, session_id, typed, outside=THEN)

    with ThreadPoolExecutor(6) as threads:
        outcomes = list(threads.map(one, sessions))

    assert sum(outcome.token is not None for outcome in outcomes) == 1


def test_codes_are_throttled_like_passwords(uow: UnitOfWork) -> None:
    user = a_user(uow, role=Role.AUDITOR)
    session = half_session(uow)
    wrong = [second_factors.give(uow, user.id, session, "000000", outside=THEN) for number in range(5)]

    right = second_factors.give(uow, user.id, session, code(uow, user), outside=THEN)
    uow.now += timedelta(minutes=15)
    later = give(uow, user, code(uow, user))

    assert [one.refusal.facts for one in wrong if one.refusal] == [{"left": left} for left in (4, 3, 2, 1, 0)]
    assert isinstance(right.refusal, TooManyTries)
    assert later.token is not None


def test_a_recovery_code_stands_in_for_one_code_once_however_it_is_typed(uow: UnitOfWork) -> None:
    user = a_user(uow)
    typed = pyotp.TOTP(second_factors.secret_to_set_up(uow, user.id)).at(THEN)
    _, codes = second_factors.set_up(uow, user.id, typed, outside=THEN)

    first = give(uow, user, codes[0].upper().replace("-", " "))
    second = give(uow, user, codes[0])

    assert first.token is not None
    assert isinstance(second.refusal, WrongCode)
    assert second_factors.codes_left(uow, user.id) == 9
    assert not set(uow.session.scalars(select(RecoveryCode.code_hash))) & set(codes)


def test_a_right_code_opens_nothing_after_the_session_of_the_password_was_ended(uow: UnitOfWork) -> None:
    user = a_user(uow, role=Role.AUDITOR)
    session_id = half_session(uow)
    sessions.end_sessions(uow, user.id)

    with pytest.raises(SessionOver):
        second_factors.give(uow, user.id, session_id, code(uow, user), outside=THEN)


def test_new_recovery_codes_kill_the_old_ones(uow: UnitOfWork) -> None:
    user = a_user(uow)
    typed = pyotp.TOTP(second_factors.secret_to_set_up(uow, user.id)).at(THEN)
    _, old = second_factors.set_up(uow, user.id, typed, outside=THEN)

    wrong = second_factors.renew_recovery_codes(uow, user.id, "000000", outside=THEN)
    new = second_factors.renew_recovery_codes(uow, user.id, code(uow, user, THEN + STEP), outside=THEN)

    assert isinstance(wrong, WrongCode)
    assert isinstance(new, list)
    assert isinstance(give(uow, user, old[0]).refusal, WrongCode)
    assert give(uow, user, new[0]).token is not None


def test_a_recovery_code_of_somebody_else_opens_nothing(uow: UnitOfWork) -> None:
    mine, other = a_user(uow), a_user(uow, "g03", second_factor=True)
    typed = pyotp.TOTP(second_factors.secret_to_set_up(uow, mine.id)).at(THEN)
    _, codes = second_factors.set_up(uow, mine.id, typed, outside=THEN)

    assert isinstance(second_factors.check(uow, other, codes[0], outside=THEN), WrongCode)


def test_a_reset_takes_the_secret_and_the_codes_with_it(uow: UnitOfWork) -> None:
    user = a_user(uow)
    old = second_factors.secret_to_set_up(uow, user.id)
    second_factors.set_up(uow, user.id, pyotp.TOTP(old).at(THEN), outside=THEN)

    users.reset_second_factor(uow, user)

    assert second_factors.codes_left(uow, user.id) == 0
    assert second_factors.secret_to_set_up(uow, user.id) != old
    assert uow.session.scalars(select(SignedIn.id).where(SignedIn.ended_at.is_(None))).all() == []


# Through the browser.


def supervisor(*, second_factor: bool = False) -> None:
    with unit_of_work("test") as uow:
        a_user(uow, role=Role.SHIFT_SUPERVISOR, second_factor=second_factor)


def give_password(client: FlaskClient) -> str:
    return post_form(client, "/sign-in", "/sign-in", login="g02", password=PASSWORD).location or ""


def test_a_role_that_needs_it_opens_nothing_until_it_is_set_up(client: FlaskClient) -> None:
    supervisor()

    assert give_password(client) == "/second-factor/set-up"
    for path in ("/console/", "/console/users"):
        assert client.get(path).location == f"/second-factor/set-up?next={path}"
    assert client.post("/console/close", data={}).status_code in (303, 400)
    page = client.get("/second-factor/set-up")
    assert 'src="data:image/svg+xml' in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_the_page_shows_ten_codes_once_and_the_door_is_open(client: FlaskClient) -> None:
    supervisor()
    give_password(client)
    client.get("/second-factor/set-up")

    answer = post_form(client, "/second-factor/set-up", "/second-factor/set-up", code=code_for())

    assert answer.status_code == 200
    assert answer.text.count("<li>") == 10
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/console/users").status_code == 200
    assert client.get("/second-factor/set-up").location == "/console/"


def test_a_wrong_first_code_sets_nothing_up(client: FlaskClient) -> None:
    supervisor()
    give_password(client)

    answer = post_form(client, "/second-factor/set-up", "/second-factor/set-up", code="000000")

    assert answer.status_code == 422
    assert "验证码不对" in answer.text
    assert client.get("/console/users").status_code == 303


def test_the_password_alone_opens_only_the_page_of_the_code(client: FlaskClient) -> None:
    supervisor(second_factor=True)

    assert give_password(client) == "/second-factor"
    assert client.get("/console/users").location == "/second-factor?next=/console/users"
    assert client.get("/password").status_code == 303
    assert client.get("/second-factor/set-up").location == "/second-factor"
    assert post_form(client, "/second-factor", "/password", new="quite another one", again="quite another one").location
    right = post_form(client, "/second-factor", "/second-factor", code=code_for(), next="/console/users")

    assert right.location == "/console/users"
    assert client.get("/console/users").status_code == 200


def test_the_cookie_of_the_password_is_dead_once_the_code_was_given(client: FlaskClient) -> None:
    supervisor(second_factor=True)
    give_password(client)
    half = client.get_cookie("__Host-linli")
    assert half is not None
    post_form(client, "/second-factor", "/second-factor", code=code_for())

    client.set_cookie("__Host-linli", half.value)

    assert client.get("/console/users").location == "/sign-in?next=/console/users"


def test_who_does_not_give_the_code_for_ten_minutes_begins_anew(client: FlaskClient, at: object) -> None:
    supervisor(second_factor=True)
    give_password(client)

    assert callable(at)
    at(datetime.now(UTC) + timedelta(minutes=10, seconds=5))

    assert client.get("/second-factor").location == "/sign-in"


def test_a_role_given_meanwhile_asks_for_it_at_the_next_page_and_for_the_password(client: FlaskClient) -> None:
    with unit_of_work("test") as uow:
        a_user(uow)
    sign_in(client)
    assert client.get("/console/").status_code == 200
    with unit_of_work("test") as uow:
        service.grant(uow, "g02", Role.AUDITOR, "AH")
        uow.session.execute(update(SignedIn).values(began_at=uow.now - timedelta(hours=1)))

    assert client.get("/console/").location == "/second-factor/set-up?next=/console/"
    page = "/second-factor/set-up"
    assert 'name="password"' in client.get(page).text
    without = post_form(client, page, page, code=code_for(), password="a guess of somebody")
    with_it = post_form(client, page, page, code=code_for(), password=PASSWORD)

    assert without.status_code == 422
    assert with_it.status_code == 200


def forget_codes() -> None:
    """Let half a minute pass for the authenticator."""
    with unit_of_work("test") as uow:
        uow.session.execute(update(User).values(totp_last_step=None))


def test_an_agent_may_switch_it_off_against_a_code(client: FlaskClient) -> None:
    with unit_of_work("test") as uow:
        with_second_factor(uow, a_user(uow))
    sign_in(client)
    forget_codes()

    post_form(client, "/password", "/second-factor/off", code="000000")
    with unit_of_work("test") as uow:
        kept = uow.session.scalars(select(User.totp_since)).one()
    post_form(client, "/password", "/second-factor/off", code=code_for())

    assert kept is not None
    with unit_of_work("test") as uow:
        assert uow.session.scalars(select(User.totp_since)).one() is None
    assert client.get("/console/").status_code == 200


def test_a_supervisor_changes_the_telephone_and_goes_nowhere_without_one(client: FlaskClient) -> None:
    supervisor(second_factor=True)
    sign_in(client)
    forget_codes()

    away = post_form(client, "/password", "/second-factor/off", code=code_for())

    assert away.location == "/second-factor/set-up?next=/console/account"
    assert client.get("/console/users").location == "/second-factor/set-up?next=/console/users"
