"""The settings file: what an operator may write, and what they are told when it does not fit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from kiosk.config.file import ConfigError
from kiosk.config.kiosk import BrowserSettings, Caretaker, CaretakerSettings, Settings, load, salvage

ErrorOf = Callable[[str | bytes], str]

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "kiosk.toml"


@pytest.fixture
def error_of(tmp_path: Path) -> ErrorOf:
    """The one line an operator gets for this text, without the file's name in front (which it asserts is there)."""

    def error_of(text: str | bytes) -> str:
        path = tmp_path / "kiosk.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(ConfigError) as caught:
            load(path)
        line = str(caught.value)
        assert line.startswith(f"{path}: ")
        assert "\n" not in line
        return line.removeprefix(f"{path}: ")

    return error_of


def test_the_shipped_file_loads_and_says_the_defaults() -> None:
    assert load(SHIPPED) == Settings()


def test_the_shipped_file_has_every_key_there_is_and_explains_each() -> None:
    # A key without a default stands there as a comment; uncommented, all of them must still be known.
    text = re.sub(r"^# (?=\w+ = )", "", SHIPPED.read_text("utf-8"), flags=re.MULTILINE)
    written = {section: set(keys) for section, keys in tomllib.loads(text).items()}
    known = {each.name: {key.name for key in structs.fields(each.type)} for each in structs.fields(Settings)}
    assert written == known
    for line in text.splitlines():
        if re.match(r"\w+ = ", line):
            assert re.search("  +# .", line), line


def test_an_empty_file_is_a_kiosk_with_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text("")
    assert load(path) == Settings()


def test_every_kind_of_printer_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text('[printer]\nkind = "usb"\nvendor_id = 0x04b8\nproduct_id = 0x0e28\nwidth = 512\n')
    assert (load(path).printer.vendor_id, load(path).printer.width) == (0x04B8, 512)
    path.write_text('[printer]\nkind = "serial"\ndevice = "/dev/ttyS0"\nbaudrate = 19200\n')
    assert load(path).printer.device == "/dev/ttyS0"
    path.write_text('[printer]\nkind = "network"\nhost = "printer.example"\ntimeout_seconds = 3\n')
    assert load(path).printer.timeout_seconds == 3.0


@pytest.mark.parametrize(
    ("beacon", "fitted"),
    [
        ("", False),
        ("every_seconds = 30", True),
        ('device = "/dev/kiosk-beacon"', True),
        ('device = "/dev/kiosk-beacon"\nevery_seconds = 30', True),
    ],
)
def test_a_beacon_says_where_the_kiosk_is_when_it_is_asked_by_itself_or_both(
    tmp_path: Path, beacon: str, fitted: bool
) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(f"[beacon]\n{beacon}\n")
    assert load(file).beacon.fitted is fitted


def test_keyboards_are_named_by_their_usb_numbers(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text('[keypad]\nlet_in = ["046d:c31c", "0627:0001"]\n')
    assert load(file).keypad.let_in == ("046d:c31c", "0627:0001")
    assert Settings().keypad.let_in == (), "nobody, unless somebody is named"


def test_the_three_files_of_the_portal_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text('[portal]\nca_file = "/ca"\ncertificate_file = "/certificate"\nkey_file = "/key"\n')
    portal = load(path).portal
    assert (portal.ca_file, portal.certificate_file, portal.key_file) == ("/ca", "/certificate", "/key")


@pytest.mark.parametrize("section", [each.name for each in structs.fields(Settings)])
def test_no_section_takes_a_key_that_nobody_reads(error_of: ErrorOf, section: str) -> None:
    assert error_of(f"[{section}]\nzzz = 1").startswith(f"{section}.zzz: no such key; the names known here are ")


# what the operator wrote, what they are told
WRONG: list[tuple[str | bytes, str]] = [
    ("[server]\nprot = 1", "server.prot: no such key; did you mean port?"),
    ("[srver]", "srver: no such section; did you mean server?"),
    ("[server]\nzzz = 1", "server.zzz: no such key; the names known here are port, runtime_directory"),
    ("server = 5", "server: is a section; write [server] on a line of its own and its keys below"),
    ('[printer]\nkind = "network"', 'printer.host: is missing; a printer of kind "network" needs it'),
    ('[printer]\nkind = "serial"', 'printer.device: is missing; a printer of kind "serial" needs it'),
    ('[printer]\nkind = "usb"\nvendor_id = 1', 'printer.product_id: is missing; a printer of kind "usb" needs it'),
    (
        '[portal]\nkey_file = "/key"',
        "portal.ca_file: is missing; ca_file, certificate_file, key_file are given all three or not at all",
    ),
    (
        '[station]\nhours = "Mo-Fr 8:30-17:15"',
        'station.hours: "Mo-Fr 8:30-17:15" does not fit: it does not say what holds on national holidays:'
        ' add "; PH off", or hours for PH; correct it, or take it out to have none',
    ),
    (
        '[station]\nhours = ""',
        'station.hours: "" does not fit: cannot read ""; write hours such as'
        ' "Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off"; correct it, or take it out to have none',
    ),
    ('[station]\nname = "署"'.encode("shift_jis"), "is not UTF-8 text; save it as UTF-8"),
]

NUMBER = 'a telephone number such as "03-0000-0000", "#9110" or "03-0000-0000 内線123", and nothing besides'
# section, key, the value written, what it must be, the default
MISFITS = [
    ("station", "hours", "17", 'hours such as "Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off"', "none"),
    ("server", "port", '"8888"', "a whole number from 1024 to 65535", "8888"),
    ("server", "port", "888", "a whole number from 1024 to 65535", "8888"),
    ("caretaker", "metrics_port", "80", "a whole number from 1024 to 65535", "none"),
    ("server", "port", "70000", "a whole number from 1024 to 65535", "8888"),
    ("printer", "kind", '"nfc"', 'one of "network", "none", "serial", "usb"', '"none"'),
    ("printer", "kind", '"紙"', 'one of "network", "none", "serial", "usb"', '"none"'),
    ("printer", "width", "580", "one of 512, 576", "576"),
    ("printer", "timeout_seconds", "0", "a number from 0.1 to 600", "5.0"),
    ("voice", "enabled", "1", "true or false", "true"),
    ("screen", "warning_seconds", "5", "a whole number from 30 to 120", "30"),
    ("portal", "url", '"http://portal.example/"', "an address that begins with https://", '"https://portal.invalid/"'),
    ("portal", "ca_file", '"portal.pem"', "a path that begins with /", "none"),
    *(
        ("keypad", "let_in", written, 'a list of numbers such as "046d:c31c", as lsusb writes them', "[]")
        for written in (
            *('["046d:c31c", "046D:C31C"]', '["046d"]', '["046d:c31c/../x"]', '["046d:c31c\\n"]', '[" 046d:c31c"]'),
            *('[""]', "[1133]", '[["046d:c31c"]]', '"046d:c31c"', "1"),
        )
    ),
    ("station", "telephone", "110", NUMBER, '""'),
    *(
        ("station", "telephone", f'"{written}"', NUMBER, '""')
        for written in (
            *(
                "11",
                "110番",
                "03-1234-5678 代表",
                "03-1234-5678（9:00〜17:00）",
                "+81 3 1234 5678",
                "03-1234-5678 ext. 12",
            ),
            *(
                " 03-1234-5678",
                "内線2341",
                "03-1234-5678 内線",
                "03-1234-5678#2",
                "0120-OPEN",
                "03------5678",
                "1" * 16,
            ),
        )
    ),
]


@pytest.mark.parametrize(("text", "line"), WRONG)
def test_what_does_not_belong_or_is_missing_is_named_with_its_cure(
    error_of: ErrorOf, text: str | bytes, line: str
) -> None:
    assert error_of(text) == line


@pytest.mark.parametrize(("section", "key", "value", "expected", "default"), MISFITS)
def test_a_value_that_does_not_fit_is_shown_with_what_would(
    error_of: ErrorOf, section: str, key: str, value: str, expected: str, default: str
) -> None:
    assert error_of(f"[{section}]\n{key} = {value}") == (
        f"{section}.{key}: {value} does not fit, it must be {expected}; correct it, or take it out to have {default}"
    )


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", ""),
        ("110", "110"),
        ("＃９１１０", "#9110"),
        ("０３－３５８１－４３２１", "03-3581-4321"),
        ("03−3581ー4321", "03-3581-4321"),
        ("(03)3581-4321", "(03)3581-4321"),
        ("（０３）　３５８１-4321", "(03) 3581-4321"),
        ("03-3581-4321（内線2341）", "03-3581-4321(内線2341)"),
        ("03-3581-4321　内線　２３４１", "03-3581-4321 内線 2341"),
    ],
)
def test_a_telephone_number_is_the_same_however_it_was_typed(tmp_path: Path, written: str, kept: str) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(f'[station]\ntelephone = "{written}"\n', "utf-8")
    assert load(path).station.telephone == kept


def test_a_slip_of_the_pen_is_told_with_its_line(error_of: ErrorOf) -> None:
    line = error_of("[printer]\nkind = none")
    assert line.startswith("is not TOML: ")
    assert "(at line 2, column 8)" in line


def test_files_that_only_the_server_can_read_are_not_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text('[portal]\nca_file = "/gone/ca"\ncertificate_file = "/gone/pem"\nkey_file = "/gone/key"\n')
    assert load(path).portal.key_file == "/gone/key"


def test_a_file_that_is_not_there_or_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no-such\.toml: no such file; copy config/kiosk\.toml there"):
        load(tmp_path / "no-such.toml")
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load(tmp_path)


@pytest.mark.parametrize("text", [text for text, _line in WRONG] + [f"[{a}]\n{b} = {c}" for a, b, c, _, _ in MISFITS])
def test_of_a_file_that_does_not_fit_the_rest_is_taken_and_the_same_said(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(path)
    settings, wrong = salvage(path, Settings)
    assert (settings, wrong) == (Settings(), (str(caught.value),))


def test_whatever_is_wrong_is_named_and_whatever_fits_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(
        '[station]\nname = "みどり野"\nhuors = ""\n[server]\nport = 9999\nruntime_directory = "run"\n'
        '[printer]\nkind = "usb"\nwidth = 512\n[sreen]\nidle_seconds = 60\n',
        "utf-8",
    )
    settings, wrong = salvage(path, Settings)
    assert (settings.station.name, settings.server.port) == ("みどり野", 9999)
    assert settings.printer == Settings().printer, "keys that do not fit together: nobody knows which is meant"
    named = {line.removeprefix(f"{path}: ").partition(": ")[0] for line in wrong}
    assert named == {"station.huors", "server.runtime_directory", "printer.vendor_id", "sreen"}


FIGURES = "[caretaker]\nkept_days = 99\nmetrics_port = {}\n[server]\n{}"
KEPT = "caretaker.metrics_port: 8888 does not fit, that port is kept for the pages; correct it, or take it out to have"
SAME = "server.port: 9877 does not fit, caretaker.metrics_port is the same; correct it, or take it out to have 8888"


@pytest.mark.parametrize(
    ("text", "lines", "pages", "figures"),
    [
        (FIGURES.format(8888, ""), [f"{KEPT} none"], 8888, None),
        (FIGURES.format(8888, "port = 8888"), [f"{KEPT} none"], 8888, None),
        (FIGURES.format(8888, "port = 9999"), [f"{KEPT} none"], 9999, None),  # to where the pages fall back
        (FIGURES.format(9877, "port = 9877"), [SAME], 8888, 9877),
        (FIGURES.format(9877, "port = 9999"), [], 9999, 9877),
    ],
)
def test_pages_and_figures_have_two_ports_and_whoever_reads_a_part_comes_to_the_same(
    tmp_path: Path, text: str, lines: list[str], pages: int, figures: int | None
) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(text)
    found, wrong = salvage(path, Settings)
    assert wrong == tuple(f"{path}: {line}" for line in lines)
    screen, caretaker = salvage(path, BrowserSettings)[0], salvage(path, CaretakerSettings)[0]
    assert found.server.port == screen.server.port == pages
    assert {each.caretaker for each in (found, screen, caretaker)} == {Caretaker(kept_days=99, metrics_port=figures)}
    if lines:
        with pytest.raises(ConfigError, match=re.escape(lines[0])):
            load(path)


NAMES_THAT_MISLEAD = ['""', '"a.b"', '"x\\ny"', '"`"', '" - at `$.printer.kind`"', '"x` - at `$.server"', '"$"']


@pytest.mark.parametrize("name", NAMES_THAT_MISLEAD)
@pytest.mark.parametrize("form", ["{} = 1\n[server]\nport = 8888", "[{}]\n", "[server]\nport = 8888\n{} = 1"])
def test_no_name_keeps_what_fits_from_being_found_or_makes_two_lines(tmp_path: Path, name: str, form: str) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(form.format(name))
    _settings, wrong = salvage(path, Settings)
    assert wrong and not any("\n" in line for line in wrong)
    with pytest.raises(ConfigError, match="no such "):
        load(path)


def test_a_file_that_cannot_be_read_at_all_leaves_the_defaults(tmp_path: Path) -> None:
    for path, text in ((tmp_path / "none.toml", None), (tmp_path, None), (tmp_path / "deep.toml", "a = " + "[" * 9999)):
        if text is not None:
            path.write_text(text)
        settings, [line] = salvage(path, Settings)
        assert settings == Settings() and line.startswith(f"{path}: ")
