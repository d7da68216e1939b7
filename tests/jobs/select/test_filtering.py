"""What `select` leaves out before the rule sees it, and what the budget and quotas come to."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow.parquet as pq
import pytest

from support.pools import sharegpt
from support.selecting import run, write_jsonl
from zip_pipeline.config import Select, validate
from zip_pipeline.errors import ConfigError, InputError, StageError
from zip_pipeline.jobs.select import job
from zip_pipeline.jobs.select.budget import large_sources, quotas_of, tempered
from zip_pipeline.selection.quotas import Tally
from zip_pipeline.spark import scored_pool as pool_module
from zip_pipeline.spark.candidates import Eligible
from zip_pipeline.spark.scored_pool import SourceSummary, Summary

pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("pool") / "pool.jsonl", sharegpt(120))


def table(output: Path, name: str = "selection") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(output / name).to_pylist()
    return found


def scores(output: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in table(output, "scores")}


def test_bounds(pool: Path, tmp_path: Path) -> None:
    limits = ["select.bounds.min_bytes=60", "select.bounds.max_bytes=300", "select.bounds.max_ratio=1.6"]
    manifest = run(pool, tmp_path / "out", *limits, budget=500)
    of_all = scores(tmp_path / "out")
    assert len(of_all) == 120, "scores/ has the whole pool"
    inside = {i for i, row in of_all.items() if 60 <= row["raw_bytes"] <= 300 and row["ratio"] <= 1.6}
    assert 0 < len(inside) < 120
    assert {row["id"] for row in table(tmp_path / "out")} == inside
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
    assert {row["id"] for row in table(tmp_path / "out")} == inside

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
    duplicates = {row["id"]: row["kept"] for row in table(tmp_path / "out", "duplicates")}
    assert {i: kept for i, kept in duplicates.items() if i.startswith("z-")} == {
        f"z-{record['id']}": record["id"] for record in records[:5]
    }, "the lowest id stays"
    assert ("zz" in duplicates) == (how == "near")
    assert manifest["input"]["deduplicated"] == len(duplicates)
    selected = {row["id"] for row in table(tmp_path / "out")}
    assert selected == {*(record["id"] for record in [*copies, *records, nearly])} - duplicates.keys()


def test_the_best_of_a_group_stays(tmp_path: Path) -> None:
    first, other = sharegpt(40)[:2]
    grades = {"a": None, "b": 2, "c": 7, "d": 7, "e": 1}
    pool = write_jsonl(
        tmp_path / "pool.jsonl",
        [*(first | {"id": i, "grade": grade} for i, grade in grades.items()), other | {"id": "x", "grade": None}],
    )
    run(pool, tmp_path / "out", "input.deduplicate=exact", "input.prefer=grade", budget=9)
    kept = {row["id"]: row["kept"] for row in table(tmp_path / "out", "duplicates")}
    assert kept == dict.fromkeys("abde", "c"), "the highest, of equals the lowest id"
    assert {row["id"] for row in table(tmp_path / "out")} == {"c", "x"}
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
        cut.setattr(job.comparison, "compare", lambda *_: 1 / 0)
        with pytest.raises(StageError, match="draw baselines"):
            run_with(1, 2)
    with pytest.raises(InputError, match=r"belongs to another run.*fingerprint was"):
        run_with(2, 1)
    run_with(1, 2)
    assert [row["id"] for row in table(tmp_path / "out")] == ["1"]


@pytest.mark.parametrize("shares", [(0.2, 0.4, 0.3, 0.1), (0.7, 0.2, 0.1), (0.1, 0.2, 0.7)])
def test_shares_that_leave_nothing(shares: tuple[float, ...]) -> None:
    """Summed up, they are a little more or less than 1."""
    asked = {f"s{number}": {"share": share} for number, share in enumerate(shares)}
    amounts = dict.fromkeys([*asked, "rest"], (30, 900))
    eligible = SimpleNamespace(records=150, amounts=lambda: amounts)
    rule = validate(Select, {"budget": 10, "quotas": asked})
    quotas = quotas_of(rule, cast("Eligible", eligible), Summary({}, 0, 0, ""))
    assert sorted(name for group in Tally(quotas).groups() for name in group) == sorted(asked)


def test_a_column_of_sources_with_too_many_values(pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "MOST_SOURCES", 2)
    with pytest.raises(InputError, match=r"more than 2 values.*input\.columns\.source"):
        run(pool, tmp_path / "out")
    part = run(pool, tmp_path / "out", "input.columns.source=null")["pool"]["per_source"]
    assert part == {}, "nobody has one"


@pytest.mark.parametrize(("budget", "records"), [("10%", 12), ("0.1%", 1), ("100%", 120)])
def test_a_share_of_the_pool(pool: Path, tmp_path: Path, budget: str, records: int) -> None:
    assert run(pool, tmp_path / "out", f"select.budget={budget}")["selection"]["records"] == records


def test_a_budget_in_bytes(pool: Path, tmp_path: Path) -> None:
    part = run(pool, tmp_path / "out", "select.budget=4KB")["selection"]
    longest = max(row["raw_bytes"] for row in scores(tmp_path / "out").values())
    payload_bytes = part["raw_bytes"] - (part["records"] - 1)  # but the line breaks between them
    assert 4096 - longest < payload_bytes <= 4096


def test_a_budget_below_any_record(pool: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a budget of 3B is less than the first record"):
        run(pool, tmp_path / "out", "select.budget=3B")
    assert not (tmp_path / "out").exists()


def test_quotas_of_sources(pool: Path, tmp_path: Path) -> None:
    sources = {row["source"] or "(none)" for row in table_of(pool)}
    first = sorted(sources)[0]
    asked = "select.quotas={%s: {share: 0.5}}" % first  # noqa: UP031
    part = run(pool, tmp_path / "out", asked, budget=40)["selection"]["per_source"]
    assert part[first]["records"] == 20
    assert sum(source["records"] for source in part.values()) == 40
    with pytest.raises(ConfigError, match=r"select\.quotas: no record is of nowhere; there are "):
        run(pool, tmp_path / "bad", "select.quotas={nowhere: {cap: 3}}")
    with pytest.raises(ConfigError, match=re.escape(f"select.quotas.{first}: the budget is in records, 3KB is not")):
        run(pool, tmp_path / "bad", "select.quotas={%s: {cap: 3KB}}" % first)  # noqa: UP031


def test_tempered_parts_by_hand() -> None:
    sources = {"a": (50, 8100), "b": (10, 1600), None: (4, 200), "c": (9, 90), "d": (9, 10)}
    pool = Summary({name: SourceSummary(*sizes, 1) for name, sizes in sources.items()}, 0, 0, "")
    assert large_sources(pool) == ["a", "b", "(none)"], "1 % of 10,000 bytes at least"
    assert tempered(pool, "bytes") == pytest.approx({"a": 90, "b": 40, "(none)": 200**0.5, "": 10})
    assert tempered(pool, "records")[""] == pytest.approx(18**0.5)


@pytest.mark.parametrize("budget", ["60", "6KB"])
def test_tempered_quotas(pool: Path, tmp_path: Path, budget: str) -> None:
    manifest = run(pool, tmp_path / "out", "select.quotas=tempered", f"select.budget={budget}")
    unit = "raw_bytes" if budget.endswith("KB") else "records"
    offered, taken = (manifest[part]["per_source"] for part in ("pool", "selection"))
    roots = {name: source[unit] ** 0.5 for name, source in offered.items()}
    amount = sum(source[unit] for source in taken.values())
    longest = max(row["raw_bytes"] for row in scores(tmp_path / "out").values()) if unit == "raw_bytes" else 1
    for name, root in roots.items():
        assert abs(taken[name][unit] - amount * root / sum(roots.values())) <= 2 * longest


def test_proportional_quotas_by_source_and_length(pool: Path, tmp_path: Path) -> None:
    run(pool, tmp_path / "out", "select.quotas=proportional", "select.length_strata=2", "select.budget=50%")
    of_all = scores(tmp_path / "out")
    middle = sorted(row["raw_bytes"] for row in of_all.values())[59:61]

    def cell(record_id: str) -> tuple[str | None, bool]:
        return of_all[record_id]["source"], of_all[record_id]["raw_bytes"] > sum(middle) / 2

    chosen = [cell(row["id"]) for row in table(tmp_path / "out")]
    everybody = [cell(i) for i in of_all]
    assert len(chosen) == 60
    assert all(abs(chosen.count(part) - everybody.count(part) / 2) <= 1 for part in set(everybody))


def table_of(pool: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in pool.read_text().splitlines()]
