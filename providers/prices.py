"""Is an amount inside what is published for the service, or does the resident have to agree first."""

from __future__ import annotations

from config.catalogue import Service

MOST_UNITS = {
    "hourly": 10,
    "per_item": 20,
    "per_day": 31,
    "subscription": 12,
}
"""Price models whose band is for one unit: a text tells a total and no count, so this many units go unasked."""

NO_TOTAL = frozenset({"commission", "pays_resident", "delivery_fee"})
"""Price models whose total the band cannot judge: the goods, or the rent, are paid on top of it."""


def most_without_asking(service: Service) -> int | None:
    """The highest total in fen that needs no quote; None when nothing published can judge it; 0 for a free service."""
    if service.price_model in NO_TOTAL:
        return None
    return service.price_max * MOST_UNITS.get(service.price_model, 1)


def is_within_band(service: Service, amount: int, agreed: int | None = None, *, tolerance_percent: int = 0) -> bool:
    """Whether an amount in fen may be charged without another word of the resident's.

    It may be the top of the band, parts included, or what the resident agreed to in a quote if that is more. Cheaper
    than the band is never a fault.
    """
    most = most_without_asking(service)
    if most is None:
        return True
    return amount <= max(most * (100 + tolerance_percent) // 100, agreed or 0)
