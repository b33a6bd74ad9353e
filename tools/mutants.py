"""A sampled mutation run: is a fault in the code found by the tests of its own room? (`make mutants`)

A room is `kiosk/ROOM/` or `kiosk/ROOM.py`; its own tests are `tests/ROOM/` or `tests/test_ROOM*.py`, which need no
browser, and the two that walk all rooms, `tests/test_privacy.py` and `tests/test_values.py`. The whole is copied to a
temporary folder; there one place at a time is changed, the tests run until one fails, and the place is put back. Within
functions `mutant_forks.py` does that fast; for the rest Python starts anew, and the tests that import the changed file
run first. A change that no test notices *survives* and is listed: either a test is missing, or the line does nothing.
The tree itself is never touched.

Changed is what decides something: comparisons, and/or/not, conditions, numbers, bytes, True and False, strings that
read as an identifier (data, not words), arithmetic, what is returned, statements that do something (a call, an
assignment to an attribute, a raise). Not changed is what no test of behaviour can see: annotations (but for the bounds
within: calls such as `Meta(ge=1)`), docstrings, texts and f-strings, log lines, assertions, what stands below
TYPE_CHECKING.

The sample is drawn with a seed, so a run can be repeated: --seed 1 means the same places while the code is the same.
A mutant on which the tests take four times as long as usual is caught, too: somebody would have noticed.

Why neither cosmic-ray nor mutmut: the first works on the tree itself, removes no statement and brings SQLAlchemy and an
HTTP server along; the second sees function bodies only, and our tables and `field(repr=False)` stand outside of them.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FORKS = Path(__file__).resolve().with_name("mutant_forks.py")
# Three of the four seconds that pytest takes to start are other plugins; under CI, hypothesis draws the same examples
# every time, and is not in a hurry.
BARE = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CI": "1"}
FIRST_LIMIT_SECONDS = 1200.0
PACKAGE = "kiosk"
ROOMS = ("card", "flows", "advice", "session", "portal", "config")
ALL_ROOMS = ("tests/test_privacy.py", "tests/test_values.py")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "node_modules", "__pycache__", ".*_cache", ".hypothesis")
TEXTS = {"N_", "N_counted", "_", "gettext", "ngettext", "counted", "official", "both", "fact"}
WORDS = TEXTS | {"TypeVar", "NewType", "cast"}  # calls with texts
LOGS = {"log", "logger", "logging"}
SWAPPED: dict[type[ast.AST], type[Any]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Mutant:
    """One change: the bytes from `start` to `end` of a file, by others."""

    path: Path
    line: int
    start: int
    end: int
    before: str
    after: str

    def __str__(self) -> str:
        before, after = (" ".join(text.split())[:90] for text in (self.before, self.after))
        return f"{self.path}:{self.line}  {before}  →  {after}"


def mutants(root: Path, path: Path) -> list[Mutant]:
    """Every change of one file, in its order. path: below `root`."""
    source = (root / path).read_bytes()
    begins = [0]
    for line in source.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    found = []
    for node, after in _changes(ast.parse(source), annotation=False):
        start = begins[node.lineno - 1] + node.col_offset
        end = begins[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        mutant = Mutant(path, node.lineno, start, end, source[start:end].decode(), after)
        try:
            compile(mutated(source, mutant), str(path), "exec")
        except SyntaxError:  # such as a capture in a pattern
            continue
        found.append(mutant)
    return sorted(found, key=lambda each: (each.start, each.end, each.after))


def mutated(source: bytes, mutant: Mutant) -> bytes:
    return source[: mutant.start] + mutant.after.encode() + source[mutant.end :]


def _changes(node: ast.AST, annotation: bool) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """What stands in `node`, with what takes its place. annotation: we are within one, and outside of a call there."""
    match node:
        case ast.JoinedStr() | ast.Assert() | ast.Import() | ast.ImportFrom():
            return
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))) if name in LOGS:
            return
        case ast.Call(func=ast.Name(id=name)) if name in WORDS:
            return
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="__init__"), args=[text])) if _is_text(text):
            return  # what an exception says
        case ast.Tuple(elts=[*parts, ast.Constant(value=str() as word)]) if (
            any(map(_is_foreign, parts)) and word.istitle()
        ):
            for each in parts:
                yield from _changes(each, annotation)
            return  # the English beside the Japanese
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return
        case ast.Assign(value=ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=[ast.Constant(), *_]))):
            return  # the name of a type; one that is made of data does decide something
        case ast.keyword(arg="kw_only"):
            return  # whoever makes one by places is found by mypy
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case ast.AnnAssign(annotation=hint) | ast.arg(annotation=ast.expr() as hint):
            yield from _changes(hint, annotation=True)
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                yield from _changes(node.value, annotation=False)
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for part in (*node.decorator_list, node.args, *node.body):
                yield from _changes(part, annotation=False)
            return
    if not annotation and isinstance(node, ast.expr | ast.stmt):
        yield from ((node, after) for after in _instead(node))
    for child in ast.iter_child_nodes(node):
        yield from _changes(child, annotation and not isinstance(node, ast.Call))


def _is_foreign(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and not node.value.isascii()


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _instead(node: ast.expr | ast.stmt) -> Iterator[str]:
    """What may stand in the place of one node."""
    match node:
        case ast.Compare(left=left, ops=[op, *others], comparators=right):
            yield f"({ast.unparse(ast.Compare(left, [SWAPPED[type(op)](), *others], right))})"
        case ast.BoolOp(op=op, values=values):
            yield f"({ast.unparse(ast.BoolOp(SWAPPED[type(op)](), values))})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SWAPPED:
            yield f"({ast.unparse(ast.BinOp(left, SWAPPED[type(op)](), right))})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield f"({ast.unparse(ast.IfExp(test, orelse, body))})"
        case ast.Constant(value=bool() as value):
            yield str(not value)
        case ast.Constant(value=int() | float() as value):
            yield f"({value + 1})"
        case ast.Constant(value=bytes() as value):
            yield repr(value[:-1] if value else b"?")
        case ast.Constant(value=str() as value) if IDENTIFIER.fullmatch(value):
            yield repr(value + "_")
        case ast.Return(value=ast.Constant(value=None | bool())):
            return  # None says no, and so does False; True becomes False
        case ast.Return(value=ast.expr()):
            yield "return None"
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.AugAssign() | ast.Continue() | ast.Break():
            yield "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]) | ast.Delete():
            yield "pass"


def places(root: Path, room: str) -> tuple[list[Path], list[Path]] | None:
    """The files of a room, and those of its own tests; None when there is no such room, or it has none."""
    code = next((path for name in (room, f"{room}.py") if (path := root / PACKAGE / name).exists()), None)
    tests = sorted((root / "tests" / room).rglob("test_*.py")) or sorted((root / "tests").glob(f"test_{room}*.py"))
    if code is None or not tests:
        return None
    files = sorted(code.rglob("*.py")) if code.is_dir() else [code]
    of_all = [path for name in ALL_ROOMS if (path := root / name).exists()]
    return [path.relative_to(root) for path in files], [path.relative_to(root) for path in (*tests, *of_all)]


def apart(root: Path, tests: list[Path], changed: Path) -> tuple[list[Path], list[Path]]:
    """The tests that are named like the changed file or import it, and all others: the first find most, and soon."""
    module = ".".join(changed.with_suffix("").parts).removesuffix(".__init__")
    name = f"test_{changed.stem}"
    near = [test for test in tests if test.stem == name or module in _imported((root / test).read_bytes())]
    return sorted(near, key=lambda test: test.stem != name), [test for test in tests if test not in near]


def _imported(source: bytes) -> set[str]:
    """The modules that a file imports, and what it takes from them, which may be modules, too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=aliases):
                names.update(alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module), names=aliases):
                names.update((module, *(f"{module}.{alias.name}" for alias in aliases)))
    return names


def passes(root: Path, tests: list[Path], seconds: float) -> bool:
    """Whether all these tests pass in this time; they stop at the first that does not, and are asked once more then, as
    one that waits may fail on a busy machine, whatever was changed."""
    if not tests:  # pytest would take all there are
        return True
    begun = time.monotonic()
    return any(time.monotonic() - begun < seconds and _pass(root, tests, seconds) for _ in range(2))


def _pass(root: Path, tests: list[Path], seconds: float) -> bool:
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "pytest_timeout"]
    arguments = ["-B", "-m", "pytest", *options, *map(str, tests)]
    with alone(root, arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        try:
            return run.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False


@contextlib.contextmanager
def alone(root: Path, arguments: list[str], **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A Python in the copy; in the end it has ended, and all that it has started, too. more: of Popen's arguments."""
    with subprocess.Popen([sys.executable, *arguments], cwd=root, env=BARE, start_new_session=True, **more) as run:
        try:
            yield run
        finally:
            _end(run)


def _end(run: subprocess.Popen[bytes]) -> None:
    """End what the tests have started, too."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def tried(root: Path, tests: list[Path], drawn: list[Mutant]) -> Iterator[str]:
    """The lines of mutant_forks.py: first the seconds that a change may take, then what became of each change.

    It keeps what Python compiles; a file that is changed later is newer, and compiled anew.
    """
    changes = [(str(each.path), mutated((root / each.path).read_bytes(), each).decode()) for each in drawn]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        asked = {"tests": list(map(str, tests)), "temporary": f"{folder}/tests", "changes": changes}
        with alone(root, [str(FORKS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
            assert run.stdin is not None and run.stdout is not None
            run.stdin.write(json.dumps(asked).encode())
            run.stdin.close()
            yield from (line.decode().strip() for line in run.stdout)


def look_at(root: Path, room: str, count: int, seed: int) -> tuple[int, list[Mutant]]:
    """How many changes of a room were tried, and those that survived. root: a copy, to be changed at will."""
    found = places(root, room)
    assert found is not None
    code, tests = found
    every = [mutant for path in code for mutant in mutants(root, path)]
    drawn = random.Random(seed).sample(every, min(count, len(every)))
    drawn.sort(key=lambda each: (each.path, each.start))
    # What walks all rooms looks at classes more than at functions, and takes long.
    own, of_all = ([each for each in tests if (str(each) in ALL_ROOMS) is wanted] for wanted in (False, True))
    seconds, *verdicts = list(tried(root, own, drawn)) or [""]
    begun = time.monotonic()
    if not seconds or not passes(root, of_all, FIRST_LIMIT_SECONDS):
        raise SystemExit(f"{room}: its tests do not pass as they are")
    limit = float(seconds) + 4 * (time.monotonic() - begun)
    survivors = []
    for mutant, verdict in zip(drawn, verdicts, strict=True):
        left = {"survived": of_all, "outside": tests}.get(verdict)
        if left is not None and _survives(root, left, mutant, limit):
            survivors.append(mutant)
            print(mutant, flush=True)
    return len(drawn), survivors


def _survives(root: Path, tests: list[Path], mutant: Mutant, limit: float) -> bool:
    """Whether Python, started anew with this change, notices nothing."""
    file = root / mutant.path
    source = file.read_bytes()
    file.write_bytes(mutated(source, mutant))
    try:
        return all(passes(root, some, limit) for some in apart(root, tests, mutant.path))
    finally:
        file.write_bytes(source)


def main(arguments: list[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description="sampled mutation run; ARGS are these options")
    parser.add_argument("--room", action="append", help=f"one of the rooms; again for more (all: {' '.join(ROOMS)})")
    parser.add_argument("--count", type=int, default=40, help="changes per room")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder, "copy")
        shutil.copytree(root, copy, ignore=LEFT_OUT)
        for room in wanted.room or ROOMS:
            if places(copy, room) is None:
                print(f"{room}: no such room, or it has no tests of its own", file=sys.stderr)
                if wanted.room:
                    return 2
                continue
            tried, survivors = look_at(copy, room, wanted.count, wanted.seed)
            rows.append((room, tried - len(survivors), len(survivors)))
    print(f"\n{'room':10}{'caught':>8}{'survived':>10}{'caught %':>10}")
    for room, caught, survived in rows:
        print(f"{room:10}{caught:8}{survived:10}{100 * caught / max(1, caught + survived):10.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
