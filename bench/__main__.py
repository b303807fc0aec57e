"""`make bench`: print every figure, or those that are named: texts webhook matching memory."""

from __future__ import annotations

import os
import sys
import tomllib

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
    wording = tomllib.loads((processes.PROJECT / "ivr/wording/zh-CN.toml").read_text(encoding="utf-8"))
    os.environ["BENCH_GREETING"] = str(wording["prompt"]["greeting"] if "prompt" in wording else wording["greeting"])
    from bench import matching, memory, naive, texts, webhook

    naive.Base.metadata.create_all(naive.sessions.kw["bind"])
    measures = {"texts": texts, "webhook": webhook, "matching": matching, "memory": memory}
    for name in wanted or list(measures):
        measures[name].measure()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
