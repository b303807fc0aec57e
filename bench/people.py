"""A city of one million people: look-up by number, search by any fragment, the queue within a scope, a list of 100,000.

The people are made up anew from one seed: names by how common they are, households by size, 21 communities. They are
written by COPY; the house's own command makes the rows that its search reads. Every figure is taken by commands of the
house that time themselves.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import random
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
from bench.processes import PROJECT
from bench.texts import database

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "1000000"))
TICKETS = PEOPLE // 5
LISTED = PEOPLE // 10  # rows of the list that is imported
SEED = 20_261_125
DOORS = 60  # of one building
LOOK_UPS = 400
SEARCHES = 600
ROUNDS = 200  # of the queue, each side of the comparison
WARM_UP = 20

SURNAMES = (
    "王7.2 李7.0 张6.8 刘5.4 陈4.5 杨3.1 赵2.3 黄2.2 周2.1 吴2.0 徐1.7 孙1.5 胡1.3 朱1.3 高1.2 林1.2 何1.2 郭1.1 "
    "马1.1 罗0.9 梁0.8 宋0.8 郑0.8 谢0.7 韩0.7 唐0.7 冯0.6 于0.6 董0.6 萧0.6 程0.6 曹0.5 袁0.5 邓0.5 许0.5 傅0.5 "
    "沈0.5 曾0.5 彭0.5 吕0.4 苏0.4 卢0.4 蒋0.4 蔡0.4 贾0.4 丁0.4 魏0.4 薛0.4 叶0.4 阎0.4 余0.4 潘0.4 杜0.4 戴0.3 "
    "夏0.3 钟0.3 汪0.3 田0.3 任0.3 姜0.3 范0.3 方0.3 石0.3 姚0.3 谭0.3 廖0.3 邹0.3 熊0.3 金0.3 陆0.3 郝0.3 孔0.2 "
    "白0.2 崔0.2 康0.2 毛0.2 邱0.2 秦0.2 江0.2 史0.2 欧阳0.1 上官0.05 司马0.03 诸葛0.03 单0.05 解0.05 仇0.03 覃0.05 "
    "翟0.05 区0.02"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玉萍红建国华海燕春梅志龙飞鹏宇轩浩然子涵欣怡梓晨雨桐佳琪思远博雅"
    "淑珍凤荣德福祥瑞兴旺庆云天成安宁和美林森晓东小晴嘉诚家豪俊逸紫萱若曦语嫣诗婷婧琳琳玲珊珊莉薇婉清新月星辰阳光耀宗祖"
)
SIZES = (1, 2, 2, 3, 3, 3, 4, 5)  # people of a household

TABLES = {
    "buildings": "id, community_code, name, access_note",
    "dwellings": "id, community_code, address, plain, building_id, unit, floor, door, use",
    "placements": "dwelling_id, community_code",
    "households": "id, community_code, address, dwelling_id, note",
    "persons": "id, name, sex, birth_date, lang, household_id",
    "residences": "person_id, household_id, kind",
    "contacts": "person_id, msisdn, kind",
}
HEADINGS = ("姓名", "性别", "出生日期", "社区", "地址", "手机", "是否户主")
QUEUE = """
insert into tickets (code, kind, state, category, service, tier, lang, msisdn, person_id, household_id, requester_name,
    address, jurisdiction_code, description, source, is_draft, opened_at, contact_by, contacted_at, clock_from,
    close_by, closed_at, released_at, round, rounds_before, reopened, is_overdue, is_supervised, is_confidential,
    warned, close_reason, version)
select chr((65 + n / 10000 %% 26)::int) || lpad((n %% 10000)::text, 4, '0'), 'service',
    case when n %% 33 = 0 then 'open' else 'closed' end, 'repair', 'plumbing', 'T' || (1 + n %% 4), 'zh', c.msisdn,
    p.id, h.id, p.name, h.address, h.community_code, 'bench', 'call', false, t.at, t.at + interval '30 minutes',
    t.at + interval '10 minutes', t.at, t.at + interval '24 hours',
    case when n %% 33 > 0 then t.at + interval '5 hours' end,
    case when n %% 33 > 0 then t.at + interval '6 hours' end, 0, 0, 0, false, false, false, 0, '', 1
from (select n, %(first)s + (n::bigint * 7919) %% %(people)s as person, now() - n * interval '3 minutes' as at
      from generate_series(1, %(count)s) n) t
join persons p on p.id = t.person join households h on h.id = p.household_id
left join lateral (select msisdn from contacts where person_id = p.id order by id limit 1) c on true
"""


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


class City:
    """What was made up: enough of it to ask for it again."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.chance = random.Random(SEED)  # noqa: S311 - a workload, not a secret
        surnames = [
            (one.rstrip(".0123456789"), float(one.lstrip(one.rstrip(".0123456789")))) for one in SURNAMES.split()
        ]
        self.surnames = [name for name, _ in surnames]
        self.shares = [share for _, share in surnames]
        self.communities = self._rows("select code from jurisdictions where level = 'community' order by code")
        self.first = self._next("persons")
        self.count = PEOPLE
        self.homes = 0
        self.samples: list[tuple[str, str, str, str, date]] = []  # name, community, address, number, birthday

    def told(self) -> str:
        """What the city holds, in a few words."""
        return f"{self.homes} households in {len(self.communities)} communities, {TICKETS} tickets"

    def name(self, sex: str) -> str:
        """A name; how often it occurs is much as in life."""
        surname = self.chance.choices(self.surnames, self.shares)[0]
        return surname + "".join(self.chance.choices(GIVEN, k=1 if self.chance.random() < 0.15 else 2))

    def fill(self) -> None:
        """Write everybody by COPY, then the tickets; the statistics are brought up to date."""
        rows: dict[str, list[Sequence[object]]] = {table: [] for table in TABLES}
        for person in range(self.first, self.first + PEOPLE):
            if not rows["persons"] or not self._left:
                self._enter_home(rows)
            self._left -= 1
            self._enter(rows, person)
            if len(rows["persons"]) >= 50_000:
                self._write(rows)
        self._write(rows)
        for table in ("buildings", "dwellings", "households", "persons"):
            self.connection.execute(
                f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))"  # noqa: S608
            )
        self.connection.execute("analyze")  # else each ticket's number may be sought through every contact there is
        self.connection.execute(QUEUE.encode(), {"first": self.first, "people": PEOPLE, "count": TICKETS})
        self.connection.execute("vacuum analyze")

    _left = 0

    def _enter_home(self, rows: dict[str, list[Sequence[object]]]) -> None:
        base, number = self._bases, self.homes
        community = self.communities[number % len(self.communities)]
        door = number // len(self.communities)
        building, within = divmod(door, DOORS)
        unit, level, side = within // 20 + 1, within % 20 // 2 + 1, within % 2 + 1
        words = f"{100 + building}号楼"
        house = base["buildings"] + building * len(self.communities) + number % len(self.communities)
        if not within:
            rows["buildings"].append((house, community, words, ""))
        self._home, self._community = base["households"] + number, community
        self._address = f"{words}{unit}单元{level:d}{side:02d}"
        dwelling = base["dwellings"] + number
        rows["dwellings"].append(
            (
                dwelling,
                community,
                self._address,
                self._address,
                house,
                str(unit),
                str(level),
                f"{level}{side:02d}",
                "home",
            )
        )
        rows["placements"].append((dwelling, community))
        rows["households"].append((self._home, community, self._address, dwelling, ""))
        self._left = self.chance.choice(SIZES)
        self._number = f"+86162{10_000_000 + number:08d}"
        self.homes += 1

    def _enter(self, rows: dict[str, list[Sequence[object]]], person: int) -> None:
        sex = "MF"[person % 2]
        name = self.name(sex)
        born = date(1930, 1, 1) + timedelta(days=self.chance.randrange(34_000))
        rows["persons"].append((person, name, sex, born, "zh", self._home))
        rows["residences"].append((person, self._home, "owner"))
        has_own = self.chance.random() < 0.7  # the others share the household's number
        number = f"+86165{10_000_000 + person % 89_000_000:08d}" if has_own else self._number
        rows["contacts"].append((person, number, "mobile"))
        if person % (PEOPLE // 2000 or 1) == 0:
            self.samples.append((name, self._community, self._address, number, born))

    def _write(self, rows: dict[str, list[Sequence[object]]]) -> None:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for table, columns in TABLES.items():
                with cursor.copy(f"copy {table} ({columns}) from stdin") as copy:
                    for row in rows[table]:
                        copy.write_row(row)
                rows[table].clear()

    @property
    def _bases(self) -> dict[str, int]:
        if not hasattr(self, "_base"):
            self._base = {table: self._next(table) for table in ("buildings", "dwellings", "households")}
        return self._base

    def _next(self, table: str) -> int:
        return int(self._rows(f"select coalesce(max(id), 0) + 1 from {table}")[0])  # noqa: S608

    def _rows(self, statement: str) -> list[Any]:
        return [row[0] for row in self.connection.execute(statement.encode())]


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
