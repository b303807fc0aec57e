"""Web server settings: threads, because a webhook mostly waits for PostgreSQL; two processes, one for each core."""

from __future__ import annotations

import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60  # seconds without a sign of life; a page that streams events is alive
graceful_timeout = 8  # seconds to finish what is under way when told to stop
keepalive = 15  # seconds; a carrier sends the webhooks of one call over one connection
max_requests = 0
preload_app = False  # each process opens its own connections
accesslog = None  # addresses carry ids only, but nothing reads this log either
errorlog = "-"
loglevel = "warning"
forwarded_allow_ips = "127.0.0.1"  # what a proxy says of the caller is judged by the house (TRUSTED_PROXIES)
control_socket_disable = True  # it would lie in the home folder of whoever starts us
