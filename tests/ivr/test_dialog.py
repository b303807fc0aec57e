from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import dialog as dialog_file
from ivr import tree
from ivr.dialog import Stand, Step, next_step
from ivr.tree import Ask, Dial, Do, HangUp, Meaning, Record

TREE = tree.build(dialog_file.current())
QUESTIONS = sorted(name for name, node in TREE.nodes.items() if isinstance(node, Ask))


def at(node: str, attempt: int = 1, answers: int = 1) -> Stand:
    return Stand(node, attempt, answers)


def test_a_service_leads_on() -> None:
    assert next_step(TREE, at("open"), Meaning.SERVICE) == Step("weigh")


def test_silence_at_the_greeting_leads_to_the_menu_and_then_to_a_person() -> None:
    first = next_step(TREE, at("open"), Meaning.SILENCE)
    second = next_step(TREE, at("menu"), Meaning.SILENCE)

    assert first == Step("menu")
    assert second == Step("person")


def test_the_pound_key_leads_to_the_menu() -> None:
    assert next_step(TREE, at("open"), Meaning.MENU) == Step("menu")


def test_what_was_not_understood_is_asked_once_more_and_then_a_person_helps() -> None:
    first = next_step(TREE, at("open"), Meaning.UNCLEAR)
    second = next_step(TREE, at("open", attempt=2), Meaning.UNCLEAR)

    assert first == Step("open", ("reprompt",), 2)
    assert second == Step("person")


@pytest.mark.parametrize("node", QUESTIONS)
def test_zero_finds_a_person_at_every_question(node: str) -> None:
    assert next_step(TREE, at(node), Meaning.PERSON) == Step("person")


@pytest.mark.parametrize("node", QUESTIONS)
def test_danger_is_heard_at_every_question(node: str) -> None:
    assert next_step(TREE, at(node, attempt=2, answers=99), Meaning.EMERGENCY) == Step("emergency")


@pytest.mark.parametrize("meaning", [Meaning.REPEAT, Meaning.SLOWER, Meaning.LANGUAGE])
@pytest.mark.parametrize("node", QUESTIONS)
def test_wishes_about_the_talk_leave_the_call_where_it_is(node: str, meaning: Meaning) -> None:
    assert next_step(TREE, at(node), meaning) is None


def test_after_too_many_answers_a_person_takes_over() -> None:
    assert next_step(TREE, at("open", answers=TREE.answers), Meaning.REPEAT) == Step("person")


def test_an_answer_to_a_node_that_asks_nothing_finds_a_person() -> None:
    assert next_step(TREE, at("goodbye"), Meaning.YES) == Step("person")


@given(st.lists(st.sampled_from(list(Meaning)), max_size=120), st.data())
def test_no_sequence_of_answers_keeps_a_call_for_ever(answers: list[Meaning], data: st.DataObject) -> None:
    """Acts may come out either way; the call still ends, and never stands where it cannot go on."""
    node, attempt, given_answers = TREE.start, 1, 0
    for answer in answers:
        if isinstance(TREE.nodes[node], HangUp):
            break
        given_answers += 1
        if isinstance(TREE.nodes[node], Ask):
            step = next_step(TREE, Stand(node, attempt, given_answers), answer)
            if step is None:
                continue
            node, attempt = step.to, step.attempt
        while isinstance(passing := TREE.nodes[node], Do | Dial | Record):
            node = data.draw(st.sampled_from(sorted({move.to for move in passing.outcomes.values()})))
            attempt = 1

    assert given_answers <= TREE.answers + 6
    assert isinstance(TREE.nodes[node], Ask | HangUp)
