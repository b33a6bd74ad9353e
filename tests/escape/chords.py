"""Keys and chords, by the kernel's numbers (linux/input-event-codes.h)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

MODIFIERS = {"ctrl": 29, "alt": 56, "shift": 42, "super": 125}
KEYS = [code for code in range(1, 128) if code not in {*MODIFIERS.values(), 54, 97, 100, 126}]  # of a keyboard
MORE = range(128, 248)  # of keyboards with more keys: each by itself
ENTER = 28
BACKSPACE = 14
# The keys that every screen has an answer to, with shift or without; and what that of a PIN has one to besides.
PAGES = {*(1, 9, 10, 15, 28, 40, 55, 57, 59, 96, 138), *(103, 105, 106, 108)}
DIGITS = {*range(2, 12), 14, 71, 72, 73, 75, 76, 77, 79, 80, 81, 82, 111}
ANSWERED = {"attract": PAGES, "pin": PAGES | DIGITS, "terms": PAGES | {102, 104, 107, 109}}  # Home, Page Up, End …
# By which Chromium opens, closes or lays something over: T, N, W, J, H, F, F3, F4, F5, F7, F11.
OPENING = {20, 49, 17, 36, 35, 33, 61, 62, 63, 65, 87}

Chord = tuple[tuple[str, ...], int]


def chords() -> Iterator[Chord]:
    for count in range(len(MODIFIERS) + 1):
        for held in itertools.combinations(MODIFIERS, count):
            yield from ((held, key) for key in KEYS)
    yield from (((), key) for key in MORE)


def written(chord: Chord) -> str:
    held, key = chord
    return "+".join([*held, str(key)])


def digit(character: str) -> int:
    return 1 + (int(character) or 10)
