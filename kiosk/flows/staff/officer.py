"""Whoever has been let in, as every act of theirs is told: by number and role, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.events import Event, event
from kiosk.ipc.messages import Role


@dataclass(frozen=True)
class Officer:
    """staff: the staff number."""

    staff: int
    role: Role

    def did(self, name: str, **fields: object) -> Event:
        """An act of theirs, of the table. Raises NotAnEvent."""
        return event(name, staff=self.staff, role=self.role, **fields)
