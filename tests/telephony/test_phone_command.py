"""`flask phone`: lines in, lines out, without database, Redis or settings."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TYPED = list(csv.DictReader(Path(__file__).with_name("phones.csv").read_text(encoding="utf-8").splitlines()))
COMMAND = [sys.executable, "-m", "flask", "phone"]
NOTHING = {"PATH": os.environ["PATH"]}  # an environment that names no setting


def run(lines: Iterable[str | bytes]) -> list[dict[str, Any]]:
    """Feed lines to the command."""
    given = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\n"
    done = subprocess.run(COMMAND, input=given, capture_output=True, cwd=ROOT, env=NOTHING, timeout=60, check=True)
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


def test_every_row_of_the_table_is_answered_as_it_says() -> None:
    answers = run(json.dumps({key: row[key] for key in ("raw", "region", "area_code")}) for row in TYPED)

    assert answers == [
        {
            "e164": row["expected_e164"] or None,
            "ext": row["expected_ext"] or None,
            "type": row["expected_type"] or None,
            "error": row["expected_error"] or None,
        }
        for row in TYPED
    ]


def test_a_line_that_makes_no_sense_is_named_and_the_rest_is_read() -> None:
    answers = run(
        ['{"raw": "1"', "[1]", "{}", '{"raw": [1]}', '{"raw": true}', '{"raw": "162", "region": 7.5e1}',
         b'{"raw": "\xff"}', '{"raw": "\\ud83d"}', "[" * 100_000, "", '{"raw": "16200000001"}']
    )  # fmt: skip

    assert [answer.get("line") for answer in answers] == [1, 2, 3, 4, 5, None, None, None, 9, None]
    assert answers[0]["error"] == "line 1: this is not JSON at column 12"
    assert answers[2]["error"] == 'line 3: "raw" is missing'
    assert [answer["error"] for answer in answers[5:8]] == ["invalid", "not_a_number", "not_a_number"]
    assert all(set(answer) >= {"e164", "ext", "type", "error"} for answer in answers)
    assert answers[9]["e164"] == "+8616200000001"


def test_what_is_left_out_or_null_or_a_number_is_read() -> None:
    answers = run(
        [
            '{"raw": null, "region": null, "area_code": null}',
            '{"raw": "5550156", "region": "", "area_code": 978}',
            '{"raw": 16200000001}',
            '{"raw": 16200000001.0, "more": {}}',
            '{"raw": 1.62E+10}',
            b'\xef\xbb\xbf{"raw": "202-555-0143", "region": "us"}',
        ]
    )

    assert [answer["error"] for answer in answers] == ["empty", None, None, None, "scientific", None]
    assert [answer["e164"] for answer in answers[1:4]] == ["+869785550156", "+8616200000001", "+8616200000001"]
    assert answers[5]["e164"] == "+12025550143"


def test_each_line_is_answered_before_the_next_is_there() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=NOTHING) as command:
        assert command.stdin
        assert command.stdout
        heard = []
        for raw in ("16200000001", "110"):
            command.stdin.write(json.dumps({"raw": raw}).encode() + b"\n")
            command.stdin.flush()
            heard.append(json.loads(command.stdout.readline()))
        command.stdin.close()

    assert [answer["e164"] or answer["error"] for answer in heard] == ["+8616200000001", "short_code"]
