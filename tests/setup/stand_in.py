"""A house of a few lines, so that the launcher can be tried in seconds and be told to misbehave."""

from __future__ import annotations

import shutil
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

FILES = {
    "migrations/env.py": """
        import os
        from alembic import context
        from sqlalchemy import create_engine

        address = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
        with create_engine(address).connect() as connection:
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()
    """,
    "migrations/versions/0001_visits.py": """
        import sqlalchemy as sa
        from alembic import op

        revision, down_revision = "0001", None

        def upgrade():
            op.create_table("visits", sa.Column("id", sa.Integer, primary_key=True))
    """,
    "wsgi.py": """
        import json, os
        import click, psycopg
        from flask import Flask

        app = Flask(__name__)

        @app.get("/readyz")
        def readyz():
            with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
                visits = connection.execute("select count(*) from visits").fetchone()[0]
            return {"visits": visits, "clock": os.environ.get("CLOCK", "real"), "public": os.environ["PUBLIC_URL"]}

        @app.cli.command()
        @click.option("--json", "as_json", is_flag=True)
        def seed(as_json):
            with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
                connection.execute("insert into visits default values")
            click.echo(json.dumps({"username": "agent", "password": "abc-def"}) if as_json else "visits: 1 created")

        @app.cli.command()
        @click.option("--place")
        def tell(place):
            click.echo(json.dumps(readyz() | {"place": place}, ensure_ascii=False))
            raise SystemExit(3)

        @app.cli.command()
        @click.option("--json", "as_json", is_flag=True)
        def contacts(as_json):
            click.echo(json.dumps([{"number": "+8616200000001"}]))
    """,
    "worker.py": """
        import signal
        signal.pause()
    """,
    "schedule.py": """
        import signal
        signal.pause()
    """,
    "simulator/__main__.py": """
        import json, sys
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
        with open(options["--config"]) as file:
            config = json.load(file)

        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(config).encode())

        ThreadingHTTPServer(("127.0.0.1", int(options["--port"])), Page).serve_forever()
    """,
}


def build(folder: Path) -> Path:
    """The launcher, core, config and city of this project around stand-ins of everything above them."""
    for name in ("core", "config", "city"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("launch.py", "alembic.ini"):
        shutil.copy(PROJECT / name, folder / name)
    for name, source in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(without_margin(source))
    return folder


def without_margin(source: str) -> str:
    """Source text moved to the left by the two levels it stands in."""
    return "\n".join(line.removeprefix(" " * 8) for line in source.strip("\n").splitlines()) + "\n"
