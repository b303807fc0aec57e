"""Texts in both directions: opt-outs obeyed as the carrier does, states called back, answers by TwiML walked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from simulator import twiml
from simulator.config import Line
from simulator.segments import segments
from simulator.state import Media, Message, media_path, new_sid
from simulator.twiml import BadDocument, Verb
from simulator.webhooks import TWIML, Address

if TYPE_CHECKING:
    from simulator.network import Network

STOPS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
STARTS = {"START", "YES", "UNSTOP"}
HELPS = {"HELP", "INFO"}
STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
STARTED = (
    "You have successfully been re-subscribed to messages from this number. "
    "Reply HELP for help. Reply STOP to unsubscribe."
)
HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
STATUS_STEP = 0.3  # seconds between two states of a text
MOST_DOCUMENTS = 20  # redirects in the answer to one text
FAILED_BEFORE = {30001, 30002, 30022, 30023, 30024, 30032, 30034, 30036, 63038}
"""Codes of texts that never left the carrier: they end failed, the others undelivered."""


class Texts:
    """The texts of the network. What people send comes in, what the application sends goes out."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._cookies: dict[tuple[str, str], dict[str, str]] = {}  # kept for each pair of numbers

    def has_opted_out(self, sender: str, receiver: str) -> bool:
        """Whether this receiver told this sender to stop."""
        return (sender, receiver) in self.network.state.opted_out

    def come_in(
        self, from_: str, to: str, body: str, *, sid: str = "", times: int = 1, media: Sequence[str] = ()
    ) -> Message:
        """A person texts one of our lines: opt-outs are obeyed first, the application is told all the same.

        `media`: the content types of the pictures that come along.
        """
        network = self.network
        sid = sid or new_sid("MM" if media else "SM")
        message = Message(sid, "inbound", from_, to, body, "received", network.clock.now())
        message.media = [Media(new_sid("ME"), content_type) for content_type in media]
        message.is_read = True
        network.state.messages.setdefault(message.sid, message)
        network.tell("text_in", number=from_, to=to, body=body, sid=message.sid)
        line = network.config.line(to)
        if line is None:
            return message
        self._obey(from_, to, body.strip().upper())
        if line.sms_url:
            for _ in range(times):
                network.start(self._tell(line, message))
        return message

    def go_out(
        self, from_: str, to: str, body: str, callback: Address | None = None, direction: str = "outbound-api"
    ) -> Message:
        """The application texts a person: it shows on the handset, and its states are called back one by one."""
        network = self.network
        message = Message(new_sid("SM"), direction, from_, to, body, "queued", network.clock.now(), callback)
        network.state.messages[message.sid] = message
        network.tell("text_out", number=to, body=body, sid=message.sid)
        fails = network.state.misbehaves("delivery")
        code = fails.code if fails is not None else None
        states: list[tuple[str, int | None]] = [("sent", None), ("delivered", None)]
        if code in FAILED_BEFORE:
            states = [("failed", code)]
        elif code:
            states = [("sent", None), ("undelivered", code)]
        for step, (status, error) in enumerate(states, start=1):
            network.clock.later(step * STATUS_STEP, self._next_status(message, status, error))
        return message

    def _obey(self, person: str, line: str, word: str) -> None:
        """The carrier's own words, in any case, as the whole text: it answers them itself."""
        for words, reply in ((STOPS, STOPPED), (STARTS, STARTED), (HELPS, HELPED)):
            if word in words:
                now = self.network.clock.now()
                answer = Message(new_sid("SM"), "carrier", line, person, reply, "delivered", now)
                self.network.state.messages[answer.sid] = answer
                self.network.tell("text_out", number=person, body=reply, sid=answer.sid)
        if word in STOPS:
            self.network.state.opted_out.add((line, person))
        elif word in STARTS:
            self.network.state.opted_out.discard((line, person))

    async def _tell(self, line: Line, message: Message) -> None:
        """Tell the application of a text and do what its answer says."""
        form = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsMessageSid": message.sid,
            "AccountSid": self.network.config.account_sid,
            "From": message.from_,
            "To": message.to,
            "Body": message.body,
            "NumMedia": str(len(message.media)),
            "NumSegments": str(segments(message.body)),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        for number, one in enumerate(message.media):
            form[f"MediaUrl{number}"] = self.network.base + media_path(form["AccountSid"], message, one)
            form[f"MediaContentType{number}"] = one.content_type
        step = Address(line.sms_url, line.sms_method)
        for _ in range(MOST_DOCUMENTS):
            try:
                onward = await self._answered(step, form, message)
            except BadDocument as err:
                self.network.debug(err.code, str(err), message=message.sid)
                if not line.sms_fallback_url or step.url == line.sms_fallback_url:
                    return
                form = {**form, "ErrorCode": err.code, "ErrorUrl": step.bare}
                onward = Address(line.sms_fallback_url, line.sms_fallback_method)
            if onward is None:
                return
            step = onward
        self.network.debug("0", f"{MOST_DOCUMENTS} documents for one text: a loop", message=message.sid)

    async def _answered(self, step: Address, form: dict[str, str], message: Message) -> Address | None:
        """Fetch one document and walk it; where it goes on. Raises BadDocument."""
        cookies = self._cookies.setdefault((message.to, message.from_), {})
        answer = await self.network.ask(step, form, cookies)
        if answer.error:
            raise BadDocument(answer.error, f"{step.bare} answered {answer.status}")
        if not answer.body.strip():
            return None
        if answer.content_type == "text/plain":
            self._reply(message, message.from_, answer.body, None)
            return None
        if answer.content_type not in TWIML:
            raise BadDocument("12300", f"{step.bare} answered {answer.status} as {answer.content_type}")
        verbs = twiml.read(answer.body, "messaging")
        self.network.record_document(answer.body, step.bare)
        for verb in verbs:
            if verb.name == "Redirect":
                return Address(urljoin(step.bare, verb.text), verb.attributes.get("method", "POST"))
            self._answer_by(verb, step.bare, message)
        return None

    def _answer_by(self, verb: Verb, base: str, message: Message) -> None:
        """One Message element."""
        body = verb.text or "".join(inner.text for inner in verb.inside if inner.name == "Body")
        callback = verb.attributes.get("statusCallback") or verb.attributes.get("action", "")
        self._reply(
            message,
            verb.attributes.get("to", message.from_),
            body,
            Address(urljoin(base, callback), verb.attributes.get("method", "POST")) if callback else None,
        )

    def _reply(self, message: Message, to: str, body: str, callback: Address | None) -> None:
        if not body.strip():
            self.network.debug("21602", "an answer without a body", message=message.sid)
        elif self.has_opted_out(message.to, to):
            self.network.debug("21610", "an answer to somebody who said STOP", message=message.sid)
        else:
            self.go_out(message.to, to, body, callback, "outbound-reply")

    def _next_status(self, message: Message, status: str, code: int | None) -> Any:
        async def change() -> None:
            message.status, message.error_code = status, code
            self.network.tell("text_status", sid=message.sid, number=message.to, status=status)
            if message.callback is None:
                return
            form = {
                "MessageSid": message.sid,
                "MessageStatus": status,
                "SmsSid": message.sid,
                "SmsStatus": status,
                "AccountSid": self.network.config.account_sid,
                "From": message.from_,
                "To": message.to,
                "ApiVersion": "2010-04-01",
            }
            self.network.call_back(message.callback, form | ({"ErrorCode": str(code)} if code else {}))

        return change
