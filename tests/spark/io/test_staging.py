"""What killed runs leave, and what the next run makes of it."""

import signal
import subprocess
import sys
from pathlib import Path

from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.staging import StagingFolder

KILLED = """
import os, signal, sys
from zip_pipeline.spark.io.staging import StagingFolder
from zip_pipeline.spark.io.location import Location
staging = StagingFolder(Location.of(sys.argv[1]))
staging.create()
(staging.folder / "tables").filesystem.create_dir((staging.folder / "tables").path)
if sys.argv[2] == "replacing":
    Location.of(sys.argv[1]).move(staging.backup)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_run(target: Path, doing: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, target, doing])
    assert done.returncode == -signal.SIGKILL


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_folders_of_killed_runs_are_cleared_away(tmp_path: Path) -> None:
    target = tmp_path / "out[1]*"  # no glob
    (tmp_path / ".out1.staging-of-another").mkdir()
    killed_run(target, "scoring")
    assert len(names(tmp_path)) == 2
    living = StagingFolder(Location.of(str(target)))
    living.create()
    assert names(tmp_path) == [".out1.staging-of-another", Path(living.folder.path).name]
    second = StagingFolder(Location.of(str(target)))
    second.create()
    assert len(names(tmp_path)) == 3, "that of a run that lives stays"
    living.remove()
    second.remove()
    assert names(tmp_path) == [".out1.staging-of-another"]


def test_a_tree_that_a_killed_run_had_moved_aside_comes_back(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "manifest.json").write_text("{}")
    killed_run(target, "replacing")
    assert not target.exists()
    staging = StagingFolder(Location.of(str(target)))
    staging.create()
    staging.remove()
    assert names(tmp_path) == ["out"]
    assert names(target) == ["manifest.json"]
