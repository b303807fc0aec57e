"""The pure rules: codes, tiers, deadlines, ranking, rounds, follow-up hours, promises, what an offer may say."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import catalogue, policy
from providers.eligibility import CandidateFacts, Cause, Dealings
from ticketing import duplicates, follow_up, lifecycle, matching, privacy, reference, rounds, sla, tier
from ticketing.errors import IllegalMove
from ticketing.lifecycle import State
from ticketing.models import Ticket, TicketKind
from ticketing.promise import read_window

CITY = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=CITY)
POLICY = policy.current()
SERVICES = catalogue.current().services


def test_every_number_has_a_code_of_its_own() -> None:
    codes = {reference.code_of(number, "seed") for number in range(reference.CODES)}
    assert len(codes) == reference.CODES
    assert all(len(code) == 5 and code[0] not in "IO" and code[1:].isdecimal() for code in codes)


def test_codes_do_not_run_in_order_and_depend_on_the_seed() -> None:
    first = [reference.code_of(number, "one") for number in range(50)]
    assert first != sorted(first)
    assert first != [reference.code_of(number, "two") for number in range(50)]


@pytest.mark.parametrize(
    ("kind", "service", "is_urgent", "expected"),
    [
        (TicketKind.EMERGENCY, "plumbing", False, "T1"),
        (TicketKind.SERVICE, "lock", False, "T1"),
        (TicketKind.SERVICE, "plumbing", False, "T2"),
        (TicketKind.SERVICE, "plumbing", True, "T2"),
        (TicketKind.QUESTION, "plumbing", False, "T3"),
        (TicketKind.COMPLAINT, "", True, "T2"),
    ],
)
def test_a_tier_follows_from_matter_and_urgency(kind: TicketKind, service: str, is_urgent: bool, expected: str) -> None:
    assert tier.tier_of(kind, SERVICES.get(service), is_urgent=is_urgent) == expected


def test_the_closing_clock_starts_at_the_first_dispatch_or_after_a_quarter_of_an_hour() -> None:
    limits, quarter = POLICY.tiers["T2"], timedelta(minutes=15)
    opened = sla.at_opening(NOON, limits, quarter)
    assert opened.contact_by == NOON + timedelta(hours=2)
    assert opened.close_by == NOON + quarter + timedelta(hours=24)
    assert sla.at_first_dispatch(opened.clock_from, NOON + timedelta(minutes=1), limits) == (
        NOON + timedelta(minutes=1),
        NOON + timedelta(hours=24, minutes=1),
    )
    assert sla.at_first_dispatch(opened.clock_from, NOON + timedelta(hours=3), limits)[0] == opened.clock_from


@pytest.mark.parametrize(("hours", "mark"), [(11.9, 0), (12, 50), (19.2, 80), (24, 100), (90, 100)])
def test_warnings_come_at_half_at_four_fifths_and_at_the_end(hours: float, mark: int) -> None:
    assert sla.warning_due(NOON, NOON + timedelta(hours=24), NOON + timedelta(hours=hours)) == mark


def test_only_the_moves_of_the_table_are_legal() -> None:
    assert lifecycle.may_move(State.CLOSED, State.OPEN)
    with pytest.raises(IllegalMove):
        lifecycle.check_move(State.CANCELLED, State.OPEN)


@given(st.lists(st.sampled_from(list(State)), max_size=30))
def test_no_order_of_wishes_leads_past_the_table(wishes: list[State]) -> None:
    state = State.NEW
    for wish in wishes:
        if lifecycle.may_move(state, wish):
            assert wish in lifecycle.MOVES[state]
            state = wish
    assert state in lifecycle.MOVES


def facts(provider_id: int, **more: object) -> CandidateFacts:
    known: dict[str, object] = {
        "provider_id": provider_id,
        "code": f"P{provider_id:03d}",
        "name": "某师傅",
        "msisdn": "+8616500000901",
        "lang": "zh",
        "standing": "active",
        "opens": None,
        "closes": None,
        "rating": 4.5,
        "ratings": 20,
        "max_open_jobs": 3,
        "last_job_at": None,
        "area_code": "AH01",
        "has_papers": True,
        "is_absent": False,
    }
    return CandidateFacts(**{**known, **more})  # type: ignore[arg-type]


def ranked(candidates: list[CandidateFacts], dealings: dict[int, Dealings], before: int | None = None) -> list[int]:
    choices = matching.rank(
        candidates, dealings, community_code="AH010201", at=time(12), now=NOON, trial_cap=1, before=before
    )
    return [one.facts.provider_id for one in choices if one.rank is not None]


def test_nearness_comes_before_load_and_load_before_rating() -> None:
    far, near = facts(1, area_code="AH", rating=5.0), facts(2, area_code="AH010201", rating=3.0)
    assert ranked([far, near], {}) == [2, 1]
    assert ranked([facts(1, rating=5.0), facts(2, rating=3.0)], {1: Dealings(open_jobs=1)}) == [2, 1]
    assert ranked([facts(1, rating=3.0), facts(2, rating=5.0)], {}) == [2, 1]


def test_among_equals_who_waited_longest_for_a_job_comes_first() -> None:
    lately, long_ago = NOON - timedelta(days=1), NOON - timedelta(days=9)
    assert ranked([facts(1, last_job_at=lately), facts(2, last_job_at=long_ago), facts(3)], {}) == [3, 2, 1]


def test_who_did_the_job_before_is_asked_first_when_it_comes_back() -> None:
    assert ranked([facts(1, area_code="AH010201"), facts(2, area_code="AH")], {}, before=2) == [2, 1]


def test_a_newcomer_is_not_ranked_below_everybody() -> None:
    assert ranked([facts(1, rating=4.0, ratings=50), facts(2, rating=0.0, ratings=0)], {}) == [2, 1]


@given(st.permutations([facts(n, rating=3 + n % 3, area_code=("AH", "AH01", "AH010201")[n % 3]) for n in range(1, 10)]))
def test_the_same_facts_give_the_same_order_however_they_come(candidates: list[CandidateFacts]) -> None:
    assert ranked(candidates, {}) == ranked(sorted(candidates, key=lambda one: one.code), {})


def test_who_is_left_out_keeps_the_cause() -> None:
    choices = matching.rank(
        [facts(1, has_papers=False), facts(2)],
        {2: Dealings(has_declined=True)},
        community_code="AH010201",
        at=time(12),
        now=NOON,
        trial_cap=1,
        before=None,
    )
    assert {one.facts.provider_id: one.cause for one in choices} == {1: Cause.PAPERS, 2: Cause.DECLINED}


def test_the_first_round_asks_one_and_later_ones_three() -> None:
    choices = matching.rank(
        [facts(n) for n in range(1, 6)], {}, community_code="AH010201", at=time(12), now=NOON, trial_cap=1, before=None
    )
    assert [rounds.asked_now(choices, made, POLICY.dispatch) for made in range(3)] == [1, 3, 3]
    assert [rounds.is_last_word(made, POLICY.dispatch) for made in range(4)] == [False, False, False, True]


def test_what_is_not_urgent_waits_for_the_morning_when_all_are_merely_closed() -> None:
    closed = [facts(1, opens=time(8), closes=time(18)), facts(2, opens=time(7), closes=time(17))]
    night = NOON.replace(hour=23)
    choices = matching.rank(closed, {}, community_code="AH010201", at=night.time(), now=night, trial_cap=1, before=None)
    assert rounds.wait_for_hours(choices, "T3", night) == NOON.replace(hour=7) + timedelta(days=1)
    assert rounds.wait_for_hours(choices, "T2", night) is None


@pytest.mark.parametrize(
    ("done_at", "spoke_ago", "expected"),
    [
        (NOON, None, NOON),
        (NOON.replace(hour=23, minute=50), None, NOON.replace(hour=8) + timedelta(days=1)),
        (NOON.replace(hour=5), None, NOON.replace(hour=8)),
        (NOON.replace(hour=22), timedelta(hours=1), NOON.replace(hour=22)),
        (NOON.replace(hour=22), timedelta(hours=3), NOON.replace(hour=8) + timedelta(days=1)),
    ],
)
def test_nobody_is_asked_at_night_who_is_not_awake(
    done_at: datetime, spoke_ago: timedelta | None, expected: datetime
) -> None:
    spoke_at = done_at - spoke_ago if spoke_ago is not None else None
    assert follow_up.ask_at(done_at, spoke_at, POLICY.follow_up) == expected


@pytest.mark.parametrize(
    ("values", "at", "until"),
    [
        ({"minutes": "40"}, NOON + timedelta(minutes=40), None),
        ({"time": "15:00"}, NOON.replace(hour=15), None),
        ({"time": "09:00"}, NOON.replace(hour=9) + timedelta(days=1), None),
        ({"time": "14:00", "time_to": "16:00"}, NOON.replace(hour=14), NOON.replace(hour=16)),
        ({"date": "2026-11-26", "part": "am"}, NOON.replace(day=26, hour=9), NOON.replace(day=26)),
        ({"date": "2026-11-26"}, NOON.replace(day=26, hour=8), NOON.replace(day=26, hour=18)),
        ({"delay": "30"}, NOON + timedelta(minutes=30), None),
    ],
)
def test_words_of_time_become_a_window(values: dict[str, str], at: datetime, until: datetime | None) -> None:
    window = read_window(values, NOON)
    assert window is not None
    assert (window.at, window.until) == (at, until or at)


def test_a_delay_counts_from_what_was_agreed() -> None:
    window = read_window({"delay": "30"}, NOON, NOON + timedelta(hours=2))
    assert window is not None
    assert window.at == NOON + timedelta(hours=2, minutes=30)


@pytest.mark.parametrize("values", [{}, {"date": "2026-11-24"}, {"ticket": "A1023"}, {"date": "2099-01-01"}])
def test_no_time_a_past_one_or_one_of_another_year_is_no_promise(values: dict[str, str]) -> None:
    assert read_window(values, NOON) is None


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("8号楼2单元301", "梧桐里社区8号楼"),
        ("2栋1002", "梧桐里社区2栋"),
        ("兰花路12号3单元402", "梧桐里社区兰花路12号"),
        ("井水巷14号", "梧桐里社区"),
        ("2组1号", "梧桐里社区"),
        ("301", "梧桐里社区"),
        ("", "梧桐里社区"),
    ],
)
def test_an_offer_names_the_house_and_never_the_door(address: str, shown: str) -> None:
    assert privacy.place_without_flat("梧桐里社区", address) == shown


def test_an_english_offer_names_the_building_only() -> None:
    assert privacy.place_without_flat("Wutongli", "Building 3, unit 1, room 502") == "Wutongli, Building 3"
    assert privacy.place_without_flat("Dongcun", "group 2, number 1") == "Dongcun"


def test_the_same_matter_is_found_among_open_tickets_and_not_among_done_ones() -> None:
    open_one = Ticket(service="plumbing", kind=TicketKind.SERVICE, state=State.DISPATCHED)
    done_one = Ticket(service="plumbing", kind=TicketKind.SERVICE, state=State.FOLLOWING_UP)
    assert duplicates.same_matter([done_one, open_one], "plumbing") is open_one
    assert duplicates.same_matter([done_one], "plumbing") is None
    assert duplicates.same_matter([open_one], "") is None
