"""Who runs a studio says by which code its files name their producer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sparring import cli
from sparring.provenance.labelling import Labelling
from sparring.serve.services import Services, Settings
from sparring.studio.desk import Desk
from sparring.studio.making import Asked, make


def test_pieces_name_the_producer_of_the_studio(tmp_path: Path) -> None:
    labels = Labelling(producer="our-code")
    settings = Settings(
        tmp_path / "service", {"digits": "digits"}, tmp_path / "runs", labelling=labels
    )
    with Services(settings) as services, Desk(services, tmp_path / "studio") as desk:
        (piece,) = desk.pieces.add(make(desk.sampler("digits"), Asked(1, 4)), "digits")
        verdict = desk.verify(desk.pieces.path(piece).read_bytes(), piece.file)
    assert verdict.is_sound and verdict.facts is not None
    assert verdict.facts.provider == "our-code"
    assert any("by our-code" in layer.says for layer in verdict.layers)


@pytest.mark.parametrize("verb", ["studio", "serve"])
def test_a_producer_that_no_label_may_hold_stops_before_anything_listens(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sparring", verb, "--port", "0", "--producer", "公司"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "as the code of a company and not its Chinese name" in capsys.readouterr().err
