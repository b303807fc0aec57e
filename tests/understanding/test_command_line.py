"""`flask understand`: lines in, lines out, without database, Redis or settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-25T10:00:00+08:00"


def run(*lines: str | bytes) -> list[dict[str, Any]]:
    """Feed lines to the command in an environment that names nothing."""
    given = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\n"
    done = subprocess.run(
        [sys.executable, "-m", "flask", "understand"],
        input=given,
        capture_output=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        timeout=60,
        check=True,
    )
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


def line(text: str, **more: object) -> str:
    return json.dumps({"text": text, "now": NOW, **more}, ensure_ascii=False)


def test_each_line_is_answered_in_its_order() -> None:
    first, second, third = run(
        line("1 40分钟到", context="provider:offer", lang="zh"),
        line("完工 120元", context="provider:accepted"),
        line("明天下午三点来吧", context="resident:visit"),
    )

    assert (first["intent"], first["values"]) == ("accept", {"minutes": "40"})
    assert (second["intent"], second["values"]) == ("complete", {"amount": "120"})
    assert third["values"] == {"date": "2026-11-26", "time": "15:00"}
    assert all(0 <= answer["certainty"] <= 1 for answer in (first, second, third))


def test_a_line_that_makes_no_sense_is_named_and_the_rest_is_read() -> None:
    answers = run(
        '{"text": "1"', "[1]", '{"context": "resident:visit"}', '{"text": 5}', line("1", now="yesterday"),
        line("1", open_codes="A1023"), line("1", now="0001-01-01T00:00"), b'{"text": "\xff\xfe"}',
        line("1", context="resident:visit"),
    )  # fmt: skip

    assert [answer.get("line") for answer in answers] == [1, 2, 3, 4, 5, 6, 7, None, None]
    assert answers[0]["error"] == "line 1: this is not JSON at column 13"
    assert answers[2]["error"] == 'line 3: "text" must be a string'
    assert "ISO 8601" in answers[4]["error"]
    assert all("Error" not in answer.get("error", "") for answer in answers)
    assert answers[7]["intent"] == "unknown"
    assert answers[8]["intent"] == "affirm"


def test_empty_lines_are_passed_over_and_counted() -> None:
    answers = run("", "  ", "{", "")

    assert [answer["line"] for answer in answers] == [3]


def test_what_is_left_out_is_assumed() -> None:
    nothing_open, without_zone = run('{"text": "1"}', line("明天", now="2026-11-25T23:30", context="resident:visit"))

    assert nothing_open["intent"] == "unknown"
    assert without_zone["values"] == {"date": "2026-11-26"}


def test_a_code_counts_where_it_is_open() -> None:
    closed, opened = run(
        line("1023", context="ivr:code"), line("1023", context="ivr:code", open_codes=["A1023", "B2047"])
    )

    assert "ticket" not in closed["values"]
    assert opened["values"]["ticket"] == "A1023"


def test_half_a_pair_is_no_reason_to_stop() -> None:
    (answer,) = run(r'{"text": "搬到\ud800 3号楼2单元301", "context": "resident:notice"}')

    assert answer["values"]["address"] == "3号楼2单元301"
