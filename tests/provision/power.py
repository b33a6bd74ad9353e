"""The power, which goes before the n-th thing that is to happen: a step of a module's, called by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType

import pytest


class Power:
    """left: how many steps it still lasts for. cut: it has gone. error: what whoever takes that step then meets."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, after: int, error: BaseException, steps: Sequence[tuple[ModuleType, str]]
    ) -> None:
        self.left, self.cut = after, False
        for module, name in steps:
            happens = getattr(module, name)

            def goes(*arguments: object, happens: Callable[..., object] = happens) -> object:
                if self.left == 0:
                    self.cut = True
                    raise error
                self.left -= 1
                return happens(*arguments)

            monkeypatch.setattr(module, name, goes)
