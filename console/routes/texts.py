"""What people texted and what became of it: every text has an outcome."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from console.paging import PAGE, read_id
from console.privacy import without_numbers
from console.queries import texts as queries
from console.routes.blueprint import bp, show
from console.words import moment
from core.uow import unit_of_work
from sms.models import OutboundSms
from staff.guard import actor, current_scope, needs


@bp.get("/texts")
@needs("texts.write")
def texts() -> ResponseReturnValue:
    """Inbound texts with how they were read, their outcome and the answer."""
    only_waiting = request.args.get("only") == "waiting"
    with unit_of_work(actor()) as uow:
        before = read_id(request.args.get("before", ""))
        rows = queries.texts(uow.session, current_scope(), only_waiting=only_waiting, before=before)
        answers = queries.answers_to(uow.session, [row.id for row in rows])
        sees_numbers = current_scope().may("numbers.see")
        return show(
            "texts.html",
            uow,
            only_waiting=only_waiting,
            rows=[
                {
                    "text": row,
                    "at": moment(row.received_at, uow.now),
                    "body": row.body if sees_numbers else without_numbers(row.body),
                    "answer": _body(answers.get(row.id), sees_numbers),
                }
                for row in rows
            ],
            next_before=rows[-1].id if len(rows) == PAGE else None,
        )


def _body(answer: OutboundSms | None, sees_numbers: bool) -> str:
    if answer is None:
        return ""
    return answer.body if sees_numbers else without_numbers(answer.body)
