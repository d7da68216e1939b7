"""What `select` leaves out before the rule sees it."""

import json
from pathlib import Path

import pytest

from support.pools import sharegpt
from support.selecting import rows, run, scores, write_jsonl
from zip_pipeline.errors import InputError, StageError
from zip_pipeline.jobs.manifest import left_out
from zip_pipeline.jobs.select import job, report
from zip_pipeline.spark import scored_pool as pool_module
from zip_pipeline.spark.removals import deduplication

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


def test_too_many_duplicates_stop_the_run(tmp_path: Path) -> None:
    records = sharegpt(30)
    pool = write_jsonl(tmp_path / "pool.jsonl", [*records, *(one | {"id": f"z-{one['id']}"} for one in records[:6])])
    keys = ["input.deduplicate=exact", "output.mode=overwrite"]
    manifest = run(pool, tmp_path / "out", *keys, "input.deduplicate.max_removed=17%", budget=5)
    assert (manifest["deduplication"]["records"], manifest["deduplication"]["of"]) == (6, 36)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=r"max_removed is 16%, but 6 of 36 records \(16\.7%\)"):
        run(pool, tmp_path / "out", *keys, "input.deduplicate.max_removed=16%", budget=5)
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_limit_that_is_raised_goes_on_from_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = sharegpt(10)
    pool = write_jsonl(tmp_path / "pool.jsonl", [*records, records[0] | {"id": "z"}])
    keys = ["input.deduplicate=exact", f"run.checkpoint={tmp_path / 'c'}"]
    with pytest.raises(InputError, match="max_removed is 0%, but 1 of 11"):
        run(pool, tmp_path / "out", *keys, "input.deduplicate.max_removed=0")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(deduplication, "duplicates_in", lambda *_: 1 / 0)
    manifest = run(pool, tmp_path / "out", *keys, "input.deduplicate.max_removed=10%")
    assert manifest["deduplication"]["records"] == 1


def test_a_selection_that_is_short_says_where_all_records_are(tmp_path: Path) -> None:
    """Each record of the input is rejected, left out for one cause, or selected."""
    records = sharegpt(60)
    tiny = [{"id": f"t{n}", "conversations": [{"from": "human", "value": f"{n}"}]} for n in range(3)]
    copies = [one | {"id": f"z-{one['id']}"} for one in records[:5]]
    bad = [{"id": f"bad{n}", "conversations": []} for n in range(4)]
    pool = write_jsonl(tmp_path / "pool.jsonl", [*records, *copies, *tiny, *bad])
    base = [records[7], records[8] | {"id": "other"}]
    known = write_jsonl(tmp_path / "base.jsonl", base)
    keys = [
        "input.deduplicate=exact",
        "select.bounds.min_bytes=20",
        f"select.extend={{path: {known}}}",
        "select.rule=reference",  # a record that was shortlisted never returns
    ]
    manifest = run(pool, tmp_path / "out", *keys, budget=500)
    part, selected = manifest["shortfall"], len(rows(tmp_path / "out"))
    causes = {"rejected": 4, "outside_bounds": 3, "deduplicated": 5, "same_id": 1, "same_payload": 1}
    assert {cause: part["causes"].get(cause) for cause in causes} == causes
    assert part["causes"]["passed_over"] == 58 - selected > 0
    assert "kept_out" not in part["causes"], "there are no quotas"
    assert part == {"amount": 500 - selected, "unit": "records", "causes": part["causes"]}
    assert selected + sum(part["causes"].values()) == 60 + 5 + 3 + 4
    assert (manifest["input"]["candidates"], manifest["input"]["read"], manifest["input"]["files"]) == (58, 72, 1)
    assert sum(manifest["input"]["rejected_by_reason"].values()) == len(rows(tmp_path / "out", "rejected")) == 4
    assert sum(left_out(manifest).values()) + 58 == 72
    sizes = {i: row["raw_bytes"] for i, row in scores(tmp_path / "out").items()}
    copied = {row["id"] for row in rows(tmp_path / "out", "duplicates")}
    small = {record["id"] for record in tiny}
    eligible = sizes.keys() - copied - small - {records[7]["id"], records[8]["id"]}
    assert [(step["step"], step["records"], step["raw_bytes"], step["tokens"]) for step in manifest["funnel"]] == [
        ("read", 72, None, None),
        ("rejected", 4, None, None),
        ("used", 68, sum(sizes.values()), None),
        ("outside_bounds", 3, sum(sizes[i] for i in small), None),
        ("same_id", 1, None, None),
        ("same_payload", 1, None, None),
        ("deduplicated", 5, sum(sizes[i] for i in copied), None),
        ("eligible", 58, sum(sizes[i] for i in eligible), None),
        ("looked_at", 58, sum(sizes[i] for i in eligible), None),
        ("selected", selected, sum(sizes[row["id"]] for row in rows(tmp_path / "out")), None),
    ]
    assert "shortfall" not in run(pool, tmp_path / "few", *keys, budget=5)


@pytest.mark.parametrize("rule", ["reference", "cover"])
def test_what_the_quotas_keep_out_is_told_from_what_the_rule_passes_over(pool: Path, tmp_path: Path, rule: str) -> None:
    caps = "select.quotas={web: {cap: 3}, books: {cap: 3}}"
    manifest = run(pool, tmp_path / "out", f"select.rule={rule}", caps, budget=400)
    counts, (part, selected) = manifest["pool"]["per_source"], (manifest["shortfall"], manifest["selection"])
    assert {name: selected["per_source"][name]["records"] for name in ("web", "books")} == {"web": 3, "books": 3}
    passed_over = part["causes"].get("passed_over", 0)
    assert (passed_over > 0) == (rule == "reference"), "what is shortlisted and not picked never returns"
    assert part["causes"]["kept_out"] + passed_over == manifest["input"]["candidates"] - selected["records"]
    if not passed_over:
        assert part["causes"]["kept_out"] == counts["web"]["records"] + counts["books"]["records"] - 6
    (line,) = report._shortfall(manifest)
    assert "kept out by the quotas" in line


@pytest.mark.parametrize(("budget", "missing"), [("2KB", 0), ("1MB", 1 << 20)])
def test_a_budget_in_bytes_is_short_only_for_want_of_records(
    pool: Path, tmp_path: Path, budget: str, missing: int
) -> None:
    manifest = run(pool, tmp_path / "out", f"select.budget={budget}")
    if not missing:
        assert "shortfall" not in manifest
        return
    payloads = manifest["selection"]["raw_bytes"] - (manifest["selection"]["records"] - 1)  # without line breaks
    assert manifest["shortfall"] == {"amount": missing - payloads, "unit": "bytes", "causes": {}}


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


def test_what_benchmarks_hold_leaves_before_duplicates(pool: Path, tmp_path: Path) -> None:
    """A copy of a leaked record leaves as well, and of what is left the lowest id stays."""
    records = sharegpt(120)
    leaked = {record["id"] for record in records[:3]}
    words = {record["id"]: record["conversations"] for record in records}
    items = [{"id": i, "text": " ".join(turn["value"] for turn in words[i])} for i in sorted(leaked)]
    bench = write_jsonl(tmp_path / "bench.jsonl", [*items, {"id": "short", "text": "the law of"}])
    copies = [records[0] | {"id": "a-leaked-copy"}, records[5] | {"id": "z-copy"}]
    both = write_jsonl(tmp_path / "both.jsonl", [*records, *copies])
    out, stages = tmp_path / "out", [f"input.decontaminate={bench}", "input.decontaminate.words=5"]
    manifest = run(both, out, *stages, "input.deduplicate=exact", budget=500)
    left = {row["id"]: row for row in rows(out, "contaminated")}
    assert {*leaked, "a-leaked-copy"} <= left.keys()
    assert left["a-leaked-copy"]["item"] == records[0]["id"]
    assert {row["id"] for row in rows(out, "duplicates")} == {"z-copy"}
    part = manifest["input"]
    assert (part["contaminated"], part["deduplicated"]) == (len(left), 1)
    assert part["records"] == part["contaminated"] + part["deduplicated"] + part["candidates"] == 122
    assert {row["id"] for row in rows(out)} == {*words, "a-leaked-copy", "z-copy"} - left.keys() - {"z-copy"}
    known = manifest["decontamination"]
    assert (known["records"], known["benchmarks"][0]["too_short"]) == (len(left), 1)
    assert "sharing passages with a benchmark (contaminated/)" in (out / "report.html").read_text()
    with pytest.raises(InputError, match=r"every record that could stay shares passages with input\.decontam"):
        run(pool, tmp_path / "none", f"input.decontaminate=[{{path: {pool}}}]", "input.decontaminate.words=5")
