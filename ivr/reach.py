"""Which numbers can get a text: what a caller keys in for one, and what a calling number looks like."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberType

TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def mobile(keyed: str, region: str) -> str | None:
    """The E.164 form of a mobile number as keyed or said (digits, or with a plus), None when it is none."""
    try:
        number = phonenumbers.parse(keyed, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in TEXTABLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def looks_textable(msisdn: str) -> bool:
    """Whether an E.164 number that no list knows may be a mobile; a number of unknown kind may."""
    try:
        number = phonenumbers.parse(msisdn, None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) in TEXTABLE | {PhoneNumberType.UNKNOWN}
