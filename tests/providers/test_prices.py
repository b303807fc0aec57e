"""May an amount be charged without asking."""

from __future__ import annotations

import pytest

from config import catalogue
from config.catalogue import Service
from providers.prices import is_within_band, most_without_asking


def service(code: str) -> Service:
    return catalogue.current().services[code]


@pytest.mark.parametrize(
    ("code", "yuan", "is_within"),
    [
        ("plumbing", 120, True),
        ("plumbing", 121, False),
        ("plumbing", 0, True),
        ("drain", 150, True),
        ("drain", 151, False),
        ("lock", 60, True),
        ("clinic", 0, True),
        ("clinic", 1, False),
        ("cleaning", 500, True),
        ("cleaning", 501, False),
        ("housing", 3000, True),
        ("grocery", 180, True),
    ],
)
def test_the_top_of_the_band_is_the_most_that_goes_unasked(code: str, yuan: int, is_within: bool) -> None:
    assert is_within_band(service(code), yuan * 100) is is_within


def test_what_the_resident_agreed_to_may_be_charged_and_no_more() -> None:
    assert is_within_band(service("plumbing"), 320_00, agreed=320_00)
    assert not is_within_band(service("plumbing"), 321_00, agreed=320_00)


def test_a_quote_below_the_band_takes_nothing_away() -> None:
    assert is_within_band(service("plumbing"), 100_00, agreed=50_00)


def test_a_community_may_tolerate_a_little_above_the_band() -> None:
    assert is_within_band(service("plumbing"), 132_00, tolerance_percent=10)
    assert not is_within_band(service("plumbing"), 132_01, tolerance_percent=10)


def test_every_service_of_the_catalogue_has_a_limit_or_is_known_to_have_none() -> None:
    free = {"free", "commission", "pays_resident", "delivery_fee"}
    for one in catalogue.current().services.values():
        most = most_without_asking(one)
        assert one.price_model in free or (most is not None and most >= one.price_max > 0), one.code
