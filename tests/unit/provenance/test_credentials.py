"""Content credentials: signed by a key of this machine, and broken by any later change."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from unlabelled_files import some_facts

pytest.importorskip("c2pa")

from sparring.core.errors import BadData, UserError
from sparring.provenance import credentials
from sparring.provenance import identity as identities
from sparring.provenance.identity import AUTHORITY, FOLDER, KEY, identity
from sparring.provenance.labelling import Labelling, labelled
from sparring.provenance.verify import Layer, verify

SIGNED = Labelling(producer="me", signed=True)


def layer(content: bytes, name: str) -> Layer:
    (found,) = (each for each in verify(content, name).layers if each.name == "credentials")
    return found


@pytest.mark.parametrize("name", ["a.png", "a.jpeg", "a.wav"])
def test_a_signed_file_is_valid_and_its_signer_unknown(
    name: str, plain: Mapping[str, bytes]
) -> None:
    made = labelled(plain[name], name, some_facts(), SIGNED).content
    verdict = verify(made, name)
    assert verdict.is_sound
    others = [each for each in verdict.layers if each.name != "visible"]
    assert all(each.state == "valid" for each in others), others
    assert layer(made, name).says == "Signature valid, signer not on the C2PA trust list."
    again = labelled(made, name, some_facts(), SIGNED).content
    assert verify(again, name).is_sound, "one store alone, as labels are written anew"


@pytest.mark.parametrize("name", ["a.png", "a.jpeg", "a.wav"])
def test_any_flipped_bit_breaks_the_signature(name: str, plain: Mapping[str, bytes]) -> None:
    made = labelled(plain[name], name, some_facts(), SIGNED).content
    sound = made.find(b"data") if name == "a.wav" else len(made) - 60

    @settings(max_examples=10, deadline=None)
    @given(st.integers(0, len(made) - 1), st.integers(0, 7))
    @example(sound + 12, 0)
    def check(place: int, bit: int) -> None:
        damaged = bytearray(made)
        damaged[place] ^= 1 << bit
        try:
            found = layer(bytes(damaged), name)
        except (BadData, ValueError):
            return  # it is no such file any more
        # The store itself has padding, and what stands there means nothing.
        store = b"jumb" in made[max(0, place - 14_000) : place + 14_000]
        assert found.state != "valid" or store

    check()
    damaged = bytearray(made)
    damaged[sound + 12] ^= 1
    assert "mismatch" in layer(bytes(damaged), name).says.lower()


def test_the_key_is_made_once_and_nobody_else_may_read_it(cache: Path) -> None:
    first = identity()
    path = cache / FOLDER / KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert identity().chain == first.chain
    assert "PRIVATE" not in (cache / FOLDER / AUTHORITY).read_text()
    assert [each.name for each in path.parent.iterdir() if "tmp" in each.name] == []
    path.chmod(0o644)
    with pytest.raises(UserError, match="chmod 600"):
        identity()
    path.chmod(0o600)
    path.write_text("nonsense")
    with pytest.raises(BadData, match="delete it, and a new key is made"):
        identity()


def test_the_authority_vouches_for_the_key(cache: Path, plain: Mapping[str, bytes]) -> None:
    """Another reader, openssl, finds the chain in order."""
    chain = identity().chain
    (cache / "leaf.pem").write_text(chain)
    command = ["openssl", "verify", "-CAfile", FOLDER + "/" + AUTHORITY, "leaf.pem"]
    try:
        done = subprocess.run(command, cwd=cache, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("openssl is not here")
    assert done.stdout == "leaf.pem: OK\n", done.stderr


def test_a_clock_that_does_not_answer_is_named(plain: Mapping[str, bytes]) -> None:
    """Port 9 of this machine answers nobody."""
    labels = Labelling(producer="me", signed=True, clock="http://127.0.0.1:9/")
    with pytest.raises(UserError, match=r"time of http://127.0.0.1:9/ .*option no-credentials"):
        labelled(plain["a.png"], "a.png", some_facts(), labels)


def test_without_the_extra_files_get_the_other_labels(
    plain: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = labelled(plain["a.png"], "a.png", some_facts(), SIGNED).content
    monkeypatch.setattr(credentials, "is_installed", lambda: False)
    assert not credentials.is_installed()
    with pytest.raises(UserError, match=r"pip install 'sparring\[provenance\]'"):
        labelled(plain["a.png"], "a.png", some_facts(), SIGNED)
    assert layer(made, "a.png").state == "present"
    assert "pip install" in layer(made, "a.png").says


def test_a_key_whose_certificate_has_run_out_is_replaced(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(identities, "YEARS", 0)
        old = identity()
    assert identity().chain != old.chain
    assert identity().ends > datetime.now(UTC)
