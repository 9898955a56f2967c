"""Own texts: what becomes of lines and windows, and one sentence for each thing that is wrong."""

from __future__ import annotations

import codecs
import gzip
import itertools
import json
import tracemalloc
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from sparring.core import components
from sparring.core.errors import BadData, UserError
from sparring.core.spec import Spec
from sparring.data import _corpus
from sparring.data.text_file import TextFile
from sparring.modalities._tokens import END, UNKNOWN, Tokeniser
from sparring.modalities.text import Text

LINES = [f"line {number} says {'ha ' * (number % 5)}!" for number in range(40)]


def texts(data: TextFile) -> dict[str, list[str]]:
    modality = Text(data.spec)
    parts: tuple[Any, ...] = ("train", "test")
    return {p: modality.texts(torch.from_numpy(data.split(p).values)) for p in parts}


def own(tmp_path: Path, content: str | bytes, name: str = "own.txt") -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def known(text: str, whole: str) -> bool:
    """Whether a text is another but for symbols that it does not know."""
    same = len(text) == len(whole)
    return same and all(a in (b, "\ufffd") for a, b in zip(text, whole, strict=True))


def test_lines_become_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = own(tmp_path, "\n\n".join(LINES) + "\n   \n" + "x" * 65)
    data = TextFile(path=path)
    parts = texts(data)
    assert [sum(known(t, line) for t in parts["train"] + parts["test"]) for line in LINES] == [
        1
    ] * 40
    assert parts["train"] == [line for line in LINES if line in parts["train"]], "in order"
    assert 1 <= len(parts["test"]) <= 10
    assert data.report["empty"] == 40
    assert data.report["left_out"] == 1
    assert "longer than 64 symbols: 1" in capsys.readouterr().err
    assert (data.split("train").values == END).any(1).all()
    again = TextFile(path=path)
    assert again.split("test").hash() == data.split("test").hash()
    assert not capsys.readouterr().err, "it was packed before"
    assert "40 texts of" in data.source
    assert "no licence" in data.licence
    own(tmp_path, "free", "LICENCE.txt")
    assert data.licence == "see LICENCE.txt beside it"


def test_a_damaged_pack_is_packed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    path = own(tmp_path, "\n".join(LINES))
    first = TextFile(path=path).split("train").hash()
    (pack,) = (tmp_path / "cache" / "packs").iterdir()
    (pack / "train.npy").write_bytes(b"cut off")
    assert TextFile(path=path).split("train").hash() == first
    own(tmp_path, "\n".join(LINES[1:]))
    assert TextFile(path=path).split("train").hash() != first, "another content"


@pytest.mark.parametrize("kind", ["words", "pieces"])
def test_words_and_pieces(tmp_path: Path, kind: Any) -> None:
    words = (["he", "she", "it", "we"], ["walks", "rests", "waits"], ["stops", "goes", "wins"])
    lines = [f"{a} {b} slowly, then {c}." for a, b, c in itertools.product(*words)]
    data = TextFile(path=own(tmp_path, "\n".join(lines)), symbols=kind, length=64, most=60)
    parts = texts(data)
    assert sorted(parts["train"] + parts["test"]) == sorted(lines)
    assert (data.spec.symbols or 0) <= 60


def test_equal_lines_are_in_one_part(tmp_path: Path) -> None:
    parts = texts(TextFile(path=own(tmp_path, "\n".join(LINES * 3)), test_share=0.4))
    assert not set(parts["train"]) & set(parts["test"])
    assert len(parts["train"]) % 3 == len(parts["test"]) % 3 == 0


@pytest.mark.parametrize("share", [0.001, 0.999])
def test_each_part_gets_something(tmp_path: Path, share: float) -> None:
    data = TextFile(path=own(tmp_path, "yes\nno\nperhaps"), test_share=share)
    assert {len(data.split("train")), len(data.split("test"))} == {1, 2}


def test_windows_run_over_lines(tmp_path: Path) -> None:
    running = "\n".join(LINES * 3) + "\n"
    data = TextFile(path=own(tmp_path, running), sample="window", length=16)
    parts = texts(data)
    border = int(len(running) * 0.9)
    assert all(t == running[8 * i : 8 * i + 16] for i, t in enumerate(parts["train"]))
    assert len(parts["train"]) == (border - 16) // 8 + 1
    assert all(t == running[border:][16 * i : 16 * i + 16] for i, t in enumerate(parts["test"]))
    assert not (data.split("train").values == END).any()


def test_windows_do_not_depend_on_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = "\n".join(LINES * 3)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    path = own(tmp_path, running)
    whole = TextFile(path=path, sample="window", symbols="words", length=8).split("train").hash()
    monkeypatch.setattr(_corpus, "BLOCK", 50)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "other"))
    other = TextFile(path=path, sample="window", symbols="words", length=8).split("train").hash()
    assert other == whole


def test_columns_and_classes(tmp_path: Path) -> None:
    rows = [{"says": line, "mood": number % 3} for number, line in enumerate(LINES)]
    table = "\n".join(json.dumps(row) for row in rows)
    commas = "mood,says\n" + "\n".join(f'{row["mood"]},"{row["says"]}"' for row in rows)
    packed = gzip.compress(table.encode())
    found = [
        TextFile(path=own(tmp_path, content, name), column="says", label="mood")
        for content, name in ((table, "a.jsonl"), (commas, "a.csv"), (packed, "a.jsonl.gz"))
    ]
    assert len({data.split("train").hash() for data in found}) == 1
    assert found[0].spec.labels == {"mood": ("0", "1", "2")}
    samples = found[0].split("train")
    for text, mood in zip(texts(found[0])["train"], samples.labels["mood"], strict=True):
        assert LINES.index(text) % 3 == mood


def test_a_folder_of_texts(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    own(tmp_path, "\n".join(LINES[:20]), "b.txt")
    own(tmp_path, "\n".join(LINES[20:]), "deep/a.txt")
    own(tmp_path, "not this one", "LICENSE.txt")
    own(tmp_path, b"\0\0", "picture.png")
    parts = texts(TextFile(path=str(tmp_path)))
    assert len(parts["train"] + parts["test"]) == 40


def test_marks_line_ends_and_stamps_are_no_text(tmp_path: Path) -> None:
    content = codecs.BOM_UTF8 + b"one\r\ntwo\rthree\n\n[AI-generated] {}\n"
    parts = texts(TextFile(path=own(tmp_path, content)))
    assert len(parts["train"] + parts["test"]) == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"good\nb\xe4d", r"own\.txt cannot be used: byte 7 \(line 2\) is not UTF-8 \(0xe4\)"),
        (codecs.BOM_UTF8 + b"b\xe4d", r"byte 5 \(line 1\) is not UTF-8"),
        ("gut\nschön".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
        (b"good\nba\0d", r"character 3 of line 2 is the control 0x00"),
        (b"", "holds no text"),
        (b" \n\n \n", "holds no text"),
        (b"one line\n", r"holds only 1 line .* set data\.sample to window"),
        (b"same\n" * 9, "All 9 lines of .* are the same; 2 different ones are needed"),
        (b"x" * 70 + b"\n" + b"y" * 90, r"more than 64 characters; set data\.length to 70 or more"),
    ],
)
def test_one_sentence_for_each_fault(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(BadData, match=told):
        TextFile(path=own(tmp_path, content)).split("train")


@pytest.mark.parametrize(
    ("name", "content", "settings", "told"),
    [
        ("a.csv", "body,mood\nx,y", {}, r"no column 'text'; set data\.column to .*: body, mood"),
        ("a.csv", "", {}, "holds no text"),
        ("a.csv", "text,mood\nx", {}, "line 2 has 1 columns and the first has 2"),
        ("a.csv", 'text\n"x', {}, "line 2 is no CSV"),
        ("a.csv", "text,m\nx,a\ny,a", {"label": "m"}, "'m' of .* has one value only, 'a'"),
        ("a.csv", "text,m\nx,a\ny,", {"label": "m"}, "line 3 has a label of 0 characters"),
        ("a.csv", "text,m\nx,a\ny,b", {"label": "n"}, r"no column 'n'; set data\.label to"),
        ("a.jsonl", '{"text": "x"}\n[1]', {}, "line 2 is no JSON object"),
        ("a.jsonl", "{text}", {}, "line 1 is no JSON: "),
        ("a.jsonl", "[" * 99_999, {}, "line 1 is no JSON: "),
        ("a.jsonl", '{"text": null}', {}, "line 1 holds no text in the column 'text'"),
        ("a.jsonl", '\n{"text": "\\ud800"}', {}, "line 2 holds half of a pair of surrogates"),
        ("a.jsonl", '\n{"text": "\\u0000"}', {}, "character 1 of line 2 is the control 0x00"),
        ("a.txt", "x\ny", {"label": "m"}, r"\.txt have no columns"),
        ("a.txt", "x\ny", {"sample": "window"}, "too little text for windows of 64 characters"),
        ("a.txt.gz", "x\ny", {}, "a.txt.gz cannot be read"),
        ("a.pdf", "x\ny", {}, r"is no \.txt, \.jsonl or \.csv file"),
    ],
)  # fmt: skip
def test_one_sentence_for_each_misfit(
    tmp_path: Path, name: str, content: str, settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadData, match=told):
        TextFile(path=own(tmp_path, content, name), **settings).split("train")


def test_too_many_classes(tmp_path: Path) -> None:
    rows = "\n".join(f"line {number},{number}" for number in range(1_001))
    with pytest.raises(BadData, match="has more than 1,000 values"):
        TextFile(path=own(tmp_path, "text,id\n" + rows, "a.csv"), label="id").split("train")


def test_missing_places_and_settings_that_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="There is no file or folder"):
        TextFile(path=str(tmp_path / "missing")).split("train")
    with pytest.raises(BadData, match=r"holds no \.txt file"):
        TextFile(path=str(tmp_path)).split("train")
    table = {"name": "text_file", "path": "a.csv", "label": "mood", "sample": "window"}
    with pytest.raises(UserError, match="windows of running text have no class"):
        components.build(components.DATASET, table, where="data")


def test_what_is_no_utf8_may_be_replaced(tmp_path: Path) -> None:
    parts = texts(TextFile(path=own(tmp_path, b"b\xe4d\nb\0d\nb\xe4\0d"), replace=True))
    assert {*parts["train"], *parts["test"]} == {"b\ufffd\ufffdd", "b\ufffdd"}


def test_a_line_without_an_end_is_not_read_whole(tmp_path: Path) -> None:
    path = own(tmp_path, b"x" * 30_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(BadData, match="line 1 has more than 1,000,000 bytes; break it up"):
            TextFile(path=path).split("train")
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), min_size=1)
)
def test_any_texts_survive_as_symbols(written: list[str]) -> None:
    hypothesis.assume(any(written))
    tok = Tokeniser.learn(written, "characters")
    longest = max(map(len, written))
    modality = Text(Spec("text", (longest,), symbols=tok.symbols, tokeniser=tok.stored))
    rows = np.stack([modality.row(text) for text in written])
    unknown = {c for text in written for c in text if tok.encode(c) == [UNKNOWN]}
    assert unknown <= {"\u2581", "\u2585"}, "the library keeps these for itself"
    for text, back in zip(written, modality.texts(torch.from_numpy(rows)), strict=True):
        assert back == "".join("\ufffd" if c in unknown else c for c in text)
