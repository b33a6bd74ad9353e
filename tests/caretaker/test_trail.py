"""What is written stands there, in order; what was cut off is closed off and told."""

from __future__ import annotations

import base64
import errno
import os
import resource
import signal
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.caretaker import chain, disk
from kiosk.caretaker.chain import ANCHOR, SEAL
from kiosk.caretaker.key import Key, NoKey, PublicKey
from kiosk.caretaker.trail import Trail, Unwritable, segments
from kiosk.config import events
from kiosk.config.events import NotAnEvent, event
from tests.caretaker.trails import (
    BEGAN,
    KEPT_DAYS,
    Clock,
    Lost,
    checked,
    copied,
    counts,
    key,
    lines,
    number,
    opened,
    sample,
)
from tests.nobody import needs_root, nobody_says
from tests.whole import few


def names(folder: Path) -> list[str]:
    return [line.event for line in lines(folder)]


def test_what_is_appended_stands_there_numbered_and_chained_and_holds(tmp_path: Path) -> None:
    sample(tmp_path)
    report = checked(tmp_path)
    assert report.sound and (report.first, report.last, report.behind, report.tail) == (1, 11, 0, 0)
    assert counts(tmp_path) == list(range(1, 12))
    assert [line.n for line in lines(tmp_path)] == list(range(1, 12))
    assert len(segments(tmp_path)) > 2 and report.segments == len(segments(tmp_path))
    assert {line.at for line in lines(tmp_path)} == {"2026-11-26T01:00:00Z"}


def test_a_line_is_canonical_json_and_says_nothing_but_the_table() -> None:
    line = chain.written(event("browser_restarted", browser="silent"), 7, "0" * 64, BEGAN)
    assert line == (
        b'{"at":"2026-11-26T01:00:00Z","before":"' + b"0" * 64 + b'","event":"browser_restarted",'
        b'"fields":{"browser":"silent"},"n":7}\n'
    )


def test_a_trail_goes_on_where_it_ended(tmp_path: Path) -> None:
    for count in range(1, 8):
        trail = opened(tmp_path)
        trail.open()
        assert trail.anchor and trail.anchor.lines == count - 1
        trail.append(number(count))
        assert trail.last_event == "gap"
        trail.close()
    assert checked(tmp_path).sound and counts(tmp_path) == list(range(1, 8))


def test_several_at_once_are_one_append(tmp_path: Path) -> None:
    trail = opened(tmp_path)
    trail.append(*map(number, range(1, 6)))
    assert counts(tmp_path) == [1, 2, 3, 4, 5] and len(segments(tmp_path)) == 1 and checked(tmp_path).sound


def test_what_the_table_does_not_have_is_not_written(tmp_path: Path) -> None:
    trail = opened(tmp_path)
    trail.append(number(1))
    visit = event("visit_ended", end="left", task="pin", step=0, lasted="longer")
    for wrong in (visit, events.TYPES["gap"](speaker="山田", why="away", count=1)):
        with pytest.raises(NotAnEvent):
            trail.append(number(2), wrong)
    trail.append(number(3))
    assert counts(tmp_path) == [1, 3] and checked(tmp_path).sound


def test_everything_is_for_its_user_alone(tmp_path: Path) -> None:
    made = Key.of(tmp_path / "state")
    trail = Trail(tmp_path / "state" / "trail", made, 1)
    trail.append(number(1))
    for path in (tmp_path / "state").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


# Segments


def test_a_segment_is_sealed_when_it_is_full_and_when_the_day_is_over(tmp_path: Path) -> None:
    clock = Clock()
    trail = opened(tmp_path, clock, segment_bytes=10_000)
    trail.append(number(1))
    clock.passes(hours=22)
    trail.append(number(2))
    assert len(segments(tmp_path)) == 1
    clock.passes(hours=2)
    trail.append(number(3))
    first, second = segments(tmp_path)
    assert key().public.verifies((tmp_path / (first.name + SEAL)).read_bytes(), first.read_bytes())
    assert not (tmp_path / (second.name + SEAL)).exists()
    assert checked(tmp_path).sound


def test_what_was_kept_for_long_enough_goes_and_the_trail_says_so(tmp_path: Path) -> None:
    clock = Clock()
    trail = opened(tmp_path, clock)
    for count in range(1, 100):
        trail.append(number(count))
        clock.passes(days=1)
        assert checked(tmp_path).sound
    there = lines(tmp_path)
    [*_, removed] = [line for line in there if line.event == "segments_removed"]
    assert removed.field("line") == there[0].n - 1 > 0
    assert KEPT_DAYS <= len([line for line in there if line.event == "gap"]) <= KEPT_DAYS + 2
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("000000000001.")]


@pytest.mark.parametrize("years", [1, 10, 40])
@pytest.mark.parametrize("days_wrong", [0, 1, 6])
def test_a_clock_that_is_wrong_by_years_takes_nothing_away(tmp_path: Path, years: int, days_wrong: int) -> None:
    """Nor does it when it goes on so for some days, and is set right then, again and again."""
    clock = Clock()
    trail = opened(tmp_path, clock)
    for count in range(1, 21):
        trail.append(number(count))
        clock.passes(days=1)
    for _ in range(2):
        clock.passes(days=365 * years)
        for _ in range(days_wrong + 1):
            trail.append(number(21))
            clock.passes(days=1 if days_wrong else 0)
        clock.passes(days=-365 * years - days_wrong)
        trail.append(number(22))
    assert counts(tmp_path)[:20] == list(range(1, 21)) and checked(tmp_path).sound
    assert "segments_removed" not in names(tmp_path)


def test_a_clock_that_was_put_right_by_years_goes_on_with_what_was_kept(tmp_path: Path) -> None:
    """A battery that was empty: the lines before were of another year, and go when their days have gone by."""
    clock = Clock()
    trail = opened(tmp_path, clock)
    trail.append(number(1))
    clock.passes(days=3650)
    for count in range(2, 2 + KEPT_DAYS):
        trail.append(number(count))
        clock.passes(days=1)
    assert counts(tmp_path)[0] == 1
    for count in range(100, 103):
        trail.append(number(count))
        clock.passes(days=1)
    assert counts(tmp_path)[0] > 1 and checked(tmp_path).sound


def test_what_a_clock_ahead_of_its_time_has_dated_goes_as_soon_as_the_rest(tmp_path: Path) -> None:
    """It would stay until that day, and all behind it."""
    clock = Clock()
    trail = opened(tmp_path, clock)
    trail.append(number(1))
    clock.passes(days=3650)
    trail.append(number(2))
    clock.passes(days=-3650)
    for count in range(3, 3 + 2 * KEPT_DAYS):
        trail.append(number(count))
        clock.passes(days=1)
    assert counts(tmp_path)[0] > 2 and checked(tmp_path).sound
    assert KEPT_DAYS <= len(counts(tmp_path)) <= KEPT_DAYS + 2


@pytest.mark.parametrize(
    "forgets_to", ["a year ago", "the first day", "the same day of last year, and stays there for days"]
)
def test_where_the_clock_forgets_the_year_each_night_lines_go_when_their_days_have_gone_by(
    tmp_path: Path, forgets_to: str
) -> None:
    """A battery that is empty, and power that is cut each evening: the clock is set right each morning."""
    clock = Clock()
    trail = opened(tmp_path, clock)
    right = clock.time
    for count in range(1, 121):
        right += timedelta(days=1)
        clock.time = datetime(2000, 1, 1, tzinfo=UTC) if forgets_to == "the first day" else right - timedelta(days=365)
        trail.append(number(count))
        if not forgets_to.endswith("for days") or count % 3 == 0:
            clock.time = right + timedelta(minutes=5)
            trail.append(number(count))
        kept = sorted(set(counts(tmp_path)))
        assert kept == list(range(kept[0], count + 1)) and (kept[0] == 1 or len(kept) >= KEPT_DAYS)
    assert len(kept) <= KEPT_DAYS + 4 and checked(tmp_path).sound


def test_what_went_with_a_half_line_at_its_end_leaves_a_trail_that_is_sound(tmp_path: Path) -> None:
    clock = Clock()
    trail = opened(tmp_path, clock)
    trail.append(number(1))
    trail.close()
    with segments(tmp_path)[0].open("ab") as half:
        half.write(b'{"at":"2026')
    for count in range(2, 2 + 2 * KEPT_DAYS):
        trail = opened(tmp_path, clock)
        trail.append(number(count))
        trail.close()
        assert checked(tmp_path).sound, checked(tmp_path).flaws
        clock.passes(days=1)
    assert counts(tmp_path)[0] > 2


def test_a_segment_that_nobody_can_read_goes_when_its_time_is_over(tmp_path: Path) -> None:
    """Or what is broken once would be kept for ever, and all behind it."""
    clock = Clock()
    trail = opened(tmp_path, clock)
    for count in range(1, 6):
        trail.append(number(count))
        clock.passes(days=1)
    segments(tmp_path)[1].write_bytes(b"\0" * 100)
    assert not checked(tmp_path).sound
    for count in range(6, 6 + 2 * KEPT_DAYS):
        trail.append(number(count))
        clock.passes(days=1)
    assert counts(tmp_path)[0] > 6 and checked(tmp_path).sound


# A disk that loses a part of it


def lived(folder: Path, days: int, since: int = 1) -> Clock:
    """So many days, of one line each, by a caretaker that was started anew each morning."""
    clock = Clock()
    clock.passes(days=since - 1)
    for count in range(since, since + days):
        trail = opened(folder, clock)
        trail.append(number(count))
        trail.close()
        clock.passes(days=1)
    return clock


@pytest.mark.parametrize("at", [0, 1, -1])
def test_a_segment_that_the_disk_does_not_give_back_keeps_no_line_from_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    lived(tmp_path, 5)
    lost = segments(tmp_path)[at]
    with monkeypatch.context() as patched:
        Lost(patched, lost)
        lived(tmp_path, 2 * KEPT_DAYS, since=6)
        trail = opened(tmp_path)
        assert [told for _, told in trail.behind(2 * KEPT_DAYS)][-1] == number(5 + 2 * KEPT_DAYS)
        assert counts(tmp_path)[0] > 5 and checked(tmp_path).sound, "it went with its time"


@pytest.mark.parametrize("at", [2, -1])
def test_what_the_disk_does_not_give_back_is_shown_as_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    lived(tmp_path, 5)
    path = segments(tmp_path)[at]
    left = [count for count in range(1, 6) if not path.name.endswith(f"{count}.jsonl")]
    with monkeypatch.context() as patched:
        Lost(patched, path)
        assert [str(flaw) for flaw in checked(tmp_path).flaws] == [f"{path.name}: cannot be read"]
        trail = opened(tmp_path)
        trail.open()
        assert [told for _, told in trail.behind(0)] == [number(count) for count in left]
        trail.append(number(6))
        trail.close()
        assert trail.broken
        assert f"{path.name}: cannot be read" in [str(flaw) for flaw in checked(tmp_path).flaws]
    assert [line.field("flaw") for line in lines(tmp_path) if line.event == "trail_broken"] == ["unreadable"]


def test_what_the_disk_does_not_remove_keeps_no_line_from_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refuses)
        lived(tmp_path, 2 * KEPT_DAYS)
        assert len(counts(tmp_path)) == 2 * KEPT_DAYS
    lived(tmp_path, KEPT_DAYS, since=2 * KEPT_DAYS + 1)
    assert counts(tmp_path)[0] > KEPT_DAYS and checked(tmp_path).sound


# Cut off


def torn_samples(folder: Path) -> list[tuple[Path, int]]:
    """The sample with its last line cut at every byte, as if the power had gone while it was written."""
    trail = opened(folder / "whole", segment_bytes=10_000)
    trail.append(number(1), number(2))
    anchor = (folder / "whole" / ANCHOR).read_bytes()
    trail.append(number(3))
    trail.close()
    [segment] = segments(folder / "whole")
    data = segment.read_bytes()
    length = len(chain.split(data)[0][-1])
    found = []
    for left in range(length + 1):
        copy = copied(folder / "whole", folder / f"cut-{left}")
        (copy / segment.name).write_bytes(data[: len(data) - length + left])
        (copy / ANCHOR).write_bytes(anchor)
        found.append((copy, left))
    return found


def test_a_line_that_was_cut_off_at_any_byte_is_closed_off_and_told(tmp_path: Path) -> None:
    samples = torn_samples(tmp_path)
    whole = samples[-1][1]
    for folder, left in samples:
        report = checked(folder)
        torn = 0 < left < whole
        assert report.sound and report.tail == (left if torn else 0) and report.behind == (left == whole)
        before = segments(folder)[0].read_bytes()
        trail = opened(folder, segment_bytes=10_000)
        trail.append(number(4))
        trail.close()
        assert segments(folder)[0].read_bytes().startswith(before), "nothing is cut away"
        assert checked(folder).sound
        assert counts(folder) == [1, 2, *([3] if left == whole else []), 4]
        assert ("trail_torn" in names(folder)) == torn
        if torn:
            [line] = [line for line in lines(folder) if line.event == "trail_torn"]
            assert line.field("bytes") == left


TELLS = 6
CALLS = ("open", "write", "fsync", "rename", "close", "unlink", "mkdir")


class Killed:
    """In a child: the process is killed at its n-th call that changes a file, before it, behind it, or half-way, which
    only a write has: before the others. So of those before it only the writes are counted."""

    def __init__(self, at: int, how: str) -> None:
        self.at, self.how, self.count = at, how, 0

    def over(self, name: str) -> None:
        real = getattr(os, name)

        def called(*args: object, **kwargs: object) -> object:
            self.count += self.how != "before" or name == "write"
            if self.count != self.at or (self.how == "before" and name != "write"):
                return real(*args, **kwargs)
            if self.how == "half" and name == "write":
                real(args[0], bytes(args[1])[: len(bytes(args[1])) // 2])  # type: ignore[call-overload]
            elif self.how == "behind":
                real(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

        setattr(os, name, called)


def killed_at(folder: Path, at: int, how: str) -> tuple[bool, list[int]]:
    """Tell TELLS events in a child that is killed at a call. Whether it came to the end, and what was acknowledged."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        write = os.write
        clock = Clock()
        killed = Killed(at, how)
        for name in CALLS:
            killed.over(name)
        trail = opened(folder, clock, segment_bytes=500)
        for count in range(1, TELLS + 1):
            trail.append(number(count))
            write(said, bytes([count]))
            clock.passes(days=KEPT_DAYS / 2)
        os._exit(0)
    os.close(said)
    with os.fdopen(heard, "rb") as pipe:
        acknowledged = list(pipe.read())
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return not os.WIFSIGNALED(status), acknowledged


# What a kill behind a call leaves is what one before the next leaves, but for the last.
@pytest.mark.parametrize("how", few(["before", "half"], of=["before", "behind", "half"]))
def test_a_kill_at_any_call_of_an_append_and_a_rotation_loses_nothing_that_was_acknowledged(
    tmp_path: Path, how: str
) -> None:
    at = 0
    while True:
        at += 1
        folder = tmp_path / f"{at}"
        came_through, acknowledged = killed_at(folder, at, how)
        if came_through:
            break
        if folder.exists() and segments(folder):
            assert checked(folder).sound, (at, checked(folder).flaws)
        clock = Clock()
        clock.passes(days=KEPT_DAYS / 2 * TELLS)
        trail = opened(folder, clock)
        trail.append(number(99))
        trail.close()
        report = checked(folder)
        assert report.sound, (at, report.flaws)
        assert "trail_broken" not in names(folder)
        kept = counts(folder)
        assert kept[-1] == 99 and kept[:-1] == list(range(kept[0], kept[-2] + 1)) if len(kept) > 1 else kept == [99]
        last = kept[-2] if len(kept) > 1 else 0
        assert last in (len(acknowledged), len(acknowledged) + 1), (at, kept, acknowledged)
        assert report.first == 1 or "segments_removed" in names(folder)
    assert at > (15 if how == "before" else 60), "there are so many calls"
    assert acknowledged == list(range(1, TELLS + 1))


# Somebody changes it meanwhile


def rolled_back(folder: Path) -> None:
    """To what it was two lines ago, with the anchor of then: each by itself holds together."""
    for path in (*segments(folder), folder / ANCHOR):
        path.unlink()
    sample(folder, 9)


def changed(folder: Path) -> None:
    newest = segments(folder)[-1]
    newest.write_bytes(newest.read_bytes().replace(b'"server"', b'"browser"', 1))


def cut(folder: Path) -> None:
    newest = segments(folder)[-1]
    newest.write_bytes(newest.read_bytes().rpartition(b"\n")[0].rpartition(b"\n")[0] + b"\n")


TAMPERED: dict[str, Callable[[Path], object]] = {
    "a line is another one": changed,
    "the last line is gone": cut,
    "the segment is gone": lambda folder: segments(folder)[-1].unlink(),
    "all segments are gone": lambda folder: list(map(Path.unlink, segments(folder))),
    "the anchor is gone": lambda folder: (folder / ANCHOR).unlink(),
    "the anchor is another's": lambda folder: (folder / ANCHOR).write_bytes(b"{}"),
    "all is as it was once": rolled_back,
}


@pytest.mark.parametrize("how", TAMPERED)
def test_what_somebody_changes_while_it_is_written_is_found_when_it_is_looked_at_again(
    tmp_path: Path, how: str
) -> None:
    sample(tmp_path, 10)
    trail = opened(tmp_path)
    trail.append(number(11))
    assert not trail.look_again() and not trail.broken
    TAMPERED[how](tmp_path)
    assert trail.look_again() and trail.broken
    assert not trail.look_again(), "it is told once"
    [found] = trail.append(number(12))
    assert found.name == "trail_broken"
    trail.append(number(13))
    trail.close()
    assert names(tmp_path)[-3:] == ["trail_broken", "gap", "gap"]
    assert [line.n for line in lines(tmp_path)[-3:]] == [12, 13, 14]
    assert not checked(tmp_path).sound


def test_a_trail_at_which_nobody_was_is_sound_however_often_it_is_looked_at(tmp_path: Path) -> None:
    trail = opened(tmp_path)
    for count in range(1, 12):
        assert not trail.look_again()
        trail.append(number(count))
    assert not trail.look_again()
    trail.close()
    assert checked(tmp_path).sound and "trail_broken" not in names(tmp_path)


# A disk that does not take it


def test_a_full_disk_is_said_in_one_line_and_what_is_there_is_kept(tmp_path: Path) -> None:
    """At every length: a limit of the file's size is a disk that is full in the middle of a line."""
    whole = sample(tmp_path / "whole", 2)
    [segment] = segments(whole)
    size, line = segment.stat().st_size, len(chain.split(segment.read_bytes())[0][-1])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for more in (0, 1, 7, line - 1):
        folder = copied(whole, tmp_path / f"full-{more}")
        trail = opened(folder, segment_bytes=10_000)
        trail.open()
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + more, hard))
        try:
            with pytest.raises(Unwritable, match=f"^{folder}: File too large$"):
                trail.append(number(3))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert checked(folder).sound and counts(folder) == [1, 2]
        trail.append(number(4))
        assert checked(folder).sound and counts(folder) == [1, 2, 4]
        assert ("trail_torn" in names(folder)) == (more > 0)


@pytest.mark.parametrize("call", CALLS)
def test_whatever_call_the_disk_refuses_the_next_append_goes_on(
    tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    trail = opened(tmp_path / "trail", clock)
    told: list[int] = []
    refused = 0
    real = getattr(os, call)
    for count in range(1, 40):
        fails = iter([count % 3 == 0 and count % 2 == turn for turn in (0, 1)] + [False] * 99)

        def refuses(*args: object, fails: object = fails, **kwargs: object) -> object:
            if next(fails):  # type: ignore[call-overload]
                raise OSError(28, "No space left on device")
            return real(*args, **kwargs)

        monkeypatch.setattr(os, call, refuses)
        try:
            trail.append(number(count))
            told.append(count)
        except Unwritable as error:
            refused += 1
            assert str(error).endswith(": No space left on device")
        monkeypatch.setattr(os, call, real)
        clock.passes(hours=5)
    trail.append(number(99))
    assert checked(tmp_path / "trail").sound
    assert set(told) <= set(counts(tmp_path / "trail")) and "trail_broken" not in names(tmp_path / "trail")
    assert refused or call in ("mkdir", "unlink")


@needs_root
def test_a_folder_that_cannot_be_written_to_is_named_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    sample(tmp_path / "trail")
    for path in (tmp_path / "trail").rglob("*"):
        path.chmod(0o644)
    (tmp_path / "trail").chmod(0o755)

    def tells() -> bytes:
        try:
            opened(tmp_path / "trail").append(number(1))
        except Unwritable as error:
            return str(error).encode()
        return b"written"

    assert nobody_says(tells).decode() == f"{tmp_path / 'trail'}: Permission denied"
    assert nobody_says(lambda: repr(checked(tmp_path / "trail").sound).encode()) == b"True", "and it can be read"


# The key


def test_the_key_is_made_once_and_its_public_half_again_when_the_power_went_in_between(tmp_path: Path) -> None:
    made = Key.of(tmp_path / "state")
    (tmp_path / "state" / "trail.pub").unlink()
    again = Key.of(tmp_path / "state")
    assert again.public.fingerprint == made.public.fingerprint == PublicKey.load(tmp_path / "state").fingerprint
    (tmp_path / "state" / "trail.pub").write_bytes(b"damaged")
    Key.of(tmp_path / "state")
    assert PublicKey.load(tmp_path / "state").fingerprint == made.public.fingerprint
    assert made.public.verifies(again.sign(b"x"), b"x") and not made.public.verifies(again.sign(b"x"), b"y")


@pytest.mark.parametrize("content", [b"", b"x", None])
def test_a_key_that_cannot_be_used_is_named_and_not_shown(tmp_path: Path, content: bytes | None) -> None:
    for name, load in (("trail.key", Key.load), ("trail.pub", PublicKey.load)):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(NoKey) as caught:
            load(tmp_path)
        assert str(caught.value).startswith(f"{tmp_path / name}: ") and "\n" not in str(caught.value)


def test_a_key_of_a_kind_that_nobody_knows_is_named_like_any_other(tmp_path: Path) -> None:
    """One bit of the name of its kind is another, which the parser has an exception of its own for."""
    Key.of(tmp_path)
    for name, load in (("trail.key", Key.load), ("trail.pub", PublicKey.load)):
        begin, *lines, end = (tmp_path / name).read_text().splitlines()
        der = base64.b64decode("".join(lines)).replace(bytes.fromhex("06032b6570"), bytes.fromhex("06032b6574"))
        (tmp_path / name).write_text(f"{begin}\n{base64.b64encode(der).decode()}\n{end}\n")
        with pytest.raises(NoKey):
            load(tmp_path)


def test_a_file_that_is_not_finished_is_no_part_of_the_trail(tmp_path: Path) -> None:
    sample(tmp_path, 3)
    (tmp_path / f"000000000099.jsonl{disk.UNFINISHED}").write_bytes(b"half")
    assert checked(tmp_path).sound
    opened(tmp_path).append(number(4))
    assert not list(tmp_path.glob(f"*{disk.UNFINISHED}")) and checked(tmp_path).sound
