"""Free words of a resident with nothing open, by text or at "please say what you need"."""

from __future__ import annotations

import re

from understanding import services
from understanding.general import read_courtesy, reading, unknown
from understanding.places import find_address, is_precise
from understanding.reading import MAYBE, SURE, Intent, Reading
from understanding.said import Said

_SUBSCRIBED = r"(?:牛奶|鲜奶|酸奶|奶|报纸|晚报|日报|报|杂志|桶装水|送水|送餐|老年餐|午餐|晚餐|餐|保洁|钟点工|护工|家教)"
_CALLED_OFF = re.compile(
    r"取消|撤销|撤单|退单|退订|退掉|停[发送奶报订]|退奶|退报|不用来|不要来|别来|甭来|莫来|不用上门|不修了|唔使嚟|"
    r"唔好嚟|不续|"
    rf"(?:停|退)(?:掉|了)?(?:我的|那份|订的)?{_SUBSCRIBED}|(?:不|别|唔)(?:再|想|用|要|想再|用再)?(?:订|定|送|续|要|"
    rf"喝|看)了?{_SUBSCRIBED}(?!什么|吗)|"
    rf"{_SUBSCRIBED}(?:先|就|以后|都)?(?:不要|别|不用)再?[送订来]|"
    rf"(?:把|将)?{_SUBSCRIBED}(?:给|都|先|帮我|给我)*(?:停|退)(?:了(?!好|几|多|\d|没)|掉|吧|一下)|"
    r"cancel|call(?:ing)? (?:it )?off|dont come|do not come|no need to come|stop deliver|"
    r"stop (?:the|my|our) (?:milk|news ?papers?|paper|deliver\w+|meals?|water)|unsubscribe from"
)
_OVERCHARGED = re.compile(
    r"(?:说好|讲好|说定|谈好|答应|报价|原来说)[^。!?]{0,8}(?:收了?我|要了?我|却收|又收|收了[^吗?]*$)|"
    r"(?:quoted|agreed|said|told me)\b.{0,30}\b(?:charged|billed) (?:me|us)"
)
"""One price agreed and another taken."""
_LIKELY = 0.6
_HOUSE = ("单元", "号楼")
_WANTS = re.compile(r"要个?车|工人|想找|要找|帮我|需要|预约|搬家公司|need|want|looking for|van|truck|help")


def read_change(said: Said) -> Reading | None:
    """Read a new number, a new address, "I have moved away", or that the wrong person was reached."""
    bare = said.without("phone_new", "thanks", "yes", "question")
    if said.phone and (said.has("phone_new") or not bare.strip("0123456789")):
        return reading(Intent.PHONE_CHANGE, 0.9, phone=said.phone)
    if said.has("wrong_number"):
        return reading(Intent.WRONG_NUMBER, 0.9)
    address = find_address(said.raw)
    named = said.has("address_wrong", "moved") or any(word not in _HOUSE for word in said.words("address"))
    if address and (said.has("address_wrong", "moved") or ((named or is_precise(address)) and not said.is_question)):
        return reading(Intent.ADDRESS_CHANGE, 0.9, address=address)
    if said.has("address_wrong"):
        return reading(Intent.ADDRESS_CHANGE, 0.8)
    if said.has("moved") and not _WANTS.search(said.folded):
        return reading(Intent.ADDRESS_CHANGE, 0.85, moved="yes")
    return None


def request(said: Said, *, least: float = MAYBE) -> Reading | None:
    """Read a wish for one of the fifty services, from this certainty on."""
    guesses = services.match_folded(said.folded)
    if not guesses or guesses[0].certainty < least:
        return None
    best = guesses[0]
    urgency = "urgent" if best.category == "repair" and services.is_urgent(said.folded, best.service) else ""
    return reading(Intent.NEW_REQUEST, best.certainty, category=best.category, service=best.service, urgency=urgency)


def read_free(said: Said) -> Reading:
    """Read words that answer no question: a ticket asked after, a grievance, a wish, an opinion."""
    if said.has("grievance") or _OVERCHARGED.search(said.folded):
        return reading(Intent.COMPLAINT, 0.85)
    if said.has("status"):
        return reading(Intent.STATUS_QUERY, 0.85, ticket=said.codes[0] if said.codes else "")
    if _CALLED_OFF.search(said.folded):
        return reading(Intent.CANCEL, 0.85, ticket=said.codes[0] if said.codes else "")
    asked = request(said, least=SURE)
    change = read_change(said)
    if change and (asked is None or _outweighs(change, said)):
        return change
    return asked or _read_weak(said)


def _outweighs(change: Reading, said: Said) -> bool:
    """Tell whether a change counts more than the service that the same words could ask for."""
    if change.intent is not Intent.ADDRESS_CHANGE:
        return True
    if "address" in change.values:
        return said.has("address_wrong", "moved")
    return not _WANTS.search(said.folded)


def _read_weak(said: Said) -> Reading:
    hint = request(said, least=0.5)
    if hint and (not said.has("suggestion", "praise") or (said.is_question and hint.certainty >= _LIKELY)):
        return hint
    if said.is_code_alone:
        return reading(Intent.STATUS_QUERY, 0.85, ticket=said.codes[0])  # our texts say: text the code to ask
    if said.codes and not said.when:
        return reading(Intent.STATUS_QUERY, 0.6, ticket=said.codes[0])
    if said.has("cancel"):
        return reading(Intent.CANCEL, 0.6)
    if said.has("suggestion"):
        return reading(Intent.SUGGESTION, 0.6)
    if hint:
        return hint
    if said.has("complaint"):
        return reading(Intent.COMPLAINT, 0.65)
    if said.is_question and not said.has("murmur"):
        return reading(Intent.QUESTION, 0.6)
    return read_courtesy(said) or request(said) or unknown()
