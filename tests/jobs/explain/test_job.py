"""The job explain: every record of a run has one fate, and it is the one that the tables say."""

import doctest
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from support.near_copies import words
from zip_pipeline import schema
from zip_pipeline.config import ExplainConfig, SelectConfig, load
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.explain import job as explain
from zip_pipeline.jobs.select import job as select
from zip_pipeline.report.console import Reporter

quiet = Reporter(Console(quiet=True))


def test_documentation_examples() -> None:
    assert doctest.testmod(explain).failed == 0


def test_nothing_to_explain_is_said() -> None:
    with pytest.raises(ConfigError, match="name some with --id, or ask for --sample 10"):
        load(None, ["output.path=out"], ExplainConfig)


@pytest.fixture(scope="module")
def chosen(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert spark.version  # the jobs take over the session
    folder = tmp_path_factory.mktemp("explained")
    lone = [b" ".join(words(60, seed)).decode() for seed in range(12)]
    rows: list[dict[str, Any]] = [{"id": f"r{n:02}", "text": text, "rated": 0.5} for n, text in enumerate(lone)]
    rows += [
        {"id": "z copy", "text": f"{lone[3]} and two more", "rated": 0.5},
        {"id": "null", "text": None},
        {"id": "short", "text": "x"},
        {"id": "bad", "text": b" ".join(words(60, 99)).decode(), "rated": 0.1},
    ]
    rows.append({"id": "r05", "text": None})  # a second row of an id, which cannot be used
    (folder / "pool.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"id": "cut')
    keys = [f"input.path={folder / 'pool.jsonl'}", f"output.path={folder / 'out'}", "select.budget=4"]
    bounds = "select.bounds={min_bytes: 5, columns: {rated: {min: 0.2}}}"
    select.run(load(None, [*keys, bounds], SelectConfig), quiet)
    return folder


def explained(chosen: Path, *overrides: str) -> list[dict[str, Any]]:
    config = load(None, [f"output.path={chosen / 'out'}", *overrides], ExplainConfig)
    records: list[dict[str, Any]] = explain.run(config, quiet)["records"]
    return records


def test_each_record_has_the_fate_that_the_tables_say(chosen: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [f"r{number:02}" for number in range(12)]
    records = explained(chosen, f"explain.ids={[*ids, 'z copy', 'null', 'short', 'bad', 'nobody']}", "explain.sample=2")
    by_id = {record["id"]: record for record in records}
    picked = pq.read_table(chosen / "out" / "selection").to_pylist()
    assert {record["id"]: record["rank"] for record in records if record["fate"] == "selected"} == {
        row["id"]: row["zip_rank"] for row in picked
    }
    first = next(row for row in picked if row["zip_rank"] == 0)
    assert by_id[first["id"]]["story"][-1].startswith(f"selected: pick 1 of {len(picked)} (zip_rank 0), in round 1")
    passed_over = {id_ for id_ in ids if by_id[id_]["fate"] == "passed over"}
    assert passed_over == {*ids} - {row["id"] for row in picked}
    assert by_id["z copy"]["fate"] == "duplicates"
    assert by_id["z copy"]["kept"] == "r03"
    pool = chosen / "pool.jsonl"
    assert by_id["null"]["story"][:2] == ["rejected: text: null", f"read from {pool}, line 14"]
    assert by_id["r05"]["story"][0] == f"read from {pool}, line 6", "of its two rows the one that was used"
    assert by_id["bad"]["story"][-1] == "left out: its rated is 0.1, and the bounds ask for at least 0.2"
    assert by_id["bad"]["fate"] == "outside bounds"
    assert by_id["short"]["story"][-1] == "left out: its bytes, 1, below the bound 5"
    assert by_id["nobody"]["fate"] == "unknown"
    assert by_id["r05"]["text"] == by_id["r05"]["text"].strip() != ""

    explain.show(Console(width=120), {"records": records})
    printed = capsys.readouterr().out
    assert "a duplicate of r03, which stays; Jaccard 0.9" in printed
    assert "{+ and two more+}" in printed


def test_without_its_pool_a_run_is_explained_without_texts(chosen: Path) -> None:
    hidden = (chosen / "pool.jsonl").rename(chosen / "elsewhere.jsonl")
    try:
        (record,) = explained(chosen, "explain.ids=[z copy]")
    finally:
        hidden.rename(chosen / "pool.jsonl")
    assert (record["fate"], record["text"]) == ("duplicates", None)


@pytest.mark.usefixtures("spark")
def test_an_output_of_another_job_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder; expected the output of `select`"):
        explain.run(load(None, [f"output.path={tmp_path / 'no'}", "explain.ids=[a]"], ExplainConfig), quiet)


@pytest.mark.parametrize(("quotas", "words"), [({}, "'target' took"), ("tempered", "'target' and the quotas took")])
def test_quotas_are_named_only_where_there_are_some(quotas: Any, words: str) -> None:
    found = {name: {} for name in (*explain.LEFT, schema.SELECTION_TABLE)} | {schema.SCORES_TABLE: {"a": {}}}
    made = {"input": {}, "config": {"select": {"rule": "target", "quotas": quotas}}}
    assert explain._fate("a", found, made)[1] == [f"could be selected, but the rule {words} others"]
