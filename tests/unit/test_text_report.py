"""The report on texts: a folder, an archive or a single file."""

from __future__ import annotations

import gzip
import inspect as inspecting
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring import cli
from sparring.core.errors import BadData
from sparring.data._inspect import inspect
from sparring.data._near_texts import NearTexts
from sparring.data._overlap import TEST_SHARE
from sparring.data._picture_report import PictureReport
from sparring.data._text_counts import SHOWN, TextCounts
from sparring.data._text_report import LENGTH, TextReport
from sparring.data._text_rows import LONGEST
from sparring.data.text_file import TextFile


def sentences(count: int, words: int = 9) -> list[str]:
    """Lines of words that are made up, no two of them alike."""
    chance = np.random.RandomState(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    return [
        " ".join("".join(chance.choice(letters, chance.randint(2, 9))) for _ in range(words))
        for _ in range(count)
    ]


def looked_over(path: Path, content: bytes | str | None = None) -> TextReport:
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = inspect(path)
    assert isinstance(report, TextReport)
    return report


def said(report: TextReport) -> str:
    return " ".join(report.problems)


def test_everything_is_counted_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("CC0")
    first, *others = sentences(600)
    almost = f"{others[0][:-1]}!"
    lines = [first, "", *others, first, f" {first.upper()} ", almost, "   ", "Ünï 山水 \ufffd Ж"]
    report = looked_over(tmp_path / "a.txt", "\r\n".join([*lines, "last\n"]))
    assert (report.count, report.files, report.empty) == (605, 1, 2)
    assert (report.repeated, report.nearly_repeated, report.almost_same) == (1, 1, 1)
    assert report.copies == [["line 1", "line 602"]]
    assert report.near_copies == [("line 3", "line 604")]
    assert report.compared == 603
    assert report.replaced == 1
    assert report.lengths["min"] == 4
    assert report.lengths["median"] == np.median([len(line) for line in others + [first] * 3])
    assert report.line_ends == {"CR LF (Windows)": 606, "LF (Unix)": 1}
    assert report.kinds == {"UTF-8": 1}
    assert list(report.scripts) == ["Latin", "Han", "Cyrillic"]
    assert sum(report.scripts.values()) == pytest.approx(1)
    assert report.symbols == len(set("".join(lines) + "last"))
    assert report.licence == "LICENSE"
    assert report.problems == [
        "Texts with U+FFFD, which stands for something that was lost: 1; take them from their "
        "source again."
    ]


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    (tmp_path / "licence.md").write_text("CC0")
    report = looked_over(tmp_path / "a.txt", "\n".join(sentences(500)))
    assert report.problems == []
    assert "no problems found" in report.text()


def test_a_folder_and_an_archive_are_the_same(tmp_path: Path) -> None:
    folder, archive = tmp_path / "folder", tmp_path / "a.zip"
    (folder / "more").mkdir(parents=True)
    one, two, three = sentences(3)
    (folder / "a.txt").write_text(f"{one}\n{two}\n")
    (folder / "more" / "b.TXT").write_bytes(b"\xef\xbb\xbf" + f"{three}\n{one}".encode())
    (folder / "c.txt").write_bytes("café".encode("utf-16"))
    (folder / "d.md").write_text("no sample")
    (folder / "LICENSE.txt").write_text("no sample either")
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(folder))
    for path in (folder, archive):
        report = looked_over(path)
        assert (report.count, report.files, report.others) == (4, 2, 2)
        assert report.kinds == {"UTF-8": 1, "UTF-8 with a byte order mark": 1}
        assert report.copies == [["a.txt line 1", "more/b.TXT line 2"]]
        assert report.quarantined == {"c.txt": "it is UTF-16; save it as UTF-8"}
        for words in ("only 4 texts", "Files that cannot be used: 1", "several encodings"):
            assert words in said(report)
        assert "licence" not in said(report)


def test_lines_that_cannot_be_used_are_named_with_their_place(tmp_path: Path) -> None:
    content = b"good\ncaf\xe9\nze\0ro and much more\n" + b"x" * (3 * LONGEST) + b"\nlast"
    report = looked_over(tmp_path / "a.txt", content)
    assert report.count == 2
    assert report.unusable == 3
    assert report.quarantined == {
        "line 2": "byte 9 (line 2) is not UTF-8 (0xe9); save it as UTF-8",
        "line 3": "character 3 of line 3 is the control 0x00",
        "line 4": "it has more than 1,000,000 bytes",
    }
    assert "Lines that cannot be used: 3" in said(report)


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_told(tmp_path: Path, coding: str) -> None:
    report = looked_over(tmp_path / "a.txt", "some words\n".encode(coding))
    assert (report.count, report.files) == (0, 0)
    assert "UTF-" in report.quarantined["a.txt"]
    assert "Usable texts: 0" in said(report)


def test_texts_stand_in_a_column(tmp_path: Path) -> None:
    rows = [{"id": "7", "n": 1, "text": "one"}, {"text": "two\nlines"}, {"id": 3}, ["no"], "bare"]
    lines = [*map(json.dumps, rows), "{", "", '{"text": "\\ud800"}', '{"text": "\\u0000"}']
    report = looked_over(tmp_path / "a.jsonl", "\n".join(lines))
    assert (report.count, report.columns) == (2, {"text": 4})
    assert report.quarantined.pop("line 6").startswith("it is no JSON: ")
    assert report.quarantined == {
        "line 3": "it has no text in the column 'text'",
        "line 4": 'it is no JSON object, such as {"text": "..."}',
        "line 5": 'it is no JSON object, such as {"text": "..."}',
        "line 8": "it holds half of a pair of surrogates",
        "line 9": "character 1 of line 9 is the control 0x00",
    }


def test_without_that_name_the_first_column_with_words_is_taken(tmp_path: Path) -> None:
    table = 'id,caption,more\n1,"a, b",x\n2,"two\nlines",y\n\n3\n'
    report = looked_over(tmp_path / "a.csv", table)
    assert (report.count, report.columns) == (2, {"caption": 2})
    told = "it has 1 columns and the first has 3; they are told apart by commas"
    assert report.quarantined == {"line 6": told}
    report = looked_over(tmp_path / "b.csv", "caption,text\na,b\n")
    assert report.columns == {"text": 1}
    report = looked_over(tmp_path / "b.jsonl", '{"n": 1, "poem": "a"}\n')
    assert report.columns == {"poem": 1}


def test_a_cell_without_an_end_is_refused(tmp_path: Path) -> None:
    report = looked_over(tmp_path / "a.csv", 'text\n"' + "a word\n" * 20_000)
    assert report.unusable >= 1
    assert "it is no CSV" in str(report.quarantined)


@pytest.mark.parametrize(
    ("name", "content", "place", "told"),
    [
        ("a.csv", 'text\none\ntwo\n"three\n', "line 4", "no CSV: unexpected end of data"),
        ("a.csv", 'text\none\n"two" more\nthree\n', "line 3", "no CSV: "),
        ("a.csv", "text,n\none,1\ntwo,2,3\nthree,3\n", "line 3", "3 columns and the first has 2"),
        ("a.csv", "text,n\none,1\n\ntwo,2\nthree\n", "line 5", "1 columns and the first has 2"),
        ("a.jsonl", '{"text": "one"}\n"two"\n{"text": "three"}', "line 2", "no JSON object"),
        ("a.jsonl", '{"text": "one"}\n{"text": "a\\ud800"}', "line 2", "a pair of surrogates"),
        ("a.jsonl", '{"text": "one"}\n{"text": null}', "line 2", "no text in the column 'text'"),
    ],
)
def test_what_training_refuses_is_told_before(
    tmp_path: Path, name: str, content: str, place: str, told: str
) -> None:
    report = looked_over(tmp_path / name, content)
    (line, reason), *_ = report.quarantined.items()
    assert line == place
    assert told in reason
    assert report.count >= 1, "lines around it are counted"
    with pytest.raises(BadData, match=f"cannot be used: {place} .*{told}"):
        TextFile(path=str(tmp_path / name)).split("train")


def test_what_training_takes_is_told_to_be_of_use(tmp_path: Path) -> None:
    for name, content in (("a.csv", "text,mood\n5,x\n6,y\n"), ("a.jsonl", '{"text": 5}\n' * 2)):
        report = looked_over(tmp_path / name, content)
        assert (report.count, report.unusable, report.columns) == (2, 0, {"text": 2})


def test_lines_after_unreadable_ones_keep_their_numbers(tmp_path: Path) -> None:
    report = looked_over(tmp_path / "a.csv", b"text\ncaf\xe9\none\ntwo,2\n")
    assert list(report.quarantined) == ["line 2", "line 4"]


def test_a_folder_of_packed_texts(tmp_path: Path) -> None:
    one, two, three = sentences(3)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(f"{one}\n{two}".encode()))
    (tmp_path / "b.txt").write_text(f"{three}\n{one}")
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(one.encode())[:-9])
    (tmp_path / "licence.txt.gz").write_bytes(gzip.compress(b"CC0"))
    report = looked_over(tmp_path)
    assert (report.count, report.files, report.others) == (4, 2, 1)
    assert report.copies == [["a.txt.gz line 1", "b.txt line 2"]]
    assert report.quarantined["c.txt.gz"].startswith("it cannot be unpacked: ")


def test_packed_files_are_read_and_damaged_ones_told(tmp_path: Path) -> None:
    content = gzip.compress("\n".join(sentences(200)).encode())
    assert looked_over(tmp_path / "a.txt.gz", content).count == 200
    for damaged in (content[:-20], b"no archive"):
        with pytest.raises(BadData, match="cannot be read"):
            looked_over(tmp_path / "b.txt.gz", damaged)


def test_what_is_no_file_of_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"no file of texts either: those end in .txt, .jsonl, .csv"):
        looked_over(tmp_path / "a.parquet", b"PAR1")
    with pytest.raises(BadData, match="There is no file, folder"):
        inspect(tmp_path / "missing.txt")


def test_stamps_of_generated_texts_are_no_texts(tmp_path: Path) -> None:
    report = looked_over(tmp_path / "a.txt", 'a text\n\n[AI-generated] {"AIGC": "made"}\n')
    assert (report.count, report.empty) == (1, 1)


def test_copies_uneven_lengths_and_scripts_are_problems(tmp_path: Path) -> None:
    lines = sentences(600)
    copied = looked_over(tmp_path / "a.txt", "\n".join([*lines, *lines[:20]]))
    assert "Texts that repeat others: 20 of 620 (3.2%)" in said(copied)
    shouted = looked_over(tmp_path / "b.txt", "\n".join([*lines, *map(str.upper, lines[:20])]))
    assert "repeat others but for blanks and case: 20 of 620" in said(shouted)
    long = [" ".join(lines[i : i + 30]) for i in range(0, 600, 30)]
    assert "very uneven" in said(looked_over(tmp_path / "c.txt", "\n".join([*lines, *long])))
    mixed = looked_over(tmp_path / "d.txt", "\n".join([*lines, "Привет мир " * 500]))
    assert "mix scripts (Latin" in said(mixed)
    japanese = looked_over(tmp_path / "e.txt", "ひらがなと漢字\nカタカナも\n")
    assert "scripts" not in said(japanese)
    assert set(japanese.scripts) == {"Kana", "Han"}
    same = looked_over(tmp_path / "f.txt", "a\na\na\n")
    assert "All texts are the same" in said(same)


def test_near_texts_are_found_however_many_there_are() -> None:
    near, lines = NearTexts(), sentences(400, 12)
    for place, line in enumerate(lines):
        near.add(10 * place, line)
    near.add(5_000, lines[7].replace(lines[7].split()[4], "xyz"))
    near.add(5_001, lines[9][3:])
    near.add(5_002, "abc")
    assert near.pairs() == [(70, 5_000), (90, 5_001)]
    assert len(near) == 402
    assert NearTexts().pairs() == []


def test_texts_are_shown_evenly() -> None:
    counts = TextCounts()
    counts.begin("")
    for number in range(1, 1_001):
        counts.add(number, f"text {number}")
    numbers = [int(text.split()[1]) for _, text in counts.shown]
    assert len(numbers) == SHOWN
    assert numbers[0] == 1
    assert numbers[-1] > 980
    assert set(np.diff(numbers)) <= {8, 16, 24}
    assert counts.shown[0] == ("line 1", "text 1")


def test_the_report_is_json_and_text(tmp_path: Path) -> None:
    report = looked_over(tmp_path / "a.txt", "\n".join(sentences(70)))
    assert json.loads(json.dumps(report.to_json(), allow_nan=False)) == report.to_json()
    assert report.text().startswith("usable texts in")
    assert "characters: " in report.text()
    with Image.open(io.BytesIO(report.contact_sheet)) as sheet:
        assert sheet.format == "PNG"
        assert min(sheet.size) > 400
    empty = looked_over(tmp_path / "b.txt", "\n\n")
    assert (empty.count, empty.contact_sheet, empty.copies) == (0, b"", [])
    assert json.loads(json.dumps(empty.to_json(), allow_nan=False)) == empty.to_json()


def test_pictures_with_a_caption_each_are_pictures(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Image.new("L", (8, 8)).save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text("a caption")
    assert isinstance(inspect(tmp_path), PictureReport)


def test_the_command_reports_on_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, sheet = tmp_path / "a.txt", tmp_path / "sheet.png"
    path.write_text("\n".join(sentences(9)))
    words = ["data", "check", str(path), "--json", "--sheet", str(sheet)]
    monkeypatch.setattr(sys, "argv", ["sparring", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1, "so few of them are a thing to know"
    assert json.loads(capsys.readouterr().out)["scripts"] == {"Latin": 1.0}
    assert sheet.is_file()


def test_what_a_training_would_ask_for_is_told_before(tmp_path: Path) -> None:
    long = looked_over(tmp_path / "a.txt", "\n".join(f"{n} {'word ' * 20}" for n in range(200)))
    assert long.long == 200
    assert "longer than 64 characters: 200, which a training leaves out" in long.text()
    rows = "\n".join(f"{sentence!r},x" for sentence in sentences(200))
    headless = looked_over(tmp_path / "b.csv", f"quote,kind\n{rows}\n")
    assert any("data.column=quote" in each for each in headless.problems)
    called = looked_over(tmp_path / "c.csv", f"text,kind\n{rows}\n")
    assert not any("data.column" in each for each in called.problems)


def test_the_check_reckons_with_what_a_training_does_by_default() -> None:
    usual = inspecting.signature(TextFile).parameters
    assert (usual["length"].default, usual["test_share"].default) == (LENGTH, TEST_SHARE)
