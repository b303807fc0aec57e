"""A list of providers as it comes in a file: one provider a line, read into plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from providers.vetting import Standing
from providers.working_hours import read_hours

RATINGS_BROUGHT = 20
"""How many scores stand behind a rating that a provider brings along."""


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One provider."""

    code: str
    name: str
    category: str
    services: tuple[str, ...]
    areas: tuple[str, ...]
    msisdn: str  # E.164
    lang: str
    opens: time | None
    closes: time | None
    rating: Decimal
    ratings: int
    max_open_jobs: int
    standing: Standing
    licence_expires: date

    @classmethod
    def from_row(cls, row: Mapping[str, str], *, shift: timedelta) -> ProviderLine:
        """Read a line of providers.csv; dates are moved by `shift`. Raises ValueError for hours or a standing amiss."""
        opens, closes = read_hours(row["hours"])
        return cls(
            code=row["id"],
            name=row["name"],
            category=row["category"],
            services=tuple(row["services"].split(";")),
            areas=tuple(row["areas"].split(";")),
            msisdn=row["dispatch_mobile_e164"],
            lang="zh",
            opens=opens,
            closes=closes,
            rating=Decimal(row["rating"]),
            ratings=RATINGS_BROUGHT,
            max_open_jobs=int(row["max_open_jobs"]),
            standing=Standing(row["status"]),
            licence_expires=date.fromisoformat(row["licence_expires"]) + shift,
        )
