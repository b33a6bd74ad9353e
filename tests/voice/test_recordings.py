"""A person's voice: what they are to read, what of it can be used, and that it takes the place of the machine's."""

from __future__ import annotations

import csv
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kiosk.language.languages import LANGUAGES, shipped
from kiosk.voice import mouth, prompts, script
from kiosk.voice.__main__ import main
from kiosk.voice.mouth import LOOK, Mouth, can_speak
from kiosk.voice.prompts import FOLDER, build, file_name, messages, rendered, stamp_of, texts
from kiosk.voice.recordings import MARGIN_SECONDS, samples
from kiosk.voice.script import GONE, PIECE, Script, may_last, names, recorded
from kiosk.voice.voices import HERTZ, LEVEL, MEI, VOICES, NoVoice, voice_of

CHINESE, JAPANESE, EASY = LANGUAGES["zh"], LANGUAGES["ja"], LANGUAGES["easy"]
SAID = {"返回": "もどる", "请在画面上确认。": LOOK, "7": ""}
PLACES = {"もどる": "parts/helpers", LOOK: "voice/mouth"}


def record(path: Path, seconds: float = 0.5, loud: float = 0.3, rate: int = 48000, channels: int = 1) -> None:
    """A tone in the voice's range, a second of a quiet room before and after."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = loud * np.sin(2 * np.pi * 220 * np.arange(int(seconds * rate)) / rate)
    room = 0.001 * loud * np.cos(np.arange(rate))
    sound = np.repeat(np.concatenate([room, tone, room]), channels)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((sound * 32767).astype("<i2").tobytes())


def written(folder: Path, said: dict[str, str] = SAID) -> dict[str, dict[str, str]]:
    Script(folder, CHINESE, said, PLACES).write()
    with (folder / "zh/script.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["text"]: row for row in csv.DictReader(file)}


def found(folder: Path, said: dict[str, str] = SAID) -> script.Recorded:
    return Script(folder, CHINESE, said, PLACES).recorded()


def test_the_script_has_every_prompt_once_and_a_place_and_a_length_for_each(tmp_path: Path) -> None:
    said = texts(CHINESE, messages())
    assert main(["script", "--language", "zh", "--folder", str(tmp_path)]) == 0
    with (tmp_path / "zh/script.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["text"] for row in rows) == sorted(said)
    assert [int(row["number"]) for row in rows] == list(range(1, len(said) + 1))
    assert all(row["heard"] and float(row["seconds"]) >= 1.5 for row in rows)
    back = next(row for row in rows if row["japanese"] == "もどる")
    assert (back["text"], "/" in back["heard"]) == ("返回", True)


def test_a_text_keeps_its_number_and_one_that_has_changed_gets_a_new_one(tmp_path: Path) -> None:
    before = written(tmp_path)
    path = tmp_path / "zh" / f"{int(before['返回']['number']):04}.wav"
    record(path)
    after = written(tmp_path, {"返回上一页": "もどる", **{text: SAID[text] for text in list(SAID)[1:]}})
    assert after["7"]["number"] == before["7"]["number"] and after["7"]["heard"] == PIECE
    assert after["返回上一页"]["number"] == "4"
    assert after["返回"] == {**before["返回"], "heard": GONE}
    path.rename(tmp_path / "zh/0009.wav")
    assert written(tmp_path, {"新": "もどる"})["新"]["number"] == "10", "no recording is ever taken for another text's"


def test_a_number_is_never_given_twice_though_nobody_has_recorded_it(tmp_path: Path) -> None:
    before = written(tmp_path)
    highest = max(before, key=lambda text: int(before[text]["number"]))
    written(tmp_path, {text: SAID[text] for text in SAID if text != highest})
    after = written(tmp_path, {"新": "もどる"})
    assert int(after["新"]["number"]) > int(before[highest]["number"]), "somebody may hold the first script in hand"


def test_what_is_missing_changed_too_long_or_no_sound_is_named(tmp_path: Path) -> None:
    rows = written(tmp_path)
    of = {text: tmp_path / "zh" / f"{int(row['number']):04}.wav" for text, row in rows.items()}
    record(of["返回"])
    record(of["7"], seconds=may_last(CHINESE, "7") + 1)
    of["请在画面上确认。"].write_bytes(b"RIFF")
    record(tmp_path / "zh/0044.wav")
    state = found(tmp_path)
    assert set(state.usable) == {"返回", "7"} and state.missing == 1
    assert state.too_long == [of["7"].name] and state.unknown == ["0044.wav"]
    assert list(state.unusable) == [of["请在画面上确认。"].name]
    assert found(tmp_path, {"返回吧": "もどる"}).changed == sorted((of["返回"].name, of["7"].name, "0003.wav"))[:3]


@pytest.mark.parametrize("loud", [0.02, 0.9])
@pytest.mark.parametrize(("rate", "channels"), [(48000, 1), (44100, 2), (16000, 1)])
def test_every_recording_comes_out_at_one_rate_as_loud_and_without_the_room(
    tmp_path: Path, loud: float, rate: int, channels: int
) -> None:
    record(tmp_path / "0001.wav", 0.5, loud, rate, channels)
    made = samples(tmp_path / "0001.wav") / 32767
    assert len(made) / HERTZ == pytest.approx(0.5 + 2 * MARGIN_SECONDS, abs=0.02)
    voiced = made[np.abs(made) > 0.01]
    assert np.sqrt(np.mean(voiced**2)) == pytest.approx(LEVEL, rel=0.05)
    assert np.argmax(np.abs(np.fft.rfft(made))) * HERTZ / len(made) == pytest.approx(220, abs=2)


def test_what_the_new_rate_cannot_carry_is_left_out_and_not_folded_down(tmp_path: Path) -> None:
    rate = 48000
    both = np.sin(2 * np.pi * 220 * np.arange(rate) / rate) + np.sin(2 * np.pi * 15000 * np.arange(rate) / rate)
    with wave.open(str(tmp_path / "0001.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((both * 8000).astype("<i2").tobytes())
    heard = np.abs(np.fft.rfft(samples(tmp_path / "0001.wav")))
    assert heard[int(9000 * len(heard) / 12000)] < heard.max() / 1000


def test_what_cannot_be_used_says_why(tmp_path: Path) -> None:
    path = tmp_path / "0001.wav"
    for change, words in (
        ({"rate": 8000}, "8000 Hz"),
        ({"channels": 6}, "6 channels"),
        ({"loud": 0.0}, "nothing is to be heard"),
    ):
        record(path, **change)
        with pytest.raises(NoVoice, match=words):
            samples(path)
    path.write_bytes(b"")
    with pytest.raises(NoVoice, match="no wave file"):
        samples(path)


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A kiosk of three texts in three languages, with recordings in tmp_path/people."""
    folder = tmp_path / "rendered"
    monkeypatch.setattr(prompts, "CACHE", tmp_path / "cache")
    for module in (prompts, mouth, script):
        monkeypatch.setattr(module, "FOLDER", folder)
    of = {"zh": SAID, "ja": {"もどる": "もどる"}, "easy": {"もどる": "もどる"}}
    for module in (prompts, script):
        monkeypatch.setattr(module, "messages", lambda: PLACES)
        monkeypatch.setattr(module, "texts", lambda language, _: of[language.code])
    monkeypatch.setattr(prompts, "shipped", lambda: (JAPANESE, EASY, CHINESE))
    monkeypatch.setattr(mouth, "_said", lambda message, _: next((t for t, m in SAID.items() if m == message), message))
    rendered.cache_clear()
    yield tmp_path / "people"
    rendered.cache_clear()


def test_a_person_takes_the_place_of_the_machine_and_what_is_missing_falls_back(kiosk: Path) -> None:
    of = {text: f"{int(row['number']):04}.wav" for text, row in written(kiosk).items()}
    assert build() == (1, 0) and not can_speak(CHINESE)
    record(kiosk / "zh" / of["请在画面上确认。"])
    rendered.cache_clear()
    people = recorded(kiosk, (JAPANESE, EASY, CHINESE))
    assert [(each.language.code, each.missing, each.unmade(names(people))) for each in people] == [("zh", 2, 1)]
    assert build(names(people)) == (1, 0) and people[0].unmade(names(people)) == 0
    rendered.cache_clear()
    assert can_speak(CHINESE)
    fragment = '<div lang="zh-Hans"><main><h1>返回</h1><p data-voice="spell">77</p></main></div>'
    made = Mouth(lambda: True).say(fragment, CHINESE)
    look = f"/voice/{file_name(VOICES['zh'], '请在画面上确认。')}"
    assert made is not None and made["screen"] == [look], "what nobody has recorded is left to the eye, said once"


def test_a_voice_that_two_languages_share_is_recorded_for_both_and_made_anew_with_each_take(kiosk: Path) -> None:
    places = {"もどる": "parts/helpers"}
    Script(kiosk, EASY, {"もどる": "もどる"}, places).write()
    record(kiosk / "easy/0001.wav")
    made = prompts.FOLDER / file_name(MEI, "もどる")
    assert build(names(recorded(kiosk, (JAPANESE, EASY)))) == (1, 0)
    first = stamp_of(made)
    record(kiosk / "easy/0001.wav", seconds=0.6)
    people = recorded(kiosk, (JAPANESE, EASY))
    assert people[0].unmade(names(people)) == 1
    assert build(names(people)) == (1, 0) and stamp_of(made) != first
    assert build() == (1, 0), "the machine speaks again once the recording is gone"


def test_a_text_recorded_for_either_of_two_that_share_a_voice_is_missing_in_neither(kiosk: Path) -> None:
    for language in (JAPANESE, EASY):
        Script(kiosk, language, {"もどる": "もどる"}, {"もどる": "parts/helpers"}).write()
    record(kiosk / "easy/0001.wav")
    assert [each.missing for each in recorded(kiosk, (JAPANESE, EASY))] == [0, 0]
    record(kiosk / "ja/0001.wav", seconds=0.6)
    taken = names(recorded(kiosk, (JAPANESE, EASY)))
    build(taken)
    assert [each.unmade(taken) for each in recorded(kiosk, (JAPANESE, EASY))] == [0, 0], "both are heard in one take"


def test_a_broken_script_is_one_line_for_whoever_keeps_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh/script.csv").write_text("a;b\n1;2\n")
    assert main(["script", "--language", "zh", "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"kiosk.voice: {tmp_path}/zh/script.csv: its first line is not number,text,japanese,heard,seconds\n"
    )


@pytest.mark.parametrize("language", [each for each in shipped() if voice_of(each).speak], ids=lambda each: each.code)
def test_the_time_that_is_allowed_is_what_the_machine_itself_needs(language: object) -> None:
    """Of an Opus file: the granule position of its last page, in 48 000ths of a second (RFC 7845 §4)."""
    assert isinstance(language, type(JAPANESE))
    late = []
    said = texts(language, messages())
    for text in said:
        data = (FOLDER / file_name(voice_of(language), text)).read_bytes()
        last = data.rfind(b"OggS")
        late += [text] * (int.from_bytes(data[last + 6 : last + 14], "little") / 48000 > may_last(language, text))
    assert len(late) <= len(said) / 200, late
