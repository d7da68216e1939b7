"""``make bench``: what an evaluation, the global stage and whole selections cost, as ratios of sides timed together.

    python -m bench --pool demo/pool.jsonl --output bench.json [--parts evaluation,stages,...] [--records N] [--kills N]

Every part prints its table; bench.json has all the figures, the machine and the versions. Machines are noisy: two
sides are timed in turns, several times, and the medians compared.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import zlib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import (
    covering,
    evaluation,
    flat,
    growth,
    kills,
    near_duplicates,
    plans,
    scale,
    selections,
    stages,
    two_rounds,
)
from bench.pools import Pool

PARTS = {
    "evaluation": evaluation.rows,
    "stages": stages.rows,
    "selection": selections.rows,
    "naive": selections.naive_rows,
    "growth": growth.rows,
    "pools": two_rounds.rows,
    "flat": flat.rows,
    "covering": covering.rows,
    "plans": plans.rows,
    "copies": near_duplicates.family_rows,
    "limits": near_duplicates.limit_rows,
    "near": near_duplicates.pool_rows,
    "scale": scale.rows,
    "kills": kills.rows,
}
USUAL = ("evaluation", "stages", "selection", "naive", "growth")
"""Parts that are run when none are named."""


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--pool", required=True, help="any pool that `select` reads")
    parser.add_argument("--output", default="bench.json")
    parser.add_argument("--parts", default=",".join(USUAL), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--records", type=int, default=100_000, help="of the pool of the part scale")
    parser.add_argument("--kills", type=int, default=3, help="of the part kills")
    arguments = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    results: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory(prefix="zip_pipeline-bench-") as folder:
        pool = Pool(arguments.pool, Path(folder))
        asked = {"scale": [arguments.records], "kills": [arguments.kills]}
        for name in arguments.parts.split(","):
            results[name] = []
            for row in PARTS[name](pool, *asked.get(name, [])):
                results[name].append(row)  # kept at once: parts take long, and the last may fail
                found = {"machine": machine(), "pool": {"path": arguments.pool, "records": pool.records}, **results}
                Path(arguments.output).write_text(json.dumps(found, indent=2) + "\n")
            console.print(table(name, results[name]))
    console.print(f"{arguments.output}: {', '.join(results)}", markup=False)


def table(name: str, rows: list[dict[str, Any]]) -> Table:
    """Return rows as a table; floats get three figures."""
    shown = Table(title=name, title_justify="left")
    for column in rows[0]:
        shown.add_column(column, justify="left" if isinstance(rows[0][column], str) else "right")
    for row in rows:
        shown.add_row(*[f"{value:.3g}" if isinstance(value, float) else f"{value}" for value in row.values()])
    return shown


def machine() -> dict[str, Any]:
    """Return where and with what the figures were obtained."""
    packages = ("pyspark", "pyarrow", "numba", "numpy", "zstandard", "zip-pipeline")
    cpu = [line.partition(":")[2].strip() for line in read_lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu[0] if cpu else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        **{name: version(name) for name in packages},
    }


def read_lines(path: str) -> list[str]:
    """Return a file's lines, none where there is no such file."""
    return Path(path).read_text().splitlines() if Path(path).exists() else []


if __name__ == "__main__":
    main()
