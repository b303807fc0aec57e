"""Any application behind the simulator: it answers as a test says and remembers what it was asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask, Response, request
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server

HOST = "127.0.0.1"
TOKEN = "a token of nobody"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came, and whether the library believes its signature."""

    method: str
    path: str
    form: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    is_signed: bool


@dataclass
class Reply:
    """What an address answers."""

    body: str
    status: int = 200
    content_type: str = "text/xml"
    headers: dict[str, str] = field(default_factory=dict)
    takes: float = 0.0


class Application:
    """A web server on a thread. Addresses that no test told anything answer 404."""

    def __init__(self, token: str = TOKEN) -> None:
        self.asked: list[Asked] = []
        self._replies: dict[str, list[Reply]] = {}
        self._validator = RequestValidator(token)
        flask = Flask("an application")
        flask.add_url_rule("/<path:path>", view_func=self._answer, methods=["GET", "POST"])
        self._server = make_server(HOST, 0, flask, threaded=True)
        self.url = f"http://{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="application", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def says(self, path: str, *documents: str | Reply) -> str:
        """Let a path answer these one after the other, the last one for ever; its address."""
        self._replies[path] = [
            one if isinstance(one, Reply) else Reply(f"<Response>{one}</Response>") for one in documents
        ]
        return self.url + path

    def at(self, path: str) -> list[Asked]:
        """What was asked there."""
        return [one for one in self.asked if one.path == path]

    def last(self, path: str) -> dict[str, str]:
        """The parameters of the last request there."""
        return self.at(path)[-1].form

    def _answer(self, path: str) -> Response:
        self.asked.append(
            Asked(
                request.method,
                f"/{path}",
                request.form.to_dict(),
                request.args.to_dict(),
                dict(request.headers),
                self._validator.validate(
                    self.url + request.environ["RAW_URI"],  # as it came over the wire, nothing decoded
                    request.form,
                    request.headers.get("X-Twilio-Signature", ""),
                ),
            )
        )
        replies = self._replies.get(f"/{path}", [])
        if not replies:
            return Response(status=404)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply.takes:
            threading.Event().wait(reply.takes)
        return Response(reply.body, reply.status, reply.headers, content_type=reply.content_type)


def until(found: Callable[[], object], within: float = 10.0) -> None:
    """Look again and again until something is there."""
    ends = time.monotonic() + within
    while not found():
        assert time.monotonic() < ends, "waited in vain"
        threading.Event().wait(0.02)
