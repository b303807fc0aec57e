"""The sound of a message, for who sees numbers: callers say theirs, and much else."""

from __future__ import annotations

from flask import Response, send_file
from flask.typing import ResponseReturnValue

from console import recordings
from console.routes.blueprint import bp
from core.uow import unit_of_work
from staff.guard import actor, current_scope, needs


@bp.get("/recordings/<int:voicemail_id>")
@needs("numbers.see")
def recording(voicemail_id: int) -> ResponseReturnValue:
    """The sound of a message, whole or a part of it. Nothing sounds before it is written down who listens."""
    with unit_of_work(actor()) as uow:
        kept = recordings.kept(uow.session, current_scope(), voicemail_id)
        subject = f"voicemail:{voicemail_id}"
        if not recordings.was_heard(uow.session, actor(), subject, uow.now - recordings.ONE_LISTENING):
            uow.audit(recordings.HEARD, subject, place=kept.place)
    answer: Response = send_file(kept.path, mimetype=kept.content_type, conditional=True, etag=False)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.remove("Last-Modified")
    return answer
