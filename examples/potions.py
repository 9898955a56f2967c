"""A file of made-up recipes for potions, to train on where no texts are at hand.

python potions.py                              2,000 lines, in the folder potions
python potions.py --count 5000 --seed 7 --out more
python potions.py --check samples.jsonl        how many lines of a file keep the rules, and are new

Every line keeps three rules: liquids come in drops and powders in pinches, one is singular, and
what a potion does depends on its first ingredient, which stands at the other end of the line. So
anybody can count what a model has understood. It needs nothing but Python.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from pathlib import Path

LIQUIDS = (
    "moon dew", "swamp water", "dragon tears", "birch sap", "cold rain", "snail wine", "ink",
    "green honey", "wolf milk", "brine", "pond fog", "vinegar", "lamp oil",
)  # fmt: skip
POWDERS = (
    "bat dust", "old salt", "nettle", "red ash", "star sand", "ground bone", "soot", "thyme",
    "chalk", "rust", "ginger", "burnt paper", "moth wing",
)  # fmt: skip
THINGS = (
    "owl feather", "toad eye", "rusty key", "black pearl", "frog leg", "spider web", "acorn",
    "cat whisker", "thimble", "goose quill", "walnut", "milk tooth", "button",
)  # fmt: skip
# The first ingredient decides what a potion does.
EFFECTS = {
    LIQUIDS: ("float to church", "swim like a pike", "weep until morning", "shrink",
              "glow in blue", "sing through the nose", "melt a little", "smell the sea"),
    POWDERS: ("turn to stone", "cough up smoke", "sneeze golden sparks", "vanish by halves",
              "grow a beard", "taste iron", "count backwards", "fear geese"),
    THINGS: ("see in the dark", "speak with crows", "forget every name", "jump over hedges",
             "hear the grass", "dream of ships", "knit all week", "open any lock"),
}  # fmt: skip
NUMBERS = (
    "one", "two", "three", "four", "five", "seven", "nine", "twelve",
)  # fmt: skip
VERBS = (
    "Boil", "Stir", "Grind", "Drown", "Roast", "Whip", "Bury", "Freeze", "Smoke", "Hide",
    "Shake", "Count",
)  # fmt: skip
VESSELS = (
    "a copper pot", "an old boot", "the deep bowl", "a glass skull", "some leaking bucket",
    "the witch's hat", "two bottles", "a nutshell", "the well", "an empty clock", "a drum",
    "your left glove", "three spoons", "a stolen bell", "the moat", "a hollow tree",
    "grey wool", "an eggcup", "somebody's shoe",
)  # fmt: skip
WAITS = (
    "until it hums", "for an hour", "as owls do", "before dawn", "at full moon",
    "behind the mill", "without a word", "in the rain", "with eyes shut", "under thunder",
    "slow as moss", "on Monday", "near a cradle", "by a pond", "twice", "like a queen",
    "in March", "upside down", "for luck", "till Friday", "since noon",
)  # fmt: skip
DRINKERS = (
    "a fool", "your rival", "the king", "some sailor", "any cat", "the miller", "a tired witch",
    "nobody's child", "uncle", "the tax collector", "a goat", "every guest", "no doctor",
    "one juggler", "a bishop", "no butler",
)  # fmt: skip
LINE = "{verb} {first} and {second} in {vessel} {wait}; {drinker} will {effect}."


def measured(chance: random.Random, ingredient: str) -> str:
    """So much of it."""
    number = chance.choice(NUMBERS)
    many = "" if number == "one" else "s"
    if ingredient in LIQUIDS:
        return f"{number} drop{many} of {ingredient}"
    if ingredient in POWDERS:
        return f"{number} pinch{'es' if many else ''} of {ingredient}"
    return f"{number} {ingredient}{many}"


def recipe(chance: random.Random) -> str:
    """One line that keeps the rules."""
    kind = chance.choice(list(EFFECTS))
    first, second = chance.choice(kind), chance.choice((*LIQUIDS, *POWDERS, *THINGS))
    return LINE.format(
        verb=chance.choice(VERBS),
        first=measured(chance, first),
        second=measured(chance, second),
        vessel=chance.choice(VESSELS),
        wait=chance.choice(WAITS),
        drinker=chance.choice(DRINKERS),
        effect=chance.choice(EFFECTS[kind]),
    )


def one_of(words: tuple[str, ...]) -> str:
    """A pattern for any of them."""
    return f"(?:{'|'.join(map(re.escape, words))})"


def amount(kind: tuple[str, ...]) -> str:
    """A pattern for any right amount of any ingredient of one kind."""
    some, many = one_of(kind), one_of(NUMBERS[1:])
    if kind is LIQUIDS:
        return f"(?:one drop of {some}|{many} drops of {some})"
    if kind is POWDERS:
        return f"(?:one pinch of {some}|{many} pinches of {some})"
    return f"(?:one {some}|{many} {some}s)"


ANY = "|".join(map(amount, EFFECTS))
RULES = re.compile("|".join(
    LINE.removesuffix(".").format(
        verb=one_of(VERBS), first=amount(kind), second=f"(?:{ANY})", vessel=one_of(VESSELS),
        wait=one_of(WAITS), drinker=one_of(DRINKERS), effect=one_of(effects),
    ) + r"\."
    for kind, effects in EFFECTS.items()
))  # fmt: skip


def make(folder: Path, count: int, seed: int) -> None:
    """Write so many lines, and a licence beside them."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{recipe(chance)}\n" for _ in range(count))
    (folder / "potions.txt").write_text(lines, encoding="utf-8")
    (folder / "LICENSE").write_text("CC0 1.0\n", encoding="utf-8")


def check(file: Path, known: Path) -> str:
    """How many texts keep the rules, and how many of these do not stand in the file `known`."""
    lines = file.read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines] if file.suffix == ".jsonl" else lines
    learned = set(known.read_text(encoding="utf-8").splitlines()) if known.is_file() else set()
    right = [text for text in texts if RULES.fullmatch(text)]
    new = sum(text not in learned for text in right)
    return f"{len(texts):,} texts: {len(right):,} keep the rules, {new:,} of these are new"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Made-up recipes for potions, one a line.")
    parser.add_argument("--count", type=int, default=2_000, help="lines")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("potions"), help="a folder")
    parser.add_argument(
        "--check", type=Path, metavar="FILE", help=".txt or .jsonl to count instead"
    )
    given = parser.parse_args()
    if given.check:
        print(check(given.check, given.out / "potions.txt"))
    else:
        make(given.out, given.count, given.seed)
        print(f"{given.count:,} recipes: {given.out}")
