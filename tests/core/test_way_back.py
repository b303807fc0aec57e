"""Where one may be sent after signing in."""

from __future__ import annotations

import pytest

from core.way_back import safe


@pytest.mark.parametrize("wanted", ["/console/tickets/A1023", "/console/?view=mine", "/"])
def test_a_page_of_ours_is_gone_back_to(wanted: str) -> None:
    assert safe(wanted, "/home") == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        *("", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "console"),
        *("/\tx", "\\/x", "/\u2028/x", "http:///x", " //evil.example"),
        *("//[", "//\uff0f", "https://["),  # hosts that can be none
    ],
)
def test_another_site_is_not(wanted: str) -> None:
    assert safe(wanted, "/home") == "/home"
