"""The job `loglikelihood` on Spark with the byte model: to `law rank`, killed and resumed, what it cannot score."""

import json
import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from zip_pipeline import cli
from zip_pipeline.jobs.loglikelihood import job
from zip_pipeline.tasks.likelihood.byte_model import ByteModel
from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.windows import windows

TEXTS = ["the cat sat on the mat", "zwölf Katzen", "a document that is longer than the window " * 20, "x"]
ROWS = [
    *({"id": f"d{number}", "text": f"{TEXTS[number % 4]}{number}", "source": "ab"[number % 2]} for number in range(24)),
    {"id": "empty", "text": "", "source": "a"},
]
KEYS = ["loglikelihood.engine=bytes", "loglikelihood.window=100", "loglikelihood.stride=40", "loglikelihood.part=1KB"]
MODELS = ("good.txt", "poor.txt")


@pytest.fixture
def place(spark: SparkSession, tmp_path: Path) -> Path:
    _ = spark
    (tmp_path / "pool.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    (tmp_path / "good.txt").write_text("the cat sat on the mat. a document is longer than the window. " * 9)
    (tmp_path / "poor.txt").write_text("0123456789")
    return tmp_path


def run(place: Path, *keys: str, models: tuple[str, ...] = MODELS, flags: tuple[str, ...] = ()) -> int:
    arguments = ["loglikelihood", "--input", str(place / "pool.jsonl"), "--output", str(place / "out")]
    arguments += ["--model", *(str(place / model) for model in models)]
    return cli.run([*arguments, *flags, *(part for key in [*KEYS, *keys] for part in ("--set", key))])


def table(place: Path) -> list[dict[str, Any]]:
    rows = pq.read_table(place / "out/log_probabilities").to_pylist()
    return sorted(rows, key=lambda row: (row["model"], row["document"]))


def test_a_dry_run_times_each_model(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(place, flags=("--dry-run", "--json")) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [(model["name"], model["seconds"] >= 0) for model in plan["models"]] == [(name, True) for name in MODELS]
    assert {step["step"]: step["records"] for step in plan["funnel"]} == {"read": 25, "rejected": 1, "used": 24}
    assert not (place / "out").exists()


def test_the_table_is_a_plain_loop_and_law_rank_reads_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(place) == 0
    rows = table(place)
    assert [(row["model"], row["document"]) for row in rows] == [
        (model, row["id"]) for model in MODELS for row in sorted(ROWS[:-1], key=lambda row: row["id"])
    ]
    texts = {row["id"]: row["text"] for row in ROWS}
    engines = {name: ByteModel(ModelSettings(name, str(place / name), "bytes", "", "", 1)) for name in MODELS}
    for row in rows:
        engine = engines[row["model"]]
        (tokens,) = engine.encode([texts[row["document"]]])
        found = [engine.score([window])[0] for window in windows(0, tokens, engine.prefix, 100, 40)]
        assert row["log_probability"] == math.fsum(nats for of_window in found for nats in of_window)
        assert (row["windows"], row["tokens"]) == (len(found), len(tokens))
    assert max(row["windows"] for row in rows) > 10
    manifest = json.loads((place / "out/manifest.json").read_text())
    assert (manifest["input"]["read"], manifest["input"]["rejected"]) == (25, 1)
    assert [row["id"] for row in pq.read_table(place / "out/rejected").to_pylist()] == ["empty"]
    assert [model["documents"] for model in manifest["models"]] == [24, 24]
    good = [row for row in rows if row["model"] == "good.txt"]
    bits = -sum(row["log_probability"] for row in good) / math.log(2) / sum(row["bytes"] for row in good)
    assert manifest["models"][0]["bits_per_byte"] == pytest.approx(bits)
    assert "poor.txt: " in capsys.readouterr().err
    ranked = ["law", "rank", "--input", str(place / "out/log_probabilities"), "--by", "source"]
    assert cli.run([*ranked, "--output", str(place / "ranked")]) == 0
    ranking = json.loads((place / "ranked/manifest.json").read_text())["ranking"]
    assert [row["model"] for row in ranking] == ["good.txt", "poor.txt"]
    assert ranking[0]["bits_per_byte"] == pytest.approx(bits, abs=1e-4)


def test_a_run_that_died_goes_on(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = (f"run.checkpoint={place / 'checkpoint'}", "output.mode=overwrite")
    assert run(place, *keys) == 0
    whole, stage_table = table(place), job.stage_table
    found: list[tuple[str, bool]] = []

    def watched(spark: SparkSession, target: Any, make: Any, **counts: Any) -> Any:
        found.append((target.path, target.sibling(f"{target.name}.done").exists()))
        if len(found) == 4:
            raise KeyboardInterrupt
        return stage_table(spark, target, make, **counts)

    monkeypatch.setattr(job, "stage_table", watched)
    assert run(place, *keys) == 1
    assert "interrupted" in capsys.readouterr().err
    assert run(place, *keys, "loglikelihood.stride=50") == 2
    assert "loglikelihood.stride was 40, is 50" in capsys.readouterr().err
    assert run(place, *keys) == 0
    first, again = found[:4], found[4:]
    assert [done for _, done in first] == [False] * 4
    assert [done for _, done in again] == [path in dict(first[:3]) for path, _ in again], "three are not scored again"
    assert table(place) == whole
    assert not (place / "checkpoint").exists()


@pytest.mark.parametrize(
    ("models", "keys", "message"),
    [
        (("nowhere",), (), "nowhere: no such file or folder here; expected a path that every executor has"),
        (("good.txt",), ("loglikelihood.stride=200",), "expected a stride of at most the window, 100, found 200"),
        (("good.txt", "good.txt"), (), "two models are called good.txt; give them names"),
        (("good.txt",), ("loglikelihood.part=0",), "expected part above 0"),
    ],
)
def test_mistakes(
    place: Path, models: tuple[str, ...], keys: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(place, *keys, models=models) == 2
    assert message in capsys.readouterr().err
    assert not (place / "out").exists()
