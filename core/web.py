"""What every page shares: language, refusals as pages, security headers, template words and filters, health."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import babel.dates
from flask import Blueprint, Flask, Response, abort, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as BaseResponse

from config import policy as policy_file
from config.settings import Settings
from core import db, wording
from core.csrf import FormGuard, FormRefused
from core.errors import Conflict, HotlineError, NotAllowed, NotFound
from core.way_back import safe

STATUS = {NotFound: 404, NotAllowed: 403, Conflict: 409, HotlineError: 422}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LANG_COOKIE = "lang"
LARGEST_ID = 2**31 - 1
YEAR = 365 * 24 * 3600

csrf = FormGuard()
bp = Blueprint("core", __name__)


class RowId(IntegerConverter):
    """An id in an address that a row can have: a larger one leads to no page, and never to the database."""

    def __init__(self, url_map: Map, **more: Any) -> None:
        super().__init__(url_map, **{"max": LARGEST_ID, **more})


def prepare(app: Flask, settings: Settings) -> None:
    """Give a Flask application the house's language, refusals, headers and template words."""
    is_https = settings.public_url.startswith("https://")
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-linli-form" if is_https else "linli-form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        MAX_CONTENT_LENGTH=1024 * 1024,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.url_map.converters["int"] = RowId
    app.before_request(_choose_language)
    app.before_request(_refuse_nul)
    csrf.protect(app)
    app.after_request(_harden)
    app.register_error_handler(HotlineError, refuse)
    app.register_error_handler(FormRefused, _form_refused)
    app.register_error_handler(HTTPException, _http_refusal)
    app.jinja_env.globals.update(t=say, ic=icon)
    app.jinja_env.filters.update(city_time=city_time, city_day=city_day, city_moment=city_moment, yuan=yuan)
    app.context_processor(_page_words)
    app.register_blueprint(bp)


def say(key: str, /, **facts: object) -> str:
    """A sentence of a page in the reader's language; the first part of the key is the package."""
    package, _, rest = key.partition(".")
    return wording.say(package, rest, lang(), **facts)


def lang() -> str:
    """The reader's language, `zh` or `en`."""
    return str(g.get("lang", "zh"))


def keep_language(answer: BaseResponse, wanted: str) -> BaseResponse:
    """Let this browser keep the language; with an empty one it forgets what it kept."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    if wanted:
        answer.set_cookie(LANG_COOKIE, wanted, max_age=YEAR, samesite="Lax", httponly=True, secure=secure)
    else:
        answer.delete_cookie(LANG_COOKIE, samesite="Lax", httponly=True, secure=secure)
    return answer


def icon(name: str, more: str = "") -> Markup:
    """One icon of the house's sprite; decorative, so hidden from screen readers."""
    sprite = url_for("static", filename="icons.svg")
    return Markup('<svg class="i {}" aria-hidden="true"><use href="{}#i-{}"/></svg>').format(more, sprite, name)


def city_time(moment: datetime | None) -> str:
    """Hours and minutes on the city's clocks, or a dash when there is no such moment."""
    return moment.astimezone(policy_file.current().city.zone).strftime("%H:%M") if moment else "–"


def city_day(moment: datetime | None, now: datetime | None = None) -> str:
    """The day in the city, in the reader's language. Seen from `now` in another year it has its year, not its weekday.

    Without `now` it is seen from the moment at which the reader was let in; pages before that need no year.
    """
    if moment is None:
        return "–"
    now = now or g.get("now")
    zone = policy_file.current().city.zone
    local = moment.astimezone(zone)
    is_long_ago = now is not None and now.astimezone(zone).year != local.year
    if lang() == "zh":
        pattern = "y年M月d日" if is_long_ago else "M月d日 EEE"
    else:
        pattern = "d MMM y" if is_long_ago else "EEE d MMM"
    return str(babel.dates.format_datetime(local, pattern, locale="zh_Hans_CN" if lang() == "zh" else "en_GB"))


def city_moment(moment: datetime | None, now: datetime | None = None) -> str:
    """Day and time in the city; `now` as for the day."""
    return f"{city_day(moment, now)} {city_time(moment)}" if moment else "–"


def yuan(fen: int | None) -> str:
    """An amount in yuan without needless decimals, or a dash."""
    if fen is None:
        return "–"
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}"


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Alive: this process answers."""
    return {"alive": True}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Ready: database, Redis and at least one worker are there. 503 with the reasons otherwise."""
    missing = [reason for reason in (_database_missing(), *_doorbell_missing()) if reason]
    return {"ready": not missing, "missing": missing}, 503 if missing else 200


def _database_missing() -> str:
    try:
        with db.sessions() as session:
            session.execute(text("select 1"))
    except SQLAlchemyError:
        return "database"
    return ""


def _doorbell_missing() -> tuple[str, ...]:
    settings: Settings = current_app.config["SETTINGS"]
    try:
        with Redis.from_url(settings.redis_url, socket_connect_timeout=1, socket_timeout=1) as connection:
            return () if Worker.count(connection=connection) else ("workers",)
    except (RedisError, OSError):
        return ("redis",)


def _choose_language() -> None:
    chosen = request.args.get("lang") or request.cookies.get(LANG_COOKIE)
    if chosen not in wording.LANGUAGES:
        chosen = "en" if request.accept_languages.best_match(["zh", "zh-CN", "en"]) == "en" else "zh"
    g.lang = chosen


def _refuse_nul() -> None:
    """No text of the database holds a NUL, and nobody types one."""
    if request.blueprint in csrf.exempted:
        return
    if "\0" in request.path or any("\0" in value for value in request.values.values()):
        abort(400)


def _page_words() -> dict[str, Any]:
    return {"lang": lang(), "html_lang": wording.HTML_LANG[lang()]}


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def refusal_sentence(err: HotlineError) -> str:
    """The sentence of a refusal in the reader's language, from the wording of the package that refuses."""
    package = type(err).__module__.partition(".")[0]
    return wording.say(package, err.wording, lang(), **err.facts)


def refuse(err: HotlineError) -> ResponseReturnValue:
    """A refusal as a page of its own."""
    return _refusal_page(refusal_sentence(err), status_of(err))


def status_of(err: HotlineError) -> int:
    """The status of the answer that tells this refusal."""
    return next(code for kind, code in STATUS.items() if isinstance(err, kind))


def _form_refused(err: FormRefused) -> ResponseReturnValue:
    return _refusal_page(say("core.refusal.form_too_old"), 400)


def _http_refusal(err: HTTPException) -> ResponseReturnValue:
    if err.code is None or err.code < 400:
        return err
    key = f"core.refusal.http_{err.code}" if err.code in (400, 403, 404, 405, 413, 429) else "core.refusal.http_other"
    return _refusal_page(say(key), err.code)


def _refusal_page(sentence: str, status: int) -> ResponseReturnValue:
    return render_template("core/refusal.html", sentence=sentence, status=status, back=_page_before()), status


def _page_before() -> str:
    """The page of ours that a refused form or link stood on; empty when the browser does not say, or it is this one."""
    try:
        before = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    path = f"{before.path}?{before.query}" if before.query else before.path
    is_this = request.method == "GET" and before.path == request.path
    return safe(path, "") if before.netloc == request.host and not is_this else ""
