"""Two screens are told apart, and one with a pointer on it, or other letters, is still itself."""

from __future__ import annotations

from PIL import Image, ImageDraw

from tests.appliance.screens import resemblance, same


def screen(*boxes: tuple[int, int, int, int]) -> Image.Image:
    image = Image.new("RGB", (1080, 1920), "white")
    for box in boxes:
        ImageDraw.Draw(image).rectangle(box, fill="blue")
    return image


def test_a_pointer_is_no_other_screen() -> None:
    shipped = screen((0, 120, 1080, 1700))
    shown = shipped.copy()
    ImageDraw.Draw(shown).rectangle((500, 900, 530, 940), fill="black")
    assert same(shown, shipped)


def test_another_screen_is_not_this_one() -> None:
    shipped = screen((0, 120, 1080, 1700))
    assert not same(screen((0, 120, 1080, 400)), shipped)
    assert not same(Image.new("RGB", (1080, 1920)), shipped)
    assert not same(shipped.resize((1280, 800)), shipped)


def test_black_for_white_is_nothing_alike() -> None:
    assert resemblance(Image.new("RGB", (10, 10)), Image.new("RGB", (10, 10), "white")) == 0.0
