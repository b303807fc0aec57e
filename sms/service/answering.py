"""What an ordinary text is an answer to: an open question, one that has ended, or none; and who takes it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from core import answers
from core.answers import Answer, Ask, Channel, Reply, Taken
from core.uow import UnitOfWork
from sms import queries, which_question
from sms.events import UnclearText
from sms.models import InboundSms, OpenQuestion, Outcome
from sms.service.replying import answer_with
from sms.which_question import Candidate
from understanding import EXPECT_SUM, MAYBE, SURE, Intent, Reading, read
from understanding.codes import find_codes, spoken_code
from understanding.folding import fold
from understanding.said import Said

WHICH_CODE = "which_code"
"""The question that this package asks itself; its reference is the text that waits for the code."""

FOR_A_PERSON = frozenset(
    {
        Intent.QUESTION,
        Intent.COMPLAINT,
        Intent.SUGGESTION,
        Intent.ADDRESS_CHANGE,
        Intent.PHONE_CHANGE,
        Intent.WRONG_NUMBER,
    }
)
"""Understood, yet nothing a machine can answer: asking again would not help."""

COURTESIES = frozenset({Intent.THANKS, Intent.ACK, Intent.GOODBYE})
_WORD = re.compile(r"\w")


def awaits_a_sum(uow: UnitOfWork, msisdn: str) -> bool:
    """Whether this number was asked for a sum and has not answered: its 120 is a price and no call for help."""
    return bool(_sum_context(queries.open_questions(uow.session, msisdn, uow.now)))


def _sum_context(asked: Sequence[OpenQuestion]) -> str:
    """The context of the newest question that a sum answers; empty when there is none."""
    contexts = (answers.question(one.kind).context for one in asked if one.kind in answers.kinds())
    return next((context for context in contexts if context in EXPECT_SUM), "")


class Conversation:
    """What we asked a number lately, and how a text of it is read."""

    def __init__(self, uow: UnitOfWork, text: InboundSms) -> None:
        self.uow = uow
        self.text = text
        self._asked = queries.recent_questions(uow.session, text.msisdn, uow.now - uow.policy.sms.question_lasts)
        self._codes = tuple({one.about for one in self._asked if one.about})
        newest = next((one for one in self._asked if one.kind in answers.kinds()), None)
        context = answers.question(newest.kind).context if newest is not None else "resident"
        self.role = context.partition(":")[0]
        self.reading = self._read(text.body, f"{self.role}:none")
        if self.reading.intent is Intent.EMERGENCY:  # danger does not come here: a bare 120 is the sum we asked for
            self.reading = self._read(text.body, _sum_context(self._open()))

    @property
    def about(self) -> str:
        """The ticket that the talk is about; empty when there are several, or none."""
        codes = {one.about for one in self._open() if one.about}
        return codes.pop() if len(codes) == 1 else ""

    def handle(self, lang: str) -> Outcome:
        """Let the text be taken by whoever asked, or by whoever takes free text; else ask once, then a person reads."""
        words = self.text.body
        open_ones, named = self._open(), self._named(words)
        remembered = self._take_remembered(open_ones, self._code_alone(words))
        if remembered is not None:
            return self._settle(remembered, lang)
        choice = which_question.choose(
            self._candidates(open_ones, words),
            named=named,
            has_digit=self._has_digit(words),
            now=self.uow.now,
            newest_wins_after=self.uow.policy.sms.newest_question_wins_after,
        )
        if choice.codes and not self._prefers_free_text():
            return self._ask_which(choice.codes, lang)
        taken = None
        if choice.question is not None and not self._prefers_free_text():
            taken = self._take(choice.question, words)
        taken = taken or self._take_remembered(open_ones, self._code_with_a_word(words))
        taken = taken or self._take_ended(words, named) or self.take_free(words)
        if taken is not None:
            return self._settle(taken, lang)
        return self._nobody_took_it(lang)

    def take_free(self, words: str) -> Taken | None:
        """Offer the words to those who take free text, in order."""
        for take in answers.free_text_takers():
            taken = take(self.uow, self.text.msisdn, words, self.uow.now, self.text.id)
            if taken is not None:
                if taken.reply is not None:
                    self.text.about = taken.reply.about
                return taken
        return None

    def help(self, lang: str) -> Outcome:
        """Tell what can be texted."""
        taken = self.take_free(self.text.body)
        reply = taken.reply if taken is not None else Reply(f"help_{self.role}")
        if reply is not None and not answer_with(self.uow, self.text, reply, lang):
            return self.for_a_person()
        return Outcome.HANDLED

    def for_a_person(self) -> Outcome:
        """A person reads the text."""
        self.text.about = self.text.about or self.about
        self.uow.announce(UnclearText(self.text.id, self.text.msisdn, self.text.about))
        return Outcome.QUEUED

    def note(self, reading: Reading) -> None:
        """Write down how the text was read."""
        self.text.intent = reading.intent.value
        self.text.values = dict(reading.values)
        self.text.certainty = reading.certainty

    def _open(self) -> list[OpenQuestion]:
        return [one for one in self._asked if one.closed_at is None and one.expires_at > self.uow.now]

    def _read(self, words: str, context: str) -> Reading:
        return read(words, context=context, lang="zh", now=self.uow.local_now, open_codes=self._codes)

    def _named(self, words: str) -> list[str]:
        return find_codes(fold(words), self._codes)[0]

    def _has_digit(self, words: str) -> bool:
        return bool(Said(words, role=self.role, now=self.uow.local_now, open_codes=self._codes).choices)

    def _agrees_to_nothing(self) -> bool:
        """A plain yes where nothing is asked ("好的" to the last piece of news) is a courtesy; a digit is a riddle."""
        if self._open() or self._has_digit(self.text.body):
            return False
        meant = self._read(self.text.body, "resident:visit")
        return meant.intent is Intent.AFFIRM and meant.certainty >= SURE

    def _candidates(self, asked: Sequence[OpenQuestion], words: str) -> list[Candidate]:
        found = []
        for one in asked:
            if one.kind in answers.kinds():
                question = answers.question(one.kind)
                reading = self._read(words, question.context)
                found.append(
                    Candidate(one.id, one.about, one.asked_at, question.takes_digits, question.intents, reading)
                )
        return found

    def _prefers_free_text(self) -> bool:
        """A wish for time off names a day as a new time for a job does, and is no news of any job."""
        return self.reading.intent is Intent.PAUSE and self.reading.certainty >= SURE

    def _take(self, chosen: Candidate, words: str) -> Taken | None:
        asked = next(one for one in self._asked if one.id == chosen.id)
        taken = answers.question(asked.kind).take(
            self.uow,
            Answer(
                self.text.msisdn,
                words,
                chosen.reading,
                asked.kind,
                asked.about,
                asked.reference,
                self.uow.now,
                Channel.SMS,
                self.text.id,
            ),
        )
        if taken is None:
            return None
        self.note(chosen.reading)
        self.text.question, self.text.about = asked.kind, asked.about
        if taken.closes and asked.closed_at is None:
            asked.closed_at = self.uow.now
        return taken

    def _take_remembered(self, open_ones: Sequence[OpenQuestion], code: str) -> Taken | None:
        """The code we asked for has come: the text that waited for it is handled for that code."""
        waiting = next((one for one in open_ones if one.kind == WHICH_CODE), None)
        if waiting is None or not code:
            return None
        remembered = self.uow.session.get_one(InboundSms, waiting.reference).body
        choice = which_question.choose(
            [one for one in self._candidates(open_ones, remembered) if one.about == code],
            named=(),
            has_digit=False,
            now=self.uow.now,
            newest_wins_after=self.uow.policy.sms.newest_question_wins_after,
        )
        taken = self._take(choice.question, remembered) if choice.question is not None else None
        return taken or self._take_ended(remembered, [code]) or self.take_free(f"{code} {remembered}")

    def _code_alone(self, words: str) -> str:
        """The code when the text is nothing but a code of theirs, written or as its four digits; else empty."""
        folded = fold(words)
        codes, rest = find_codes(folded, self._codes)
        if len(codes) == 1 and codes[0] in self._codes and not _WORD.search(rest):
            return codes[0]
        return spoken_code(folded, self._codes)[0] if not codes and folded.strip(" #.,。").isdigit() else ""

    def _code_with_a_word(self, words: str) -> str:
        """The code when a word or two stand beside it that answered nothing ("是A1023那个"); else empty."""
        codes, rest = find_codes(fold(words), self._codes)
        is_theirs = len(codes) == 1 and codes[0] in self._codes
        return codes[0] if is_theirs and len(_WORD.findall(rest)) <= len(codes[0]) else ""

    def _take_ended(self, words: str, named: Collection[str]) -> Taken | None:
        open_ones = self._open()
        ended = [one for one in self._asked if one not in open_ones]
        chosen = which_question.choose_ended(self._candidates(ended, words), named=named)
        return self._take(chosen, words) if chosen is not None else None

    def _ask_which(self, codes: Sequence[str], lang: str) -> Outcome:
        self.text.question = WHICH_CODE
        facts = {"codes": list(codes), "is_provider": self.role == "provider"}
        asks = Ask(WHICH_CODE, "", self.text.id)
        if answer_with(self.uow, self.text, Reply("ask_code", facts, asks=asks), lang):
            return Outcome.ASKED
        return self.for_a_person()

    def _settle(self, taken: Taken, lang: str) -> Outcome:
        for one in self._open():
            if one.kind == WHICH_CODE:
                one.closed_at = self.uow.now
        if taken.reply is None or answer_with(self.uow, self.text, taken.reply, lang):
            return Outcome.HANDLED
        return self.for_a_person()

    def _nobody_took_it(self, lang: str) -> Outcome:
        meant = self.reading
        if (meant.intent in COURTESIES and meant.certainty >= MAYBE) or self._agrees_to_nothing():
            return Outcome.NOTED
        if meant.intent in FOR_A_PERSON and meant.certainty >= MAYBE:
            return self.for_a_person()
        lately = self.uow.now - self.uow.policy.sms.question_lasts
        before = queries.outcome_before(self.uow.session, self.text, lately)
        if before not in (Outcome.ASKED, Outcome.QUEUED) and answer_with(self.uow, self.text, Reply("unknown"), lang):
            return Outcome.ASKED
        return self.for_a_person()
