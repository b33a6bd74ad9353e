"""A slip as a flow sees it: a template's name and the public facts on it. It never holds anything about the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Receipt:
    """name: the template `receipts/templates/<name>.html`; facts: neutral values the template shows."""

    name: str
    facts: Mapping[str, object] = field(default_factory=dict, repr=False)
