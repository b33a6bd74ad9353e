"""Whatever somebody does to a trail, but for what needs the key, is found."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.caretaker import chain
from kiosk.caretaker.chain import ANCHOR, SEAL, Anchor
from kiosk.caretaker.trail import segments
from tests.caretaker.trails import checked, copied, counts, key, lines, number, opened, sample

LINES = 11


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    """One that may be tampered with."""
    return sample(tmp_path / "trail", LINES)


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name != "lock")


def test_every_single_bit_of_every_file_counts(trail: Path) -> None:
    found = 0
    for path in kept(trail):
        data = path.read_bytes()
        for at in range(len(data)):
            for bit in (0x01, 0x20) if path.suffix == ".jsonl" else (0x01, 0x80):
                path.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
                assert not checked(trail).sound, f"{path.name}, byte {at}"
                found += 1
        path.write_bytes(data)
    assert checked(trail).sound and found > 3000


def every_line(folder: Path) -> list[bytes]:
    return [line for path in segments(folder) for line in chain.split(path.read_bytes())[0]]


def rewritten(folder: Path, change: Callable[[list[bytes]], None]) -> None:
    """The lines of the trail as they are after `change`, in the same files as far as they go."""
    lengths = [len(chain.split(path.read_bytes())[0]) for path in segments(folder)]
    changed = every_line(folder)
    change(changed)
    rest = iter(changed)
    files = segments(folder)
    for path, length in zip(files, lengths, strict=True):
        path.write_bytes(b"".join(itertools.islice(rest, length)))
    with files[-1].open("ab") as last:
        last.write(b"".join(rest))


def ways() -> Iterator[tuple[str, Callable[[list[bytes]], None]]]:
    for at in range(LINES):
        yield f"line {at + 1} dropped", lambda lines, at=at: lines.pop(at)  # type: ignore[misc]
        yield f"line {at + 1} doubled", lambda lines, at=at: lines.insert(at, lines[at])  # type: ignore[misc]
        yield f"all from line {at + 1} on cut", lambda lines, at=at: lines.__delitem__(slice(at, None))  # type: ignore[misc]
        yield f"all up to line {at + 1} dropped", lambda lines, at=at: lines.__delitem__(slice(0, at + 1))  # type: ignore[misc]
    for one, other in itertools.combinations(range(LINES), 2):

        def swap(lines: list[bytes], one: int = one, other: int = other) -> None:
            lines[one], lines[other] = lines[other], lines[one]

        yield f"lines {one + 1} and {other + 1} swapped", swap


@pytest.mark.parametrize(("what", "change"), list(ways()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_line_that_is_not_where_it_was_is_found(
    trail: Path, what: str, change: Callable[[list[bytes]], None]
) -> None:
    rewritten(trail, change)
    assert not checked(trail).sound


def test_a_cut_at_any_byte_before_the_anchor_is_found(trail: Path) -> None:
    last = segments(trail)[-1]
    data = last.read_bytes()
    for length in range(len(data)):
        last.write_bytes(data[:length])
        assert not checked(trail).sound, length


def test_a_file_that_is_missing_or_was_not_ours_is_found(trail: Path, tmp_path: Path) -> None:
    for path in kept(trail):
        copy = copied(trail, tmp_path / "copy")
        (copy / path.name).unlink()
        assert not checked(copy).sound, path.name
    for name in ("x", "000000000999.jsonl.sig", "000000000999.jsonl", f"000000000001.jsonl{SEAL}{SEAL}"):
        copy = copied(trail, tmp_path / "copy")
        (copy / name).write_bytes(b"")
        assert not checked(copy).sound, name


def test_segments_that_changed_places_are_found(trail: Path, tmp_path: Path) -> None:
    files = segments(trail)
    for one, other in itertools.combinations(files, 2):
        copy = copied(trail, tmp_path / "copy")
        for here, there in ((one, other), (other, one)):
            (copy / here.name).write_bytes(there.read_bytes())
            seal = trail / (there.name + SEAL)
            if seal.exists():
                (copy / (here.name + SEAL)).write_bytes(seal.read_bytes())
        assert not checked(copy).sound


def test_a_whole_trail_that_was_rewritten_without_the_key_is_found(trail: Path) -> None:
    """A chain alone can be made anew by anybody; the seals and the anchor cannot."""
    before = chain.NOTHING_BEFORE
    made = []
    for n, line in enumerate(lines(trail), 1):
        made.append(
            chain.canonical({**line.members, "fields": {**line.members["fields"], "count": 1}, "before": before})
        )
        before = chain.hash_of(made[-1])
        assert n == line.n
    rewritten(trail, lambda lines: lines.__setitem__(slice(None), made))
    flaws = {flaw.what for flaw in checked(trail).flaws}
    assert flaws == {"does not verify", f"has another hash of line {LINES} than the trail"}


def test_an_old_trail_in_the_place_of_the_new_one_is_told_from_it_by_the_anchor_that_left_the_machine(
    trail: Path, tmp_path: Path
) -> None:
    """By itself an old state, anchor and all, is sound. That is what the anchor leaves the machine for."""
    old = copied(trail, tmp_path / "old")
    opened(trail).append(number(12))
    left = chain.read_anchor((trail / ANCHOR).read_bytes(), key().public)
    assert checked(old).sound and checked(old).last < left.lines


def tampered() -> Iterator[tuple[str, Callable[[Path], object], str]]:
    def cut(folder: Path) -> None:
        last = segments(folder)[-1]
        last.write_bytes(b"".join(chain.split(last.read_bytes())[0][:-1]))

    def changed(folder: Path) -> None:
        last = segments(folder)[-1]
        last.write_bytes(last.read_bytes().replace(b'"count":11', b'"count":12'))

    def all_gone(folder: Path) -> None:
        for path in folder.glob("0*"):
            path.unlink()

    def cut_to_nothing(folder: Path) -> None:
        segments(folder)[-1].write_bytes(b'{"a')

    yield "cut", cut, "lines_missing"
    yield "changed", changed, "line_changed"
    yield "all gone", all_gone, "lines_missing"
    yield "cut to nothing", cut_to_nothing, "lines_missing"
    yield "last segment gone", lambda folder: segments(folder)[-1].unlink(), "lines_missing"
    yield "no anchor", lambda folder: (folder / ANCHOR).unlink(), "anchor_missing"
    yield "another anchor", lambda folder: (folder / ANCHOR).write_bytes(b"x\ny\n"), "anchor_missing"


@pytest.mark.parametrize(
    ("what", "tamper", "flaw"), list(tampered()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_trail_that_was_tampered_with_goes_on_and_says_so_for_ever(
    trail: Path, what: str, tamper: Callable[[Path], object], flaw: str
) -> None:
    before = counts(trail)
    tamper(trail)
    left = counts(trail)
    opened(trail).append(number(77))
    opened(trail).append(number(78))
    found = [line.field("flaw") for line in lines(trail) if line.event == "trail_broken"]
    assert found == [flaw]
    assert counts(trail) == [*left, 77, 78] and set(left) <= {*before, 12}
    assert not checked(trail).sound


def test_an_anchor_of_other_lines_is_found(trail: Path) -> None:
    for anchor in (Anchor("0" * 64, LINES), Anchor("0" * 64, 0), Anchor(lines(trail)[3].hash, 4)):
        (trail / ANCHOR).write_bytes(chain.anchor_file(anchor, key()))
        report = checked(trail)
        assert not report.sound or report.behind == LINES - anchor.lines
