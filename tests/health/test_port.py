"""The port of the pages."""

from __future__ import annotations

from kiosk.health.port import judge


def test_a_port_is_free_ours_or_in_the_way() -> None:
    assert str(judge(8888, True, False)) == "has    port      8888 is free"
    assert str(judge(8888, False, True)) == "has    port      8888: a kiosk is serving there"
    assert str(judge(8888, False, None)).startswith("has    port      8888 is taken; by whom, ")
    assert str(judge(8888, False, False)) == (
        "LACKS  port      8888 is taken by another program; stop that one, or change server.port"
    )
