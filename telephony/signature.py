"""require_signature, for before_request: only the carrier may post to a webhook, and every refusal raises an alarm."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from urllib.parse import parse_qs, quote, urlsplit

from flask import Response, current_app, request

from config.settings import Settings

log = logging.getLogger(__name__)

HEADER = "X-Twilio-Signature"
FORM = "application/x-www-form-urlencoded"
DEFAULT_PORT = {"https": 443, "http": 80}


class Reason(StrEnum):
    """Why a request was turned away."""

    UNSIGNED = "unsigned"  # no signature at all: somebody who found the address
    FORGED = "forged"  # a signature that none of our tokens makes: an attack, or PUBLIC_URL or a token is wrong
    BODY = "body"  # a body that the signature does not cover


Alarm = Callable[[str, str], None]

_alarm: list[Alarm] = []
_rejected: Counter[tuple[str, str]] = Counter()
_counting = threading.Lock()


def on_rejected(alarm: Alarm | None) -> Alarm | None:
    """Set what is told of rejected requests, with the route's rule and a Reason. Returns what was told before.

    It is told of the first of a kind in this process and again at the 10th, 100th, ...: an attacker must not be able
    to make us write a row for each request.
    """
    before = _alarm[0] if _alarm else None
    _alarm[:] = [alarm] if alarm else []
    return before


def rejections() -> dict[tuple[str, str], int]:
    """How many requests this process turned away, by route and reason."""
    with _counting:
        return dict(_rejected)


def forget_rejections() -> None:
    """Count from nothing again: the next one is the first, and raises the alarm."""
    with _counting:
        _rejected.clear()


def require_signature() -> Response | None:
    """Let a request of the carrier pass; answer any other with 403 and nothing else.

    The address that the carrier signed is PUBLIC_URL with the raw path and query of this request: what a proxy says
    in its headers is never used, so nobody can talk us into checking another address.
    """
    settings: Settings = current_app.config["SETTINGS"]
    reason = _what_is_wrong(settings)
    if reason is None:
        return None
    _note(request.url_rule.rule if request.url_rule else "(no route)", reason)
    return Response(status=403)


def is_signed(
    url: str,
    parameters: Mapping[str, Sequence[str]],
    signature: str,
    tokens: Sequence[str],
    body: bytes | None = None,
) -> bool:
    """Whether one of the tokens makes this signature for this address and these parameters.

    `parameters` holds all values of each name (repeated ones count once). The address is tried with and without its
    port, and its fragment left out. `body` is the raw body of a request that is not a form: its SHA-256 must stand in
    the query as bodySHA256, or it must be empty. Only HMAC-SHA1 with an auth token counts, whatever a header names.
    """
    address, _, _ = url.partition("#")
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    if body and not _covers(parts.query, body):
        return False
    tail = address[len(origin) :].encode() + (b"" if body is not None else _joined(parameters))
    return _any_matches(_origins(origin), tail, signature, tokens)


def sign(url: str, parameters: Mapping[str, Sequence[str]], token: str) -> str:
    """The signature the carrier would make for exactly this address; what journeys and doctors post with."""
    return _signature(token, url.partition("#")[0].encode() + _joined(parameters))


def _what_is_wrong(settings: Settings) -> Reason | None:
    signature = request.headers.get(HEADER, "")
    if not signature:
        return Reason.UNSIGNED
    tail = _raw_target()
    if request.mimetype == FORM:
        tail += _joined(dict(request.form.lists()))
    elif (body := request.get_data(cache=True)) and not _covers(request.query_string.decode("latin-1"), body):
        return Reason.BODY
    prefix, origins = _public_origins(settings.public_url)
    if prefix and not tail.startswith(prefix + b"/"):
        tail = prefix + tail  # the proxy took the public path away
    return None if _any_matches(origins, tail, signature, settings.twilio_auth_tokens) else Reason.FORGED


def _raw_target() -> bytes:
    """Path and query as they came over the wire, not decoded and encoded again."""
    environ = request.environ
    target: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or _rebuilt(environ)
    if not target.startswith("/"):  # "absolute form": a client may put the whole address into the request line
        parts = urlsplit(target)
        target = f"{parts.path or '/'}?{parts.query}"
    return target.partition("#")[0].removesuffix("?").encode("latin-1", "replace")


def _rebuilt(environ: Mapping[str, str]) -> str:
    """For servers that do not keep the raw request line: right for every address of ours, which need no quoting."""
    return quote(environ["PATH_INFO"].encode("latin-1")) + "?" + environ.get("QUERY_STRING", "")


@lru_cache(maxsize=64)
def _origins(origin: str) -> tuple[bytes, ...]:
    """The origin without and with its port: the carrier is not consistent about ports."""
    parts = urlsplit(origin)
    if parts.port is None:
        return (
            origin.encode(),
            f"{origin}:{DEFAULT_PORT.get(parts.scheme, 80)}".encode(),
        )
    return (origin.removesuffix(f":{parts.port}").encode(), origin.encode())


@lru_cache(maxsize=8)
def _public_origins(public_url: str) -> tuple[bytes, tuple[bytes, ...]]:
    """The path of PUBLIC_URL, most often empty, and its origin without and with the port."""
    parts = urlsplit(public_url)
    return parts.path.encode(), _origins(f"{parts.scheme}://{parts.netloc}")


def _joined(parameters: Mapping[str, Sequence[str]]) -> bytes:
    """Names and values one after the other, names sorted; the values of a repeated name sorted and each once."""
    parts: list[str] = []
    for name in sorted(parameters):
        values = parameters[name]
        for value in values if len(values) == 1 else sorted(set(values)):
            parts += (name, value)
    return "".join(parts).encode("utf-8", "surrogatepass")


def _covers(query: str, body: bytes) -> bool:
    named = parse_qs(query).get("bodySHA256", [""])[0]
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), named.encode("utf-8", "replace"))


def _any_matches(origins: Iterable[bytes], tail: bytes, signature: str, tokens: Sequence[str]) -> bool:
    given = signature.encode("utf-8", "replace")
    return any(
        hmac.compare_digest(_signature(token, origin + tail).encode(), given) for token in tokens for origin in origins
    )


def _signature(token: str, message: bytes) -> str:
    return base64.b64encode(hmac.digest(token.encode(), message, "sha1")).decode()


def _note(route: str, reason: Reason) -> None:
    """Count and log without the sender's words: an attacker writes them, and a real one holds numbers."""
    with _counting:
        _rejected[route, reason] += 1
        count = _rejected[route, reason]
    log.warning("a webhook was turned away: %s at %s, count %d", reason, route, count)
    if _alarm and str(count).strip("0") == "1":
        try:
            _alarm[0](route, reason)
        except Exception:
            log.exception("the alarm about a rejected webhook failed")
