"""Pages that everybody can read and reach: axe-core looks at each of them as it stands in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.running_house import RunningHouse

AXE = Path(__file__).parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
LOOK = """async () => (await axe.run(document, {
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})).violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`)"""
PASSWORD = "a sentence to remember"
NARROW = ViewportSize(width=390, height=844)
STREET = "/console/places/AH0102"
PAGES = (
    *("/console/tickets", "/console/people", "/console/people?q=0", "/console/persons/new"),
    *("/console/imports/new", "/console/exports", "/console/matches", "/console/labels"),
    *("/console/places", STREET, "/console/duties"),
)
"""What a clerk of a street reaches without anything to do; the pages of a household and a person follow."""


def test_no_page_of_the_records_shuts_anybody_out(house: RunningHouse, page: Page) -> None:
    found = {"/sign-in": looked_at(page, f"{house.url}/sign-in?lang=zh")}
    clerk = ("-m", "flask", "staff", "add", "wen", "郑文", "--role", "clerk", "--place", "AH0102")
    page.goto(house.run(*clerk).strip())
    page.locator("#new").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator('main form button[type="submit"]').first.click()
    home, person = house.rows(
        "select h.id, p.id from persons p join households h on h.id = p.household_id"
        " join contacts c on c.person_id = p.id where h.community_code like 'AH0102%%' order by p.id limit 1"
    )[0]
    for path in (*PAGES, f"/console/households/{home}", f"/console/persons/{person}"):
        found[path] = looked_at(page, f"{house.url}{path}{'&' if '?' in path else '?'}lang=zh")
    page.set_viewport_size(NARROW)
    for path in ("/console/people?q=0", f"/console/persons/{person}", "/console/places"):
        found[f"{path} on a telephone"] = looked_at(page, f"{house.url}{path}")

    assert {path: faults for path, faults in found.items() if faults} == {}


def looked_at(page: Page, address: str) -> list[Any]:
    """What axe-core finds on a page with all its boxes open: rule and elements."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok, address
    page.evaluate("() => document.querySelectorAll('main details').forEach((box) => { box.open = true; })")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return list(page.evaluate(LOOK))
