"""What Twilio's REST interface refuses: codes, their words, and the body of such an answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from aiohttp import web

WORDS = {
    20001: "Unknown or invalid parameters",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    21201: "No 'To' number is specified",
    21205: "Url parameter is required, and has to be an absolute address",
    21210: "The 'From' number is not verified for this account",
    21211: "The 'To' number is not a valid phone number",
    21212: "The 'From' number is not a valid phone number",
    21220: "The call is not in-progress, cannot redirect",
    21408: "Permission to send an SMS has not been enabled for the region of the 'To' number",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21604: "A 'To' phone number is required",
    21606: "The 'From' number is not a valid, message-capable number of this account",
    21609: "The 'StatusCallback' URL is not a valid URL",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    32018: "Twiml is too long",
}
RETRY_AFTER = 1  # seconds


class Refused(Exception):
    """A request that Twilio would refuse with a code."""

    def __init__(self, code: int, status: int = 400, more: str = "") -> None:
        super().__init__(code)
        self.code, self.status, self.more = code, status, more

    def answer(self) -> web.Response:
        """The answer with Twilio's error body."""
        words = WORDS.get(self.code, "Refused")
        body = {
            "code": self.code,
            "message": f"{words}: {self.more}" if self.more else words,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        headers = {"Retry-After": str(RETRY_AFTER)} if self.status == 429 else {}
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
        return web.json_response(body, status=self.status, headers=headers)


def check_known(form: Mapping[str, str], fields: Collection[str]) -> None:
    """Refuse what no request has, and what is not played here: the real one would do something with it."""
    unknown = set(form) - set(fields)
    if unknown:
        raise Refused(20001, 400, ", ".join(sorted(unknown)))


def whole_number(form: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A number among the parameters. Raises Refused."""
    raw = form.get(name, str(default))
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 9 and least <= int(raw) <= most):
        raise Refused(20001, 400, name)
    return int(raw)
