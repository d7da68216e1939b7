"""The job evaluate: what it says of a selection is what the models say of its bytes; every mistake in one line."""

import io
import json
import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

import zip_pipeline
from support.pools import payload_of, sharegpt
from zip_pipeline import schema
from zip_pipeline.config import EvaluateConfig, SelectConfig, load
from zip_pipeline.errors import UserError
from zip_pipeline.jobs.evaluate import dry_run, tasks
from zip_pipeline.jobs.evaluate import job as evaluate_job
from zip_pipeline.jobs.select import job as select_job
from zip_pipeline.language_models import ngram, ppm
from zip_pipeline.report.console import Reporter
from zip_pipeline.spark import selection_output
from zip_pipeline.stats import intervals, text_statistics

pytestmark = pytest.mark.usefixtures("spark")
SMALL = ["select.k1=30", "select.k2=8", "select.k3=4", "select.rule=paper", "input.deduplicate=none"]
BASELINES = ["random", "length-matched", "near-dedup", "DSIR"]


def quiet() -> Reporter:
    return Reporter(Console(quiet=True))


def select(pool: Path, output: Path, budget: int, *overrides: str) -> Path:
    keys = [f"input.path={pool}", f"output.path={output}", f"select.budget={budget}", *SMALL, *overrides]
    select_job.run(load(None, keys, SelectConfig), quiet())
    return output


SAID = io.StringIO()
"""What the evaluation of `manifest` has said."""


def evaluate(
    output: Path, selections: list[Path], held_out: list[Path], *overrides: str, said: io.StringIO | None = None
) -> dict[str, Any]:
    places = json.dumps([{"path": str(path)} for path in held_out])
    keys = [f"evaluate.selections={json.dumps([*map(str, selections)])}", f"evaluate.held_out={places}"]
    config = load(None, [*keys, f"output.path={output}", *overrides], EvaluateConfig)
    return evaluate_job.run(config, quiet() if said is None else Reporter(Console(file=said, width=200)))


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def payloads(records: list[dict[str, Any]]) -> list[bytes]:
    return [payload_of(record) for record in records]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pool with near-duplicates, two selections of different sizes, two held-out files."""
    path = tmp_path_factory.mktemp("evaluate")
    records = sharegpt(150)
    for record in sharegpt(150):
        record["id"] += "-again"
        record["conversations"][1]["value"] += " once more"
        records.append(record)
    write(path / "pool.jsonl", records)
    select(path / "pool.jsonl", path / "small", 20, "select.bounds.columns={quality: {max: 0.9}}")
    select(path / "pool.jsonl", path / "large", 60, "output.format=jsonl", "select.k3=2")
    write(path / "new <b>$x$.jsonl", sharegpt(30, seed=5))
    write(path / "one.jsonl", sharegpt(1, seed=7))
    items = [{"question": f"law {n}?", "right": "entropy of gases", "wrong": ["cats", f"mats {n}"]} for n in range(9)]
    write(path / "items.jsonl", [*items, {"question": "none?", "right": "x", "wrong": []}])
    write(path / "wanted.jsonl", sharegpt(20, seed=8) + sharegpt(1, seed=7))
    write(path / "known.jsonl", records[:12] + records[:3] + sharegpt(12, seed=6))
    return path


def of_target(folder: Path) -> list[str]:
    return [f"evaluate.target={folder / 'wanted.jsonl'}", f"evaluate.tasks=[{{path: {folder / 'items.jsonl'}}}]"]


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict[str, Any]:
    selections = [folder / "small", folder / "large"]
    places = [folder / name for name in ("new <b>$x$.jsonl", "known.jsonl", "one.jsonl")]
    return evaluate(folder / "out", selections, places, "run.workers=2", *of_target(folder), said=SAID)


def test_a_selections_bits_are_those_of_its_first_bytes(folder: Path, manifest: dict[str, Any]) -> None:
    small = sorted(pq.read_table(folder / "small/selection").to_pylist(), key=lambda row: row["zip_rank"])
    whole = text_statistics.text_of(payloads(small), 10**9)
    assert (manifest["judge"]["bytes"], manifest["judge"]["selections_cut"]) == (len(whole), "by rank")

    lines = "".join(path.read_text() for path in (folder / "large/selection").glob("*.json")).splitlines()
    large = sorted(map(json.loads, lines), key=lambda row: row["zip_rank"])
    cut = text_statistics.text_of(payloads(large), len(whole))
    assert len(cut) == len(whole)

    by_name = {text["name"]: text for text in manifest["texts"]}
    for name, text in (("small", whole), ("large", cut)):
        found = by_name[name]
        (one,) = payloads(sharegpt(1, seed=7))
        assert found["ppm"]["one.jsonl"] == ppm.judge([text], [one + b"\n"])[0].held_out[0]
        assert [found["ngrams"]["one.jsonl"]] == ngram.judge([text], [one + b"\n"])[0].held_out
        assert found["own"] == ppm.coded_size(text) * 8 / len(text)
        assert found["records"] == len(payloads(small)) if name == "small" else found["records"] < 60


def test_a_dry_run_counts_what_the_models_will_read(folder: Path, manifest: dict[str, Any], tmp_path: Path) -> None:
    keys = [f"evaluate.selections={json.dumps([str(folder / name) for name in ('small', 'large')])}"]
    keys += [f"evaluate.held_out={json.dumps([{'path': str(folder / 'known.jsonl')}])}", *of_target(folder)]
    plan = dry_run.run(load(None, [*keys, f"output.path={tmp_path / 'out'}"], EvaluateConfig), quiet())
    assert (plan["texts"], plan["bytes"]) == (len(manifest["texts"]), manifest["judge"]["bytes"])
    assert plan["held_out"] == {"known.jsonl": 24}
    assert plan["time"]["stages"]["ask the models"] >= 0
    assert list(tmp_path.iterdir()) == []


def test_every_baseline_has_the_same_bytes_and_five_draws(manifest: dict[str, Any]) -> None:
    texts = manifest["texts"]
    counts = [sum(text["kind"] == kind for text in texts) for kind in ["selection", *BASELINES]]
    assert counts == [2, 5, 10, 5, 5], "length-matched draws are made for each selection"
    target = manifest["judge"]["bytes"]
    for text in texts:
        assert target - 400 < text["bytes"] + text["records"] < target + 10 * 400
    lengths = {
        kind: [t["mean_bytes"] for t in texts if t["kind"] == kind and t["selection"] in (None, "small")]
        for kind in ["selection", *BASELINES]
    }
    assert abs(sum(lengths["length-matched"]) / 5 - lengths["selection"][0]) < 20
    near = {kind: sum(t["near_duplicates"] for t in texts if t["kind"] == kind) for kind in BASELINES}
    assert near["near-dedup"] == near["DSIR"] == 0 < near["random"]


def test_the_comparison_is_the_texts_summed_up(manifest: dict[str, Any]) -> None:
    for model in ("ppm", "ngrams"):
        for selection in ("small", "large"):
            compared = manifest["comparison"][model][selection]
            assert list(compared) == ["new <b>$x$.jsonl", "known.jsonl", "one.jsonl", "mean"]
            (own,) = [t[model] for t in manifest["texts"] if t["name"] == selection]
            assert compared["mean"]["bits"] == pytest.approx(sum(own.values()) / 3, rel=1e-12)
            assert list(compared["mean"]["against"]) == [*BASELINES, {"small": "large", "large": "small"}[selection]]
            for kind in BASELINES:
                draws = [
                    t[model]["known.jsonl"]
                    for t in manifest["texts"]
                    if t["kind"] == kind and t["selection"] in (None, selection)
                ]
                chance = intervals.spread(draws)
                against = compared["known.jsonl"]["against"][kind]
                assert (against["mean"], against["low"], against["high"]) == (chance.mean, chance.low, chance.high)
                assert against["difference"] == own["known.jsonl"] / chance.mean - 1
                assert against["verdict"] == intervals.verdict(own["known.jsonl"], chance)


def test_a_task_is_what_the_models_say_of_its_answers(folder: Path, manifest: dict[str, Any]) -> None:
    (task,) = manifest["tasks"]
    assert [task[key] for key in ("name", "rows", "questions", "rejected")] == ["items.jsonl", 10, 9, 1]
    asked = [tasks.question_of(f"law {n}?", "entropy of gases", ["cats", f"mats {n}"]) for n in range(9)]
    small = sorted(pq.read_table(folder / "small/selection").to_pylist(), key=lambda row: row["zip_rank"])
    (bits,) = ngram.judge([text_statistics.text_of(payloads(small), 10**9)], [], asked)
    expected = sum(right for right, *_ in bits.answers) / (9 * 17)
    compared = manifest["task_comparison"]["answers"]["ngrams"]["small"]["items.jsonl"]
    assert compared["bits"] == pytest.approx(expected, rel=1e-12)
    (text,) = [text for text in manifest["texts"] if text["name"] == "small"]
    cheapest = manifest["task_comparison"]["cheapest"]["ngrams"]["small"]["items.jsonl"]
    assert cheapest["share"] == text["tasks"]["ngrams"]["items.jsonl"]["cheapest"]
    assert list(cheapest["against"]) == [part["baseline"] for part in manifest["task_verdicts"]["items.jsonl"][:5]]


def test_held_out_sets_that_the_pool_knows_are_told(manifest: dict[str, Any]) -> None:
    new, known, _ = manifest["held_out"]
    assert [(part["in_target"], part["is_small"], part["in_mean"]) for part in manifest["held_out"]] == [
        (0, True, True),
        (0, True, True),
        (1, True, True),
    ], "where all sets are small, all are in the mean"
    assert (new["records"], new["known"], new["shares_passages"]) == (30, 0, False)
    assert (known["records"], known["known"], known["shares_passages"]) == (24, 0.5, True), "copies count once"
    said = SAID.getvalue()
    cautions = [
        "50.0% of the records of known.jsonl share more than",
        "100.0% of the records of one.jsonl share as much",
    ]
    for caution in cautions:
        assert said.index(f"caution: {caution}") < said.index("ask the models"), "before the models have begun"


def test_the_page_is_whole_and_escaped(folder: Path, manifest: dict[str, Any]) -> None:
    assert json.loads((folder / "out/manifest.json").read_text()) == manifest
    page = (folder / "out/report.html").read_text()
    assert "<b>" not in page
    assert "new &lt;b&gt;$x$.jsonl" in page
    text = " ".join(ET.fromstring(page).itertext())
    assert "Caution: 50.0% of the records of known.jsonl share more than 10% of their passages" in text
    for part in (*manifest["verdicts"], *manifest["task_verdicts"]["items.jsonl"]):
        assert part["sentence"] in text
    assert [(part["selection"], part["baseline"]) for part in manifest["verdicts"]] == [
        (name, kind) for name, other in (("small", "large"), ("large", "small")) for kind in [*BASELINES, other]
    ]
    assert not re.search(r"""(src|href)=["']?(http|//)""", page)
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == 4, "two selections, two models"
    for picture in pictures:
        assert "new <b>$x$.jsonl" in list(ET.fromstring(picture).itertext())
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["manifest.json", "report.html"]


def test_layout_does_not_matter_and_sources_may_be_sets(
    folder: Path, manifest: dict[str, Any], spark: SparkSession
) -> None:
    records = [json.loads(line) for line in (folder / "pool.jsonl").read_text().splitlines()]
    random.Random(3).shuffle(records)
    write(folder / "shuffled.jsonl", records)
    spark.read.json(str(folder / "shuffled.jsonl")).repartition(7).write.parquet(str(folder / "parts"))
    again = evaluate(
        folder / "again",
        [folder / "small", folder / "large"],
        [folder / "known.jsonl"],
        f"input.path={folder / 'parts'}",
        "evaluate.by=source",
        *of_target(folder),
        "run.workers=1",
    )
    assert again["input"]["changed"] == []
    assert [part["name"] for part in again["held_out"]] == [
        "known.jsonl/(none)",
        "known.jsonl/books",
        "known.jsonl/web",
    ]
    assert sum(part["records"] for part in again["held_out"]) == 24
    assert again["task_comparison"] == manifest["task_comparison"]
    aside = {"ppm", "ngrams"}
    assert [{k: v for k, v in text.items() if k not in aside} for text in again["texts"]] == [
        {k: v for k, v in text.items() if k not in aside} for text in manifest["texts"]
    ]


def test_held_out_sets_are_read_as_the_pool_or_by_defaults(tmp_path: Path) -> None:
    """Text in a field of the pool's own; a set of other columns; one that says otherwise."""
    texts = [payload_of(record).decode() for record in sharegpt(40)]
    write(tmp_path / "pool.jsonl", [{"url": f"u{n}", "doc": {"body": text}} for n, text in enumerate(texts[:30])])
    write(tmp_path / "same.jsonl", [{"url": f"v{n}", "doc": {"body": text}} for n, text in enumerate(texts[30:])])
    write(tmp_path / "plain.jsonl", [{"text": text} for text in texts[30:]])
    write(tmp_path / "own.jsonl", [{"words": text} for text in texts[30:]])
    columns = "input.columns={text: doc.body, id: url}"
    select(tmp_path / "pool.jsonl", tmp_path / "picked", 8, columns, "select.k1=10")
    places = [{"path": f"{tmp_path}/{name}.jsonl"} for name in ("same", "plain")]
    places.append({"path": f"{tmp_path}/own.jsonl", "columns": {"text": "words"}})
    keys = [f"evaluate.selections=[{tmp_path / 'picked'}]", f"evaluate.held_out={json.dumps(places)}"]
    config = load(None, [*keys, f"output.path={tmp_path / 'out'}", "evaluate.models=[ngrams]"], EvaluateConfig)
    sets = evaluate_job.run(config, quiet())["held_out"]
    assert len({(part["records"], part["bytes"]) for part in sets}) == 1
    assert [part["records"] for part in sets] == [10, 10, 10]


def test_selections_too_large_for_the_models_are_sampled(folder: Path) -> None:
    capped = evaluate(folder / "capped", [folder / "large"], [folder / "known.jsonl"], "evaluate.most_bytes=2000")
    assert (capped["judge"]["bytes"], capped["judge"]["selections_cut"]) == (2000, "at random")
    assert all(text["bytes"] + text["records"] >= 2000 for text in capped["texts"])


def test_selections_of_lines_without_ids(tmp_path: Path, spark: SparkSession) -> None:
    (tmp_path / "pool.txt").write_text("".join(f"line {number} of so many\n" for number in range(30)))
    out = select(tmp_path / "pool.txt", tmp_path / "out", 10)
    rows = selection_output.selected(spark, str(out), selection_output.manifest_of(str(out))).orderBy("rank").collect()
    table = sorted(pq.read_table(out / "selection").to_pylist(), key=lambda row: row["zip_rank"])
    assert [bytes(row["payload"]).decode() for row in rows] == [row["value"] for row in table]
    assert [row["rank"] for row in rows] == list(range(10))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["evaluate.selections=[{tmp}/none]"], r"none: no such folder; expected the output of `select`"),
        (["evaluate.selections=[{tmp}]"], r": no manifest.json in it; expected the output of `select`"),
        (["evaluate.selections=[{tmp}/scores]"], r"scores: its manifest.json is not that of a `select`"),
        (["evaluate.selections=[]"], r"evaluate.selections: list should have at least 1 item"),
        (["evaluate.selections=[{folder}/small, {folder}/small]"], r"evaluate: a path appears twice"),
        (["evaluate.selections=[{folder}/small, {tmp}/other]"], r"input: missing; small and other were made from different pools"),
        (["evaluate.selections=[{tmp}/later]"], r"input: missing; that of later is of version 9: shiny: unknown key"),
        (["evaluate.held_out=[{{path: {tmp}/none.jsonl}}]"], r"none.jsonl: no such file or folder"),
        (["evaluate.held_out=[{{path: {tmp}/blank.jsonl}}]"], r"held-out blank.jsonl: no record can be used"),
        (["evaluate.held_out=[{{path: {tmp}/empty.jsonl}}]"], r"empty: 1 file without a byte"),
        (["evaluate.target=[{{path: {tmp}/blank.jsonl}}]"], r"evaluate.target \S+/blank.jsonl: none of its records can be used"),
        (["evaluate.tasks=[{{path: {folder}/items.jsonl, right: best}}]"], r"evaluate.tasks items.jsonl: column best is missing, found question, right, wrong"),
        (["evaluate.tasks=[{{path: {tmp}/none_of_them.jsonl}}]"], r"evaluate.tasks none_of_them.jsonl: no row has a question, a right answer and a wrong one"),
        (["evaluate.by=topic"], r"column topic is missing, found conversations, id, quality, source"),
        (["input.path={tmp}/none.jsonl"], r"none.jsonl: no such file or folder"),
        (["evaluate.most_bytes=100000000"], r"evaluate.most_bytes: input should be less than or equal to 10000000"),
        (["output.path={tmp}/other"], r"exists already"),
    ],
)  # fmt: skip
def test_mistakes(folder: Path, tmp_path: Path, overrides: list[str], message: str) -> None:
    write(tmp_path / "blank.jsonl", [{"text": " "}])
    write(tmp_path / "empty.jsonl", [])
    write(tmp_path / "none_of_them.jsonl", [{"question": "?", "right": "a", "wrong": "a"}])
    (tmp_path / "other").mkdir()
    known = json.loads((folder / "small/manifest.json").read_text())
    known["input"]["fingerprint"] = "another"
    (tmp_path / "other/manifest.json").write_text(json.dumps(known))
    known |= {"version": "9", "config": known["config"] | {"input": {"path": "p", "shiny": 1}}}
    (tmp_path / "later").mkdir()
    (tmp_path / "later/manifest.json").write_text(json.dumps(known))
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores/manifest.json").write_text(json.dumps({"config": known["config"]}))
    filled = [override.format(folder=folder, tmp=tmp_path) for override in overrides]
    with pytest.raises(UserError, match=message) as error:
        evaluate(tmp_path / "out", [folder / "small"], [folder / "known.jsonl"], *filled)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_dataframes_are_judged_as_files_are(spark: SparkSession, folder: Path, manifest: dict[str, Any]) -> None:
    """The notebook's `evaluate`, with the same rows."""
    selections = {
        "small": spark.read.parquet(f"file://{folder / 'small/selection'}"),
        "large": spark.read.json(f"file://{folder / 'large/selection'}"),
    }
    held_out = {
        name: spark.read.json(f"file://{folder / name}") for name in [part["name"] for part in manifest["held_out"]]
    }
    pool = spark.read.json(f"file://{folder / 'pool.jsonl'}")
    target = spark.read.json(f"file://{folder / 'wanted.jsonl'}")
    items = {"items.jsonl": spark.read.json(f"file://{folder / 'items.jsonl'}")}
    compared = zip_pipeline.evaluate(selections, pool=pool, held_out=held_out, target=target, tasks=items, workers=2)
    assert compared.columns == schema.COMPARED.names
    expected = [
        (
            model,
            selection,
            measure,
            name,
            value["share" if measure == "cheapest" else "bits"],
            baseline,
            *(other[key] for key in ("mean", "low", "high", "difference", "verdict")),
        )
        for measure, by_model in {"text": manifest["comparison"], **manifest["task_comparison"]}.items()
        for model, by_selection in by_model.items()
        for selection, sets in by_selection.items()
        for name, value in sets.items()
        for baseline, other in value["against"].items()
    ]
    assert len(expected) == 2 * 2 * (4 + 2) * 5, "models; selections; sets and mean, measures of a task; baselines"
    assert sorted(map(tuple, compared.collect())) == sorted(expected)
