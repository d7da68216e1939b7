"""The job `select` as tests run it."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console

from zip_pipeline.config import SelectConfig, load
from zip_pipeline.jobs.select import job
from zip_pipeline.report.console import Reporter

K = ["select.k1=30", "select.k2=8", "select.k3=4"]


PAPER = ["select.rule=paper", "codec.window=32KB", "input.deduplicate=none"]
GAIN = ["select.rule=gain", "codec.window=32KB", "input.deduplicate=none", "select.quotas={}"]


def reporter() -> Reporter:
    return Reporter(Console(quiet=True))


def select(path: object, output: object, *overrides: str, budget: int = 20) -> dict[str, Any]:
    keys = [f"input.path={path}", f"output.path={output}", f"select.budget={budget}", *K, *overrides]
    return job.run(load(None, keys, SelectConfig), reporter())


def run(path: object, output: object, *overrides: str, budget: int = 20) -> dict[str, Any]:
    return select(path, output, *PAPER, *overrides, budget=budget)


def rows(output: Path, table: str = "selection") -> list[dict[str, Any]]:
    found = pq.read_table(output / table).to_pylist()
    return sorted(found, key=lambda row: row.get("zip_rank", 0))


def scores(output: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows(output, "scores")}


def ids(output: Path) -> list[Any]:
    return [row["id"] for row in rows(output)]


def write_jsonl(path: Path, records: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path
