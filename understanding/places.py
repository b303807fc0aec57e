"""Addresses inside a sentence, as the words stand: building, unit, room, with the community before them."""

from __future__ import annotations

import re

_N = r"[\d０-９零〇一二三四五六七八九十百幺两]"
_NAME = r"[\u3400-\u9fff]"
_PLACE_END = (
    r"(?:小区|社区|花园|家园|新村|新城|公寓|大厦|广场|里|弄|路|街|大道|巷|胡同|苑|轩|村|镇|乡|庄|湾|岭|坊|庭|府|城|园)"
)
_BUILDING = rf"{_N}+(?:-{_N}+)?\s*(?:号楼|栋|幢|号院|座|号(?![\d日上下早晚中]))|[A-Za-zＡ-Ｚ]\s*(?:座|栋|幢|号楼)"
_ROOM = rf"(?:\s*{_N}+\s*(?:单元|门洞|门|层|楼))?(?:\s*{_N}+\s*(?:室|号房|房|户|号)?)?"
_HAN_ADDRESS = re.compile(
    rf"(?:{_NAME}{{1,14}}?{_PLACE_END}\s*)*(?:{_NAME}{{1,8}}?{_PLACE_END}\s*(?:{_N}+号\s*)?)?(?:{_BUILDING}){_ROOM}"
    rf"|{_NAME}{{1,10}}{_PLACE_END}\s*{_N}{{1,4}}(?:-{_N}{{1,4}}){{0,3}}(?:号|室)?"
    rf"|{_N}{{1,4}}\s*单元\s*{_N}+\s*(?:室|号|房)?"
    rf"|(?<!\d)\d{{1,3}}-\d{{1,2}}-\d{{3,4}}(?!\d)"
)
_EN_ADDRESS = re.compile(
    r"(?:(?:no\.?|number)\s*\d+\s+[a-z]+(?:\s+(?:street|road|lane|avenue|st|rd))[,\s]*)?"
    r"(?:(?:bldg|building|block|blk|tower)\.?\s*#?[0-9a-z]{1,4}\b)(?:[,\s]+(?:and\s+)?(?:unit|entrance|apt|"
    r"apartment|room|rm|flat|floor|no|number)\.?\s*#?[0-9a-z]{1,5}\b)*(?:[,\s]+\d{3,4}\b)?"
    r"(?:,\s*[A-Z][A-Za-z ]+)?"
    r"|(?:unit|apt|apartment|room|rm|flat)\.?\s*#?\d{1,5}[a-z]?\b(?:[,\s]+(?:bldg|building|block|tower|unit|"
    r"floor)\.?\s*#?[0-9a-z]{1,4}\b)*"
    r"|\b\d{1,5}\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)*\s+(?:street|road|lane|avenue|st|rd|ave|drive|dr)\b(?:[,\s]+(?:apt|"
    r"unit|room|#)\.?\s*\d+)?",
    re.IGNORECASE,
)
_PART = re.compile(
    r"号楼|栋|幢|座|单元|室|号房|\d-\d+-\d|(?<![a-z])(?:bldg|building|block|blk|tower|unit|apt|apartment|room|rm|"
    r"flat)(?![a-z])",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^.*(?:搬到了?|搬去了?|搬至|搬进了?|住在|住到|地址是|地址为|地址改成|地址改到|地址改为|改成|改到|改为|换成|"
    r"换到|应该是|应是|其实是|而是|是在|就是|送到|送去|现在在|现住|我在|我家在|家在|我住|住|在|是|到|去|:|：|对的?|"
    r"不对)(?=\S)"
)


def find_address(text: str) -> str:
    """Give the first address in a text, as the words stand, or an empty string."""
    match = _HAN_ADDRESS.search(text)
    if match is not None:
        return _LEAD.sub("", match.group()).strip(" ,，。")
    match = _EN_ADDRESS.search(text)
    return match.group().strip(" ,.") if match else ""


def is_precise(address: str) -> bool:
    """Tell whether an address leads to a door: a house and a flat, not a house alone."""
    return len({match.group().lower() for match in _PART.finditer(address)}) > 1 or bool(
        re.search(r"(?:号楼|栋|幢|座).*\d{3,4}|\d-\d+-\d", address)
    )
