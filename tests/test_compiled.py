"""What Numba compiled of the package in an archive is found again where the archive lies elsewhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from zip_pipeline.lake.session import _archive

PROGRAM = """
from zip_pipeline.core.deflate import kernel
kernel.undo(0, 0)
stats = kernel.undo.stats
print(kernel.__file__, sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def test_an_archive_is_compiled_once(tmp_path: Path) -> None:
    seen = []
    for session in ("one", "two"):
        archive = tmp_path / session / _archive().name
        archive.parent.mkdir()
        shutil.copy(_archive(), archive)
        places = {"PYTHONPATH": str(archive), "XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | places,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        file, hits, misses = done.stdout.split()
        assert Path(file).is_relative_to(archive)
        seen.append((int(hits), int(misses)))
    assert seen == [(0, 1), (1, 0)]
