"""Which texts overtake which."""

from __future__ import annotations

from enum import StrEnum


class Urgency(StrEnum):
    """The order in which texts go out: the values sort."""

    CODE = "0_code"
    DISPATCH = "1_dispatch"
    SERVICE = "2_service"
    BULK = "3_bulk"
