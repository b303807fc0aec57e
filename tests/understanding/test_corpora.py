"""The annotated corpora: how much of them is read right, and what may never be read wrong."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.understanding.hearing import NOW, hear
from understanding import SURE, Intent, read
from understanding.reading import VALUE_KEYS
from understanding.services import categories

CORPORA = Path(__file__).parent / "corpora"
GIVEN = ("open", "sealed")
OURS = ("fresh", "tricky", "later")
ACTED_ON = (Intent.ACCEPT, Intent.COMPLETE, Intent.OPT_OUT)


class Row(NamedTuple):
    """A text, the question it answers, and what it means."""

    text: str
    context: str
    intent: str
    values: dict[str, str]


@cache
def rows(name: str, halves: tuple[str, ...]) -> tuple[Row, ...]:
    found = []
    for half in halves:
        with (CORPORA / f"{name}-{half}.csv").open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                values = dict(pair.split("=", 1) for pair in line["expected_values"].split(";") if pair)
                found.append(Row(line["text"], line["context"], line["expected_intent"], values))
    return tuple(found)


def is_right(row: Row) -> bool:
    intent, values = hear(row.text, row.context)
    return intent == row.intent and all(values.get(key) == value for key, value in row.values.items())


def share(right: list[bool]) -> float:
    return sum(right) / len(right)


ALL = rows("replies", GIVEN + OURS) + rows("utterances", GIVEN + OURS)


@pytest.mark.parametrize("halves", [GIVEN, *((name,) for name in OURS)], ids=["given", *OURS])
def test_of_the_replies_97_in_a_hundred_are_read_with_every_value(halves: tuple[str, ...]) -> None:
    read_right = [is_right(row) for row in rows("replies", halves)]

    assert share(read_right) >= 0.97


@pytest.mark.parametrize("halves", [GIVEN, *((name,) for name in OURS)], ids=["given", *OURS])
def test_of_the_utterances_97_in_a_hundred_name_the_category_and_92_the_service(halves: tuple[str, ...]) -> None:
    asked = [row for row in rows("utterances", halves) if "service" in row.values]
    heard = [hear(row.text, row.context)[1] for row in asked]
    in_category = [values.get("category") == row.values["category"] for row, values in zip(asked, heard, strict=True)]
    of_service = [values.get("service") == row.values["service"] for row, values in zip(asked, heard, strict=True)]

    assert share(in_category) >= 0.97
    assert share(of_service) >= 0.92


@pytest.mark.parametrize("row", [row for row in ALL if row.intent == "opt_out"], ids=lambda row: row.text)
def test_every_wish_for_silence_is_heard(row: Row) -> None:
    assert hear(row.text, row.context)[0] is Intent.OPT_OUT


@pytest.mark.parametrize("row", [row for row in ALL if row.intent == "emergency"], ids=lambda row: row.text)
def test_every_danger_is_heard_with_its_number(row: Row) -> None:
    assert is_right(row)


def test_nothing_is_wrongly_a_yes_a_finished_job_or_silence() -> None:
    wrong = [
        (row.text, row.context)
        for row in ALL
        if (found := hear(row.text, row.context)[0]) in ACTED_ON and found != row.intent
    ]

    assert wrong == []


def test_nothing_is_wrongly_a_danger() -> None:
    assert [
        row.text for row in ALL if row.intent != "emergency" and hear(row.text, row.context)[0] is Intent.EMERGENCY
    ] == []


def test_no_sum_is_read_that_was_not_named() -> None:
    wrong = [
        (row.text, values["amount"])
        for row in ALL
        if "amount" in (values := hear(row.text, row.context)[1]) and values["amount"] != row.values.get("amount")
    ]

    assert wrong == []


def test_what_is_read_wrong_is_seldom_held_for_certain() -> None:
    wrong = [row for row in ALL if not is_right(row)]
    certain = [row for row in wrong if read(row.text, context=row.context, lang="zh", now=NOW).certainty >= SURE]

    assert len(certain) <= len(ALL) / 100


def test_the_corpora_use_only_intents_keys_and_services_there_are() -> None:
    known = {intent.value for intent in Intent}

    assert {row.intent for row in ALL} <= known
    assert {key for row in ALL for key in row.values} <= VALUE_KEYS
    assert all(categories()[row.values["service"]] == row.values["category"] for row in ALL if "service" in row.values)


def test_our_own_corpora_hold_no_text_of_the_given_ones() -> None:
    given = {row.text for row in rows("replies", GIVEN) + rows("utterances", GIVEN)}
    ours = [row.text for row in rows("replies", OURS) + rows("utterances", OURS)]

    assert len(ours) > 600
    assert given.isdisjoint(ours)
