"""The honest baseline of answering: check the signature, commit one ORM row, make the same TwiML by the library."""

from __future__ import annotations

import os

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Gather, VoiceResponse

from bench.naive import NaiveCall, sessions

app = Flask(__name__)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"].split(",")[0])
PUBLIC_URL = os.environ["PUBLIC_URL"]
GREETING = os.environ["BENCH_GREETING"]


@app.post("/ivr/incoming")
def incoming() -> Response:
    """One signed webhook, one row, one document."""
    signature = request.headers.get("X-Twilio-Signature", "")
    if not validator.validate(f"{PUBLIC_URL}/ivr/incoming", request.form, signature):
        abort(403)
    with sessions.begin() as session:
        session.add(NaiveCall(sid=request.form["CallSid"], number=request.form["From"]))
    return Response(document(), mimetype="text/xml")


@app.post("/bare")
def bare() -> Response:
    """The same document and nothing else."""
    return Response(document(), mimetype="text/xml")


def document() -> str:
    """What the house answers to a new call, made by the library."""
    response = VoiceResponse()
    gather = Gather(
        input="dtmf speech",
        action=f"{PUBLIC_URL}/ivr/answer/need/1",
        method="POST",
        timeout=6,
        finish_on_key="",
        num_digits=1,
        language="cmn-Hans-CN",
        action_on_empty_result=True,
    )
    gather.say(GREETING, voice="Polly.Zhiyu", language="cmn-CN")
    response.append(gather)
    return str(response)
