"""Events as OpenLineage's own client writes them to a file, and as a server gets them."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from zip_pipeline import cli
from zip_pipeline.config import MeasureConfig, SelectConfig, load
from zip_pipeline.report.lineage import Lineage, dataset_of, inputs_of

KEYS = ["input.path=s3a://lake/pool", "output.path=s3a://lake/out", "select.budget=3", "run.workers=1"]


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the client appends to, by its own settings."""
    file = tmp_path / "events.jsonl"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "file")
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", str(file))
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__APPEND", "true")
    return file


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def manifest(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "config": config,
        "spark": {"version": "4.2.0"},
        "tables": {"selection": "run-1/selection", "scores": "run-1/scores", "duplicates": "run-1/duplicates"},
        "input": {"read": 10, "records": 9, "rejected": 1, "raw_bytes": 900, "files": 2, "fingerprint": "f00d"},
        "selection": {"records": 3, "raw_bytes": 300, "set_ratio": 2.5},
    }


def test_a_run_with_its_inputs_outputs_counts_ratio_and_fingerprint(events: Path) -> None:
    more = ["input.exclude=[night-1]", "select.target=[want.jsonl]", "history.path=s3a://lake/history"]
    config = load(None, [*KEYS, *more], SelectConfig).resolved()
    lineage = Lineage("prod/nightly", "select", config, print)
    lineage.done(manifest(config))
    start, complete = read(events)
    assert [start["eventType"], complete["eventType"]] == ["START", "COMPLETE"]
    assert start["run"]["runId"] == complete["run"]["runId"] == str(uuid.UUID(start["run"]["runId"]))
    for event in (start, complete):
        assert (event["job"]["namespace"], event["job"]["name"]) == ("prod", "nightly")
        assert [(one["namespace"], one["name"]) for one in event["inputs"]] == [
            ("s3://lake", "pool"),
            ("file", str(events.parent / "night-1")),
            ("file", str(events.parent / "want.jsonl")),
        ]
    assert start["outputs"] == []
    assert [(one["namespace"], one["name"]) for one in complete["outputs"]] == [
        ("s3://lake", "out/run-1/selection"),
        ("s3://lake", "out/run-1/scores"),
        ("s3://lake", "out/run-1/duplicates"),
    ]
    rows = [one["outputFacets"].get("outputStatistics", {}).get("rowCount") for one in complete["outputs"]]
    assert rows == [3, 9, None]
    pool = complete["inputs"][0]
    assert pool["facets"]["version"]["datasetVersion"] == "f00d"
    statistics = pool["inputFacets"]["inputStatistics"]
    assert (statistics["rowCount"], statistics["size"], statistics["fileCount"]) == (10, 900, 2)
    facts = complete["run"]["facets"]["zip_pipeline"]
    assert facts["selection"] == {"records": 3, "raw_bytes": 300, "set_ratio": 2.5}
    assert facts["input"]["fingerprint"] == "f00d"
    assert facts["manifest"] == "s3a://lake/out/manifest.json"
    assert "zip-pipeline" in facts["_producer"]
    assert complete["run"]["facets"]["processing_engine"]["name"] == "Spark"


def test_a_run_that_fails_says_why(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (events.parent / "out").mkdir()
    keys = ["law", "fit", "--input", "x.csv", "--output", "out", "--set", "run.lineage=prod"]
    assert cli.run(keys) == 2
    start, failed = read(events)
    assert [start["eventType"], failed["eventType"]] == ["START", "FAIL"]
    assert start["job"]["name"] == "zip_pipeline.law_fit"
    assert failed["run"]["facets"]["errorMessage"]["message"] in capsys.readouterr().err
    assert failed["outputs"] == []


def test_measures_have_their_ratios(events: Path) -> None:
    config = load(None, ["measure.inputs=[a, b]", "output.path=m"], MeasureConfig).resolved()
    lineage = Lineage("prod", "measure", config, print)
    rows = [{"name": "a", "ratio": 2.0}, {"name": "b", "ratio": 3.0}]
    lineage.done({"config": config, "spark": {"version": "4"}, "tables": {"measures": "measures"}, "sets": rows})
    assert read(events)[1]["run"]["facets"]["zip_pipeline"]["ratios"] == {"a": 2.0, "b": 3.0}
    assert len(read(events)[0]["inputs"]) == 2


def test_the_schedulers_own_run_is_the_parent(events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = str(uuid.uuid4())
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"airflow/dag.task/{parent}")
    Lineage("prod", "select", load(None, KEYS, SelectConfig).resolved(), print)
    facet = read(events)[0]["run"]["facets"]["parent"]
    assert facet["run"]["runId"] == parent
    assert facet["job"]["name"] == "dag.task"
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", "nonsense")
    Lineage("prod", "select", load(None, KEYS, SelectConfig).resolved(), print)
    assert "parent" not in read(events)[1]["run"]["facets"]


def test_what_cannot_be_sent_is_a_warning(events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", str(events.parent / "no/such/folder"))
    said: list[str] = []
    config = load(None, KEYS, SelectConfig).resolved()
    Lineage("prod", "select", config, said.append).done(manifest(config))
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "nonsense")
    Lineage("prod", "select", config, said.append).done(manifest(config))
    assert len(said) == 3, said
    assert all(line.startswith("warning: run.lineage: the event was not sent: ") for line in said)


def test_places_have_the_names_that_openlineage_gives_them() -> None:
    assert dataset_of("gs://b/x/y/") == ("gs://b", "x/y")
    assert dataset_of("abfss://c@a.dfs.core.windows.net/x") == ("abfss://c@a.dfs.core.windows.net", "/x")
    assert dataset_of("hdfs:///x") == ("hdfs://", "/x")
    assert dataset_of("file:///x") == ("file", "/x")
    assert dataset_of("C:x") == ("file", str(Path("C:x").absolute()))
    config = {"input": {"table": "lake.pool"}, "export": {"selection": "s3://b/out"}, "run": {"path": "no"}}
    assert list(inputs_of(config)) == [("spark_catalog", "lake.pool"), ("s3://b", "out")]
