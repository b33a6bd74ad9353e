"""Chromium, for whoever looks at a page through Playwright: without what no kiosk has, and as little more as can be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright, sync_playwright

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
