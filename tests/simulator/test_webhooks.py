"""The way to the application: signatures, tries, time-outs, fallback addresses, redirects, cookies, limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.client import Phones
from simulator.config import Config, Line
from simulator.testing import SimulatorThread, free_port
from simulator.webhooks import Overrides
from tests.simulator.application import Application, Reply
from tests.simulator.conftest import ANNA, LINE

HELLO = "<Say>hello</Say>"
WHOLE = f"<Response>{HELLO}</Response>"


def line(**changes: str) -> Line:
    """The line with some addresses."""
    return Line(LINE, **changes)


@pytest.fixture
def told(config: Config, request: pytest.FixtureRequest) -> Config:
    """The configuration, with nothing but the account."""
    return replace(config, lines=())


def dialled(config: Config, served: Line) -> tuple[list[str], list[str], str]:
    """What a caller of this line hears, the codes in the debugger, and how the call ended."""
    with SimulatorThread(replace(config, lines=(served,))) as simulator:
        call = simulator.phones.dial(ANNA, LINE)
        codes = [one["code"] for one in simulator.phones.debugger()]
        return simulator.phones.heard(call), codes, simulator.phones.call(call)["status"]


def test_connection_overrides_are_read_from_the_fragment_inside_their_bounds() -> None:
    assert Overrides.of("https://a.example/x") == Overrides(5.0, 15.0, 15.0, 1, frozenset({"ct"}))
    assert Overrides.of("https://a.example/x#ct=1000&rt=5000&tt=9000&rc=2&rp=5xx,ct,rt") == Overrides(
        1.0, 5.0, 9.0, 2, frozenset({"5xx", "ct", "rt"})
    )
    assert Overrides.of("https://a.example/x#ct=1&rt=99999&rc=9&tt=x") == Overrides(0.1, 15.0, 15.0, 5)


def test_neither_fragment_nor_retries_change_what_is_signed(told: Config, application: Application) -> None:
    url = application.says("/voice", HELLO)

    dialled(told, line(voice_url=f"{url}?x=1&y=%E6%B0%B4#rc=2&rp=5xx"))

    asked = application.at("/voice")[0]
    assert asked.is_signed
    assert asked.query == {"x": "1", "y": "水"}


def test_a_server_error_is_tried_again_only_where_that_is_wanted(told: Config, application: Application) -> None:
    url = application.says("/voice", Reply("", status=500), Reply(WHOLE))

    once = dialled(told, line(voice_url=url))
    application.says("/voice", Reply("", status=500), Reply("", status=503), Reply(WHOLE))
    again = dialled(told, line(voice_url=f"{url}#rc=2&rp=5xx"))

    assert once[1] == ["11200"]
    assert again == (["hello"], [], "completed")
    tries = [one.headers["I-Twilio-Idempotency-Token"] for one in application.at("/voice")]
    assert len(tries) == 4
    assert len(set(tries[1:])) == 1
    assert tries[0] != tries[1]


def test_a_request_that_the_application_refuses_is_not_tried_again(told: Config, application: Application) -> None:
    url = application.says("/voice", Reply("", status=403))

    _, codes, _ = dialled(told, line(voice_url=f"{url}#rc=5&rp=5xx"))

    assert codes == ["11200"]
    assert len(application.at("/voice")) == 1


def test_an_answer_that_takes_too_long_is_given_up(told: Config, application: Application) -> None:
    url = application.says("/voice", Reply(WHOLE, takes=1.0))

    heard, codes, status = dialled(told, line(voice_url=f"{url}#rt=150"))
    by_total = dialled(told, line(voice_url=f"{url}#tt=150&rc=5&rp=all"))

    assert "hello" not in heard
    assert (codes, status) == (["11200"], "failed")
    assert by_total[1] == ["11200"]
    assert len(application.at("/voice")) == 2


def test_an_application_that_is_not_there_is_a_loud_error(told: Config) -> None:
    _, codes, status = dialled(told, line(voice_url=f"http://127.0.0.1:{free_port()}/voice"))

    assert (codes, status) == (["11205"], "failed")


@pytest.mark.parametrize(
    "url",
    ["voice", "ftp://example.org/voice", "http://under_score.example.org/voice", "http://[::1/voice", "http:///x"],
)
def test_an_address_that_cannot_be_fetched_is_a_loud_error(told: Config, url: str) -> None:
    _, codes, _ = dialled(told, line(voice_url=url))

    assert codes == ["11100"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("", status=500), "11200"),
        (Reply("<Response><Sing/></Response>"), "12200"),
        (Reply("no document"), "12100"),
        (Reply("a,b", content_type="text/csv"), "12300"),
    ],
)
def test_the_fallback_is_asked_with_what_went_wrong(
    told: Config, application: Application, reply: Reply, code: str
) -> None:
    url, fallback = application.says("/voice", reply), application.says("/fallback", "<Say>please wait</Say>")

    heard, codes, status = dialled(told, line(voice_url=f"{url}#rc=0", voice_fallback_url=fallback))

    assert (heard, codes, status) == (["please wait"], [code], "completed")
    assert application.last("/fallback")["ErrorCode"] == code
    assert application.last("/fallback")["ErrorUrl"] == url


def test_a_fallback_that_fails_too_ends_the_call(told: Config, application: Application) -> None:
    url = application.says("/voice", Reply("", status=500))

    _, codes, status = dialled(told, line(voice_url=url, voice_fallback_url=f"{application.url}/gone"))

    assert (codes, status) == (["11200", "11200"], "failed")


def test_a_moved_post_becomes_a_get_and_loses_its_parameters(told: Config, application: Application) -> None:
    url = application.says("/voice", Reply("", status=302, headers={"Location": "/moved?x=1"}))
    application.says("/moved", HELLO)

    heard, _, _ = dialled(told, line(voice_url=url))

    assert heard == ["hello"]
    asked = application.at("/moved")[0]
    assert (asked.method, asked.form, asked.query, asked.is_signed) == ("GET", {}, {"x": "1"}, True)


def test_a_307_keeps_the_post(told: Config, application: Application) -> None:
    url = application.says("/voice", Reply("", status=307, headers={"Location": "/moved"}))
    application.says("/moved", HELLO)

    dialled(told, line(voice_url=url))

    asked = application.at("/moved")[0]
    assert (asked.method, asked.form["From"], asked.is_signed) == ("POST", ANNA, True)


def test_moves_without_end_are_a_loud_error(told: Config, application: Application) -> None:
    url = application.says("/voice", Reply("", status=307, headers={"Location": "/voice"}))

    _, codes, _ = dialled(told, line(voice_url=url))

    assert codes == ["11215"]
    assert len(application.at("/voice")) == 11


def test_a_document_above_the_limit_is_a_loud_error(told: Config, application: Application) -> None:
    fits = "<Response>" + "<Pause length='0'/>" * 3000 + "</Response>"
    url = application.says("/voice", Reply(fits), Reply(f"<Response><!--{'水' * 22000}--></Response>"))

    assert dialled(told, line(voice_url=url))[1] == []
    assert dialled(told, line(voice_url=url))[1] == ["11750"]


def test_cookies_are_kept_through_a_call_and_never_shared(phones: Phones, application: Application) -> None:
    cookie = {"Set-Cookie": "seen=1; Path=/; HttpOnly"}
    application.says("/voice", Reply("<Response><Redirect>/next</Redirect></Response>", headers=cookie), Reply(WHOLE))
    application.says("/next", HELLO)

    phones.dial(ANNA, LINE)
    phones.dial(ANNA, LINE)

    assert "Cookie" not in application.at("/voice")[0].headers
    assert application.at("/next")[0].headers["Cookie"] == "seen=1"
    assert "Cookie" not in application.at("/voice")[1].headers


def test_cookies_of_texts_are_kept_between_two_numbers(phones: Phones, application: Application) -> None:
    application.says("/sms", Reply("<Response/>", headers={"Set-Cookie": "step=2"}))

    for number in (ANNA, ANNA, "+12025550199"):
        phones.text(number, LINE, "hello")

    assert [one.headers.get("Cookie") for one in application.at("/sms")] == [None, "step=2", None]


def test_a_status_callback_that_fails_is_loud_and_changes_nothing(told: Config, application: Application) -> None:
    url = application.says("/voice", HELLO)

    heard, codes, status = dialled(told, line(voice_url=url, status_callback=f"{application.url}/gone"))

    assert (heard, status) == (["hello"], "completed")
    assert codes == ["11200"]


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Response><Say>&b;</Say></Response>',
        '<!DOCTYPE r SYSTEM "file:///etc/passwd"><Response/>',
        "<Response><Say>\x00</Say></Response>",
        "<Response>" + "<Say>" * 5000,
        "",
        "<html><body>Internal error</body></html>",
        "{}",
    ],
)
def test_no_document_breaks_the_simulator(told: Config, application: Application, document: str) -> None:
    url = application.says("/voice", Reply(document))

    _, codes, status = dialled(told, line(voice_url=url))

    assert (codes, status) == (["12100"], "failed")
