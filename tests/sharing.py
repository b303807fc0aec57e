"""How the tests are shared out among workers: whole files, and all that run the whole house to one of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

ONE_WORKERS = ("tests/browser/", "tests/journeys/", "tests/setup/", "tests/privacy/test_canaries.py")
"""Real processes, with a real clock: two such houses side by side on two cores would time each other out."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduler of a run with `-n`: what a file prepares is prepared once."""
    scheduler = import_module("xdist.scheduler").LoadFileScheduling(config, log)
    scheduler._split_scope = _share_of
    return scheduler


def _share_of(test: str) -> str:
    return "the running house" if test.startswith(ONE_WORKERS) else test.partition("::")[0]
