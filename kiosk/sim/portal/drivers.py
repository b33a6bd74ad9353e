"""What the sandbox knows of drivers while it runs: the records, and who has been linked since it started.

A person is found by what the certificate states: name and date of birth, and the address too when the record has one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from kiosk.portal.model import Applicant, Licence, Refusal
from kiosk.sim.portal.certificate import Holder, agrees
from kiosk.sim.portal.records import Record
from kiosk.sim.portal.signature import Refused


class Drivers:
    def __init__(self, records: Iterable[Record]) -> None:
        # those with an address first: they say more exactly whom they mean
        self._records = sorted(records, key=lambda record: record.address is None)
        self._linked: set[int] = set()  # places in the list
        self._lock = threading.Lock()

    def link(self, holder: Holder) -> Licence:
        """Link the person the certificate names. Raises `Refused`."""
        with self._lock:
            for place, record in enumerate(self._records):
                if _is_of(record, holder):
                    if record.link == "release_first":
                        raise Refused(Refusal.RELEASE_FIRST)
                    if record.link == "linked" or place in self._linked:
                        raise Refused(Refusal.ALREADY_LINKED)
                    self._linked.add(place)
                    return record.licence
        raise Refused(Refusal.NO_LICENCE)

    def phone_certificate(self, applicant: Applicant) -> bool:
        """Whether to offer signing with a phone. Only a hint: nobody has proven to be anybody yet."""
        return any(
            record.phone_certificate
            for record in self._records
            if record.name == applicant.name and record.birth_date == applicant.birth_date
        )

    def release_all(self) -> None:
        """Undo every link made since the start."""
        with self._lock:
            self._linked.clear()


def _is_of(record: Record, holder: Holder) -> bool:
    return (
        record.birth_date == holder.birth_date
        and agrees(record.name, holder.name, holder.name_flags)
        and (record.address is None or agrees(record.address, holder.address, holder.address_flags))
    )
