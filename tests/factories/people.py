"""Places and people for tests: boring defaults, a test names only what it is about."""

from __future__ import annotations

from datetime import date

from core.uow import UnitOfWork
from directory.city_list import PlaceLine
from directory.jurisdiction import depth, path
from directory.models import AccessNeed, ContactKind, Person
from directory.service import people, places

RESIDENT = "+8616200000901"
LANDLINE = "+869785559901"
COMMUNITY = "AH010201"

LEVELS = ("", "city", "district", "street", "community", "grid")
PLACES = {
    "AH": ("安禾市", "Anhe City"),
    "AH01": ("临溪区", "Linxi District"),
    "AH02": ("青麓区", "Qinglu District"),
    "AH0102": ("石桥街道", "Shiqiao Street"),
    "AH0203": ("云台街道", "Yuntai Street"),
    "AH010201": ("梧桐里社区", "Wutongli"),
    "AH010202": ("桂花弄社区", "Guihuanong"),
    "AH020301": ("云台社区", "Yuntai"),
}


def a_place(uow: UnitOfWork, code: str = COMMUNITY) -> str:
    """A jurisdiction with all above it. Returns its code."""
    places.import_places(
        uow,
        [
            PlaceLine(
                code=one,
                parent_code=one[:-2] or None,
                level=LEVELS[depth(one)],
                kind="",
                name_zh=PLACES.get(one, (one, one))[0],
                name_en=PLACES.get(one, (one, one))[1],
                households=None,
                buildings=None,
            )
            for one in path(code)
        ],
    )
    return code


def a_person(
    uow: UnitOfWork,
    name: str = "陈先生",
    *,
    msisdn: str | None = RESIDENT,
    kind: ContactKind = ContactKind.MOBILE,
    community_code: str = COMMUNITY,
    address: str = "8号楼2单元301",
    lang: str = "zh",
    birth_date: date | None = date(1980, 5, 1),
    access_need: AccessNeed | None = None,
) -> Person:
    """A resident with one number, in a household of his address."""
    return people.register(
        uow,
        name,
        community_code=a_place(uow, community_code),
        address=address,
        msisdn=msisdn,
        kind=kind,
        lang=lang,
        birth_date=birth_date,
        access_need=access_need,
    )
