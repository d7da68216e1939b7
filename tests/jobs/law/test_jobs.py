"""The jobs `law fit`, `law check`, `law rank` on Spark: from tables to manifests, exit codes, mistakes."""

import csv
import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from zip_pipeline import cli
from zip_pipeline.jobs.law.rank_report import _documents
from zip_pipeline.stats.regression import Law

MODELS = [("a", 2.1, 2.9, 7.1), ("b", 2.4, 2.8, 7.0), ("c", 2.6, 2.75, 6.8), ("d", 3.0, 2.5, 6.75),
          ("e", 3.3, 2.3, 6.5), ("f", 3.4, 2.2, None)]  # fmt: skip
Row = dict[str, Any]


@pytest.fixture(scope="module")
def law(spark: SparkSession) -> Callable[..., int]:
    """Run a command on the tests' session; return its exit code."""
    _ = spark

    def run(command: str, *arguments: object) -> int:
        return cli.run(["law", command, *map(str, arguments)])

    return run


def write(path: Path, rows: list[Row]) -> Path:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path


def manifest_of(path: Path) -> Row:
    return json.loads((path / "manifest.json").read_text())


@pytest.fixture(scope="module")
def fitted(law: Callable[..., int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit")
    table = write(folder / "m.csv", [dict(zip(("set", "R", "loss", "score"), row, strict=True)) for row in MODELS])
    columns = ["--set", "fit.columns={name: set, ratio: R}"]
    assert law("fit", "--input", table, "--output", folder / "out", *columns) == 0
    return folder / "out"


def test_fit(fitted: Path) -> None:
    manifest = manifest_of(fitted)
    assert manifest["input"] == {"rows": 6, "without_score": 1}
    found = {(one["response"], *one["predictors"]): one for one in manifest["law"]["laws"]}
    assert found.keys() == {("score", "ratio"), ("loss", "ratio"), ("score", "ratio", "loss")}
    line = found["score", "ratio"]
    assert line["points"] == 5
    by_hand = Law("score", [row[3] for row in MODELS[:5]], {"ratio": [row[1] for row in MODELS[:5]]})
    assert line["coefficients"]["ratio"]["value"] == by_hand.coefficients["ratio"].value
    assert (line["left_out_error"], line["curve"][0]["at"]) == (by_hand.error, 2.1)
    assert line["cautions"][0].startswith("5 points leave 3 degrees of freedom")
    assert [row["name"] for row in pq.read_table(fitted / "models").to_pylist()] == list("abcdef")
    assert "degrees of freedom" in (fitted / "report.html").read_text()


HISTORY = [
    {"name": "chat", "version": f"x{n}", "ratio": ratio, "exact_duplicates": 0.01, "created_at": f"2026-01-{n:02}",
     "place": 0, "codec": "zlib"}
    for n, ratio in ((2, 2.47), (1, 2.53), (10, 2.5), (9, 2.49), (8, 2.51))
]  # fmt: skip


def test_a_dry_run_counts_the_tables(
    law: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write(
        tmp_path / "m.csv", [dict(zip(("name", "ratio", "loss", "score"), row, strict=True)) for row in MODELS]
    )
    for command in ("fit", "check"):
        assert law(command, "--input", table, "--output", tmp_path / "out", "--dry-run") == 0
        said = " ".join(capsys.readouterr().err.split())
        assert "m.csv: 6 rows, columns name, ratio, loss, score" in said
        assert "time: about" in said
    assert [path.name for path in tmp_path.iterdir()] == ["m.csv"]


def test_check_against_a_history(law: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest of a history are judged by the others of their training set that were measured alike."""
    newest = [{**HISTORY[0], "version": f"x11{part}", "ratio": 3.0, "created_at": "2026-01-11", "place": place}
              for part, place in (("b", 0), ("a", 1))]  # fmt: skip
    others = [{**HISTORY[0], "version": "x0", "codec": "zstd"}, {**HISTORY[0], "version": "y1", "name": "code"}]
    history = write(tmp_path / "h.csv", [*newest, *others, *HISTORY])
    out = ("--history", history, "--output", tmp_path / "out", "--set", "output.mode=overwrite")
    assert law("check", *out) == 0
    assert law("check", *out, "--set", "check.newest=2", "--fail-on-risk", "--json") == 3
    told = capsys.readouterr()
    manifest = json.loads(told.out)
    assert manifest == manifest_of(tmp_path / "out")
    assert [one["name"] for one in manifest["history"]["versions"]] == ["x1", "x2", "x8", "x9", "x10"]
    assert (manifest["at_risk"], manifest["history"]["set_aside"]) == (["x11b", "x11a"], 2)
    assert "more redundant" in told.err
    row, again = pq.read_table(tmp_path / "out/versions").to_pylist()
    assert (row["name"], row["verdict"], row["predicted_score"]) == ("x11b", "at risk", None)
    assert (row["drift"], again["drift"]) == (pytest.approx(0.2), 0)


def test_check_new_versions_by_a_fit(law: Callable[..., int], fitted: Path, tmp_path: Path) -> None:
    new = write(tmp_path / "new.csv", [{"name": "y1", "ratio": 2.5}, {"name": "y2", "ratio": 9.0}])
    arguments = ["--input", new, "--fit", fitted, "--output", tmp_path / "out", "--fail-on-risk"]
    assert law("check", *arguments) == 3
    manifest = manifest_of(tmp_path / "out")
    assert [found["verdict"] for found in manifest["versions"]] == ["as expected", "at risk"]
    assert manifest["versions"][0]["prediction"]["value"] == pytest.approx(6.9, abs=0.1)
    assert manifest["law"] == manifest_of(fitted)["law"], "what a picture needs: the curve, and models on it"


def asked(models: dict[str, float], documents: int, sign: float) -> list[Row]:
    rng, rows = random.Random(0), []
    for number in range(documents):
        size, own = rng.randrange(50, 500), rng.uniform(0.7, 1.3)
        for model, bits in models.items():
            nats = bits * own * size * math.log(2) * sign
            rows.append(
                {"model": model, "document": f"d{number}", "log_probability": nats, "bytes": size,
                 "characters": size // 2, "score": 100 - 10 * bits}
            )  # fmt: skip
    return rows


def test_rank(law: Callable[..., int], spark: SparkSession, tmp_path: Path) -> None:
    models = {"small": 2.0, "large": 1.5, "middle": 1.7, "tiny": 2.6}
    rows = asked(models, 60, -1)
    rows += [{**rows[0], "document": "for one only"}]
    frame = spark.createDataFrame(rows)
    results = []
    for number, layout in enumerate((frame.repartition(1), frame.orderBy("bytes").repartition(3))):
        layout.write.parquet(str(tmp_path / f"in{number}"))
        assert law("rank", "--input", tmp_path / f"in{number}", "--output", tmp_path / f"out{number}") == 0
        results.append(manifest_of(tmp_path / f"out{number}"))
    assert results[0]["ranking"] == results[1]["ranking"], "the layout of the table changes nothing"
    first = results[0]
    assert (first["input"]["documents"], first["input"]["left_out"], first["input"]["resampled"]) == (60, 1, 60)
    assert [row["model"] for row in first["ranking"]] == ["large", "middle", "small", "tiny"]
    sizes = {row["document"]: (row["bytes"], row["characters"]) for row in rows[:-1]}
    total, characters = map(sum, zip(*sizes.values(), strict=True))
    for row in first["ranking"]:
        bits = sum(-one["log_probability"] / math.log(2) for one in rows[:-1] if one["model"] == row["model"])
        assert row["bits_per_byte"] == pytest.approx(bits / total, abs=1e-5)
        assert row["bits_per_character"] == pytest.approx(bits / characters, abs=1e-5)
        assert row["compression_ratio"] == pytest.approx(8 * total / bits, rel=1e-5)
        assert row["low"] < row["bits_per_byte"] < row["high"]
    (line,) = first["law"]["laws"]
    assert (line["predictors"], line["points"]) == (["bits_per_character"], 4)
    assert line["pearson"]["bits_per_character"]["value"] == pytest.approx(-1)


def test_few_documents_are_little_evidence() -> None:
    def lines(documents: int) -> list[str]:
        given = {"documents": documents, "bytes": 200, "left_out": 0}
        return _documents({"input": given, "ranking": [{"score": 1.0}, {"score": None}]})

    assert lines(1)[1].startswith("caution: of fewer than 30 documents, drawing them again says little about others")
    assert len(lines(29)) == 3
    assert lines(30) == [
        "over 30 documents, 200 bytes; intervals by drawing them again", "1 of 2 models have no score",
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["fit", "check", "rank"])
def test_a_table_with_a_header_alone_has_no_rows(
    law: Callable[..., int], command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("name,ratio,score,model,document,log_probability,bytes\n")
    assert law(command, "--input", path, "--output", tmp_path / "out") == 2
    assert capsys.readouterr().err.endswith(f"zip-pipeline law {command}: {path}: no rows\n")


def test_many_documents_are_resampled_in_bundles(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    from zip_pipeline.jobs.law import input_tables, log_probabilities
    from zip_pipeline.jobs.law.rank_input import OPTIONAL, TEXT, TableColumns

    frame = spark.createDataFrame(asked({"a": 1.0, "b": 2.0}, 60, 1)).drop("score", "characters")
    rows = input_tables.named(frame, "t", TableColumns(), optional=OPTIONAL, text=TEXT)
    monkeypatch.setattr(log_probabilities, "MOST_UNITS", 20)
    bundled = log_probabilities.count_bits(rows, "t", "nats")
    monkeypatch.undo()
    whole = log_probabilities.count_bits(rows, "t", "nats")
    assert (len(whole.sizes), 10 < len(bundled.sizes) <= 20) == (60, True)
    assert (bundled.bits.sum(axis=0) == whole.bits.sum(axis=0)).all()
    assert bundled.sizes.sum() == whole.sizes.sum()
    assert (whole.characters, whole.scores, whole.areas) == (None, {}, [])


@pytest.mark.parametrize(
    ("command", "rows", "overrides", "message"),
    [
        ("fit", [{"name": "a", "ratio": 2.0}], [], "neither a score nor a loss"),
        ("fit", [{"name": "a", "score": 2.0}], [], "column ratio is missing, found name, score"),
        ("fit", [{"name": "a", "ratio": "much", "score": 1}], [], "column ratio: expected numbers, found much"),
        ("fit", [{"name": n, "ratio": 2.0, "score": n} for n in range(5)], [], "ratio is 2 in all points"),
        ("fit", [{"name": "a", "ratio": 2.0, "score": n} for n in range(5)], [], "a appears twice"),
        ("fit", [{"name": "a", "ratio": 2.0, "score": 1}, {"name": "b", "ratio": None, "score": 1}], [], "b: expected a ratio above 0, found none"),
        ("fit", [{"name": n, "ratio": 2 + n, "score": n, "codec": f"zlib {n}"} for n in (1, 2)], [], "R was measured in several ways: zlib 1; zlib 2"),
        ("check", [{"name": "a", "ratio": 2.0}], ["check.fit=nowhere"], "nowhere: no manifest.json in it; expected the output of `law fit`"),
        ("check", [{"name": "a", "ratio": 2.0, "codec": m} for m in "xy"], [], "R was measured in several ways: x; y"),
        ("check", [{"name": m, "version": "a", "ratio": 2.0} for m in "xy"], [], "of several training sets, x, y"),
        ("check", [{"name": "a", "ratio": 2.0}], ["check.columns.loss=L"], "column L is missing"),
        ("rank", [{"model": "a", "document": "d", "log_probability": x, "bytes": 5} for x in (-1, 1)], [], "none above 0, or of their negatives"),
        ("rank", [{"model": "a", "document": "d", "log_probability": -1, "bytes": 5}] * 2, [], "document d appears twice for a model"),
        ("rank", [{"model": m, "document": "d", "log_probability": -1, "bytes": b} for m, b in (("a", 5), ("b", 6))], [], "document d has 5 bytes for one model and 6 for another"),
        ("rank", [{"model": "a", "document": d, "log_probability": -1, "bytes": 5, "settings": d} for d in "xy"], [], "log-probabilities of several settings: x; y"),
        ("rank", [{"model": "a", "corpus": "x", "bits_per_byte": 1}] * 2, ["rank.by=corpus"], "model a appears twice"),
        ("rank", [{"model": "a", "document": "d"}], [], "column log_probability, bytes is missing"),
        ("rank", [{"model": m, "document": m, "log_probability": -1, "bytes": 5} for m in "ab"], [], "no document that all 2 models"),
        ("rank", [{"model": "a", "document": "d", "log_probability": -1, "bytes": 0}], [], "expected a model, a document, its bytes"),
    ],
)  # fmt: skip
def test_mistakes(
    command: str, rows: list[Row], overrides: list[str], message: str, law: Callable[..., int], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    table = write(
        tmp_path / "t.csv", [{key: "" if value is None else value for key, value in row.items()} for row in rows]
    )
    given = [part for override in overrides for part in ("--set", override)]
    assert law(command, "--input", table, "--output", tmp_path / "out", *given) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith(f"zip-pipeline law {command}: ")
    assert message in last
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
