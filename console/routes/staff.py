"""Who works here: the list, one user with his grants, and everything that is done about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.paging import LARGEST_ID
from console.routes.blueprint import bp, show
from console.words import last_day
from core import web, wording
from core.errors import HotlineError, NotAllowed, NotFound
from core.uow import UnitOfWork, unit_of_work
from directory.queries.places import names_of
from staff import giving
from staff.errors import NoSuchRole, NotYoursToGive, WrongTime
from staff.forms import GrantForm, InviteForm
from staff.guard import actor, current_scope, current_user, needs
from staff.models import Grant, User
from staff.permissions import Role
from staff.queries import roster
from staff.queries.signed_in import granted
from staff.service import break_glass, grants, invitations, links, users

STATES = ("", "active", "invited", "off")
EMERGENCIES_SHOWN = timedelta(days=90)
LONGEST_SEARCH = 60


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant as the page draws it. `state` is now, later or over."""

    id: int
    role: str
    place: str
    place_name: str
    from_at: datetime
    until_at: datetime | None
    until: str  # the last day; empty: no end
    state: str
    given_by: str
    ended_by: str
    may_end: bool


@dataclass(frozen=True, slots=True)
class MemberView:
    """A user as the pages draw him."""

    id: int
    login: str
    name: str
    state: str  # active, invited, shut (neither password nor link), off
    has_second_factor: bool
    seen_at: datetime | None
    invited_until: datetime | None
    grants: tuple[GrantView, ...]
    is_me: bool


@bp.get("/staff")
@needs("users.manage")
def staff() -> ResponseReturnValue:
    """A page of the users of the reader's area, and the form that invites another one."""
    return _list_page(InviteForm.empty(), None), 200


@bp.post("/staff")
@needs("users.manage")
def invite_user() -> ResponseReturnValue:
    """Add somebody with a first role, and show his link: now, and never again."""
    form = InviteForm.from_form(request.form)
    try:
        with unit_of_work(actor()) as uow:
            user = users.add_without_password(uow, form.login, form.name)
            _give(uow, user.id, form.grant)
            link = invitations.invite(uow, user)
            return _link_page(uow, user, link)
    except HotlineError as refusal:
        _refuse_outright(refusal)
        return _list_page(form, refusal), web.status_of(refusal)


@bp.get("/staff/<int:user_id>")
@needs("users.manage")
def staff_member(user_id: int) -> ResponseReturnValue:
    """One user: grants, account, what became of it."""
    return _member_page(user_id, GrantForm.empty(), None), 200


@bp.post("/staff/<int:user_id>/grants")
@needs("users.manage")
def give_grant(user_id: int) -> ResponseReturnValue:
    """Give a role in a place for a time."""
    form = GrantForm.from_form(request.form)
    try:
        with unit_of_work(actor()) as uow:
            _seen(uow, user_id)
            _give(uow, user_id, form)
    except HotlineError as refusal:
        _refuse_outright(refusal)
        return _member_page(user_id, form, refusal), web.status_of(refusal)
    return _done(user_id, "grant_given")


@bp.post("/staff/grants/<int:grant_id>/end")
@needs("users.manage")
def end_grant(grant_id: int) -> ResponseReturnValue:
    """End a grant now."""
    with unit_of_work(actor()) as uow:
        row = roster.grant_in(uow.session, current_scope(), _id(grant_id))
        user_id = row.user_id
        grants.end(uow, row.id, by=current_user().user_id, mine=current_user().grants)
    return _done(user_id, "grant_ended")


@bp.post("/staff/<int:user_id>/off")
@needs("users.manage")
def shut_out(user_id: int) -> ResponseReturnValue:
    """Deactivate a user; his sessions end."""
    with unit_of_work(actor()) as uow:
        users.shut_out(uow, _handled(uow, user_id))
    return _done(user_id, "off")


@bp.post("/staff/<int:user_id>/on")
@needs("users.manage")
def let_in(user_id: int) -> ResponseReturnValue:
    """Reactivate a user with what he had."""
    with unit_of_work(actor()) as uow:
        users.let_in(uow, _handled(uow, user_id))
    return _done(user_id, "on")


@bp.post("/staff/<int:user_id>/reset-password")
@needs("users.manage")
def reset_password(user_id: int) -> ResponseReturnValue:
    """Take the password away, end all sessions, and show a new link: now, and never again."""
    with unit_of_work(actor()) as uow:
        user = _handled(uow, user_id)
        link = invitations.invite(uow, user)
        users.take_password_away(uow, user)
        return _link_page(uow, user, link)


@bp.post("/staff/<int:user_id>/reset-second-factor")
@needs("users.manage")
def reset_second_factor(user_id: int) -> ResponseReturnValue:
    """Take the second factor away and end all sessions."""
    with unit_of_work(actor()) as uow:
        users.reset_second_factor(uow, _handled(uow, user_id))
    return _done(user_id, "second_factor")


@bp.post("/staff/<int:user_id>/invite")
@needs("users.manage")
def invite_again(user_id: int) -> ResponseReturnValue:
    """A new link in place of the open ones; the password stays until it is used."""
    with unit_of_work(actor()) as uow:
        user = _handled(uow, user_id)
        return _link_page(uow, user, invitations.invite(uow, user))


@bp.post("/staff/<int:user_id>/withdraw")
@needs("users.manage")
def withdraw_invitation(user_id: int) -> ResponseReturnValue:
    """Withdraw the open link."""
    with unit_of_work(actor()) as uow:
        links.withdraw(uow, _handled(uow, user_id).id)
    return _done(user_id, "withdrawn")


def _list_page(form: InviteForm, refusal: HotlineError | None) -> str:
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    only = request.args.get("only", "") if request.args.get("only", "") in STATES else ""
    with unit_of_work(actor()) as uow:
        found = roster.members(
            uow.session, current_scope(), words=words, only=only, after=request.args.get("after", ""), now=uow.now
        )
        emergencies = roster.emergency_grants(
            uow.session, current_scope(), break_glass.ACTOR, uow.now - EMERGENCIES_SHOWN
        )
        return show(
            "staff.html",
            uow,
            rows=_views(uow, found),
            emergencies=[(_grant_view(uow, grant, {}, {}), user.id, user.name) for grant, user in emergencies],
            words=words,
            only=only,
            states=STATES,
            next_after=found[-1].login if len(found) == roster.PAGE else "",
            form=form,
            refusal=_sentence(refusal),
            choices=_choices(uow),
        )


def _member_page(user_id: int, form: GrantForm, refusal: HotlineError | None) -> str:
    with unit_of_work(actor()) as uow:
        user = _seen(uow, user_id)
        me = current_user()
        all_grants = [granted(grant) for grant in users.grants_of(uow, user.id)]
        (view,) = _views(uow, [user])
        elsewhere = len(giving.not_over(all_grants, uow.now)) - sum(one.state != "over" for one in view.grants)
        history = roster.account_history(uow.session, user.id)
        names = roster.names_by_id(uow.session, _user_ids(entry.actor for entry in history))
        return show(
            "staff_member.html",
            uow,
            user=view,
            may_handle=not view.is_me and giving.may_handle(me.grants, all_grants, uow.now),
            elsewhere=elsewhere,
            history=[(entry.at, _event(entry.action), _who(entry.actor, names)) for entry in history],
            form=form,
            refusal=_sentence(refusal),
            choices=_choices(uow),
        )


def _choices(uow: UnitOfWork) -> dict[str, object]:
    """Roles and places that the reader can give; what he picks is checked again."""
    places = roster.places_to_give(uow.session, current_scope())
    is_zh = web.lang() == "zh"
    return {
        "roles": giving.roles_to_give(current_user().grants, uow.now),
        "places": [(place.code, place.name_zh if is_zh else place.name_en) for place in places],
    }


def _views(uow: UnitOfWork, rows: Sequence[User]) -> list[MemberView]:
    ids = [user.id for user in rows]
    by_user = roster.grants_in(uow.session, current_scope(), ids)
    seen = roster.seen_at(uow.session, ids)
    links = roster.invited_until(uow.session, ids, uow.now)
    every = [grant for some in by_user.values() for grant in some]
    places = names_of(uow.session, {grant.jurisdiction_code for grant in every})
    people = roster.names_by_id(uow.session, _user_ids(who for one in every for who in (one.granted_by, one.ended_by)))
    return [
        MemberView(
            id=user.id,
            login=user.login,
            name=user.name,
            state=_state_of(user, is_invited=user.id in links),
            has_second_factor=user.totp_since is not None,
            seen_at=seen.get(user.id),
            invited_until=links.get(user.id),
            grants=tuple(_grant_view(uow, grant, places, people) for grant in by_user.get(user.id, [])),
            is_me=user.id == current_user().user_id,
        )
        for user in rows
    ]


def _state_of(user: User, *, is_invited: bool) -> str:
    if not user.is_active:
        return "off"
    if is_invited:
        return "invited"
    return "active" if user.password_since is not None else "shut"


def _grant_view(uow: UnitOfWork, grant: Grant, places: dict[str, dict[str, str]], people: dict[int, str]) -> GrantView:
    rule = granted(grant)
    is_over = not giving.not_over([rule], uow.now)
    may_end = not is_over and giving.may_give(current_user().grants, grant.role, grant.jurisdiction_code, uow.now)
    return GrantView(
        id=grant.id,
        role=str(grant.role),
        place=grant.jurisdiction_code,
        place_name=places.get(grant.jurisdiction_code, {}).get(web.lang(), grant.jurisdiction_code),
        from_at=grant.from_at,
        until_at=grant.until_at,
        until=last_day(grant.until_at),
        state="over" if is_over else "later" if grant.from_at > uow.now else "now",
        given_by=_who(grant.granted_by, people),
        ended_by=_who(grant.ended_by, people),
        may_end=may_end and grant.user_id != current_user().user_id,
    )


def _give(uow: UnitOfWork, user_id: int, form: GrantForm) -> None:
    """Give what the form says. The place is checked against the giver's own grants, whatever the form holds."""
    me = current_user()
    if form.role not in {str(role) for role in Role}:
        raise NoSuchRole
    place = form.place.upper()
    if not current_scope().covers(place) or not place:
        raise NotYoursToGive
    grants.give(
        uow,
        user_id,
        Role(form.role),
        place,
        from_at=_day(uow, form.since),
        until_at=_day(uow, form.until, days=1),
        by=me.user_id,
        mine=me.grants,
    )


def _day(uow: UnitOfWork, written: str, days: int = 0) -> datetime | None:
    """The beginning of a day in the city, so many days later; None for an empty field. Raises WrongTime."""
    if not written:
        return None
    try:
        return datetime.combine(date.fromisoformat(written) + timedelta(days=days), time(), uow.zone)
    except (ValueError, OverflowError):
        raise WrongTime from None


def _seen(uow: UnitOfWork, user_id: int) -> User:
    return roster.member(uow.session, current_scope(), _id(user_id))


def _handled(uow: UnitOfWork, user_id: int) -> User:
    _seen(uow, user_id)
    me = current_user()
    return users.to_handle(uow, user_id, by=me.user_id, mine=me.grants)


def _id(number: int) -> int:
    """An id that the database can hold; 0, which nobody has, for any other."""
    return number if number <= LARGEST_ID else 0


def _link_page(uow: UnitOfWork, user: User, link: str) -> str:
    """The one page that shows a link, with the moment until which it can be used."""
    return show("staff_link.html", uow, user=user, link=link, until=uow.now + uow.policy.sign_in.invitation_lasts)


def _event(action: str) -> str:
    key = f"staff.event.{action}"
    return f"console.{key}" if key in wording.catalogue("console", "zh") else "console.staff.event.other"


def _done(user_id: int, what: str) -> ResponseReturnValue:
    flash(web.say(f"console.staff.done.{what}"), "ok")
    return redirect(url_for("console.staff_member", user_id=user_id), code=303)


def _refuse_outright(refusal: HotlineError) -> None:
    """What is not the reader's business gets a page of its own; a slip is told beside the form."""
    if isinstance(refusal, NotAllowed | NotFound):
        raise refusal


def _sentence(refusal: HotlineError | None) -> str:
    return web.refusal_sentence(refusal) if refusal is not None else ""


def _user_ids(actors: Iterable[str]) -> set[int]:
    words = [one.partition(":") for one in actors]
    return {int(number) for kind, _, number in words if kind == "user" and number.isdecimal()}


def _who(name: str, people: dict[int, str]) -> str:
    """A user's name, or what stands for a command, a link or the system."""
    kind, _, rest = name.partition(":")
    if kind == "user" and rest.isdecimal():
        return people.get(int(rest), "–")
    if name == break_glass.ACTOR:
        return web.say("console.staff.by.break_glass")
    key = f"staff.by.{kind}"
    return web.say(f"console.{key}") if key in wording.catalogue("console", "zh") else name
