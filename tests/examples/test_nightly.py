"""Nights on a lake that grows: only new rows are scored and compared, and what claims to equal one run does."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nightly
import own_data
from zip_pipeline import cli
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.records.dialects import registry
from zip_pipeline.records.render import FRAMINGS, content

pytestmark = pytest.mark.usefixtures("spark")

BUDGET = 12


def night(lake: Path, name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run a night; return what it chose, in order."""
    folder = lake / "pool" / name
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet")
    assert nightly.main([str(lake), name, "--budget", str(BUDGET)]) == 0
    chosen: list[dict[str, Any]] = pq.read_table(lake / f"selected/{name}/selection").sort_by("zip_rank").to_pylist()
    return chosen


def near(row: dict[str, Any]) -> dict[str, Any]:
    """A copy with one more word and another id."""
    question, answer = row["messages"]
    longer = answer | {"content": f"{answer['content']} indeed"}
    return row | {"id": f"copy of {row['id']}", "messages": [question, longer]}


def table(output: Path, name: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in pq.read_table(output / name).to_pylist()}


def test_two_nights(tmp_path: Path) -> None:
    rows = own_data.my_rows(96)
    first = night(tmp_path, "2026-01-01", rows[:48])
    by_id = {row["id"]: row for row in rows}
    copies = [near(by_id[row["id"]]) for row in first[:4]]
    second = night(tmp_path, "2026-01-02", [*rows[48:], *copies])
    outputs = [tmp_path / f"selected/2026-01-0{day}" for day in (1, 2)]

    # Only what is new is scored, and each score is that of one run over everything.
    new = {row["id"] for row in [*rows[48:], *copies]}
    scores = [table(output, "scores") for output in outputs]
    assert scores[1].keys() == new
    everything = ["score", "--input", str(tmp_path / "pool"), "--output", str(tmp_path / "all")]
    assert cli.run(everything) == 0
    assert scores[0] | scores[1] == table(tmp_path / "all", "scores")

    # What is near a chosen record leaves, by its index; what is near another new one as in any run.
    excluded = table(outputs[1], "excluded")
    assert {one: row["kept"] for one, row in excluded.items()} == {row["id"]: row["id"][8:] for row in copies}
    assert not {row["id"] for row in second} & excluded.keys()

    # The second night goes on where the first ended, and R is that of both.
    assert [row["zip_rank"] for row in [*first, *second]] == list(range(2 * BUDGET))
    manifest = json.loads((outputs[1] / "manifest.json").read_text())
    history = pq.read_table(tmp_path / "history").sort_by("created_at").to_pylist()
    assert [row["ratio"] for row in history] == [first[-1]["zip_set_ratio"], second[-1]["zip_set_ratio"]]
    assert manifest["selection"]["set_ratio"] == second[-1]["zip_set_ratio"]
    whole = FRAMINGS["content"].join(content(registry()["messages"].turns(row)) for row in [*first, *second])
    codec = load(None, [f"input.path={tmp_path}", "output.path=x", "select.budget=1"], SelectConfig).codec.to_codec()
    assert second[-1]["zip_set_ratio"] == len(whole) / codec.compressed_size(whole)

    # It is published in the order of picking.
    files = [tmp_path / f"published/2026-01-0{day}.jsonl" for day in (1, 2)]
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert [line["id"] for line in lines] == [row["id"] for row in [*first, *second]]
    assert all("zip_rank" not in line for line in lines)
