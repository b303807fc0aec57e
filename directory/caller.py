"""Who a number belongs to: nobody known, one person, or a household that must be asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from directory import language


@dataclass(frozen=True, slots=True)
class PersonCard:
    """What a call or a text needs to know of a person."""

    person_id: int
    name: str
    lang: str  # zh or en, for texts and prompts
    speaks: str  # as in the list: zh, zh-dialect, yue, en
    household_id: int
    address: str  # within the community: 2号楼1单元1002
    community_code: str
    community_name: dict[str, str]  # zh, en
    birth_date: date | None
    access_need: str | None
    mobile: str | None  # E.164, the best number for texts, the helper's when there is one; None: landline only
    own_mobile: str | None = None  # E.164, the person's own
    helper_mobile: str | None = None  # E.164 of who gets the person's messages; None: he gets them himself
    household_lang: str = ""  # zh or en, the language spoken in the household; empty: each his own


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls or writes. A number alone is never an identity: several persons may share it."""

    msisdn: str | None  # E.164; None: withheld
    persons: tuple[PersonCard, ...]
    lang: str  # zh or en: the first language to try
    prefers_person: bool  # somebody behind the number is an elder or has an access need

    @property
    def one(self) -> PersonCard | None:
        """The person, only when exactly one is known by this number."""
        return self.persons[0] if len(self.persons) == 1 else None

    @property
    def is_withheld(self) -> bool:
        """Whether the number was not shown."""
        return self.msisdn is None

    @property
    def is_shared(self) -> bool:
        """Whether we must ask who is calling."""
        return len(self.persons) > 1


def recognise(msisdn: str | None, persons: tuple[PersonCard, ...], *, today: date, from_age: int) -> Caller:
    """What the number tells. `today` is the day in the city, `from_age` the age in years of an elder."""
    return Caller(
        msisdn=msisdn,
        persons=persons,
        lang=language.guess(msisdn, _languages(persons)),
        prefers_person=any(prefers_person(person, today=today, from_age=from_age) for person in persons),
    )


def _languages(persons: tuple[PersonCard, ...]) -> set[str]:
    """What they read; where it differs, the language of their household when that is known."""
    own = {person.lang for person in persons}
    shared = {person.household_lang for person in persons} - {""}
    return shared if len(own) > 1 and len(shared) == 1 else own


def prefers_person(person: PersonCard, *, today: date, from_age: int) -> bool:
    """Whether a human voice comes first, or a slower dialog: an elder on the day, or an access need."""
    if person.access_need is not None:
        return True
    return person.birth_date is not None and age_on(today, person.birth_date) >= from_age


def age_on(day: date, born: date) -> int:
    """Full years on a day. Born on 29 February: a year older on 1 March of a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
