"""Which logins were signed in from a browser before: it keeps a cookie that says so, sealed by the installation.

Whoever knows a login can fail at it until it has to wait. Tries from a browser that the login was signed in from are
counted apart, so that a stranger shuts nobody out of the place where he works. The cookie opens nothing.
"""

from __future__ import annotations

import hmac
import re

MOST = 8
"""So many logins share the browser of a desk; the one that signed in longest ago gives way."""
MARK = 32  # hex digits
WORD = re.compile(rf"[0-9a-f]{{{MARK}}}")


def word_of(cookie: str, login: str, *, key: str) -> str:
    """The browser's own word when this login was signed in from it before, else empty."""
    word, *marks = cookie.split(".")[: MOST + 1]
    wanted = _mark(word, login, key).encode()
    is_known = any(hmac.compare_digest(mark.encode(), wanted) for mark in marks)
    return word if is_known else ""


def with_login(cookie: str, login: str, *, key: str, fresh: str) -> str:
    """The cookie once this login has signed in. `fresh`: 32 random hex digits, the word of a browser without one."""
    word, *marks = cookie.split(".")
    if not WORD.fullmatch(word):
        word, marks = fresh, []
    own = _mark(word, login, key)
    others = [mark for mark in marks if WORD.fullmatch(mark) and mark != own]
    return ".".join([word, own, *others[: MOST - 1]])


def _mark(word: str, login: str, key: str) -> str:
    return hmac.digest(key.encode(), f"known browser:{word}:{login}".encode(), "sha256").hex()[:MARK]
