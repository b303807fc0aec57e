"""Signing in, passwords and grants, on the real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from core.uow import UnitOfWork, unit_of_work
from staff import queries, service
from staff.errors import BadName, LoginTaken, TooManyTries, UserNotFound, WeakPassword, WrongPassword
from staff.models import Grant, SignedIn, SignInTry, User
from staff.permissions import Permission, Role, scope_for
from staff.service import SignIn, users
from tests.factories.people import a_place
from tests.factories.staff import PASSWORD, a_user

HERE = "192.0.2.7"


def fail(uow: UnitOfWork, times: int, *, login: str = "g02", address: str = HERE) -> SignIn:
    outcome = SignIn(None)
    for _ in range(times):
        outcome = service.sign_in(uow, login, "wrong password", address)
    return outcome


def test_the_right_password_opens_a_session(uow: UnitOfWork) -> None:
    user = a_user(uow)

    token = service.sign_in(uow, "G02 ", PASSWORD, HERE).token

    assert token is not None
    current = queries.user_of_token(uow.session, token, uow.now)
    assert current is not None
    assert (current.user_id, current.login, current.name) == (user.id, "g02", "李敏")
    assert scope_for(current.grants, Permission.TICKETS_READ, uow.now).prefixes == ("AH",)


def test_the_database_holds_neither_password_nor_token(uow: UnitOfWork) -> None:
    a_user(uow)
    token = service.sign_in(uow, "g02", PASSWORD, HERE).token or ""

    stored = uow.session.scalars(select(SignedIn)).one().token_hash

    assert token not in stored
    assert len(token) >= 43  # 256 bits
    assert uow.session.scalars(select(User)).one().password_hash.startswith("$argon2id$")


def test_a_wrong_password_tells_how_many_tries_are_left(uow: UnitOfWork) -> None:
    a_user(uow)

    refusal = fail(uow, 2).refusal

    assert isinstance(refusal, WrongPassword)
    assert refusal.facts == {"left": 3}


def test_an_unknown_login_gets_the_same_words(uow: UnitOfWork) -> None:
    a_user(uow)

    known, unknown = fail(uow, 2).refusal, fail(uow, 2, login="nobody", address="192.0.2.8").refusal

    assert known is not None
    assert unknown is not None
    assert (known.wording, known.facts) == (unknown.wording, unknown.facts)


def test_after_five_wrong_ones_even_the_right_password_waits(uow: UnitOfWork) -> None:
    a_user(uow)
    fail(uow, 5)

    refusal = service.sign_in(uow, "g02", PASSWORD, "198.51.100.1").refusal

    assert isinstance(refusal, TooManyTries)
    assert refusal.facts == {"minutes": 15}


def test_waiting_opens_the_door_again(uow: UnitOfWork) -> None:
    a_user(uow)
    fail(uow, 5)
    uow.now += timedelta(minutes=15)

    assert service.sign_in(uow, "g02", PASSWORD, HERE).token is not None


def test_a_refused_try_does_not_make_the_wait_longer(uow: UnitOfWork) -> None:
    a_user(uow)
    fail(uow, 5)
    uow.now += timedelta(minutes=14)
    fail(uow, 5)
    uow.now += timedelta(minutes=1)

    assert service.sign_in(uow, "g02", PASSWORD, HERE).token is not None


def test_one_address_cannot_try_many_logins(uow: UnitOfWork) -> None:
    a_user(uow)
    for number in range(20):
        fail(uow, 1, login=f"guess{number}")

    assert isinstance(service.sign_in(uow, "g02", PASSWORD, HERE).refusal, TooManyTries)
    assert service.sign_in(uow, "g02", PASSWORD, "198.51.100.1").token is not None


def test_success_forgets_the_failures_of_the_login_and_not_of_the_address(uow: UnitOfWork) -> None:
    a_user(uow)
    fail(uow, 4)
    service.sign_in(uow, "g02", PASSWORD, HERE)

    refusal = fail(uow, 1).refusal

    assert isinstance(refusal, WrongPassword)
    assert refusal.facts == {"left": 4}
    assert uow.session.scalar(select(func.count()).select_from(SignInTry)) == 4 + 2


def test_tries_are_kept_without_login_and_address(uow: UnitOfWork) -> None:
    fail(uow, 1)

    keys = uow.session.scalars(select(SignInTry.key)).all()

    assert all(len(key) == 64 and "g02" not in key and HERE not in key for key in keys)


@pytest.mark.usefixtures("settings")
def test_thirty_tries_at_once_are_no_more_than_five(clean: None) -> None:
    with unit_of_work("test") as uow:
        a_user(uow)

    def one_try(_: int) -> SignIn:
        with unit_of_work("test") as uow:
            return service.sign_in(uow, "g02", "wrong password", HERE)

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(one_try, range(30)))

    assert sum(isinstance(outcome.refusal, WrongPassword) for outcome in outcomes) == 5
    assert sum(isinstance(outcome.refusal, TooManyTries) for outcome in outcomes) == 25


def test_who_left_cannot_sign_in_and_is_signed_out(uow: UnitOfWork) -> None:
    user = a_user(uow)
    token = service.sign_in(uow, "g02", PASSWORD, HERE).token or ""
    user.is_active = False

    assert isinstance(service.sign_in(uow, "g02", PASSWORD, HERE).refusal, WrongPassword)
    assert queries.user_of_token(uow.session, token, uow.now) is None


def test_a_session_ends_by_signing_out_and_by_time(uow: UnitOfWork) -> None:
    a_user(uow)
    first, second = (service.sign_in(uow, "g02", PASSWORD, HERE).token or "" for _ in range(2))

    service.sign_out(uow, first)

    assert queries.user_of_token(uow.session, first, uow.now) is None
    assert queries.user_of_token(uow.session, second, uow.now + timedelta(hours=11)) is not None
    assert queries.user_of_token(uow.session, second, uow.now + timedelta(hours=12)) is None


def test_a_weaker_hash_is_renewed_at_sign_in(uow: UnitOfWork) -> None:
    user = a_user(uow)
    user.password_hash = old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)

    service.sign_in(uow, "g02", PASSWORD, HERE)

    assert user.password_hash != old
    assert service.sign_in(uow, "g02", PASSWORD, HERE).token is not None


def test_a_password_of_a_megabyte_is_just_wrong(uow: UnitOfWork) -> None:
    a_user(uow)

    assert isinstance(service.sign_in(uow, "g02", PASSWORD + "x" * 1_000_000, HERE).refusal, WrongPassword)


def test_a_first_password_is_dead_once_it_was_replaced(uow: UnitOfWork) -> None:
    first = "first-first-first"
    user = a_user(uow, password=first, must_change_password=True)
    began = service.sign_in(uow, "g02", first, HERE)
    assert began.must_change_password

    changed = service.change_password(uow, user.id, "", PASSWORD, PASSWORD, HERE)

    assert changed.token is not None
    assert queries.user_of_token(uow.session, began.token or "", uow.now) is None
    assert isinstance(service.sign_in(uow, "g02", first, HERE).refusal, WrongPassword)
    assert not service.sign_in(uow, "g02", PASSWORD, HERE).must_change_password


def test_a_later_change_asks_for_the_present_password(uow: UnitOfWork) -> None:
    user = a_user(uow)
    new = "quite another sentence"

    assert isinstance(service.change_password(uow, user.id, "guess guess", new, new, HERE).refusal, WrongPassword)
    assert service.change_password(uow, user.id, PASSWORD, new, new, HERE).token is not None


@pytest.mark.parametrize(
    ("new", "again", "why"),
    [
        ("short", "short", "refusal.too_short"),
        ("one sentence here", "another sentence", "refusal.not_twice"),
        (PASSWORD, PASSWORD, "refusal.is_old"),
    ],
)
def test_a_new_password_must_be_new_and_strong_and_twice_the_same(
    uow: UnitOfWork, new: str, again: str, why: str
) -> None:
    user = a_user(uow)

    refusal = service.change_password(uow, user.id, PASSWORD, new, again, HERE).refusal

    assert isinstance(refusal, WeakPassword)
    assert refusal.wording == why


def test_a_first_password_can_be_read_from_a_screen(uow: UnitOfWork) -> None:
    made = {service.ensure_user(uow, f"demo{number}", "李敏") or "" for number in range(20)}

    assert len(made) == 20
    assert all(len(password) == 17 and not set(password) & set("01ilo") for password in made)


def test_a_load_tells_the_same_first_password_until_it_is_replaced(uow: UnitOfWork) -> None:
    first = service.ensure_user(uow, "agent", "李敏")
    assert first is not None
    assert service.ensure_user(uow, "agent", "李敏") == first
    user = queries.user_by_login(uow.session, "agent")
    assert user is not None

    service.change_password(uow, user.id, "", PASSWORD, PASSWORD, HERE)

    assert service.ensure_user(uow, "agent", "李敏") is None
    assert service.sign_in(uow, "agent", PASSWORD, HERE).token is not None


def test_a_reset_password_ends_all_sessions(uow: UnitOfWork) -> None:
    user = a_user(uow)
    token = service.sign_in(uow, "g02", PASSWORD, HERE).token or ""

    users.take_password_away(uow, user)

    assert queries.user_of_token(uow.session, token, uow.now) is None
    assert isinstance(service.sign_in(uow, "g02", PASSWORD, HERE).refusal, WrongPassword)


def test_a_login_is_given_once_in_any_case_of_letters(uow: UnitOfWork) -> None:
    a_user(uow)

    with pytest.raises(LoginTaken):
        service.add_user(uow, "G02", "别人", PASSWORD)


def test_the_same_grant_is_given_once(uow: UnitOfWork) -> None:
    a_user(uow)
    a_place(uow, "AH0102")

    service.grant(uow, "g02", Role.AGENT, "AH")
    service.grant(uow, "g02", Role.AGENT, "AH0102")

    assert uow.session.scalar(select(func.count()).select_from(Grant)) == 2


def test_nobody_cannot_be_granted_anything(uow: UnitOfWork) -> None:
    with pytest.raises(UserNotFound):
        service.grant(uow, "nobody", Role.AGENT, "AH")


def test_the_page_of_a_new_password_tells_nothing_of_the_old_one_and_makes_guessers_wait(uow: UnitOfWork) -> None:
    user = a_user(uow)

    refusals = [
        service.change_password(uow, user.id, "guess guess", PASSWORD, PASSWORD, HERE).refusal for _ in range(6)
    ]

    assert [type(refusal) for refusal in refusals] == [WrongPassword] * 5 + [TooManyTries]


def test_a_login_is_the_same_in_the_wide_letters_of_a_chinese_keyboard(uow: UnitOfWork) -> None:
    a_user(uow, "G07")
    assert service.sign_in(uow, "ｇ０７", PASSWORD, HERE).token is not None
    with pytest.raises(LoginTaken):
        a_user(uow, "Ｇ07")


@pytest.mark.parametrize("name", ["", " ", "\u202e敏李", "李\u200b敏", "x" * 65])
def test_a_name_is_what_it_looks_like(uow: UnitOfWork, name: str) -> None:
    with pytest.raises(BadName):
        a_user(uow, name=name)


@pytest.mark.usefixtures("clean", "settings")
def test_who_signs_in_while_he_is_being_shut_out_has_no_session_afterwards() -> None:
    with unit_of_work("test") as uow:
        a_user(uow)

    def shut_out() -> None:
        with unit_of_work("test") as uow:
            user = queries.user_by_login(uow.session, "g02")
            assert user is not None
            users.take_password_away(uow, user)

    with ThreadPoolExecutor(1) as threads:
        with unit_of_work("test") as uow:
            began = service.sign_in(uow, "g02", PASSWORD, HERE)
            waiting = threads.submit(shut_out)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        waiting.result(timeout=10)

    with unit_of_work("test") as uow:
        assert began.token is not None
        assert queries.user_of_token(uow.session, began.token, uow.now) is None
