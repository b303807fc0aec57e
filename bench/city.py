"""A city of made-up people: names by how common they are, households by size, 21 communities, doors in houses, tickets.

It is made anew from one seed and written by COPY.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import psycopg

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "1000000"))
TICKETS = PEOPLE // 5
SEED = 20_261_125
DOORS = 60  # of one building

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
