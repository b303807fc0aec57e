"""The simulator as a program: alone in a folder, without the house, keeping what was said to it for a check."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from simulator.client import Phones
from simulator.testing import free_port
from tests.simulator.application import TOKEN, Application, until
from tests.simulator.conftest import ACCOUNT, ANNA, LINE

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "simulator"
SOURCES = sorted(PACKAGE.rglob("*.py"))
LIBRARIES = {"aiohttp", "yarl", "jinja2", "requests", "markupsafe"}
HOUSE = ("config", "core", "understanding", "telephony", "directory", "staff", "sms", "providers", "ticketing", "ivr")
WIRING = ("app.py", "wsgi.py", "worker.py", "schedule.py", "seed.py")


def imported(path: Path) -> set[str]:
    """The packages that a source imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_simulator_imports_nothing_of_the_house(path: Path) -> None:
    assert imported(path) - set(sys.stdlib_module_names) - LIBRARIES <= {"simulator"}


def test_the_house_imports_nothing_of_the_simulator() -> None:
    sources = [path for package in (*HOUSE, "console") for path in (ROOT / package).rglob("*.py")]
    sources += [ROOT / name for name in WIRING]

    assert [path for path in sources if "simulator" in imported(path)] == []
    assert len(sources) > 50


@pytest.fixture
def program(tmp_path: Path, application: Application) -> Iterator[Phones]:
    """`python -m simulator` in a folder that holds nothing but the simulator."""
    shutil.copytree(PACKAGE, tmp_path / "simulator", ignore=shutil.ignore_patterns("__pycache__"))
    line = {
        "number": LINE,
        "voice_url": f"{application.url}/voice",
        "status_callback": f"{application.url}/over",
        "sms_url": f"{application.url}/sms",
    }
    told = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "numbers": [line],
        "contacts": [{"number": ANNA, "name": "Anna"}],
        "clock": "manual",
    }
    (tmp_path / "simulator.json").write_text(json.dumps(told), encoding="utf-8")
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "simulator", "--config", "simulator.json"),
            *("--port", str(port), "--record", "recorded"),
        ],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    phones = Phones(f"http://127.0.0.1:{port}")
    until(lambda: answers(f"{phones.url}/sim/state"), within=30)
    yield phones
    process.terminate()
    said, _ = process.communicate(timeout=15)
    assert said == b""
    assert process.returncode == 0


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


def test_alone_it_serves_any_application_and_records_what_a_check_reads(
    program: Phones, application: Application, tmp_path: Path
) -> None:
    application.says("/voice", '<Gather action="/got" method="POST" numDigits="1"><Say>hello</Say></Gather>')
    application.says("/got", "<Hangup/>")
    application.says("/sms", "<Message>thanks</Message>")
    call = program.dial(ANNA, LINE)
    program.digits(call, "1")
    program.text(ANNA, LINE, "hello")
    http = TwilioHttpClient(timeout=5)
    client = Client(ACCOUNT, TOKEN, http_client=http)
    client.api.base_url = program.url
    client.messages.create(to=ANNA, from_=LINE, body="您好")
    client.messages.list(to=ANNA, limit=5)
    http.session.close()

    assert program.received(ANNA) == ["thanks", "您好"]
    checked = subprocess.run(
        [
            *(sys.executable, str(ROOT / "bin" / "check-carrier"), str(tmp_path / "recorded")),
            *("--data", str(ROOT / "tests" / "telephony" / "contract")),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "3 TwiML documents, 2 REST requests, 0 violations" in checked.stdout


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"{}", b'{"account_sid": "AC1", "auth_token": "t", "numbers": [{"name": "x"}]}', b"\xff"],
)
def test_a_configuration_that_makes_no_sense_stops_the_start_with_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "simulator.json").write_bytes(content)

    ran = subprocess.run(
        [sys.executable, "-m", "simulator", "--config", str(tmp_path / "simulator.json"), "--port", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 2
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "simulator.json" in ran.stderr
