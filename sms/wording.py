"""Composes texts from wording/<language>/*.txt, signature included; a missing fact is an error, not a blank."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, meta

from config.policy import City

FOLDER = Path(__file__).parent / "wording"
LANGUAGES = ("zh", "en")
FOOTER = "opt_out_footer"  # the one slot that may name a reserved word
EVERYWHERE = frozenset({"hotline", "region", "line", "lang", "today", "zone"})  # facts that every text is given
LONGEST = 1600  # characters; the carrier refuses more
ONE_DAY = timedelta(days=1)
_days: Mapping[str, dict[str, Any]] = tomllib.loads((FOLDER / "days.toml").read_text(encoding="utf-8"))
MACHINES: tuple[str, ...] = tuple(tomllib.loads((FOLDER / "machines.toml").read_text(encoding="utf-8"))["marks"])
"""Words by which a text says that a machine wrote it."""
OTHER_SIGNATURES = str.maketrans("【】", "〔〕")  # gateways refuse a second signature


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
        "region": city.region,
        "line": city.name[lang],
        "lang": lang,
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


def version(name: str) -> str:
    """Name and a short mark of a text's words in every language: what somebody had read when he agreed or stopped."""
    words = b"".join((FOLDER / lang / f"{name}.txt").read_bytes() for lang in LANGUAGES)
    return f"{name}.{hashlib.sha256(words).hexdigest()[:12]}"


def facts_of(name: str, lang: str) -> frozenset[str]:
    """The facts a text needs from whoever sends it."""
    source = (FOLDER / lang / f"{name}.txt").read_text(encoding="utf-8")
    return frozenset(meta.find_undeclared_variables(_texts.parse(source)) - EVERYWHERE)


@lru_cache(maxsize=4096)
def dialled(msisdn: str, region: str) -> str:
    """A number as people of the region dial it: 09785550156, or with its country code when it is foreign."""
    try:
        number = phonenumbers.parse(msisdn, region)
    except phonenumbers.NumberParseException:
        return msisdn
    if phonenumbers.region_code_for_number(number) != region:
        return msisdn
    return re.sub(r"\D", "", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))


@lru_cache(maxsize=256)
def _template(lang: str, name: str) -> Template:
    return _texts.get_template(f"{lang}/{name}.txt")


def yuan(fen: int) -> str:
    """An amount in yuan without needless decimals."""
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}"


def when(at: datetime, lang: str, today: date, zone: ZoneInfo, until: datetime | None = None) -> str:
    """A moment or a window on the city's clocks as people say it: tomorrow 14:00-16:00, 12月3日9:00."""
    words, local = _days[lang], at.astimezone(zone)
    ahead = (local.date() - today) // ONE_DAY
    soon: list[str] = words["soon"]
    if 0 <= ahead < len(soon):
        named = soon[ahead]
    else:
        named = f"{_name(words['weekday'], local.weekday())} {day(local.date(), lang)}".strip()
    form: str = words["window" if until is not None and until > at else "moment"]
    return form.format(day=named, time=_clock(local), until=_clock((until or at).astimezone(zone)))


def day(date_: date, lang: str) -> str:
    """A day without its year: 12月3日, 3 Dec."""
    words = _days[lang]
    month = _name(words.get("months", ""), date_.month - 1) or date_.month
    written: str = words["date"]
    return written.format(month=month, day=date_.day)


def _in_one_line(body: str, lang: str) -> str:
    """Line breaks of the file are spaces in English and nothing in Chinese."""
    lines = [line.strip() for line in body.strip().splitlines() if line.strip()]
    return ("" if lang == "zh" else " ").join(lines)


def _name(names: str, place: int) -> str:
    return names.split()[place] if names else ""


def _clock(local: datetime) -> str:
    return f"{local.hour}:{local.minute:02d}"


_texts = Environment(
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - plain texts for handsets, no markup
    auto_reload=False,
)
_texts.filters.update(yuan=yuan, when=when, day=day, dialled=dialled)
