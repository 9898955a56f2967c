"""`sparring verify` as people and programs use it, with names of every kind."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from unlabelled_files import some_facts

from sparring import cli
from sparring.provenance.labelling import BESIDE, Labelling, labelled
from sparring.provenance.verify import NO_PROOF

Says = Callable[..., tuple[int, str, str]]
PLAIN = Labelling(producer="me", signed=False)


@pytest.fixture
def says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Says:
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sparring", "verify", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, out, err

    return run


def test_sound_files_and_files_without_labels_end_well(
    says: Says, tmp_path: Path, plain: Mapping[str, bytes]
) -> None:
    for name in ("a.png", "a.txt"):
        made = labelled(plain[name], name, some_facts(), PLAIN)
        (tmp_path / name).write_bytes(made.content)
        if made.beside:
            (tmp_path / (name + BESIDE)).write_bytes(made.beside)
    (tmp_path / "bare.gif").write_bytes(plain["a.gif"])
    code, out, err = says("a.png", "a.txt", "bare.gif")
    assert (code, err) == (0, "")
    assert out.count("proves neither that a file was made by AI nor that it was not") == 1
    assert out.endswith(f"\n{NO_PROOF}\n")
    assert "GB 45438-2025 Annex E" in out
    code, out, _ = says("a.png", "a.txt", "bare.gif", "--json")
    one, two, three = json.loads(out)
    assert code == 0
    assert (one["file"], one["kind"], one["sound"]) == ("a.png", "PNG", True)
    assert one["recipe"]["seeds"] == [3]
    assert {layer["name"]: layer["state"] for layer in two["layers"]} == {
        "recipe": "valid", "implicit": "valid", "iptc": "missing", "disclosure": "valid",
        "visible": "present", "integrity": "valid",
    }  # fmt: skip
    assert three["recipe"] is None


def test_wrong_labels_and_unreadable_files_have_codes_of_their_own(
    says: Says, tmp_path: Path, plain: Mapping[str, bytes]
) -> None:
    made = labelled(plain["a.wav"], "a.wav", some_facts(), PLAIN).content
    (tmp_path / "wrong.wav").write_bytes(made.replace(b'"Label": "1"', b'"Label": "9"'))
    code, out, err = says("wrong.wav")
    assert code == 1
    assert "it must be 1, 2 or 3" in out
    assert err == "sparring: Labels are not in order: wrong.wav.\n"
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04\0")
    code, out, err = says("wrong.wav", "x.zip", "nothing.png", tmp_path)
    assert code == 3
    assert "wrong.wav (WAV)" in out
    assert "nothing.png cannot be verified: there is no such file" in err
    assert "3 of 4 files could not be verified" in err


@pytest.mark.parametrize(
    "name",
    [
        "🎲.png",
        "two\nlines.png",
        "\u202egnp.exe.png",
        "x" * 251 + ".png",
        "A.PNG",
        "-n.png",
        "é.png",
    ],
)
def test_any_name_works_and_is_shown_on_one_line(
    name: str, says: Says, tmp_path: Path, plain: Mapping[str, bytes]
) -> None:
    made = labelled(plain["a.png"], "a.png", some_facts(), PLAIN).content
    (tmp_path / name).write_bytes(made)
    code, out, _ = says("--", name)
    assert code == 0
    first = out.splitlines()[0]
    assert "(PNG): It says that it is AI-generated" in first
    assert first.split(" (PNG)")[0].isprintable()
    assert "\u202e" not in out


def test_a_label_beside_a_file_stands_for_that_file(
    says: Says, tmp_path: Path, plain: Mapping[str, bytes]
) -> None:
    made = labelled(plain["a.txt"], "a.txt", some_facts(), PLAIN)
    (tmp_path / "a.txt").write_bytes(made.content)
    (tmp_path / "a.txt.aigc.json").write_bytes(made.beside)
    for given in (["a.txt.aigc.json"], ["a.txt", "a.txt.aigc.json"]):
        code, out, err = says(*given, "--json")
        (told,) = json.loads(out)
        assert (code, err, told["sound"]) == (0, "", True)
        assert told["file"].endswith("a.txt")


def test_a_text_without_the_file_beside_it_says_where_its_label_would_be(
    says: Says, tmp_path: Path, plain: Mapping[str, bytes]
) -> None:
    made = labelled(plain["a.txt"], "a.txt", some_facts(), PLAIN)
    (tmp_path / "a.txt").write_bytes(made.content)
    code, out, err = says("a.txt", "--json")
    (told,) = json.loads(out)
    assert (code, err, told["sound"]) == (0, "", True)
    assert told["sentence"].startswith("It says that it is AI-generated, by Sparring")
    layers = {layer["name"]: layer for layer in told["layers"]}
    assert {name: layer["state"] for name, layer in layers.items()} == {
        "recipe": "valid", "implicit": "missing", "iptc": "missing", "disclosure": "valid",
        "visible": "present", "integrity": "missing",
    }  # fmt: skip
    assert layers["implicit"]["says"] == (
        "Such a file has no room for this label: its place is a file beside it, a.txt.aigc.json, "
        "which is not here."
    )


@pytest.mark.parametrize("depth", [900, 100_000])
@pytest.mark.parametrize("key", ["a", "AIGC", "sparring"])
def test_deep_json_is_refused_in_one_sentence(
    says: Says, tmp_path: Path, depth: int, key: str
) -> None:
    text = f'{{"text": "x", "{key}": ' + "[" * depth + "]" * depth + "}"
    (tmp_path / "deep.json").write_text(text)
    code, _, err = says("deep.json")
    assert code == 3
    assert err.splitlines()[0] == (
        "sparring: deep.json cannot be verified: its brackets are nested too deep to be read."
    )
