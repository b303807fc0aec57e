"""The rules of the house, held by reading its sources and its wiring."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import app as house
from core import answers, jobs, wording

ROOT = Path(__file__).parent.parent.parent
DOMAINS = ("directory", "staff", "providers", "sms", "ticketing", "collection", "ivr")
PACKAGES = ("config", "core", "understanding", "telephony", *DOMAINS, "console")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
ROLES = {
    "__init__",
    "models",
    "service",
    "queries",
    "events",
    "reactions",
    "answers",
    "jobs",
    "routes",
    "forms",
    "errors",
    "cli",
    "guard",
    "prompts",
}
IMPURE = {"flask", "sqlalchemy", "redis", "rq", "twilio", "os", "random", "time", "requests", "core", "aiohttp"}
ALLOWED = {("core", "errors"), ("core", "answers")}
INLINE = re.compile(r"\sstyle=|\son(?!ly=)[a-z]+=[\"']|<script(?![^>]*\bsrc=)|\|\s*safe\b")
STRINGS_FOR_PEOPLE = re.compile(r"[\u4e00-\u9fff]")


def rules() -> list[Path]:
    """Every module of a domain whose name is not a role, at any depth outside the role folders."""
    found = []
    for domain in DOMAINS:
        for path in (ROOT / domain).rglob("*.py"):
            parts = path.relative_to(ROOT / domain).with_suffix("").parts
            if not set(parts) & ROLES:
                found.append(path)
    return found


def imports(path: Path) -> set[str]:
    """Every module that a source imports, dotted."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("path", rules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_rule_is_pure(path: Path) -> None:
    impure = {
        name for name in imports(path) if name.split(".")[0] in IMPURE and tuple(name.split(".")[:2]) not in ALLOWED
    }

    assert impure == set()


def test_only_the_unit_of_work_commits() -> None:
    assert [path for path in SOURCES if ".commit(" in path.read_text(encoding="utf-8")] == []


def test_only_the_clock_reads_the_clock() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if re.search(r"datetime\.now\(|\.utcnow\(|time\.time\(", path.read_text(encoding="utf-8"))
    }

    assert readers <= {"core/clock.py", "understanding/cli.py"}


def test_no_import_stands_inside_a_function() -> None:
    inside = [
        path
        for path in SOURCES
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function))
    ]

    assert inside == []


def test_every_wake_names_a_declared_job() -> None:
    woken = {
        name for path in SOURCES for name in re.findall(r"\.wake\(\"([a-z_.]+)\"\)", path.read_text(encoding="utf-8"))
    }

    assert woken <= set(jobs.declared())
    assert woken


def test_every_question_that_is_asked_has_a_taker() -> None:
    house.wire()
    asked = {kind for path in SOURCES for kind in _questions(path)}

    assert asked >= {"offer", "visit", "quote", "resolved", "rating"}
    assert answers.kinds() >= asked | {"job"}


def _questions(path: Path) -> Iterator[str]:
    """Kinds of question that a source puts to people: `sms.…(…, kind="…")` and `Ask("…", …)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        given: list[ast.expr] = []
        if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "sms":
            given = [word.value for word in node.keywords if word.arg == "kind"]
        elif isinstance(node.func, ast.Name) and node.func.id == "Ask":
            given = node.args[:1]
        yield from (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_both_languages_have_the_same_sentences_with_the_same_blanks() -> None:
    for package in PACKAGES:
        if not (ROOT / package / "wording" / "en.toml").exists():
            continue
        zh, en = wording.catalogue(package, "zh"), wording.catalogue(package, "en")
        assert set(zh) == set(en), package
        assert {key: wording.blanks(zh[key]) for key in zh} == {key: wording.blanks(en[key]) for key in en}, package


def test_every_sentence_that_a_page_names_exists() -> None:
    named = {
        key
        for path in ROOT.glob("*/templates/**/*.html")
        for key in re.findall(r"\bt\([\"']([a-z_]+\.[a-z_.0-9]+)[\"'],?[^~]*?\)", path.read_text(encoding="utf-8"))
    }
    missing = {key for key in named if key.split(".", 1)[1] not in wording.catalogue(key.split(".")[0], "zh")}

    assert named
    assert missing == set()


def test_no_sentence_for_people_stands_in_code() -> None:
    """Chinese characters in code are sentences; lexicons and corpora are data and live in files of their own."""
    allowed = ("understanding/", "directory/place_words", "telephony/msisdn", "core/web.py", "providers/", "directory/")
    found = []
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(allowed):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_doc = isinstance(node, ast.Expr)
            if is_doc:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and STRINGS_FOR_PEOPLE.search(node.value):
                found.append((name, node.value[:40]))
    docstrings = _docstrings()

    assert [one for one in found if one[1] not in docstrings] == []


def _docstrings() -> set[str]:
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                found.add(node.value.value[:40])
    return found


def test_no_template_has_inline_style_or_script() -> None:
    bad = [path for path in ROOT.glob("*/templates/**/*.html") if INLINE.search(path.read_text(encoding="utf-8"))]

    assert bad == []


def test_every_toml_file_can_be_read() -> None:
    for path in [
        *ROOT.glob("config/*.toml"),
        *ROOT.glob("*/wording/*.toml"),
        *ROOT.glob("understanding/lexicon/*.toml"),
    ]:
        assert tomllib.loads(path.read_text(encoding="utf-8")), path


def test_every_page_of_the_console_asks_for_a_permission(app: Flask) -> None:
    unguarded = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.")
        and not rule.endpoint.endswith(".static")
        and not hasattr(app.view_functions[rule.endpoint], "needs")
    ]

    assert unguarded == []


@pytest.mark.expects_errors
def test_every_webhook_refuses_an_unsigned_post(app: Flask) -> None:
    client = app.test_client()
    hooks = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] in {bp.name for bp in house.WEBHOOKS} and "POST" in (rule.methods or ())
    ]

    assert len(hooks) >= 5
    for rule in hooks:
        path = re.sub(r"<int:[a-z_]+>", "1", rule.rule)
        assert client.post(re.sub(r"<[a-z_:]+>", "x", path)).status_code == 403, rule.rule


FLASHED = {"code", "count", "day"}
"""What a sentence may hold that waits in the browser's cookie for the next page: never a name, number or text."""


def test_no_sentence_that_waits_in_a_cookie_holds_anything_of_a_person() -> None:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "flash":
                said = node.args[0]
                facts = {word.arg or "**" for word in said.keywords} if isinstance(said, ast.Call) else {"no call"}
                if not facts <= FLASHED:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} {sorted(facts - FLASHED)}")

    assert not found, "\n".join(found)
