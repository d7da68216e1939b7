"""The frame of a run: it leaves a whole output or none, and its manifest shows the config as the run left it."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from zip_pipeline.config import ScoreConfig, load
from zip_pipeline.errors import OutputError, StageError
from zip_pipeline.jobs.base import Run
from zip_pipeline.report.console import Reporter

pytestmark = pytest.mark.usefixtures("spark")


def run_of(folder: Path, *more: str) -> Run[ScoreConfig]:
    (folder / "pool.jsonl").touch()
    keys = [f"input.path={folder / 'pool.jsonl'}", f"output.path={folder / 'out'}", *more]
    return Run("score", load(None, keys, ScoreConfig), Reporter(Console(quiet=True)))


def test_a_run_publishes_its_tables_page_and_manifest(spark: SparkSession, tmp_path: Path) -> None:
    with run_of(tmp_path) as run:
        assert run.spark is spark
        with run.stage("write", "write a table"):
            run.output.write(spark.range(3), "scores")
        assert run.pin() is run.config
        manifest = run.manifest(pool={"records": 3})
        run.publish(manifest, "<p>page</p>")
    assert list(manifest) == ["job", "version", "created_at", "config", "timings", "spark", "pool", "tables"]
    assert list(manifest["timings"]) == ["session_s", "write_s", "total_s"]
    assert manifest["config"]["input"]["path"] == str(tmp_path / "pool.jsonl")
    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest
    assert (tmp_path / "out/report.html").read_text() == "<p>page</p>"
    with pytest.raises(OutputError, match="exists already"):
        run_of(tmp_path)


@pytest.mark.parametrize("mode", ["error", "overwrite"])
def test_the_output_of_another_job_is_not_replaced(tmp_path: Path, mode: str) -> None:
    """Such as --output wanted, where wanted is what split wrote."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text('{"job": "split"}')
    said = r"out: exists already as the output of split, which score does not replace; name another path$"
    with pytest.raises(OutputError, match=said):
        run_of(tmp_path, f"output.mode={mode}")
    for ours in ('{"job": "score"}', "{}"):  # {}: of a version that did not say which job it was
        (tmp_path / "out/manifest.json").write_text(ours)
        run_of(tmp_path, "output.mode=overwrite")


def fail(run: Run[ScoreConfig], spark: SparkSession) -> None:
    with run:
        run.output.write(spark.range(3), "scores")
        with run.stage("score", "score"):
            raise RuntimeError("full")


def test_a_run_that_fails_leaves_nothing(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(StageError, match="stage 'score' failed: RuntimeError: full"):
        fail(run_of(tmp_path), spark)
    assert list(tmp_path.iterdir()) == [tmp_path / "pool.jsonl"]
