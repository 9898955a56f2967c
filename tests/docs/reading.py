"""The documents as a reader meets them: headings, links, and blocks to type or to save."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "README.zh.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    text: str

    @property
    def file(self) -> str:
        """The name in a first line like `# my_loss.py`, under which the block is to be saved."""
        found = re.match(r"# (\w+\.(?:py|toml))\n", self.text)
        return found[1] if found else ""

    @property
    def commands(self) -> list[list[str]]:
        """The commands of a shell block, as words."""
        whole = self.text.replace("\\\n", " ")
        return [words for line in whole.splitlines() if (words := shlex.split(line, comments=True))]


def blocks(document: Path) -> list[Block]:
    """All fenced blocks in order."""
    return [Block(*found) for found in FENCE.findall(document.read_text(encoding="utf-8"))]


def commands(document: Path) -> list[list[str]]:
    """All commands in order."""
    return [c for b in blocks(document) if b.language in ("sh", "bash") for c in b.commands]


def outline(document: Path) -> list[str]:
    """What stands where, without words: levels of headings, tables' shapes, blocks, pictures."""
    text = FENCE.sub(lambda found: f"```{found[1]}", document.read_text(encoding="utf-8"))
    shape = []
    for line in text.splitlines():
        if line.startswith("#"):
            shape.append(line.split(" ")[0])
        elif line.startswith("|"):
            shape.append("|" * line.count("|"))
        elif line.startswith(("```", "!", "<!--", "- ")):
            shape.append(line.split(" ")[0].partition("[")[0])
    return shape


def links(document: Path) -> list[str]:
    """Targets of all links and pictures that point to files beside the document."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [t for t in targets if not t.startswith(("http://", "https://", "mailto:"))]


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
