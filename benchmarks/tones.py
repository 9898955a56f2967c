"""Makes the table of tones that comes with Sparring: `python benchmarks/tones.py`.

Counts the tones that the collection chinese-poetry gives to each character of the quatrains'
training part, in traditional and in simplified script. A character is level (平) or oblique (仄)
where at least nine tenths of its tones are; otherwise it is both (○). What has more or fewer
tones than characters is left aside. Needs the folder `chinese-quatrains` of SPARRING_DATA.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict

from sparring.core import files
from sparring.data.quatrains import FILE, HOME, REVISION, simplified
from sparring.modalities import _prosody

CLEAR = 0.9
MIT = """Copyright (c) 2016 JackeyGao

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and \
associated documentation files (the "Software"), to deal in the Software without restriction, \
including without limitation the rights to use, copy, modify, merge, publish, distribute, \
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is \
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or \
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT \
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND \
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, \
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT \
OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


def counted() -> dict[str, Counter[str]]:
    """How often each character of the training part has which tone."""
    lines: list[str] = []
    tones: list[str] = []
    for row in FILE.read().splitlines():
        poem = json.loads(row)
        marks = poem.get("tones", [])  # one poem has none, others lack a line of them
        if poem["split"] == "train" and len(marks) == len(poem["lines"]):
            lines += poem["lines"]
            tones += marks
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for script in (lines, simplified(lines)):
        for line, marks in zip(script, tones, strict=True):
            if len(line) == len(marks):
                for character, mark in zip(line, marks, strict=True):
                    counts[character][mark] += 1
    return counts


def clear(marks: Counter[str]) -> str:
    """The tone of a character that has been given these."""
    mark, count = marks.most_common(1)[0]
    named = mark in (_prosody.LEVEL, _prosody.OBLIQUE)
    return mark if named and count >= CLEAR * marks.total() else _prosody.EITHER


def table() -> dict[str, str]:
    """The characters of each tone."""
    counts = counted()
    found = {mark: "" for mark in (_prosody.LEVEL, _prosody.OBLIQUE, _prosody.EITHER)}
    for character in sorted(counts):
        found[clear(counts[character])] += character
    return found


def main() -> None:
    """Count and write."""
    tones = table()
    told = {
        "origin": f"Derived from {HOME} ({REVISION}), strains/json, by benchmarks/tones.py.",
        "licence": f"MIT\n\n{MIT}",
        "tones": tones,
    }
    content = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    files.atomic_write(_prosody.TONES, content.encode())
    print({mark: len(characters) for mark, characters in tones.items()})


if __name__ == "__main__":
    main()
