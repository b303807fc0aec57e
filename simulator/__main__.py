"""`python -m simulator --config FILE --port 8001`: start the simulator."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from aiohttp import web

from simulator.config import BadConfig, Config
from simulator.server import create_application


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="A program that plays Twilio over HTTP, with telephones on a page.")
    parser.add_argument("--config", type=Path, required=True, help="JSON: account, numbers, contacts, app")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen")
    parser.add_argument("--port", type=int, default=8001, help="where to listen")
    parser.add_argument("--record", type=Path, help="a folder for every document and request, as JSON lines")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    try:
        config = Config.from_json(arguments.config.read_text(encoding="utf-8"), record=arguments.record)
    except (BadConfig, OSError, UnicodeDecodeError) as err:
        print(f"simulator: {arguments.config}: {err}", file=sys.stderr)
        sys.exit(2)
    application = create_application(config, f"http://{arguments.host}:{arguments.port}")
    web.run_app(
        application,
        host=arguments.host,
        port=arguments.port,
        access_log=None,
        print=lambda _: None,
        shutdown_timeout=1.0,
    )


if __name__ == "__main__":
    main()
