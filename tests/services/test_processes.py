"""What is asked of the kernel, of processes that are there, stand still and have gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

from kiosk.services.processes import has_ended, kill_group, processor_seconds, waited_seconds
from tests.stage import until


def test_what_a_process_works_is_what_all_below_it_have_used() -> None:
    spins = f"import os, time; os.fork(); end = {time.monotonic()} + 60\nwhile time.monotonic() < end: pass"
    with subprocess.Popen([sys.executable, "-c", spins], process_group=0) as process:
        try:
            until(lambda: processor_seconds(process.pid) >= 0.5)
        finally:
            kill_group(process)
    with subprocess.Popen(["sleep", "60"], process_group=0) as process:
        assert processor_seconds(process.pid) < 0.5
        kill_group(process)
    assert processor_seconds(process.pid) == 0


def test_who_waits_for_a_processor_is_told_from_who_stands_still() -> None:
    """Two on one processor: each waits while the other has it, until it is stopped."""
    one = str(min(os.sched_getaffinity(0)))
    both = [subprocess.Popen(["taskset", "-c", one, "sh", "-c", "while :; do :; done"]) for _ in "ab"]
    try:
        until(lambda: waited_seconds(each.pid for each in both) >= 0.2)
        assert waited_seconds([both[0].pid]) > 0
        os.kill(both[0].pid, signal.SIGSTOP)
        time.sleep(0.1)
        stood = waited_seconds([both[0].pid])
        time.sleep(0.3)
        assert waited_seconds([both[0].pid]) == stood
    finally:
        for each in both:
            each.kill()
            each.wait()
    assert waited_seconds(each.pid for each in both) == 0


def test_an_end_is_seen_at_once_and_an_ended_one_is_not_waited_for() -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:
        assert not has_ended(process, 0.1)
        began = time.monotonic()
        threading.Timer(0.2, process.kill).start()
        assert has_ended(process, 60)
        assert process.wait() != 0 and has_ended(process, 60)
        assert 0.2 <= time.monotonic() - began < 30
