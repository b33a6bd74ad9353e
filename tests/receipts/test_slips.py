"""What a person carries home: legible, complete, the same every time, and made without reaching outside."""

from __future__ import annotations

import difflib
import io
import os
import re
import subprocess
import sys
import threading
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import msgspec
import pytest
from PIL import Image, ImageChops

from kiosk.advice.gains import gains_of
from kiosk.config.kiosk import Printer as PrinterSettings
from kiosk.config.kiosk import Settings
from kiosk.flows.refusal import KINDS
from kiosk.flows.refusal import slip as slip_of_outcome
from kiosk.hw.device import Printed
from kiosk.hw.printer import NoPrinter, open_printer
from kiosk.language.dates import wareki, written
from kiosk.language.glosses import GLOSS, explained
from kiosk.language.languages import JAPANESE, LANGUAGES, Language, shipped
from kiosk.language.public import Public
from kiosk.portal.model import Purpose, Reference
from kiosk.receipts import render as module
from kiosk.receipts import slips as types
from kiosk.receipts.pictures import Pictures
from kiosk.receipts.render import lay_out, parted, phrases, png_bytes, preload, qr, whole_words, written_out
from kiosk.sim.printer import VirtualPrinter
from tests.receipts.shots import LOST, SLIPS, STATION, WHEN, WIDTHS, shot
from tests.web.catalogue import licence
from tests.whole import few, turn

ONE_OF_EACH = {type(slip): name for name, slip in SLIPS.items()}.values()
# Each on the narrower paper, where less fits; on the wider one of each kind and every third. What is not seen, unless
# the whole is tried, is another that is wrong on the wider paper alone.
WIDER = [name for name in SLIPS if name in {*ONE_OF_EACH, *turn(list(SLIPS), 0, 3)}]
ON_PAPER = [*((name, 512) for name in SLIPS), *((name, 576) for name in WIDER)]
TRIED = [LANGUAGES[code] for code in os.environ.get("LANGUAGES", "").split()] or list(shipped())


class HostileSlip(types.Slip):
    """Has a template that the test brings along."""


def linked(**changes: object) -> types.LinkedSlip:
    slip = SLIPS["linked"]
    assert isinstance(slip, types.LinkedSlip)
    return replace(slip, **changes)  # type: ignore[arg-type]


def printer_of(paper: VirtualPrinter) -> PrinterSettings:
    return PrinterSettings(kind="network", host=paper.host, port=paper.port, width=576 if paper.width == 576 else 512)


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    box = ImageChops.invert(image).getbbox()
    assert box is not None
    return box


def text_of(image: Image.Image, tmp_path: Path, languages: str = "jpn", scale: float = 2) -> str:
    """What tesseract reads, without the blanks it puts between Japanese letters. Large print needs a smaller scale. In
    one thread: several wait for each other by counting."""
    size = round(image.width * scale), round(image.height * scale)
    (image if scale > 1 else image.convert("L")).resize(size).save(tmp_path / "slip.png")
    command = ["tesseract", str(tmp_path / "slip.png"), "-", "-l", languages, "--psm", "6"]
    alone = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    read = subprocess.run(command, capture_output=True, text=True, check=True, env=alone).stdout
    return unicodedata.normalize("NFKC", re.sub(r"\s", "", read))


def holds(text: str, words: str) -> bool:
    """`words` stand somewhere in `text`, give or take a misread letter in seven."""
    best = max(
        difflib.SequenceMatcher(None, words, text[at : at + len(words)]).ratio()
        for at in range(max(1, len(text) - len(words) + 1))
    )
    return best > 0.85


def test_there_are_slips() -> None:
    assert len(SLIPS) > 10


@pytest.mark.parametrize(("name", "width"), ON_PAPER)
def test_every_slip_is_black_and_white_and_as_wide_as_the_paper(name: str, width: int) -> None:
    image = shot(name, width)
    assert (image.mode, image.width) == ("1", width)
    assert 600 < image.height < 3200, f"{image.height / 8:.0f} mm long"


@pytest.mark.parametrize(("name", "width"), ON_PAPER)
def test_nothing_runs_off_the_paper(name: str, width: int) -> None:
    image = shot(name, width)
    left, top, right, bottom = ink(image)
    if name == "test":
        assert (left, right) == (0, image.width), "the test print reaches every dot"
    else:
        assert left >= 16 and right <= image.width - 16
    assert top >= 16 and image.height - bottom >= 16, "it is cut off"


# Each slip in Japanese, and every other one in one of the other languages in turn; most of what a slip says stands on
# others, too. What is not seen unless the whole is tried is a line of one slip that is too wide in one language.
IN_LANGUAGES = [
    pytest.param(name, language, id=f"{name}-{language.code}")
    for number, language in enumerate(TRIED)
    for name in (SLIPS if language is JAPANESE else turn(list(SLIPS), 2 * number, max(2 * len(TRIED) - 2, 1)))
]


@pytest.mark.parametrize(("name", "language"), IN_LANGUAGES)
def test_nothing_runs_off_the_narrower_paper_in_any_language(name: str, language: Language) -> None:
    japanese = language is JAPANESE
    image = shot(name, 512) if japanese else lay_out(SLIPS[name], STATION, WHEN, width=512, language=language)
    left, _, right, _ = ink(image)
    assert name == "test" or (left >= 16 and right <= image.width - 16)
    assert image.height < 5000, f"{image.height / 7.1:.0f} mm long"


def test_what_is_printed_is_what_was_shown(paper: VirtualPrinter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the PNG of the preview on one side and the ESC/POS of the printer on the other. Either takes dots,
    whatever they say: one of each kind of slip, all when the whole is tried."""
    settings = Settings(station=STATION, printer=printer_of(paper))
    printer = open_printer(settings.printer)
    slips = Pictures(settings, printer)
    for number, name in enumerate(few(ONE_OF_EACH, of=SLIPS)):
        if number:  # the first is laid out here, of the others the dots are there
            dots = shot(name, paper.width)
            monkeypatch.setattr("kiosk.receipts.pictures.lay_out", lambda *_, dots=dots, **__: dots)
        picture = slips.lay_out(SLIPS[name])
        assert isinstance(picture, Image.Image), name
        assert printer.print(picture) == Printed()
        shown = Image.open(io.BytesIO(slips.png() or b"")).convert("1")
        assert ImageChops.difference(shown, paper.slips[number].image).getbbox() is None, name
    assert paper.faults == [], "no text command, no unknown command"


def test_a_slip_with_a_real_time_command_in_it_is_shown_as_it_is_printed(
    paper: VirtualPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printer changes a dot of such a picture. What stands on the screen has that dot, too."""
    dangerous = Image.frombytes("1", (paper.width, 8), (b"\xef\xfb" + b"\xff" * (paper.width // 8 - 2)) * 8)
    monkeypatch.setattr("kiosk.receipts.pictures.lay_out", lambda *_, **__: dangerous)
    printer = open_printer(printer_of(paper))
    slips = Pictures(Settings(), printer)
    picture = slips.lay_out(types.TestSlip())
    assert isinstance(picture, Image.Image) and picture.tobytes() != dangerous.tobytes()
    assert printer.print(picture) == Printed()
    shown = Image.open(io.BytesIO(slips.png() or b"")).convert("1")
    assert shown.tobytes() == paper.slips[0].image.tobytes()
    assert paper.faults == []


@pytest.mark.parametrize(
    "error",
    [OSError("no fonts"), ValueError("longer than the roll"), RuntimeError("pdfium"), jinja2.UndefinedError("a fact")],
    ids=lambda error: type(error).__name__,
)
def test_a_slip_that_cannot_be_laid_out_says_so_and_leaves_no_picture(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its own nor that of the slip before; and the log has the type of the error alone."""

    def fail(*_: object, **__: object) -> Image.Image:
        raise error

    slips = Pictures(Settings(), NoPrinter(512))
    assert isinstance(slips.lay_out(types.TestSlip()), Image.Image) and slips.png()
    monkeypatch.setattr("kiosk.receipts.pictures.lay_out", fail)
    assert slips.lay_out(SLIPS["linked"]) == types.NotLaidOut()
    assert slips.png() is None
    assert caplog.messages == [f"slip linked could not be laid out: {type(error).__name__}"]


def test_the_same_facts_always_give_the_same_dots() -> None:
    slip = SLIPS["linked"]
    assert lay_out(slip, STATION, WHEN, width=576).tobytes() == lay_out(slip, STATION, WHEN, width=576).tobytes()


def test_two_slips_at_once_do_not_disturb_each_other() -> None:

    def picture() -> bytes:
        return png_bytes(lay_out(SLIPS["linked"], STATION, WHEN, width=512))

    alone = picture()
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(picture())) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone, alone]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_phone_reads_the_code_off_the_paper(width: int, tmp_path: Path) -> None:
    shot("linked", width).save(tmp_path / "slip.png")
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(tmp_path / "slip.png")], capture_output=True, text=True, check=True
    )
    assert read.stdout == "https://myna.go.jp/\n"


@pytest.mark.parametrize("address", ["http://myna.go.jp/", "https://myna.go.jp/?id=1", "tel:110", "https://a@b.jp/"])
def test_only_public_addresses_go_into_a_code(address: str) -> None:
    with pytest.raises(ValueError, match="public"):
        qr(address)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_machine_can_read_the_slip_of_the_linked(width: int, tmp_path: Path) -> None:
    text = text_of(shot("linked", width), tmp_path)
    for words in (
        "連携が完了しました",
        "受付番号",
        "令和8年11月22日10時4分",
        "これからできること",
        "みどり野警察署",
        "000-000-0110",
    ):
        assert holds(text, words), f"{words} not found in: {text}"


def test_a_machine_can_read_where_to_go_and_what_to_bring(tmp_path: Path) -> None:
    text = text_of(shot("outcome-sign_pin_locked", 576), tmp_path)
    for words in ("署名用の暗証番号が", "つぎにすること", "市区町村の窓口", "持ち物", "マイナンバーカード"):
        assert holds(text, words), f"{words} not found in: {text}"
    text = text_of(shot("outcome-with-telephone", 576), tmp_path, scale=0.5)
    assert holds(text, "0120-95-0178"), text


def test_only_what_this_licence_allows_is_promised() -> None:
    def length(**changes: object) -> int:
        can = tuple(gain.own for gain in gains_of(licence(**changes)))
        return lay_out(linked(can=can), STATION, WHEN, width=576).height

    everything = length()
    without_lecture = length(category="violation")
    assert without_lecture < everything
    assert length(category="violation", one_stop_address=False) < without_lecture


def test_a_long_reference_stays_inside_its_frame() -> None:
    image = lay_out(linked(reference=Reference("W" * 32)), STATION, WHEN, width=512)
    left, _, right, _ = ink(image)
    assert left >= 16 and right <= 512 - 16


def test_what_comes_in_as_a_fact_is_text_and_never_markup() -> None:
    hostile = msgspec.structs.replace(STATION, name='<img src="file:///etc/passwd">&amp;')
    assert lay_out(SLIPS["linked"], hostile, WHEN, width=576).height > 1000
    outcome = replace(LOST, heading=Public("100% <b>x</b>"), todo=())
    assert lay_out(slip_of_outcome(outcome, KINDS[Purpose.LINKING]), STATION, WHEN, width=576).height > 800


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/x.png", "https://example.org/x.png"])
def test_laying_out_a_slip_reaches_for_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = module._environment(JAPANESE)
    hostile = jinja2.DictLoader({"hostile.html": f'<img src="{address}"><div id="end"></div>'})
    monkeypatch.setattr(environment, "loader", hostile)
    with pytest.raises(ValueError, match="may not load anything"):
        lay_out(HostileSlip(), STATION, WHEN, width=576)


def test_a_missing_fact_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(TypeError, match="reference"):
        types.LinkedSlip(linked_at=WHEN, can=())  # type: ignore[call-arg,arg-type]
    blank = type("LinkedSlip", (types.Slip,), {})()
    with pytest.raises(jinja2.UndefinedError, match="reference"):
        lay_out(blank, STATION, WHEN, width=576)


def test_a_slip_speaks_the_language_of_its_reader_and_of_the_desk(tmp_path: Path) -> None:
    picture = lay_out(SLIPS["linked"], STATION, WHEN, width=576, language=LANGUAGES["en"])
    text = text_of(picture, tmp_path, "jpn+eng")
    for words in ("Yourlicenseislinked", "連携が完了しました", "November22,2026", "令和8年11月22日"):
        assert holds(text, words), f"{words} not found in: {text}"


def test_a_moment_is_written_as_its_reader_writes_it() -> None:
    assert wareki(datetime(2026, 11, 22, 10, 4)) == "令和8年11月22日 10時4分"
    assert wareki(datetime(2019, 5, 1, 0, 0)) == "令和元年5月1日 0時0分"
    assert wareki(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == "令和8年11月23日 8時30分", "in Japan"
    assert written(datetime(2026, 11, 22, 14, 4), LANGUAGES["en"]) == "November 22, 2026 14:04"
    assert written(datetime(2026, 11, 22, 14, 4), LANGUAGES["pt"]) == "22 de novembro de 2026, 14h04"
    assert written(datetime(2026, 11, 22, 14, 4), LANGUAGES["zh"]) == "2026年11月22日 14:04"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("署名用の暗証番号がロックされています", "署名用の|暗証番号が|ロックされています"),
        ("引っ越しや名前の変更をすると、失効します。", "引っ越しや|名前の|変更をすると、|失効します。"),
        ("再発行を申し込みます。", "再発行を|申し込みます。"),
        ("もう一度お試しください。", "もう一度お試し|ください。"),
        ("「運転免許の連携」をします（無料）", "「運転免許の|連携」をします|（無料）"),
        ("「入っています」と出るまで、待ちます。", "「入っています」と|出るまで、|待ちます。"),
        ("マイナンバーカード総合サイトの", "マイナンバーカード|総合サイトの"),
        ("マイナンバーカード", "マイナンバーカード"),
        ("コンビニエンスストアなどの端末", "コンビニエンスストア|などの|端末"),
        ("6:30〜17:15（祝日を除く）", "6:30〜17:15|（祝日を除く）"),
        ("あたらしい マイナンバーカード", "あたらしい| |マイナンバーカード"),
        ("{警察署|けいさつしょ}、{交番|こうばん}など", "{警察署|けいさつしょ}、|{交番|こうばん}など"),
        ("{知|し}らせなくて いい（ある {人|ひと}）", "{知|し}らせなくて| |いい|（ある| |{人|ひと}）"),
        (
            "「{署名用電子証明書|しょめいようでんししょうめいしょ}の{発行|はっこう}を{希望|きぼう}する」を",
            "「{署名用電子証明書|しょめいようでんししょうめいしょ}の|{発行|はっこう}を|{希望|きぼう}する」を",
        ),
    ],
)
def test_lines_break_between_phrases(text: str, parts: str) -> None:
    assert (
        re.sub("<[^>]*>", "", re.sub("</span>( ?)<span", r"</span>|\1|<span", str(phrases(text)))).replace("||", "|")
        == parts
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("{連携|れんけい}が できました", "{連携|れんけい}|（つなぐ| |こと）が| |できました"),
        (
            "{連携|れんけい}の{解除|かいじょ}を",
            "{連携|れんけい}|（つなぐ| |こと）の|{解除|かいじょ}|（{外|はず}す| |こと）を",
        ),
        (
            "（{初回|しょかい}・{違反|いはん}の {人|ひと}）",
            "（{初回|しょかい}|（はじめて）・|{違反|いはん}|（ルールを| |まもらない| |こと）の| |{人|ひと}）",
        ),
        ("「{連携|れんけい}」を", "「{連携|れんけい}」|（{連携|れんけい}は、|つなぐ| |こと）を"),
    ],
)
def test_a_line_breaks_between_the_words_of_an_explanation(text: str, parts: str) -> None:
    said = parted(explained(f"<p>{phrases(text)}</p>")).replace(GLOSS, "")
    said = re.sub("</span>( ?)<span class=phrase>", r"|\1|", said.replace("</span></span>", "</span>"))
    assert re.sub("<[^>]*>", "", said).replace("||", "|") == parts


class Phrases(HTMLParser):
    """What stands on a slip in one piece, which a line does not part."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "span":
            self._open.append(("class", "phrase") in attrs)
            if self._open[-1]:
                self.said.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if any(self._open):
            self.said[-1] += data


@pytest.mark.parametrize("name", SLIPS)
def test_a_phrase_on_a_learners_slip_has_no_blank_with_its_explanation_either(name: str) -> None:
    reader = Phrases()
    reader.feed(written_out(SLIPS[name], STATION, WHEN, width=576, language=LANGUAGES["easy"]))
    assert reader.said and [each for each in reader.said if " " in each.strip()] == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Book in the app 「JPKI暗証番号リセット」.", "Book in the app |「JPKI暗証番号リセット」."),
        ("选择「署名用電子証明書の発行を希望する」（签发）", "选择|「署名用電子証明書の|発行を|希望する」|（签发）"),
        ("「免許情報記録番号」을 입력", "|「免許情報記録番号」을| |입력"),
        ("Đăng ký trực tuyến", "Đăng\xa0ký trực\xa0tuyến"),
    ],
)
def test_what_a_foreign_text_quotes_in_japanese_breaks_between_phrases(text: str, parts: str) -> None:
    said = str(whole_words(text)).replace("<span lang=ja>", "").replace("</span></span>", "</span>")
    assert re.sub(r"\|+", "|", re.sub("<[^>]*>", "|", said)).strip("|") == parts.strip("|")


def test_other_scripts_are_left_to_their_own_line_breaks() -> None:
    assert phrases("Bring your card & come back.") == "Bring your card &amp; come back."


def test_the_warm_parent_can_prepare_everything() -> None:
    preload(512)
    assert set(module._environment(JAPANESE).list_templates()) >= {
        "linked.html",
        "outcome.html",
        "test.html",
    }


FORKED = """
import os, signal
from itertools import cycle
from kiosk.language.languages import LANGUAGES
from kiosk.receipts.render import lay_out, preload
from tests.receipts.shots import SLIPS, STATION, WHEN

preload()
print(len(os.listdir("/proc/self/task")), flush=True)
if os.fork() == 0:
    signal.alarm(90)  # seconds; five, on a machine that does nothing else
    for slip, language in zip(cycle(list(SLIPS.values())[:3]), LANGUAGES.values()):
        lay_out(slip, STATION, WHEN, width=576, language=language)
    print("laid out", flush=True)
    os._exit(0)
os.wait()
"""


def test_a_session_forked_from_the_warm_parent_has_its_own_fonts() -> None:
    """Pango's thread does not come along: a session that asked the parent's fonts would wait for ever."""
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=110, check=True)
    assert done.stdout.split("\n") == ["1", "laid out", ""], "one thread in the parent, and slips in the child"
