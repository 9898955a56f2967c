"""Hints for misspelt names."""

from __future__ import annotations

import pytest

from sparring.core.errors import nearest


@pytest.mark.parametrize(
    ("given", "names", "meant"),
    [
        ("hing", ("hinge", "minimax"), "hinge"),
        ("HINGE", ("hinge", "minimax"), "hinge"),
        ("Handbag", ("Sandal", "Bag", "Trouser"), "Bag"),
        ("digits_besst", ("digits", "digits_best"), "digits_best"),
        ("boot", ("Coat", "Ankle boot"), "Ankle boot"),
    ],
)
def test_hints_at_what_was_meant(given: str, names: tuple[str, ...], meant: str) -> None:
    assert nearest(given, names) == f"Did you mean {meant!r}?"


def test_numbers_and_strangers_get_the_whole_list() -> None:
    assert nearest("11", ("0", "1", "10")) == "There are: 0, 1, 10."
    assert nearest("zzz", ("hinge", "minimax")) == "There are: hinge, minimax."
    assert nearest("", ("a", "bag")) == "There are: a, bag."
    assert nearest("x", ()) == "There are: none."
