"""Between texts and symbols: characters, words, pieces of words or a pretrained model's tokens."""

from __future__ import annotations

import base64
import functools
import importlib
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from sparring.core.errors import BadData, UserError
from sparring.modalities import _folder_tokens, _utf8
from sparring.modalities._breaking import CLOSING_WIDE, HAN, OPENING
from sparring.modalities._folder_tokens import FolderTokens

Kind = Literal["characters", "words", "pieces"]
"""What a symbol is. Pieces of words are those of Kudo 2018 ("unigram")."""
AnyKind = Literal["characters", "words", "pieces", "tokens"]
"""The same, or a token of a pretrained model, which nobody has to learn."""

PAD, UNKNOWN, END = 0, 1, 2
"""After the end; not in the vocabulary; the end of a text that is shorter than a sample."""
MADE_FROM = 3
"""Symbols below this number are never a part of a text."""
NO_SYMBOL = "\N{REPLACEMENT CHARACTER}"
"""How a symbol outside the vocabulary reads."""
GAP = "□"
"""How people write a place that is to be filled."""
LONGEST = 2_000_000  # bytes of a stored tokeniser that are unpacked

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"  # the library's sign for a blank
UNSEEN = "\N{LOWER FIVE EIGHTHS BLOCK}"  # the library's sign for what it does not know
RESERVED = (SPACE, UNSEEN, NO_SYMBOL)
"""Characters that the library or we need ourselves; they are in no vocabulary."""
# Chinese and Japanese have no blanks between words, so each character counts as a word.
ALONE = f"{HAN}\u3041-\u30ff"
WORD = re.compile(rf"\n|[{ALONE}]|[^\W{ALONE}]+(?:['’-][^\W{ALONE}]+)*|[^\w\s]")
TOGETHER = re.compile(rf"[{ALONE}][{ALONE}{OPENING}]|[”’][{ALONE}]")
NO_BLANK_BEFORE = frozenset(".,;:!?)]}%\n’”'،؛؟" + CLOSING_WIDE)
NO_BLANK_AFTER = frozenset("([{$#\n" + OPENING + CLOSING_WIDE)


class Tokeniser:
    """Texts as numbers and back, by Kudo and Richardson 2018 (SentencePiece).

    Args:
        stored: as `Spec.tokeniser` holds it: the kind, and the library's file, packed.

    Raises:
        BadData: it is damaged.
        UserError: the library is not installed.
    """

    def __init__(self, stored: str) -> None:
        self.stored = stored
        self.kind, _, packed = stored.partition(":")
        is_foreign = self.kind == _folder_tokens.KIND
        self._model = _Shifted(FolderTokens.of(stored)) if is_foreign else self._own(packed)

    def _own(self, packed: str) -> Any:
        library = _library()
        try:
            unpacker = zlib.decompressobj()
            model = unpacker.decompress(base64.b64decode(packed, validate=True), LONGEST)
            if not model or not unpacker.eof or self.kind not in ("characters", "words", "pieces"):
                raise ValueError("no kind, cut off, or too large")
            own = library.SentencePieceProcessor(model_proto=model)
            if own.vocab_size() <= MADE_FROM or own.eos_id() != END:
                raise ValueError("other symbols than ours")
            return own
        except (ValueError, zlib.error, RuntimeError) as error:
            raise BadData(f"The tokeniser is damaged: {error}.") from error

    @staticmethod
    def learn(texts: Iterable[str], kind: Kind, *, most: int = 8_000, least: int = 1) -> Tokeniser:
        """The tokeniser of these texts.

        Args:
            texts: the training part alone.
            kind: what a symbol is.
            most: size of the vocabulary, at most; the most frequent are kept.
            least: how often a character or word must occur to become a symbol.

        Raises:
            BadData: the texts hold no symbol.
            UserError: the library is not installed.
        """
        library, model = _library(), io.BytesIO()
        lines: Iterable[str] = (_without_reserved(text, "") for text in texts)
        size = most
        if kind != "pieces":
            counts = Counter(symbol for text in texts for symbol in _split(text, kind))
            for symbol in ("\n", *RESERVED):
                counts.pop(symbol, None)
            kept = [s for s, n in counts.most_common(most - MADE_FROM - 2) if n >= least]
            lines = kept
            size = len(kept) + MADE_FROM + 2  # the line break, and for words one after a blank
            if not kept:
                raise BadData("The texts hold no symbol that a tokeniser could learn.")
        options: dict[str, Any] = {
            "model_type": {"characters": "char", "words": "word", "pieces": "unigram"}[kind],
            "add_dummy_prefix": kind != "characters",
        }
        try:
            library.SentencePieceTrainer.train(
                sentence_iterator=iter(lines), model_writer=model, vocab_size=size,
                character_coverage=1.0, hard_vocab_limit=False, pad_id=PAD, unk_id=UNKNOWN,
                eos_id=END, bos_id=-1, normalization_rule_name="identity",
                remove_extra_whitespaces=False, user_defined_symbols=["\n"],
                unk_surface=NO_SYMBOL, num_threads=1, minloglevel=2,
                max_sentence_length=1_000_000, **options,
            )  # fmt: skip
        except (RuntimeError, ValueError) as error:
            raise BadData(f"A tokeniser cannot learn from these texts: {error}.") from error
        packed = base64.b64encode(zlib.compress(model.getvalue(), 9)).decode()
        return Tokeniser(f"{kind}:{packed}")

    @staticmethod
    def of_folder(folder: Path) -> Tokeniser:
        """The tokeniser of the pretrained model in a folder.

        Raises:
            BadData: there is none, or it is damaged.
            UserError: the library is not installed.
        """
        return Tokeniser(FolderTokens.read(folder).stored)

    @property
    def is_piecewise(self) -> bool:
        """Whether a word may have several symbols, and which ones depends on what is beside it."""
        return self.kind in ("pieces", _folder_tokens.KIND)

    @property
    def symbols(self) -> int:
        """Size of the vocabulary, with padding, the unknown and the end."""
        return self._model.vocab_size()

    def encode(self, text: str) -> list[int]:
        """The symbols of a text, without an end; what is not in the vocabulary is `UNKNOWN`."""
        if self.kind == "pieces":
            text = _without_reserved(text, UNSEEN)
        if self.is_piecewise:
            return self._model.encode(text)
        known = self._numbers
        return [known.get(symbol, UNKNOWN) for symbol in _split(text, self.kind)]

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        """Of characters and words; asking the library for each would take ten times as long."""
        numbers = range(MADE_FROM, self.symbols)
        return {self.surfaces[n]: n for n in numbers if self.surfaces[n] not in RESERVED}

    def decode(self, numbers: Sequence[int]) -> str:
        """The text before the first end or padding.

        Control characters that no text may hold, which models of single bytes can write, become
        U+FFFD, so that they reach neither files nor terminals.
        """
        kept = []
        for number in numbers:
            if number in (END, PAD):
                break
            kept.append(int(number))
        if self.is_piecewise:
            return _utf8.without_controls(self._model.decode(kept))
        surfaces = [self.surfaces[number] for number in kept]
        return "".join(surfaces) if self.kind == "characters" else _joined(surfaces)

    @functools.cached_property
    def surfaces(self) -> tuple[str, ...]:
        """What each symbol reads as by itself; "" for padding and the end."""
        plain = [
            self._model.id_to_piece(number).replace(SPACE, " ") for number in range(self.symbols)
        ]
        if self.kind == "words":
            plain = [surface.removeprefix(" ") for surface in plain]
        plain = [_utf8.without_controls(surface) for surface in plain]
        return ("", NO_SYMBOL, "", *plain[MADE_FROM:])


class _Shifted:
    """A pretrained model's tokeniser in our numbers, by the names that SentencePiece uses."""

    def __init__(self, tokens: FolderTokens) -> None:
        self.tokens = tokens

    def vocab_size(self) -> int:
        return self.tokens.size + MADE_FROM

    def encode(self, text: str) -> list[int]:
        unknown = self.tokens.unknown
        return [UNKNOWN if n == unknown else n + MADE_FROM for n in self.tokens.encode(text)]

    def decode(self, numbers: Sequence[int]) -> str:
        parts: list[list[int]] = [[]]
        for number in numbers:
            if number == UNKNOWN:
                parts.append([])
            else:
                parts[-1].append(number - MADE_FROM)
        return NO_SYMBOL.join(map(self.tokens.decode, parts))

    def id_to_piece(self, number: int) -> str:
        return "" if number < MADE_FROM else self.decode([number])


def _split(text: str, kind: str) -> Sequence[str]:
    return WORD.findall(text) if kind == "words" else text


def _without_reserved(text: str, instead: str) -> str:
    return text.translate(dict.fromkeys(map(ord, RESERVED), instead))


def _joined(words: Sequence[str]) -> str:
    """Words with blanks between, but none where punctuation leans on a word."""
    text = ""
    for word in words:
        leans = word[:1] in NO_BLANK_BEFORE or text[-1:] in NO_BLANK_AFTER
        leans = leans or TOGETHER.fullmatch(text[-1:] + word[:1]) is not None
        text += word if leans or not text else f" {word}"
    return text


def _library() -> Any:
    try:
        return importlib.import_module("sentencepiece")
    except ImportError as error:
        raise UserError(
            "Texts need the package sentencepiece; install it with: pip install 'sparring[text]'"
        ) from error
