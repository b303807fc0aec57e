"""What went wrong between us and the carrier, in our three words: it matters whether the carrier may have got it."""

from __future__ import annotations

import json
import logging
import re

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.response import Response

from telephony.carrier import CarrierAway, CarrierRefused, OutcomeUnknown
from telephony.statuses import Fault, fault

log = logging.getLogger(__name__)

CODE_LENGTH = 32
SID = re.compile(r"[A-Za-z0-9:._\-]{1,64}")

Failure = CarrierRefused | CarrierAway | OutcomeUnknown

# Everything that can go wrong between us and the carrier. The last four are answers that make no sense, which the
# library meets when it takes them apart; the carrier may have done what was asked all the same.
FAILURES = (
    TwilioException,
    aiohttp.ClientError,
    OSError,  # asyncio's TimeoutError is one
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
)


def in_our_words(err: Exception) -> Failure:
    """Which of the three failures this is: what matters is whether the carrier may have got it."""
    match err:
        case TwilioRestException() | TwilioServiceException():
            return by_status(err.status, err.code)
        case TwilioException(args=(_, Response() as response)):  # a page of a list: the library gives no more
            return by_status(response.status_code, _code_in(response.text))
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return CarrierAway("no-connection")
        case TimeoutError():
            return OutcomeUnknown("no-answer")
        case aiohttp.ClientError() | OSError():
            return OutcomeUnknown("line-dropped")
    log.warning("the carrier's answer makes no sense: %s", type(err).__name__)
    return OutcomeUnknown("garbled")


def by_status(status: int, named: object) -> Failure:
    """The failure behind an HTTP status and the carrier's own code, if it gave one."""
    code = str(named) if isinstance(named, int | str) and named and named != status else f"http-{status}"
    code = code[:CODE_LENGTH]
    if status == 429 or (400 <= status < 500 and fault(code) is Fault.LATER):
        return CarrierAway(code)
    if status >= 500 or status == 408:
        return OutcomeUnknown(code)
    if fault(code) is Fault.UNKNOWN and (status in {401, 403} or status < 400):
        return CarrierRefused(code, Fault.CONFIGURATION)
    return CarrierRefused(code)


def sid_of(sid: object) -> str:
    """The id in an answer. Raises OutcomeUnknown when there is none: something was taken, but not what we can name."""
    if not isinstance(sid, str) or not SID.fullmatch(sid):
        raise OutcomeUnknown("garbled")
    return sid


def _code_in(text: str) -> object:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body.get("code") if isinstance(body, dict) else None
