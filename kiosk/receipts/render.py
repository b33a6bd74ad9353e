"""A slip as a picture: a template and its facts in, black and white dots out."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def render(
    template_name: str,
    data: Mapping[str, object],
    *,
    width: int,
    lang: str = "ja",
    translations: gettext.NullTranslations | None = None,
) -> Image:
    """Lay out `templates/<template_name>` (say "linked.html") and return it as a mode "1" image exactly `width` dots wide."""
    raise NotImplementedError


def png_bytes(image: Image) -> bytes:
    """The same dots as a PNG, for the preview on the screen."""
    raise NotImplementedError


def preload(width: int = 576) -> None:
    """Do once, in the parent before the fork, what is slow the first time: fonts, style sheet, templates."""
    raise NotImplementedError
