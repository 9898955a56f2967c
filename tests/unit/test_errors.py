"""Hints for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sparring.core.errors import nearest, quoted

CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
           "Bag", "Ankle boot")  # fmt: skip
RECIPES = ("digits", "digits_best", "digits_quick", "fashion", "fashion_best", "hinge")


@pytest.mark.parametrize(
    ("given", "names", "meant"),
    [
        ("hing", ("hinge", "minimax"), "hinge"),
        ("Handbag", CLOTHES, "Bag"),
        ("t-shirt", CLOTHES, "T-shirt/top"),
        ("tshirt", CLOTHES, "T-shirt/top"),
        ("ankle", CLOTHES, "Ankle boot"),
        ("Shirts", CLOTHES, "Shirt"),
        ("digits_besst", RECIPES, "digits_best"),
        ("digit", RECIPES, "digits"),
        ("cat", ("car", "scatter"), "car"),
        ("21x", ("21", "21y"), "21y"),
    ],
)
def test_hints_at_what_was_meant(given: str, names: tuple[str, ...], meant: str) -> None:
    assert nearest(given, names) == f"Did you mean {meant!r}?"


@pytest.mark.parametrize(
    ("given", "names", "listed"),
    [
        ("11", map(str, range(12, -1, -2)), "0, 2, 4, 6, 8, 10, 12"),
        ("1", ("10", "one"), "10, one"),
        ("zzz", ("hinge", "minimax"), "hinge, minimax"),
        ("/home/ann/my-fashion", ("fashion",), "fashion"),
        ("", ("a", "bag"), "a, bag"),
        ("hat", ("---", "...."), "---, ...."),
        ("", map(str, range(3)), "0, 1, 2"),
        ("", (), "none"),
    ],
)
def test_what_is_like_nothing_gets_the_whole_list(
    given: str, names: Iterable[str], listed: str
) -> None:
    assert nearest(given, names) == f"There are: {listed}."


def test_what_is_long_is_quoted_by_its_ends() -> None:
    for short in ("7", "it's", "x" * 190, 7, 1e-300, {"digit": "7"}, ["a", "b"]):
        assert quoted(short) == repr(short)
    for long in ("x" * 20_000, "春" * 20_000, {"x" * 900: "y" * 900}, ["x" * 900] * 900):
        said = quoted(long)
        assert len(said) < 2_000
        assert "..." in said
    assert quoted(f"a{'x' * 9_000}z").startswith("'ax")
    assert quoted(f"a{'x' * 9_000}z").endswith("xz'")


def test_a_name_as_long_as_a_book_is_answered() -> None:
    book = "digits" * 1_000_000  # its end is not looked at
    assert nearest(book, RECIPES).startswith("There are: ")
