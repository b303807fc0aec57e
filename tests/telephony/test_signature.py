"""Who may post to a webhook: the carrier's own test vectors, the library's verdict, and every way around it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from telephony import signature
from telephony.signature import Reason, is_signed, rejections, require_signature, sign
from tests.telephony.line_settings import TOKEN, line_settings

SITE = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIRST = {
    "CallSid": ["CA1234567890ABCDE"],
    "Digits": ["1234"],
    "From": ["+14158675309"],
    "To": ["+18005551212"],
    "Caller": ["+14158675309"],
}
SECOND = {
    "CallSid": ["CA1234567890ABCDE"],
    "Caller": ["+12349013030"],
    "Digits": ["1234"],
    "From": ["+12349013030"],
    "To": ["+18005551212"],
}
REPEATED = {"Sid": ["CA123"], "SidAccount": ["AC123"], "Digits": ["5678", "1234", "1234"]}
JSON_BODY = b'{"property": "value", "boolean": true}'
JSON_URL = f"{SITE}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


@pytest.mark.parametrize(
    ("url", "parameters", "expected"),
    [
        (SITE, FIRST, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (SITE, SECOND, "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        (SITE, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", FIRST, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (SITE, FIRST, "kvajT1Ptam85bY51eRf/AJRuM3w="),  # signed with :443
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", FIRST, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("http://mycompany.com/myapp.php?foo=1&bar=2", FIRST, "0ZXoZLH/DfblKGATFgpif+LLRf4="),  # signed with :80
        (f"{SITE}#rc=2&rp=5xx,ct,rt", FIRST, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ],
)
def test_the_carriers_own_vectors_are_accepted(url: str, parameters: dict[str, list[str]], expected: str) -> None:
    assert is_signed(url, parameters, expected, [TOKEN])
    assert not is_signed(url, parameters, expected, ["54321"])
    assert not is_signed(url, {**parameters, "Digits": ["1"]}, expected, [TOKEN])


def test_a_json_body_is_held_by_its_hash_in_the_address() -> None:
    expected = "a9nBmqA0ju/hNViExpshrM61xv4="

    assert is_signed(JSON_URL, {}, expected, [TOKEN], JSON_BODY)
    assert not is_signed(JSON_URL, {}, expected, [TOKEN], JSON_BODY + b" ")
    assert not is_signed(SITE, {}, sign(SITE, {}, TOKEN), [TOKEN], JSON_BODY)


def test_another_algorithm_is_not_accepted_though_correctly_made() -> None:
    made = RequestValidator(TOKEN).compute_signature(
        SITE, {name: values[0] for name, values in FIRST.items()}, "HMAC_SHA256"
    )

    assert made == "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="
    assert not is_signed(SITE, FIRST, made, [TOKEN])


def test_during_rotation_either_token_signs() -> None:
    assert is_signed(SITE, FIRST, sign(SITE, FIRST, "old"), ["new", "old"])
    assert is_signed(SITE, FIRST, sign(SITE, FIRST, "new"), ["new", "old"])
    assert not is_signed(SITE, FIRST, sign(SITE, FIRST, "older"), ["new", "old"])
    assert not is_signed(SITE, FIRST, sign(SITE, FIRST, "new"), [])


@pytest.fixture(autouse=True)
def alarms() -> Iterator[list[tuple[str, str]]]:
    """What the alarm was told, counted from nothing; the application's own alarm stays silent."""
    told: list[tuple[str, str]] = []
    before = signature.on_rejected(lambda route, reason: told.append((route, reason)))
    signature.forget_rejections()
    yield told
    signature.on_rejected(before)


NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
FORMS = st.dictionaries(NAMES, st.lists(NAMES, min_size=1, max_size=3), max_size=6)
HOSTS = st.sampled_from(["line.example.org", "127.0.0.1", "a-b.example"])
PORTS = st.sampled_from(["", ":443", ":80", ":8443", ":1"])
PATHS = st.sampled_from(["", "/", "/sms/status/7", "/a%20b/%E4%BD%A0", "/x?y=1&y=2", "/x?q=%2B1+2"])
ADDRESSES = st.builds(
    lambda scheme, host, port, path: f"{scheme}://{host}{port}{path}",
    st.sampled_from(["http", "https"]),
    HOSTS,
    PORTS,
    PATHS,
)


@given(ADDRESSES, FORMS, st.sampled_from(["with", "without", "as is"]), st.booleans())
def test_our_verdict_is_the_librarys(url: str, form: dict[str, list[str]], signed_how: str, honest: bool) -> None:
    library = RequestValidator(TOKEN)
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    name, _, port = host.partition(":")
    variants = {
        "with": f"{scheme}://{name}:{port or {'https': 443, 'http': 80}[scheme]}{slash}{path}",
        "without": f"{scheme}://{name}{slash}{path}",
        "as is": url,
    }
    values = MultiDict([(key, value) for key, many in form.items() for value in many])
    made = RequestValidator(TOKEN if honest else "other").compute_signature(variants[signed_how], values)

    assert is_signed(url, form, made, [TOKEN]) == library.validate(url, values, made) == honest
    assert sign(url, form, TOKEN) == library.compute_signature(url, values)


@given(st.text(max_size=60))
def test_no_made_up_signature_breaks_or_passes(made_up: str) -> None:
    assert not is_signed(SITE, FIRST, made_up, [TOKEN])


def web(public_url: str = "https://line.example.org", **changes: object) -> FlaskClient:
    """A small application behind the check, as the routes use it."""
    app = Flask(__name__)
    app.config["SETTINGS"] = line_settings(public_url=public_url, **changes)
    app.before_request(require_signature)
    app.add_url_rule("/sms/<path:rest>", "sms", lambda rest: request.form.get("Body", "-"), methods=["GET", "POST"])
    app.add_url_rule("/linli/sms/inbound", "below", lambda: "below", methods=["POST"])
    return app.test_client()


def post(client: FlaskClient, path: str, signed_url: str, form: dict[str, list[str]], **kw: object) -> tuple[int, str]:
    answer = client.post(
        path,
        data=urlencode(form, doseq=True),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": sign(signed_url, form, TOKEN), **kw},
    )
    return answer.status_code, answer.get_data(as_text=True)


FORM = {"Body": ["1 40分钟到"], "From": ["+8616500000001"], "MessagingServiceSid": ["MG1"]}


@pytest.mark.parametrize(
    ("public_url", "path", "signed_url"),
    [
        ("https://line.example.org", "/sms/inbound", "https://line.example.org/sms/inbound"),
        ("https://line.example.org", "/sms/inbound", "https://line.example.org:443/sms/inbound"),
        ("https://line.example.org:8443", "/sms/inbound", "https://line.example.org:8443/sms/inbound"),
        ("https://line.example.org:8443", "/sms/inbound", "https://line.example.org/sms/inbound"),
        ("http://127.0.0.1:8000", "/sms/inbound", "http://127.0.0.1:8000/sms/inbound"),
        ("https://line.example.org/linli", "/sms/inbound", "https://line.example.org/linli/sms/inbound"),
        ("https://line.example.org/linli", "/linli/sms/inbound", "https://line.example.org/linli/sms/inbound"),
        ("https://line.example.org", "/sms/a%20b%2F?x=%2B1&x=2", "https://line.example.org/sms/a%20b%2F?x=%2B1&x=2"),
        ("https://line.example.org", "/sms/%E4%BD%A0", "https://line.example.org/sms/%E4%BD%A0"),
        ("https://line.example.org", "/sms/status/7", "https://line.example.org/sms/status/7#rc=2&rp=5xx,ct,rt"),
    ],
)
def test_a_signed_post_passes_whatever_the_port_prefix_or_query(public_url: str, path: str, signed_url: str) -> None:
    status, _ = post(web(public_url), path, signed_url, FORM)

    assert status == 200


def test_proxy_headers_talk_nobody_into_another_address() -> None:
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}

    assert post(web(), "/sms/inbound", "https://line.example.org/sms/inbound", FORM, **evil)[0] == 200
    assert post(web(), "/sms/inbound", "http://evil.example/sms/inbound", FORM, **evil) == (403, "")


def test_a_request_line_with_the_whole_address_is_the_same_request() -> None:
    client = web()
    url = "https://line.example.org/sms/inbound?x=1"

    answer = client.post(
        "/sms/inbound?x=1",
        data=urlencode(FORM, doseq=True),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": sign(url, FORM, TOKEN)},
        environ_overrides={"RAW_URI": "http://evil.example/sms/inbound?x=1"},
    )

    assert answer.status_code == 200


def test_a_server_that_keeps_no_raw_request_line_is_served_too() -> None:
    url = "https://line.example.org/sms/%E4%BD%A0?x=%2B1"

    answer = web().post(
        "/sms/%E4%BD%A0?x=%2B1",
        headers={"X-Twilio-Signature": sign(url, {}, TOKEN)},
        environ_overrides={"RAW_URI": "", "REQUEST_URI": ""},
    )

    assert answer.status_code == 200


def test_a_get_carries_its_parameters_in_the_address() -> None:
    path = "/sms/inbound?Body=%E5%88%B0%E4%BA%86"
    good = {"X-Twilio-Signature": sign(f"https://line.example.org{path}", {}, TOKEN)}

    assert web().get(path, headers=good).status_code == 200
    assert web().get(f"{path}&x=1", headers=good).status_code == 403


def test_a_json_post_passes_only_with_its_own_body() -> None:
    body = json.dumps({"a": 1}).encode()
    path = f"/sms/events?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"X-Twilio-Signature": sign(f"https://line.example.org{path}", {}, TOKEN)}

    assert web().post(path, data=body, content_type="application/json", headers=headers).status_code == 200
    assert web().post(path, data=b"{}", content_type="application/json", headers=headers).status_code == 403


def test_a_form_in_a_coat_that_the_signature_does_not_cover_is_turned_away() -> None:
    headers = {"X-Twilio-Signature": sign("https://line.example.org/sms/inbound", {}, TOKEN)}

    answer = web().post("/sms/inbound", data={"Body": "STOP"}, content_type="multipart/form-data", headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, Reason.UNSIGNED),
        ({"X-Twilio-Signature": ""}, Reason.UNSIGNED),
        ({"X-Twilio-Signature": "AAAA"}, Reason.FORGED),
        ({"X-Twilio-Signature": "é"}, Reason.FORGED),
    ],
)
def test_anybody_else_gets_403_and_nothing_else(headers: dict[str, str], reason: Reason) -> None:
    answer = web().post("/sms/inbound", data={"Body": "STOP"}, headers=headers)

    assert (answer.status_code, answer.data) == (403, b"")
    assert rejections() == {("/sms/<path:rest>", reason): 1}


def test_the_first_rejection_raises_the_alarm_and_a_flood_does_not_repeat_it(alarms: list[tuple[str, str]]) -> None:
    client = web()

    for _ in range(25):
        client.post("/sms/inbound", data={"Body": "STOP"})

    assert alarms == [("/sms/<path:rest>", "unsigned")] * 2  # the first and the tenth


def test_a_rejection_is_logged_without_a_word_of_the_sender(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    web().post("/sms/16200000001?q=secret", data={"Body": "secret", "From": "+8616200000001"})

    said = " ".join(record.getMessage() for record in caplog.records)
    assert "turned away" in said
    assert not [word for word in ("secret", "16200000001") if word in said]


@pytest.mark.expects_errors
def test_an_alarm_that_fails_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    def broken(route: str, reason: str) -> None:
        raise LookupError("no database")

    signature.on_rejected(broken)

    answer = web().post("/sms/inbound", data={"Body": "STOP"})

    assert answer.status_code == 403
    assert "alarm" in caplog.text
