"""What can be made to go wrong at the sandbox, each as a switch. The dock and the tests hold the same object.

A fault strikes one call (`on="submit"`) or all of them, once (`times=1`) or until it is switched off.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum

OF_A_LINKING = ("begin", "state", "hold", "submit", "cancel")
OF_A_RELEASE = tuple(f"{call}_release" for call in OF_A_LINKING)
CALLS = ("status", *OF_A_LINKING, *OF_A_RELEASE)


class Fault(Enum):
    """What happens. The value means what stands in brackets, with its default."""

    CLOSED = "closed"  # the problem `closed`; state is answered all the same  (minutes until it opens: unsaid)
    SLOW = "slow"  # silence before anything is done  (seconds: 30)
    TRICKLE = "trickle"  # the work is done, the answer comes a byte at a time  (seconds between bytes: 0.5)
    SERVER_ERROR = "server_error"  # 500 without a problem document, nothing done
    CUT = "cut"  # the connection ends, nothing done
    LOST_ANSWER = "lost_answer"  # the work is done, and then the connection ends
    MALFORMED = "malformed"  # the work is done, the answer is spoilt  (a key of MALFORMED: not_json)
    WRONG_CERTIFICATE = "wrong_certificate"  # TLS with another certificate  (one of CERTIFICATES: stranger)


MALFORMED = {
    "not_json": b"<html><body>Bad gateway</body></html>",
    "empty": b"",
    "null": b"null",
    "not_utf8": b'{"id":"\xff\xfe"}',
    "wrong_types": b'{"id":1,"nonce":[],"terms":"x","expires":{},"phone_certificate":"yes","reference":true,'
    b'"linked_at":0,"licence":[],"state":[],"applicant_data":7,"status":{}}',
    "deep": b"[" * 100_000,
    "deep_member": b'{"more":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
    "huge_number": b'{"phone_certificate":' + b"9" * 100_000 + b'e999999999,"id":1e400}',
    "huge": b" " * 10_000_000,
    "control": b'{"id":"\\u001b[2J","nonce":"\\u0000","reference":"\\u202e123","state":"held\\n"}',
    "truncated": b"",  # the true answer, cut in the middle
    "wrong_media": b"",  # the true answer, called text/html
}
CERTIFICATES = ("stranger", "other_name", "expired", "not_yet")
VALUES = {
    Fault.WRONG_CERTIFICATE: {"": "stranger", **{name: name for name in CERTIFICATES}},
    Fault.MALFORMED: {"": "not_json", **{name: name for name in MALFORMED}},
}


@dataclass(frozen=True)
class Switch:
    on: str | None
    times: int | None
    value: str


class Faults:
    """The switches. All are off at first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._switches: dict[Fault, Switch] = {}
        self._changed = threading.Condition(self._lock)

    def switch_on(self, fault: Fault, on: str | None = None, times: int | None = None, value: str = "") -> None:
        """Raises ValueError for a call or a value that does not exist."""
        if on is not None and on not in CALLS:
            raise ValueError(f"on: there is no call {on}; the calls are {', '.join(CALLS)}")
        if fault is Fault.WRONG_CERTIFICATE and (on, times) != (None, None):
            raise ValueError("wrong_certificate: TLS comes before any call is known, so on and times cannot be given")
        if fault in VALUES:
            if value not in VALUES[fault]:
                raise ValueError(f"{fault.value}: the values are {', '.join(filter(None, VALUES[fault]))}")
            value = VALUES[fault][value]
        elif value:
            float(value)
        with self._lock:
            self._switches[fault] = Switch(on, times, value)
            self._changed.notify_all()

    def switch_off(self, fault: Fault) -> None:
        with self._lock:
            self._switches.pop(fault, None)
            self._changed.notify_all()

    def clear(self) -> None:
        with self._lock:
            self._switches.clear()
            self._changed.notify_all()

    def active(self) -> dict[str, Switch]:
        with self._lock:
            return {fault.value: switch for fault, switch in self._switches.items()}

    def strikes(self, fault: Fault, call: str | None = None) -> str | None:
        """The value when the fault strikes this call now (which counts), else None."""
        with self._lock:
            switch = self._switches.get(fault)
            if switch is None or (switch.on is not None and switch.on != call):
                return None
            if switch.times is not None:
                self._switches[fault] = Switch(switch.on, switch.times - 1, switch.value)
                if switch.times <= 1:
                    del self._switches[fault]
            return switch.value

    def stall(self, seconds: float) -> None:
        """Wait so long, or until any switch is touched."""
        with self._lock:
            self._changed.wait(seconds)
