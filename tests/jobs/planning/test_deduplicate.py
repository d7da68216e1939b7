"""The plan of a pool that the sample holds whole: its counts are those of the run, and nothing is left behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.pools import sharegpt
from support.selecting import reporter, select, write_jsonl
from zip_pipeline.config import DeduplicateConfig, ScoreConfig, SelectConfig, SplitConfig, load
from zip_pipeline.jobs import deduplicate, split
from zip_pipeline.jobs.planning import deduplicate as plan_of_deduplicate
from zip_pipeline.jobs.planning import sample
from zip_pipeline.jobs.planning import split as plan_of_split
from zip_pipeline.jobs.select import dry_run

pytestmark = pytest.mark.usefixtures("spark")

RECORDS = sharegpt(60)
COPIES = [record | {"id": f"z-{record['id']}"} for record in RECORDS[:12]]
BAD = [{"id": f"bad-{number}", "conversations": []} for number in range(3)]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("planned") / "pool.jsonl", [*BAD, *RECORDS, *COPIES])


def keys(pool: Path, output: Path) -> list[str]:
    return [f"input.path={pool}", f"output.path={output}"]


def counts(steps: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(step["step"], step["records"]) for step in steps]


def test_deduplicate(pool: Path, tmp_path: Path) -> None:
    config = load(None, keys(pool, tmp_path / "out"), DeduplicateConfig)
    plan = plan_of_deduplicate.run(config, reporter())
    assert list(tmp_path.iterdir()) == [], "nothing is written"
    assert plan["funnel"] == deduplicate.run(config, reporter())["funnel"]
    assert counts(plan["funnel"]) == [("read", 75), ("rejected", 3), ("used", 72), ("deduplicated", 12), ("kept", 60)]
    assert plan["sample"] == {"rows": 75, "is_whole": True}
    assert [*plan["time"]["stages"]] == ["start Spark", "read", "find the duplicates", "write what stays"]
    assert plan["memory_bytes"] > 0
    assert json.dumps(plan)


def test_split(pool: Path, tmp_path: Path) -> None:
    config = load(None, [*keys(pool, tmp_path / "out"), "split.share=20%"], SplitConfig)
    plan = plan_of_split.run(config, reporter())
    sides = split.run(config, reporter())["split"]
    assert plan["split"] == {side: sides[side]["records"] for side in split.SIDES}


def test_select(pool: Path, tmp_path: Path) -> None:
    more = ["select.budget=10%", "select.bounds.min_bytes=80", "input.deduplicate=exact"]
    plan = dry_run.run(load(None, [*keys(pool, tmp_path / "never"), *more], SelectConfig), reporter())
    manifest = select(pool, tmp_path / "out", *more)
    assert plan["funnel"][:-1] == [step for step in manifest["funnel"] if step["step"] not in ("looked_at", "selected")]
    assert plan["funnel"][-1]["records"] == manifest["selection"]["records"] == plan["work"]["budget"] == 7
    assert not (tmp_path / "never").exists()


def test_a_part_of_a_pool_is_scaled(pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "MOST", 40)
    plan = dry_run.run(load(None, keys(pool, tmp_path / "never"), ScoreConfig), reporter())
    steps = dict(counts(plan["funnel"]))
    assert plan["sample"]["rows"] <= 40
    assert not plan["sample"]["is_whole"]
    assert steps["read"] == 75
    assert abs(steps["used"] + steps.get("rejected", 0) - 75) <= 1
    assert 60 <= steps["used"] <= 75
