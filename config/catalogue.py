"""services.toml, read once into a frozen catalogue: categories, services, price bands, papers, tiers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from config.policy import duration
from config.settings import BadSetting

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Service:
    """One household service a resident can ask for."""

    code: str
    category: str
    name: dict[str, str]  # by language
    price_model: str
    unit: str
    price_min: int  # fen
    price_max: int  # fen; 0 means that no band is published
    papers: tuple[str, ...]  # kinds of credential that a provider of it must hold
    tier: str
    is_dispatchable: bool
    offer_lasts: timedelta | None  # overrides the tier's
    has_completion_pin: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All categories (code -> names) and services (code -> Service)."""

    categories: dict[str, dict[str, str]]
    services: dict[str, Service]


@lru_cache(maxsize=1)
def current() -> Catalogue:
    """The catalogue of this installation."""
    return load(HERE / "services.toml")


def load(path: Path) -> Catalogue:
    """Read a catalogue. Raises BadSetting when a service has no category or a price makes no sense."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        categories = {code: dict(entry["name"]) for code, entry in data["categories"].items()}
        services = {
            code: Service(
                code=code,
                category=entry["category"],
                name=dict(entry["name"]),
                price_model=entry["price_model"],
                unit=entry["unit"],
                price_min=int(entry["price_min"]) * 100,
                price_max=int(entry["price_max"]) * 100,
                papers=tuple(entry["papers"]),
                tier=entry["tier"],
                is_dispatchable=entry["is_dispatchable"],
                offer_lasts=duration(entry["offer_lasts"]) if "offer_lasts" in entry else None,
                has_completion_pin=entry.get("has_completion_pin", False),
            )
            for code, entry in data["services"].items()
        }
    except (KeyError, TypeError, ValueError) as err:
        raise BadSetting(f"{path.name} cannot be used: {err}.") from err
    for service in services.values():
        if service.category not in categories or service.price_min > service.price_max:
            raise BadSetting(
                f"{path.name}: service {service.code} has an unknown category or a price band upside down."
            )
    return Catalogue(categories, services)
