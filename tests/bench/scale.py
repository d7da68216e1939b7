"""A pool that fits on no driver: scored and selected from, with the most memory and disk that it took.

Near-duplicates are not looked for: the pool is made of variants of one, so most of it would be.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.pools import Pool
from bench.processes import Watched

ROOT = Path(__file__).parents[2]
BUDGET = 20_000
RULES = {"gain": ("select.rule=gain",), "paper": ("select.rule=paper", "codec.window=32KB", "select.k1=2000")}
LEAST_BYTES = 120
"""Records shorter than that are not varied: the mean is then above 500 bytes."""


def command(pool: Path, *keys: str, budget: int = BUDGET) -> list[str]:
    """Return the command that selects from a pool, its output beside it as ``out``."""
    sets = [part for key in ("input.deduplicate=none", *keys) for part in ("--set", key)]
    plain = ["--json", "--input", str(pool), "--output", "out", "--budget", str(budget)]
    return [sys.executable, str(ROOT / "jobs/select.py"), *plain, *sets]


def rows(pool: Pool, records: int) -> Iterator[dict[str, Any]]:
    """Yield a row a rule."""
    start = time.perf_counter()
    path = pool.grown(records, least_bytes=LEAST_BYTES)
    made_s = time.perf_counter() - start
    pool.spark.stop()  # its memory is for the runs
    for rule, keys in RULES.items():
        folder = pool.folder / f"scale-{rule}"
        run = Watched(command(path, *keys), folder)
        manifest = json.loads(run.finish())
        yield {
            "rule": rule,
            "records": manifest["input"]["records"],
            "payload, GB": manifest["input"]["raw_bytes"] / 1e9,
            "made, s": made_s,
            **manifest["timings"],
            "driver's Python, MB": run.most["driver"] / 2**20,
            "all Python, MB": run.most["python"] / 2**20,
            "JVM, MB": run.most["java"] / 2**20,
            "disk, GB": run.most["disk"] / 1e9,
            "selected": manifest["selection"]["records"],
            "set ratio": manifest["selection"]["set_ratio"],
        }
