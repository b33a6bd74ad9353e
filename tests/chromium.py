"""Chromium, for whoever looks at a page through Playwright: without what no kiosk has, and as little more as can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, sync_playwright

from kiosk.services.browser import FEATURES_OFF
from tests.forgetting.screen import AS_ROOT

PROGRAM = "/usr/bin/chromium"
# Of two lists of features the last one holds, so ours has to have what Playwright turns off, too: what asks Google for
# something at the start, and what would stand between a test and what it looks at.
PLAYWRIGHTS = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "NetworkTimeServiceQuerying",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
SANDBOXED = "An iframe which has both allow-scripts and allow-same-origin for its sandbox attribute can escape"
ARGUMENTS = (f"--disable-features={','.join((*FEATURES_OFF, *PLAYWRIGHTS))}", *AS_ROOT)


@contextmanager
def started(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=PROGRAM, args=[*ARGUMENTS, *flags])
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def alone() -> Iterator[Browser]:
    """For a process that has no Playwright yet."""
    with sync_playwright() as playwright, started(playwright) as browser:
        yield browser


@contextmanager
def heard(page: Page, counts: Callable[[ConsoleMessage], bool] = lambda _message: True) -> Iterator[list[str]]:
    """What a page's console says meanwhile, and what none of its scripts has caught; a breach of the content security
    policy is said there, too. Left out is what Chromium says of every page that is sandboxed and has scripts, as ours
    (kiosk/web/app.py): no iframe, whose sandbox its parent could take away. counts: of the other messages."""
    words: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if not message.text.startswith(SANDBOXED) and counts(message):
            words.append(f"{message.text}: {message.location['url']}")

    def fail(error: object) -> None:
        words.append(str(error))

    page.on("console", listen)
    page.on("pageerror", fail)
    try:
        yield words
    finally:
        page.remove_listener("console", listen)
        page.remove_listener("pageerror", fail)
