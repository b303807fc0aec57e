"""An RQ worker with the whole house loaded before the first job, so that no job pays for imports."""

from __future__ import annotations

import sys

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

import app
from config import settings as environment
from config.settings import BadSetting
from core import jobs, logs


def main() -> int:
    """Work until told to stop. Returns 2 with one sentence when a setting is wrong."""
    try:
        settings = environment.current()
    except BadSetting as err:
        sys.stderr.write(f"{err}\n")
        return 2
    logs.start()
    app.open_house(settings, pool_size=4)
    connection = Redis.from_url(settings.redis_url, socket_connect_timeout=5)
    queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in jobs.QUEUES]
    SimpleWorker(queues, connection=connection, serializer=JSONSerializer).work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
