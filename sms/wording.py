"""Composes texts from wording/<language>/*.txt, signature included; a missing fact is an error, not a blank."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, meta

from config.policy import City

FOLDER = Path(__file__).parent / "wording"
LANGUAGES = ("zh", "en")
FOOTER = "opt_out_footer"  # the one slot that may name a reserved word (rulings 23)
EVERYWHERE = frozenset({"hotline", "line", "today", "zone"})  # facts that every text is given
LONGEST = 1600  # characters; the carrier refuses more
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ONE_DAY = timedelta(days=1)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
OTHER_SIGNATURES = str.maketrans("【】", "〔〕")  # gateways refuse a second signature (domain 4.1)


class TextMissing(Exception):
    """A text or one of its facts is missing: a mistake of ours, never shown to people."""


def compose(
    name: str, lang: str, facts: Mapping[str, object], *, city: City, now: datetime, hotline: str, footer: bool = False
) -> str:
    """A whole text with its signature. Moments in `facts` are aware datetimes, amounts are fen.

    `hotline` is E.164; texts show it as people dial it. `footer` adds how to opt out, for notices. Raises TextMissing.
    """
    known = {
        "hotline": dialled(hotline, city.region),
        "line": city.name[lang],
        "today": now.astimezone(city.zone).date(),
        "zone": city.zone,
    }
    try:
        body = _template(lang, name).render({**facts, **known})
        if footer:
            body = f"{body.rstrip()}\n{_template(lang, FOOTER).render(known)}"
    except (TemplateError, TypeError, KeyError, AttributeError, ValueError) as err:
        raise TextMissing(f"{name} in {lang}: {type(err).__name__}: {err}") from err
    return signed(_in_one_line(body, lang), lang, city)


def signed(body: str, lang: str, city: City) -> str:
    """The text with the line's signature in front, exactly once, and no other one in it."""
    signature = city.signature if lang == "zh" else city.signature_en
    bare = body.strip()
    while bare.startswith(signature):
        bare = bare.removeprefix(signature).lstrip()
    if lang == "zh":
        bare = bare.translate(OTHER_SIGNATURES)
    return f"{signature}{bare}" if lang == "zh" else f"{signature} {bare}"


def names(lang: str) -> list[str]:
    """Every text there is in a language, by name."""
    return sorted(path.stem for path in (FOLDER / lang).glob("*.txt"))


def facts_of(name: str, lang: str) -> frozenset[str]:
    """The facts a text needs from whoever sends it."""
    source = (FOLDER / lang / f"{name}.txt").read_text(encoding="utf-8")
    return frozenset(meta.find_undeclared_variables(_texts.parse(source)) - EVERYWHERE)


@lru_cache(maxsize=8)
def dialled(msisdn: str, region: str) -> str:
    """A number as people of the region dial it: 09785550156, or with its country code when it is foreign."""
    number = phonenumbers.parse(msisdn, region)
    if phonenumbers.region_code_for_number(number) != region:
        return msisdn
    return re.sub(r"\D", "", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))


@lru_cache(maxsize=256)
def _template(lang: str, name: str) -> Template:
    return _texts.get_template(f"{lang}/{name}.txt")


def yuan(fen: int) -> str:
    """An amount in yuan without needless decimals."""
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}"


def when_zh(at: datetime, today: date, zone: ZoneInfo, until: datetime | None = None) -> str:
    """A moment or a window of the city's clocks as people say it: 今天14:00, 明天14:00到16:00, 12月3日9:00."""
    local = at.astimezone(zone)
    days = {0: "今天", 1: "明天", 2: "后天"}
    day = days.get((local.date() - today) // ONE_DAY, f"{local.month}月{local.day}日")
    return f"{day}{_clock(local)}" + (f"到{_clock(until.astimezone(zone))}" if until and until > at else "")


def when_en(at: datetime, today: date, zone: ZoneInfo, until: datetime | None = None) -> str:
    """The same in English: today 14:00, tomorrow 14:00-16:00, Thu 3 Dec 9:00."""
    local = at.astimezone(zone)
    day = {0: "today", 1: "tomorrow"}.get(
        (local.date() - today) // ONE_DAY,
        f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}",
    )
    return f"{day} {_clock(local)}" + (f"-{_clock(until.astimezone(zone))}" if until and until > at else "")


def day_zh(day: date) -> str:
    """A day without its year: 12月3日."""
    return f"{day.month}月{day.day}日"


def day_en(day: date) -> str:
    """A day without its year: 3 Dec."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def local(msisdn: str) -> str:
    """A mainland number without its country code; others as they are."""
    return msisdn.removeprefix("+86")


def _in_one_line(body: str, lang: str) -> str:
    """Line breaks of the file are spaces in English and nothing in Chinese."""
    lines = [line.strip() for line in body.strip().splitlines() if line.strip()]
    return ("" if lang == "zh" else " ").join(lines)


def _clock(local: datetime) -> str:
    return f"{local.hour}:{local.minute:02d}"


_texts = Environment(
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - plain texts for handsets, no markup
    auto_reload=False,
)
_texts.filters.update(yuan=yuan, when_zh=when_zh, when_en=when_en, day_zh=day_zh, day_en=day_en, local=local)
