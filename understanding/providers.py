"""What a provider's text means: an offer taken, refused or passed on, and the course of a job taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from understanding.amounts import Amount, find_amount
from understanding.dates import find_date
from understanding.durations import rest_ends
from understanding.general import read_courtesy, reading, unknown
from understanding.reading import Intent, Reading
from understanding.said import Said
from understanding.times import with_four_digits

_REASONS = ("sick", "far", "skill", "price", "busy")
_NO_JOBS = re.compile(
    r"派单|派活|发单|接单|接活|停单|停接|休息|休假|歇|放假|请假|暂停|派|no (?:more |new )?jobs|pause|off (?:until|"
    r"till|for)|day off|week off|"
    r"unavailable|holiday|vacation|on leave|not working|break|jobs"
)
_RETURNS = re.compile(
    r"恢复|回来|开始|继续|再[接派]|能接|可以接|能派|可以派|复工|上班|返工|back|resume|available again|start|again"
)
_CLAUSES = re.compile(r"[,。;!?]+")
_UNTIL = re.compile(r"到|至|之前|以前|前|再|恢复|until|till|before|back on|back")
_PRICED = re.compile(
    r"报价|要价|估价|开价|报个价|quot|estimat|ask (?:him|her|them|(?:the )?(?:customer|resident|client|owner))|"
    r"will cost|would cost|price (?:is|would)|同意|agree|approv"
)
_FUTURE = re.compile(
    r"明天|后天|下午才|晚上才|(?<![没不])能(?:完工|完成|修好|弄好|做完|干完)|才能|预计|争取|will (?:be|finish|"
    r"complete)|tomorrow"
)
_COMMITS = re.compile(
    r"(?<!不)(?:马上|现在|立刻|即刻|这就|就)(?:去|到|来|过去|过来)|on my way|omw|take it|我接|接单|接了|"
    r"(?<!不)接(?:$|[,。! ])"
)
_PROPOSES = re.compile(
    r"能不能|可不可以|可唔可以|行不行|行吗|可以吗|行不|成不|得唔得|(?:is it|would it be|will it be) (?:ok|okay|"
    r"fine)|(?:can|could) i"
)
_REACHED_AT = re.compile(
    r"(?:电话|手机|号码?|number|phone|冧把)[^,。;]{0,6}(?:改|换|变|new|change)|(?:改|换|变|new|"
    r"change)[^,。;]{0,6}(?:电话|手机|号码?|number|phone)"
)
_CONDITION = re.compile(
    r"才(?:能)?(?:接|去|干|做|来)|(?:就|再)(?:接|去|干|做)|加钱|加价|涨|加\d+|如果|要是|除非|的话|(?<![a-z])(?:if|"
    r"unless|only if|for \d+)(?![a-z])"
)
_OTHER_NEWS = (
    "not_complete", "no_access", "cancelled", "transfer", "complaint", "grievance", "wrong_number", "pause", "eta",
    "arrive", "reschedule_job", "hedge",
)  # fmt: skip
_WORD_CHARACTERS = re.compile(r"[^\W\d_]")


def read_provider(said: Said, question: str) -> Reading:
    """Read a provider's text in the context of what is open."""
    return _READERS.get(question, _none)(said)


def _ticket(said: Said) -> str:
    return said.codes[0] if len(said.codes) == 1 else ""


def _reason(said: Said) -> str:
    return next((reason for reason in _REASONS if said.affirms(reason)), "")


def _offer(said: Said) -> Reading:
    if len(said.codes) > 1:
        return unknown("multiple")
    said_when = with_four_digits(said.when, said.now) if said.has("accept") or said.choices[:1] == [1] else said.when
    choices = [
        choice for choice in said.choices if said_when.values.get("time", "").replace(":", "") != f"{choice:04d}"
    ]
    if len(choices) > 1:
        return unknown("multiple")
    values = dict(said_when.values) | {"ticket": _ticket(said)}
    refuses = said.affirms("reject", *_REASONS)
    if choices:
        return _offer_choice(said, choices[0], values, refuses=refuses)
    if said.has("wrong_number"):
        return reading(Intent.WRONG_NUMBER, 0.85)
    passed_on = _transfer(said)
    if passed_on:
        return passed_on
    if said.has("pause") and not said.has("busy") and not said.has("reject"):
        return _paused(said)
    if said.is_question:
        return _asked(said)
    if said.has("hedge") or _CONDITION.search(said.folded):
        return _hedged(said, refuses=refuses)
    if refuses:
        if said.affirms("accept") and not said.affirms(*_REASONS):
            return unknown()
        return reading(Intent.REJECT, 0.9, reason=_reason(said), ticket=_ticket(said))
    if said.has("no_access", "cancelled", "complete", "incomplete") and not said.has("accept"):
        return unknown()
    return _taken(said, values)


def _offer_choice(said: Said, choice: int, values: dict[str, str], *, refuses: bool) -> Reading:
    if choice not in (1, 2):
        return unknown("range")
    if choice == 2:
        agrees = said.has("accept") and not refuses
        return (
            unknown("conflict")
            if agrees
            else reading(Intent.REJECT, 0.97, reason=_reason(said), ticket=values["ticket"])
        )
    if refuses:
        return unknown("conflict")
    if said.is_question or said.has("hedge") or _CONDITION.search(said.folded):
        return unknown()
    return reading(Intent.ACCEPT, 0.97 if said.is_lone_number else 0.92, **values)


def _transfer(said: Said) -> Reading | None:
    if not said.has("transfer") or said.has("hedge"):
        return None
    name = re.search(
        r"(?:让|叫|给|派给|转给|找|问问?|俾|换|推荐|交给)((?:我)?(?:老|小|阿)[\u4e00-\u9fff]|我?(?:徒弟|同事|兄弟|"
        r"搭档|伙计|儿子)|[\u4e00-\u9fff]{1,2}师傅)"
        r"|((?:老|小|阿)[\u4e00-\u9fff]|[\u4e00-\u9fff]师傅)(?:有空|能|可以|去|接|得闲)|(?:ask|try|send|to|"
        r"but) ([a-z]+(?: [a-z]+)?)(?= can| is| will| instead|$)",
        said.folded,
    )
    return reading(Intent.TRANSFER, 0.85, name=next((group for group in name.groups() if group), "") if name else "")


def _asked(said: Said) -> Reading:
    """Read a question: with a time of the provider's own it proposes another time, it is never a yes."""
    if said.when.is_moment and (said.has("accept") or _PROPOSES.search(said.folded)) and not said.has("question_job"):
        return reading(Intent.RESCHEDULE, 0.6, **said.when.values)
    if said.has("reject", *_REASONS) and not said.has("accept", "question_job"):
        return reading(Intent.REJECT, 0.5, reason=_reason(said)) if said.has(*_REASONS) else unknown()
    return reading(Intent.QUESTION, 0.8)


def _hedged(said: Said, *, refuses: bool) -> Reading:
    if said.has(*_REASONS) and refuses and not said.has("accept"):
        return reading(Intent.REJECT, 0.65, reason=_reason(said))
    return unknown()


def _taken(said: Said, values: dict[str, str]) -> Reading:
    if said.has("ack") and not _COMMITS.search(said.folded) and not said.when:
        return reading(Intent.ACK, 0.85)
    if said.has("complaint", "grievance"):
        return reading(Intent.COMPLAINT, 0.7)
    if said.has("accept") and not said.affirms("accept"):
        return reading(Intent.REJECT, 0.75, ticket=_ticket(said))
    if said.has("accept"):
        plain = not said.without("accept", "thanks", "murmur")
        return reading(Intent.ACCEPT, 0.95 if plain or said.when else 0.8, **values)
    if said.has("eta", "arrive") and (said.when or said.has("eta")):
        return reading(Intent.ACCEPT, 0.8, **values)
    if said.when and ("time" in values or "minutes" in values or "date" in values) and _is_bare_time(said):
        return reading(Intent.ACCEPT, 0.8, **values)
    if said.is_thumb:
        return reading(Intent.ACK, 0.6)
    return read_courtesy(said) or unknown()


def _is_bare_time(said: Said) -> bool:
    return len(_WORD_CHARACTERS.findall(said.when.rest)) <= 3


def _accepted(said: Said) -> Reading:
    if len(said.codes) > 1:
        return unknown("multiple")
    values = {"ticket": _ticket(said)}
    if said.is_lone_number:
        return unknown()
    if said.phone and _REACHED_AT.search(said.folded):
        return reading(Intent.PHONE_CHANGE, 0.85, phone=said.phone)
    if said.has("cancelled") and not _is_unfinished(said) and not said.is_question and not _by_himself(said):
        return reading(Intent.CANCELLED, 0.85, **values)
    if said.has("no_access") and not said.is_question:
        return reading(Intent.NO_ACCESS, 0.9, **values)
    priced = _quoted(said, values)
    if priced:
        return priced
    course = _course(said, values)
    return course or _on_the_way(said, values) or _rest(said, values)


def _amount(said: Said) -> Reading:
    """Read what a finished job cost, which was asked for: a sum alone says it; everything else is read as ever."""
    return _sum_asked_for(said, Intent.COMPLETE, is_other=bool(_PRICED.search(said.folded)))


def _quote(said: Said) -> Reading:
    """Read the sum of a quote that was asked for: a sum alone says it; everything else is read as ever."""
    return _sum_asked_for(said, Intent.QUOTE, is_other=said.has("complete"))


def _sum_asked_for(said: Said, intent: Intent, *, is_other: bool) -> Reading:
    if is_other or len(said.codes) > 1 or said.when or said.phone or said.is_question or said.has(*_OTHER_NEWS):
        return _accepted(said)
    if said.is_lone_number and said.choices[0] in (1, 2):
        return unknown("range")  # the habit of answering with a digit: nothing costs so little
    amount = _pays(said)
    if amount is None or (said.has("reject") and amount.amount != "0"):  # "no charge" refuses nothing
        return _accepted(said)
    return reading(intent, 0.95, **amount.values(), ticket=_ticket(said))


def _by_himself(said: Said) -> bool:
    """Tell whether it is the provider who steps back: "I cannot do it any more"."""
    return bool(re.search(r"(?:我|俺)(?:不做|不弄|不修|不干|去不)", said.folded))


def _quoted(said: Said, values: dict[str, str]) -> Reading | None:
    if not said.has("quote"):
        return None
    amount = find_amount(said.when.rest, bare=bool(_PRICED.search(said.folded)))
    asks = bool(_PRICED.search(said.folded))
    if amount is None and not asks:
        return None
    unfinished = _is_unfinished(said)
    if said.has("complete") and not unfinished and not asks:
        return None
    if not asks and unfinished and amount is None:
        return None
    return reading(Intent.QUOTE, 0.85 if amount else 0.6, **(amount.values() if amount else {}), **values)


def _is_unfinished(said: Said) -> bool:
    """Tell whether a text says that the job is not done: 没修好, or a word of completion that is denied, not solved."""
    return said.has("not_complete") or (said.denies("complete") and not said.affirms("complete"))


def _course(said: Said, values: dict[str, str]) -> Reading | None:
    if said.is_question and not said.has("not_complete"):
        return None
    if _waits_only(said):
        return reading(Intent.ETA, 0.75, **said.when.values, **values)
    if _is_unfinished(said) or (said.has("complete") and _is_to_come(said) and not _pays(said)):
        return reading(Intent.INCOMPLETE, 0.85, **said.when.values, **values)
    if said.has("complete"):
        amount = _pays(said)
        is_plain = (amount or not re.search(r"\d", said.when.rest)) and not said.denies("complete")
        certain = 0.95 if is_plain else 0.6
        return reading(Intent.COMPLETE, certain, **(amount.values() if amount else {}), **values)
    amount = find_amount(said.when.rest)
    if (
        amount
        and re.search(r"收了?|一共|共|总共|付了?|给了?|paid|received|charged|total", said.folded)
        and not said.has("complaint")
    ):
        return reading(Intent.COMPLETE, 0.6, **amount.values(), **values)
    return None


def _waits_only(said: Said) -> bool:
    """Tell whether a text says how long it will take and nothing else: 还要一刻钟."""
    waits = {"minutes"} == said.when.values.keys() and not said.has("complete")
    return waits and set(said.words("not_complete")) <= {"还要", "还得", "还需要", "还差"} and _is_bare_time(said)


def _is_to_come(said: Said) -> bool:
    """Tell whether the clause that speaks of completion speaks of the future."""
    for hit in said.hits:
        if hit.kind == "complete":
            start = max((said.folded.rfind(mark, 0, hit.start) for mark in ",.。!;、?"), default=-1) + 1
            end = min((at for mark in ",.。!;、?" if (at := said.folded.find(mark, hit.end)) >= 0), default=None)
            if _FUTURE.search(said.folded[start:end]):
                return True
    return False


def _pays(said: Said) -> Amount | None:
    return find_amount(said.when.rest, bare=True)


def _on_the_way(said: Said, values: dict[str, str]) -> Reading | None:
    if said.is_question:
        return None
    if said.has("reject", "far", "sick") and not said.has("reschedule_job") and not said.when.is_moment:
        return reading(Intent.REJECT, 0.75, reason=_reason(said), **values)
    when = said.when.values
    later = "date" in when and when["date"] != said.now.date().isoformat()
    if said.has("reschedule_job") or later:
        return reading(Intent.RESCHEDULE, 0.85 if when else 0.6, **when, **values)
    if "minutes" in when or "delay" in when or (when and said.has("eta", "arrive", "accept")):
        return reading(Intent.ETA, 0.9, **when, **values)
    if said.has("eta") and not said.has("arrive"):
        return reading(Intent.ETA, 0.8, **values)
    if said.has("arrive"):
        return reading(Intent.ARRIVE, 0.9, **values)
    return reading(Intent.ETA, 0.7, **when, **values) if "time" in when and _is_bare_time(said) else None


def _rest(said: Said, values: dict[str, str]) -> Reading:
    if said.has("wrong_number"):
        return reading(Intent.WRONG_NUMBER, 0.85)
    if said.phone and said.has("phone_new"):
        return reading(Intent.PHONE_CHANGE, 0.85, phone=said.phone)
    if said.has("complaint", "grievance"):
        return reading(Intent.COMPLAINT, 0.8, **values)
    if said.is_question:
        return reading(Intent.QUESTION, 0.8)
    passed_on = _transfer(said)
    if passed_on:
        return passed_on
    if said.has("pause"):
        return _paused(said)
    if said.has("ack"):
        return reading(Intent.ACK, 0.85)
    if said.has("thanks"):
        return reading(Intent.THANKS, 0.85)
    if said.has("accept") and not said.has("hedge"):
        return reading(Intent.ACK, 0.6, **values)
    return unknown()


def _multi(said: Said) -> Reading:
    """With several jobs open a bare digit names none; with a code it answers that job's offer."""
    if len(said.codes) > 1:
        return unknown("multiple")
    if said.codes and said.choices[:1] in ([1], [2]) and not _WORD_CHARACTERS.search(said.when.rest):
        intent = Intent.ACCEPT if said.choices[0] == 1 else Intent.REJECT
        return reading(intent, 0.8, ticket=said.codes[0], **said.when.values)
    if said.is_lone_number:
        return unknown()
    if (
        said.codes
        and said.has("accept")
        and not said.has("complete", "not_complete", "eta", "arrive", "reject", "hedge")
        and not said.is_question
    ):
        return reading(Intent.ACCEPT, 0.75, ticket=said.codes[0], **said.when.values)
    return _accepted(said)


def _paused(said: Said) -> Reading:
    returns = _day_of_return(said)
    if returns:
        return reading(Intent.PAUSE, 0.85, until=returns)
    when = said.when.values
    until = when.get("date", "")
    if until and not _UNTIL.search(said.folded):
        until = (
            (said.now.date() + timedelta(days=1)).isoformat()
            if until == said.now.date().isoformat()
            else _day_after(until)
        )
    if not until:
        ends = rest_ends(said.digits, said.now.date())
        until = ends.isoformat() if ends else ""
    return reading(Intent.PAUSE, 0.85, until=until)


def _day_of_return(said: Said) -> str:
    """Give the day in a clause that speaks of coming back or beginning again, where there is one."""
    for clause in _CLAUSES.split(said.digits):
        if _RETURNS.search(clause):
            day, _rest = find_date(clause, said.now.date())
            if day is not None and day > said.now.date():
                return day.isoformat()
    return ""


def _day_after(day: str) -> str:
    """Give the day after a day off: the first one available again."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _names_a_rest(said: Said) -> bool:
    """Tell whether words of pausing and of resuming together announce a rest and its end."""
    ends = said.when.is_moment or rest_ends(said.digits, said.now.date()) is not None
    return ends and bool(_NO_JOBS.search(said.folded))


def _none(said: Said) -> Reading:
    if said.is_lone_number:
        return unknown()
    if said.has("wrong_number"):
        return reading(Intent.WRONG_NUMBER, 0.85)
    if said.phone:
        return reading(Intent.PHONE_CHANGE, 0.85, phone=said.phone)
    if said.is_question:
        return reading(Intent.QUESTION, 0.8)
    if said.has("pause") and (not said.has("resume") or _names_a_rest(said)):
        return _paused(said)
    if said.has("resume") or _RETURNS.search(said.folded):
        if "date" in said.when.values and said.when.values["date"] > said.now.date().isoformat():
            return _paused(said)
        if said.has("resume"):
            return reading(Intent.RESUME, 0.85)
    if said.codes or said.has("complete", "not_complete", "no_access", "quote"):
        found = _accepted(said)
        return replace(found, certainty=min(found.certainty, 0.7))
    if said.has("busy", "sick", "reject") and said.when:
        return _paused(said)
    if said.has("complaint", "grievance"):
        return reading(Intent.COMPLAINT, 0.75)
    if said.has("ack", "thanks") or said.is_thumb:
        return reading(Intent.THANKS, 0.8)
    return unknown()


_READERS: dict[str, Callable[[Said], Reading]] = {
    "offer": _offer,
    "accepted": _accepted,
    "amount": _amount,
    "quote": _quote,
    "multi": _multi,
    "none": _none,
}
