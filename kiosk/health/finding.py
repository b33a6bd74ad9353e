"""What a check finds, for somebody who can do something about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How much it matters. A kiosk lacks nothing as long as no check finds a problem."""

    OK = "ok"
    INFO = "info"  # as somebody wanted it, and worth knowing
    WARNING = "warning"  # it works, and will not for long
    PROBLEM = "problem"  # something the kiosk is there for cannot be done


@dataclass(frozen=True)
class Finding:
    """what: the check's name. words: what is so. cure: what to do about it; a problem has one."""

    what: str
    state: State
    words: str
    cure: str = ""

    def __post_init__(self) -> None:
        if self.state is State.PROBLEM and not self.cure:
            raise ValueError(f"{self.what}: a problem without a cure is no help")

    @property
    def lacks(self) -> bool:
        return self.state is State.PROBLEM

    @property
    def said(self) -> str:
        return f"{self.words}; {self.cure}" if self.cure else self.words

    def __str__(self) -> str:
        return f"{'LACKS' if self.lacks else 'has  '}  {self.what:9} {self.said}"
