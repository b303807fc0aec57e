"""Which browser on which system a session is, as the browser says it: for recognising one's own, proof of nothing."""

from __future__ import annotations

BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Chromium", "Chromium"),
    ("Safari", "Safari"),
)
"""In this order: most browsers also call themselves Chrome and Safari."""
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
LONGEST = 100


def device(user_agent: str) -> str:
    """`Chrome · Windows`; the first word of anything else, and nothing for nothing."""
    names = [_first(user_agent, BROWSERS), _first(user_agent, SYSTEMS)]
    known = " · ".join(name for name in names if name)
    return (known or " ".join(user_agent.split()[:1]))[:LONGEST]


def _first(user_agent: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
