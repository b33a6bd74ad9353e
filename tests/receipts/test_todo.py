"""A person's own list on paper: the photo in its true size, the number to call, short enough, and nothing personal."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from itertools import product
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from kiosk.advice.todo import Plan
from kiosk.config import guidance
from kiosk.config.kiosk import Printer as PrinterSettings
from kiosk.flows import lost_card
from kiosk.flows.take_home import slip
from kiosk.hw.device import Printed
from kiosk.hw.printer import open_printer
from kiosk.language.furigana import plain
from kiosk.language.hours_written import hours_written
from kiosk.language.languages import LANGUAGES, Language
from kiosk.receipts.render import lay_out
from kiosk.receipts.text import TO_A_PHONE, public_text
from kiosk.sim.printer import VirtualPrinter
from tests.receipts.shots import STATION, WHEN, shot
from tests.receipts.test_slips import holds, text_of
from tests.web.catalogue_guidance import plans
from tests.whole import few

FACTS = guidance.load()
PLANS = dict(plans())
DPI = {576: 203.2, 512: 180.0}
STAY = PLANS["lost_card_only_keep"]


def slip_of(plan: Plan, width: int) -> Image.Image:
    return lay_out(slip(plan), STATION, WHEN, width=width)


def print_on(paper: VirtualPrinter, plan: Plan) -> Image.Image:
    """The paper as it came out of the printer."""
    settings = PrinterSettings(kind="network", host=paper.host, port=paper.port, width=paper.width)  # type: ignore[arg-type]
    assert open_printer(settings).print(slip_of(plan, paper.width)) == Printed()
    return paper.slips[-1].image


def runs(image: Image.Image, length: int) -> list[tuple[int, int]]:
    """Columns in which a black line of just this length stands: (column, its first row)."""
    found = []
    for x in range(image.width):
        column = image.crop((x, 0, x + 1, image.height)).convert("L").tobytes()
        begin = None
        for y, grey in enumerate((*column, 255)):
            if grey == 0 and begin is None:
                begin = y
            elif grey != 0 and begin is not None:
                if y - begin == length:
                    found.append((x, begin))
                begin = None
    return found


@pytest.mark.parametrize(("height_mm", "width_mm"), [(30, 24), (45, 35)])
def test_the_photos_frame_on_the_paper_has_the_photos_size(
    paper: VirtualPrinter, height_mm: int, width_mm: int
) -> None:
    photo = msgspec.structs.replace(FACTS.photo, height_mm=height_mm, width_mm=width_mm)
    *before, record = STAY.todo
    image = print_on(paper, replace(STAY, todo=(*before, replace(record, photo=photo))))
    height, width = (round(mm * DPI[paper.width] / 25.4) for mm in (height_mm, width_mm))
    sides = runs(image, height)
    columns = [x for x, _ in sides]
    assert columns == [columns[0], columns[0] + 1, columns[-1] - 1, columns[-1]], "two lines of two dots"
    assert columns[-1] - columns[0] + 1 == width
    assert len({y for _, y in sides}) == 1
    if (height_mm, width_mm) == (30, 24):
        assert (width, height) == {576: (192, 240), 512: (170, 213)}[paper.width]
    measured = (columns[-1] - columns[0] + 1) * 25.4 / DPI[paper.width], height * 25.4 / DPI[paper.width]
    assert measured == pytest.approx((width_mm, height_mm), abs=0.1), "in millimetres"


def test_a_list_without_a_photo_has_no_frame(paper: VirtualPrinter) -> None:
    assert runs(print_on(paper, PLANS["renewal_linked"]), round(30 * DPI[paper.width] / 25.4)) == []


WITH_A_CODE = [name for name, plan in PLANS.items() if plan.page]


# The code is as many dots wide on the narrower paper, so there one list stands for all.
@pytest.mark.parametrize(
    ("name", "width"),
    few([*product(WITH_A_CODE, [576]), (WITH_A_CODE[0], 512)], of=product(WITH_A_CODE, [576, 512])),
)
def test_a_phone_reads_the_public_page_off_the_list(name: str, width: int, tmp_path: Path) -> None:
    shot(f"todo-{name}", width).save(tmp_path / "slip.png")
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(tmp_path / "slip.png")], capture_output=True, text=True, check=True
    )
    assert read.stdout.strip() == PLANS[name].page


def test_a_machine_can_read_whom_to_call_what_it_costs_and_where_to_ask(tmp_path: Path) -> None:
    text = text_of(slip_of(STAY, 576), tmp_path)
    for words in ("0120-0178-27", "1,500円", "3.0×2.4cm", "6か月以内", "みどり野警察署", "000-000-0110"):
        assert holds(text, words), f"{words} not found in: {text}"


@pytest.mark.parametrize("width", [576, 512])
def test_the_number_to_call_can_be_read_at_half_the_size(width: int, tmp_path: Path) -> None:
    assert "0120-95-0178" in text_of(slip_of(STAY, width), tmp_path, scale=0.5)


def test_lists_are_short() -> None:
    """Paper is paid for, and a long slip is not read. In millimetres, at 203 dpi."""
    lengths = {name: shot(f"todo-{name}", 576).height / 8 for name in PLANS}
    print("\n".join(f"{name:26} {length:4.0f} mm" for name, length in lengths.items()))
    assert max(lengths.values()) < 220, "the longest has the photo in its true size"
    assert lengths["suspend"] < 120
    assert sorted(lengths.values())[len(lengths) // 2] < 160


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.code)
def test_a_phone_takes_each_list_to_its_last_line(language: Language) -> None:
    for name, plan in PLANS.items():
        last = public_text(slip(plan), STATION, language).split("\n")[-1]
        assert last == (plan.page or plain(hours_written(STATION.hours, language)).translate(TO_A_PHONE)), name


def test_a_station_that_changes_a_fact_finds_it_on_the_slip(tmp_path: Path) -> None:
    recording = msgspec.structs.replace(FACTS.recording, yen=2350)
    suspend = msgspec.structs.replace(FACTS.suspend, telephone="0570-00-0000")
    changed = msgspec.structs.replace(FACTS, recording=recording, suspend=suspend)
    text = text_of(slip_of(lost_card.plan(changed, "both", "keep"), 576), tmp_path, scale=0.5).replace(".", ",")
    assert "2,350円" in text and "0570-00-0000" in text
    assert "1,500円" not in text and "0120-95-0178" not in text
