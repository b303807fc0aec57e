"""Everything that changes texts and open questions: one file a noun, called as `sms.service.tell` and so on."""

from __future__ import annotations

from sms.service.outgoing import ask, tell, withdraw_unsent, write_by_hand
from sms.service.questions import close_questions, open_question

__all__ = ["ask", "close_questions", "open_question", "tell", "withdraw_unsent", "write_by_hand"]
