"""Sign in and out, passwords, second factors, links of invitation, the language: the pages in front of the console."""

from __future__ import annotations

from staff.routes import language, second_factor, sign_in, welcome
from staff.routes.blueprint import bp

__all__ = ["bp", "language", "second_factor", "sign_in", "welcome"]
