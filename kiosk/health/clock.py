"""The machine's clock, held against whatever is known not to lie ahead of it.

Nothing on this machine knows the hour better than its clock does. But a day on which somebody made a certificate or
confirmed a fact has passed, so a clock before it is behind; and the portal tells its own hour, in every answer and by
its certificate, without which there is no answer. A clock that is wrong is named here, since it looks like something
else everywhere else: like a portal that cannot be reached, or a certificate that has ended. `look.passed` gathers those
days.
"""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.health.finding import Finding, State
from kiosk.portal.errors import APART_SECONDS, IllTimed
from kiosk.portal.model import Moment

CURE = "set the clock, and have it kept right by a time service"
FAILURES = {
    IllTimed.NOT_YET: ("before the portal's certificate begins", CURE),
    IllTimed.NO_MORE: (
        "after the portal's certificate has ended",
        f"if that is not the hour, {CURE}; if it is, the portal's operator has to renew the certificate",
    ),
}


def judge(
    now: Moment, passed: Mapping[str, Moment], ill_timed: IllTimed | None = None, ahead: float | None = None
) -> Finding:
    """now: what the clock says. passed: moments that have passed, by what tells of them. ill_timed: what TLS with the
    portal failed for. ahead: by how many seconds it is ahead of the portal's; None: the portal has not said."""
    says = f"it says {now:%Y-%m-%d %H:%M %z}"
    last = max(passed, key=lambda each: passed[each], default=None)
    if last is not None and now < passed[last]:
        return Finding("clock", State.PROBLEM, f"{says}, but {last} is of {passed[last]:%Y-%m-%d}", CURE)
    if ill_timed is not None:
        words, cure = FAILURES[ill_timed]
        return Finding("clock", State.PROBLEM, f"{says}, {words}", cure)
    if ahead is not None and abs(ahead) > APART_SECONDS:
        side = "ahead of" if ahead > 0 else "behind"
        words = f"{says}, {abs(ahead) / 60:.0f} minutes {side} the portal's"
        return Finding("clock", State.WARNING, words, CURE)
    return Finding("clock", State.OK, says)
