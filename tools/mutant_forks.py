"""Tries changes within functions without starting Python anew for each: `tools/mutants.py` runs this in its copy.

pytest collects a room's tests once. Then each trial is a fork: it puts the changed code into the functions as they are
in memory, runs the tests that come through there, the quick ones first, and ends at the first that fails. Which tests
come through where is seen in one run before, with nothing changed and every call looked at. As one test may use what
another has prepared, a change that they do not notice is tried once more with all tests of their files. And as a test
that waits may fail on a busy machine, whatever was changed, one that fails is asked once more by itself; if it passes
then, the others decide.

What is done as soon as a module is imported (tables, fields, class bodies, whatever they call) cannot be changed in
that way, nor is it seen what other processes do. Such a change is said to be *outside*; the caller imports all anew.

Read from standard input, as JSON: the paths of the tests, a temporary folder, and for each change the path of its file
and the whole of its new text. Written, a line for each: the seconds that a change may take, then for each change
`caught`, `survived` or `outside`. Ends with 1 and without a line when the tests fail as they are.
"""

from __future__ import annotations

import contextlib
import gc
import inspect
import json
import os
import pickle
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

SOON_SECONDS = 0.05  # tests that take no longer go first
FIRST_LIMIT_SECONDS = 1200.0
SHORTEST_LIMIT_SECONDS = 60.0  # a busy machine starts Python slowly
NOBODY_SAID = -1  # which test it was: it took too long, or ended Python
SLOWER = 4  # times as slow as usual: somebody would have noticed

Place = tuple[str, int, str]  # of a function: its file, its first line, its name


def place(code: CodeType) -> Place:
    return code.co_filename, code.co_firstlineno, code.co_name


@dataclass(frozen=True)
class Change:
    """One change of a file. within: the places of the functions whose inside it changes; none: it is outside."""

    path: Path
    text: str
    codes: dict[Place, CodeType] = field(default_factory=dict)
    within: frozenset[Place] = frozenset()

    @classmethod
    def of(cls, path: Path, text: str) -> Change:
        """path: absolute; the file is still as it was."""
        sources = (path.read_text("utf-8"), text)
        before, after = (compile(source, str(path), "exec", dont_inherit=True) for source in sources)
        try:
            pairs = list(_pairs(before, after))
        except ValueError:  # one function more or less
            return cls(path, text)
        changed = {place(one) for one, other in pairs if _own(one) != _own(other)}
        at = Counter(place(one) for one, _ in pairs)
        fit = {
            place(one): other
            for one, other in pairs
            if one.co_flags & inspect.CO_OPTIMIZED  # not the body of a module or of a class
            and at[place(one)] == 1
            and len(one.co_freevars) == len(other.co_freevars)
        }
        return cls(path, text, fit, frozenset(changed if changed <= fit.keys() else ()))

    def functions(self) -> list[FunctionType]:
        """Those of the file that there are."""
        gc.unfreeze()  # tests/conftest.py hides from the collector what lives long, and so from us
        return [
            each for each in gc.get_objects() if isinstance(each, FunctionType) and place(each.__code__) in self.codes
        ]

    def make(self) -> None:
        """In the file, and in every function of it that there is."""
        self.path.write_text(self.text, "utf-8")
        for function in self.functions():
            function.__code__ = self.codes[place(function.__code__)]


def _pairs(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    yield before, after
    inner = ([each for each in code.co_consts if isinstance(each, CodeType)] for code in (before, after))
    for one, other in zip(*inner, strict=True):
        yield from _pairs(one, other)


def _own(code: CodeType) -> tuple[object, ...]:
    """What a function does, without the functions in it and without its lines."""
    constants = [repr(each) for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_exceptiontable


@dataclass
class Seen:
    """Which tests come through which of the watched places. test: the number of the one that runs; None: imports."""

    watched: dict[str, set[Place]]
    test: int | None = None
    through: dict[Place, set[int | None]] = field(default_factory=dict)
    took: dict[int, float] = field(default_factory=dict)

    def watch(self) -> None:
        threading.settrace(self._called)
        sys.settrace(self._called)

    def leave(self) -> None:
        sys.settrace(None)
        threading.settrace(lambda *_: None)

    def _called(self, frame: FrameType, event: str, argument: Any) -> None:
        places = self.watched.get(frame.f_code.co_filename)
        if places and (here := place(frame.f_code)) in places:
            self.through.setdefault(here, set()).add(self.test)


class Forks:
    """The pytest plugin. say: takes each line of the answer."""

    def __init__(self, changes: list[Change], say: Callable[[str], None]) -> None:
        self.changes, self.say = changes, say
        watched: dict[str, set[Place]] = {}
        for change in changes:
            watched.setdefault(str(change.path), set()).update(change.within)
        self.seen = Seen(watched)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.seen.leave()
        begun = time.monotonic()
        if session.testsfailed or not self._looked(session):
            pytest.exit("the tests fail as they are", returncode=1)
        limit = max(SHORTEST_LIMIT_SECONDS, SLOWER * (time.monotonic() - begun))
        self.say(f"{limit:.1f}")
        for change in self.changes:
            self.say(self._verdict(session, change, limit))
        return True

    def _looked(self, session: pytest.Session) -> bool:
        """Whether all tests pass as they are; then it is known which come through where, and how long they take."""
        with tempfile.TemporaryFile() as kept:

            def look() -> bool:
                kept.seek(0)
                passed = self._run(session, list(range(len(session.items))), self.seen.watch)
                self.seen.leave()
                pickle.dump((self.seen.through, self.seen.took), kept)
                kept.flush()
                return passed

            if not any(forked(look, FIRST_LIMIT_SECONDS) for _ in range(2)):
                return False
            kept.seek(0)
            self.seen.through, self.seen.took = pickle.load(kept)
        return True

    def _verdict(self, session: pytest.Session, change: Change, limit: float) -> str:
        through = set[int | None]().union(*(self.seen.through.get(each, ()) for each in change.within))
        tests = {number for number in through if number is not None}
        if tests != through or not tests or not change.functions():
            return "outside"
        files = {session.items[number].path for number in tests}
        beside = {number for number, item in enumerate(session.items) if item.path in files} - tests
        while (failed := self._failing(session, change, (tests, beside), limit)) is not None:
            if failed == NOBODY_SAID or self._failing(session, change, ({failed},), limit) is not None:
                return "caught"
            tests, beside = tests - {failed}, beside - {failed}
        return "survived"

    def _failing(
        self, session: pytest.Session, change: Change, groups: tuple[set[int], ...], limit: float
    ) -> int | None:
        """The first test that fails when this is changed."""
        source = change.path.read_bytes()
        with tempfile.TemporaryFile() as kept:

            def trial() -> bool:
                change.make()
                if all(self._run(session, sorted(some, key=self._soon)) for some in groups):
                    return True
                kept.write(str(self.seen.test).encode())
                kept.flush()
                return False

            try:
                if forked(trial, limit):
                    return None
            finally:
                change.path.write_bytes(source)
            kept.seek(0)
            return int(kept.read() or NOBODY_SAID)

    def _soon(self, number: int) -> tuple[bool, int]:
        return self.seen.took[number] > SOON_SECONDS, number

    def _run(self, session: pytest.Session, numbers: list[int], before: Callable[[], None] = lambda: None) -> bool:
        """Whether these tests pass, until the first that does not. before: called before each, as one that comes to the
        end of the stack, or shrinks an example, leaves no watch behind."""
        items = [session.items[number] for number in numbers]
        for number, item, following in zip(numbers, items, [*items[1:], None][: len(items)], strict=True):
            before()
            self.seen.test, begun = number, time.monotonic()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self.seen.took[number] = time.monotonic() - begun
            if session.testsfailed:
                return False
        return True


def forked(run: Callable[[], bool], limit: float) -> bool:
    """What `run` says in a process of its own, ended with all it has started; False if it takes more than `limit` s."""
    if (pid := os.fork()) == 0:
        said = False
        with contextlib.suppress(BaseException):
            os.setsid()
            said = run()
        os._exit(not said)
    end = time.monotonic() + limit
    done = status = 0
    while not done and time.monotonic() < end:
        time.sleep(0.01)
        done, status = os.waitpid(pid, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    if not done:
        os.waitpid(pid, 0)
    return done != 0 and status == 0


def main() -> int:
    asked = json.load(sys.stdin)
    here = Path.cwd()
    sys.path[0] = str(here)  # instead of the folder of this file
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    forks = Forks([Change.of(here / path, text) for path, text in asked["changes"]], lambda line: print(line, file=out))
    options = ["-q", "-p", "no:cacheprovider", "-p", "pytest_timeout", f"--basetemp={asked['temporary']}"]
    forks.seen.watch()
    try:
        return int(pytest.main([*options, *asked["tests"]], plugins=[forks]))
    finally:
        forks.seen.leave()


if __name__ == "__main__":
    sys.exit(main())
