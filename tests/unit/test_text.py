"""Texts in files, in memory and in documents."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.modalities._tokens import END, PAD, RESERVED, UNKNOWN, Tokeniser
from sparring.modalities.text import SHOWN, Text

LABEL = mark.MARK + '{"seeds": [3]}\n'
TOKENISER = Tokeniser.learn(
    ["the cat sat.\n\n<b>`", "白日依山盡，黃河入海流。", mark.MARK], "characters"
)
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=RESERVED)


def text_of(length: int = 40, tokeniser: Tokeniser = TOKENISER) -> Text:
    return Text(Spec("text", (length,), symbols=tokeniser.symbols, tokeniser=tokeniser.stored))


def samples_of(text: Text, *texts: str) -> torch.Tensor:
    return text.to_samples(torch.from_numpy(np.stack([text.row(one) for one in texts])))


def test_a_row_is_a_text_with_its_end_and_padding() -> None:
    text = text_of(6)
    assert text.row("cat").tolist()[3:] == [END, PAD, PAD]
    assert END not in text.row("catcat")
    with pytest.raises(BadData, match="7 symbols; at most 6"):
        text.row("catcats")
    assert text.texts(samples_of(text, "cat", "")) == ["cat", ""]


def test_raw_texts_are_brought_into_the_vocabulary() -> None:
    text = text_of(4)
    wild = torch.tensor([[-3.0, 2.4, float("nan"), 1e9]])
    assert text.to_raw(wild).tolist() == [[0, 2, 0, text.symbols - 1]]
    assert text.to_raw(wild).dtype == torch.int32


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(LETTERS | st.sampled_from("\t\n\f "), min_size=1, max_size=30))
def test_what_is_written_is_read_again(tmp_path: Path, content: str) -> None:
    text = text_of(30, Tokeniser.learn([content + "x"], "characters"))
    (sample,) = samples_of(text, content)
    (tmp_path / "a.txt").write_bytes(text.encode(sample)[:-1] + LABEL.encode())
    assert torch.equal(text.read_as_is(tmp_path / "a.txt").long(), sample)
    (tmp_path / "b.txt").write_bytes(text.encode(sample))
    plain = text.texts(text.read(tmp_path / "b.txt")[None])
    assert plain == [content.rstrip("\n")], "but for line breaks at the end"


def test_a_label_below_a_text_is_no_part_of_it(tmp_path: Path) -> None:
    text, path = text_of(), tmp_path / "a.txt"
    for label in (LABEL, f"{mark.MARK}{mark.CHINESE} {mark.SOFTWARE}\n"):
        path.write_text(f"the cat{label}", encoding="utf-8")
        assert text.texts(text.read(path)[None]) == ["the cat"]
    for own in (f"cat{mark.MARK}sat", f"cat{mark.MARK}"):
        path.write_text(own)
        assert text.texts(text.read(path)[None]) == [own]


@pytest.mark.parametrize("form", ["txt", "md", "json"])
def test_a_line_for_people_stands_below_on_request(form: str) -> None:
    text = text_of()
    (sample,) = samples_of(text, "the cat")
    plain = text.encode(sample, form=form).decode()
    shown = text.encode(sample, form=form, visible=True).decode()
    assert "AI生成" not in plain
    assert "AI生成" in shown
    assert "AI-generated" in shown


def test_other_forms_hold_the_same_text() -> None:
    text = text_of()
    (sample,) = samples_of(text, "the cat")
    assert json.loads(text.encode(sample, form="json")) == {"text": "the cat"}
    assert b"```text\nthe cat\n```" in text.encode(sample, form="md")


def test_texts_follow_each_other_in_one_file(tmp_path: Path) -> None:
    text = text_of()
    content = text.encode_row(samples_of(text, "the cat", "sat."), visible=True)
    (tmp_path / "a.txt").write_bytes(content)
    assert text.texts(text.read(tmp_path / "a.txt")[None]) == ["the cat\n\nsat."]


def test_what_would_be_lost_is_refused(tmp_path: Path) -> None:
    text, path = text_of(), tmp_path / "a.txt"
    path.write_text("the Zat Z", encoding="utf-8")
    assert text.read(path).eq(UNKNOWN).sum() == 2
    with pytest.raises(BadData, match="not in the vocabulary: 2"):
        text.read_as_is(path)
    path.write_text("cat " * 11, encoding="utf-8")
    for read in (text.read, text.read_as_is):
        with pytest.raises(BadData, match="44 symbols; at most 40 fit"):
            read(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("cat\ncafé".encode("latin-1"), r"byte 8 \(line 2\) is not UTF-8 \(0xe9\)"),
        ("cat".encode("utf-16"), "it is UTF-16"),
        ("cat".encode("utf-32"), "it is UTF-32"),
        ("cat".encode("utf-16-le"), r"character 2 of line 1 is the control 0x00"),
        (b"the\r\ncat\r\n\x00", r"character 1 of line 3 is the control 0x00"),
        (b"\x1b[0m", "is the control 0x1b"),
        (b"\xed\xa0\x80", "byte 1"),
        (b"a" * 1_000_001, "more than 1,000,000 bytes"),
    ],
)
def test_files_that_hold_no_text_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(BadData, match=words) as told:
        text_of().read(tmp_path / "a.txt")
    assert str(tmp_path / "a.txt") in str(told.value)


def test_marks_of_byte_order_and_line_ends_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfthe\r\ncat\rsat.\r\n")
    text = text_of()
    assert text.texts(text.read(tmp_path / "a.txt")[None]) == ["the\ncat\nsat."]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="cannot be read"):
        text_of().read(tmp_path / "a.txt")
    with pytest.raises(BadData, match="cannot be read"):
        text_of().read(tmp_path)


def test_text_files_are_claimed_by_name() -> None:
    claims = [text_of().claims(Path(name)) for name in ("a.txt", "A.TXT", "a.md", "sheet.png")]
    assert claims == [True, True, False, False]


def test_a_tokeniser_must_fit_the_data() -> None:
    with pytest.raises(BadData, match="do not belong together"):
        Text(Spec("text", (4,), symbols=9, tokeniser=TOKENISER.stored))
    with pytest.raises(BadData, match="The tokeniser is damaged"):
        Text(Spec("text", (4,), symbols=9, tokeniser="words:AAAA"))
    for shape, symbols in (((4, 4), 9), ((0,), 9), ((4,), None)):
        with pytest.raises(ValueError, match="texts have a shape"):
            Text(Spec("text", shape, symbols=symbols))


def test_without_a_tokeniser_symbols_are_numbers(tmp_path: Path) -> None:
    text = Text(Spec("text", (3,), symbols=9))
    assert text.texts(torch.tensor([[4, 5, 8]])) == ["4 5 8"]
    assert text.preview(torch.tensor([[4, 5, 8]])).startswith(b"\x89PNG")
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(BadData, match="no tokeniser"):
        text.read(tmp_path / "a.txt")


def test_a_preview_shows_many() -> None:
    text = text_of()
    samples = samples_of(text, *["the cat"] * (SHOWN + 50))
    many, all_of_them = text.preview(samples[:SHOWN]), text.preview(samples)
    assert many == all_of_them
    assert text.preview(samples[:4], ["7"] * 4) != text.preview(samples[:4])


def test_an_animation_has_a_frame_for_each_text() -> None:
    text = text_of()
    suffix, content = text.animate(samples_of(text, "the cat", "", "sat."))
    with Image.open(io.BytesIO(content)) as film:
        assert (suffix, film.n_frames) == (".gif", 3)


def no_file(number: int) -> bytes:
    raise AssertionError("texts need no files on their pages")


def test_documents_hold_every_text() -> None:
    text = text_of()
    texts = ["the <b>cat", "```\nsat.", "白日依山盡，", ""]
    facts = [{"seed": n, "labels": {"form": "a"}, "AIGC": "made"} for n in range(4)]
    documents = text.documents(samples_of(text, *texts), ["<one>"], facts, no_file)
    assert list(documents) == ["sheet.html", "samples.md", "samples.jsonl"]
    page, marked, lines = (content.decode() for content in documents.values())
    assert page.count("<article>") == 4
    assert "the &lt;b&gt;cat" in page
    assert "<small>seed 0, &lt;one&gt;</small>" in page
    assert "<one>" not in page
    assert "AI生成 / AI-generated, Sparring" in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "## seed 0, <one>\n\n```text\nthe <b>cat\n```\n" in marked
    assert "## seed 1\n\n````text\n```\nsat.\n````\n" in marked
    stored = [json.loads(line) for line in lines.splitlines()]
    assert [line["text"] for line in stored] == texts
    assert stored[2] == {"text": texts[2], **facts[2]}


def test_documents_need_no_captions_and_no_facts() -> None:
    text = text_of()
    documents = text.documents(samples_of(text, "the cat", "sat."), (), (), no_file)
    assert b"## text 2\n" in documents["samples.md"]
    assert documents["samples.jsonl"] == b'{"text": "the cat"}\n{"text": "sat."}\n'
    assert b"<small>" not in documents["sheet.html"]
