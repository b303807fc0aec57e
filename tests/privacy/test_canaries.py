"""A thousand names, numbers and texts go in by HTTP; the logs of all processes and all of Redis hold none of them."""

from __future__ import annotations

import base64
import binascii
import io
import itertools
import logging
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from core import jobs, logs
from core.uow import unit_of_work
from tests.factories.ivr import HOTLINE
from tests.factories.staff import PASSWORD
from tests.running_house import TOKEN, RunningHouse, until

TEXTS, CALLS, SEARCHES, SIGN_INS, ROWS, NOTES, REFUSED = 64, 12, 8, 4, 140, 6, 6
AT_ONCE = 4  # requests side by side
SOMEBODY = "欧阳采薇+8616277031415"
SURNAMES = "赵钱孙李周吴郑王冯陈"


class Canaries:
    """Makes names, numbers and sentences that stand nowhere else, and keeps them."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._number = itertools.count(31_415)

    def name(self) -> str:
        """A name of three characters from the far end of the character set."""
        count = next(self._number)
        return self._kept(f"{SURNAMES[count % 10]}{chr(0x9000 + count % 0x0F00)}{chr(0x8000 + count * 7 % 0x0F00)}")

    def number(self) -> str:
        """A mobile number in E.164; what is looked for is its national part."""
        return f"+86{self._kept(f'16277{next(self._number):06d}')}"

    def words(self) -> str:
        """A sentence about a broken pipe with words in it that nobody else says."""
        return f"水管{self._kept(f'漏得像{next(self._number)}号瀑布')}"

    def login(self) -> str:
        """What somebody typed as a login."""
        return self._kept(f"login-{next(self._number)}-typed")

    def _kept(self, word: str) -> str:
        self.all.append(word)
        return word


def everything_in(redis: Redis) -> Iterator[bytes]:
    """Every key of every type with all that it holds, also what was packed small."""
    for value in raw(redis):
        yield value
        with suppress(zlib.error):
            yield zlib.decompress(value)
        with suppress(zlib.error, binascii.Error):
            yield zlib.decompress(base64.b64decode(value))


def raw(redis: Any) -> Iterator[bytes]:
    """Every key of every type with all that it holds."""
    for key in redis.scan_iter(count=1000):
        yield key
        kind = redis.type(key)
        if kind == b"string":
            yield redis.get(key) or b""
        elif kind == b"hash":
            yield from itertools.chain(*redis.hgetall(key).items())
        elif kind == b"list":
            yield from redis.lrange(key, 0, -1)
        elif kind == b"set":
            yield from redis.smembers(key)
        elif kind == b"zset":
            yield from redis.zrange(key, 0, -1)
        elif kind == b"stream":
            for _, entry in redis.xrange(key):
                yield from itertools.chain(*entry.items())
        else:
            raise AssertionError(f"a key of a type that nobody searches: {kind!r}")


def found(canaries: Iterable[str], where: str) -> list[str]:
    """Those of the canaries that stand there, also as JSON or an address would write them."""
    hits = []
    for one in canaries:
        spelt = {one, one.encode("unicode_escape").decode(), quote(one)}
        hits += [one for form in spelt if form in where]
    return hits


class Outside:
    """The carrier and a clerk, as the house meets them."""

    def __init__(self, house: RunningHouse) -> None:
        self.house = house
        self.desk = requests.Session()
        self.carrier = requests.Session()
        self._sids = itertools.count(1)

    def hook(self, path: str, form: dict[str, str], *, is_signed: bool = True) -> requests.Response:
        """A webhook of the carrier."""
        url = self.house.url + path
        seal = RequestValidator(TOKEN).compute_signature(url, form) if is_signed else "wrong"
        return self.carrier.post(url, data=form, headers={"X-Twilio-Signature": seal}, timeout=20)

    def texts(self, number: str, body: str, *, is_signed: bool = True) -> None:
        """Somebody texts the line."""
        sid = f"SM{next(self._sids):032x}"
        form = {"MessageSid": sid, "From": number, "To": HOTLINE, "Body": body, "NumMedia": "0"}
        answer = self.hook("/sms/inbound", form, is_signed=is_signed)
        assert answer.status_code == (200 if is_signed else 403)

    def calls(self, number: str, words: str) -> None:
        """Somebody calls the line, says something and hangs up."""
        sid = f"CA{next(self._sids):032x}"
        common = {"CallSid": sid, "From": number, "To": HOTLINE, "Direction": "inbound"}
        answer = self.hook("/ivr/incoming", {"CallStatus": "ringing", **common})
        action = re.search(r'action="[^"]*?(/ivr/[^"?#]*)', answer.text)
        assert action is not None, answer.text[:300]
        said = {"SpeechResult": words, "Confidence": "0.92"}
        assert self.hook(action[1], {"CallStatus": "in-progress", **said, **common}).status_code == 200
        self.hook("/ivr/status", {"CallStatus": "completed", "CallDuration": "12", **common})

    def signs_in(self) -> None:
        """A clerk of the whole city comes by her invitation."""
        made = self.house.run("-m", "flask", "staff", "add", "canary", "钱雨", "--role", "clerk", "--place", "AH")
        link = made.strip().splitlines()[-1]
        page = self.desk.get(link, timeout=20)
        self.sends(page.url, page.text, new=PASSWORD, again=PASSWORD)

    def sends(self, url: str, page: str, **fields: str) -> requests.Response:
        """A form with the token of the page."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        return self.desk.post(url, data={"csrf_token": token[1], **fields}, timeout=20)

    def uploads(self, rows: list[tuple[str, str, str]]) -> None:
        """The clerk loads a list up to its dry run."""
        page = self.desk.get(f"{self.house.url}/console/imports/new", timeout=20)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert token is not None
        lines = ["姓名,手机,地址", *(",".join(row) for row in rows)]
        told = {
            "csrf_token": token[1],
            "source": "new",
            "source_name": "街道名册",
            "kind": "committee",
            "purpose": "服务",
            "basis": "职责",
            "place": "AH010201",
            "as_of": "2026-11-01",
        }
        file = {"file": ("list.csv", io.BytesIO("\n".join(lines).encode()), "text/csv")}
        answer = self.desk.post(page.url, data=told, files=file, timeout=30)
        assert "/columns" in answer.url, answer.text[:500]
        chosen = re.findall(r'<select[^>]*name="(column-\d+)"(.*?)</select>', answer.text, re.S)
        columns = {
            name: picked[1] if (picked := re.search(r'value="([^"]*)" selected', options)) else ""
            for name, options in chosen
        }
        done = self.sends(answer.url, answer.text, **columns)
        assert done.status_code == 200, done.text[:500]


@pytest.mark.expects_errors
@pytest.mark.timeout(300)
def test_a_thousand_canaries_leave_no_feather_in_a_log_or_in_redis(house: RunningHouse, servers_folder: Path) -> None:
    made, outside = Canaries(), Outside(house)
    outside.signs_in()

    with ThreadPoolExecutor(AT_ONCE) as side_by_side:
        for _ in range(TEXTS):
            body = f"我是{made.name()}，{made.words()}，打{made.number()}找{made.name()}，{made.words()}"
            side_by_side.submit(outside.texts, made.number(), body)
        for _ in range(CALLS):
            side_by_side.submit(outside.calls, made.number(), f"我叫{made.name()}，{made.words()}")
    for _ in range(REFUSED):
        outside.texts(made.number(), made.words(), is_signed=False)
    outside.uploads([(made.name(), made.number(), f"{made.words()}{made.name()}路") for _ in range(ROWS)])
    for _ in range(SEARCHES):
        assert outside.desk.get(f"{house.url}/console/people", params={"q": made.name()}, timeout=20).ok
    code = house.rows("select code from tickets order by id limit 1")[0][0]
    ticket = outside.desk.get(f"{house.url}/console/tickets/{code}", timeout=20)
    for _ in range(NOTES):
        note = {"to": "note", "words": made.words(), "what": "note", "body": made.words()}
        outside.sends(f"{house.url}/console/tickets/{code}/write", ticket.text, **note)
    door = requests.Session()
    page = door.get(f"{house.url}/sign-in", timeout=20).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    for _ in range(SIGN_INS):
        typed = {"csrf_token": token[1], "login": made.login(), "password": made.words()}
        door.post(f"{house.url}/sign-in", data=typed, timeout=20)
    until(lambda: house.one("select count(*) from outbound_sms where delivery = 'queued'") == 0, "the texts are out")
    until(lambda: house.one("select count(*) from batches where state = 'checked'") == 1, "the list is checked")

    assert len(made.all) >= 1000
    kept = house.rows("select body from inbound_sms")
    assert len(kept) == TEXTS
    written = {name: house.log(name) for name in ("web", "worker", "ticker")}
    for path in (*servers_folder.glob("**/log/*.log"), *house.folder.glob("**/log/*.log")):
        written[str(path)] = path.read_text(encoding="utf-8", errors="replace")
    assert len(written) >= 5
    assert "a webhook was refused" in written["web"]  # what is searched is really there
    redis = b"\n".join(everything_in(house.doorbell()))
    assert b"rq:" in redis
    for name, log in written.items():
        assert found(made.all, log) == [], name
    assert found(made.all, redis.decode("utf-8", errors="replace")) == []


def test_what_an_error_says_is_left_out_of_the_log_and_where_it_came_about_stays() -> None:
    record = _failed_with({"李桂英": "+8616277031415"})

    line = logs.JsonLines().format(record)

    assert "李桂英" not in line
    assert "16277031415" not in line
    assert "builtins.KeyError" in line
    assert "_failed_with" in line
    assert "builtins.ValueError" in line


def _failed_with(values: dict[str, str]) -> logging.LogRecord:
    try:
        try:
            raise ValueError(values)
        except ValueError as err:
            raise KeyError(next(iter(values))) from err
    except KeyError:
        return logging.getLogger("x").makeRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())


@pytest.mark.expects_errors
def test_a_job_that_fails_leaves_nothing_of_what_it_worked_on_in_redis(
    redis_url: str, clean: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> bool:
        with unit_of_work("job:test.fails") as uow:
            wrong = text("insert into jurisdictions (code, level, kind, name_zh, name_en) values (:a, :a, :a, :a, :a)")
            uow.session.execute(wrong, {"a": SOMEBODY})
        return False

    jobs.connect(redis_url)
    connection = Redis.from_url(redis_url)
    monkeypatch.setitem(jobs._jobs, "test.fails", jobs.Job("test.fails", fails, timedelta(days=1), "work"))
    assert jobs.ring({"test.fails"})
    queue = Queue("work", connection=connection, serializer=JSONSerializer)
    SimpleWorker([queue], connection=connection, serializer=JSONSerializer).work(burst=True, logging_level="ERROR")

    redis = b"\n".join(everything_in(connection)).decode("utf-8", errors="replace")
    connection.flushdb()
    lines = "\n".join(logs.JsonLines().format(record) for record in caplog.records)
    assert "test.fails" in redis
    assert "JobFailed" in redis
    assert "采薇" not in redis
    assert "16277031415" not in redis
    assert "采薇" not in lines
    assert "test.fails failed" in lines
