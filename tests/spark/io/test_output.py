"""The output tree: what stands after a failure, a kill, another run; Delta's part is in `test_delta`."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from zip_pipeline.config import Output
from zip_pipeline.errors import OutputError
from zip_pipeline.spark.io import location
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.staging import Claim

KILLED = """
import os, signal, sys
from zip_pipeline.spark.io.staging import Claim
from zip_pipeline.spark.io.location import Location
claim = Claim(Location.of(sys.argv[1]))
claim.take()
(claim.folder / "tables").filesystem.create_dir((claim.folder / "tables").path)
if sys.argv[2] == "replacing":
    Location.of(sys.argv[1]).move(claim.replaced)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_run(target: Path, doing: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, target, doing])
    assert done.returncode == -signal.SIGKILL


def tree(path: Path, mode: str) -> OutputTree:
    return OutputTree(Output.model_validate({"path": str(path), "mode": mode}))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_folders_of_killed_runs_are_cleared_away(tmp_path: Path) -> None:
    target = tmp_path / "out[1]*"  # no glob
    (tmp_path / ".out1.staging-of-another").mkdir()
    killed_run(target, "scoring")
    assert len(names(tmp_path)) == 2
    living = Claim(Location.of(str(target)))
    living.take()
    assert names(tmp_path) == [".out1.staging-of-another", Path(living.folder.path).name]
    second = Claim(Location.of(str(target)))
    second.take()
    assert len(names(tmp_path)) == 3, "that of a run that lives stays"
    living.release()
    second.release()
    assert names(tmp_path) == [".out1.staging-of-another"]


def test_a_tree_that_a_killed_run_had_moved_aside_comes_back(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "manifest.json").write_text("{}")
    killed_run(target, "replacing")
    assert not target.exists()
    claim = Claim(Location.of(str(target)))
    claim.take()
    claim.release()
    assert names(tmp_path) == ["out"]
    assert names(target) == ["manifest.json"]


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Location.of(str(tmp_path / "manifest.json"))
    file.write(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(Location, "move", lambda *_: pytest.fail("cut short"))
        with pytest.raises(pytest.fail.Exception):
            file.write_whole(b"new and long")
    assert file.read() == b"old"
    file.write_whole(b"new")
    assert (file.read(), names(tmp_path)) == (b"new", ["manifest.json"])


@pytest.fixture
def no_renames(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's disk, as an object store would have it."""
    monkeypatch.setattr(location, "RENAMING", ())
    monkeypatch.setattr(Location, "move", lambda *_: pytest.fail("renamed"))


@pytest.mark.usefixtures("no_renames")
def test_without_renames_a_new_tree_is_written_in_place(spark: SparkSession, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = spark.range(5)
    with tree(out, "error") as output:
        output.write(rows, "scores")
        assert names(out) == ["scores"], "no manifest, no selection"
    assert names(tmp_path) == [], "not published"

    with tree(out, "error") as output:
        rows.write.parquet((output.scratch / "x").uri)
        assert output.write(rows, "selection") == 5
        output.publish({"records": 5}, "page")
    assert names(tmp_path) == ["out"]
    assert names(out) == ["manifest.json", "report.html", "selection"]
    assert json.loads((out / "manifest.json").read_text()) == {"records": 5}

    with pytest.raises(OutputError, match="exists already"):
        tree(out, "error")
    with pytest.raises(OutputError, match="cannot rename folders, so only Delta tables are replaced there"):
        tree(out, "overwrite")


@pytest.mark.usefixtures("no_renames")
def test_without_renames_runs_at_the_same_time_leave_each_other_alone(spark: SparkSession, tmp_path: Path) -> None:
    out, rows = tmp_path / "out", spark.range(5)
    with tree(out, "error") as first:
        with tree(out, "error") as second:
            first.write(rows, "scores")
            with pytest.raises(OutputError, match="another run is writing there"):
                second.write(rows, "scores")
        assert names(out / "scores") != [], "the second one removes what is its own"
        first.publish({}, "page")
    assert names(out) == ["manifest.json", "report.html", "scores"]

    (tmp_path / "cut/scores").mkdir(parents=True)
    with pytest.raises(OutputError, match="exists already"):  # what a killed run left
        tree(tmp_path / "cut", "error")
    with pytest.raises(OutputError, match="so it is not replaced"):
        tree(tmp_path / "cut", "overwrite")

    with tree(tmp_path / "late", "error") as output:
        output.write(rows, "scores")
        (tmp_path / "late/manifest.json").write_text("{}")
        with pytest.raises(OutputError, match="exists already"):
            output.publish({}, "page")
    assert names(tmp_path / "late") == ["manifest.json", "scores"], "somebody else's output stands there"
