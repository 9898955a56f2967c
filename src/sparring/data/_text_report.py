"""A look at somebody's texts."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sparring.core.errors import BadData
from sparring.data import _text_rows
from sparring.data._listing import LICENCES, Listing
from sparring.data._overlap import LEAKED, Overlap, overlap
from sparring.data._report import FEW, UNEVEN, FolderReport, Tally, table
from sparring.data._text_counts import TextCounts
from sparring.modalities import _sheet, _typeset

MANY = 0.01  # share of texts from which on copies are a problem
LENGTH = 64  # `data.length` of text_file
MIXED = 0.1  # share of letters from which on another script is one
EAST_ASIAN = ("Han", "Kana", "Hangul")


@dataclass(frozen=True, kw_only=True)
class TextReport(FolderReport):
    """What was found in a file of texts, or in all .txt files of a folder.

    Texts are lines of .txt and rows of .jsonl and .csv, called by their lines; empty ones are left
    aside. `kinds` are the encodings of the files. Copies are texts that are equal. Near copies are
    those with at least 60 % of their shingles (see `NearTexts`) in common, among the first 50,000
    texts that differ in more than blanks and case; `copies` and `near_copies` name the first 100.

    Attributes:
        files: how many could be read.
        columns: from which columns texts were taken, and how many.
        lengths: shortest, median, longest, and the length that 99 % do not exceed, in characters.
        long: how many have more characters than `data.length` allows by default.
        symbols: how many different characters there are.
        once: how many of them occur only once.
        empty: lines with nothing but blanks.
        repeated: texts that are equal to earlier ones.
        nearly_repeated: further ones that differ from earlier ones in blanks and case alone.
        almost_same: further ones that are near copies of earlier ones.
        compared: among how many of the texts near copies were looked for.
        replaced: texts with U+FFFD in them.
        unusable: lines that cannot be used; the first 1,000 are named among the quarantined.
        scripts: shares of all letters: Latin, Han, Kana, Hangul, Cyrillic, Arabic and other.
        line_ends: how many lines end in which way.
        held_out: what the part to test with has in common with the rest. It is the data set's
            own, or the tenth that a training on lines would hold out; equal lines are in one part.
        against: the same of a file that was given to compare with; None where none was.
    """

    many = "texts"

    files: int
    columns: Mapping[str, int]
    lengths: Mapping[str, float]
    long: int
    symbols: int
    once: int
    empty: int
    repeated: int
    nearly_repeated: int
    almost_same: int
    compared: int
    replaced: int
    unusable: int
    scripts: Mapping[str, float]
    line_ends: Mapping[str, int]
    held_out: Overlap
    against: Overlap | None

    def details(self) -> list[str]:
        """Lengths, symbols, scripts, copies."""
        counted = f"files: {self.files:,}; empty lines: {self.empty:,}"
        lines = [counted] if self.files or self.quarantined else []  # data sets by name have none
        lines += table("columns", self.columns)
        if self.lengths:
            lines += [
                "characters: {min:,.0f} to {max:,.0f}, median {median:,.0f}, 99 % up to "
                "{p99:,.0f}".format_map(self.lengths),
                f"different characters: {self.symbols:,}, of which {self.once:,} occur once",
                f"repeated: {self.repeated:,} exactly, {self.nearly_repeated:,} but for blanks and "
                f"case; almost the same: {self.almost_same:,} of {self.compared:,} compared",
            ]
        if self.long:  # no problem yet, as the check knows no settings
            lines.append(
                f"longer than {LENGTH} characters: {self.long:,}, which a training leaves out "
                "unless it is told data.length, or data.symbols=words to count words"
            )
        if self.scripts:
            lines.append(f"scripts: {_shares(self.scripts)}")
        lines += [each.line() for each in (self.held_out, self.against) if each and each.test]
        return lines + table("line ends", self.line_ends)


class TextTally(Tally):
    """Counts texts."""

    many = "texts"

    def __init__(self) -> None:
        super().__init__()
        self.counts = TextCounts()
        self.notes = _text_rows.Notes()
        self.files = 0
        self.other: TextTally | None = None

    def claims(self, name: str, content: bytes) -> bool:
        """Text files by their name, packed ones too, but no licences."""
        last = name.split("/")[-1].lower()
        is_text = _text_rows.kind_of(Path(last)) == _text_rows.PLAIN
        return is_text and not last.startswith(LICENCES)

    def count(self, name: str, content: bytes) -> tuple[str, Sequence[str]]:
        """Count its lines."""
        with _text_rows.unpacked(name, content) as file:
            return self.take(name, _text_rows.PLAIN, file), ()

    def take(self, name: str, kind: str, file: io.BufferedIOBase) -> str:
        """Count the texts of one file and tell its encoding; `name` is "" where it is the only one.

        Raises:
            BadData: with the bare reason: it is not UTF-8 at all.
        """
        encoding = _text_rows.encoding(file.read(_text_rows.HEAD))
        file.seek(0)
        self.files += 1
        self.notes.file = name
        self.counts.begin(name)
        for number, text in _text_rows.texts(kind, _text_rows.lines(file, self.notes), self.notes):
            self.counts.add(number, text)
        return encoding

    def report(self, path: Path, listing: Listing, others: int) -> TextReport:
        """What was counted."""
        return self.told(path, listing.licence, others)

    def told(self, path: Path, licence: str, others: int) -> TextReport:
        """What was counted, with the name of the licence beside the texts."""
        counts = self.counts
        near = counts.near.pairs()
        repeated, nearly = counts.repeats()
        report = TextReport(
            path=str(path),
            count=counts.count,
            others=others,
            kinds=dict(self.kinds.most_common()),
            conversions={},
            classes={},
            copies=counts.copies(),
            near_copies=[(counts.name(a), counts.name(b)) for a, b in near[:100]],
            quarantined={**self.quarantined, **self.notes.refused},
            licence=licence,
            problems=[],
            contact_sheet=_contact_sheet(counts.shown),
            files=self.files,
            columns=dict(self.notes.columns.most_common()),
            lengths=counts.spread(),
            long=counts.longer_than(LENGTH),
            symbols=len(counts.symbols),
            once=sum(count == 1 for count in counts.symbols.values()),
            empty=counts.empty,
            repeated=repeated,
            nearly_repeated=nearly,
            almost_same=len(near),
            compared=len(counts.near),
            replaced=counts.replaced,
            unusable=self.notes.num_refused,
            scripts=counts.scripts(),
            line_ends=dict((+self.notes.ends).most_common()),
            held_out=overlap("held-out part", *counts.parts()),
            against=self._compared(),
        )
        return replace(report, problems=problems_of(report, len(self.quarantined)))

    def _compared(self) -> Overlap | None:
        if self.other is None:
            return None
        unusable, test = self.other.notes.num_refused, self.other.counts
        return overlap("file to compare with", self.counts.whole(), test.whole(), unusable=unusable)


def inspect_file(path: Path, other: TextTally | None = None) -> TextReport:
    """Look at every text in a .txt, .jsonl or .csv file, which is never in memory as a whole.

    Args:
        path: the file.
        other: the texts of another one to compare with.

    Raises:
        BadData: it is of another kind, or cannot be read.
    """
    tally, beside = TextTally(), list[str]()
    tally.other = other
    try:
        _read(path, tally, "")
    except NotText as reason:
        tally.quarantined[path.name] = str(reason)
    try:
        beside = sorted(each.name for each in path.absolute().parent.iterdir())
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error}.") from error
    licence = next((name for name in beside if name.lower().startswith(LICENCES)), "")
    return tally.told(path, licence, 0)


def counted(path: Path) -> TextTally:
    """The texts of a file to compare with.

    Raises:
        BadData: there is none, or it cannot be read or holds no text.
    """
    if not path.is_file():
        raise BadData(f"There is no file {path} to compare with; name one file of texts.")
    tally = TextTally()
    try:
        _read(path, tally, path.name)
    except NotText as reason:
        raise BadData(f"{path} cannot be used: {reason}.") from reason
    if not tally.counts.count:
        raise BadData(f"{path} holds no text to compare with.")
    return tally


class NotText(BadData):
    """A file is no text at all; the bare reason."""


def _read(path: Path, tally: TextTally, name: str) -> None:
    kind = _text_rows.kind_of(path)
    if kind not in _text_rows.KINDS:
        raise BadData(
            f"{path} is no zip archive, and no file of texts either: those end in "
            f"{', '.join(_text_rows.KINDS)}, or in {_text_rows.PACKED} after that."
        )
    try:
        with _text_rows.opened(path) as file:
            tally.kinds[tally.take(name, kind, file)] += 1
    except (OSError, EOFError, zlib.error) as error:
        raise BadData(f"{path} cannot be read: {error}.") from error
    except BadData as reason:
        raise NotText(str(reason)) from reason


def problems_of(report: TextReport, num_files_refused: int) -> list[str]:
    """What to mend or to know before training, in plain sentences."""
    found = [*_unreadable(report, num_files_refused), *_copied(report)]
    found += report.held_out.problems(LEAKED)
    found += report.against.problems(0.0) if report.against else []
    if report.count < 2:
        found.append(f"Usable texts: {report.count}; at least 2 are needed.")
    elif report.count < FEW:
        found.append(f"There are only {report.count} texts; a generator learns so few by heart.")
    if report.columns and _text_rows.COLUMN not in report.columns:
        found.append(
            f"No column is called 'text'; a training wants to know which one to take, such as "
            f"data.column={next(iter(report.columns))}."
        )
    if report.lengths and report.lengths["p99"] > UNEVEN * report.lengths["median"]:
        found.append(
            "The lengths are very uneven: half of the texts have at most {median:,.0f} characters, "
            "one in a hundred has more than {p99:,.0f}; cut the long ones into parts.".format_map(
                report.lengths
            )
        )
    families = {s: share for s, share in report.scripts.items() if s not in EAST_ASIAN}
    east_asian = sum(report.scripts.values()) - sum(families.values())
    if sorted((*families.values(), east_asian, 0.0))[-2] >= MIXED:
        found.append(
            f"The texts mix scripts ({_shares(report.scripts)}); a small model learns one script "
            "better than several."
        )
    if not report.licence:
        found.append("No licence file lies beside the texts; make sure that you may use them.")
    return found


def _unreadable(report: TextReport, num_files_refused: int) -> list[str]:
    found = []
    if num_files_refused:
        found.append(f"Files that cannot be used: {num_files_refused}; mend them.")
    if report.unusable:
        found.append(f"Lines that cannot be used: {report.unusable:,}; mend or remove them.")
    if len(report.kinds) > 1:
        found.append(f"The files have several encodings: {', '.join(report.kinds)}.")
    if report.replaced:
        found.append(
            f"Texts with U+FFFD, which stands for something that was lost: {report.replaced:,}; "
            "take them from their source again."
        )
    return found


def _copied(report: TextReport) -> list[str]:
    if report.count > 1 and report.repeated == report.count - 1:
        return ["All texts are the same; at least 2 different ones are needed."]
    found = []
    for count, total, words in (
        (report.repeated, report.count, "repeat others"),
        (report.nearly_repeated, report.count, "repeat others but for blanks and case"),
        (report.almost_same, report.compared, "are almost the same as others"),
    ):
        if count > MANY * total:
            found.append(
                f"Texts that {words}: {count:,} of {total:,} ({count / total:.1%}); a generator "
                "says most what it hears most, and copies in the test part flatter it."
            )
    return found


def _shares(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items())


def _contact_sheet(shown: Sequence[tuple[str, str]]) -> bytes:
    if not shown:
        return b""
    names, texts = zip(*shown, strict=True)
    return _sheet.png(_typeset.sheet(texts, names, 0))
