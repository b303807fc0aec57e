"""What ivr does when a lower domain announces: call the duty phone."""

from __future__ import annotations

from core.uow import UnitOfWork
from directory.events import PersonErased, PersonTraced
from ivr.service import forgetting, placing
from sms.events import DangerTexted
from ticketing.events import NobodyToSend, TicketEscalated


def page_duty(uow: UnitOfWork, event: DangerTexted | TicketEscalated | NobodyToSend) -> None:
    """Call the duty phone about it, once for one cause."""
    match event:
        case DangerTexted():
            placing.page_duty(uow, "emergency_text", "", f"emergency:sms:{event.message_id}", {"danger": event.kind})
        case TicketEscalated():
            placing.page_duty(uow, "escalated", event.code, event.cause, {})
        case NobodyToSend():
            placing.page_duty(uow, "nobody_to_send", event.code, event.cause, {})


def tell_live_calls(uow: UnitOfWork, event: PersonTraced) -> None:
    """Calls that are going on hold an erasure up."""
    event.traces.obstacles += forgetting.obstacles(uow, event.traces)


def forget_calls(uow: UnitOfWork, event: PersonErased) -> None:
    """Take out of his calls what was said, and have the sound of his messages go."""
    event.gone.update(forgetting.forget(uow, event.traces))
