"""What `select` leaves out before the rule sees it."""

import json
from pathlib import Path

import pytest

from support.pools import sharegpt
from support.selecting import rows, run, scores, write_jsonl
from zip_pipeline.errors import InputError, StageError
from zip_pipeline.jobs.select import job
from zip_pipeline.spark import scored_pool as pool_module

pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("pool") / "pool.jsonl", sharegpt(120))


def test_bounds(pool: Path, tmp_path: Path) -> None:
    limits = ["select.bounds.min_bytes=60", "select.bounds.max_bytes=300", "select.bounds.max_ratio=1.6"]
    manifest = run(pool, tmp_path / "out", *limits, budget=500)
    of_all = scores(tmp_path / "out")
    assert len(of_all) == 120, "scores/ has the whole pool"
    inside = {i for i, row in of_all.items() if 60 <= row["raw_bytes"] <= 300 and row["ratio"] <= 1.6}
    assert 0 < len(inside) < 120
    assert {row["id"] for row in rows(tmp_path / "out")} == inside
    part = manifest["input"]
    assert (part["outside_bounds"], part["candidates"]) == (120 - len(inside), len(inside))
    assert part["bounds"] == {"min_bytes": 60, "max_bytes": 300, "max_ratio": 1.6}
    with pytest.raises(InputError, match=r"no record is within the bounds \{'min_ratio': 90"):
        run(pool, tmp_path / "none", "select.bounds.min_ratio=90")


def test_bounds_from_a_reference_set(pool: Path, tmp_path: Path) -> None:
    usual = write_jsonl(tmp_path / "usual.jsonl", sharegpt(50, seed=8))
    run(usual, tmp_path / "usual", budget=1)
    ratios = sorted(row["ratio"] for row in scores(tmp_path / "usual").values())
    known = "select.bounds={from: {path: %s, lower: 0.2, upper: 0.8}, max_ratio: 99}" % usual  # noqa: UP031
    part = run(pool, tmp_path / "out", known, budget=500)["input"]
    lower, upper = part["bounds"]["min_ratio"], part["bounds"]["max_ratio"]
    assert ratios[9] <= lower <= ratios[10] < ratios[39] <= upper <= ratios[40]
    inside = {i for i, row in scores(tmp_path / "out").items() if lower <= row["ratio"] <= upper}
    assert {row["id"] for row in rows(tmp_path / "out")} == inside

    bodies = [{"id": f"{n}", "body": f"{n} " * (n + 1), "text": "x" * n} for n in range(40)]
    files = [write_jsonl(tmp_path / name, bodies) for name in ("bodies.jsonl", "usual-bodies.jsonl")]
    known = "select.bounds.from={path: %s, lower: 0, upper: 1}" % files[1]  # noqa: UP031
    keys = ["input.columns.text=body", "input.columns.source=null", known]
    assert run(files[0], tmp_path / "bodies", *keys)["input"]["candidates"] == 40, "read as the pool is"


@pytest.mark.parametrize("how", ["exact", "near"])
def test_duplicates(tmp_path: Path, how: str) -> None:
    records = sharegpt(30)
    copies = [record | {"id": f"z-{record['id']}"} for record in records[:5]]
    nearly = json.loads(json.dumps(records[7]))
    nearly["id"] = "zz"
    nearly["conversations"][0]["value"] += " indeed"
    pool = write_jsonl(tmp_path / "pool.jsonl", [*copies, *records, nearly])
    manifest = run(pool, tmp_path / "out", f"input.deduplicate={how}", budget=500)
    duplicates = {row["id"]: row["kept"] for row in rows(tmp_path / "out", "duplicates")}
    assert {i: kept for i, kept in duplicates.items() if i.startswith("z-")} == {
        f"z-{record['id']}": record["id"] for record in records[:5]
    }, "the lowest id stays"
    assert ("zz" in duplicates) == (how == "near")
    if how == "exact":
        evidence = {(row["jaccard"], row["containment"]) for row in rows(tmp_path / "out", "duplicates")}
        assert evidence == {(1.0, 1.0)}
    assert manifest["config"]["input"]["deduplicate"]["kind"] == how
    assert manifest["input"]["deduplicated"] == len(duplicates)
    selected = {row["id"] for row in rows(tmp_path / "out")}
    assert selected == {*(record["id"] for record in [*copies, *records, nearly])} - duplicates.keys()


def test_the_best_of_a_group_stays(tmp_path: Path) -> None:
    first, other = sharegpt(40)[:2]
    grades = {"a": None, "b": 2, "c": 7, "d": 7, "e": 1}
    pool = write_jsonl(
        tmp_path / "pool.jsonl",
        [*(first | {"id": i, "grade": grade} for i, grade in grades.items()), other | {"id": "x", "grade": None}],
    )
    run(pool, tmp_path / "out", "input.deduplicate=exact", "input.prefer=grade", budget=9)
    kept = {row["id"]: row["kept"] for row in rows(tmp_path / "out", "duplicates")}
    assert kept == dict.fromkeys("abde", "c"), "the highest, of equals the lowest id"
    assert {row["id"] for row in rows(tmp_path / "out")} == {"c", "x"}
    with pytest.raises(InputError, match=r"expected a column of numbers, found source; there are grade, quality$"):
        run(pool, tmp_path / "bad", "input.deduplicate=near", "input.prefer=source")
    assert not (tmp_path / "bad").exists()


def test_a_checkpoint_knows_what_was_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an input that is no files, ids and payloads may be as they were while another one of a group stays."""
    monkeypatch.setattr(job, "inputs_of", lambda *_: [None])
    record = sharegpt(1)[0]

    def run_with(*grades: int) -> None:
        rows = [record | {"id": f"{number}", "grade": grade} for number, grade in enumerate(grades)]
        pool = write_jsonl(tmp_path / "pool.jsonl", rows)
        keys = ["input.deduplicate=exact", "input.prefer=grade", f"run.checkpoint={tmp_path / 'c'}"]
        run(pool, tmp_path / "out", *keys, budget=1)

    with monkeypatch.context() as cut:
        cut.setattr(job.baselines, "compare", lambda *_: 1 / 0)
        with pytest.raises(StageError, match="draw baselines"):
            run_with(1, 2)
    with pytest.raises(InputError, match=r"belongs to another run.*fingerprint was"):
        run_with(2, 1)
    run_with(1, 2)
    assert [row["id"] for row in rows(tmp_path / "out")] == ["1"]


def test_a_column_of_sources_with_too_many_values(pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "MOST_SOURCES", 2)
    with pytest.raises(InputError, match=r"more than 2 values.*input\.columns\.source"):
        run(pool, tmp_path / "out")
    part = run(pool, tmp_path / "out", "input.columns.source=null")["pool"]["per_source"]
    assert part == {}, "nobody has one"
