"""policy.toml, read once into a frozen Policy: every rule that needs a number gets it from here."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.settings import BadSetting

HERE = Path(__file__).parent
UNTOLD = "other"
"""A kind of note that says nothing without its words; those are for staff only."""
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class City:
    """Who speaks: the line's name, its zone and its numbering area."""

    name: dict[str, str]  # by language
    signature: str
    signature_en: str
    zone: ZoneInfo
    region: str  # ISO country of national numbers
    area_code: str
    root: str  # code of the top jurisdiction
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TierLimits:
    """What one tier promises."""

    close_within: timedelta
    contact_within: timedelta
    offer_lasts: timedelta


@dataclass(frozen=True, slots=True)
class DispatchPolicy:
    """Rounds, privacy and guarantees of sending a provider."""

    closing_clock_starts_after: timedelta
    rounds: int
    first_round: int
    later_rounds: int
    provider_privacy: timedelta
    reopen_within: timedelta
    guarantee: timedelta
    code_rest: timedelta
    trial_cap: int
    no_show_after: timedelta


@dataclass(frozen=True, slots=True)
class FollowUpPolicy:
    """When the resident is asked, how often, and which score raises an alarm."""

    after: timedelta
    from_hour: int
    until_hour: int
    recent_contact: timedelta
    no_answer_after: timedelta
    tries: int
    low_score: int


@dataclass(frozen=True, slots=True)
class SmsPolicy:
    """Limits of writing and reading texts."""

    question_lasts: timedelta
    newest_question_wins_after: timedelta
    automatic_answers_an_hour: int
    inbound_per_minute: int
    attempts: int
    retry_first: timedelta
    stuck_sending_after: timedelta
    batch: int
    in_flight: int
    unknown_first_ask: timedelta
    unknown_next_ask: timedelta
    offer_first_ask: timedelta
    code_first_ask: timedelta
    quiet_from_hour: int
    quiet_until_hour: int
    wide_price_tolerance_percent: int


@dataclass(frozen=True, slots=True)
class IvrPolicy:
    """How long the phone dialog waits, rings and records."""

    silence: timedelta
    slow_rate_percent: int
    duty_ring: timedelta
    duty_ring_limit: int
    voicemail_limit: timedelta
    prefer_person_from_age: int
    stale_call_after: timedelta


@dataclass(frozen=True, slots=True)
class TaskPolicy:
    """How soon each kind of task is due."""

    return_call_within: timedelta
    call_back_within: timedelta
    check_within: timedelta
    voicemail_within: timedelta


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """Throttle of wrong passwords and codes, how long a session lasts, and how long links are good."""

    attempts: int
    window: timedelta
    session_lasts: timedelta
    idle: timedelta  # a session that was not used for so long is over
    code_within: timedelta  # from the password to the second factor
    invitation_lasts: timedelta
    break_glass_lasts: timedelta


@dataclass(frozen=True, slots=True)
class PrivacyPolicy:
    """Within which time a request about one's own data is answered; how many masked numbers one may look at."""

    answer_within: timedelta
    reveals_an_hour: int


@dataclass(frozen=True, slots=True)
class DirectoryPolicy:
    """How long a note about a household lasts, which kinds a provider is told, when a sensitive label is looked at."""

    flag_lasts: dict[str, timedelta]  # by kind
    flags_told: tuple[str, ...]  # kinds that the text with name and address may tell; the others are for staff only
    label_review_after: timedelta


@dataclass(frozen=True, slots=True)
class CollectionPolicy:
    """Lists of people that come from elsewhere, and what goes out again."""

    largest_file_mb: int
    most_rows: int
    kept_unused: timedelta  # a file that nobody loads goes after this
    count_change_percent: int  # from the last list of the same source, beyond which the page says so
    place_certainty_percent: int  # below it a person says where an address lies
    samples: int  # rows of each outcome on the page
    match_same_percent: int  # from here on two records are one person without asking
    match_maybe_percent: int  # from here on a person decides
    workbook_rows: int  # a larger export goes out as CSV


@dataclass(frozen=True, slots=True)
class Policy:
    """A community's opinions, one section of policy.toml each."""

    city: City
    tiers: dict[str, TierLimits]
    dispatch: DispatchPolicy
    follow_up: FollowUpPolicy
    sms: SmsPolicy
    ivr: IvrPolicy
    tasks: TaskPolicy
    sign_in: SignInPolicy
    privacy: PrivacyPolicy
    collection: CollectionPolicy
    directory: DirectoryPolicy


@lru_cache(maxsize=1)
def current() -> Policy:
    """The policy of this installation."""
    return load(HERE / "policy.toml")


def load(path: Path) -> Policy:
    """Read a policy file. Raises BadSetting when a section or a duration makes no sense."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        city = data["city"]
        return Policy(
            city=City(**{**city, "zone": ZoneInfo(city["zone"]), "languages": tuple(city["languages"])}),
            tiers={name: TierLimits(**_read(limits)) for name, limits in data["tiers"].items()},
            dispatch=DispatchPolicy(**_read(data["dispatch"])),
            follow_up=FollowUpPolicy(**_read(data["follow_up"])),
            sms=SmsPolicy(**_read(data["sms"])),
            ivr=IvrPolicy(**_read(data["ivr"])),
            tasks=TaskPolicy(**_read(data["tasks"])),
            sign_in=SignInPolicy(**_read(data["sign_in"])),
            privacy=PrivacyPolicy(**_read(data["privacy"])),
            collection=CollectionPolicy(**_read(data["collection"])),
            directory=_directory(data["directory"]),
        )
    except (KeyError, TypeError, ValueError) as err:
        raise BadSetting(f"{path.name} cannot be used: {err}.") from err


def _directory(section: dict[str, Any]) -> DirectoryPolicy:
    lasts = {kind: duration(text) for kind, text in section["flag_lasts"].items()}
    told = tuple(section["flags_told"])
    if unknown := set(told) - (lasts.keys() - {UNTOLD}):
        raise ValueError(f"flags_told cannot name {', '.join(sorted(unknown))}")
    return DirectoryPolicy(lasts, told, duration(section["label_review_after"]))


def duration(text: str) -> timedelta:
    """`30m`, `24h`, `7d`, `6s` as a timedelta. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration such as 30m")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _read(section: dict[str, Any]) -> dict[str, Any]:
    return {name: duration(value) if isinstance(value, str) else value for name, value in section.items()}
