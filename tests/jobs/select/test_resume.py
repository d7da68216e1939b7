"""kill -9 in mid-selection, then the same command: the same selection, nothing left over, nothing scored again."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.pools import sharegpt

pytestmark = pytest.mark.jvm

ROOT = Path(__file__).parents[3]
WAIT_S = 200


def command(*overrides: str) -> list[str]:
    keys = ["run.checkpoint=c", "select.k1=20", "select.k2=8", "select.k3=2", "input.deduplicate=exact", *overrides]
    sets = [part for key in keys for part in ("--set", key)]
    plain = ["--input", "pool.parquet", "--output", "out", "--budget", "300"]
    return [sys.executable, str(ROOT / "jobs/select.py"), *plain, *sets]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(folder / "tmp")}


def run(folder: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*overrides), cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=WAIT_S
    )


def killed_in_round(folder: Path, number: int) -> None:
    """Start the run and kill it as soon as a round is done."""
    (folder / "tmp").mkdir(exist_ok=True)
    file = folder / f"c/rounds/round-{number:08}"
    with subprocess.Popen(command(), cwd=folder, env=environment(folder), stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + WAIT_S
        while not file.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -9
    assert not (folder / "out").exists()


def selected(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "out/selection").sort_by("zip_rank").to_pylist()
    return rows


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
        (folder / "tmp").mkdir()
        pq.write_table(pa.Table.from_pylist(sharegpt(1200)), folder / "pool.parquet")
    assert (done := run(whole, "run.checkpoint=null")).returncode == 0, done.stderr

    killed_in_round(cut, random.randrange(100))
    assert list(cut.glob(".out.staging-*"))
    scored = sorted((cut / "c/stages/scored").glob("*.parquet"))
    times = [file.stat().st_mtime_ns for file in scored]
    changed = run(cut, "run.seed=1")
    assert changed.returncode == 2
    assert (
        "run.checkpoint c: belongs to another run; remove it or give another path: run.seed was 0, is 1"
        in changed.stderr
    )
    assert [file.stat().st_mtime_ns for file in scored] == times

    done = run(cut)
    assert done.returncode == 0, done.stderr
    assert selected(cut) == selected(whole)
    assert sorted(path.name for path in cut.iterdir() if ".staging-" not in path.name) == ["out", "pool.parquet", "tmp"]
