"""kill -9 of the driver at random moments of a run, each time followed by the same command."""

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bench.pools import Pool
from bench.processes import Watched
from bench.scale import command

RECORDS = 20_000
BUDGET = 2_000
KEYS = ("run.checkpoint=checkpoint", "select.k1=200", "select.k2=100", "select.k3=20")


def rows(pool: Pool, kills: int) -> Iterator[dict[str, Any]]:
    """Yield a row a kill: when it was, how far the run had come, whether the selection is that of a whole run."""
    path = pool.grown(RECORDS)
    pool.spark.stop()
    started = time.perf_counter()
    whole = pool.folder / "kills-whole"
    Watched(command(path, *KEYS, budget=BUDGET), whole).finish()
    lasted, expected = time.perf_counter() - started, selected(whole)
    moments = random.Random(0)
    for number in range(kills):
        folder = pool.folder / f"kills-{number}"
        while True:
            moment = moments.uniform(0, lasted)
            run = Watched(command(path, *KEYS, budget=BUDGET), folder)
            time.sleep(moment)
            if run.process.poll() is None:
                break
            run.finish()  # it was faster this time
            shutil.rmtree(folder)
        done = len(list(folder.glob("checkpoint/rounds/round-*")))
        scored = (folder / "checkpoint/stages/scored.done").exists()
        outlived = run.kill()
        again = time.perf_counter()
        Watched(command(path, *KEYS, budget=BUDGET), folder).finish()
        left = sorted(child.name for child in folder.iterdir() if child.name not in ("out", "tmp"))
        yield {
            "kill": number,
            "after, s": moment,
            "scored": scored,
            "rounds": done,
            "resumed, s": time.perf_counter() - again,
            "same selection": selected(folder) == expected,
            "left beside the output": ", ".join(left) or "nothing",
            "processes left": ", ".join(outlived) or "none",
            "left in tmp": len(list((folder / "tmp").iterdir())),
        }
        shutil.rmtree(folder)


def selected(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of a selection by rank."""
    found: list[dict[str, Any]] = pq.read_table(folder / "out/selection").sort_by("zip_rank").to_pylist()
    return found
