"""The mutation run: a fault that a test notices is caught, another is listed, and the tree stays as it is."""

from __future__ import annotations

import gc
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tools import mutants as tool
from tools.mutant_forks import Change
from tools.mutants import Mutant, look_at, main, mutants, places

CODE = """
    from typing import Annotated

    LIMIT = 3  # nobody tests it

    def enough(count: int) -> bool:
        return count > 7
"""
TEST = """
    from kiosk.room.code import enough

    def test_eight_is_enough_and_seven_is_not():
        assert enough(8) and not enough(7)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "kiosk/__init__.py": "",
        "kiosk/room/__init__.py": "",
        "kiosk/room/code.py": CODE,
        "tests/room/test_code.py": TEST,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return tmp_path


def changes(tmp_path: Path, source: str) -> set[tuple[str, str]]:
    (tmp_path / "code.py").write_text(textwrap.dedent(source), "utf-8")
    return {(each.before, each.after) for each in mutants(tmp_path, Path("code.py"))}


def test_what_a_test_notices_is_caught_and_what_none_notices_survives(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in tree.rglob("*.py")}
    tried, survivors = look_at(tree, "room", 100, seed=1)
    assert [str(each) for each in survivors] == ["kiosk/room/code.py:4  3  →  (4)"]
    assert tried == 4  # the limit; the seven, its comparison, what is returned
    assert capsys.readouterr().out == "kiosk/room/code.py:4  3  →  (4)\n"
    assert {path: path.read_bytes() for path in tree.rglob("*.py")} == before


def test_a_test_that_fails_now_and_then_has_caught_nothing(tree: Path) -> None:
    """On a busy machine one that waits may fail, whatever was changed: it is asked again."""
    once = """
        from pathlib import Path
        from kiosk.room.code import enough

        def test_now_and_then():
            enough(7)
            seen = Path(__file__).with_name("seen")
            seen.write_text(seen.read_text() + "." if seen.exists() else "")
            assert len(seen.read_text()) % 2 == 0
    """
    (tree / "tests/room/test_code.py").write_text(textwrap.dedent(once))
    tried, survivors = look_at(tree, "room", 100, seed=1)
    assert len(survivors) == tried == 4


def test_the_table_counts_them_and_the_tree_itself_is_never_changed(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copies: list[Path] = []

    def look(root: Path, room: str, count: int, seed: int) -> tuple[int, list[Mutant]]:
        copies.append(root)
        return count, [Mutant(Path("a.py"), 1, 0, 1, "a", "b")]

    monkeypatch.setattr(tool, "look_at", look)
    assert main(["--room", "room", "--count", "4"], tree) == 0
    assert capsys.readouterr().out.split()[-4:] == ["room", "3", "1", "75"]
    assert copies and tree not in copies[0].parents and not copies[0].exists()


def test_a_room_that_is_not_there_is_said_to_be_missing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert places(tree, "cellar") is None
    assert main(["--room", "cellar"], tree) == 2
    assert capsys.readouterr().err == "cellar: no such room, or it has no tests of its own\n"


def test_tests_that_fail_as_they_are_stop_the_run(tree: Path) -> None:
    (tree / "tests/room/test_code.py").write_text("def test_nothing():\n    assert False\n")
    with pytest.raises(SystemExit, match="room: its tests do not pass as they are"):
        look_at(tree, "room", 1, seed=1)


def test_tests_that_never_end_are_ended_and_count_as_noticing(tree: Path) -> None:
    (tree / "tests/room/test_code.py").write_text("import time\n\ndef test_slow():\n    time.sleep(60)\n")
    assert not tool.passes(tree, [Path("tests/room/test_code.py")], 2)


@pytest.mark.parametrize(
    ("line", "near"),
    [
        ("from kiosk.room.code import enough", True),
        ("from kiosk.room import a, code", True),
        ("import kiosk.room.code", True),
        ("from kiosk.room import codes", False),
        ("from kiosk.room import enough", False),
    ],
)
def test_the_tests_that_import_what_is_changed_run_first(tree: Path, line: str, near: bool) -> None:
    (tree / "tests/room/test_other.py").write_text(line)
    named, other = Path("tests/room/test_code.py"), Path("tests/room/test_other.py")
    expected = ([named, other], []) if near else ([named], [other])
    assert tool.apart(tree, [other, named], Path("kiosk/room/code.py")) == expected


@pytest.mark.parametrize(
    ("source", "within"),
    [
        ("def f():\n    return 3", {"f"}),
        ("def f():\n    return lambda: 3", {"<lambda>"}),
        ("class A:\n    def f(self):\n        return 3", {"f"}),
        ("table = {'a': lambda: 3}", {"<lambda>"}),
        ("a = lambda: 3; b = lambda: 2", set()),  # which of the two that stand on one line cannot be told
        ("a = 3", set()),
        ("def f(a=3): ...", set()),
        ("class A:\n    a = 3", set()),
        ("def f(a3):\n    return lambda: a3", set()),  # it uses no variable of f any more
    ],
)
def test_what_is_done_at_import_is_outside_of_all_functions(tmp_path: Path, source: str, within: set[str]) -> None:
    path = tmp_path / "code.py"
    path.write_text(source)
    change = Change.of(path, "0".join(source.rsplit("3", 1)))
    assert {name for _, _, name in change.within} == within


def test_a_change_is_made_in_the_functions_that_there_are(tmp_path: Path) -> None:
    path, source = tmp_path / "code.py", "def f(a):\n    return [each + 3 for each in a]\n\ndef g():\n    return 3\n"
    path.write_text(source)
    there: dict[str, Any] = {}
    exec(compile(source, str(path), "exec"), there)
    f, change = there["f"], Change.of(path, source.replace("+ 3", "+ 4"))
    gc.freeze()  # as tests/conftest.py does
    try:
        change.make()
    finally:
        gc.freeze()  # as it was
    assert (f([1]), there["g"]()) == ([5], 3)


def test_the_same_seed_draws_the_same_places() -> None:
    found = places(tool.ROOT, "card")
    assert found is not None
    first = [[str(each) for each in mutants(tool.ROOT, path)] for path in found[0]]
    assert first == [[str(each) for each in mutants(tool.ROOT, path)] for path in found[0]]
    assert sum(map(len, first)) > 300


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b < 5", {("b < 5", "(b <= 5)"), ("5", "(6)")}),
        ("a = b and not c", {("b and not c", "(b or not c)"), ("not c", "(c)")}),
        ("a = b + c", {("b + c", "(b - c)")}),
        ("a = b if c else d", {("b if c else d", "(d if c else b)")}),
        ("a = field(repr=False)", {("False", "True")}),
        ("a = b'xy'", {("b'xy'", "b'x'")}),
        ("a.b = c", {("a.b = c", "pass")}),
        ("f(a)", {("f(a)", "pass")}),
        ("def f():\n    return a", {("return a", "return None")}),
        ("def f():\n    return False", {("False", "True")}),  # None would say no, too
        ("def f(a=1) -> list[2]:\n    raise a", {("1", "(2)"), ("raise a", "pass")}),
        ("@dataclass(frozen=True)\nclass A:\n    pass", {("True", "False")}),
        ("a = 'a_key'", {("'a_key'", "'a_key_'")}),
        ("A = Literal[tuple(each + 'x')]", {("each + 'x'", "(each - 'x')"), ("'x'", "'x_'")}),
        ("あ = '見本'; a = 1", {("1", "(2)")}),  # a place is counted in bytes
        ("A: Annotated[int, Meta(ge=1)] = 2", {("1", "(2)"), ("2", "(3)")}),  # a bound decides something
    ],
)
def test_what_decides_something_is_changed(tmp_path: Path, source: str, expected: set[tuple[str, str]]) -> None:
    assert changes(tmp_path, source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""A text, 1 < 2."""',
        "a: Literal['one', 1] = b",
        "def f(a: int | None) -> bool: ...",
        "A = Literal['one', 'two']",
        "a = N_('text')",
        "a = 'words for a person'",
        "a = ('名前', 'Name')",
        "a = f'{b + 1}'",
        "log.info('one_word', 1 + 1)",
        "super().__init__(f'{a}')",
        "if TYPE_CHECKING:\n    a = 1",
        "__all__ = ['a']",
        "assert a < 1",
        "def f():\n    return None",
        "class A(B, kw_only=True): ...",
    ],
)
def test_what_no_test_of_behaviour_can_see_is_left_alone(tmp_path: Path, source: str) -> None:
    assert changes(tmp_path, source) == set()
