"""Matching one ticket among 10,000 providers, timed inside the house by its own command; the bare scan beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from statistics import median

import psycopg

from bench import figures
from bench.processes import PROJECT
from bench.texts import database

PROVIDERS = 10_000
REPEAT = 200

FILL = """
insert into providers (code, name, category, msisdn, lang, rating, ratings, max_open_jobs, standing)
select 'B' || n, 'bench ' || n, 'repair', '+86165' || lpad(n::text, 8, '0'), 'zh', 3 + (n % 20) / 10.0, n % 50, 3,
    'active'
from generate_series(1, %(count)s) n;
"""
SERVICES = """
insert into provider_services (provider_id, service)
select p.id, s.service from (select id, row_number() over (order by id) as n from providers where code like 'B%%') p
join (select service, row_number() over (order by service) as n, count(*) over () as all_of_them
      from (select distinct service from provider_services) x) s
on s.n in (p.n %% s.all_of_them + 1, (p.n * 7) %% s.all_of_them + 1)
on conflict do nothing
"""
AREAS = """
insert into provider_areas (provider_id, jurisdiction_code)
select p.id, j.code from (select id, row_number() over (order by id) as n from providers where code like 'B%%') p
join (select code, row_number() over (order by code) as n, count(*) over () as all_of_them from jurisdictions) j
on j.n = p.n %% j.all_of_them + 1
on conflict do nothing
"""
PAPERS = """
insert into credentials (provider_id, kind, valid_until, seen_by, seen_on)
select p.id, k.kind, current_date + 365, 'bench', current_date from providers p
cross join (select distinct kind from credentials) k where p.code like 'B%%'
on conflict do nothing
"""
BARE = """
select count(*) from providers p join provider_services s on s.provider_id = p.id and s.service = 'plumbing'
join provider_areas a on a.provider_id = p.id and a.jurisdiction_code in ('AH', 'AH01', 'AH0101', 'AH010102')
"""


def measure() -> None:
    """Print the median of ranking, and of the bare query behind it."""
    with database() as connection:
        connection.execute(FILL.replace("%(count)s", str(PROVIDERS)).encode())
        for statement in (SERVICES, AREAS, PAPERS):
            connection.execute(statement.replace("%%", "%").encode())
        for table in ("providers", "provider_services", "provider_areas", "credentials"):
            connection.execute(f"analyze {table}".encode())
        bare = median(_timed(connection) for _ in range(REPEAT))
    command = [sys.executable, "-m", "flask", "tickets", "ranking", "--service", "plumbing", "--place", "AH010102"]
    told = subprocess.run(
        [*command, "--repeat", str(REPEAT), "--json"], cwd=PROJECT, env=os.environ, check=True, capture_output=True
    )
    found = json.loads(told.stdout.splitlines()[-1])
    figures.say(
        f"matching one ticket among {PROVIDERS} providers",
        f"{found['median_ms']:.2f} ms",
        f"{found['candidates']} candidates read, {found['queries']} statement(s); bare query {bare:.2f} ms, "
        f"{found['median_ms'] / bare:.1f}x of it",
    )


def _timed(connection: psycopg.Connection) -> float:
    began = time.perf_counter()
    connection.execute(BARE).fetchone()
    return (time.perf_counter() - began) * 1000
