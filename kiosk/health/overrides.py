"""What others have put where it holds before what was shipped. `shipped.faults` looks, once a minute in the caretaker:
so each folder is listed once a look, and a file is read only where it stands beside one of ours.

    any file        one of the same name in a folder that comes first (TOPS)
    units           the same in any folder of systemd's (UNITS); every drop-in there for the unit, for one of its
                    aliases or instances, for a name that its own begins with up to a dash, and for all units of its
                    type; of the distribution's own (/usr/lib) those that say otherwise what ours says
    NAME.conf.d,    a file that says otherwise what ours says, and is read where its word holds: behind ours by its
    sysctl.d,       name, in modprobe.d before ours (of several `install` lines for one module the first holds)
    modprobe.d
    udev            a file of the operator's that gives otherwise what ours gives (a property, a group, a mode), read
                    behind ours, or before it and for good (:=). What it says of another subsystem does not count; nor,
                    for groups, modes, tags and whatever ours only adds to, what does not name the subsystem, when
                    something else chooses the device. The same value is no fault: so the bell's rule is none
                    (docs/aids.md)

Sources: systemd.unit(5), unit_file_find_dirs() in systemd's src/shared/dropin.c, systemd-system.conf(5), sysctl.d(5),
udev(7), kmod_module_get_install_commands() in kmod's libkmod/libkmod-module.c.

Not seen: what a rule of udev's brings in by a program or from elsewhere (IMPORT, RUN, hwdb), or what it says of the
properties that ours only asks about; which devices a rule fits; limits of a slice above ours; what is added by links
(UNIT.wants); patterns instead of names in sysctl.d and modprobe.d; and polkit's rules of other names. Of sysusers.d,
tmpfiles.d and grub.d, `shipped` looks at what came of them.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

TOPS = ("/etc", "/run", "/usr/local/lib", "/usr/lib")  # the first holds; `share` for `lib` where ours is in that
DISTRIBUTIONS = "/usr/lib/"
UNITS = (  # the first holds
    "/etc/systemd/system.control",  # what `systemctl set-property` writes
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/run/systemd/generator.late",
)
TYPES = "service|socket|target|timer|path|slice|mount|automount|swap|scope|device"
UNIT = re.compile(rf"(?P<folder>{'|'.join(map(re.escape, UNITS))})/(?P<unit>[^/]+\.({TYPES}))(\.d/(?P<dropin>[^/]+))?")
INI = re.compile(r"^[ \t]*(\w+)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)
SYSCTL = re.compile(r"^[ \t]*-?([\w./-]+)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)
INSTALL = re.compile(r"^[ \t]*install[ \t]+(\S+)[ \t]+(.*?)[ \t]*$", re.MULTILINE)
NOTHING = re.compile(r"^(/usr)?/bin/(true|false)$")
UDEV = re.compile(r'([A-Z_]+(?:\{[^}]*\})?)\s*(==|!=|\+=|-=|:=|=)\s*[ei]?"((?:[^"\\]|\\.)*)"')


def overriding(files: Iterable[str], root: Path) -> Iterator[str]:
    """In words, each once. files: the places of what was shipped. root: the machine's."""
    yield from dict.fromkeys(_overriding(_Machine(root, frozenset(files)), files))


def _overriding(machine: _Machine, files: Iterable[str]) -> Iterator[str]:
    units: dict[str, list[str]] = {}  # what of ours makes each
    for place in files:
        folder, name = place.rsplit("/", 1)
        if found := UNIT.fullmatch(place):
            units.setdefault(found["unit"], []).append(place)
            continue
        for top in _tops(folder):
            if top == folder:
                break
            if name in machine.names(top):
                yield f"{top}/{name} overrides what was shipped"
        if folder.endswith("/udev/rules.d"):
            yield from _udev(machine, folder, name)
        elif folder.endswith((".conf.d", "/sysctl.d", "/modprobe.d")):
            yield from _beside(machine, folder, name)
    aliases = _aliases(machine, units)
    for unit, places in units.items():
        yield from _unit(machine, {unit, *aliases.get(unit, ())}, places)


class _Machine:
    """Its files, each folder listed once."""

    def __init__(self, root: Path, files: frozenset[str]) -> None:
        self._root, self.files = root, files
        self._listed: dict[str, Mapping[str, bool]] = {}

    def names(self, folder: str) -> Mapping[str, bool]:
        """What is in it, and whether that is a link; one to nowhere, too: systemd masks by those. Nothing, when it is
        not there or not for us."""
        if folder not in self._listed:
            try:
                with os.scandir(self._root / folder[1:]) as there:
                    self._listed[folder] = {each.name: each.is_symlink() for each in there}
            except OSError:
                self._listed[folder] = {}
        return self._listed[folder]

    def target(self, place: str) -> str:
        """The name at which a link points; nothing when it has gone meanwhile."""
        try:
            return os.path.basename(os.readlink(self._root / place[1:]))
        except OSError:
            return ""

    def read(self, place: str) -> str:
        try:
            return (self._root / place[1:]).read_text("utf-8", "replace")
        except OSError:
            return ""

    def others(self, folder: str, ending: str) -> Iterator[tuple[str, str]]:
        """Folder and name of each file of others that is read together with ours; of one name, the first."""
        seen: set[str] = set()
        for top in _tops(folder):
            for name in sorted(self.names(top).keys() - seen):
                if name.endswith(ending) and f"{top}/{name}" not in self.files:
                    yield top, name
            seen |= self.names(top).keys()


def _tops(folder: str) -> Iterator[str]:
    """The folders that are read together with this one, the one that holds first."""
    if found := re.fullmatch(r"/(?:etc|usr/(lib|share))/(.+)", folder):
        yield from (f"{top.replace('lib', found[1] or 'lib')}/{found[2]}" for top in TOPS)


def _said(place: str, text: str) -> dict[str, str]:
    """The last word on each key; in modprobe.d the first, and one way not to load a module is as good as another."""
    if "/modprobe.d/" in place:
        said = reversed(INSTALL.findall(text))
        return {module.replace("-", "_"): NOTHING.sub("/bin/false", command) for module, command in said}
    if "/sysctl.d/" in place:
        return {key.replace("/", "."): value for key, value in SYSCTL.findall(text)}
    return dict(INI.findall(text))


def _otherwise(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    return [key for key, value in theirs.items() if key in ours and value != ours[key]]


def _beside(machine: _Machine, folder: str, name: str) -> Iterator[str]:
    ours, before = _said(f"{folder}/{name}", machine.read(f"{folder}/{name}")), folder.endswith("/modprobe.d")
    for top, other in machine.others(folder, ".conf"):
        if other < name if before else other > name:
            place = f"{top}/{other}"
            if keys := _otherwise(ours, _said(place, machine.read(place))):
                yield f"{place} overrides what was shipped: {', '.join(keys)}"


# Units


def _aliases(machine: _Machine, units: Container[str]) -> Mapping[str, set[str]]:
    """By unit: a drop-in of an alias is one of the unit's."""
    found: dict[str, set[str]] = {}
    for folder in UNITS:
        for name, link in machine.names(folder).items():
            if link and (unit := machine.target(f"{folder}/{name}")) in units:
                found.setdefault(unit, set()).add(name)
    return found


def _folders(name: str) -> str:
    """A pattern of the names of the folders that have drop-ins for this unit alone, or for those named so up to a dash;
    of a template, for its instances, too."""
    stem, _, kind = name.rpartition(".")
    prefix, at, instance = stem.partition("@")
    its = f"@({re.escape(instance)})?" if instance else "@.*" if at else ""
    dashes = [f"{re.escape(prefix[: n + 1])}({its})?" for n, sign in enumerate(prefix) if n and sign == "-"]
    return rf"({'|'.join([re.escape(prefix) + its, *dashes])})\.{kind}\.d"


def _unit(machine: _Machine, names: set[str], places: list[str]) -> Iterator[str]:
    """names: its own, and its aliases. places: its file, its drop-ins, or both, as far as they were shipped."""
    parts = [found for place in places if (found := UNIT.fullmatch(place))]
    unit, made = parts[0]["unit"], next((part["folder"] for part in parts if not part["dropin"]), None)
    ours = {part["dropin"]: UNITS.index(part["folder"]) for part in parts if part["dropin"]}
    said = {key: value for place in places for key, value in INI.findall(machine.read(place))}
    stem, _, kind = unit.rpartition(".")
    folders = re.compile("|".join(map(_folders, names)))
    instance = re.compile(rf"{re.escape(stem)}.+\.{kind}" if stem.endswith("@") else "(?!)")
    for number, folder in enumerate(UNITS):
        for name in sorted(machine.names(folder)):
            if made and (instance.fullmatch(name) or (name == unit and number < UNITS.index(made))):
                yield f"{folder}/{name} overrides what was shipped"
            if not (general := name == f"{kind}.d") and not folders.fullmatch(name):
                continue
            for dropin in sorted(machine.names(f"{folder}/{name}")):
                place = f"{folder}/{name}/{dropin}"
                if not dropin.endswith(".conf") or place in machine.files:
                    continue
                if dropin in ours:  # of one name, one is read
                    if number <= ours[dropin] and not general:
                        yield f"{place} overrides what was shipped"
                elif not place.startswith(DISTRIBUTIONS) or (
                    (made or dropin > min(ours)) and _otherwise(said, _said(place, machine.read(place)))
                ):
                    yield f"{place} adds to what was shipped"


# udev


class _UdevRule(NamedTuple):
    """asks: what of a device it wants to be so. gives: key, operator and value of each thing it sets."""

    asks: Mapping[str, str]
    gives: tuple[tuple[str, str, str], ...]


def _rules(text: str) -> Iterator[_UdevRule]:
    """A line that leaves out all of other subsystems (SUBSYSTEM!=…, GOTO=…) holds up to its label."""
    only, until = "", ""
    for line in text.replace("\\\n", "").splitlines():
        words = UDEV.findall(line) if not line.lstrip().startswith("#") else []
        asks = {key: value for key, how, value in words if how == "=="}
        refuses = [(key, value) for key, how, value in words if how == "!="]
        goto = [value for key, _, value in words if key == "GOTO"]
        if goto and not asks and [key for key, _ in refuses] == ["SUBSYSTEM"]:
            only, until = refuses[0][1], goto[0]
        elif ("LABEL", "=", until) in words:
            only = ""
        elif gives := tuple(each for each in words if each[1] not in ("==", "!=") and each[0] not in ("GOTO", "LABEL")):
            yield _UdevRule({**({"SUBSYSTEM": only} if only else {}), **asks}, gives)


def _meet(one: str, other: str) -> bool:
    """Whether two patterns of udev's may fit the same."""

    def begins(pattern: str) -> str:
        return re.split(r"[*?[]", pattern)[0]

    for a, b in itertools.product(one.split("|"), other.split("|")):
        patterns = begins(a) != a and begins(b) != b
        if fnmatchcase(a, b) or fnmatchcase(b, a):
            return True
        if patterns and (begins(a).startswith(begins(b)) or begins(b).startswith(begins(a))):
            return True
    return False


def _udev(machine: _Machine, folder: str, name: str) -> Iterator[str]:
    ours = tuple(_rules(machine.read(f"{folder}/{name}")))
    for top, other in machine.others(folder, ".rules"):
        place = f"{top}/{other}"
        if place.startswith(DISTRIBUTIONS):
            continue
        undone = [
            key
            for rule in _rules(machine.read(place))
            for key, how, value in rule.gives
            if (other > name or (how == ":=" and not key.startswith("ENV{"))) and _undoes(rule, key, how, value, ours)
        ]
        if undone:
            yield f"{place} overrides what was shipped: {', '.join(dict.fromkeys(undone))}"


def _undoes(rule: _UdevRule, key: str, how: str, value: str, ours: Iterable[_UdevRule]) -> bool:
    given = [(each, way, mine) for each in ours for its, way, mine in each.gives if its == key]
    same, adds = value in {mine for *_, mine in given}, {way for _, way, _ in given} == {"+="}
    if same != (adds and how == "-=") or (adds and how == "+="):
        return False
    if (adds or not key.startswith("ENV{")) and "SUBSYSTEM" not in rule.asks and rule.asks.keys() - {"ACTION"}:
        return False
    return any(
        all(_meet(rule.asks[what], each.asks[what]) for what in rule.asks.keys() & each.asks.keys())
        for each, _, _ in given
    )
