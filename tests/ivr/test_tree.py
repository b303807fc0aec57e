from __future__ import annotations

import copy
from typing import Any

import pytest

from config import catalogue, dialog, policy
from config.settings import BadSetting
from core import wording
from ivr import tree
from ivr.service import speech
from ivr.tree import Tree

SENTENCES = {lang: wording.catalogue("ivr", lang) for lang in wording.LANGUAGES}
SERVICES = catalogue.current().services


def checked(data: dict[str, Any]) -> Tree:
    return tree.check(tree.build(data), SENTENCES, SERVICES)


@pytest.fixture
def written() -> dict[str, Any]:
    """The dialog of the house, to be spoilt."""
    return copy.deepcopy(dict(dialog.current()))


def test_the_dialog_of_the_house_is_accepted(written: dict[str, Any]) -> None:
    found = checked(written)

    assert found.start == "open"
    assert found.menu["1"] == "plumbing"


def test_a_caller_who_says_nothing_is_through_after_a_few_questions(written: dict[str, Any]) -> None:
    assert tree.longest_wait(checked(written)) <= 6


def test_an_answer_that_leads_nowhere_is_refused(written: dict[str, Any]) -> None:
    del written["nodes"]["confirm_service"]["answers"]["no"]

    with pytest.raises(BadSetting, match="confirm_service is a dead end for the answers no"):
        checked(written)


def test_an_outcome_that_leads_nowhere_is_refused(written: dict[str, Any]) -> None:
    del written["nodes"]["place"]["unknown"]

    with pytest.raises(BadSetting, match="place is a dead end when the outcome is unknown"):
        checked(written)


def test_a_move_to_a_node_that_is_not_there_is_refused(written: dict[str, Any]) -> None:
    written["nodes"]["place"]["unknown"] = "nowhere"

    with pytest.raises(BadSetting, match="place leads to nowhere"):
        checked(written)


def test_a_node_that_no_call_comes_to_is_refused(written: dict[str, Any]) -> None:
    written["nodes"]["lost"] = {"hangs_up": True, "says": "bye"}

    with pytest.raises(BadSetting, match="no call ever comes to the node lost"):
        checked(written)


def test_silence_that_goes_round_in_circles_is_refused(written: dict[str, Any]) -> None:
    written["nodes"]["menu"]["silence"] = {"then": "retell"}
    written["nodes"]["retell"]["silence"] = {"then": "menu"}

    with pytest.raises(BadSetting, match="round in circles"):
        checked(written)


def test_not_being_understood_round_in_circles_is_refused(written: dict[str, Any]) -> None:
    written["nodes"]["menu"]["unclear"] = {"then": "open"}
    written["nodes"]["open"]["unclear"] = {"then": "menu"}

    with pytest.raises(BadSetting, match="round in circles"):
        checked(written)


def test_acts_that_follow_each_other_for_ever_are_refused(written: dict[str, Any]) -> None:
    written["nodes"]["drop_mobile"]["dropped"] = "reach"
    written["nodes"]["reach"]["textable"] = "drop_mobile"
    written["nodes"]["reach"]["silent"] = "drop_mobile"

    with pytest.raises(BadSetting):
        checked(written)


def test_a_loop_without_a_way_out_is_refused(written: dict[str, Any]) -> None:
    nodes = written["nodes"]
    for name in ("one", "two"):
        other = "two" if name == "one" else "one"
        nodes[name] = {
            "asks": "yes_no",
            "says": "bye",
            "silence": {"again": 1, "says": "bye", "then": other},
            "unclear": {"then": other},
            "answers": {"yes": other, "no": other},
        }
    nodes["goodbye"] = {"like": "one", "says": "bye"}
    nodes["bye"] = {"like": "one", "says": "bye"}

    with pytest.raises(BadSetting, match="way out"):
        checked(written)


def test_a_sentence_that_is_missing_in_one_language_is_refused(written: dict[str, Any]) -> None:
    without = {**SENTENCES, "en": {key: text for key, text in SENTENCES["en"].items() if key != "menu"}}

    with pytest.raises(BadSetting, match="the sentence menu is missing in en"):
        tree.check(tree.build(written), without, SERVICES)


def test_a_blank_that_nobody_fills_is_refused(written: dict[str, Any]) -> None:
    spoilt = {**SENTENCES, "zh": {**SENTENCES["zh"], "goodbye": "{name}，再见。"}}

    with pytest.raises(BadSetting, match="goodbye in zh has a blank nobody fills: name"):
        tree.check(tree.build(written), spoilt, SERVICES)


def test_a_question_without_a_sentence_is_refused(written: dict[str, Any]) -> None:
    del written["nodes"]["who"]["says"]

    with pytest.raises(BadSetting, match="who asks without a sentence"):
        checked(written)


def test_a_menu_key_for_a_service_that_is_not_offered_is_refused(written: dict[str, Any]) -> None:
    written["menu"]["1"] = "rocket"

    with pytest.raises(BadSetting, match="there is no service rocket"):
        checked(written)


@pytest.mark.parametrize("part", ["start", "nodes", "always", "menu", "limits"])
def test_a_part_that_is_missing_is_named(written: dict[str, Any], part: str) -> None:
    del written[part]

    with pytest.raises(BadSetting, match=part):
        checked(written)


def test_an_unknown_act_is_refused(written: dict[str, Any]) -> None:
    written["nodes"]["place"]["does"] = "fly"

    with pytest.raises(BadSetting, match="fly"):
        checked(written)


def test_every_blank_of_a_sentence_has_somebody_who_fills_it() -> None:
    assert set(speech.FILLED) == tree.FACTS


def test_the_greeting_is_short_in_both_languages() -> None:
    city = policy.current().city.name
    zh = SENTENCES["zh"]["greeting"].format(city=city["zh"])
    en = SENTENCES["en"]["greeting"].format(city=city["en"])

    assert len([one for one in zh if one.isalnum()]) <= 36
    assert len(en.split()) <= 20
    assert "录音" in zh
    assert "recorded" in en


def test_every_ticket_state_has_a_sentence_in_both_languages() -> None:
    states = {"new", "open", "dispatched", "acknowledged", "in_progress", "waiting_quote", "done", "following_up"}
    for sentences in SENTENCES.values():
        assert {f"status.{state}" for state in states | {"closed", "cancelled"}} <= set(sentences)


def test_both_languages_say_the_same_things_with_the_same_blanks() -> None:
    assert set(SENTENCES["zh"]) == set(SENTENCES["en"])
    for key, sentence in SENTENCES["zh"].items():
        assert wording.blanks(sentence) == wording.blanks(SENTENCES["en"][key]), key
