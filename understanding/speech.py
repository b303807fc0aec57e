"""What a caller means at each question of the spoken dialog; speech engines are noisy, so yes and no come first."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from understanding import services
from understanding.codes import spoken_code
from understanding.general import reading, unknown
from understanding.places import find_address
from understanding.reading import MAYBE, Intent, Reading
from understanding.requests import read_free, request
from understanding.said import Said

_HELLO = re.compile(
    r"喂+|你好|您好|听得见吗|听得到吗|在吗|有人吗|嗯+|啊+|呃+|额+|那个|这个|就是|hello|hi|hey|um+|uh+|anybody there|"
    r"anyone there|are you there|can you hear me|testing|test"
)
_FILLER = re.compile(r"嗯+|啊+|哦+|唔+|呃+|额+|那个?|就|我|就是|well|uh+|um+|oh|ok|okay")
_NOTHING_MORE = re.compile(
    r"(?:没|没有|冇|唔使|不用|不要|不需要|不|无)(?:有|别的|其他|其它|什么|啥|事儿?|了|啦|啊|哦|的|需要|麻烦|谢谢|"
    r"多谢|感谢|您|你|就这样|就这些)*"
    r"|就(?:这样|这些|这个)(?:吧|了|谢谢|多谢)*|(?:no|nope|nah|nothing|none)(?: (?:more|else|thanks|thank you|"
    r"thats all|thats it|that is all|im good|im fine))*"
    r"|(?:thats|that is) (?:it|all)(?: (?:thanks|thank you))?"
)
_SOMETHING_MORE = re.compile(
    r"有|还有|有的|有啊|还有一?个?(?:事|件事|别的事|问题)?|对|是|是的|好|好的|嗯|yes|yeah|yep|yes please|"
    r"one more(?: thing)?|there is"
)
_THIS_ONE = re.compile(
    r"[嗯啊哦对是, ]*就?是[这那]一?(?:个|件|张|里|儿|家|回|样)(?:事情|事儿|事|地址|地方|单子|单|问题|毛病)?"
    r"[的了吧啊呀嘛, .。!]*|"
    r"(?:yes )?(?:it is |its )?(?:that|this|the same) (?:one|thing|problem|matter)|(?:yes )?the same|"
    r"thats (?:it|the one)|that is (?:it|the one)"
)
"""Yes, said by pointing."""
_MENU_KEY = re.compile(r"^[\W]*(?:按|选|press|key|number)?[\W]*([0-9*#])[\W]*(?:键|号)?[\W]*$")
_MOST_PEOPLE = 9
"""As many of a household as a digit can name."""
_NAME = re.compile(r"(?:我是|我叫|是|叫|this is|i am|im|its|my name is)[ ]*([\u4e00-\u9fff]{2,4}|[a-z]+(?: [a-z]+)?)")


def read_speech(said: Said, question: str, open_codes: Collection[str]) -> Reading:
    """Read what a caller said or keyed at one question of the dialog."""
    if question == "code":
        found = _code(said, open_codes)
        if found:
            return found
    key = _MENU_KEY.match(said.folded)
    if key and question == "menu":
        return _key(key[1])
    if said.folded == "0":
        return reading(Intent.HUMAN, 0.97)
    if question == "more" and _says_no_more(said):
        return reading(Intent.DENY, 0.9)
    return _steering(said, question) or _READERS.get(question, _describe)(said)


def _key(key: str) -> Reading:
    if key == "0":
        return reading(Intent.HUMAN, 0.97)
    if key == "*":
        return reading(Intent.REPEAT, 0.97)
    if key == "9":
        return reading(Intent.SLOWER, 0.97)
    return reading(Intent.CHOOSE, 0.97, digits=key)


def _steering(said: Said, question: str) -> Reading | None:
    """Read wishes about the call itself, unless the same words describe a fault: a slow drain, a silent television."""
    described = request(said, least=0.7) if question in ("describe", "menu", "more") else None
    if said.has("repeat") and described is None:
        return reading(Intent.REPEAT, 0.85)
    if said.has("slower") and not said.has("not_slower") and described is None:
        return reading(Intent.SLOWER, 0.85)
    if (
        said.has("goodbye")
        and described is None
        and not said.has("wrong_number")
        and not (question not in ("describe", "more") and said.has("yes"))
    ):
        return reading(Intent.GOODBYE, 0.8)
    return None


def _describe(said: Said) -> Reading:
    if not _HELLO.sub("", said.folded).strip(" ,.。?!~、") or said.is_lone_number:
        return unknown()
    return read_free(said)


def _confirm(said: Said) -> Reading:
    """Read yes or no to the last sentence; a correction is a no that brings the right service."""
    guesses = services.match_folded(said.folded)
    corrected = guesses[0] if guesses and guesses[0].certainty >= MAYBE else None
    if said.choices == [1] or said.choices == [2]:
        return reading(Intent.AFFIRM if said.choices == [1] else Intent.DENY, 0.95)
    if said.has("no") or said.is_cross:
        if corrected:
            return reading(Intent.DENY, 0.9, service=corrected.service, category=corrected.category)
        return reading(Intent.DENY, 0.9 if not said.has("yes") else 0.6)
    if said.has("cancel"):
        return reading(Intent.DENY, 0.8)
    if said.has("uncertain"):
        return unknown()
    if _agrees_first(said) and not said.folded.endswith(("吗", "?")):
        return reading(Intent.AFFIRM, 0.92)
    if _THIS_ONE.fullmatch(said.folded):
        return reading(Intent.AFFIRM, 0.9)
    if corrected:
        return reading(Intent.NEW_REQUEST, corrected.certainty, service=corrected.service, category=corrected.category)
    if said.is_question:
        return reading(Intent.QUESTION, 0.7)
    if re.fullmatch(r"[嗯唔啊哦好 ,.。]+", said.folded) and "嗯" in said.folded:
        return reading(Intent.AFFIRM, 0.75)
    return unknown()


def _agrees_first(said: Said) -> bool:
    """Tell whether yes is what the sentence begins with: later in it, 好 and 是 are parts of a story."""
    return any(
        hit.kind == "yes" and not _FILLER.sub("", said.folded[: hit.start]).strip(" ,.。!;、~") for hit in said.hits
    )


def _spoken(said: Said) -> str:
    return re.sub(r"[^\w ]", "", said.folded).strip()


def _says_no_more(said: Said) -> bool:
    words = _spoken(said)
    return bool(_NOTHING_MORE.fullmatch(words) or _NOTHING_MORE.fullmatch(words.replace(" ", "")))


def _more(said: Said) -> Reading:
    """Read the answer to "anything else?": a bare yes or no, or straight away the next matter."""
    if _SOMETHING_MORE.fullmatch(_spoken(said)):
        return reading(Intent.AFFIRM, 0.9)
    return _describe(said)


def _address(said: Said) -> Reading:
    address = find_address(said.raw)
    denies = said.has("no", "address_wrong")
    if address:
        return reading(Intent.ADDRESS_CHANGE, 0.85, address=address)
    if denies:
        return reading(Intent.DENY, 0.85)
    if said.has("yes") and not said.is_question:
        return reading(Intent.AFFIRM, 0.9)
    if said.choices in ([1], [2]):
        return reading(Intent.AFFIRM if said.choices == [1] else Intent.DENY, 0.95)
    if said.is_question or said.has("uncertain"):
        return reading(Intent.QUESTION, 0.6) if said.is_question else unknown()
    words = re.sub(r"[\W_]", "", said.folded)
    return reading(Intent.ADDRESS_CHANGE, 0.5, address=said.raw) if len(words) >= 4 else unknown()


def _which_person(said: Said) -> Reading:
    if len(said.choices) == 1:
        one = said.choices[0]
        return reading(Intent.CHOOSE, 0.9, option=str(one)) if 1 <= one <= _MOST_PEOPLE else unknown("range")
    if said.has("no"):
        return reading(Intent.DENY, 0.8)
    named = _NAME.search(said.folded)
    if named:
        return reading(Intent.CHOOSE, 0.75, name=named[1])
    if said.has("yes"):
        return reading(Intent.AFFIRM, 0.85)
    bare = re.sub(r"[\W_]", "", said.folded)
    return reading(Intent.CHOOSE, 0.6, name=bare) if 2 <= len(bare) <= 4 and not said.is_question else unknown()


def _code(said: Said, open_codes: Collection[str]) -> Reading | None:
    code, digits = spoken_code(said.folded, open_codes)
    if code:
        return reading(Intent.CHOOSE, 0.95, ticket=code, digits=digits)
    return reading(Intent.CHOOSE, 0.7, digits=digits) if digits else None


def _after_code(said: Said) -> Reading:
    if said.has("no", "uncertain"):
        return reading(Intent.DENY, 0.7)
    return read_free(said)


_READERS: dict[str, Callable[[Said], Reading]] = {
    "describe": _describe,
    "menu": _describe,
    "confirm": _confirm,
    "more": _more,
    "address": _address,
    "which_person": _which_person,
    "code": _after_code,
}
