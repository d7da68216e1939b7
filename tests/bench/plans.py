"""What ``--dry-run`` says of a run's time, against the run: each in a process of its own, on the pool and a larger one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.pools import Pool
from zip_pipeline.jobs.planning.plan import WITHIN

ROOT = Path(__file__).parents[2]
GROWN = 500_000
JOBS: dict[str, tuple[str, ...]] = {
    "score": (),
    "select": ("--budget", "1000"),
    "deduplicate": (),
    "split": ("--share", "5%"),
    "measure": (),
}


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a job and pool: seconds as planned and as they were, and how many records stay."""
    for path in (pool.path, pool.grown(GROWN)):
        for job, arguments in JOBS.items():
            places = ("--input", str(path), "--output", str(pool.folder / f"planned-{job}-{path.stem}"))
            plan = run(job, *places, *arguments, "--dry-run")
            manifest = run(job, *places, *arguments)
            planned, was = plan["time"]["seconds"], manifest["timings"]["total_s"]
            yield {
                "job": job,
                "pool": path.stem,
                "planned, s": planned,
                "run, s": was,
                "planned by run": planned / was,
                f"within {WITHIN}": str(1 / WITHIN <= planned / was <= WITHIN),
                "stay, planned": last(plan, manifest),
                "stay": last(manifest, manifest),
            }


def last(part: dict[str, Any], manifest: dict[str, Any]) -> int:
    """Return the records of the last step that plan and run both count, 0 where a job has no funnel."""
    counted = {step["step"] for step in manifest.get("funnel", [])} - {"looked_at"}
    return next((step["records"] for step in reversed(part.get("funnel", [])) if step["step"] in counted), 0)


def run(job: str, *arguments: str) -> dict[str, Any]:
    """Run a command; return what it prints."""
    command = [sys.executable, f"jobs/{job}.py", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed
