"""What counts in every context before the open question does: danger, consent, a person, help, language, nothing."""

from __future__ import annotations

import re
from types import MappingProxyType

from understanding import danger, opt_out
from understanding.reading import Intent, Reading
from understanding.said import Said


def reading(intent: Intent, certainty: float, **values: str) -> Reading:
    """Make a reading; values that are empty are left out."""
    return Reading(intent, MappingProxyType({key: value for key, value in values.items() if value}), certainty)


def unknown(reason: str = "") -> Reading:
    """Say that there is no safe reading, and why where that is known; never certain enough to act on."""
    return reading(Intent.UNKNOWN, 0.4 if reason else 0.2, reason=reason)


def read_danger(said: Said, *, expects_sum: bool = False) -> Reading | None:
    """Read danger to life."""
    found = danger.find_folded(said.folded, expects_sum=expects_sum)
    return reading(Intent.EMERGENCY, 0.95, number=found.number) if found else None


def read_consent(said: Said) -> Reading | None:
    """Read a wish to be written to no more, or again."""
    consent = opt_out.find_folded(said.folded)
    if consent is None:
        return None
    return reading(Intent.OPT_OUT if consent is opt_out.Consent.OUT else Intent.OPT_IN, 0.95)


def read_language(said: Said) -> Reading | None:
    """Read a wish for another language."""
    for kind in ("language_en", "language_yue", "language_zh"):
        if said.has(kind):
            return reading(Intent.LANGUAGE, 0.9, lang=kind.removeprefix("language_"))
    return None


_LABOUR = re.compile(r"人工(?:费|钱|收|是)?[: ]*[\d零一二三四五六七八九十百两]")


def read_always(said: Said, *, expects_sum: bool = False) -> Reading | None:
    """Read what beats the open question in every context; None leaves the text to the question."""
    found = read_danger(said, expects_sum=expects_sum) or read_consent(said)
    if found:
        return found
    if not said.folded:
        return unknown()
    if said.is_wordless and "?" in said.folded:
        return reading(Intent.HELP, 0.8)
    language = read_language(said)
    if language:
        return language
    if said.has("human") and not (said.role == "provider" and _LABOUR.search(said.folded)):
        return reading(Intent.HUMAN, 0.9)
    if said.has("help"):
        return reading(Intent.HELP, 0.85)
    return None


def read_courtesy(said: Said) -> Reading | None:
    """Read thanks and "received" where nothing is to be done."""
    if said.has("thanks", "ack") or said.is_thumb:
        return reading(Intent.THANKS, 0.85)
    return None
