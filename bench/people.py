"""A city of one million people: look-up by number, search by any fragment, the queue within a scope, a list of 100,000.

The city is made up (see `bench.city`); the house's own command makes the rows that its search reads. Every figure is
taken by commands of the house that time themselves.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench import figures
from bench.city import PEOPLE, TICKETS, City
from bench.processes import PROJECT
from bench.texts import database

LISTED = PEOPLE // 10  # rows of the list that is imported
LOOK_UPS = 400
SEARCHES = 600
ROUNDS = 200  # of the queue, each side of the comparison
WARM_UP = 20
HEADINGS = ("姓名", "性别", "出生日期", "社区", "地址", "手机", "是否户主")


def measure() -> None:
    """Fill the city, then print the four figures."""
    with database() as connection:
        city = City(connection)
        began = time.monotonic()
        city.fill()
        figures.say(f"city of {city.count} people written", f"{time.monotonic() - began:.0f} s", city.told())
        began = time.monotonic()
        index(connection, city)
        figures.say("its search rows made by the house", f"{time.monotonic() - began:.0f} s", "2 processes")
        look_up(city)
        search(city)
        queue(city)
        load(city)


def index(connection: psycopg.Connection, city: City) -> None:
    """Let the house make the search rows, in two processes; its index is built when they are there."""
    indexes = connection.execute(
        "select indexname, indexdef from pg_indexes where tablename = 'person_searches' and indexdef like '%USING gin%'"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"drop index {name}".encode())
    middle = city.first + city.count // 2
    halves = [house("people", "index", "--after", str(after)) for after in (0, middle)]
    while any(half.poll() is None for half in halves):
        time.sleep(1)
        made = connection.execute(
            "select max(person_id) filter (where person_id <= %s) from person_searches", (middle,)
        )
        if (found := made.fetchone()) and found[0] == middle and halves[0].poll() is None:
            halves[0].terminate()  # the other half is the other's
    if any(half.wait() not in {0, -15, 143} for half in halves):
        raise RuntimeError("the search rows could not be made")
    connection.execute("set maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        connection.execute(definition.encode())
    connection.execute("vacuum analyze person_searches")


def house(*arguments: str) -> subprocess.Popen[bytes]:
    """A command of the house whose words nobody needs."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", *arguments], cwd=PROJECT, env=os.environ, stdout=subprocess.DEVNULL
    )


def ask(questions: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    """The answers of `flask reads`, in order."""
    given = "\n".join(json.dumps(one) for one in questions).encode()
    told = subprocess.run(
        [sys.executable, "-m", "flask", "reads"],
        cwd=PROJECT,
        env=os.environ,
        input=given,
        check=True,
        capture_output=True,
    )
    return [json.loads(line) for line in told.stdout.splitlines()]


def look_up(city: City) -> None:
    """Who calls from this number: what the line asks at every call."""
    numbers = [city.chance.choice(city.samples)[3] for _ in range(WARM_UP + LOOK_UPS)]
    found = ask([{"read": "number", "words": one} for one in numbers])[WARM_UP:]
    in_database = [one["database_ms"] for one in found]
    whole = [one["ms"] for one in found]
    figures.say(
        f"look-up by number among {city.count}, in the database",
        f"{median(in_database):.2f} ms",
        f"median of {len(found)}; p95 {figures.percentile(in_database, 0.95):.2f} ms; whole read, objects made, "
        f"{median(whole):.2f} ms; {found[0]['statements']:.0f} statements (aim: under 5 ms)",
    )


def fragments(city: City) -> Iterator[tuple[str, str]]:
    """What people type to find somebody, by kind."""
    for name, _, address, number, _ in itertools.cycle(city.samples):
        digits = number.removeprefix("+86")
        yield "whole name", name
        yield "given name", name[1:]
        yield "two signs of a name", name[:2]
        yield "surname", name[0]
        yield "last four digits", digits[-4:]
        yield "six digits inside", digits[3:9]
        yield "whole number", digits
        yield "address", address
        yield "house and door", f"{address.partition('号')[0]} {address.rpartition('元')[2]}"
        yield "name and house", f"{name[0]} {address.partition('号')[0]}号楼"
        initials = INITIALS.get(name)
        if initials:
            yield "initials", initials


INITIALS: dict[str, str] = {}


def search(city: City) -> None:
    """Find people by any fragment, in the whole city, in a street and in a community."""
    _spell(city)
    city.chance.shuffle(city.samples)
    places = (None, ["AH"], ["AH0102"], ["AH010201"])
    wanted = list(itertools.islice(fragments(city), WARM_UP + SEARCHES))
    within = [places[number % len(places)] for number in range(len(wanted))]
    found = ask(
        [{"read": "people", "words": words, "within": place} for (_, words), place in zip(wanted, within, strict=True)]
    )[WARM_UP:]
    took = [one["ms"] for one in found]
    figures.say(
        f"search by any fragment among {city.count}, p95",
        f"{figures.percentile(took, 0.95):.1f} ms",
        f"median {median(took):.1f} ms, p99 {figures.percentile(took, 0.99):.1f} ms, {len(took)} searches "
        "(aim: p95 under 100 ms)",
    )
    everywhere = [one["ms"] for one, place in zip(found, within[WARM_UP:], strict=True) if place in places[:2]]
    figures.say("  of these in the whole city, p95", f"{figures.percentile(everywhere, 0.95):.1f} ms")
    kinds = [kind for kind, _ in wanted[WARM_UP:]]
    for kind in dict.fromkeys(kinds):
        of_kind = [(one["ms"], one["rows"]) for one, its in zip(found, kinds, strict=True) if its == kind]
        figures.say(
            f"  by {kind}",
            f"{median(ms for ms, _ in of_kind):.1f} ms",
            f"p95 {figures.percentile([ms for ms, _ in of_kind], 0.95):.1f} ms, "
            f"{sum(rows > 0 for _, rows in of_kind)} of {len(of_kind)} find somebody",
        )


def _spell(city: City) -> None:
    """Initials as the house spells them: what its search rows say of each name."""
    rows = city.connection.execute(
        "select p.name, s.words from persons p join person_searches s on s.person_id = p.id where p.name = any(%s)",
        ([name for name, *_ in city.samples],),
    )
    for name, words in rows:
        short = [word for word in words.split() if word.isascii() and word.isalpha() and len(word) == len(name)]
        if short:
            INITIALS[name] = short[0]


def queue(city: City) -> None:
    """The queue page's read with and without the condition on places, interleaved."""
    scopes: dict[str, list[str] | None] = {
        "no condition": None,
        "the city": ["AH"],
        "a district": ["AH01"],
        "a street": ["AH0102"],
        "three communities": ["AH010101", "AH010201", "AH020301"],
    }
    asked = [{"read": "queue", "within": scope} for _ in range(ROUNDS) for scope in scopes.values()]
    found = ask(asked)[WARM_UP * len(scopes) :]
    took = {name: [one["ms"] for one in found[at :: len(scopes)]] for at, name in enumerate(scopes)}
    for name in list(scopes)[1:]:
        scoped, bare = median(took[name]), median(took["no condition"])
        figures.say(
            f"queue page of {TICKETS} tickets, within {name}",
            f"{scoped / bare:.2f}x",
            f"{scoped:.2f} ms, the same read without scope {bare:.2f} ms; p95 "
            f"{figures.percentile(took[name], 0.95):.2f} and {figures.percentile(took['no condition'], 0.95):.2f} ms "
            "(aim: under 1.2x)",
        )


def load(city: City) -> None:
    """Import a list: half of its people are known, a few rows are wrong."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        _write_list(city, path)
        command = ["collection", "import", str(path), "--source", "bench", "--place", "AH", "--yes", "--json"]
        told = subprocess.run(
            [sys.executable, "-m", "flask", *command], cwd=PROJECT, env=os.environ, check=True, capture_output=True
        )
    found = json.loads(told.stdout.splitlines()[-1])
    figures.say(
        f"import of {found['rows']} rows into {city.count} people",
        f"{found['loaded_s']:.1f} s",
        f"checked after {found['checked_s']:.1f} s; peak memory {found['peak_mb']} MB (aim: under 90 s and 400 MB)",
    )
    for name, counts in found.items():
        if isinstance(counts, dict):
            figures.say(f"  {name}", "", ", ".join(f"{key} {value}" for key, value in sorted(counts.items())))


def _write_list(city: City, path: Path) -> None:
    known = city.connection.execute(
        "select p.name, p.sex, p.birth_date, h.community_code, h.address, c.msisdn from persons p "
        "join households h on h.id = p.household_id join contacts c on c.person_id = p.id "
        "where p.id >= %s and p.id %% 20 = 0 order by p.id limit %s",
        (city.first, LISTED // 2),
    ).fetchall()
    with path.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(HEADINGS)
        for number, (name, sex, born, community, address, msisdn) in enumerate(known):
            mobile = msisdn.removeprefix("+86")
            rows.writerow((name, "男" if sex == "M" else "女", born, community, address, _typed(mobile, number), ""))
            sex = "MF"[number % 2]
            rows.writerow(
                (
                    *(city.name(sex), "男" if sex == "M" else "女"),
                    _birthday(number),
                    city.communities[number % len(city.communities)],
                    f"{1 + number % 90}号楼{1 + number % 3}单元{1 + number % 18}{1 + number % 2:02d}",
                    _typed(f"1671{number:07d}", number),
                    "",
                )
            )


def _typed(mobile: str, number: int) -> str:
    """A number as people type it; one in a hundred cannot be kept."""
    dresses = (
        mobile,
        f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}",
        f"+86 {mobile}",
        f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}",
    )
    return mobile.replace("0", "O") if number % 100 == 0 else dresses[number % len(dresses)]


def _birthday(number: int) -> str:
    if number % 200 == 7:
        return "2099-01-01"
    return str(date(1940, 1, 1) + timedelta(days=number * 37 % 28_000))
