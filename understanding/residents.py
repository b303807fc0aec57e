"""What a resident's text means to the question that is open: a visit, an event, a poll, a follow-up, a notice."""

from __future__ import annotations

import re
from collections.abc import Callable

from understanding.general import read_courtesy, reading, unknown
from understanding.ratings import read_score
from understanding.reading import Intent, Reading
from understanding.requests import read_change, read_free, request
from understanding.said import COMPANIONS, Said

_BOOKED = re.compile(
    r"(?:在家)?等(?:着|你|您|师傅|候)?|(?:明天|到时候?)见|准时|按时|照旧|see (?:you|u|ya)|will be (?:home|here|in)"
)
_CALLS_OFF = re.compile(
    r"(?:(?<=要不)|(?<![不别])(?<!不要)(?<!不用))取消|撤销|撤单|不(?:用|要|必|需要)(?:再)?(?:来|上门|修|派|麻烦)|"
    r"别来|甭来|莫来|唔使|唔好嚟|不修了|修好了|弄好|"
    r"(?<!dont )(?<!not )cancel|call(?:ing)? (?:it )?off|dont come|do not come|no need|not needed|fixed it|"
    r"already fixed|sorted"
)
_AT_HOME = re.compile(r"在家|在屋|有人|at home|be home|be in")
_BUT = re.compile(r"就是|但是?|不过|可是|只是|(?<![a-z])(?:but|except|only)(?![a-z])")
_HUMS = re.compile(r"(?:嗯|恩|唔){1,6}[呐呢好啊哪 ,.。!~]*|(?:m+[ -]?h+m+|uh[ -]?huh)\W*")
_STATEMENT = re.compile(r"[\u4e00-\u9fff]{6}|(?:[a-z]+ ){3}[a-z]+")
_DAY_ALONE = re.compile(r"(?:回复?|改到?|换到?)? ?\d{1,2}号[吧了好呀 ,.!。]*")
_OWN_TICKET = re.compile(r"师傅|我报|我的单|工单|报修|派人|plumber|technician|ticket|my |he |she |someone")
_FEE = re.compile(r"收费|要钱|多少钱|扣钱|fee|charge|cost")
_MEMBERS = "|".join(sorted({re.escape(word) for word in COMPANIONS}, key=len, reverse=True))
_PAIR = re.compile(
    r"爸妈|爹妈|爹娘|父母|爸爸?(?:和|跟)?妈妈?|公婆|岳父母|外公外婆|爷爷奶奶|姥姥姥爷|(?<![a-z])(?:parents|"
    r"grandparents|in-laws)(?![a-z])"
)
_COMPANION = re.compile(rf"(?:(\d{{1,2}}) ?(?:个|位|名|口)? ?(?:小|大|老)?)?(?:{_MEMBERS}|children)(?:s(?![a-z]))?")
_TOTAL_PEOPLE = re.compile(
    r"(?:一共|总共|共|我们|我哋|我家|家里|全家|合计)? ?(\d{1,2}) ?(?:个人|人|位|口|of us)"
    r"|(?:total|party) of (\d{1,2})|for (\d{1,2})(?: people)?$"
)
_EXTRA_PEOPLE = re.compile(
    r"(?:带|另外|加|多|还有|再加|和|跟|plus|\+|bring(?:ing)?|with|and) ?(?:上|了)? ?(\d{1,2}) ?"
    r"(?:个|位|名|口)?(?:人|朋友|家属|people|others?|more|guests?|extra)?"
)
_OPTION = re.compile(
    r"第 ?(\d{1,2})(?: ?[个项种号条])?"
    r"|(?:选|投|option|choice|number|no\.?|#|答案|方案|选项) ?(?:项|第)? ?(\d{1,2}|[a-z](?![a-z]))"
    r"|(?<![a-z])([a-d])(?![a-z])|^\W*([e-z])\W*$|(?<!\d)(\d{1,2}) ?[号项]"
)
_ARTICLE = re.compile(r" (?!please|pls|plz|thanks|thx|for me|it is|then|is)[a-z]")
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 4}
_ORDINAL = re.compile(r"(?<![a-z0-9])(first|1st|second|2nd|third|3rd|fourth|4th)(?: one| option| choice)?(?![a-z])")
_DISOWNED = re.compile(r"(?:不|不选|不是|不要|别|别选|除了|not|except) ?(?:第 ?)?$")
_DISOWNED_AFTER = re.compile(r" ?(?:不要|不选|就算了|除外)")


def read_resident(said: Said, question: str) -> Reading:
    """Read a resident's text in the context of one open question."""
    return _READERS.get(question, read_none)(said)


def _one_choice(said: Said, most: int) -> tuple[int, Reading | None]:
    """Give the one digit chosen, 0 when none was, or the reading that says why it cannot be told."""
    if not said.choices:
        return 0, None
    if len(said.choices) > 1:
        return 0, unknown("multiple")
    choice = said.choices[0]
    return (choice, None) if 1 <= choice <= most else (0, unknown("range"))


def _when(said: Said) -> dict[str, str]:
    return said.when.values


def _visit(said: Said) -> Reading:
    choice, problem = _one_choice(said, 3)
    if "date" in said.when.values and _DAY_ALONE.fullmatch(said.digits):
        choice, problem = 0, None  # 6号: a day, not an option
    change = None if choice else read_change(said)
    if change:
        return change
    if problem:
        return problem
    calls_off = bool(_CALLS_OFF.search(said.folded)) or (said.has("cancel") and not said.when)
    if choice:
        return _visit_choice(said, choice, calls_off)
    if calls_off and not _FEE.search(said.folded) and not (said.has("reschedule") and said.when):
        return reading(Intent.CANCEL, 0.9)
    if said.has("grievance"):
        return reading(Intent.COMPLAINT, 0.8)
    if said.is_question and _when(said) == {"date": said.now.date().isoformat()} and not said.has("reschedule"):
        return reading(Intent.STATUS_QUERY, 0.75)
    asks_new_time = said.has("reschedule") or (said.when.is_moment or "part" in said.when.values)
    if said.has("status") and not (said.when.is_moment and said.has("reschedule")):
        return reading(Intent.STATUS_QUERY, 0.85)
    if asks_new_time and not _keeps(said):
        certainty = 0.9 if said.has("reschedule") and said.when else 0.75
        return reading(Intent.RESCHEDULE, certainty, **_when(said))
    return _yes_no(said, Intent.AFFIRM, Intent.DENY)


def _keeps(said: Said) -> bool:
    """Tell whether the time named is the one agreed: a yes that waits, without a wish for another time."""
    if said.has("reschedule") and not set(said.words("reschedule")) <= {"早点", "准时", "提前"}:
        return False
    if said.has("no"):
        return False
    if _BOOKED.search(said.folded) and not said.is_question:
        return True
    if said.has("yes") and _AT_HOME.search(said.folded) and not said.is_question and not _BUT.search(said.folded):
        return True
    exact = any(key in said.when.values for key in ("time", "time_after", "time_before"))
    return said.has("yes") and not said.is_question and not exact


def _visit_choice(said: Said, choice: int, calls_off: bool) -> Reading:
    moves = said.has("reschedule") and not _keeps(said)
    if choice == 1 and (calls_off or (moves and not said.when) or (said.has("no") and not said.has("yes"))):
        return unknown("conflict")
    if choice == 2 and calls_off:
        return unknown("conflict")
    if choice == 3 and ((moves and said.when) or (said.has("yes") and not calls_off and not said.has("thanks"))):
        return unknown("conflict")
    if choice == 1:
        return reading(Intent.AFFIRM, 0.97 if said.is_lone_number else 0.9)
    if choice == 2:
        return reading(Intent.RESCHEDULE, 0.97, **_when(said))
    return reading(Intent.CANCEL, 0.97)


def _yes_no(said: Said, yes: Intent, no: Intent) -> Reading:
    """Read plain yes and no; a question or a doubt is neither."""
    if said.has("uncertain"):
        return unknown()
    if said.has("double_negative"):
        return unknown() if said.is_question or _BUT.search(said.folded) else reading(yes, 0.75)
    if said.is_question:
        return reading(Intent.QUESTION, 0.8)
    if said.has("no") and said.has("yes"):
        return unknown()
    if said.has("no") or said.is_cross:
        return reading(no, 0.85)
    if said.has("yes") or said.is_thumb:
        return reading(yes, 0.9 if not said.without("yes", "thanks", "murmur") else 0.8)
    if said.has("grievance", "complaint"):
        return reading(Intent.COMPLAINT, 0.7)
    if _HUMS.fullmatch(said.folded):
        return reading(yes, 0.75)
    courtesy = read_courtesy(said)
    if courtesy:
        return reading(courtesy.intent, 0.7)
    return request(said, least=0.75) or unknown()


def _rsvp(said: Said) -> Reading:
    choice, problem = _one_choice(said, 2)
    guests = _guests(said)
    coming, not_coming = said.has("coming"), said.has("not_coming")
    if problem and not (coming and guests):
        return problem
    if choice == 1:
        if not_coming and not coming:
            return unknown("conflict")
        return reading(Intent.AFFIRM, 0.95, guests=guests)
    if choice == 2:
        if (coming or said.has("yes")) and not not_coming:
            return unknown("conflict")
        return reading(Intent.DENY, 0.95)
    if said.has("wrong_number"):
        return reading(Intent.WRONG_NUMBER, 0.9)
    if said.has("uncertain"):
        return unknown()
    announces = coming and guests and "?" not in said.folded and not said.folded.endswith(("吗", "不", "没"))
    if said.is_question and not announces:
        return reading(Intent.QUESTION, 0.8)
    if not_coming:
        return unknown() if coming and said.has("yes") else reading(Intent.DENY, 0.9)
    if said.has("moved"):
        return reading(Intent.ADDRESS_CHANGE, 0.8, moved="yes")
    if coming:
        return unknown() if said.has("no") else reading(Intent.AFFIRM, 0.9, guests=guests)
    answer = _yes_no(said, Intent.AFFIRM, Intent.DENY)
    if answer.intent is Intent.AFFIRM:
        return reading(Intent.AFFIRM, answer.certainty, guests=guests)
    if answer.intent is Intent.UNKNOWN and guests:
        return reading(Intent.AFFIRM, 0.6, guests=guests)
    return answer


def _guests(said: Said) -> str:
    """Count the people who come besides the writer; empty when none are named."""
    text = said.digits
    family = re.search(r"1家(\d)口|family of (\d)", text)
    if family:
        return str(int(family[1] or family[2]) - 1)
    pairs = len(_PAIR.findall(text))
    named = 2 * pairs + sum(int(match[1] or 1) for match in _COMPANION.finditer(_PAIR.sub(" ", text)))
    if named:
        return str(named)
    extra = _EXTRA_PEOPLE.search(text)
    if extra:
        return extra[1]
    if re.search(r"just me|only me|by myself|alone|1个人|就我|自己去", text):
        return "0"
    total = _TOTAL_PEOPLE.search(text)
    if total:
        return str(max(0, int(total[1] or total[2] or total[3]) - 1))
    return "1" if re.search(r"plus one|plus 1|\+ ?1", text) else ""


def _poll(said: Said) -> Reading:
    text = said.digits
    chosen: list[int] = []
    for match in _OPTION.finditer(text):
        written = next(group for group in match.groups() if group)
        before, after = text[: match.start()], text[match.end() :]
        if _DISOWNED.search(before) or _DISOWNED_AFTER.match(after) or (written == "a" and _ARTICLE.match(after)):
            continue
        chosen.append(int(written) if written.isdigit() else ord(written) - ord("a") + 1)
    chosen += [_ORDINALS[match[1]] for match in _ORDINAL.finditer(text)]
    chosen = list(dict.fromkeys(chosen + said.choices))
    if said.has("wrong_number"):
        return reading(Intent.WRONG_NUMBER, 0.9)
    if len(chosen) > 1:
        return unknown("multiple")
    if chosen and (said.is_lone_number or not said.is_question):
        return reading(Intent.CHOOSE, 0.95, option=str(chosen[0])) if 1 <= chosen[0] <= 4 else unknown("range")
    if said.has("uncertain"):
        return unknown()
    if said.is_question:
        return reading(Intent.QUESTION, 0.8)
    if said.has("suggestion"):
        return reading(Intent.SUGGESTION, 0.7)
    if said.has("no_opinion", "no", "no_rating"):
        return reading(Intent.DENY, 0.6)
    return read_courtesy(said) or unknown()


def _resolved(said: Said) -> Reading:
    choice, problem = _one_choice(said, 2)
    if problem:
        return problem
    denied = said.denies("solved")
    solved, unsolved = said.has("solved") and not denied, said.has("unsolved") or denied
    if said.denies("unsolved") and not said.affirms("unsolved") and not choice:
        return unknown()
    if choice == 1:
        return unknown("conflict") if unsolved and not solved else reading(Intent.RESOLVED, 0.95)
    if choice == 2:
        return unknown("conflict") if solved and not unsolved else reading(Intent.UNRESOLVED, 0.95)
    if said.has("wrong_number"):
        return reading(Intent.WRONG_NUMBER, 0.9)
    if unsolved:
        return reading(Intent.UNRESOLVED, 0.85)
    if said.has("grievance"):
        return reading(Intent.COMPLAINT, 0.75)
    if said.has("status"):
        return reading(Intent.STATUS_QUERY, 0.75)
    if said.is_question:
        return reading(Intent.QUESTION, 0.75)
    if said.has("uncertain", "almost"):
        return reading(Intent.RESOLVED, 0.6) if solved and not said.has("uncertain") else unknown()
    if solved:
        return reading(Intent.RESOLVED, 0.9)
    if said.has("no", "score1", "score2") or said.is_cross:
        return reading(Intent.UNRESOLVED, 0.75)
    if said.has("yes", "score5") or said.is_thumb:
        return reading(Intent.RESOLVED, 0.8)
    return request(said, least=0.75) or read_courtesy(said) or unknown()


def _csat(said: Said) -> Reading:
    rated = read_score(said)
    if rated:
        return rated
    if said.has("wrong_number"):
        return reading(Intent.WRONG_NUMBER, 0.9)
    if said.has("no_rating"):
        return reading(Intent.DENY, 0.85)
    if said.has("grievance"):
        return reading(Intent.COMPLAINT, 0.75)
    if said.has("unsolved"):
        return reading(Intent.UNRESOLVED, 0.75)
    if said.has("complaint"):
        return reading(Intent.COMPLAINT, 0.75)
    if said.is_question:
        return reading(Intent.QUESTION, 0.75)
    return read_courtesy(said) or unknown()


def _notice(said: Said) -> Reading:
    if said.is_lone_number:
        return unknown()
    change = read_change(said)
    if change:
        return change
    if said.has("grievance"):
        return reading(Intent.COMPLAINT, 0.85)
    if said.has("status"):
        return reading(Intent.STATUS_QUERY if _OWN_TICKET.search(said.folded) else Intent.QUESTION, 0.75)
    if said.is_question and not said.has("complaint"):
        return reading(Intent.QUESTION, 0.8)
    if said.has("thanks", "ack", "yes") or said.is_thumb:
        return reading(Intent.THANKS, 0.85)
    if said.has("complaint"):
        return reading(Intent.COMPLAINT, 0.75)
    return request(said, least=0.6) or read_none(said)


def _feedback(said: Said) -> Reading:
    if said.is_lone_number:
        return unknown()
    change = read_change(said)
    if change and change.intent is not Intent.ADDRESS_CHANGE:
        return change
    if said.has("no_opinion") and not said.has("suggestion", "complaint", "grievance"):
        return reading(Intent.DENY, 0.85)
    if said.has("grievance"):
        return reading(Intent.COMPLAINT, 0.85)
    only_asks = said.is_question and not said.has("complaint") and "?" in said.folded[-1:] and len(said.folded) < 12
    if said.has("suggestion") and not only_asks:
        return reading(Intent.SUGGESTION, 0.85)
    if said.has("complaint", "unsolved", "negative"):
        return reading(Intent.COMPLAINT, 0.8)
    if said.is_question:
        return reading(Intent.QUESTION, 0.7)
    if said.has("thanks", "praise", "ack"):
        return reading(Intent.THANKS, 0.75)
    if said.has("no"):
        return reading(Intent.DENY, 0.7)
    if request(said) or _STATEMENT.search(said.folded):
        return reading(Intent.COMPLAINT, 0.5)  # asked for opinions, people say what is wrong
    return unknown()


def read_none(said: Said) -> Reading:
    """Read a text that answers nothing; a lone number has no meaning then."""
    return unknown() if said.is_lone_number else read_free(said)


def _quote(said: Said) -> Reading:
    choice, problem = _one_choice(said, 2)
    if problem:
        return problem
    if choice:
        agrees = choice == 1
        against = said.has("no") if agrees else said.has("yes") and not said.has("no")
        return unknown("conflict") if against else reading(Intent.AFFIRM if agrees else Intent.DENY, 0.97)
    if said.has("cancel"):
        return reading(Intent.DENY, 0.85)
    if said.has("complaint", "grievance") and not said.has("yes"):
        return reading(Intent.DENY if "贵" in said.folded or "expensive" in said.folded else Intent.COMPLAINT, 0.75)
    return _yes_no(said, Intent.AFFIRM, Intent.DENY)


def _which_code(said: Said) -> Reading:
    if len(said.codes) == 1:
        return reading(Intent.CHOOSE, 0.95, ticket=said.codes[0])
    return unknown("multiple") if said.codes else read_none(said)


_READERS: dict[str, Callable[[Said], Reading]] = {
    "visit": _visit,
    "rsvp": _rsvp,
    "poll": _poll,
    "resolved": _resolved,
    "csat": _csat,
    "notice": _notice,
    "feedback": _feedback,
    "none": read_none,
    "quote": _quote,
    "which_code": _which_code,
}
