"""The cards of households and people, as clerks, agents and officers meet them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from re import findall

from sqlalchemy import select

from core.audit import AuditEntry
from core.uow import UnitOfWork
from directory.models import Contact, ContactKind, FlagKind, Household, LabelKind, Person, Provenance, Purpose
from directory.service import consents, contacts, erasure, flags, labels, people, residence
from directory.service import merges as merging
from directory.service.contacts import Described
from ivr.models import Call, CallOutcome
from sms import service as sms
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.people import COMMUNITY, RESIDENT, a_person, a_place
from tests.factories.requests import a_request, a_ticket
from ticketing.models import Task

Work = Callable[[], AbstractContextManager[UnitOfWork]]
DeskOf = Callable[..., Desk]
DAUGHTER = "+8616200000902"


def a_family(work: Work) -> tuple[int, int, int]:
    """Sun Shuzhen, an elder with one number, and her son Chen Jianguo with another. Household and both persons."""
    with work() as uow:
        mother = a_person(
            uow,
            "孙淑珍",
            msisdn="+869785559901",
            kind=ContactKind.FIXED,
            birth_date=date(1941, 2, 28),
            lang="zh-dialect",
        )
        son = a_person(uow, "陈建国", birth_date=date(1968, 2, 29))
        return mother.household_id, mother.id, son.id


def entries(work: Work, action: str) -> list[AuditEntry]:
    with work() as uow:
        return list(uow.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_a_card_tells_who_lives_there_how_to_reach_them_and_what_to_mind_first(desk: Desk, work: Work) -> None:
    home, mother, _ = a_family(work)
    with work() as uow:
        flags.raise_flag(uow, home, FlagKind.DOG, note="黑背，拴着")
        people.describe(uow, home, note="白天打座机", lang="zh-dialect")
        people.set_head(uow, home, mother, instead_of=None)

    words = desk.reads(f"/console/households/{home}")

    for part in (
        "8号楼2单元301",
        "安禾市",
        "梧桐里社区",
        "有狗 · 黑背，拴着",
        "白天打座机",
        "孙淑珍",
        "85 岁",
        "方言",
        "户主",
        "58 岁",
    ):
        assert part in words, part
    assert words.index("有狗") < words.index("孙淑珍")
    in_english = desk.reads(f"/console/households/{home}", "en")
    for part in ("Wutongli", "85 years", "Dialect", "Head", "landline"):
        assert part in in_english, part


def test_every_opening_is_written_down_with_place_and_without_a_name(desk: Desk, work: Work) -> None:
    home, mother, _ = a_family(work)

    desk.open(f"/console/households/{home}")
    desk.open(f"/console/persons/{mother}")

    [of_home], [of_person] = entries(work, "household.read"), entries(work, "person.read")
    assert (of_home.subject, of_home.place) == (f"household:{home}", COMMUNITY)
    assert (of_person.subject, of_person.place) == (f"person:{mother}", COMMUNITY)
    assert "孙" not in str(of_home.data) + of_home.reason


def test_an_officer_says_why_before_he_sees_anything_and_each_time_anew(desk_of: DeskOf, work: Work) -> None:
    home, _, _ = a_family(work)
    with work() as uow:
        flags.raise_flag(uow, home, FlagKind.LIVES_ALONE, note="儿子在外地")
    officer = desk_of(Role.STREET_OFFICER, "AH0102", "k01")

    asked = officer.reads(f"/console/households/{home}")
    refused = officer.sends(f"/console/households/{home}", reason="1111")
    opened = officer.sends(f"/console/households/{home}", reason="核实 A1023 的投诉")

    assert "孙**" in asked
    assert "陈**" in asked
    for secret in ("孙淑珍", "儿子在外地", "9901"):
        assert secret not in asked, secret
    assert refused.status_code == 422
    assert "孙淑珍" not in refused.text
    assert "孙淑珍" in opened.text
    assert "0978 ••• 9901" in opened.text
    assert "孙淑珍" not in officer.reads(f"/console/households/{home}")
    assert [entry.reason for entry in entries(work, "household.read")] == ["核实 A1023 的投诉"]


def test_a_refused_form_of_an_officer_opens_no_card(desk_of: DeskOf, work: Work) -> None:
    _, mother, _ = a_family(work)
    officer = desk_of(Role.STREET_OFFICER, "AH0102", "k01")

    refused = officer.sends(f"/console/persons/{mother}/mistake", words="")

    assert refused.status_code == 422
    assert "孙淑珍" not in refused.text


def test_a_card_of_another_area_is_not_there(desk_of: DeskOf, work: Work) -> None:
    home, mother, _ = a_family(work)
    with work() as uow:
        a_place(uow, "AH020301")
    clerk = desk_of(Role.CLERK, "AH020301", "c01")

    for path in (f"/console/households/{home}", f"/console/persons/{mother}", f"/console/persons/{mother}/labels"):
        answer = clerk.open(path)
        assert answer.status_code == 404
        assert "孙" not in answer.text
    assert clerk.sends(f"/console/persons/{mother}/correct", name="别人").status_code == 404
    assert clerk.sends(f"/console/households/{home}/head", head=str(mother)).status_code == 404
    assert clerk.open("/console/households/99999999999").status_code == 404


def test_calls_texts_and_tickets_of_the_household_stand_on_its_card(desk: Desk, work: Work) -> None:
    home, _, son = a_family(work)
    with work() as uow:
        ticket = a_ticket(uow, a_request(person=uow.session.get_one(Person, son)))
        uow.session.add(
            Call(
                carrier_sid="CA1",
                direction="in",
                msisdn=RESIDENT,
                dnis="+869785550156",
                lang="zh",
                started_at=uow.now,
                node="end",
                outcome=CallOutcome.TICKET,
                about=ticket.code,
            )
        )
        sms.tell(uow, "+8616700000001", "offer_over", lang="zh", about=ticket.code, facts={"code": ticket.code})
        code = ticket.code

    words = desk.reads(f"/console/households/{home}")

    assert code in words
    assert "来电" in words
    assert "去信" in words
    assert words.count("去信") == 1  # what went to the provider is no dealing of theirs


def test_no_list_of_a_card_loses_an_entry_between_its_pages(desk: Desk, work: Work) -> None:
    home, _, son = a_family(work)
    with work() as uow:
        for _ in range(23):
            a_ticket(uow, a_request(person=uow.session.get_one(Person, son)))
    seen: list[str] = []
    path = f"/console/households/{home}"
    for _ in range(4):
        page = desk.open(path).text
        seen += findall(r'class="code" href="/console/tickets/([A-Z]\d{4})">', page.split('id="dealings"')[0])
        more = findall(r'href="([^"]*tickets=[^"]*)"', page)
        if not more:
            break
        path = more[0]

    assert len(seen) == len(set(seen)) == 23


def test_a_number_that_a_stranger_shares_shows_none_of_his_calls(desk_of: DeskOf, work: Work) -> None:
    with work() as uow:
        one = a_person(uow, "唐晓东")
        a_person(uow, "罗雨桐", community_code="AH020301", address="1号楼101")
        uow.session.add(
            Call(
                carrier_sid="CA1",
                direction="in",
                msisdn=RESIDENT,
                dnis="+869785550156",
                lang="zh",
                started_at=uow.now,
                node="end",
                outcome=CallOutcome.SERVED,
            )
        )
        home = one.household_id
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")

    assert "还没有电话和短信" in clerk.reads(f"/console/households/{home}")


def test_each_value_says_where_it_comes_from(desk_of: DeskOf, work: Work) -> None:
    _, mother, _ = a_family(work)
    with work() as uow:
        uow.session.add(
            Provenance(
                person_id=mother,
                source="街道名册",
                batch_id=12,
                row_no=40,
                as_of=date(2026, 10, 1),
                at=uow.now,
                said={"registered_place": "安禾市临溪区", "sex": "M"},
                taken=["registered_place"],
                before={"registered_place": ""},
            )
        )
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    clerk.sends(f"/console/persons/{mother}/correct", **facts_of(clerk, mother), sex="F")

    words = clerk.reads(f"/console/persons/{mother}")

    for part in ("街道名册", "第 12 批第 40 行", "截至 2026-10-01", "没采用", "李敏c01"):
        assert part in words, part


def facts_of(desk: Desk, person: int) -> dict[str, str]:
    """What the form of a person sends when nobody touches it, but for the sex."""
    page = desk.open(f"/console/persons/{person}").text
    form = page.split(f"/persons/{person}/correct")[1].split("</form>")[0]
    sent = dict(findall(r'name="(mark|name|birth_date|registered_place|nationality)"[^>]*value="([^"]*)"', form))
    chosen = findall(r'name="(lang|access_need)"[^>]*>.*?(?:value="([^"]+)" selected|</select>)', form)
    return sent | dict(chosen)


def test_a_clerk_corrects_and_a_second_form_of_the_same_page_is_refused_with_its_words_kept(
    desk_of: DeskOf, work: Work
) -> None:
    _, mother, _ = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    form = facts_of(clerk, mother)

    saved = clerk.sends(f"/console/persons/{mother}/correct", **{**form, "name": "孙淑真"})
    late = clerk.sends(f"/console/persons/{mother}/correct", **{**form, "name": "孙淑针"})

    assert "孙淑真" in clerk.reads_after(saved)
    assert late.status_code == 409
    assert "别人刚改过" in late.text
    assert 'value="孙淑针"' in late.text
    with work() as uow:
        assert uow.session.get_one(Person, mother).name == "孙淑真"
        last = uow.session.scalars(select(Provenance).order_by(Provenance.id.desc())).first()
    assert last is not None
    assert (last.source[:5], last.said, last.before) == ("user:", {"name": "孙淑真"}, {"name": "孙淑珍"})


FAULTS = [
    ("138O1234567", "第 4 位是字母 O，请改成数字 0。"),
    ("1620000090", "只有 10 位，少了。"),
    ("16200000901/16200000902", "这里有不止一个号码。"),
    ("162****0901", "号码被遮住了几位。"),
    ("1.62E+10", "表格软件把号码弄坏了"),
]


def test_signs_that_nobody_sees_make_no_name_and_turn_none_round(desk_of: DeskOf, work: Work) -> None:
    _, mother, _ = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "clerk")
    form = facts_of(clerk, mother)

    nothing = clerk.sends(f"/console/persons/{mother}/correct", **{**form, "name": "\u200b\u202e"})
    signs = clerk.sends(f"/console/persons/{mother}/correct", **{**form, "name": "…"})
    turned = clerk.sends(f"/console/persons/{mother}/correct", **{**form, "name": "孙\u202e淑\u200b真"})

    assert [one.status_code for one in (nothing, signs, turned)] == [422, 422, 303]
    with work() as uow:
        assert uow.session.get_one(Person, mother).name == "孙淑真"


def test_a_wrong_number_is_refused_by_its_fault_beside_what_was_typed(desk_of: DeskOf, work: Work) -> None:
    _, mother, _ = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")

    for typed, sentence in FAULTS:
        refused = clerk.sends(f"/console/persons/{mother}/contacts", number=typed, label="女儿")

        assert refused.status_code == 422, typed
        assert sentence in refused.text, typed
        assert f'value="{typed}"' in refused.text
        assert 'value="女儿"' in refused.text
        assert 'aria-invalid="true"' in refused.text


def test_a_number_is_added_checked_found_wrong_and_right_again(desk_of: DeskOf, work: Work) -> None:
    _, mother, _ = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")

    added = clerk.reads_after(
        clerk.sends(f"/console/persons/{mother}/contacts", number="5550199 转 802", label="传达室")
    )
    with work() as uow:
        contact = uow.session.scalars(select(Contact).where(Contact.label == "传达室")).one().id
    address = f"/console/persons/{mother}/contacts/{contact}"
    checked = clerk.reads_after(clerk.sends(address, what="verify", how="门卫用它打来"))
    wrong = clerk.reads_after(clerk.sends(address, what="wrong"))
    right = clerk.reads_after(clerk.sends(address, what="right"))

    assert "转 802" in added
    assert "传达室" in added
    assert "已核实" in checked
    assert "门卫用它打来" in checked
    assert "号码有误" in wrong
    assert "号码有误" not in right
    assert clerk.sends(address, what="verify", how=" ").status_code == 422
    with work() as uow:
        assert uow.session.get_one(Contact, contact).msisdn == "+869785550199"


def test_an_agent_reports_a_mistake_and_the_committee_settles_it(desk_of: DeskOf, work: Work) -> None:
    home, mother, _ = a_family(work)
    agent, clerk = desk_of(), desk_of(Role.CLERK, COMMUNITY, "c01")

    forbidden = agent.sends(f"/console/persons/{mother}/correct", name="孙淑真")
    agent.sends(f"/console/persons/{mother}/mistake", words="名字是真，不是珍")
    tasks = clerk.open("/console/tasks").text
    noticed = agent.reads(f"/console/households/{home}")
    link = findall(r'href="(/console/corrections/\d+)"', tasks)[0]
    shown = clerk.reads_after(clerk.open(link))
    correction = link.rpartition("/")[2]
    after = clerk.reads_after(clerk.sends(f"/console/persons/{mother}/corrections/{correction}", is_right="yes"))

    assert forbidden.status_code == 403
    assert "有人报了更正" in noticed
    assert "名字是真，不是珍" in shown
    assert "名字是真" not in after
    with work() as uow:
        assert uow.session.scalars(select(Task.done_at)).one() is not None
        assert uow.session.get_one(Person, mother).name == "孙淑珍"


def test_a_task_of_another_community_is_not_shown(desk_of: DeskOf, work: Work) -> None:
    _, mother, _ = a_family(work)
    with work() as uow:
        a_place(uow, "AH010202")
    desk_of().sends(f"/console/persons/{mother}/mistake", words="搬走了")
    neighbour = desk_of(Role.CLERK, "AH010202", "c02")

    assert "/console/corrections/" not in neighbour.open("/console/tasks").text
    assert neighbour.open("/console/corrections/1").status_code == 404


def test_some_of_a_household_move_and_both_cards_tell_it(desk_of: DeskOf, work: Work) -> None:
    home, mother, son = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    fields = {"community": COMMUNITY, "address": "3号楼101", "on": "2026-11-01", "kind": "tenant"}

    nobody = clerk.sends(f"/console/households/{home}/move", **fields)
    clerk.sends(f"/console/households/{home}/move", who=str(son), **fields)

    assert "请选出谁搬家" in nobody.text
    assert "以前住这里 陈建国" in clerk.reads(f"/console/households/{home}").replace("  ", " ")
    words = clerk.reads(f"/console/persons/{son}")
    assert "3号楼101 现在 2026-11-01 起 · 租户" in words
    assert "8号楼2单元301" in words
    with work() as uow:
        assert uow.session.get_one(Person, mother).household_id == home


IMPOSSIBLE = [
    ({"on": "2026-12-01"}, "日期不能晚于今天"),
    ({"on": "2026-02-30"}, "日期要写成"),
    ({"on": ""}, "请填日期"),
    ({"address": " "}, "请填门牌"),
    ({"community": "AH020301"}, "请从列表里选"),
    ({"kind": "king"}, "请从列表里选"),
    ({"address": "8号楼2单元301"}, "已经住在那里"),
]


def test_a_move_that_cannot_be_is_refused_in_its_form(desk_of: DeskOf, work: Work) -> None:
    _, mother, _ = a_family(work)
    with work() as uow:
        a_place(uow, "AH020301")
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    fields = {"community": COMMUNITY, "address": "3号楼101", "on": "2026-11-01", "kind": "owner"}

    for changed, sentence in IMPOSSIBLE:
        refused = clerk.sends(f"/console/persons/{mother}/move", **fields | changed)

        assert refused.status_code in (409, 422), changed
        assert sentence in refused.text, changed
    with work() as uow:
        assert uow.session.get_one(Household, uow.session.get_one(Person, mother).household_id).address[:3] == "8号楼"


def test_two_clerks_naming_a_head_do_not_put_each_other_s_aside(desk_of: DeskOf, work: Work) -> None:
    home, mother, son = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")

    assert clerk.sends(f"/console/households/{home}/head", head=str(mother), was="").status_code == 303
    second = clerk.sends(f"/console/households/{home}/head", head=str(son), was="")

    assert second.status_code == 409
    assert "这一户已有户主" in second.text
    with work() as uow:
        assert uow.session.get_one(Household, home).head_id == mother


def test_a_helper_is_found_in_the_household_or_by_his_number(desk_of: DeskOf, work: Work) -> None:
    _, mother, son = a_family(work)
    with work() as uow:
        a_person(uow, "陈小红", msisdn=DAUGHTER, address="9号楼101")
        a_person(uow, "外区人", msisdn="+8616200000903", community_code="AH020301", address="1号楼101")
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    address = f"/console/persons/{mother}/helper"

    here = clerk.reads_after(clerk.sends(address, helper=str(son)))
    elsewhere = clerk.reads_after(clerk.sends(address, number="16200000902"))
    unknown = clerk.sends(address, number="16200000909")
    outside = clerk.sends(address, number="16200000903")
    back = clerk.reads_after(clerk.sends(address, helper=""))

    assert "短信由 陈建国 代收" in here
    assert "短信由 陈小红 代收" in elsewhere
    assert "没找到用这个号码的人" in unknown.text
    assert "没找到用这个号码的人" in outside.text
    assert "外区人" not in outside.text
    assert "短信由" not in back


def test_who_moved_away_or_died_stays_on_the_card_and_can_be_taken_back(desk_of: DeskOf, work: Work) -> None:
    home, mother, _ = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")

    clerk.sends(f"/console/persons/{mother}/end", what="died", on="2026-11-20")
    dead = clerk.reads(f"/console/households/{home}")
    clerk.sends(f"/console/persons/{mother}/end", what="back")

    assert "2026-11-20 去世" in dead
    assert "1 人在住" in dead
    assert "2 人在住" in clerk.reads(f"/console/households/{home}")


def test_a_note_says_who_until_when_and_goes_by_hand(desk: Desk, work: Work) -> None:
    home, _, _ = a_family(work)

    raised = desk.reads_after(desk.sends(f"/console/households/{home}/flags", kind="deaf", note="左耳", until=""))
    without_words = desk.sends(f"/console/households/{home}/flags", kind="other", note="")
    over = desk.sends(f"/console/households/{home}/flags", kind="dog", until="2026-11-25")
    desk.sends(f"/console/households/{home}/flags/1/end")

    for part in ("听不见 · 左耳", "李敏g02", "2029-11-24"):
        assert part in raised, part
    assert "请写清是什么" in without_words.text
    assert "请选今天以后的日期" in over.text
    assert "左耳" not in desk.reads(f"/console/households/{home}")


def test_notes_stand_on_the_head_of_a_ticket_before_anybody_answers(desk: Desk, work: Work) -> None:
    home, _, son = a_family(work)
    with work() as uow:
        flags.raise_flag(uow, home, FlagKind.VIOLENCE, note="两人同去")
        code = a_ticket(uow, a_request(person=uow.session.get_one(Person, son))).code

    page = desk.open(f"/console/tickets/{code}").text

    assert page.index("两人同去") < page.index("ticket-panes")
    assert f'href="/console/households/{home}"' in page


def test_labels_are_not_in_the_page_of_those_without_the_right(desk_of: DeskOf, work: Work) -> None:
    home, mother, _ = a_family(work)
    with work() as uow:
        labels.give_label(uow, mother, LabelKind.LOW_INCOME, basis="低保证 0042")
    agent, clerk = desk_of(), desk_of(Role.CLERK, COMMUNITY, "c01")

    for path in (f"/console/persons/{mother}", f"/console/households/{home}"):
        for word in ("低保", "0042", "/labels"):
            assert word not in agent.open(path).text, (path, word)
    assert agent.open(f"/console/persons/{mother}/labels").status_code == 403
    assert "低保" not in clerk.open(f"/console/persons/{mother}").text
    before = len(entries(work, "labels.read"))
    assert "低保证 0042" in clerk.reads(f"/console/persons/{mother}/labels")
    assert len(entries(work, "labels.read")) == before + 1


def test_a_label_is_given_looked_at_again_and_ended(desk_of: DeskOf, work: Work) -> None:
    _, mother, _ = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    address = f"/console/persons/{mother}/labels"

    without_basis = clerk.sends(address, kind="elder_alone", basis="")
    given = clerk.reads_after(clerk.sends(address, kind="elder_alone", basis="走访 2026-11", review_by="2026-12-01"))
    twice = clerk.sends(address, kind="elder_alone", basis="走访 2026-11")
    again = clerk.reads_after(clerk.sends(f"{address}/1", what="review", review_by="2027-06-01"))
    ended = clerk.reads_after(clerk.sends(f"{address}/1", what="end"))

    assert "请写依据" in without_basis.text
    assert "独居老人 走访 2026-11" in given
    assert "这个标签已经有了" in twice.text
    assert "2027-06-01 复核" in again
    assert "结束" in ended
    assert clerk.sends(f"{address}/1", what="end").status_code == 404


def test_labels_due_are_listed_by_their_day_within_the_area_only(desk_of: DeskOf, work: Work) -> None:
    with work() as uow:
        uow.now -= timedelta(days=30)
        soon, elsewhere, later = (
            a_person(uow, "孙淑珍", msisdn=None),
            a_person(uow, "外区人", msisdn=None, community_code="AH020301"),
            a_person(uow, "陈小红", msisdn=None),
        )
        for one, day in ((soon, 10), (elsewhere, 10), (later, 300)):
            labels.give_label(
                uow, one.id, LabelKind.ELDER_ALONE, basis="走访", review_by=uow.local_now.date() + timedelta(days=day)
            )
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")

    words = clerk.reads("/console/labels")

    assert "孙淑珍" in words
    assert "外区人" not in words
    assert "陈小红" not in words
    assert [entry.data for entry in entries(work, "labels.read")] == [{"count": 1}]


def test_consent_stands_beside_the_number_with_its_history_and_evidence(desk: Desk, work: Work) -> None:
    home, _, _ = a_family(work)
    with work() as uow:
        consents.record_consent(
            uow, RESIDENT, Purpose.NOTICE, is_given=True, evidence="sms:12", wording_version="opt_in@3"
        )
    with work() as uow:
        uow.now += timedelta(minutes=5)
        consents.stop(uow, RESIDENT, is_everything=True, evidence="sms:15")

    words = desk.reads(f"/console/households/{home}")

    for part in ("已停发全部短信", "同意收通知", "短信 12", "文本 opt_in@3", "短信 15"):
        assert part in words, part


def test_somebody_new_is_entered_with_a_number_and_joins_who_lives_there(desk_of: DeskOf, work: Work) -> None:
    home, _, _ = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    fields = {
        "community": COMMUNITY,
        "address": "8号楼2单元301",
        "name": "陈小宝",
        "lang": "zh",
        "number": "16200000905",
    }

    wrong = clerk.sends("/console/persons/new", **{**fields, "birth_date": "2099-01-01"})
    bad_number = clerk.sends("/console/persons/new", **{**fields, "number": "162"})
    entered = clerk.reads_after(clerk.sends("/console/persons/new", **fields, birth_date="2024-02-29"))

    assert "出生日期不能晚于今天" in wrong.text
    assert 'value="陈小宝"' in wrong.text
    assert bad_number.status_code == 422
    assert "陈小宝 2 岁" in entered
    with work() as uow:
        assert uow.session.scalars(select(Person.household_id).where(Person.name == "陈小宝")).all() == [home]


def test_a_merged_person_is_found_under_who_he_became_with_all_that_was_his(desk: Desk, work: Work) -> None:
    with work() as uow:
        kept = a_person(uow, "唐晓东", msisdn=None)
        gone = a_person(uow, "唐晓冬", msisdn=DAUGHTER, address="9号楼101")
        a_ticket(uow, a_request(person=gone))
        uow.session.flush()
        merging.merge(uow, kept.id, gone.id, 0.9, [])
        kept_id, gone_id = kept.id, gone.id

    answer = desk.open(f"/console/persons/{gone_id}")
    words = desk.reads_after(answer)

    assert answer.location.endswith(f"/console/persons/{kept_id}")
    assert "162 0000 0902" in words
    assert "水暖管件维修" in words


def test_no_card_takes_more_statements_for_more_people(
    desk: Desk, work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    home, mother, _ = a_family(work)
    desk.open(f"/console/households/{home}")
    with statements() as few:
        desk.open(f"/console/households/{home}")
    with work() as uow:
        for number in range(10):
            one = a_person(uow, f"住户{number}", msisdn=f"+86162000010{number:02}")
            contacts.add(uow, one.id, f"162000020{number:02}", Described("备用"))
            a_ticket(uow, a_request(person=one))
            flags.raise_flag(uow, home, FlagKind.OTHER, note=f"提示{number}")
            residence.move(uow, one.id, COMMUNITY, f"{number + 20}号楼101", date(2026, 11, 1))
            residence.move(uow, one.id, COMMUNITY, "8号楼2单元301", date(2026, 11, 2))
    desk.open(f"/console/persons/{mother}")
    with statements() as many:
        desk.open(f"/console/households/{home}")
    with statements() as of_one:
        desk.open(f"/console/persons/{mother}")

    assert len(many) <= len(few) + 1  # the owners of numbers are looked up once there are numbers with owners
    assert len(of_one) <= len(few) + 4


def test_a_reported_mistake_is_settled_with_the_record_and_never_only_ticked_off(desk_of: DeskOf, work: Work) -> None:
    _, mother, _ = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    clerk.sends(f"/console/persons/{mother}/mistake", words="名字是真，不是珍")

    listed = clerk.open("/console/tasks").text
    ticked = clerk.sends("/console/tasks/1/done")

    assert "/console/tasks/1/done" not in listed
    assert "去核对" in listed
    assert ticked.status_code == 409
    assert "请到这个人的页面处理更正" in ticked.text
    with work() as uow:
        assert uow.session.scalars(select(Task.done_at)).one() is None


def test_a_clerk_is_told_who_asked_to_be_forgotten_and_says_that_he_asks_himself(desk_of: DeskOf, work: Work) -> None:
    _, _, son = a_family(work)
    with work() as uow:
        erasure.erase(uow, son)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    form = {
        "name": "陈建国",
        "birth_date": "1968-02-29",
        "community": COMMUNITY,
        "address": "9号楼101",
        "number": RESIDENT,
    }

    refused = clerk.sends("/console/persons/new", **form)
    entered = clerk.sends("/console/persons/new", **form, again="yes")

    assert refused.status_code == 422
    assert "这个人曾要求删除资料" in refused.text
    assert 'name="again"' in refused.text
    assert 'value="陈建国"' in refused.text
    assert "陈建国" in clerk.reads_after(entered)
    assert [entry.data["again"] for entry in entries(work, "person.entered")][-1] is True


def test_who_was_to_move_is_still_ticked_when_the_move_is_refused(desk_of: DeskOf, work: Work) -> None:
    home, mother, son = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    fields = {"community": COMMUNITY, "address": "，", "on": "2026-11-01", "kind": "tenant"}

    refused = clerk.sends(f"/console/households/{home}/move", **fields, who=[str(mother), str(son)])  # type: ignore[arg-type]

    assert refused.status_code == 422
    assert len(findall(rf'name="who" value="(?:{mother}|{son})" checked', refused.text)) == 2


def test_two_who_write_a_note_on_one_household_at_once_do_not_overwrite_each_other(desk_of: DeskOf, work: Work) -> None:
    home, _, _ = a_family(work)
    clerk = desk_of(Role.CLERK, COMMUNITY, "c01")
    shown = clerk.open(f"/console/households/{home}").text
    mark = findall(r'name="mark" value="(\w+)"', shown)[0]

    first = clerk.sends(f"/console/households/{home}/describe", note="先敲窗", lang="", mark=mark)
    second = clerk.sends(f"/console/households/{home}/describe", note="有狗", lang="", mark=mark)

    assert (first.status_code, second.status_code) == (303, 409)
    assert "别人刚改过" in second.text
    assert 'value="有狗"' in second.text
    with work() as uow:
        assert uow.session.get_one(Household, home).note == "先敲窗"
