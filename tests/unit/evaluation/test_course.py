"""What a report tells of a training, by what stands in its folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import sparring
from sparring.evaluation.course import Course

FOUND = {"name": "lost_classes", "word": "lost", "samples": 9_000, "sentence": "Half are lost."}


def written(folder: Path, manifest: str) -> Course:
    (folder / "manifest.json").write_text(manifest)
    (folder / "metrics.jsonl").write_text(
        '{"samples": 8000}\n{"samples": 9000, "findings": ["lost_classes"]}\n{"findings": 3}\n'
    )
    return Course.of(folder)


def test_findings_come_with_what_the_manifest_says_of_them(tmp_path: Path) -> None:
    course = written(tmp_path, json.dumps({"health": [FOUND]}))
    wanted = {key: FOUND[key] for key in ("samples", "name", "sentence")}
    assert course.findings == (wanted,)
    assert len(course.rows) == 3


@pytest.mark.parametrize("manifest", ["{}", "no JSON", "[]", '{"health": 3}', '{"health": [{}]}'])
def test_rows_tell_of_a_training_whose_manifest_does_not(manifest: str, tmp_path: Path) -> None:
    course = written(tmp_path, manifest)
    assert course.findings == ({"samples": 9_000, "name": "lost_classes", "sentence": ""},)


def test_a_manifest_may_be_older_than_rows(tmp_path: Path) -> None:
    course = written(tmp_path, json.dumps({"health": [{**FOUND, "samples": 500, "name": "early"}]}))
    assert [(each["name"], each["samples"]) for each in course.findings] == [
        ("early", 500),
        ("lost_classes", 9_000),
    ]


def test_a_moment_that_is_no_number_is_none(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"samples": "x", "findings": ["lost"]}\n')
    (tmp_path / "manifest.json").write_text('{"health": [{"samples": 1e999}]}')
    assert [each["samples"] for each in Course.of(tmp_path).findings] == [0]


def test_a_report_repeats_the_sentence(report: sparring.Report) -> None:
    told = replace(report, course=replace(report.course, findings=(FOUND,)))
    page = told.paper().html.decode()
    assert "After 9,000 samples the health check found: lost classes." in page
    assert "Half are lost." in page
    assert told.to_json()["findings"] == [FOUND]
