"""What gunicorn and flask find: the application of this house."""

from __future__ import annotations

from app import create_app

app = create_app()
