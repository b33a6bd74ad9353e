"""Looks for markers in the memory of running processes, the hard way: page by page through /proc/PID/mem.

A marker is looked for in every form in which a program is likely to hold it: UTF-8, UTF-16, UTF-32 (as Python keeps a
text with one rare character), Shift_JIS, hexadecimal and base64 at each of its three alignments. Only pages that are
present are read (proc(5), pagemap): the rest of an address space holds nothing.
"""

from __future__ import annotations

import base64
import contextlib
import os
import signal
from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ahocorasick_rs import BytesAhoCorasick, Implementation

PAGE = os.sysconf("SC_PAGESIZE")
PRESENT_OR_SWAPPED = 3 << 62  # pagemap: bit 63 present, bit 62 swapped
CHUNK = 32 << 20
SHORTEST = 5  # bytes; anything shorter is found by chance


def forms(marker: str) -> set[bytes]:
    """Every form a text is looked for in."""
    plain = {marker.encode(code) for code in ("utf-8", "utf-16-le", "utf-32-le")}
    with contextlib.suppress(UnicodeEncodeError):
        plain.add(marker.encode("shift_jis"))
    return {form for text in plain for form in raw_forms(text)}


def raw_forms(content: bytes) -> set[bytes]:
    """Every form bytes are looked for in."""
    digits = content.hex()
    encoded = {digits.encode(), digits.upper().encode(), *_base64(content)}
    return {form for form in {content, *encoded} if len(form) >= SHORTEST}


def _base64(content: bytes) -> Iterator[bytes]:
    """What stays the same of the base64 of anything that holds `content`, wherever in it."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + content)
        lead = -(-before * 8 // 6)  # characters that hold bits of what stands before
        tail = (before + len(content)) * 8 // 6  # full characters that hold only bits of ours
        yield whole[lead:tail]


class Search:
    """All forms of all markers at once (Aho and Corasick)."""

    def __init__(self, needles: Mapping[str, set[bytes]]) -> None:
        self._names = [(name, form) for name, every in needles.items() for form in every]
        self._machine = BytesAhoCorasick([form for _, form in self._names], implementation=Implementation.DFA)
        self.longest = max(len(form) for _, form in self._names)

    def within(self, chunks: Iterable[bytes]) -> set[str]:
        """The names of the markers that stand in any of the chunks."""
        return {name for chunk in chunks for name, _ in self.places(chunk)}

    def places(self, chunk: bytes) -> Iterator[tuple[str, int]]:
        """Of each marker that stands in it: its name, and where it begins."""
        for which, at, _ in self._machine.find_matches_as_indexes(chunk, overlapping=True):
            yield self._names[which][0], at


def found(processes: Iterable[int], needles: Mapping[str, set[bytes]]) -> dict[str, list[int]]:
    """Which markers stand in the memory of which processes. The processes stand still while they are looked through."""
    stopped = [pid for pid in processes if _signal(pid, signal.SIGSTOP)]
    try:
        hits: dict[str, list[int]] = {}
        search = Search(needles)
        for pid in stopped:
            for name in search.within(_memory(pid, search.longest)):
                hits.setdefault(name, []).append(pid)
        return hits
    finally:
        for pid in stopped:
            _signal(pid, signal.SIGCONT)


def _memory(pid: int, overlap: int) -> Iterator[bytes]:
    """The present, readable memory of a process in pieces; a run longer than a piece overlaps itself."""
    with contextlib.ExitStack() as files:
        try:
            memory = files.enter_context(open(f"/proc/{pid}/mem", "rb", buffering=0))
            map_ = files.enter_context(open(f"/proc/{pid}/pagemap", "rb", buffering=0))
        except (FileNotFoundError, ProcessLookupError):
            return  # it has ended and waits to be reaped: it has no memory any more
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode, _, _, inode, *_name = line.split()
            if mode[0] != "r" or (mode[1] != "w" and inode != "0") or "[v" in line:
                continue  # not readable, a file as it is on the disk, or the kernel's own
            start, end = (int(edge, 16) for edge in span.split("-"))
            for first, past in _present(map_.fileno(), start, end):
                for at in range(first, past, CHUNK - overlap):
                    with contextlib.suppress(OSError):
                        yield os.pread(memory.fileno(), min(CHUNK, past - at), at)


def _present(pagemap: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of pages that are there."""
    for block in range(start, end, PAGE << 18):
        past = min(end, block + (PAGE << 18))
        flags = array("Q", os.pread(pagemap, (past - block) // PAGE * 8, block // PAGE * 8))
        run: int | None = None
        for number, flag in enumerate(flags):
            if bool(flag & PRESENT_OR_SWAPPED) != (run is not None):
                if run is None:
                    run = number
                else:
                    yield block + run * PAGE, block + number * PAGE
                    run = None
        if run is not None:
            yield block + run * PAGE, past


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
