"""The prompts as files: sound is in each, building again does nothing, and a changed text makes one new file."""

from __future__ import annotations

import io
import os
import re
import subprocess
import wave
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from kiosk.language.languages import LANGUAGES
from kiosk.voice import prompts
from kiosk.voice.mouth import Mouth
from kiosk.voice.prompts import FOLDER, bare, build, file_name, messages, stamp, stamp_of, texts, variants
from kiosk.voice.readings import as_read
from kiosk.voice.voices import HERTZ, LEVEL, MEI, VOICES
from tests.web.catalogue import SIGHTS
from tests.whole import turn

JAPANESE = LANGUAGES["ja"]


def decoded(path: Path) -> tuple[float, float]:
    """Seconds, and the root mean square of full scale."""
    done = subprocess.run(["opusdec", "--quiet", f"--rate={HERTZ}", str(path), "-"], capture_output=True, check=True)
    samples = np.frombuffer(done.stdout[44:], dtype="<i2") / 32768
    return len(samples) / HERTZ, float(np.sqrt(np.mean(samples**2)))


def test_every_screen_is_heard_and_nothing_in_it_is_silence() -> None:
    heard: set[str] = set()
    for sight in SIGHTS:
        made = Mouth(lambda: False).say(sight.html(), JAPANESE)
        assert made is not None
        said = [each for each in made["screen"] if "/now/" not in each]  # type: ignore[attr-defined]
        assert len(said) >= 2, sight.name
        heard.update(each.removeprefix("/voice/") for each in said)
    assert len(heard) > 150
    with ThreadPoolExecutor() as ears:
        listened = turn(sorted(heard), 0, 4)
        sounds = ears.map(lambda name: decoded(FOLDER / name), listened)
        for name, (seconds, level) in zip(listened, sounds, strict=True):
            assert seconds > 0.3, name
            assert LEVEL / 4 < level < LEVEL * 2, name


def test_building_again_does_nothing() -> None:
    before = {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()}
    assert build() == (0, 0)
    assert {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()} == before


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, without a cache, for the one text もどる."""
    folder = tmp_path / "rendered"
    folder.mkdir()
    monkeypatch.setattr(prompts, "FOLDER", folder)
    monkeypatch.setattr(prompts, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(prompts, "messages", lambda: {"もどる"})
    monkeypatch.setattr(prompts, "shipped", lambda: (JAPANESE,))
    monkeypatch.setattr(prompts, "texts", lambda language, of: of)
    return folder


def test_a_build_makes_what_is_missing_removes_what_is_left_over_and_always_the_same(few: Path) -> None:
    name = file_name(MEI, "もどる")
    (few / "0123.ogg").touch()
    assert build() == (1, 1)
    assert [path.name for path in few.iterdir()] == [name]
    assert (few / name).read_bytes() == (FOLDER / name).read_bytes()


def test_of_two_texts_the_one_that_has_changed_is_made(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "messages", lambda: {"もどる", "つぎへ"})
    assert build() == (2, 0)
    kept = few / file_name(MEI, "もどる")
    before = kept.stat().st_ino
    monkeypatch.setattr(prompts, "messages", lambda: {"もどる", "すすむ"})
    assert build() == (1, 1)
    assert {path.name for path in few.iterdir()} == {file_name(MEI, text) for text in ("もどる", "すすむ")}
    assert kept.stat().st_ino == before


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("LEVEL", 0.05),
        ("CODING", [*prompts.CODING, "--speech"]),
        ("voice_of", lambda _: replace(MEI, engine=lambda: "pyopenjtalk-plus 99")),
        ("voice_of", lambda _: replace(MEI, read=lambda text: f"{text}。")),
    ],
    ids=["level", "coding", "engine", "reading"],
)
def test_what_it_was_made_with_is_part_of_a_prompt(
    few: Path, monkeypatch: pytest.MonkeyPatch, what: str, value: object
) -> None:
    build()
    path = few / file_name(MEI, "もどる")
    before = stamp_of(path)
    assert before == stamp(MEI, "もどる")
    monkeypatch.setattr(prompts, what, value)
    assert build() == (1, 0)
    assert stamp_of(path) not in ("", before)
    assert build() == (0, 0)


def test_what_was_made_once_is_taken_from_the_cache(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build()
    path = few / file_name(MEI, "もどる")
    made = path.read_bytes()
    path.unlink()

    def mute(text: str) -> NoReturn:
        raise AssertionError("it is spoken again")

    monkeypatch.setattr(prompts, "voice_of", lambda _: replace(MEI, speak=mute))
    assert build() == (1, 0)
    assert path.read_bytes() == made


def test_the_cache_forgets_what_no_build_has_wanted_for_a_month(few: Path) -> None:
    build()
    (kept,) = prompts.CACHE.iterdir()
    old = prompts.CACHE / "0123.ogg"
    old.touch()
    os.utime(old, (0, 0))
    (few / file_name(MEI, "もどる")).unlink()
    assert build() == (1, 0)
    assert list(prompts.CACHE.iterdir()) == [kept]


def test_a_prompt_without_a_stamp_is_made_anew(few: Path) -> None:
    path = few / file_name(MEI, "もどる")
    path.write_bytes(b"OggS")
    assert build() == (1, 0)
    assert stamp_of(path) == stamp(MEI, "もどる")


def test_a_message_with_a_number_is_made_for_each_and_one_with_anything_else_for_none() -> None:
    assert list(variants("あと%(count)s回"))[:3] == ["あと0回", "あと1回", "あと2回"]
    assert list(variants("%(name)sさん")) == []
    assert list(variants("100%%")) == ["100%"]


def test_markup_and_readings_are_not_heard() -> None:
    assert bare("登録した番号とは<strong>ちがいます</strong>。") == "登録した番号とはちがいます。"
    assert bare("{住所|じゅうしょ}\n  A &amp; B") == "住所 A & B"


def test_people_are_spoken_of_politely_and_ranges_as_ranges() -> None:
    assert as_read("優良・一般の方", "ja") == "優良・一般のかた"
    assert as_read("スマートフォンの上の方を", "ja") == "スマートフォンの上の方を"
    assert as_read("６〜16文字", "ja") == "６から16文字"
    assert as_read("6~16자", "ko") == "6에서 16자"
    assert as_read("6–16 ký tự", "vi") == "6 đến 16 ký tự"


def test_what_is_written_in_kana_alone_or_read_in_two_ways_is_read_as_it_is_meant() -> None:
    assert as_read("暗証番号はいりません。", "ja") == "暗証番号は要りません。"
    assert as_read("めんきょの じょうほうが はいるか", "ja") == "めんきょの じょうほうが 入るか"
    assert as_read("この項目が、空か、正しくない形です。", "ja") == "この項目が、からか、正しくない形です。"
    assert as_read("ご案内だけを行っています。", "ja") == "ご案内だけをおこなっています。"
    assert as_read("ふたが開いています。開いて いる 時間に", "ja") == "ふたがあいています。あいて いる 時間に"
    assert as_read("Police box (kōban), Mynaportal", "en") == "Police box (koban), Myna portal"


@pytest.mark.parametrize("code", [code for code, voice in VOICES.items() if voice.speak and LANGUAGES[code].foreign])
def test_no_voice_is_given_a_script_that_it_cannot_read(code: str) -> None:
    """What another language quotes of Japanese is given by its sound; said as it is written, it is noise."""
    others = (
        r"[\u3041-\u30ff\u3400-\u9fff]" if code == "ko" else r"[\u1100-\u11ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
    )
    read = map(VOICES[code].read, texts(LANGUAGES[code], messages()))
    assert [text for text in read if re.search(others, text)] == []


@pytest.mark.parametrize("code", [code for code, voice in VOICES.items() if voice.speak])
def test_every_voice_of_the_table_speaks(code: str) -> None:
    words = {"ja": "もどる", "easy": "もどる", "en": "Back", "pt": "Voltar", "vi": "Quay lại", "ko": "뒤로"}
    samples = VOICES[code].say(words[code])
    assert len(samples) > 0.3 * HERTZ
    assert np.abs(samples).max() < 32767 * 0.95


def test_the_catalogue_is_what_is_made() -> None:
    assert {"もどる", "連携が完了しました"} <= texts(JAPANESE, messages()).keys()


def test_what_is_made_now_is_a_wave_file() -> None:
    mouth = Mouth(lambda: True)
    made = mouth.say('<div lang="ja"><main><p data-voice="public">見本署の窓口です。</p></main></div>', JAPANESE)
    assert made is not None and made["screen"] == ["/voice/now/0.wav"]
    sound = mouth.live(0)
    assert sound is not None
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels()) == (HERTZ, 1)
        assert file.getnframes() > HERTZ
