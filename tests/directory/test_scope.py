"""What a reader may see."""

from __future__ import annotations

from directory.scope import Scope


def scope(*prefixes: str, permissions: frozenset[str] = frozenset()) -> Scope:
    return Scope(prefixes, permissions)


def test_a_reader_sees_his_part_of_the_tree_and_no_other() -> None:
    clerk = scope("AH010201")

    assert clerk.covers("AH010201")
    assert not clerk.covers("AH010202")
    assert not clerk.covers("AH0102")


def test_two_grants_show_both_parts() -> None:
    both = scope("AH0101", "AH02")

    assert both.covers("AH010103")
    assert both.covers("AH020301")
    assert not both.covers("AH010201")


def test_a_ticket_without_a_place_is_seen_by_the_city_and_not_by_a_street() -> None:
    assert scope("AH").covers("")
    assert not scope("AH0102").covers("")


def test_a_reader_may_do_what_he_was_given() -> None:
    agent = scope("AH", permissions=frozenset({"tickets.take"}))

    assert agent.may("tickets.take")
    assert not agent.may("tickets.close")


def test_the_system_sees_and_may_do_everything() -> None:
    assert Scope.system().covers("AH010201")
    assert Scope.system().covers("")
    assert Scope.system().may("tickets.close")


def test_nobody_sees_anything_without_a_grant() -> None:
    assert not scope().covers("AH")
    assert not scope().covers("")
