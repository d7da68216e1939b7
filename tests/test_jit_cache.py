"""The kernel's machine code is used again wherever the package lies, and never for other sources."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import zip_pipeline
from zip_pipeline.spark.session.opening import _archive

PROGRAM = """
from zip_pipeline.codecs.deflate import entry_points as kernel
from zip_pipeline.jit_cache import is_compiled
before = is_compiled(kernel.undo)
kernel.undo(0, 0)
stats = kernel.undo.stats
print(kernel.__file__, before, sum(stats.cache_hits.values()), is_compiled(kernel.undo))
"""


def outcome(place: Path, home: Path) -> list[str]:
    """What the program prints for the package at `place`: compiled before, loads from the cache, compiled after."""
    places = {"PYTHONPATH": str(place), "XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home), "NUMBA_CACHE_DIR": ""}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | places,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    file, *rest = done.stdout.split()
    assert Path(file).is_relative_to(place)
    return rest


def test_the_same_sources_are_compiled_once(tmp_path: Path) -> None:
    archives = [tmp_path / session / _archive().name for session in ("one", "two")]
    for archive in archives:
        archive.parent.mkdir()
        shutil.copy(_archive(), archive)
    folder = tmp_path / "folder"
    shutil.copytree(Path(zip_pipeline.__file__).parent, folder / "zip_pipeline")
    assert outcome(archives[0], tmp_path) == ["False", "0", "True"]
    assert outcome(archives[1], tmp_path) == ["True", "1", "True"]
    assert outcome(folder, tmp_path) == ["True", "1", "True"]
    with (folder / "zip_pipeline/codecs/deflate/layout.py").open("a") as source:
        source.write("# another layout\n")
    assert outcome(folder, tmp_path) == ["False", "0", "True"]


def test_without_a_place_to_keep_it_each_process_compiles(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    for _ in range(2):
        assert outcome(Path(zip_pipeline.__file__).parent.parent, tmp_path) == ["False", "0", "False"]
