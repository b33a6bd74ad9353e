"""The newcomer's set-up: exact, without addresses, quick the second time, clear when it cannot go on."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path

import pytest

from tools.conformity import exists

ROOT = Path(__file__).parent.parent
# everything set-up calls up to its first complaint, but no sudo
PROGRAMS = [
    "awk",
    "cat",
    "dirname",
    "dpkg-query",
    "env",
    "grep",
    "id",
    "mktemp",
    "rm",
    "sed",
    "sh",
    "sha256sum",
    "tail",
]
LOCKS = ["requirements.lock", "requirements-dev.lock"]


def locked(lock: str) -> dict[str, str]:
    """Package to its whole entry: version, marker, hashes."""
    text = re.sub(r"^#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE)
    entries = re.split(r"\n(?=\S)", text.strip())
    return {entry.split("==")[0]: entry for entry in entries}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_to_its_hashes(lock: str) -> None:
    assert len(locked(lock)) > 40
    for entry in locked(lock).values():
        assert re.match(r"[a-z0-9-]+==\S+ ", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def test_what_the_tests_use_is_what_the_appliance_has_and_more() -> None:
    appliance, tests = locked("requirements.lock"), locked("requirements-dev.lock")
    marker = re.compile(r" ; [^\\]*")
    for name, entry in appliance.items():
        assert marker.sub(" ", entry) == marker.sub(" ", tests[name])
    assert "pytest" not in appliance


def test_the_locks_hold_every_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    name = re.compile(r"[a-z0-9-]+")
    for lock, wanted in [
        ("requirements.lock", project["dependencies"]),
        ("requirements-dev.lock", project["optional-dependencies"]["dev"]),
    ]:
        assert {found[0] for each in wanted if (found := name.match(each))} <= locked(lock).keys()


def test_the_front_end_pieces_are_pinned_to_their_hashes() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert all(each["integrity"].startswith("sha512-") for path, each in packages.items() if path)


@pytest.mark.parametrize("lock", [*LOCKS, "requirements-audit.lock", "package-lock.json"])
def test_no_lock_says_where_a_package_is_fetched_from(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


def test_the_second_set_up_says_nothing_and_takes_no_time() -> None:
    first = subprocess.run([ROOT / "tools/setup", "test"], capture_output=True, text=True, timeout=600)
    assert first.returncode == 0, first.stderr
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    second = subprocess.run([ROOT / "tools/setup", "test"], capture_output=True, text=True, timeout=60)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1
    )  # s of a processor: others use it, too


def test_an_appliance_has_bytecode_for_every_module_whatever_the_times_of_its_files(tmp_path: Path) -> None:
    [command] = re.findall(r"quietly (\.venv/bin/python -m compileall .* kiosk)", (ROOT / "tools/setup").read_text())
    shutil.copytree(ROOT / "kiosk", tmp_path / "kiosk", ignore=shutil.ignore_patterns("__pycache__", "rendered"))
    for beside in (".venv", "config"):
        (tmp_path / beside).symlink_to(ROOT / beside)
    subprocess.run(command.split(), cwd=tmp_path, check=True, timeout=120)
    modules = list((tmp_path / "kiosk").rglob("*.py"))
    assert len(modules) > 100
    for module in modules:
        assert Path(importlib.util.cache_from_source(str(module))).is_file(), module
        os.utime(module, (0, 0))  # as an image may leave them
    loaded = subprocess.run(
        [".venv/bin/python", "-v", "-c", "import kiosk.services.server"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stderr
    ours = rf"{re.escape(str(tmp_path))}/kiosk/\S+\.py"
    assert len(re.findall(rf"^# .*__pycache__\S+ matches {ours}", loaded, re.MULTILINE)) > 50
    assert re.findall(rf"^# code object from '{ours}'|^# wrote '{ours}", loaded, re.MULTILINE) == []


def test_without_rights_it_says_what_to_install_and_stops() -> None:
    with tempfile.TemporaryDirectory() as folder:
        tools, programs = Path(folder, "tools"), Path(folder, "programs")
        shutil.copytree(ROOT / "tools", tools)
        with (tools / "debian-packages").open("a") as packages:
            packages.write("a-package-that-is-not-here  run  nothing\n")
        programs.mkdir()
        for program in PROGRAMS:
            (programs / program).symlink_to(str(shutil.which(program)))
        Path(folder).chmod(0o755)
        result = subprocess.run(
            [tools / "setup", "run"],
            env={"PATH": str(programs)},
            user="nobody" if os.geteuid() == 0 else None,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert result.returncode == 1
    assert re.fullmatch(
        r"set-up failed: as root, please: apt-get install --no-install-recommends (\S+ )*a-package-that-is-not-here\n",
        result.stderr,
    )


def test_every_make_target_is_listed_by_make_help() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    assert re.findall(r"^make ([\w-]+)  +\S", listed, re.MULTILINE) == phony[1].split()


def test_ci_runs_the_command_the_readme_names_and_nothing_cleverer() -> None:
    assert (ROOT / ".ci/run").read_text() == "#!/bin/sh\nexec make test\n"
    assert "    make test\n" in (ROOT / "README.md").read_text()


def test_the_readme_is_whole_in_either_language() -> None:
    """The same commands, pages and chapters, however it is said."""
    english, japanese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.ja.md"))
    for pattern in (r"^    (.*)$", r"`(make [^`]*)`", r"\]\(([^)#]+)\)"):
        other = [each.replace("README.md", "README.ja.md") for each in re.findall(pattern, japanese, re.MULTILINE)]
        assert re.findall(pattern, english, re.MULTILINE) == other
    assert english.count("\n## ") == japanese.count("\n## ") and english.count("\n- ") == japanese.count("\n- ")


PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "README.ja", "CONTRIBUTING", "SECURITY")),
    *sorted(ROOT.glob("docs/**/*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_whatever_a_page_names_as_its_test_exists(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", page.read_text("utf-8"))
    assert [
        each for each in named if "NAME" not in each and not (exists(each) if "::" in each else (ROOT / each).exists())
    ] == []


@pytest.mark.parametrize("name", ["privacy", "installation"])
def test_a_page_in_two_languages_has_the_same_rows_steps_commands_and_links(name: str) -> None:
    english, japanese = ((ROOT / "docs" / page).read_text("utf-8") for page in (f"{name}.md", f"{name}.ja.md"))
    patterns = 0
    for pattern in (r"`([a-z]+[ /][^`]+)`", r"^\d+\.", r"^#+", r"^\|", r"\]\(([^)]+)\)"):
        found = [
            re.findall(pattern, page, re.MULTILINE)
            for page in (english, japanese.replace(f"{name}.md", f"{name}.ja.md"))
        ]
        assert found[0] == found[1]
        patterns += bool(found[0])
    assert patterns >= 3, "the page has none of what it is held to"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_leads_nowhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
