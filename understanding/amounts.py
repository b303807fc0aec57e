"""Sums of money in a provider's or a resident's words; counts of things, hours and codes are not sums."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = r"(?<![\d.:#a-z+-])(?P<{0}>\d{{1,6}}(?:\.\d{{1,2}})?)(?![\d:]|\.\d)"
_CURRENCY = r"(?:元|块钱?|圆|蚊|rmb|cny|yuan|kuai|quai|bucks|dollars?|塊錢?)"
_THING = r"[\u3400-\u9fff]"
_SUM = re.compile(
    r"(?:(?:¥|￥|rmb|cny|\$)\s?(?P<signed>\d{1,6}(?:\.\d{1,2})?)(?![\d:]))"
    rf"|{_NUMBER.format('named')}\s?(?:元|圆|蚊|rmb|cny|yuan|kuai|bucks|dollars?)(?![a-z])(?P<jiao>\d)?"
    rf"|{_NUMBER.format('kuai')}\s?块(?:(?=钱)|(?P<five>\d|半)(?!\d)|(?![{_THING[1:-1]}\d])"
    r"|(?=[左整吧啊呀哦了的给搞现微支付都行可收料材配人工是另加含包转到结完]))"
)
_NO_MEASURE = (
    r"(?!\s?[-~]\s?\d)(?!\s?(?:个|次|米|根|层|楼|号|小时|钟头|天|桶|度|斤|公斤|人(?!工)|台|扇|只|"
    r"条|片|盏|把|年|月|套|张|副|袋|瓶|平|寸|分|点|%|栋|幢|单元|室|户|日|处|家|吨|升|块|种|件|位|岁|折|组|番|w|kw|"
    r"v|mm|cm|m\b|min|hour|hr|h\b|days?|pcs|pieces?|taps?|times?|people|floors?|units?|am|pm|years?|months?|weeks?|"
    r"st\b|nd\b|rd\b|th\b))"
)
_BARE = re.compile(rf"{_NUMBER.format('bare')}{_NO_MEASURE}(?![a-z])")
_EACH = re.compile(
    r"(?:(?<![\d.:#a-z-])|(?<=labour)|(?<=labor)|(?<=parts)|(?<=materials))"
    rf"\d{{1,6}}(?:\.\d{{1,2}})?(?![\d:]|\.\d){_NO_MEASURE}"
)
"""A number among labelled sums, which may touch its neighbours: 120人工+200材料."""
_RANGE = re.compile(r"\d ?(?:-|~|到|至) ?\d+ ?(?:元|块|yuan|kuai|rmb)|\d+-\d+")
_FREE = re.compile(
    r"免费|不收(?:钱|费)|没收(?:钱|费|他|她|住户|客户|人家)|没有收(?:钱|费)|没要(?:钱|费)|不要钱|分文未|"
    r"一分(?:钱)?(?:没|不|未)|1分(?:钱)?(?:没|不|未)|未收费|未收钱|不用钱|没花钱|没收$|不收$"
    r"|(?<![a-z])(?:free(?: of charge)?|no charge|no cost|no fee|for nothing|gratis|didnt charge|did not charge|"
    r"complimentary)(?![a-z])(?! time| tomorrow| today| now| at| on)"
)
_LABOUR = (
    r"(?:人工费?|工费|工钱|工时费?|手工费?|工本|工资|上门费?|服务费|维修费|修理费|"
    r"labou?r|work|service(?: fee)?|call ?out|visit)"
)
_PARTS = (
    r"(?:材料费?|配件费?|零件费?|料费|耗材|辅料|材料钱|配件钱|零件|件钱|料钱|"
    r"(?<![\u3400-\u9fff])[料件]|(?<=[\d元块,和加+ ])[料件]|parts?|materials?|spares?)"
)
_LABELLED = (
    r"(?:{label}(?:收了?|是|要|一共|花了?|:|=|用了| )*(?:¥|\$|rmb)?\s*(?P<after>\d{{1,6}}(?:\.\d{{1,2}})?)(?![\d:]|"
    r"\s?(?:个|根|米|小时|hours?))"
    r"|(?P<before>(?<![\d.a-z])\d{{1,6}}(?:\.\d{{1,2}})?)\s*(?:元|块钱?|yuan|kuai|rmb|bucks)?\s*(?:的|for(?: the)?|"
    r"in)?\s*{label})"
)
_LABOUR_SUM = re.compile(_LABELLED.format(label=_LABOUR))
_PARTS_SUM = re.compile(_LABELLED.format(label=_PARTS))
_TOTAL = re.compile(
    r"(?:一共|总共|合计|共计|总计|共收|共|实收|收了?(?:他|她|现金|微信|费|款|到)?|总价|全部|in all|altogether|"
    r"total(?: of)?|comes to|charged|paid|got|received)"
    r"[ :]*(?:是|要|¥|\$|rmb|收了?|为|,)?\s*(?P<total>\d{1,6}(?:\.\d{1,2})?)(?![\d:]|\s?(?:个|次|小时|天|点|分|户))"
    r"|(?P<total2>(?<![\d.])\d{1,6}(?:\.\d{1,2})?)\s*(?:元|块钱?|yuan|kuai|rmb)?\s*(?:in total|total|altogether|"
    r"in all|全包|包工包料|包料)"
)
_ROOM = re.compile(
    r"(?:\d+\s*(?:号楼|栋|幢|座|单元|楼|层|号院)\s*)+\d{1,4}(?!\d|元|块)(?:室|号|房)?|\d{2,4}(?:室|号房|房间?)|"
    r"(?<![a-z])(?:room|rm|flat|apt|unit|building|bldg|floor|block|house|no)\.? ?#?\d{1,4}(?![\d.])"
)
"""Where somebody lives is no price: 3楼301, room 204."""
_DISCOUNT = re.compile(
    r"(?:优惠|便宜|少收|让利|打折|减免?|抹零|退|找(?:了|零)?|定金|押金|订金|预付)了?(?:他|她|"
    r"住户)? ?\d+(?:\.\d+)? ?(?:元|块钱?)?"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum in yuan, as written in digits; ``labour`` and ``parts`` where they were given apart."""

    amount: str
    labour: str = ""
    parts: str = ""

    def values(self) -> dict[str, str]:
        """Give the sum as values of a reading."""
        named = {"amount": self.amount, "labour": self.labour, "parts": self.parts}
        return {key: value for key, value in named.items() if value}


def find_amount(digits: str, *, bare: bool = False) -> Amount | None:
    """Read the one sum a folded text with digits (times and codes read away) gives, or None.

    ``bare`` lets a number without a currency count, where a price is what one expects. Labour and parts are added up;
    free of charge is 0; of three sums of which one is the other two together that one is the total; a range, or sums
    of which none is the total, are no safe sum.
    """
    text = _DISCOUNT.sub(" ", _ROOM.sub(" ", digits))
    labour, parts = _LABOUR_SUM.search(text), _PARTS_SUM.search(text)
    is_split = labour is not None and parts is not None and labour.span() != parts.span()
    three = _three_sums(text, bare=bare or is_split)
    if three:
        whole = _whole_and_parts(text, three)
        if whole or is_split:
            return whole
    if is_split:
        return _split_sum(text)
    total = _TOTAL.search(text)
    if total and not _RANGE.search(text):
        return Amount(_plain(total["total"] or total["total2"]))
    sums = {_sum(match) for match in _SUM.finditer(text)}
    if not sums and bare:
        sums = {_plain(match["bare"]) for match in _BARE.finditer(text)}
    if not sums and _FREE.search(text):
        return Amount("0")
    if len(sums) != 1 or _RANGE.search(text):
        return None
    return Amount(sums.pop())


def _three_sums(text: str, *, bare: bool) -> list[tuple[int, int, str]]:
    """Give where the sums stand and what they are when there are exactly three; else nothing."""
    sums = [(*match.span(), _sum(match)) for match in _SUM.finditer(text)]
    if bare:
        named = tuple(sums)
        for match in _EACH.finditer(text):
            if not any(start <= match.start() < end for start, end, _ in named):
                sums.append((*match.span(), _plain(match[0])))
    return sorted(sums) if len(sums) == 3 else []


def _whole_and_parts(text: str, three: list[tuple[int, int, str]]) -> Amount | None:
    """Read a total that is given with the two sums it is made of: 320 (labour 120, parts 200)."""
    worth = [Decimal(number) for _, _, number in three]
    whole = None
    for (start, end, number), value in zip(three, worth, strict=True):
        if 2 * value == sum(worth):
            split = _split_sum(f"{text[:start]} ; {text[end:]}")
            if split and Decimal(split.amount) == value:
                return split
            whole = whole or Amount(number)
    return whole


def _split_sum(text: str) -> Amount | None:
    """Add labour and parts; each number belongs to one label only."""
    labour = _LABOUR_SUM.search(text)
    if labour is None:
        return None
    rest = text[: labour.start()] + " ; " + text[labour.end() :]
    parts = _PARTS_SUM.search(rest)
    if parts is None:
        parts = _PARTS_SUM.search(text)
        if parts is None:
            return None
        rest = text[: parts.start()] + " ; " + text[parts.end() :]
        labour = _LABOUR_SUM.search(rest)
        if labour is None:
            return None
    first, second = labour["after"] or labour["before"], parts["after"] or parts["before"]
    return Amount(_plain(str(float(first) + float(second))), _plain(first), _plain(second))


def _sum(match: re.Match[str]) -> str:
    number = match["signed"] or match["named"] or match["kuai"]
    tenth = match["jiao"] or match["five"] or ""
    if tenth and "." not in number:
        number += ".5" if tenth == "半" else f".{tenth}"
    return _plain(number)


def _plain(number: str) -> str:
    value = float(number)
    return str(int(value)) if value == int(value) else f"{value:.2f}".rstrip("0")
