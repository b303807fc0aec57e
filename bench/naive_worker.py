"""A worker of the baseline with everything imported before the first job: `simple` or `forking`."""

from __future__ import annotations

import os
import sys

from redis import Redis
from rq import Queue, SimpleWorker, Worker

import bench.naive  # noqa: F401 - loaded here so that no job pays for it

if __name__ == "__main__":
    connection = Redis.from_url(os.environ["REDIS_URL"])
    kind = SimpleWorker if sys.argv[1] == "simple" else Worker
    kind([Queue("naive", connection=connection)], connection=connection).work(logging_level="ERROR")
