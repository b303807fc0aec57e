"""The composition root: which blueprints, jobs, commands, reactions and takers make up the house."""

from __future__ import annotations

import logging
import sys

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine

import collection.cli
import collection.jobs
import collection.models
import collection.reactions
import collection.service.forgetting
import console.cli
import console.routes
import core.audit_job
import core.cli
import core.disposal
import core.retaining
import core.retention
import directory.cli
import directory.events
import directory.jobs
import directory.reactions
import directory.service.forgetting
import ivr.jobs
import ivr.reactions
import ivr.routes
import ivr.service.forgetting
import providers.answers
import providers.events
import providers.reactions
import providers.service
import seed
import sms.cli
import sms.events
import sms.jobs
import sms.reactions
import sms.routes
import sms.service.forgetting
import staff.cli
import staff.reactions
import staff.routes
import staff.service.forgetting
import telephony.cli
import ticketing.answers
import ticketing.cli
import ticketing.events
import ticketing.jobs
import ticketing.reactions
import ticketing.service.forgetting
import understanding.cli
from config import policy
from config import settings as environment
from config.settings import BadSetting, Settings
from core import answers, db, events, jobs, retention, web
from core.answers import Question
from telephony import carrier, signature
from telephony.twilio_carrier import TwilioCarrier

log = logging.getLogger(__name__)

BLUEPRINTS = (staff.routes.bp, console.routes.bp, console.routes.demo.demo)
WEBHOOKS = (ivr.routes.bp, sms.routes.bp)  # signed by the carrier, so they carry no token of ours
JOB_MODULES = (
    core.audit_job,
    core.disposal,
    core.retaining,
    directory.jobs,
    sms.jobs,
    ticketing.jobs,
    collection.jobs,
    ivr.jobs,
)  # imported for the jobs that they declare
COMMANDS = (
    understanding.cli.understand,
    telephony.cli.phone,
    console.cli.reads,
    core.cli.audit,
    seed.seed,
    seed.contacts,
    directory.cli.people,
    staff.cli.staff,
    sms.cli.sms,
    ticketing.cli.tickets,
    collection.cli.collection,
)

RETENTION = (
    *ivr.service.forgetting.KINDS,
    *sms.service.forgetting.KINDS,
    *ticketing.service.forgetting.KINDS,
    *collection.service.forgetting.KINDS,
    *directory.service.forgetting.KINDS,
    *staff.service.forgetting.KINDS,
    *providers.service.KINDS,
)
"""How long each kind of thing is kept unless the table of settings says otherwise, and how it goes."""

SUBSCRIPTIONS: events.Subscriptions = {
    directory.events.PersonTraced: (  # whose numbers are whose before whose tickets, and these before the texts
        providers.reactions.keep_business_numbers,
        ticketing.reactions.tell_matters,
        sms.reactions.tell_texts_under_way,
        ivr.reactions.tell_live_calls,
    ),
    directory.events.PersonErased: (
        ticketing.reactions.forget_tickets,
        sms.reactions.forget_texts,
        ivr.reactions.forget_calls,
        collection.reactions.forget_rows,
    ),
    directory.events.PlaceSettled: (collection.reactions.load_placed_row,),
    directory.events.HelperNamed: (sms.reactions.tell_of_helper,),
    directory.events.TextsGoElsewhere: (ticketing.reactions.write_elsewhere,),
    directory.events.CorrectionTold: (ticketing.reactions.check_correction,),
    directory.events.CorrectionSettled: (directory.reactions.answer_request, ticketing.reactions.correction_done),
    directory.events.PlacesReorganised: (
        staff.reactions.carry_grants,
        providers.reactions.carry_areas,
        ticketing.reactions.follow_borders,
    ),
    providers.events.ProviderBack: (ticketing.reactions.ask_who_is_back,),
    sms.events.UnclearText: (ticketing.reactions.check_unclear_text,),
    sms.events.PersonAsked: (ticketing.reactions.call_back,),
    sms.events.DangerTexted: (ticketing.reactions.open_emergency, ivr.reactions.page_duty),
    sms.events.TextUnsettled: (ticketing.reactions.check_unsettled_text,),
    sms.events.PicturesRemain: (ticketing.reactions.check_pictures,),
    sms.events.TextFailed: (ticketing.reactions.call_instead,),
    ticketing.events.TicketEscalated: (ivr.reactions.page_duty,),
    ticketing.events.NobodyToSend: (ivr.reactions.page_duty,),
}


def _question(context: str, intents: str, take: answers.Taker, *, takes_digits: bool = True) -> Question:
    return Question(context, frozenset(intents.split()), takes_digits, take)


COURSE_OF_A_JOB = (
    "arrive eta complete incomplete quote no_access reschedule cancelled reject transfer complaint ack question"
)
QUESTIONS = {
    "offer": _question("provider:offer", "accept reject transfer ack question", ticketing.answers.take_offer),
    "job": _question("provider:accepted", COURSE_OF_A_JOB, ticketing.answers.take_job, takes_digits=False),
    "amount": _question("provider:amount", COURSE_OF_A_JOB, ticketing.answers.take_job, takes_digits=False),
    "quote_amount": _question("provider:quote", COURSE_OF_A_JOB, ticketing.answers.take_job, takes_digits=False),
    "visit": _question(
        "resident:visit",
        "affirm reschedule cancel status_query question address_change thanks",
        ticketing.answers.take_visit,
    ),
    "quote": _question("resident:quote", "affirm deny question", ticketing.answers.take_quote),
    "resolved": _question("resident:resolved", "resolved unresolved affirm deny", ticketing.answers.take_resolved),
    "rating": _question("resident:csat", "rate deny", ticketing.answers.take_rating),
}
FREE_TEXT = (providers.answers.take_free_text, ticketing.answers.take_free_text)


def create_app() -> Flask:
    """The Flask application. Under gunicorn a wrong setting stops the start; commands that need none do without."""
    app = Flask(__name__, static_folder="core/static", template_folder="core/templates")
    wire()
    for command in COMMANDS:
        app.cli.add_command(command)
    try:
        settings = environment.current()
    except BadSetting as err:
        if not _is_command():
            sys.stderr.write(f"{err}\n")
            raise SystemExit(2) from err
        return app
    open_house(settings, patience=db.WORK if _is_command() else db.WEB)
    web.prepare(app, settings)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for webhook in WEBHOOKS:
        web.csrf.exempt(webhook)
        app.register_blueprint(webhook)
    app.add_url_rule("/", "home", _home)
    return app


def open_house(settings: Settings, *, pool_size: int = 8, patience: db.Patience = db.WORK) -> Engine:
    """Connect this process to the database, the doorbell and the carrier."""
    wire()
    engine = db.connect(settings.database_url, pool_size=pool_size, patience=patience)
    jobs.connect(settings.redis_url)
    carrier.use(TwilioCarrier(settings, in_flight=policy.current().sms.in_flight))
    signature.on_rejected(_alarm)
    return engine


def wire() -> None:
    """Fill the tables that join the packages."""
    events.subscribe(SUBSCRIPTIONS)
    answers.wire(QUESTIONS, FREE_TEXT)
    retention.wire(RETENTION)


def _home() -> ResponseReturnValue:
    return redirect(url_for("console.home"), code=303)


def _alarm(path: str, reason: str) -> None:
    log.error("a webhook was refused at %s: %s", path, reason)


def _is_command() -> bool:
    return "gunicorn" not in sys.argv[0]
