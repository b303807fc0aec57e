"""Free words of a resident with nothing open, by text or at "please say what you need"."""

from __future__ import annotations

import re

from understanding import services
from understanding.general import read_courtesy, reading, unknown
from understanding.places import find_address
from understanding.reading import MAYBE, SURE, Intent, Reading
from understanding.said import Said

_CALLED_OFF = re.compile(
    r"取消|撤销|撤单|退单|退订|退掉|停[发送奶报订]|退奶|退报|不用来|不要来|别来|甭来|莫来|不用上门|不修了|唔使嚟|唔好嚟|不续|"
    r"cancel|call(?:ing)? (?:it )?off|dont come|do not come|no need to come|stop deliver|stop the (?:milk|newspaper|delivery)|unsubscribe from"
)
_WANTS = re.compile(r"要个?车|工人|想找|要找|帮我|需要|预约|搬家公司|need|want|looking for|van|truck|help")


def read_change(said: Said) -> Reading | None:
    """Read a new number, a new address, "I have moved away", or that the wrong person was reached."""
    if said.phone and (said.has("phone_new") or not said.without("phone_new", "thanks", "yes", "question").strip("0123456789")):
        return reading(Intent.PHONE_CHANGE, 0.9, phone=said.phone)
    if said.has("wrong_number"):
        return reading(Intent.WRONG_NUMBER, 0.9)
    address = find_address(said.raw) if said.has("address", "address_wrong", "moved") else ""
    if address and said.has("address_wrong", "moved", "address"):
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
    return reading(
        Intent.NEW_REQUEST, best.certainty, category=best.category, service=best.service, urgency=urgency
    )


def read_free(said: Said) -> Reading:
    """Read words that answer no question: a ticket asked after, a grievance, a wish, an opinion."""
    if said.has("grievance"):
        return reading(Intent.COMPLAINT, 0.85)
    if said.has("status"):
        return reading(Intent.STATUS_QUERY, 0.85, ticket=said.codes[0] if said.codes else "")
    if _CALLED_OFF.search(said.folded):
        return reading(Intent.CANCEL, 0.85, ticket=said.codes[0] if said.codes else "")
    asked = request(said, least=SURE)
    change = read_change(said)
    if change and (asked is None or change.intent is not Intent.ADDRESS_CHANGE or "address" in change.values or not _WANTS.search(said.folded)):
        return change
    if asked:
        return asked
    return _read_weak(said)


def _read_weak(said: Said) -> Reading:
    hint = request(said, least=0.5)
    if hint and not said.has("suggestion", "praise"):
        return hint
    if len(said.codes) == 1 and not said.without():
        return reading(Intent.STATUS_QUERY, 0.6, ticket=said.codes[0])
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
