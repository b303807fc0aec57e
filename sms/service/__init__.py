"""Everything that changes texts and open questions: one file a noun, called as `sms.service.tell` and so on."""

from __future__ import annotations

from sms.service.inbox import receive
from sms.service.outbox import Due, claim_due, keep_claims, record_outcomes
from sms.service.outgoing import ask, tell, withdraw_unsent, write_by_hand
from sms.service.questions import close_questions, open_question
from sms.service.receipts import record_dlr
from sms.service.settling import Doubtful, claim_doubtful, doubt_stuck, log_out_of_reach, settle_by_log

__all__ = [
    "Doubtful",
    "Due",
    "ask",
    "claim_doubtful",
    "claim_due",
    "close_questions",
    "doubt_stuck",
    "keep_claims",
    "log_out_of_reach",
    "open_question",
    "receive",
    "record_dlr",
    "record_outcomes",
    "settle_by_log",
    "tell",
    "withdraw_unsent",
    "write_by_hand",
]
