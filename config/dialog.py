"""dialog.toml, read once: the phone dialog as the community wrote it. ivr.tree builds and checks it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from config.settings import BadSetting

HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def current() -> Mapping[str, Any]:
    """The dialog of this installation, as written."""
    return load(HERE / "dialog.toml")


def load(path: Path) -> Mapping[str, Any]:
    """Read a dialog file. Raises BadSetting when it is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as err:
        raise BadSetting(f"{path.name} cannot be used: {err}.") from err
