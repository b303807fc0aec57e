"""Lists of the REST interface: filters by date and the pages that a client follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from simulator.refusals import Refused, whole_number

MOST_ROWS = 1000
ROWS = 50


def page(request: web.Request, name: str, rows: list[dict[str, Any]]) -> web.StreamResponse:
    """One page of a list, with the address of the next."""
    size = whole_number(request.query, "PageSize", ROWS, 1, MOST_ROWS)
    number = whole_number(request.query, "Page", 0, 0, 10**8)
    start, end = number * size, (number + 1) * size

    def address(wanted: int) -> str:
        return str(request.rel_url.update_query({"Page": str(wanted), "PageSize": str(size)}))

    return web.json_response(
        {
            name: rows[start:end],
            "page": number,
            "page_size": size,
            "start": start,
            "end": max(start, min(end, len(rows)) - 1),
            "uri": str(request.rel_url),
            "first_page_uri": address(0),
            "previous_page_uri": address(number - 1) if number else None,
            "next_page_uri": address(number + 1) if end < len(rows) else None,
        }
    )


def is_in_span(moment: datetime, query: Mapping[str, str], name: str) -> bool:
    """Whether a moment, in whole seconds, fits `Name`, `Name>` and `Name<` of a query. Raises Refused."""
    second = moment.replace(microsecond=0)
    if f"{name}>" in query and second < _moment(query[f"{name}>"]):
        return False
    if f"{name}<" in query and second > _moment(query[f"{name}<"]):
        return False
    return name not in query or second.date() == _moment(query[name]).date()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as err:
        raise Refused(20001, 400, "a date that is none") from err
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
