"""The fonts of screen and slip. Without them a name becomes boxes. `look.installed_fonts` asks fontconfig for each."""

from __future__ import annotations

from kiosk.health.finding import Finding, State

FONTS = {  # family, and Debian's package
    "BIZ UDPGothic": "fonts-morisawa-bizud-gothic",  # screen and slip
    "Noto Sans CJK JP": "fonts-noto-cjk",  # rare characters of names
}


def judge(family: str, there: bool | None) -> Finding:
    """family: of FONTS. there: whether it is installed; None when there is nothing to ask."""
    package = FONTS[family]
    if there is None:
        return Finding("font", State.PROBLEM, f"{family}: cannot be looked for", f"apt install fontconfig {package}")
    if not there:
        return Finding("font", State.PROBLEM, f"{family} is not installed", f"apt install {package}")
    return Finding("font", State.OK, family)
