"""Which language to write."""

from __future__ import annotations

import pytest

from directory.language import of_person


@pytest.mark.parametrize(("spoken", "written"), [("zh", "zh"), ("zh-dialect", "zh"), ("yue", "zh"), ("en", "en")])
def test_who_speaks_dialect_or_cantonese_reads_chinese(spoken: str, written: str) -> None:
    assert of_person(spoken) == written
