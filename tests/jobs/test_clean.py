"""What killed runs leave: what is old enough is listed, and removed where it is asked for; nothing else."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from support.selecting import reporter
from zip_pipeline.config import CleanConfig, load
from zip_pipeline.errors import InputError
from zip_pipeline.jobs import clean
from zip_pipeline.spark.io import location
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.staging import StagingFolder


def cleaned(out: Path, *keys: str) -> dict[str, Any]:
    return clean.run(load(None, [f"output.path={out}", *keys], CleanConfig), reporter())


def left(folder: Path, hours: float) -> str:
    """Make a folder with a file that was written so many hours ago; return its URI."""
    folder.mkdir(parents=True)
    (folder / "part-0").write_text("12345")
    then = time.time() - 3600 * hours
    os.utime(folder / "part-0", (then, then))
    return f"file://{folder}"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_next_to_an_output(tmp_path: Path) -> None:
    out = tmp_path / "out"
    old, young = left(tmp_path / ".out.staging-aa", 30), left(tmp_path / ".out.replaced-bb", 2)
    left(tmp_path / ".other.staging-cc", 99)
    alive = StagingFolder(Location.of(str(out)))
    alive.folder.create()
    (Path(alive.folder.path) / "_alive").write_text("")
    found = cleaned(out)
    parts = [{key: part[key] for key in ("path", "files", "bytes", "removed")} for part in found["leftovers"]]
    assert parts == [{"path": old, "files": 1, "bytes": 5, "removed": False}]
    assert Path(old.removeprefix("file://")).exists()

    found = cleaned(out, "clean.delete=true", "clean.older_than_hours=1")
    assert {part["path"]: part["removed"] for part in found["leftovers"]} == {old: True, young: True}
    assert names(tmp_path) == sorted([".other.staging-cc", alive.folder.name])


def test_a_run_that_lives_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    alive = StagingFolder(Location.of(str(tmp_path / "out")))
    alive.create()
    assert cleaned(tmp_path / "out", "clean.delete=true")["leftovers"] == []
    assert alive.folder.exists()
    alive.remove()


def test_in_an_output_of_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the manifest names stays: its own tables, and those that they replaced."""
    monkeypatch.setattr(location, "RENAMING_FILESYSTEMS", ())
    out = tmp_path / "out"
    for name in ("run-00000001", "run-00000002", "run-00000003", "run-mine", "scores"):
        left(out / name, 30)
    (out / "manifest.json").write_text(
        json.dumps({"tables": {"scores": "run-00000002/scores"}, "replaced": ["run-00000001"]})
    )
    cleaned(out, "clean.delete=true")
    assert names(out) == ["manifest.json", "run-00000001", "run-00000002", "run-mine", "scores"]
    (out / "manifest.json").unlink()
    cleaned(out, "clean.delete=true")
    assert names(out) == ["run-mine", "scores"], "without a manifest there is no output"


def test_where_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such output, and nothing that a run has left there"):
        cleaned(tmp_path / "nowhere")
