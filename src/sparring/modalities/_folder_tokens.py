"""The tokeniser of somebody's pretrained model, as it lies in that model's folder."""

from __future__ import annotations

import base64
import importlib
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparring.core.errors import BadData, UserError

KIND = "tokens"
"""What `Spec.tokeniser` begins with where its symbols are those of a pretrained model."""
FILE = "tokenizer.json"
LARGEST = 64_000_000  # bytes of such a file
MISSING = (
    "Pretrained models need the package transformers; install it with: "
    "pip install 'sparring[pretrained]'"
)


class FolderTokens:
    """Texts as numbers and back, in the numbering of the pretrained model.

    Signs such as "<|endoftext|>" in a text are read as the characters that they consist of.

    Args:
        content: of the file.

    Attributes:
        content: the same.
        size: of the vocabulary, with numbers that stand for nothing.
        unknown: the number of what is not in the vocabulary, -1 where everything is.

    Raises:
        BadData: it is damaged.
        UserError: the library is not installed.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        library = _library()
        try:
            model = json.loads(content)["model"]
            self._tokens = library.Tokenizer.from_str(content.decode())
            vocabulary = self._tokens.get_vocab(with_added_tokens=True)
            self.size = max(vocabulary.values()) + 1
            self.unknown = vocabulary.get(model.get("unk_token"), -1)
            if isinstance(model.get("unk_id"), int):  # how unigram models say it
                self.unknown = model["unk_id"]
        except Exception as error:  # the library raises nothing narrower
            raise BadData(f"The tokeniser is damaged: {_one_line(error)}.") from error
        self._tokens.encode_special_tokens = True
        self._tokens.no_padding()
        self._tokens.no_truncation()

    @staticmethod
    def read(folder: Path) -> FolderTokens:
        """The tokeniser in a model's folder.

        Raises:
            BadData: there is none, or it is damaged.
            UserError: the library is not installed.
        """
        path = folder / FILE
        if not path.is_file():
            raise BadData(
                f"There is no {FILE} in {folder}; take the folder of a pretrained model that has "
                "one, or let transformers write it (AutoTokenizer, then save_pretrained)."
            )
        if path.stat().st_size > LARGEST:
            raise BadData(f"{path} has more than {LARGEST:,} bytes.")
        try:
            return FolderTokens(path.read_bytes())
        except BadData as error:
            raise BadData(f"{path} cannot be used: {error}") from error

    @staticmethod
    def of(stored: str) -> FolderTokens:
        """The tokeniser that `stored` gave.

        Raises:
            BadData: it is another one, or damaged.
            UserError: the library is not installed.
        """
        kind, _, packed = stored.partition(":")
        try:
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(base64.b64decode(packed, validate=True), LARGEST)
            if kind != KIND or not unpacker.eof:
                raise ValueError("another kind, cut off, or too large")
        except (ValueError, zlib.error) as error:
            raise BadData(f"The tokeniser is damaged: {error}.") from error
        return FolderTokens(content)

    @property
    def stored(self) -> str:
        """As `Spec.tokeniser` holds it."""
        return f"{KIND}:{base64.b64encode(zlib.compress(self.content, 9)).decode()}"

    def encode(self, text: str) -> list[int]:
        """The numbers of a text, with nothing before or after it."""
        return self._tokens.encode(text, add_special_tokens=False).ids

    def decode(self, numbers: Sequence[int]) -> str:
        """The text of numbers; those that stand for a sign and no text read as nothing."""
        return self._tokens.decode(list(numbers), skip_special_tokens=True)


def _one_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")


def _library() -> Any:
    try:
        return importlib.import_module("tokenizers")
    except ImportError as error:
        raise UserError(MISSING) from error
