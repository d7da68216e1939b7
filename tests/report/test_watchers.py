"""Lineage is asked for, and its package is named when it is missing."""

import sys

import pytest

from zip_pipeline import cli
from zip_pipeline.errors import SetupError
from zip_pipeline.report.watchers import lineage


def test_nobody_asked() -> None:
    assert lineage(None, "select", {}, print) == []


def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "openlineage.client", None)
    monkeypatch.delitem(sys.modules, "zip_pipeline.report.lineage", raising=False)
    with pytest.raises(SetupError, match=r"run\.lineage needs the package openlineage-python; install it with"):
        lineage("prod", "select", {}, print)
    keys = ["--input", "x", "--output", "y", "--budget", "5", "--set", "run.lineage=prod"]
    assert cli.run(["select", *keys]) == 2
    assert "zip-pipeline[lineage]" in capsys.readouterr().err
