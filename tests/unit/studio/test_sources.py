"""Files that are uploaded together do not overwrite each other."""

from __future__ import annotations

from sparring.studio.sources import numbered


def test_equal_names_get_numbers_and_others_stay() -> None:
    assert numbered(["a.png", "b.png"]) == ["a.png", "b.png"]
    assert numbered(["a.png", "a.png", "A.png", "a.png"]) == [
        "a.png", "a-2.png", "A-3.png", "a-4.png",
    ]  # fmt: skip
    # A number that another file has already is left to it.
    assert numbered(["a.png", "a.png", "a-2.png"]) == ["a.png", "a-3.png", "a-2.png"]
    assert numbered(["file", "file"]) == ["file", "file-2"]
