"""Any process may die, the carrier may lie: nothing is lost and nothing happens twice."""

from __future__ import annotations

import signal

import pytest

from tests.journeys.people import TANG, Line
from tests.running_house import RunningHouse, until


def test_a_carrier_that_takes_a_text_and_hangs_up_is_not_asked_twice(house: RunningHouse, line: Line) -> None:
    line.phones.misbehave("message", "drop", count=1)
    code = line.order_plumber()
    provider = line.provider_asked(code)
    line.text(provider, "1 40分钟到")
    line.gets(TANG, code, "10:4")

    until(
        lambda: house.rows("select 1 from outbound_sms where delivery not in ('delivered', 'sent')") == [],
        "every text is settled",
    )
    bodies = line.phones.received(TANG) + line.phones.received(provider)
    assert len(bodies) == len(set(bodies)) == house.one("select count(*) from outbound_sms")


def test_without_receipts_the_carriers_log_settles_what_nobody_knows(house: RunningHouse, line: Line) -> None:
    line.phones.misbehave("callback", "drop")
    line.phones.misbehave("message", "drop", count=1)
    code = line.order_plumber()
    line.gets(TANG, code)
    assert until(
        lambda: house.rows("select 1 from outbound_sms where delivery = 'unknown'"),
        "what is unknown is kept as unknown",
    )

    line.wait(150)
    line.wait(90)

    until(lambda: house.rows("select 1 from outbound_sms where delivery = 'unknown'") == [], "the log settles it")
    bodies = line.phones.received(TANG)
    assert len([body for body in bodies if code in body and "登记" in body]) == 1


@pytest.mark.expects_errors
def test_while_redis_is_away_nothing_is_lost(house: RunningHouse, line: Line) -> None:
    house.stop_redis()
    try:
        code = line.order_plumber()
        assert line.state(code) in {"open", "new"}
    finally:
        house.start_redis()

    provider = line.provider_asked(code)
    line.gets(TANG, code)
    assert len([body for body in line.phones.received(provider) if code in body]) == 1


def test_wiping_redis_loses_nothing(house: RunningHouse, line: Line) -> None:
    house.stop("worker")
    code = line.order_plumber()
    house.doorbell().flushall()
    house.start("worker")

    provider = line.provider_asked(code)
    line.gets(TANG, code)
    assert len([body for body in line.phones.received(provider) if code in body]) == 1


def test_a_worker_that_is_killed_in_the_middle_loses_and_doubles_nothing(house: RunningHouse, line: Line) -> None:
    line.phones.misbehave("message", "slow", seconds=3.0)
    code = line.order_plumber()
    until(lambda: house.rows("select 1 from outbound_sms where delivery = 'sending'"), "a text is under way")
    house.stop("worker", sign=signal.SIGKILL)
    line.phones.misbehave("message", "")
    house.start("worker")

    for _ in range(4):
        line.wait(70)
    provider = line.provider_asked(code)
    line.gets(TANG, code)

    until(
        lambda: house.rows("select 1 from outbound_sms where delivery in ('queued', 'sending', 'unknown')") == [],
        "every text is settled",
    )
    for number in (TANG, provider):
        bodies = line.phones.received(number)
        assert len(bodies) == len(set(bodies))


def test_an_offer_that_runs_out_while_every_process_is_down_goes_on_afterwards(house: RunningHouse, line: Line) -> None:
    code = line.order_plumber()
    first = line.provider_asked(code)
    house.stop("web", "worker", "ticker", sign=signal.SIGKILL)
    with house.database() as connection:
        connection.execute("update clock_offsets set ahead = ahead + interval '11 minutes'")
    house.start("web", "worker", "ticker")

    second = until(
        lambda: next((one for one in line.asked_providers(code) if one != first), ""), "the next provider is asked"
    )
    line.gets(second, code)
    assert house.rows(
        "select state from dispatches d join providers p on p.id = d.provider_id where p.msisdn = %s", first
    ) == [("expired",)]


def test_the_same_webhook_ten_times_has_one_effect(house: RunningHouse, line: Line) -> None:
    line.phones.misbehave("webhook", "repeat", times=9)
    line.phones.misbehave("callback", "repeat", times=3)
    code = line.order_plumber()
    provider = line.provider_asked(code)
    line.text(provider, "1 40分钟到")
    line.gets(TANG, code, "10:4")

    assert house.one("select count(*) from tickets") == 1
    assert house.one("select count(*) from inbound_sms") == 1
    assert len([body for body in line.phones.received(TANG) if "10:4" in body]) == 1
    assert len([body for body in line.phones.received(provider) if "1002" in body]) == 1


def test_a_web_server_that_dies_in_a_call_lets_the_caller_go_on(house: RunningHouse, line: Line) -> None:
    call = line.call(TANG)
    call.says("我家水管爆了")
    house.stop("web", sign=signal.SIGKILL)
    house.start("web")
    call.says("对")
    call.hears("2号楼1单元1002")
    call.says("对")

    assert line.state(call.code()) in {"open", "dispatched"}
