"""One row of a list: what is kept of it, and every reason for which it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from collection import fields
from collection.fields import Field
from collection.identity import CHECKS, WEIGHTS
from collection.resident_row import FORMULA, LONGEST, Resident, RowRules, read
from collection.service.returning import sentence
from collection.survivorship import Origin, Verdict, decide
from core import wording
from telephony.msisdn import Bad
from tests.collection.files import HEADINGS, a_row, an_identity


def _sum_of(number: str) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number[:17], WEIGHTS, strict=True))


RIGHT = an_identity(1, date(1950, 4, 8))
LOST_BUT_RIGHT = next(
    number for n in range(1, 99) if (number := f"990101195004{n:02d}1000") and CHECKS[_sum_of(number) % 11] == "0"
)
"""Three digits are gone, and the check place is right by chance."""
TODAY = date(2026, 11, 25)
RULES = RowRules(TODAY, "CN", "0978", "", lambda number: f"sealed {number[-4:]}")


def reading(**other: str) -> tuple[Resident | None, list[str]]:
    """What becomes of the boring row with these cells (by our fields)."""
    cells = {fields.guess(heading): [cell] for heading, cell in zip(HEADINGS, a_row(1), strict=True)}
    mine = {field: cell for field, cell in cells.items() if field is not None}
    found, reasons = read(mine | {Field(name): [cell] for name, cell in other.items()}, RULES)
    for reason in reasons:
        for lang in wording.LANGUAGES:
            assert sentence(reason.as_json(), lang)
    return found, [reason.key for reason in reasons]


def kept(**other: str) -> Resident:
    found, reasons = reading(**other)
    assert found is not None, reasons
    return found


def test_a_row_is_read_whole() -> None:
    one = kept(living_since="2006", nationality="中国", registered_place="本地", access_need="听力障碍", lang="粤语")

    assert (one.name[0], one.sex, one.birth_date, one.community) == ("唐", "M", "1950-04-08", "AH010201")
    assert one.identity == f"sealed {one.id_last4}"
    assert [phone.msisdn for phone in one.phones] == ["+8616200000001"]
    assert (one.living_since, one.nationality, one.access_need, one.lang) == ("2006-01-01", "CN", "hearing", "yue")
    assert Resident.from_json(one.as_json()) == one


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"name": ""}, "name_missing"),
        ({"name": "16200000001"}, "name_odd"),
        ({"name": "张三(户主)"}, "name_odd"),
        ({"name": "=cmd|' /C calc'!A0"}, "name_odd"),
        ({"name": "张" * 65}, "too_long"),
        ({"name": FORMULA}, "formula"),
        ({"address": " "}, "address_missing"),
        ({"address": "\u200b\ufeff"}, "address_missing"),
        ({"address": "2026-03-02"}, "address_date"),
        ({"address": "2026/3/2"}, "address_date"),
        ({"address": "3月2日"}, "address_date"),
        ({"address": "2-Mar"}, "address_date"),
        ({"address": "Mar-02"}, "address_date"),
        ({"birth_date": "1899-12-30", "identity": ""}, "birth_date_too_old"),
        ({"birth_date": "2099-01-01", "identity": ""}, "birth_date_in_future"),
        ({"birth_date": "2026-11-26", "identity": ""}, "birth_date_in_future"),
        ({"birth_date": "2025-02-29", "identity": ""}, "birth_date_no_such_day"),
        ({"birth_date": "1900-02-29", "identity": ""}, "birth_date_no_such_day"),
        ({"birth_date": "03/04/1980", "identity": ""}, "birth_date_unclear"),
        ({"birth_date": "29342", "identity": ""}, "birth_date_serial"),
        ({"birth_date": "1980", "identity": ""}, "birth_date_not_whole"),
        ({"birth_date": "long ago", "identity": ""}, "birth_date_unreadable"),
        ({"birth_date": "1980-05-02"}, "birth_date_not_of_identity"),
        ({"sex": "女"}, "sex_not_of_identity"),
        ({"sex": "人"}, "word_unknown"),
        ({"identity": "12345"}, "identity_length"),
        ({"identity": "1.10101199001011E+17"}, "identity_digits_lost"),
        ({"identity": "110101199001011000"}, "identity_digits_lost"),
        ({"identity": LOST_BUT_RIGHT}, "identity_digits_lost"),
        ({"identity": RIGHT + ".0"}, "identity_digits_lost"),
        ({"identity": RIGHT[:-1] + "?"}, "identity_length"),
        ({"identity": RIGHT[:5] + "7" + RIGHT[6:]}, "identity_check"),
        ({"mobile": "16200000001/16200000002"}, "phone_multiple"),
        ({"mobile": "1.62E+10"}, "phone_scientific"),
        ({"mobile": "162O0000001"}, "phone_letters"),
        ({"mobile": "162****0001"}, "phone_masked"),
        ({"mobile": "1620000000"}, "phone_too_short"),
        ({"landline": "110"}, "phone_short_code"),
        ({"lang": "klingon"}, "word_unknown"),
        ({"access_need": "flying"}, "word_unknown"),
        ({"living_since": "2027"}, "living_since_in_future"),
    ],
)  # fmt: skip
def test_one_wrong_cell_refuses_the_row_with_its_reason(cells: dict[str, str], reason: str) -> None:
    assert reading(**cells) == (None, [reason])


def test_every_reason_is_told_at_once() -> None:
    _, reasons = reading(name="", birth_date="2099-01-01", mobile="162", identity="")

    assert reasons == ["birth_date_in_future", "name_missing", "phone_too_short"]


def test_a_birthday_on_29_february_of_a_leap_year_is_one() -> None:
    assert kept(birth_date="2000/2/29", identity="").birth_date == "2000-02-29"


def test_whoever_is_born_today_or_was_120_years_ago_is_entered() -> None:
    assert kept(birth_date="2026-11-25", identity="").birth_date == "2026-11-25"
    assert kept(birth_date="1906年1月1日", identity="").birth_date == "1906-01-01"


def test_a_local_number_gets_the_area_code_of_its_community() -> None:
    cells = {Field.NAME: ["唐东"], Field.ADDRESS: ["1号楼101"], Field.PHONE: ["5550123"]}

    here, _ = read(cells, RULES)
    there, _ = read(cells, replace(RULES, area_code="0971"))

    assert here is not None
    assert there is not None
    assert [here.phones[0].msisdn, there.phones[0].msisdn] == ["+869785550123", "+869715550123"]
    assert here.phones[0].kind == "fixed"


def test_marks_that_nobody_sees_make_no_other_name_nor_house() -> None:
    one = kept(name="\u202a唐\u200b东\ufeff\u202c", address="1号楼\u200b101\x07")

    assert (one.name, one.address) == ("唐东", "1号楼101")


def test_a_number_of_our_own_error_file_counts_as_no_number_given() -> None:
    one = kept(identity="•••• 123X")

    assert (one.identity, one.id_last4) == ("", "")


def test_the_number_itself_is_nowhere_in_what_is_kept() -> None:
    number = an_identity(1, date(1950, 4, 8))

    assert number not in str(kept(identity=number).as_json())


def test_every_reason_that_a_number_can_have_has_its_sentence() -> None:
    for kind in Bad:
        if kind is not Bad.EMPTY:
            assert sentence({"key": f"phone_{kind}", "field": "mobile"}, "zh")


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("联系电话（必填）", Field.PHONE),
        ("Birth date", Field.BIRTH_DATE),
        ("birth_date", Field.BIRTH_DATE),
        ("公民身份号码", Field.IDENTITY),
        ("与户主关系", Field.HEAD),
        ("序号", None),
        ("低保", None),
    ],
)
def test_headings_in_both_languages_name_their_field(heading: str, field: Field | None) -> None:
    assert fields.guess(heading) is field


def test_columns_are_as_the_source_had_them_last_time() -> None:
    found = fields.guess_all(["姓名", "备注", "电话"], {"备注": "address", "电话": ""})

    assert found == {"姓名": "name", "备注": "address", "电话": ""}


def test_every_field_has_its_words_and_no_label_is_one() -> None:
    for field in Field:
        assert wording.say("collection", f"field.{field}", "en")
    assert not {"elder_alone", "low_income", "disabled"} & set(Field)
    assert set(LONGEST) <= set(Field)


AS_OF = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("standing", "brought", "origin", "verdict"),
    [
        ("a", "", None, Verdict.SAME),
        ("a", "a", None, Verdict.SAME),
        ("", "b", Origin("user:3", 0, AS_OF), Verdict.TAKE),
        ("a", "b", None, Verdict.TAKE),
        ("a", "b", Origin("user:3", 0, date(2020, 1, 1)), Verdict.KEEP_HAND),
        ("a", "b", Origin("sms:12", 0, None), Verdict.KEEP_HAND),
        ("a", "b", Origin("police", 50, date(2020, 1, 1)), Verdict.KEEP_AUTHORITY),
        ("a", "b", Origin("other", 10, date(2027, 1, 1)), Verdict.TAKE),
        ("a", "b", Origin("peer", 30, date(2026, 11, 2)), Verdict.KEEP_NEWER),
        ("a", "b", Origin("peer", 30, AS_OF), Verdict.TAKE),
    ],
)
def test_whose_word_counts(standing: str, brought: str, origin: Origin | None, verdict: Verdict) -> None:
    assert decide(standing, brought, origin, 30, AS_OF) is verdict
