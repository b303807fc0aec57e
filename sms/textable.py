"""Which numbers can get texts: what the list says, else the kind of number."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType


def is_textable(msisdn: str, listed: bool | None) -> bool:
    """Whether to text an E.164 number: `listed` is what the directory knows (a mobile, a landline, None: nothing).

    A number of a kind that nobody can tell is tried: the carrier's answer teaches us.
    """
    return listed if listed is not None else not _is_fixed(msisdn)


@lru_cache(maxsize=4096)
def _is_fixed(msisdn: str) -> bool:
    try:
        number = phonenumbers.parse(msisdn)
    except NumberParseException:
        return True
    return bool(phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE)
