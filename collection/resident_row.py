"""One row of a list of residents, cells as received -> values that can be kept, or the reasons why it is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from collection import dates, identity
from collection.dates import BadDate
from collection.fields import Field, value_of
from collection.identity import BadIdentity
from telephony import msisdn
from telephony.msisdn import Bad, BadNumber, Line

LONGEST = {Field.NAME: 64, Field.ADDRESS: 200, Field.REGISTERED_PLACE: 100, Field.COMMUNITY: 100, Field.ID: 40}
FORMULA = "\x00formula"
"""What a reader puts where a cell holds a formula: its result may be old, so nobody takes it for a value."""
ERROR = "\x00error"
"""What a reader puts where a spreadsheet shows #REF! or the like."""
_WIDE = {0xFF00 + code: 0x20 + code for code in range(1, 0x5F)}
_NO_NAME = re.compile(r"[\d()@=<>{}|\\^~%$#*?!\uff1f\uff01\ufffd]|^[+\-]")
_SPACES = re.compile(r"\s+")
_INVISIBLE = re.compile(
    "[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
"""Marks that nobody sees, as copied texts bring them: with one in it a name would be another name."""
_DATE = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: [\d:.]+)?|\d{1,2}\u6708\d{1,2}\u65e5|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2}"
)
"""What a spreadsheet makes of a door such as 3-2."""
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is refused, or what was done with one of its values: a key of the wording, and facts for it."""

    key: str
    facts: Mapping[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As batch rows hold it."""
        return {"key": self.key, **self.facts}


@dataclass(frozen=True, slots=True)
class Phone:
    """A number of the row."""

    msisdn: str  # E.164
    extension: str
    kind: str  # mobile, fixed


@dataclass(frozen=True, slots=True)
class Resident:
    """What a row says of one person. Empty: it says nothing of that."""

    name: str
    address: str
    community: str = ""  # as written
    community_code: str = ""  # where that is
    list_id: str = ""
    sex: str = ""
    birth_date: str = ""  # ISO
    identity: str = ""  # keyed hash
    id_last4: str = ""
    phones: tuple[Phone, ...] = ()
    head: str = ""  # yes, no
    residence_kind: str = ""
    living_since: str = ""  # ISO
    registered_place: str = ""
    nationality: str = ""
    lang: str = ""
    access_need: str = ""
    consent: str = ""  # granted, withdrawn

    def as_json(self) -> dict[str, Any]:
        """As batch rows hold it, without what is empty."""
        held = {name: value for name in NAMES if (value := getattr(self, name))}
        if self.phones:
            held["phones"] = [
                {"msisdn": one.msisdn, "extension": one.extension, "kind": one.kind} for one in self.phones
            ]
        return held

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Resident:
        """Back from a batch row."""
        phones = tuple(Phone(**one) for one in held.get("phones", ()))
        return cls(**{**held, "phones": phones})


NAMES = tuple(one.name for one in fields(Resident))


@dataclass(frozen=True, slots=True)
class RowRules:
    """What reading a row needs to know."""

    today: date  # in the city
    region: str
    area_code: str  # of the community
    community_code: str  # where the row's words lead; empty: nobody can tell
    seal: Callable[[str], str]  # identity number -> keyed hash


Cells = Mapping[Field, Sequence[str]]


def read(cells: Cells, rules: RowRules) -> tuple[Resident | None, list[Reason]]:
    """The values of a row, or every reason why they cannot be kept; all of them at once, so that one mending does.

    A row without a name or with one wrong value is refused whole: half of a row is never loaded.
    """
    reader = _Reader(cells, rules)
    found = reader.read()
    return (None, reader.reasons) if reader.reasons else (found, [])


def as_far_as_read(cells: Cells, rules: RowRules) -> Resident:
    """What can be read of a row that is refused: nobody loads it, but somebody who was erased is known by it."""
    return _Reader(cells, rules).read()


def written(cells: Cells, field_name: Field) -> str:
    """The one cell of a field, tidied: full-width signs, spaces at the ends, the apostrophe of a spreadsheet."""
    return _tidy(cells[field_name][0]) if cells.get(field_name) else ""


class _Reader:
    def __init__(self, cells: Cells, rules: RowRules) -> None:
        self.cells, self.rules = cells, rules
        self.tidied = {name: written(cells, name) for name in cells}
        self.reasons: list[Reason] = []

    def read(self) -> Resident:
        self._refuse_formulas()
        number = self._identity()
        born = self._born(number)
        consent = self._word(Field.CONSENT, "consent")
        return Resident(
            name=self._name(),
            address=self._address(),
            community=self._text(Field.COMMUNITY),
            community_code=self.rules.community_code,
            list_id=self._text(Field.ID),
            sex=self._sex(number),
            birth_date=born.isoformat() if born is not None else "",
            identity=self.rules.seal(number.number) if number is not None else "",
            id_last4=number.number[-4:] if number is not None else "",
            phones=self._phones(),
            head=self._word(Field.HEAD, "head"),
            residence_kind=self._word(Field.RESIDENCE_KIND, "residence_kind"),
            living_since=self._since(),
            registered_place=self._text(Field.REGISTERED_PLACE),
            nationality=self._nationality(),
            lang=self._word(Field.LANG, "lang"),
            access_need=self._need(),
            consent="" if consent == "not_asked" else consent,
        )

    def _refuse(self, key: str, **facts: str | int) -> None:
        self.reasons.append(Reason(key, facts))

    def _refuse_formulas(self) -> None:
        for name, values in self.cells.items():
            if FORMULA in values:
                self._refuse("formula", field=name.value)
            if ERROR in values:
                self._refuse("cell_error", field=name.value)

    def _cell(self, name: Field) -> str:
        words = self.tidied.get(name, "")
        return "" if words.startswith("\x00") else words

    def _text(self, name: Field, *, needed: bool = False) -> str:
        words = _SPACES.sub(" ", self._cell(name))
        if needed and not words and not self._is_refused(name):
            self._refuse(f"{name.value}_missing")
        if len(words) > LONGEST[name]:
            self._refuse("too_long", field=name.value, most=LONGEST[name])
        return words

    def _address(self) -> str:
        words = self._text(Field.ADDRESS, needed=True)
        if _DATE.fullmatch(words):
            self._refuse("address_date")
        return words

    def _is_refused(self, name: Field) -> bool:
        return any(reason.facts.get("field") == name.value for reason in self.reasons)

    def _name(self) -> str:
        """As written but for full-width signs: folding further would change rare characters of a name."""
        self._text(Field.NAME, needed=True)
        cell = next(iter(self.cells.get(Field.NAME, ())), "")
        seen = "" if cell.startswith("\x00") else _INVISIBLE.sub("", cell.translate(_WIDE))
        name = _SPACES.sub(" ", seen).strip().lstrip("'")
        if name and (_NO_NAME.search(name) or not any(character.isalpha() for character in name)):
            self._refuse("name_odd")
        return name

    def _identity(self) -> identity.Identity | None:
        words = self._cell(Field.IDENTITY)
        if not words or value_of("none", words) or identity.is_hidden(words):
            return None
        try:
            return identity.read(words)
        except BadIdentity as err:
            self._refuse(f"identity_{err.kind}")
            return None

    def _born(self, number: identity.Identity | None) -> date | None:
        words = self._cell(Field.BIRTH_DATE)
        try:
            born = dates.birthday(words or (number.birth_date.isoformat() if number else ""), self.rules.today)
        except BadDate as err:
            if words or number is not None:
                self._refuse(f"birth_date_{err.kind}")
            return None
        if number is not None and born != number.birth_date:
            self._refuse("birth_date_not_of_identity")
        return born

    def _sex(self, number: identity.Identity | None) -> str:
        sex = self._word(Field.SEX, "sex")
        if number is not None and sex and sex != number.sex:
            self._refuse("sex_not_of_identity")
        return sex or (number.sex if number is not None else "")

    def _since(self) -> str:
        words = self._cell(Field.LIVING_SINCE)
        if not words:
            return ""
        try:
            return dates.since(words, self.rules.today).isoformat()
        except BadDate as err:
            self._refuse(f"living_since_{err.kind}")
            return ""

    def _word(self, name: Field, kind: str) -> str:
        words = self._cell(name)
        if not words or (value := value_of(kind, words)) is None:
            if words:
                self._refuse("word_unknown", field=name.value, word=words[:20])
            return ""
        return value

    def _need(self) -> str:
        words = self._cell(Field.ACCESS_NEED)
        return "" if value_of("none", words) else self._word(Field.ACCESS_NEED, "access_need")

    def _nationality(self) -> str:
        words = self._cell(Field.NATIONALITY)
        if _COUNTRY.fullmatch(words):
            return words
        return self._word(Field.NATIONALITY, "nationality")

    def _phones(self) -> tuple[Phone, ...]:
        found: dict[str, Phone] = {}
        for name in (Field.MOBILE, Field.PHONE, Field.LANDLINE):
            for cell in self.cells.get(name, ()):
                if one := self._phone(name, cell):
                    found.setdefault(one.msisdn, one)
        return tuple(found.values())

    def _phone(self, name: Field, cell: str) -> Phone | None:
        if cell.startswith("\x00") or not cell.strip() or value_of("none", cell):
            return None
        try:
            number = msisdn.read(cell, region=self.rules.region, area_code=self.rules.area_code or None)
        except BadNumber as err:
            if err.kind is not Bad.EMPTY:
                self._refuse(f"phone_{err.kind}", field=name.value)
            return None
        is_mobile = number.line is Line.MOBILE or (number.line is Line.FIXED_OR_MOBILE and name is not Field.LANDLINE)
        return Phone(number.e164, number.extension or "", "mobile" if is_mobile else "fixed")


def _tidy(words: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", words)).strip().lstrip("'").strip()
