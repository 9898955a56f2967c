"""Sounds between files and networks."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.modalities import _rhythm, _vocoder
from sparring.modalities.audio import Audio, voiced

WAVE = Spec("audio", (5_120,), rate=8_000)
MEL = Spec("audio", (64, 80), rate=8_000)


def chirps(count: int = 2, length: int = 5_120) -> torch.Tensor:
    t = torch.arange(length) / 8_000
    rows = [torch.sin(2 * torch.pi * (200 + 300 * i + 900 * t) * t) for i in range(count)]
    fade = torch.hann_window(length)
    return (torch.stack(rows) * fade * 9_000).round().to(torch.int16)


def test_waves_survive_the_way_to_networks_and_back() -> None:
    audio, raw = Audio(WAVE), chirps()
    samples = audio.to_samples(raw)
    assert samples.shape == (2, 5_120)
    assert samples.abs().max() <= 1
    assert audio.to_raw(samples).equal(raw)


def test_spectrograms_become_sound_again() -> None:
    audio, raw = Audio(MEL), chirps()
    samples = audio.to_samples(raw)
    assert samples.shape == (2, 64, 80)
    voiced = audio.to_raw(samples)
    assert voiced.shape == raw.shape
    assert voiced.dtype == torch.int16
    assert (audio.to_samples(voiced) - samples).abs().mean() < 0.06


@pytest.mark.parametrize("shape", [(), (1, 64, 80), (0,)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="sounds have a shape"):
        Audio(Spec("audio", shape, rate=8_000))
    with pytest.raises(ValueError, match="a rate"):
        Audio(Spec("audio", (640,)))


def test_what_is_written_reads_again(tmp_path: Path) -> None:
    audio, raw = Audio(WAVE), chirps()
    path = tmp_path / "one.wav"
    path.write_bytes(audio.encode(audio.to_samples(raw)[0]))
    with soundfile.SoundFile(path) as file:
        assert (file.samplerate, file.channels, file.subtype) == (8_000, 1, "PCM_16")
        assert np.array_equal(file.read(dtype="int16"), raw[0].numpy())
    assert audio.claims(path)
    assert audio.read_as_is(path).equal(raw[0])
    level = audio.read(path).float().square().mean().sqrt() / 32_768
    assert 0.05 < level < 0.2


def test_another_rate_is_not_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "fast.wav"
    soundfile.write(path, chirps()[0].numpy(), 16_000)
    with pytest.raises(BadData, match=r"16,000 Hz; the data have 8,000 Hz"):
        Audio(WAVE).read_as_is(path)
    assert Audio(WAVE).read(path).shape == (5_120,)


def test_words_follow_each_other_with_pauses(tmp_path: Path) -> None:
    audio, raw = Audio(WAVE), chirps(3)
    (tmp_path / "row.wav").write_bytes(audio.encode_row(audio.to_samples(raw)))
    wave, _ = soundfile.read(tmp_path / "row.wav")
    assert 2 * 0.12 * 8_000 < len(wave) <= 3 * 5_120 + 2 * 0.12 * 8_000
    walk = (".wav", (tmp_path / "row.wav").read_bytes())
    assert audio.animate(audio.to_samples(raw)) == walk


def test_silence_can_be_shown_and_strung_together() -> None:
    audio = Audio(MEL)
    silence = torch.full((2, 64, 80), -1.0)
    assert audio.encode_row(silence).startswith(b"RIFF")
    assert audio.preview(silence).startswith(b"\x89PNG")


def test_a_preview_has_a_cell_for_every_sound(tmp_path: Path) -> None:
    audio = Audio(MEL)
    samples = audio.to_samples(chirps(6))
    (tmp_path / "sheet.png").write_bytes(audio.preview(samples, ["7 theo"] * 6, columns=3))
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.width == 3 * (96 + 2) + 2
        assert picture.height == 2 * (40 + 128 + 16 + 2) + 2


def test_a_page_plays_everything_and_needs_nothing_else() -> None:
    audio = Audio(WAVE)
    samples, encoded = audio.to_samples(chirps()), []

    def file(number: int) -> bytes:
        encoded.append(audio.encode(samples[number]))
        return encoded[-1]

    documents = audio.documents(samples, ["<one>"], (), file)
    assert list(documents) == ["sheet.html"]
    page = documents["sheet.html"].decode()
    assert page.count("<audio controls") == 2
    assert "&lt;one&gt;" in page
    assert "<one>" not in page
    assert "AI生成 / AI-generated, Sparring" in page
    assert len(encoded) == 2
    assert all(base64.b64encode(content).decode() in page for content in encoded)
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_levelling_brings_bands_to_what_is_asked() -> None:
    audio, raw = Audio(MEL), chirps()
    mel = audio.to_samples(raw)
    too_quiet = raw.float() / 32_768 * 0.3
    before = (audio.to_samples((too_quiet * 32_768).to(torch.int16)) - mel).abs().mean()
    after = _vocoder.levelled(too_quiet, mel, 8_000)
    again = (audio.to_samples((after * 32_768).to(torch.int16)) - mel).abs().mean()
    assert again < before / 3


def test_a_vocoder_makes_as_many_samples_as_frames_ask_for() -> None:
    vocoder = _vocoder.Vocoder(8_000, 64, width=16, depth=1)
    mel = torch.rand(2, 64, 12) * 2 - 1
    waves = vocoder(mel)
    assert waves.shape == (2, 12 * 64)
    waves.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in vocoder.parameters())


def test_a_vocoder_speaks_through_a_few_rounds_of_griffin_lim() -> None:
    mel = Audio(MEL).to_samples(chirps())
    torch.manual_seed(0)
    voice = _vocoder.Vocoder(8_000, 64, width=16, depth=1)
    plain, spoken = voiced(mel, 8_000, None), voiced(mel, 8_000, voice)
    assert plain.shape == spoken.shape == (2, mel.shape[2] * 64)
    assert not torch.equal(plain, spoken)
    assert torch.equal(spoken, voiced(mel, 8_000, voice))


def test_a_sound_is_read_as_it_is_with_its_faults(tmp_path: Path) -> None:
    silent, offset = np.zeros(5_120, np.int16), np.full(4_000, 3_000, np.int16)
    for name, wave in (("silent", silent), ("offset", offset)):
        soundfile.write(tmp_path / f"{name}.wav", wave, 8_000)
    assert not Audio(WAVE).read_as_is(tmp_path / "silent.wav").any()
    read = Audio(WAVE).read_as_is(tmp_path / "offset.wav")
    assert read[:4_000].eq(3_000).all()
    assert not read[4_000:].any()


def test_what_would_be_lost_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", chirps(1, 8_000)[0].numpy(), 8_000)
    soundfile.write(tmp_path / "two.wav", chirps(2, 4_000).T.numpy(), 8_000)
    with pytest.raises(BadData, match=r"lasts 1\.000 s; the data last 0\.64 s"):
        Audio(WAVE).read_as_is(tmp_path / "long.wav")
    with pytest.raises(BadData, match="has 2 channels"):
        Audio(WAVE).read_as_is(tmp_path / "two.wav")


def test_many_sounds_get_the_same_voice_as_few() -> None:
    audio = Audio(Spec("audio", (64, 8), rate=8_000))
    mel = torch.rand(70, 64, 8) - 1
    assert audio.to_raw(mel).shape == (70, 512)


@pytest.mark.parametrize(("form", "subtype"), [("flac", "PCM_16"), ("ogg", "VORBIS")])
def test_other_forms_hold_the_same_sound(form: str, subtype: str) -> None:
    audio, raw = Audio(WAVE), chirps()
    content = audio.encode(audio.to_samples(raw)[0], form=form)
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        assert (file.samplerate, file.subtype) == (8_000, subtype)
        wave = file.read(dtype="int16")
    assert len(wave) == raw.shape[1]
    assert np.array_equal(wave, raw[0].numpy()) == (form == "flac")
    assert np.corrcoef(wave, raw[0].numpy())[0, 1] > 0.98


@pytest.mark.parametrize("rate", [1_000, 8_000, 22_050, 44_100])
def test_a_rhythm_follows_on_request_and_is_heard(rate: int) -> None:
    audio = Audio(Spec("audio", (rate,), rate=rate))
    sample = torch.linspace(0, 300, rate).sin() * 0.9
    for form in ("wav", "flac", "ogg"):
        plain, _ = soundfile.read(io.BytesIO(audio.encode(sample, form=form)))
        marked, _ = soundfile.read(io.BytesIO(audio.encode(sample, form=form, visible=True)))
        assert len(marked) - len(plain) == pytest.approx(1.68 * rate, rel=0.01)
        assert np.allclose(marked[: len(plain)], plain, atol=0.2 if form == "ogg" else 0)
        assert _rhythm.is_heard(marked, rate)
        assert not _rhythm.is_heard(plain, rate)
        assert not _rhythm.is_heard(marked[: -rate // 10], rate)
    tone = marked[-rate // 20 :]
    assert abs(tone).max() == pytest.approx(10 ** (-12 / 20), rel=0.1), "-12 dBFS"
