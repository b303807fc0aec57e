"""The staff pages and one's own account, as people at the desk meet them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.audit import AuditEntry
from core.uow import UnitOfWork, unit_of_work
from staff import service
from staff.models import Grant, Invitation, SignedIn, User
from staff.permissions import Role
from staff.queries import user_by_login
from staff.service import break_glass, users
from tests.console.conftest import Desk, words_of
from tests.factories.people import a_place
from tests.factories.staff import PASSWORD, a_user, post_form, sign_in
from tests.statements import counted

Work = Callable[[], AbstractContextManager[UnitOfWork]]
INVITED = {"login": "g20", "name": "王芳", "role": "agent", "place": "AH0102"}


@pytest.fixture
def boss(desk_of: Callable[..., Desk]) -> Desk:
    """An administrator of the city, who is user 1."""
    desk = desk_of(Role.ADMIN, "AH", "boss")
    with unit_of_work("test") as uow:
        for code in ("AH01", "AH0102", "AH02"):
            a_place(uow, code)
    return desk


@pytest.fixture
def supervisor(desk_of: Callable[..., Desk]) -> Desk:
    """A shift supervisor of one district, who is user 1."""
    return desk_of(Role.SHIFT_SUPERVISOR, "AH01", "sv1")


def someone(login: str = "g30", role: Role | None = Role.AGENT, place: str = "AH0102") -> int:
    with unit_of_work("test") as uow:
        return a_user(uow, login, name=f"名{login}", role=role, place=place).id


def grants_of(user_id: int) -> list[tuple[str, str, datetime | None, str]]:
    with unit_of_work("test") as uow:
        return [
            (str(grant.role), grant.jurisdiction_code, grant.until_at, grant.ended_by)
            for grant in users.grants_of(uow, user_id)
        ]


def actions() -> list[tuple[str, str, str]]:
    with unit_of_work("test") as uow:
        entries = uow.session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [(entry.action, entry.subject, entry.actor) for entry in entries]


def test_the_list_shows_who_works_in_the_area_and_nobody_else(supervisor: Desk) -> None:
    here, elsewhere = someone("g30"), someone("g31", place="AH02")

    page = supervisor.reads("/console/staff")

    assert "名g30" in page
    assert "名g31" not in page
    assert supervisor.open(f"/console/staff/{here}").status_code == 200
    assert supervisor.open(f"/console/staff/{elsewhere}").status_code == 404
    assert supervisor.open("/console/staff/999999999999").status_code == 404


def test_a_grant_outside_the_area_is_counted_and_not_shown(supervisor: Desk) -> None:
    user = someone("g30")
    with unit_of_work("test") as uow:
        service.grant(uow, "g30", Role.CLERK, a_place(uow, "AH0203"))

    page = supervisor.reads(f"/console/staff/{user}", "en")

    assert "Rights outside your area: 1." in page
    assert "AH0203" not in page
    assert "administrator above you handles the account" in page


@pytest.mark.parametrize("role", [Role.AGENT, Role.CLERK, Role.AUDITOR, Role.CITY_OFFICER])
def test_who_does_not_manage_users_sees_none_of_it(desk_of: Callable[..., Desk], role: Role) -> None:
    desk = desk_of(role)
    user = someone()

    assert desk.open("/console/staff").status_code == 403
    assert desk.open(f"/console/staff/{user}").status_code == 403
    assert desk.sends("/console/staff", **INVITED).status_code == 403
    assert "人员与权限" not in desk.reads("/console/account")


def test_the_list_is_searched_filtered_and_paged_without_more_statements(boss: Desk) -> None:
    with unit_of_work("test") as uow:
        for number in range(60):
            a_user(uow, f"p{number:02}", name=f"员工{number}", place="AH0102", password=PASSWORD)
        gone = user_by_login(uow.session, "p07")
        assert gone is not None
        gone.is_active = False

    with counted() as first:
        page = boss.open("/console/staff").text
    with counted() as few:
        found = words_of(boss.open("/console/staff?q=P07").text)

    assert page.count("/console/staff/") >= 50
    assert "after=p4" in page
    second = boss.reads("/console/staff?after=p48")
    assert "员工59" in second
    assert "员工48" not in second
    assert "员工7 " in found
    assert "员工8 " not in found
    assert "员工7 " in boss.reads("/console/staff?only=off")
    assert "员工8 " not in boss.reads("/console/staff?only=off")
    assert len(first) <= len(few) + 1
    assert "没有找到人" in boss.reads("/console/staff?q=%25")


def test_somebody_is_invited_by_a_link_that_is_shown_once(boss: Desk, app: object) -> None:
    answer = boss.sends("/console/staff", **INVITED, until="2026-12-31")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    link = words_of(answer.text).partition("https://line.example.org")[2].split()[0]
    assert link.startswith("/welcome/")
    assert link not in boss.open("/console/staff/2").text
    assert "待设密码" in boss.reads("/console/staff")
    assert grants_of(2)[0][:2] == ("agent", "AH0102")
    ends = grants_of(2)[0][2]
    assert ends is not None
    assert ends.isoformat() == "2026-12-31T16:00:00+00:00"  # to the end of that day in the city
    assert actions() == [
        ("user.added", "user:2", "user:1"),
        ("grant.given", "user:2", "user:1"),
        ("user.invited", "user:2", "user:1"),
    ]
    newcomer = boss.client.application.test_client()
    done = post_form(newcomer, link, link, new=PASSWORD, again=PASSWORD)
    assert done.location == "/console/"
    assert newcomer.get("/console/tickets").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"login": "boss"}, "已经有人用了"),
        ({"login": "a b"}, "不能有空格"),
        ({"login": "x" * 80}, "1 到 64 个字符"),
        ({"name": " "}, "请写姓名"),
        ({"role": "king"}, "没有这个岗位"),
        ({"place": "AH99"}, "没有代码是 AH99 的地方"),
        ({"until": "2020-01-01"}, "结束要晚于开始"),
        ({"since": "tomorrow"}, "结束要晚于开始"),
        ({"until": "9999-12-31"}, "结束要晚于开始"),
    ],
)
def test_a_slip_is_told_beside_the_form_and_nothing_is_half_written(
    boss: Desk, wrong: dict[str, str], words: str
) -> None:
    answer = boss.sends("/console/staff", **{**INVITED, **wrong})

    page = answer.text
    assert answer.status_code in (409, 422)
    assert words in page
    assert f'value="{wrong.get("name", "王芳").strip()}"' in page
    with unit_of_work("test") as uow:
        assert uow.session.scalars(select(User.login)).all() == ["boss"]
        assert uow.session.scalars(select(Invitation)).all() == []


@pytest.mark.parametrize(
    "forged",
    [{"place": "AH02"}, {"place": "AH"}, {"place": ""}, {"role": "admin"}, {"role": "clerk"}, {"place": "AH0203 x"}],
)
def test_a_forged_scope_or_role_in_a_form_gives_nothing(supervisor: Desk, forged: dict[str, str]) -> None:
    user = someone("g30")
    with unit_of_work("test") as uow:
        a_place(uow, "AH0203")
    before = grants_of(user)

    granted = supervisor.sends(f"/console/staff/{user}/grants", **{"role": "agent", "place": "AH01", **forged})
    invited = supervisor.sends("/console/staff", **{**INVITED, **forged})

    assert (granted.status_code, invited.status_code) == (403, 403)
    assert grants_of(user) == before
    assert actions() == []


def test_a_grant_is_given_and_ended_and_opens_and_shuts_at_once(boss: Desk, app: object) -> None:
    user = someone("g30", Role.AGENT, "AH0102")
    client = boss.client.application.test_client()
    sign_in(client, "g30")

    boss.sends("/console/staff/grants/2/end")
    after_end = client.get("/console/tickets").status_code
    given = boss.sends(f"/console/staff/{user}/grants", role="agent", place="ah02")

    assert after_end == 403
    assert "权限已添加" in boss.reads_after(given)
    assert client.get("/console/tickets").status_code == 200
    assert [one[3] for one in grants_of(user)] == ["user:1", ""]


def test_the_same_grant_again_is_told_beside_the_form(boss: Desk) -> None:
    user = someone("g30", Role.AGENT, "AH0102")

    answer = boss.sends(f"/console/staff/{user}/grants", role="agent", place="AH0102")

    assert answer.status_code == 409
    assert "已经有这个岗位了" in answer.text


@pytest.mark.parametrize("act", ["off", "on", "reset-password", "reset-second-factor", "invite", "withdraw"])
def test_nobody_handles_an_account_that_reaches_further_or_is_his_own(supervisor: Desk, act: str) -> None:
    above = someone("boss", Role.ADMIN, "AH")
    beside = someone("g40", Role.CLERK, "AH0102")

    assert supervisor.sends(f"/console/staff/{above}/{act}").status_code == 404
    assert supervisor.sends(f"/console/staff/{beside}/{act}").status_code == 403
    assert supervisor.sends(f"/console/staff/1/{act}").status_code == 403
    assert actions() == []


def test_deactivating_signs_out_and_reactivating_lets_in_again(supervisor: Desk) -> None:
    user = someone("g30")
    client = supervisor.client.application.test_client()
    sign_in(client, "g30")

    supervisor.sends(f"/console/staff/{user}/off")
    shut = client.get("/console/").location
    refused = sign_in(client, "g30").status_code
    supervisor.sends(f"/console/staff/{user}/on")

    assert (shut, refused) == ("/sign-in?next=/console/", 422)
    assert sign_in(client, "g30").status_code == 303
    assert [action for action, _, _ in actions()] == ["user.deactivated", "user.reactivated"]


def test_a_reset_password_is_dead_and_its_link_never_seen_again(supervisor: Desk) -> None:
    user = someone("g30")

    answer = supervisor.sends(f"/console/staff/{user}/reset-password")

    assert "/welcome/" in answer.text
    assert sign_in(supervisor.client.application.test_client(), "g30").status_code == 422
    assert "/welcome/" not in supervisor.open(f"/console/staff/{user}").text
    assert "密码被重置" in supervisor.reads(f"/console/staff/{user}")
    supervisor.sends(f"/console/staff/{user}/withdraw")
    assert "还没用" not in supervisor.reads(f"/console/staff/{user}")
    assert "没有密码，要给新链接" in supervisor.reads("/console/staff")
    assert "No password: needs a new link" in supervisor.reads(f"/console/staff/{user}", "en")


def test_a_lost_telephone_is_reset_by_a_supervisor_who_never_sees_the_secret(supervisor: Desk) -> None:
    user = someone("sv2", Role.SHIFT_SUPERVISOR, "AH01")

    page = supervisor.open(f"/console/staff/{user}").text
    supervisor.sends(f"/console/staff/{user}/reset-second-factor")

    assert "data:image" not in page.replace('href="data:,"', "")
    client = supervisor.client.application.test_client()
    answer = post_form(client, "/sign-in", "/sign-in", login="sv2", password=PASSWORD)
    assert answer.location == "/second-factor/set-up"


def test_the_last_administrator_cannot_be_ended(boss: Desk, desk_of: Callable[..., Desk]) -> None:
    other = desk_of(Role.ADMIN, "AH", "boss2")
    with unit_of_work("test") as uow:
        second = user_by_login(uow.session, "boss2")
        assert second is not None
        number, row = second.id, users.grants_of(uow, second.id)[0].id
    assert boss.sends(f"/console/staff/grants/{row}/end").status_code == 303

    assert other.sends("/console/staff/grants/1/end").status_code == 403
    assert boss.sends("/console/staff/1/off").status_code == 403
    assert grants_of(1)[0][2] is None
    assert grants_of(number)[0][3] == "user:1"


def test_break_glass_stands_at_the_head_of_the_list(boss: Desk) -> None:
    with unit_of_work(break_glass.ACTOR) as uow:
        break_glass.break_glass(uow, "rescue", "nobody can sign in")

    page = boss.reads("/console/staff", "en")

    assert "Break-glass in the last 90 days" in page
    assert "rescue administrator from" in page
    assert "In force" in page


def test_the_first_page_is_the_first_that_one_may_open(desk_of: Callable[..., Desk]) -> None:
    places = {
        Role.AGENT: "/console/tickets",
        Role.CLERK: "/console/tickets",
    }
    for number, (role, first) in enumerate(places.items()):
        assert desk_of(role, "AH", f"u{number}").open("/console/").location == first
    for number, role in enumerate((Role.ADMIN, Role.DATA_STEWARD)):
        desk = desk_of(role, "AH", f"v{number}")
        assert desk.open(desk.open("/console/").location or "").status_code == 200


def test_who_has_no_grant_is_told_whom_to_ask(client: FlaskClient) -> None:
    someone("boss", Role.ADMIN, "AH")
    someone("g30", None)
    with unit_of_work(break_glass.ACTOR) as uow:
        break_glass.break_glass(uow, "glass", "nobody else can come in")
    sign_in(client, "g30")

    page = client.get("/console/")

    assert page.status_code == 200
    assert "您现在没有权限" in page.text
    assert "名boss" in page.text
    assert "glass" not in page.text
    assert client.get("/console/tickets").status_code == 403
    assert client.get("/console/account").status_code == 200


def test_a_role_without_pages_is_told_so(client: FlaskClient) -> None:
    someone("g30", Role.ELECTION_WORKER)
    sign_in(client, "g30")

    page = client.get("/console/").text

    assert "选举工作人员在这里还没有页面" in page
    assert "没有人给您权限" not in page


def test_the_account_page_shows_sessions_and_ends_them(desk: Desk) -> None:
    elsewhere, third = (desk.client.application.test_client() for _ in range(2))
    for other in (elsewhere, third):
        other.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"
        sign_in(other)
    with unit_of_work("test") as uow:
        ids = uow.session.scalars(select(SignedIn.id).order_by(SignedIn.id)).all()

    page = desk.reads("/console/account")
    ended = desk.reads_after(desk.sends(f"/console/account/sessions/{ids[1]}/end"))
    gone = elsewhere.get("/console/account").status_code
    others = desk.reads_after(desk.sends("/console/account/sessions/end-others"))

    assert page.count("Chrome · Windows") == 2
    assert page.count("这里") == 1
    assert "已退出那处登录" in ended
    assert gone == 303
    assert "已退出 1 处" in others
    assert third.get("/console/account").status_code == 303
    assert desk.sends(f"/console/account/sessions/{ids[1]}/end").status_code == 404
    assert desk.sends(f"/console/account/sessions/{ids[0]}/end").location == "/sign-in"


def test_nobody_ends_the_session_of_somebody_else(desk: Desk) -> None:
    someone("g30")
    other = desk.client.application.test_client()
    sign_in(other, "g30")

    assert desk.sends("/console/account/sessions/2/end").status_code == 404
    assert other.get("/console/account").status_code == 200


def test_a_half_signed_in_session_shows_so_that_a_known_password_is_noticed(boss: Desk) -> None:
    stranger = boss.client.application.test_client()
    post_form(stranger, "/sign-in", "/sign-in", login="boss", password=PASSWORD)

    assert "只输了密码" in boss.reads("/console/account")


def test_the_language_is_the_browsers_until_one_is_chosen_and_again_when_none_is(desk: Desk) -> None:
    as_the_browser = desk.reads("/console/account", "en")
    desk.sends("/console/account/language", lang="zh")
    as_the_user = desk.reads("/console/account", "en")
    post_form(desk.client, "/password", "/language", lang="en", back="/")
    as_the_button = desk.reads("/console/account", "zh")
    desk.sends("/console/account/language", lang="xx")
    unchanged = desk.reads("/console/account", "zh")
    desk.sends("/console/account/language", lang="")
    as_the_browser_again = desk.reads("/console/account", "zh")

    assert "My account" in as_the_browser
    assert "我的账号" in as_the_user
    assert "My account" in as_the_button
    assert "My account" in unchanged
    assert "我的账号" in as_the_browser_again


def test_every_page_reads_in_english(boss: Desk) -> None:
    user = someone("g30")

    for path in ("/console/staff", f"/console/staff/{user}", "/console/account"):
        words = boss.reads(path, "en")
        names = ("李敏boss", "名g30", "中文", "李", "名")
        for name in names:
            words = words.replace(name, "")
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in words), path


def test_a_right_that_ends_with_a_day_says_which_day_is_its_last(boss: Desk) -> None:
    user = someone("g30")
    boss.sends(f"/console/staff/{user}/grants", role="agent", place="AH02", since="2026-12-20", until="2027-05-31")

    member, listed = boss.reads(f"/console/staff/{user}"), boss.reads("/console/staff")

    assert "2027年5月31日（含）" in member
    assert "2027年5月31日（含）" in listed
    assert "6月1日" not in member + listed
    assert "31 May 2027 (included)" in boss.reads(f"/console/staff/{user}", "en")


def test_a_grant_that_ended_this_minute_gives_nothing_any_more(
    boss: Desk, at: Callable[[datetime], None], noon: datetime
) -> None:
    user = someone("g30")
    with unit_of_work("test") as uow:
        service.grant(uow, "boss", Role.ADMIN, "AH")
        uow.session.scalars(select(Grant).where(Grant.user_id == 1)).one().until_at = noon + timedelta(hours=1)

    at(noon + timedelta(hours=1))

    assert boss.sends(f"/console/staff/{user}/grants", role="agent", place="AH02").status_code == 403
    assert boss.sends(f"/console/staff/{user}/off").status_code == 403
    assert len(grants_of(user)) == 1
