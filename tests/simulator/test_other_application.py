"""Quite another Twilio application behind the simulator: a pizzeria, written as Twilio's own tutorials write them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, Response, abort, request, session
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse
from werkzeug.serving import make_server

from simulator.config import Config, Line
from simulator.testing import HOST, SimulatorThread
from tests.simulator.application import TOKEN
from tests.simulator.conftest import ANNA

PIZZERIA = "+12125550177"
COOK = "+12125550188"


def pizzeria() -> Flask:
    """Orders by keypad, remembered in a cookie; the kitchen is dialled; texts are answered."""
    app = Flask("pizzeria")
    app.secret_key = "of nobody"

    @app.before_request
    def only_twilio() -> None:
        signature = request.headers.get("X-Twilio-Signature", "")
        if not RequestValidator(TOKEN).validate(request.url, request.form, signature):
            abort(403)

    @app.post("/calls")
    def greet() -> Response:
        answer = VoiceResponse()
        gather = Gather(num_digits=1, action="/calls/size", hints="small, large", input="dtmf speech")
        gather.say("Press 1 for small, 2 for large.")
        answer.append(gather)
        answer.redirect("/calls")
        return _xml(answer)

    @app.post("/calls/size")
    def size() -> Response:
        session["size"] = {"1": "small", "2": "large"}.get(request.form.get("Digits", ""), "large")
        answer = VoiceResponse()
        answer.say("For a question to the kitchen press star.")
        answer.gather(num_digits=1, action="/calls/done", finish_on_key="", action_on_empty_result=True, timeout=3)
        return _xml(answer)

    @app.post("/calls/done")
    def done() -> Response:
        answer = VoiceResponse()
        if request.form.get("Digits") == "*":
            kitchen = Dial(caller_id=PIZZERIA, timeout=15, action="/calls/after")
            kitchen.number(COOK)
            answer.append(kitchen)
        else:
            answer.say(f"One {session['size']} pizza.")
            answer.hangup()
        return _xml(answer)

    @app.post("/calls/after")
    def after() -> Response:
        answer = VoiceResponse()
        answer.say(f"The kitchen was {request.form['DialCallStatus']}. One {session['size']} pizza.")
        return _xml(answer)

    @app.post("/texts")
    def text() -> Response:
        session["count"] = session.get("count", 0) + 1
        answer = MessagingResponse()
        answer.message(f"Your text number {session['count']}: {request.form['Body']}")
        return _xml(answer)

    return app


def _xml(answer: VoiceResponse | MessagingResponse) -> Response:
    return Response(str(answer), content_type="application/xml")


@pytest.fixture
def simulator(config: Config) -> Iterator[SimulatorThread]:
    """The simulator before the pizzeria."""
    server = make_server(HOST, 0, pizzeria(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    url = f"http://{HOST}:{server.server_port}"
    line = Line(PIZZERIA, voice_url=f"{url}/calls", sms_url=f"{url}/texts")
    with SimulatorThread(replace(config, lines=(line,))) as running:
        yield running
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_a_pizza_is_ordered_by_keypad(simulator: SimulatorThread) -> None:
    phones = simulator.phones

    call = phones.dial(ANNA, PIZZERIA)
    phones.advance(5)
    phones.digits(call, "1")
    phones.advance(3)

    assert phones.heard(call) == [
        "Press 1 for small, 2 for large.",
        "Press 1 for small, 2 for large.",
        "For a question to the kitchen press star.",
        "One small pizza.",
    ]
    assert phones.debugger() == []


def test_the_kitchen_is_asked_and_is_busy(simulator: SimulatorThread) -> None:
    phones = simulator.phones

    call = phones.dial(ANNA, PIZZERIA)
    phones.say(call, "a large one")
    phones.digits(call, "*")
    (kitchen,) = phones.ringing(COOK)
    phones.decline(kitchen)

    assert phones.call(kitchen)["from"] == PIZZERIA
    assert phones.heard(call)[-1] == "The kitchen was busy. One large pizza."


def test_its_texts_are_answered_and_its_own_calls_ring(simulator: SimulatorThread, twilio: Client) -> None:
    phones = simulator.phones

    phones.text(ANNA, PIZZERIA, "open?")
    phones.text(ANNA, PIZZERIA, "still open?")
    placed = twilio.calls.create(to=ANNA, from_=PIZZERIA, twiml="<Response><Say>Your pizza is here.</Say></Response>")
    phones.answer(str(placed.sid))

    assert phones.received(ANNA) == ["Your text number 1: open?", "Your text number 2: still open?"]
    assert phones.heard(str(placed.sid)) == ["Your pizza is here."]
