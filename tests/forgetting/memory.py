"""Looks for markers in the memory of running processes, the hard way: page by page through /proc/PID/mem.

A marker is looked for in every form in which a program is likely to hold it: UTF-8, UTF-16, UTF-32 (as Python keeps a
text with one rare character), Shift_JIS, hexadecimal and base64 at each of its three alignments. Only pages that are
present are read (proc(5), pagemap): the rest of an address space holds nothing. And a page that is, to the last byte,
one that the search has looked through already is not looked through again: processes that were forked from each other
share most of theirs, and of the rest many are empty.
"""

from __future__ import annotations

import base64
import contextlib
import os
import signal
from array import array
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
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
        self._before: dict[int, frozenset[str]] = {}
        self._known: dict[int, frozenset[str]] = {}  # by a page's digest, whose forms begin in it

    def within(self, chunks: Iterable[bytes]) -> set[str]:
        """The names of the markers that stand in any of the chunks."""
        return {name for chunk in chunks for name, _ in self.places(chunk)}

    def places(self, chunk: bytes) -> Iterator[tuple[str, int]]:
        """Of each marker that stands in it: its name, and where it begins."""
        for which, at, _ in self._machine.find_matches_as_indexes(chunk, overlapping=True):
            yield self._names[which][0], at

    def afresh(self) -> None:
        """What was looked through in the last search is known in this one, and what was not is forgotten."""
        self._before, self._known = self._known, {}

    def of_pages(self, piece: bytes, length: int) -> set[str]:
        """The names of the markers that begin in the first so many bytes, which are whole pages. Behind them stands as
        much as a marker that begins in the last of them may need, unless nothing follows."""
        digests = [hash(piece[at : at + PAGE + self.longest - 1]) for at in range(0, length, PAGE)]
        new: set[int] = set()

        def is_new(digest: int) -> bool:
            if digest in self._before:
                self._known[digest] = self._before[digest]
            known = digest in self._known or digest in new
            new.add(digest)
            return not known

        for first, past in _runs([is_new(digest) for digest in digests]):
            begin = first * PAGE
            begins: dict[int, set[str]] = {page: set() for page in range(first, past)}
            for name, at in self.places(piece[begin : past * PAGE + self.longest - 1]):
                begins.setdefault((begin + at) // PAGE, set()).add(name)
            for page in range(first, past):
                self._known[digests[page]] = frozenset(begins[page])
        return set[str]().union(*(self._known[digest] for digest in digests))


@lru_cache(maxsize=2)
def _search(needles: frozenset[tuple[str, frozenset[bytes]]]) -> Search:
    return Search({name: set(every) for name, every in needles})


def found(processes: Iterable[int], needles: Mapping[str, set[bytes]]) -> dict[str, list[int]]:
    """Which markers stand in the memory of which processes. The processes stand still while they are looked through."""
    stopped = [pid for pid in processes if _signal(pid, signal.SIGSTOP)]
    try:
        hits: dict[str, list[int]] = {}
        search = _search(frozenset((name, frozenset(every)) for name, every in needles.items()))
        search.afresh()
        for pid in stopped:
            here = set[str]().union(*(search.of_pages(*piece) for piece in _memory(pid, search.longest - 1)))
            for name in here:
                hits.setdefault(name, []).append(pid)
        return hits
    finally:
        for pid in stopped:
            _signal(pid, signal.SIGCONT)


def _memory(pid: int, ahead: int) -> Iterator[tuple[bytes, int]]:
    """The present, readable memory of a process in pieces, each with some bytes of what follows it, and how long it is
    without them."""
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
                for at in range(first, past, CHUNK):
                    with contextlib.suppress(OSError):
                        piece = os.pread(memory.fileno(), min(CHUNK + ahead, past - at), at)
                        yield piece, min(CHUNK, len(piece))


def _present(pagemap: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of pages that are there."""
    for block in range(start, end, PAGE << 18):
        past = min(end, block + (PAGE << 18))
        flags = array("Q", os.pread(pagemap, (past - block) // PAGE * 8, block // PAGE * 8))
        for first, last in _runs(bool(flag & PRESENT_OR_SWAPPED) for flag in flags):
            yield block + first * PAGE, block + last * PAGE


def _runs(flags: Iterable[bool]) -> Iterator[tuple[int, int]]:
    """From where to where they are true."""
    first, number = None, -1
    for number, flag in enumerate(flags):
        if flag != (first is not None):
            if first is None:
                first = number
            else:
                yield first, number
                first = None
    if first is not None:
        yield first, number + 1


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
