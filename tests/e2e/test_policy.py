"""The policy that is shipped, in a real Chromium: it knows every name, lets the kiosk's page through and nothing else,
and holds under the keeper as it does on an appliance."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Playwright

from kiosk.config.kiosk import Session
from tests.e2e import policed
from tests.e2e.test_glass import HERE, Glass
from tests.forgetting.screen import AS_ROOT, Display
from tests.stage import Stage

# What a test that asks Chromium must leave out: it speaks through the one door, and in a window that is not forced.
DOORS = ("RemoteDebuggingAllowed", "DeveloperToolsAvailability", "IncognitoModeAvailability")
OLD = {"AutofillAddressEnabled", "AutofillCreditCardEnabled"}  # deprecated, and still obeyed
KNOWN = """() => Object.fromEntries([...function* rows(root) {
  for (const each of root.querySelectorAll("*")) {
    if (each.localName === "policy-row" && each.policy?.name)
      yield [each.policy.name, each.shadowRoot.querySelector(".messages").textContent.trim()];
    if (each.shadowRoot) yield* rows(each.shadowRoot);
  }
}(document)])"""
ELSEWHERE = (
    *("chrome://version", "chrome://settings", "chrome://policy", "chrome://newtab", "chrome://history"),
    *("chrome-untrusted://new-tab-page", "devtools://devtools/bundled/inspector.html"),
    *("file:///etc/hostname", "https://example.com/", "http://192.0.2.1/", "http://127.0.0.1:1/"),
)
CHORDS = (
    *("ctrl+t", "alt+Home", "ctrl+j", "ctrl+shift+n", "ctrl+n", "alt+shift+n", "alt+shift+p", "shift+Escape"),
    *("ctrl+shift+a", "ctrl+d", "ctrl+f", "ctrl+h", "ctrl+w", "ctrl+F4", "alt+F4", "F11", "F12", "ctrl+shift+i"),
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("policed")
    if why := policed.missing(made):
        pytest.skip(why)
    return made


@contextmanager
def browser(playwright: Playwright, directory: Path, port: int, without: tuple[str, ...]) -> Iterator[BrowserContext]:
    program = policed.chromium(directory, port, without)
    made = playwright.chromium.launch_persistent_context(
        directory / "profile", executable_path=program, args=[*AS_ROOT]
    )
    try:
        yield made
    finally:
        made.close()


def test_chromium_knows_every_policy_and_finds_its_value_right(playwright: Playwright, directory: Path) -> None:
    with browser(playwright, directory / "known", 8888, (*DOORS, "URLBlocklist")) as asked:
        page = asked.new_page()
        page.goto("chrome://policy")
        page.wait_for_function(f"'TranslateEnabled' in ({KNOWN})()")
        known: dict[str, str] = page.evaluate(KNOWN)
    assert set(policed.SHIPPED) <= set(known)
    set_ = {name: said for name, said in known.items() if said != "Not set."}
    assert set(set_) == set(policed.SHIPPED) - {*DOORS, "URLBlocklist"}
    assert {name for name, said in set_.items() if said != "OK"} <= OLD


def test_nothing_but_the_kiosk_can_be_gone_to(playwright: Playwright, directory: Path, tmp_path: Path) -> None:
    with Stage(tmp_path) as stage, browser(playwright, directory / "blocked", stage.port, DOORS) as asked:
        page = asked.new_page()
        page.goto(stage.address)
        page.wait_for_selector("[data-answer=start]")
        assert page.url.endswith(f".localhost:{stage.port}/")
        for address in (*ELSEWHERE, f"view-source:{page.url}"):
            with pytest.raises(Error, match="ERR_BLOCKED_BY_ADMINISTRATOR"):
                asked.new_page().goto(address)


def test_the_keepers_browser_shows_the_page_under_it_and_opens_nothing_else(directory: Path) -> None:
    """All of the policy, and the keeper's flags: neither takes from the other what it needs."""
    stage = Stage(directory / "stage", session=Session())
    program = policed.chromium(directory / "whole", stage.port)
    with stage, Display(stage.settings, stage.temporary, str(program)) as display:
        since = stage.wait_log(HERE, 40)
        glass = Glass(stage, display)
        glass.steady()
        assert glass.opened_by(CHORDS) == []
        display.press("Return")
        stage.wait_log("screen home", since=since)
        assert display.keeper.pid is not None
        etc = Path(f"/proc/{display.keeper.pid}/root/etc/chromium/policies/managed")
        assert os.listdir(etc) == ["policies.json"], "it stood under the policy"
