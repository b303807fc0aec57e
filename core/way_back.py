"""Where to go back to after a form: only to a page of ours."""

from __future__ import annotations


def safe(wanted: str, otherwise: str) -> str:
    """The wanted path when it is a path on this site, else the other one. No scheme, no host, no backslash.

    What begins with one slash has neither scheme nor host, and nothing in it makes a browser read it otherwise.
    """
    is_ours = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    return wanted if is_ours else otherwise
