"""The command line: verbs only. Torch is imported inside a verb, never for --help.

One file holds one group of verbs; here they become words that one can type.
"""

from __future__ import annotations

import errno
import itertools
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from sparring.cli import (
    checking,
    exporting,
    extracting,
    judging,
    learning,
    looking,
    making,
    serving,
    studying,
)
from sparring.cli._printing import to_the_end
from sparring.core import memory
from sparring.core.errors import BadData, UserError, quoted
from sparring.core.version import VERSION

app = typer.Typer(
    help="Learn from examples, then make new ones: a generator and a discriminator spar.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    learning.train,
    learning.resume,
    making.generate,
    judging.evaluate,
    judging.compare,
    exporting.export,
    checking.verify,
    serving.serve,
    looking.doctor,
    studying.studio,
):
    app.command()(verb)
app.add_typer(looking.data_app, name="data")
app.add_typer(looking.recipes_app, name="recipes")
app.add_typer(extracting.extractors_app, name="extractors")


def _version(asked: bool) -> bool:
    if asked:
        print(VERSION)
        raise typer.Exit
    return asked  # what a callback returns becomes the option's value


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and stop.", is_eager=True, callback=_version
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    # `version` is read by its callback, `debug` by `main`, which outlives this context.
    pass


def main() -> None:
    """The entry point of the `sparring` command: people's errors become a sentence and a code."""
    before_verb = itertools.takewhile(lambda word: word.startswith("-"), sys.argv[1:])
    for name in ("stdout", "stderr"):  # one that was closed is None, which nobody looks for
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    try:
        _require_words(sys.argv[1:])
        with memory.enough(), to_the_end():
            app()
    except (UserError, OSError) as error:
        wrong = _of_people(error)
        if "--debug" in before_verb:
            traceback.print_exc()
        # One write, so that lines of several processes do not run into each other.
        sys.stderr.write(f"sparring: {wrong}\n")
        sys.exit(wrong.code)


def _require_words(words: list[str]) -> None:
    """An empty word is what becomes of a shell's variable that is not set; no option means it.

    Raises:
        UserError: one is.
    """
    for before, word in itertools.pairwise(["sparring", *words]):
        if not word or (word.startswith("--") and word.find("=") == len(word) - 1):
            place = quoted(word[:-1] or before)
            raise UserError(f"What stands after {place} is empty; give something, or leave it out.")


def _of_people(error: UserError | OSError) -> UserError:
    """What somebody did wrong; what nobody can help is raised on."""
    if isinstance(error, UserError):
        return error
    if error.errno == errno.ENAMETOOLONG:  # from wherever a path is first looked at
        return UserError(f"{quoted(error.filename)} is too long for a path; give a shorter one.")
    if error.errno in (errno.EACCES, errno.EPERM) and error.filename is not None:
        what = f"{quoted(str(error.filename))} cannot be reached: {error.strerror}"
        return BadData(f"{what}; give a path that is open to you.")
    raise error
