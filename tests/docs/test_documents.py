"""Links lead somewhere, and the two languages say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import DOCUMENTS, ROOT, anchors, blocks, commands, links, outline

from sparring.training.advice import WORDS

PAIRS = [(ROOT / "README.md", ROOT / "README.zh.md"),
         (ROOT / "docs/tutorial.md", ROOT / "docs/tutorial.zh.md"),
         (ROOT / "docs/first-model-sounds.md", ROOT / "docs/first-model-sounds.zh.md"),
         (ROOT / "docs/first-model-texts.md", ROOT / "docs/first-model-texts.zh.md")]  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in links(document):
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), f"{document.name} links to {link}, which is not there"
        assert target.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(target), f"{target.name} has no heading #{anchor}"


@pytest.mark.parametrize(
    ("english", "chinese"), PAIRS, ids=["readme", "tutorial", "sounds", "texts"]
)
def test_both_languages_have_the_same_parts_and_commands(english: Path, chinese: Path) -> None:
    assert outline(english) == outline(chinese)
    assert commands(english) == commands(chinese)
    code = [[line.partition("#")[0].rstrip() for line in b.text.splitlines()]
            for document in (english, chinese) for b in blocks(document)
            if b.language in ("python", "toml")]  # fmt: skip
    assert code[: len(code) // 2] == code[len(code) // 2 :]


def test_pictures_are_small() -> None:
    for picture in (ROOT / "docs").rglob("*.png"):
        assert picture.stat().st_size < 300_000, f"{picture} is too large to look at quickly"


@pytest.mark.parametrize(("name", "word"), WORDS.items())
def test_every_finding_stands_among_what_is_looked_for_with_the_word_that_is_printed(
    name: str, word: str
) -> None:
    table = (ROOT / "docs/health.md").read_text().split("<!-- proof -->")[0]
    assert f"| `{name}`: {word} |" in table
