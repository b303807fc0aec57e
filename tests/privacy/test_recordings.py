"""Sound that must go: our copy and the carrier's, tried until it is gone, and never one that another message has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.disposal import Disposal
from core.uow import unit_of_work
from directory.models import RequestKind
from directory.service import privacy
from directory.service.privacy import Checked
from ivr import jobs
from ivr.models import Voicemail
from ivr.service import voicemail
from telephony.carrier import CarrierAway
from tests.phone_line import PhoneLine
from tests.privacy.conftest import a_resident
from ticketing.models import Task

SOUND = "a" * 64


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private folder with his recording in it."""
    private = tmp_path / "private"
    (private / "recordings").mkdir(parents=True, mode=0o700)
    private.chmod(0o700)
    (private / "recordings" / SOUND).write_bytes(b"sound")
    monkeypatch.setenv("PRIVATE_DIR", str(private))
    return private / "recordings"


@pytest.fixture
def erased(app: Flask, at: Callable[[datetime], None], noon: datetime) -> None:
    """He was erased a moment ago."""
    at(noon)
    with unit_of_work("test") as uow:
        person = a_resident(uow).person
        request = privacy.open_request(
            uow, person.id, RequestKind.ERASURE, channel="desk", checked_how=Checked.DOCUMENT
        )
        assert privacy.erase(uow, request.id).obstacles == []


def left() -> int:
    """How many things are still to go."""
    with unit_of_work("test") as uow:
        return uow.session.scalar(select(func.count()).select_from(Disposal)) or 0


def test_his_message_goes_from_our_folder_and_from_the_carrier(
    erased: None, phone_line: PhoneLine, folder: Path
) -> None:
    jobs.delete_recordings()

    assert phone_line.deleted == ["RE77"]
    assert list(folder.iterdir()) == []
    assert left() == 0


def test_a_carrier_that_is_away_is_asked_again_until_it_answers(
    erased: None, phone_line: PhoneLine, folder: Path, at: Callable[[datetime], None], noon: datetime
) -> None:
    works = phone_line.delete_recording
    phone_line.delete_recording = _away  # type: ignore[method-assign]
    for day in range(1, 7):
        jobs.delete_recordings()
        at(noon + timedelta(days=day))
    assert left() == 1
    with unit_of_work("test") as uow:
        assert "recording_remains" in uow.session.scalars(select(Task.reason).where(Task.done_at.is_(None))).all()

    phone_line.delete_recording = works  # type: ignore[method-assign]
    jobs.delete_recordings()

    assert phone_line.deleted == ["RE77"]
    assert left() == 0


def _away(recording_sid: str) -> None:
    raise CarrierAway


def test_a_file_that_another_message_has_too_stays(erased: None, phone_line: PhoneLine, folder: Path) -> None:
    with unit_of_work("test") as uow:
        mine = uow.session.scalars(select(Voicemail)).one()
        uow.session.add(
            Voicemail(
                call_id=mine.call_id,
                recording_sid="RE78",
                url="https://example.org/RE78",
                seconds=9,
                at=uow.now,
                sha256=SOUND,
            )
        )

    jobs.delete_recordings()

    assert (folder / SOUND).exists()
    assert left() == 0


def test_sound_that_was_being_fetched_while_he_was_erased_goes_too(
    erased: None, phone_line: PhoneLine, folder: Path
) -> None:
    (folder / ("b" * 64)).write_bytes(b"late")
    with unit_of_work("test") as uow:
        late = uow.session.scalars(select(Voicemail)).one()
        voicemail.stored(uow, late.id, "b" * 64, "audio/wav")

    jobs.delete_recordings()

    assert list(folder.iterdir()) == []
    with unit_of_work("test") as uow:
        assert uow.session.scalars(select(Voicemail.sha256)).all() == [None]
