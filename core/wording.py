"""Every sentence of pages, prompts and refusals: TOML catalogues by language, one folder `wording/` in each package."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Formatter

LANGUAGES = ("zh", "en")
HTML_LANG = {"zh": "zh-CN", "en": "en"}
HOUSE = Path(__file__).parent.parent


class WordingMissing(Exception):
    """A sentence or one of its facts is missing: a mistake of ours, never shown to people."""


@lru_cache(maxsize=64)
def catalogue(package: str, lang: str) -> Mapping[str, str]:
    """The sentences of a package in one language (`zh`, `en`), nested tables joined by dots.

    They stand in `wording/en.toml`, and where there are many also in one file for each part: `wording/people.en.toml`.
    Raises WordingMissing when two files hold the same sentence.
    """
    folder, tag = HOUSE / package / "wording", HTML_LANG[lang]
    found: dict[str, str] = {}
    for path in (folder / f"{tag}.toml", *sorted(folder.glob(f"*.{tag}.toml"))):
        part = _flat(tomllib.loads(path.read_text(encoding="utf-8")), "")
        if twice := found.keys() & part.keys():
            raise WordingMissing(f"{package}/{min(twice)} in {lang} stands in two files")
        found |= part
    return found


def say(package: str, key: str, lang: str, /, **facts: object) -> str:
    """One sentence with its blanks filled. Raises WordingMissing when the key or a fact is not there."""
    try:
        sentence = catalogue(package, lang)[key]
        return sentence.format(**facts)
    except (KeyError, IndexError) as err:
        raise WordingMissing(f"{package}/{key} in {lang}: {err}") from err


def blanks(sentence: str) -> frozenset[str]:
    """The names of the facts that a sentence needs."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


def _flat(table: Mapping[str, object], prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found.update(_flat(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = str(value)
    return found
