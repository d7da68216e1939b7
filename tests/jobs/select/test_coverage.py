"""The rules `target` and `cover` as jobs: the naive rule's picks, whatever the layout, cut off, extended, in partitions."""

import io
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from support.coverage_twin import naive_select
from support.coverages import cover_of, target_of
from support.pools import payload_of, prose, sharegpt
from support.selecting import ids, reporter, rows, select, write_jsonl
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.errors import ConfigError, InputError, StageError
from zip_pipeline.jobs.select import dry_run, job
from zip_pipeline.jobs.select.evidence.sections import covers
from zip_pipeline.jobs.select.report import show
from zip_pipeline.selection.quotas import Budget, Quotas

pytestmark = pytest.mark.usefixtures("spark")

PLAIN = ["codec.window=32KB", "input.deduplicate=none"]
BITS = 20
POOL = sharegpt(120)
TARGET = sharegpt(4, seed=7)


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "pool.jsonl", POOL)


@pytest.fixture
def target(tmp_path: Path) -> str:
    return f"select.target={write_jsonl(tmp_path / 'target.jsonl', TARGET)}"


def payloads(records: list[dict[str, Any]]) -> dict[str, bytes]:
    return {record["id"]: payload_of(record) for record in records}


def test_a_target_selects_what_the_naive_rule_does(pool: Path, target: str, tmp_path: Path) -> None:
    manifest = select(pool, tmp_path / "out", *PLAIN, target)
    everything = payloads(POOL)
    coverage = target_of(everything, payloads(TARGET).values(), bits=BITS)
    expected, total = naive_select(everything, coverage, Quotas(Budget(20)))
    assert ids(tmp_path / "out") == expected

    part = manifest["coverage"]
    assert (part["buckets"], part["wanted"], part["prior"]) == (1 << BITS, len(coverage.buckets), 20_000)
    assert part["coverage"] == total / coverage.scale
    assert (part["bounded"], part["read"], part["adding_nothing"]) == (120, 120, 0)
    assert 20 <= part["drawn"] <= part["read"]
    assert part["scorings"] >= 20
    assert 0 < part["covered"]["random"] < part["covered"]["selection"] <= 1 - part["lacking"]
    shown, lines = Console(file=io.StringIO(), record=True, width=400), [*covers(manifest)]
    show(shown, manifest)
    said = " ".join(shown.export_text().split())
    assert all(line in said for line in lines)
    assert (
        f"words, each counted as often as it is wanted; random records of the same size have {part['covered']['random']:.1%}"
        in lines[0]
    )
    assert f"next: zip-pipeline evaluate --selection {tmp_path / 'out'} --held-out" in said
    (described,) = part["targets"]
    size = sum(map(len, payloads(TARGET).values()))
    assert {key: described[key] for key in ("weight", "records", "rejected", "raw_bytes")} == {
        "weight": 1.0,
        "records": 4,
        "rejected": 0,
        "raw_bytes": size,
    }
    assert manifest["config"]["select"]["rule"] == "target"

    shuffled = random.Random(1).sample(POOL, len(POOL))
    pq.write_table(pa.Table.from_pylist(shuffled), tmp_path / "again.parquet", row_group_size=17)
    again = select(tmp_path / "again.parquet", tmp_path / "again", *PLAIN, target, "select.k1=200", "run.workers=1")
    assert ids(tmp_path / "again") == expected
    assert again["coverage"]["coverage"] == part["coverage"]


def test_cover_selects_what_the_naive_rule_does(pool: Path, tmp_path: Path) -> None:
    manifest = select(pool, tmp_path / "out", *PLAIN, "select.rule=cover", "input.columns.source=null", budget=15)
    everything = payloads(POOL)
    coverage = cover_of(everything, bits=BITS)
    assert ids(tmp_path / "out") == naive_select(everything, coverage, Quotas(Budget(15)))[0]
    assert manifest["coverage"]["prior"] == 5000

    by_source = select(pool, tmp_path / "by-source", *PLAIN, "select.rule=cover", budget=15)
    factors = by_source["coverage"]["factors"]
    sizes = {name: part["raw_bytes"] for name, part in by_source["pool"]["per_source"].items()}
    assert factors.keys() == sizes.keys()
    ratio = factors["web"] / factors["books"]
    assert ratio == pytest.approx((sizes["books"] / sizes["web"]) ** 0.5, rel=1e-4)


def test_extending_is_selecting_once(pool: Path, target: str, tmp_path: Path) -> None:
    whole = select(pool, tmp_path / "whole", *PLAIN, target, budget=20)
    select(pool, tmp_path / "first", *PLAIN, target, budget=9)
    extend = f"select.extend={{path: {tmp_path / 'first'}}}"
    rest = select(pool, tmp_path / "second", *PLAIN, target, extend, budget=11)
    assert ids(tmp_path / "first") + ids(tmp_path / "second") == ids(tmp_path / "whole")
    assert rest["coverage"]["coverage"] == whole["coverage"]["coverage"]
    assert rest["selection"]["set_ratio"] == whole["selection"]["set_ratio"]


def test_a_run_that_died_goes_on(pool: Path, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [*PLAIN, target, f"run.checkpoint={tmp_path / 'checkpoint'}", "select.budget=20"]
    whole = select(pool, tmp_path / "whole", *PLAIN, target)
    with monkeypatch.context() as patched:
        patched.setattr(job.baselines, "compare", _die)
        with pytest.raises(StageError):
            select(pool, tmp_path / "out", *keys)
    rounds = sorted((tmp_path / "checkpoint/rounds").iterdir())
    assert len(rounds) == 5
    for file in rounds[2:]:
        file.unlink()
    manifest = select(pool, tmp_path / "out", *keys)
    assert rows(tmp_path / "out") == rows(tmp_path / "whole")
    assert manifest["coverage"]["coverage"] == whole["coverage"]["coverage"]

    with monkeypatch.context() as patched:
        patched.setattr(job.baselines, "compare", _die)
        with pytest.raises(StageError):
            select(pool, tmp_path / "other", *keys)
    write_jsonl(tmp_path / "target.jsonl", TARGET[:2])
    with pytest.raises(InputError, match=r"input files: 1 changed, .*target\.jsonl"):
        select(pool, tmp_path / "other", *keys)


def _die(*_: object) -> None:
    raise ZeroDivisionError


def test_partitions_choose_nearly_as_well(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(300)]
    records = [{"id": f"r{n:04}", "text": prose(10 + n % 50, n, words[n % 100 :]).decode()} for n in range(600)]
    wanted = [{"id": f"t{n}", "text": prose(60, 9000 + n, words[:80]).decode()} for n in range(20)]
    pool, target = write_jsonl(tmp_path / "p.jsonl", records), write_jsonl(tmp_path / "t.jsonl", wanted)
    exact = select(pool, tmp_path / "exact", *PLAIN, f"select.target={target}", budget=60)
    keys = [*PLAIN, f"select.target={target}", "run.pools=8"]
    apart = select(pool, tmp_path / "apart", *keys, budget=60)
    again = select(pool, tmp_path / "again", *keys, "run.workers=1", budget=60)
    assert ids(tmp_path / "apart") == ids(tmp_path / "again")
    assert len(ids(tmp_path / "apart")) == 60
    assert exact["coverage"]["coverage"] * 0.995 < apart["coverage"]["coverage"] == again["coverage"]["coverage"]
    assert apart["selection"]["factor"] == 4.0
    assert sum(part["offered"] for part in apart["selection"]["of_pools"]) >= 240


def test_several_targets_and_what_of_them_is_read(pool: Path, tmp_path: Path) -> None:
    chats = write_jsonl(tmp_path / "chats.jsonl", [*TARGET, {"id": "bad", "conversations": None}])
    texts = write_jsonl(tmp_path / "texts.jsonl", [{"body": "the law of entropy", "n": n} for n in range(3)])
    asked = f"[{{path: {chats}, weight: 2.0}}, {{path: {texts}, dialect: text, columns: {{text: body}}, where: n > 0}}]"
    manifest = select(pool, tmp_path / "out", *PLAIN, f"select.target={asked}", "input.dialect=sharegpt")
    described = [(part["weight"], part["records"], part["rejected"]) for part in manifest["coverage"]["targets"]]
    assert described == [(2.0, 4, 1), (1.0, 2, 0)]


def test_mistakes(pool: Path, tmp_path: Path) -> None:
    bad = write_jsonl(tmp_path / "bad.jsonl", [{"id": "a", "conversations": None, "more": 1}])
    none = write_jsonl(tmp_path / "none.jsonl", [{"number": 1}])
    few = write_jsonl(tmp_path / "few.jsonl", [*TARGET, {"id": "bad", "conversations": None}])
    for value, said in [
        (tmp_path / "nowhere.jsonl", "nowhere.jsonl: no such file"),
        (none, r"select\.target .*none\.jsonl: no column with the text"),
        (f"{{path: {bad}, dialect: sharegpt}}", r"select\.target .*bad\.jsonl: none of its records can be used"),
        (f"{{path: {few}, on_bad_record: fail}}", r"select\.target .*few\.jsonl: 1 of its records cannot be used"),
    ]:
        with pytest.raises(InputError, match=said):
            select(pool, tmp_path / "out", *PLAIN, f"select.target={value}")
    lonely = write_jsonl(tmp_path / "lonely.jsonl", [{"text": f"word{number}"} for number in range(9)])
    with pytest.raises(InputError, match=r"no word stands in 4 records of the pool; set select\.rule=gain"):
        select(lonely, tmp_path / "out", *PLAIN, "select.rule=cover", budget=2)
    assert not (tmp_path / "out").exists()


def test_a_dry_run_names_targets_and_the_memory(pool: Path, target: str, tmp_path: Path) -> None:
    keys = [f"input.path={pool}", f"output.path={tmp_path / 'never'}", "select.budget=30", *PLAIN, target]
    plan = dry_run.run(load(None, keys, SelectConfig), reporter())
    assert list(plan["targets"].values()) == [4]
    assert plan["work"]["evaluations"] == 6 * 120
    assert "for the counts of features" in plan["work"]["memory"]
    assert json.dumps(plan)
    with pytest.raises(ConfigError, match=r"run\.driver_memory_budget is 10 MB, the run needs about \d+"):
        select(pool, tmp_path / "never", *PLAIN, target, "run.driver_memory_budget=10MB")
