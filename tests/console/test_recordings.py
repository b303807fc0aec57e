"""The sound of a message: heard by who sees numbers in its area, never before that is written down."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.uow import UnitOfWork
from ivr.jobs import folder_of_recordings
from ivr.models import Call, CallOutcome, Voicemail
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.people import COMMUNITY, RESIDENT, a_place
from tests.factories.requests import a_request, a_ticket
from ticketing.models import TaskKind, Ticket
from ticketing.service import tasks

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]
SOUND = b"RIFF" + bytes(range(256)) * 8


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where recordings are kept, with one in it."""
    monkeypatch.setenv("PRIVATE_DIR", str(tmp_path / "private"))
    kept = folder_of_recordings()
    kept.mkdir(mode=0o700)
    (kept / name_of(SOUND)).write_bytes(SOUND)
    return kept


def name_of(sound: bytes) -> str:
    """The name of its file."""
    return hashlib.sha256(sound).hexdigest()


def a_message(uow: UnitOfWork, ticket: Ticket, number: int = 1, *, call: Call | None = None, **more: Any) -> Voicemail:
    """Twelve seconds of sound about a ticket, fetched and kept."""
    if call is None:
        call = Call(
            carrier_sid=f"CA{number}",
            direction="in",
            msisdn=RESIDENT,
            dnis="",
            lang="zh",
            started_at=uow.now,
            ended_at=uow.now,
            seconds=30,
            node="",
            outcome=CallOutcome.VOICEMAIL,
            about=ticket.code,
        )
        uow.session.add(call)
        uow.session.flush()
    kept = {"sha256": name_of(SOUND), "content_type": "audio/x-wav", "url": "http://127.0.0.1:9/RE"}
    message = Voicemail(
        **{
            "call_id": call.id,
            "recording_sid": f"RE{number}",
            "seconds": 12,
            "at": uow.now,
            "about": ticket.code,
            **kept,
            **more,
        }
    )
    uow.session.add(message)
    uow.session.flush()
    tasks.open_task(uow, TaskKind.VOICEMAIL, f"voicemail:{message.id}", "voicemail", msisdn=RESIDENT, ticket=ticket)
    return message


@pytest.fixture
def message(work: Work) -> tuple[int, str]:
    """Id of a message, and code of its ticket in AH010201."""
    with work() as uow:
        ticket = a_ticket(uow, a_request(place=COMMUNITY))
        return a_message(uow, ticket).id, ticket.code


def heard(desk: Desk, path: str, part: str = "") -> TestResponse:
    """The answer to a browser that asks for a sound, or a part of it."""
    answer = desk.client.get(path, headers={"Range": part} if part else {})
    answer.get_data()
    answer.close()  # the file
    return answer


def looks(session: Session) -> list[tuple[str, str]]:
    """About what and where somebody was written down as a listener."""
    session.expire_all()
    rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "recording.heard"))
    return [(row.subject, row.place) for row in rows]


def sources(page: str) -> list[str]:
    """Where the sounds of a page come from."""
    return re.findall(r'<audio[^>]* src="([^"]+)"', page)


@pytest.mark.parametrize("page", ["ticket", "tasks"])
def test_a_message_is_heard_where_it_is_worked_on(page: str, desk: Desk, message: tuple[int, str]) -> None:
    path = f"/console/tickets/{message[1]}" if page == "ticket" else "/console/tasks"

    shown = desk.open(path).text
    answer = heard(desk, sources(shown)[0])

    assert sources(shown) == [f"/console/recordings/{message[0]}"]
    assert "留言 12 秒" in shown
    assert (answer.status_code, answer.data, answer.content_type) == (200, SOUND, "audio/wav")


def test_a_browser_may_ask_for_parts_and_keeps_none(desk: Desk, message: tuple[int, str]) -> None:
    path = f"/console/recordings/{message[0]}"

    whole, part, beyond = (heard(desk, path, wanted) for wanted in ("", "bytes=4-9", "bytes=99999-"))

    assert whole.headers["Accept-Ranges"] == "bytes"
    assert (part.status_code, part.data) == (206, SOUND[4:10])
    assert part.headers["Content-Range"] == f"bytes 4-9/{len(SOUND)}"
    assert beyond.status_code == 416
    for answer in (whole, part):
        assert answer.headers["Cache-Control"] == "no-store"
        assert not {"ETag", "Last-Modified", "Expires"} & set(answer.headers.keys())
        assert "media-src 'self'" in answer.headers["Content-Security-Policy"]


def test_who_listens_is_written_down_once_for_a_listening(
    desk: Desk, message: tuple[int, str], session: Session, at: At, noon: datetime
) -> None:
    path = f"/console/recordings/{message[0]}"

    for start in (0, 100, 1000):
        heard(desk, path, f"bytes={start}-")
    once = looks(session)
    at(noon + timedelta(minutes=11))
    heard(desk, path)

    assert once == [(f"voicemail:{message[0]}", COMMUNITY)]
    assert looks(session) == once * 2


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [
        (Role.CLERK, COMMUNITY, 200),
        (Role.AGENT, "AH01", 200),
        (Role.CLERK, "AH010101", 404),
        (Role.AGENT, "AH02", 404),
        (Role.STREET_OFFICER, "AH0102", 403),
        (Role.DATA_STEWARD, "AH", 403),
        (Role.AUDITOR, "AH", 403),
    ],
)
def test_only_who_sees_numbers_there_may_listen(
    role: Role,
    place: str,
    status: int,
    desk_of: Callable[..., Desk],
    message: tuple[int, str],
    work: Work,
    session: Session,
) -> None:
    with work() as uow:
        a_place(uow, "AH020101")
        a_place(uow, "AH010101")

    answer = heard(desk_of(role, place), f"/console/recordings/{message[0]}")

    assert answer.status_code == status
    assert len(looks(session)) == (status == 200)
    assert SOUND[:8] not in answer.data or status == 200


def test_who_sees_a_ticket_without_numbers_is_told_who_can_listen(
    desk_of: Callable[..., Desk], message: tuple[int, str]
) -> None:
    page = desk_of(Role.STREET_OFFICER, "AH0102").open(f"/console/tickets/{message[1]}").text

    assert sources(page) == []
    assert "由能看号码的同事听" in page


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"sha256": None, "fetch_at": datetime.fromisoformat("2026-11-26T04:00:00+00:00")}, "正在取回"),
        ({"sha256": None, "fetch_at": None}, "没有取到"),
        ({"sha256": None, "url": ""}, "已按规定删除"),
    ],
)
def test_a_sound_that_is_not_there_says_why(more: dict[str, Any], told: str, desk: Desk, work: Work) -> None:
    with work() as uow:
        ticket = a_ticket(uow, a_request())
        message = a_message(uow, ticket, **more)

    for path in (f"/console/tickets/{ticket.code}", "/console/tasks"):
        page = desk.open(path).text
        assert told in page
        assert sources(page) == []
    assert desk.open(f"/console/recordings/{message.id}").status_code == 404


@pytest.mark.parametrize("wanted", ["9999", "0", "99999999999", "1x"])
def test_what_is_not_there_is_not_found(wanted: str, desk: Desk, message: tuple[int, str]) -> None:
    assert desk.open(f"/console/recordings/{wanted}").status_code == 404


def test_a_file_that_was_lost_is_told_as_not_found(
    desk: Desk, message: tuple[int, str], folder: Path, session: Session
) -> None:
    (folder / name_of(SOUND)).unlink()

    answer = desk.open(f"/console/recordings/{message[0]}")

    assert answer.status_code == 404
    assert "没有这段录音" in answer.text
    assert looks(session) == []


@pytest.mark.parametrize("said", ["text/html", "image/svg+xml", "", "application/xhtml+xml"])
def test_what_the_carrier_calls_a_sound_is_not_repeated_to_browsers(said: str, desk: Desk, work: Work) -> None:
    with work() as uow:
        message = a_message(uow, a_ticket(uow, a_request()), content_type=said)

    answer = heard(desk, f"/console/recordings/{message.id}")

    assert (answer.status_code, answer.content_type) == (200, "audio/wav")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_message_is_not_called_a_call_that_broke_off(desk: Desk, work: Work) -> None:
    with work() as uow:
        ticket = a_ticket(uow, a_request(is_draft=True))
        a_message(uow, ticket)

    page = desk.reads(f"/console/tickets/{ticket.code}")

    assert "请听留言，再回电" in page
    assert "没说完就挂了" not in page


def test_both_messages_of_one_call_are_heard(desk: Desk, work: Work) -> None:
    with work() as uow:
        ticket = a_ticket(uow, a_request())
        first = a_message(uow, ticket)
        second = a_message(uow, ticket, 2, call=uow.session.get_one(Call, first.call_id))
        ids = [first.id, second.id]

    assert sources(desk.open(f"/console/tickets/{ticket.code}").text) == [f"/console/recordings/{one}" for one in ids]


def test_a_code_that_is_given_again_lends_no_sound_of_the_earlier_ticket(
    desk_of: Callable[..., Desk], work: Work, at: At, noon: datetime
) -> None:
    with work() as uow:
        earlier = a_ticket(uow, a_request(place="AH020101"))
        message, code = a_message(uow, earlier).id, earlier.code
        earlier.released_at = uow.now + timedelta(days=1)
    at(noon + timedelta(days=2))
    with work() as uow:
        a_ticket(uow, a_request(place=COMMUNITY)).code = code

    path = f"/console/recordings/{message}"
    assert heard(desk_of(Role.CLERK, COMMUNITY, "here"), path).status_code == 404
    assert heard(desk_of(Role.CLERK, "AH020101", "there"), path).status_code == 200
