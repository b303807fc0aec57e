"""Every text there is: one segment, two languages, no word that the carrier would take for itself."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from config import catalogue as catalogue_file
from config import policy as policy_file
from sms import cli, segments
from sms.carrier_words import RESERVED
from sms.wording import FOLDER, FOOTER, LANGUAGES, TextMissing, compose, dialled, facts_of, names, signed, when, yuan
from tests.conftest import NOON
from understanding import SURE, Intent, read

CITY = policy_file.current().city
ZONE = CITY.zone
HOTLINE = "+869785550156"
SAMPLES: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "samples.toml").read_text(encoding="utf-8"))
EVERY = [(lang, name) for lang in LANGUAGES for name in names(lang)]
ROOT = Path(__file__).parents[2]


def composed(name: str, lang: str, *, now: datetime = NOON, footer: bool = False, **facts: object) -> str:
    """A text with ordinary facts, but for those named."""
    return compose(name, lang, {**SAMPLES[lang], **facts}, city=CITY, now=now, hotline=HOTLINE, footer=footer)


@pytest.mark.parametrize(("lang", "name"), EVERY)
def test_every_text_fits_one_segment(lang: str, name: str) -> None:
    size = segments.count(composed(name, lang))

    assert (size.encoding, size.segments) == ("UCS-2" if lang == "zh" else "GSM-7", 1)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("service", catalogue_file.current().services.values(), ids=lambda one: one.code)
def test_the_name_of_every_service_fits_too(service: catalogue_file.Service, lang: str) -> None:
    longest = [composed(name, lang, service=service.name[lang], pin=None) for name in ("offer", "ticket_opened")]
    longest.append(composed("visit_told", lang, service=service.name[lang], pin=None, until=None))

    assert [segments.count(text).segments for text in longest] == [1, 1, 1]


def test_both_languages_have_the_same_texts_with_the_same_facts() -> None:
    assert names("zh") == names("en")
    for name in names("zh"):
        assert facts_of(name, "zh") == facts_of(name, "en"), name


@pytest.mark.parametrize(("lang", "name"), [one for one in EVERY if one[1] != FOOTER])
def test_no_text_names_a_word_that_the_carrier_acts_upon(lang: str, name: str) -> None:
    body = composed(name, lang).replace(composed(FOOTER, lang).removeprefix(CITY.signature_en).strip(), "")
    words = {word.upper() for word in re.findall(r"[A-Za-z]+", body)}

    assert words & RESERVED == set()


@pytest.mark.parametrize(("lang", "name"), EVERY)
def test_every_text_is_signed_once_and_is_one_line(lang: str, name: str) -> None:
    text = composed(name, lang)
    signature = CITY.signature if lang == "zh" else CITY.signature_en

    assert text.startswith(signature)
    assert text.count(signature) == 1
    assert text.count("【") == text.count("】") == (1 if lang == "zh" else 0)
    assert "\n" not in text
    assert "  " not in text
    assert "None" not in text


@pytest.mark.parametrize(("lang", "name"), EVERY)
def test_a_text_without_one_of_its_facts_is_never_sent(lang: str, name: str) -> None:
    for missing in facts_of(name, lang) - {"labour", "parts", "until", "words"}:
        facts = {fact: value for fact, value in SAMPLES[lang].items() if fact != missing}

        with pytest.raises(TextMissing, match=name):
            compose(name, lang, facts, city=CITY, now=NOON, hotline=HOTLINE)


def test_the_texts_of_the_trade_read_as_they_were_agreed() -> None:
    today = datetime(2026, 11, 25, 15, tzinfo=ZONE)

    assert composed("offer", "zh", service="下水疏通", wanted_by=today) == (
        "【安禾社区】单号A1023：梧桐里8号楼，下水疏通，盼今天15:00前到。接单回1加时间，不接回2，10分钟内有效。"
    )
    assert composed("offer_won", "zh") == (
        '【安禾社区】A1023已派给您：梧桐里8号楼2单元301，陈先生16200000901。到达回"到"，完工回"完工 金额"。'
    )
    assert composed("resolved", "zh") == "【安禾社区】A1023已完工，收费120元。问题解决了吗？解决回1，没解决回2。"
    assert composed("quote", "zh") == (
        "【安禾社区】A1023师傅报价320元（人工120材料200）。同意回1，不同意回2。未同意不动工不收费。"
    )
    assert composed("ticket_closed", "zh") == (
        '【安禾社区】A1023已办结。没解决请在7天内回"A1023没解决"，或拨09785550156。'
    )
    assert composed("ticket_closed", "en", days=1) == (
        '[Anhe Community] A1023 is closed. Not solved? Reply "A1023 not solved" within 1 day or call 09785550156.'
    )
    assert composed("help_provider", "en") == (
        '[Anhe Community] Job offer: 1 and a time takes it, 2 passes. Then "arrived", "done 120", "nobody home", '
        '"off until Fri". Two jobs: add code. Call 09785550156.'
    )
    assert composed("opt_out_done", "zh") == (
        "【安禾社区】已为您停发社区通知。办事进度短信仍会发送，全部停发请拨09785550156。"
    )
    assert composed("visit_told", "en", pin=None, until=None) == (
        "[Anhe Community] Kuaixiu Plumbing comes tomorrow 14:00 for plumbing (A1023). "
        "Reply 1 OK, 2 and another time, 3 no visit."
    )


def test_an_offer_names_neither_the_resident_nor_the_flat_nor_a_number() -> None:
    for lang in LANGUAGES:
        assert facts_of("offer", lang) == {"code", "place", "service", "wanted_by", "minutes"}


def test_a_notice_tells_how_to_opt_out_and_others_do_not() -> None:
    assert composed("resumed", "zh", footer=True).endswith("拒收请回复R")
    assert composed("resumed", "en", footer=True).endswith("Reply STOP to opt out")
    assert "拒收" not in composed("resumed", "zh")


# What our texts ask people to write must be understood, letter by letter: (text, context, what it means).
ASKED_FOR = [
    ("人工", "resident:none", Intent.HUMAN),
    ("person", "resident:none", Intent.HUMAN),
    ("A1023", "resident:none", Intent.STATUS_QUERY),
    ("恢复", "provider:none", Intent.RESUME),
    ("back", "provider:none", Intent.RESUME),
    ("休息到 周五", "provider:none", Intent.PAUSE),
    ("off until Friday", "provider:none", Intent.PAUSE),
    ("off until Fri", "provider:none", Intent.PAUSE),
    ("1 40分钟", "provider:offer", Intent.ACCEPT),
    ("1 40 min", "provider:offer", Intent.ACCEPT),
    ("2", "provider:offer", Intent.REJECT),
    ("40分钟", "provider:accepted", Intent.ETA),
    ("40 min", "provider:accepted", Intent.ETA),
    ("到", "provider:accepted", Intent.ARRIVE),
    ("arrived", "provider:accepted", Intent.ARRIVE),
    ("没人", "provider:accepted", Intent.NO_ACCESS),
    ("nobody home", "provider:accepted", Intent.NO_ACCESS),
    ("完工 120", "provider:accepted", Intent.COMPLETE),
    ("done 120", "provider:accepted", Intent.COMPLETE),
    ("A1023完工 0", "provider:accepted", Intent.COMPLETE),
    ("A1023 done 0", "provider:accepted", Intent.COMPLETE),
    ("A1023报价 320", "provider:accepted", Intent.QUOTE),
    ("A1023 quote 320", "provider:accepted", Intent.QUOTE),
    ("A1023改 明天14:00", "provider:accepted", Intent.RESCHEDULE),
    ("A1023 move tomorrow 14:00", "provider:accepted", Intent.RESCHEDULE),
    ("1", "resident:visit", Intent.AFFIRM),
    ("2 明天14:00", "resident:visit", Intent.RESCHEDULE),
    ("2 tomorrow 14:00", "resident:visit", Intent.RESCHEDULE),
    ("3", "resident:visit", Intent.CANCEL),
    ("1", "resident:quote", Intent.AFFIRM),
    ("2", "resident:quote", Intent.DENY),
    ("1", "resident:resolved", Intent.RESOLVED),
    ("2", "resident:resolved", Intent.UNRESOLVED),
    ("5", "resident:csat", Intent.RATE),
    ("R", "resident:none", Intent.OPT_OUT),
]


@pytest.mark.parametrize(("words", "context", "meant"), ASKED_FOR)
def test_what_our_texts_ask_people_to_write_is_understood(words: str, context: str, meant: Intent) -> None:
    understood = read(words, context=context, lang="zh", now=NOON, open_codes=("A1023",))

    assert understood.intent is meant
    assert understood.certainty >= SURE


def test_every_text_that_the_house_sends_by_name_exists() -> None:
    sent = set(_names_sent())

    assert sent - {"question", "sms"} <= set(names("zh"))
    assert {"emergency", "unknown", "ask_code", "offer", "visit_told", "resolved", "person_called"} <= sent


def _names_sent() -> Iterator[str]:
    """The names in `Reply("…")`, `tell(uow, number, "…")`, `ask(…, "…")` and the ticketing shorthands for them."""
    place = {"Reply": 0, "_reply": 0, "tell": 2, "ask": 2, "tell_requester": 2, "tell_provider": 3, "tell_number": 3}
    for package in ("sms", "providers", "ticketing", "ivr"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                given = node.args[place[called] :][:1] if called in place else []
                yield from (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        (datetime(2026, 11, 25, 15, 5, tzinfo=ZONE), "今天15:05", "today 15:05"),
        (datetime(2026, 11, 26, 0, 0, tzinfo=ZONE), "明天0:00", "tomorrow 0:00"),
        (datetime(2026, 11, 27, 9, 0, tzinfo=ZONE), "后天9:00", "Fri 27 Nov 9:00"),
        (datetime(2026, 12, 3, 9, 0, tzinfo=ZONE), "12月3日9:00", "Thu 3 Dec 9:00"),
        (datetime(2026, 11, 24, 9, 0, tzinfo=ZONE), "11月24日9:00", "Tue 24 Nov 9:00"),
        (datetime(2026, 11, 25, 15, 59, tzinfo=UTC), "今天23:59", "today 23:59"),
        (datetime(2026, 11, 25, 16, 0, tzinfo=UTC), "明天0:00", "tomorrow 0:00"),
    ],
)
def test_a_moment_is_told_on_the_clocks_of_the_city(at: datetime, zh: str, en: str) -> None:
    assert when(at, "zh", NOON.date(), ZONE) == zh
    assert when(at, "en", NOON.date(), ZONE) == en


def test_a_window_names_its_day_once_and_an_empty_one_is_a_moment() -> None:
    at = datetime(2026, 11, 26, 14, tzinfo=ZONE)

    assert when(at, "zh", NOON.date(), ZONE, at + timedelta(hours=2)) == "明天14:00到16:00"
    assert when(at, "en", NOON.date(), ZONE, at + timedelta(hours=2)) == "tomorrow 14:00-16:00"
    assert when(at, "zh", NOON.date(), ZONE, at) == "明天14:00"


def test_where_clocks_change_a_moment_keeps_its_hour_and_tomorrow_stays_tomorrow() -> None:
    new_york = ZoneInfo("America/New_York")
    before, after = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)

    assert when(before, "en", date(2026, 10, 31), new_york) == "tomorrow 1:30"
    assert when(after, "en", date(2026, 10, 31), new_york) == "tomorrow 1:30"
    assert when(datetime(2026, 3, 8, 7, 30, tzinfo=UTC), "en", date(2026, 3, 7), new_york) == "tomorrow 3:30"


def test_today_is_the_day_in_the_city_when_the_text_is_written() -> None:
    late = datetime(2026, 11, 25, 16, 30, tzinfo=UTC)  # half past midnight in the city

    assert "今天14:00" in composed("eta_told", "zh", now=late, at=datetime(2026, 11, 26, 14, tzinfo=ZONE))


@pytest.mark.parametrize(
    ("fen", "told"), [(12000, "120"), (12050, "120.50"), (5, "0.05"), (0, "0"), (99999999, "999999.99")]
)
def test_amounts_have_no_needless_decimals(fen: int, told: str) -> None:
    assert yuan(fen) == told


@pytest.mark.parametrize(
    ("msisdn", "told"),
    [
        ("+8616200000901", "16200000901"),
        ("+869785559901", "09785559901"),
        ("+12065550100", "+12065550100"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_number_is_told_as_people_dial_it(msisdn: str, told: str) -> None:
    assert dialled(msisdn, CITY.region) == told
    assert told in composed("offer_won", "zh", number=msisdn)


def test_a_signature_that_is_there_is_not_doubled_and_a_foreign_one_is_no_signature() -> None:
    assert signed("【安禾社区】【安禾社区】 您好【中奖】", "zh", CITY) == "【安禾社区】您好〔中奖〕"
    assert signed("[Anhe Community] hello", "en", CITY) == "[Anhe Community] hello"


def test_facts_are_plain_text_and_never_a_template() -> None:
    words = "{{ hotline }}{% raw %}<b>&"

    assert words in composed("by_hand", "zh", body=words)


@pytest.mark.usefixtures("settings", "engine", "clean")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_can_be_looked_at_from_a_terminal(lang: str) -> None:
    for name in names(lang):
        shown = CliRunner().invoke(cli.sms, ["preview", name, "--lang", lang])

        assert shown.exit_code == 0, shown.output
        assert '"segments": 1' in shown.output
