"""`make bench`: print every figure, or those named: texts webhook matching memory people; `kill` by name only."""

from __future__ import annotations

import os
import signal
import sys
import tomllib
from typing import Any

import bench.processes as processes

SETTINGS = {
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "TWILIO_ACCOUNT_SID": "AC" + "b" * 32,
    "TWILIO_AUTH_TOKEN": "b" * 32,
    "TWILIO_API_BASE": "http://127.0.0.1:9",
    "HOTLINE_NUMBER": "+869785550156",
    "DUTY_NUMBER": "+8616700000110",
    "SECRET_KEY": "bench",
    "HASH_KEY": "bench",
    "CLOCK": "real",
    "GO_LIVE": "off",
}


def main(wanted: list[str]) -> int:
    """Measure what is wanted against the database and Redis of the environment, which are emptied."""
    os.environ.update(SETTINGS)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends what a measure has started
    wording, policy = _toml("ivr/wording/zh-CN.toml"), _toml("config/policy.toml")
    os.environ["BENCH_GREETING"] = str(wording["greeting"]).format(city=policy["city"]["name"]["zh"])
    from bench import kill, matching, memory, naive, people, texts, webhook

    naive.Base.metadata.create_all(naive.sessions.kw["bind"])
    measures = {"texts": texts, "webhook": webhook, "matching": matching, "memory": memory, "people": people}
    for name in wanted or list(measures):
        ({**measures, "kill": kill})[name].measure()
    return 0


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((processes.PROJECT / name).read_text(encoding="utf-8"))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
