"""The table of checks: every row can be shown and mended, and nothing else can be reported."""

from __future__ import annotations

import pytest

from kiosk.config.events import FIELDS
from kiosk.config.health import CHECKS, LEVELS, Check, Reason, level_of
from kiosk.ipc.messages import NotAMessage, Report, encode, question

OK = Reason("ok", "良好", "well")


def test_the_trail_and_the_board_have_the_same_names_for_checks_and_levels() -> None:
    assert FIELDS["check"].values == {name: (check.ja, check.en) for name, check in CHECKS.items()}
    assert tuple(FIELDS["level"].values or ()) == LEVELS


@pytest.mark.parametrize("name", CHECKS)
def test_every_reason_is_reported_and_arrives(name: str) -> None:
    for reason in CHECKS[name].reasons:
        assert question(encode(Report(name, reason))) == Report(name, reason)
        assert level_of(name, reason) in LEVELS


@pytest.mark.parametrize(
    ("check", "reason"), [("reader", "山田"), ("reader", "ready"), ("山田", "present"), ("", ""), ("reader", "")]
)
def test_nothing_else_is_reported(check: str, reason: str) -> None:
    with pytest.raises(ValueError, match="no such check or reason") as failed:
        Report(check, reason)
    assert "山田" not in str(failed.value)
    forged = encode(Report("reader", "present")).replace(b"reader", check.encode()).replace(b"present", reason.encode())
    if (check, reason) != ("reader", "present"):
        with pytest.raises(NotAMessage):
            question(forged)


def test_a_row_that_nobody_can_mend_or_that_is_never_well_does_not_fit() -> None:
    with pytest.raises(ValueError, match="somebody who can do something"):
        Reason("problem", "故障", "broken")
    with pytest.raises(ValueError, match="nothing else has"):
        Reason("ok", "良好", "well", "officer", ("直す", "mend it"))
    with pytest.raises(ValueError, match="can be well"):
        Check("server", "紙", "paper", 0, 0, {"none": Reason("info", "なし", "none")})
    assert Check("server", "紙", "paper", 0, 0, {"ok": OK}).reasons["ok"] is OK
