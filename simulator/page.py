"""The phone page: drawn by the server in the reader's language, made live by one script."""

from __future__ import annotations

import tomllib
from pathlib import Path

import aiohttp
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from simulator.network import Network

HERE = Path(__file__).parent
LANGUAGES = {"zh": "zh-CN", "en": "en"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
YEAR = 365 * 24 * 3600


class Page:
    """The page, its words and its files, and the application's own feed passed on."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._words = {
            lang: tomllib.loads((HERE / "wording" / f"{name}.toml").read_text(encoding="utf-8"))
            for lang, name in LANGUAGES.items()
        }

    def routes(self) -> list[web.RouteDef | web.StaticDef]:
        """What to add to the application."""
        return [
            web.get("/", self.show),
            web.get("/sim/app-events", self.app_events),
            web.static("/static", HERE / "static"),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """The page itself."""
        lang = self._lang(request)
        html = self._templates.get_template("phone.html").render(
            lang=lang,
            html_lang=LANGUAGES[lang],
            w=self._words[lang],
            lines=self.network.config.lines,
            links=self.network.config.links,
            has_app_clock=bool(self.network.config.clock_url),
            tour=self.network.config.tour,
            boot={
                "lang": lang,
                "zone": self.network.config.time_zone,
                "line": next((line.number for line in self.network.config.lines), ""),
                "contacts": self.network.config.contacts,
                "tour": self.network.config.tour,
                "words": self._words[lang]["script"],
            },
        )
        response = web.Response(text=html, content_type="text/html")
        response.headers["Content-Security-Policy"] = CSP
        response.headers["Cache-Control"] = "no-store"
        if request.query.get("lang") in LANGUAGES:
            response.set_cookie("lang", lang, max_age=YEAR, samesite="Lax")
        return response

    async def app_events(self, request: web.Request) -> web.Response:
        """The application's feed, asked by us because the page may only talk to its own address."""
        url, after = self.network.config.events_url, request.query.get("after", "0")
        if not url or not after.isdecimal():
            return web.json_response({"items": []})
        try:
            async with (
                aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=5)) as session,
                session.get(url, params={"after": after}) as told,
            ):
                return web.json_response(await told.json())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return web.json_response({"items": []})

    def _lang(self, request: web.Request) -> str:
        asked = request.query.get("lang") or request.cookies.get("lang") or ""
        if asked in LANGUAGES:
            return asked
        return "en" if request.headers.get("Accept-Language", "zh").lower().startswith("en") else "zh"
