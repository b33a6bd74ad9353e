"""What the sandbox knows of drivers while it runs: the records, and whose link was made or released since it started.

A person is found by what the certificate states: name and date of birth, and the address too when the record has one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from kiosk.portal.model import Applicant, Licence, Refusal
from kiosk.sim.people import Link
from kiosk.sim.portal.certificate import Holder, agrees
from kiosk.sim.portal.records import Record
from kiosk.sim.portal.signature import Refused


class Drivers:
    def __init__(self, records: Iterable[Record]) -> None:
        # those with an address first: they say more exactly whom they mean
        self._records = sorted(records, key=lambda record: record.address is None)
        self._linked: set[int] = set()  # places in the list
        self._released: set[int] = set()  # of those whose record has a link
        self._lock = threading.Lock()

    def link(self, holder: Holder) -> Licence:
        """Link the person the certificate names. Raises `Refused`."""
        with self._lock:
            place = self._place(holder)
            if place is None:
                raise Refused(Refusal.NO_LICENCE)
            licence = self._records[place].licence
            match self._link(place):
                case "release_first":
                    raise Refused(Refusal.RELEASE_FIRST)
                case "linked":
                    raise Refused(Refusal.ALREADY_LINKED, licence)
            self._linked.add(place)
            return licence

    def release(self, holder: Holder, any_link: bool) -> bool:
        """Release the link of a lapsed licence, which comes first, or with `any_link` that in force. Returns whether it
        was of a lapsed one. Raises `Refused`."""
        with self._lock:
            place = self._place(holder)
            link = "none" if place is None else self._link(place)
            if place is None or link == "none":
                raise Refused(Refusal.NOT_LINKED)
            if link == "linked" and not any_link:
                raise Refused(Refusal.RELEASE_NOT_HERE)
            self._linked.discard(place)
            self._released.add(place)
            return link == "release_first"

    def phone_certificate(self, applicant: Applicant) -> bool:
        """Whether to offer signing with a phone. Only a hint: nobody has proven to be anybody yet."""
        return any(
            record.phone_certificate
            for record in self._records
            if record.name == applicant.name and record.birth_date == applicant.birth_date
        )

    def release_all(self) -> None:
        """Undo every link and every release made since the start."""
        with self._lock:
            self._linked.clear()
            self._released.clear()

    def _place(self, holder: Holder) -> int | None:
        return next((place for place, record in enumerate(self._records) if _is_of(record, holder)), None)

    def _link(self, place: int) -> Link:
        """How that person is linked now."""
        if place in self._linked:
            return "linked"
        return "none" if place in self._released else self._records[place].link


def _is_of(record: Record, holder: Holder) -> bool:
    return (
        record.birth_date == holder.birth_date
        and agrees(record.name, holder.name, holder.name_flags)
        and (record.address is None or agrees(record.address, holder.address, holder.address_flags))
    )
