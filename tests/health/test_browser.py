"""The browser that shows the pages."""

from __future__ import annotations

from kiosk.health.browser import judge


def test_a_browser_is_where_it_was_found_or_has_to_be_installed() -> None:
    assert judge("/usr/bin/chromium").words == "/usr/bin/chromium"
    assert str(judge(None)) == "LACKS  browser   chromium is not installed; apt install chromium"
