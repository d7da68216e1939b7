"""The jobs on a Spark session: the same selection however the pool lies, every output, every mistake."""

import gzip
import json
import random
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import zip_pipeline
from support.oracle import naive_select, one_shot
from support.pools import payload_of, sharegpt
from support.selecting import K, ids, reporter, rows, run, write_jsonl
from zip_pipeline.codecs.base import Build
from zip_pipeline.config import Output, ScoreConfig, SelectConfig, load
from zip_pipeline.errors import CodecMismatchError, InputError, OutputError, StageError, UserError
from zip_pipeline.jobs.select import job, score
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.spark import corpus, scoring
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.stats import text_statistics

pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "pool.jsonl", sharegpt(120))


def test_the_selection_is_that_of_the_naive_rule(pool: Path, tmp_path: Path) -> None:
    manifest = run(pool, tmp_path / "out")
    records = {record["id"]: record for record in sharegpt(120)}
    payloads = {i: payload_of(record) for i, record in records.items()}
    framing = FRAMINGS["content"]
    expected = naive_select(payloads, measure=one_shot(framing, 9), budget=20, k=(30, 8, 4))

    selected = rows(tmp_path / "out")
    assert [row["id"] for row in selected] == expected
    for rank, row in enumerate(selected):
        assert {key: row[key] for key in records[row["id"]]} == records[row["id"]], "columns unchanged"
        assert (row["zip_rank"], row["zip_round"]) == (rank, rank // 4)
    chosen = framing.join(payloads[i] for i in expected)
    compressed = len(zlib.compress(chosen, 9))
    assert selected[-1]["zip_set_ratio"] == len(chosen) / compressed

    scores = {row["id"]: row for row in rows(tmp_path / "out", "scores")}
    assert {i: (row["raw_bytes"], row["compressed_bytes"], row["source"]) for i, row in scores.items()} == {
        i: (len(payload), len(zlib.compress(payload, 9)), records[i]["source"]) for i, payload in payloads.items()
    }

    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "manifest.json",
        "report.html",
        "scores",
        "selection",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "pool.jsonl"], "nothing else is left"
    assert manifest["version"] == zip_pipeline.__version__
    assert manifest["codec"] == {
        "name": "zlib",
        "level": 9,
        "window": "32KB",
        "implementation": "stock",
        "library_version": zlib.ZLIB_RUNTIME_VERSION,
        "probe": 16203,
        "evaluator": "deflate-size kernel",
    }
    asked = {key: manifest["config"]["select"][key] for key in ("budget", "k1", "k2", "k3", "rule")}
    assert asked == {"budget": 20, "k1": 30, "k2": 8, "k3": 4, "rule": "paper"}
    total = sum(map(len, payloads.values()))
    assert (manifest["input"]["records"], manifest["input"]["raw_bytes"], manifest["input"]["rejected"]) == (
        120,
        total,
        0,
    )
    part = manifest["selection"]
    assert (part["records"], part["raw_bytes"], part["compressed_bytes"], part["rounds"]) == (
        20,
        len(chosen),
        compressed,
        5,
    )
    assert part["set_ratio"] == len(chosen) / compressed
    by_source = {name: part["records"] for name, part in part["per_source"].items()}
    assert by_source == {name: sum((records[i]["source"] or "(none)") == name for i in expected) for name in by_source}
    assert sum(by_source.values()) == 20
    assert manifest["random"]["records"] == 20
    assert manifest["random"]["set_ratio"] > part["set_ratio"]
    assert manifest["pool"]["mean_bytes"] == total / 120
    for key in ("random", "length_matched"):
        beside = manifest[key]
        assert sum(held["records"] for held in beside["per_source"].values()) == beside["records"] == 20
        assert beside["sample"]["records"] == 20
        assert sum(held["raw_bytes"] for held in beside["per_source"].values()) == beside["raw_bytes"] - 19
    near = text_statistics.describe([payloads[i] for i in expected])
    assert {key: getattr(near, key) for key in part["sample"]} == part["sample"]
    assert abs(manifest["length_matched"]["mean_bytes"] / part["mean_bytes"] - 1) < 0.2
    stages = {"session_s", "score_s", "filter_s", "select_s", "compare_s", "write_s"}
    assert set(manifest["timings"]) == stages | {"total_s"}
    page = (tmp_path / "out/report.html").read_text()
    assert len(re.findall("<figure>", page)) == 5
    assert f"{part['set_ratio']:.4f}" in page
    assert manifest["spark"]["master"] == "local[2]"


def test_zstd(pool: Path, tmp_path: Path) -> None:
    manifest = run(pool, tmp_path / "out", "codec.name=zstd", "codec.window=1MB")
    assert manifest["config"]["codec"] == {"name": "zstd", "level": 3, "window": "1MB"}
    assert manifest["codec"]["evaluator"] == "zstd frames by a dictionary"
    assert manifest["selection"]["set_ratio"] < manifest["random"]["set_ratio"]
    ratios = {row["id"]: row["ratio"] for row in rows(tmp_path / "out", "scores")}
    assert all(row["zip_ratio"] == ratios[row["id"]] for row in rows(tmp_path / "out"))


def test_layout_does_not_matter(spark: SparkSession, pool: Path, tmp_path: Path) -> None:
    run(pool, tmp_path / "out")
    expected, fingerprints = ids(tmp_path / "out"), set()
    frame = spark.read.json(str(pool))
    for parts in (1, 3, 17):
        frame.repartition(parts).write.parquet(str(tmp_path / f"pool-{parts}"))
    shuffled = sharegpt(120)
    random.Random(5).shuffle(shuffled)
    for part in range(4):
        write_jsonl(tmp_path / f"files/{9 - part}.jsonl", shuffled[part::4])
    (tmp_path / "array.json").write_text(json.dumps(shuffled))

    for number, path in enumerate(["pool-1", "pool-3", "pool-17", "files", "files/*.jsonl", "array.json"]):
        output = tmp_path / f"out-{number}"
        manifest = run(tmp_path / path, output, "run.workers=1" if number % 2 else "run.workers=3")
        assert ids(output) == expected, path
        fingerprints.add(manifest["input"]["fingerprint"])
    assert len(fingerprints) == 1


def test_the_fingerprint_sees_id_source_and_payload(spark: SparkSession) -> None:
    records = [("1", "s", b"hi"), ("2", "s", b"hi"), ("1", "s", b"ho"), ("1", None, b"hi"), ("1", "", b"hi")]
    records += [("1s", "", b"hi"), ("1s", None, b"hi"), ("1", "sh", b"i")]
    table = spark.createDataFrame(records, "id string, source string, payload binary")
    assert table.select(scoring.fingerprint()).distinct().count() == len(records)


@pytest.mark.parametrize("budget", [1, 4, 6, 30, 500])
@pytest.mark.parametrize("rule", ["paper", "reference"])
def test_edges(tmp_path: Path, rule: str, budget: int) -> None:
    pool = write_jsonl(tmp_path / "pool.jsonl", sharegpt(10))
    manifest = run(pool, tmp_path / "out", f"select.rule={rule}", budget=budget)
    # The reference rule retires 8 of 10 in the first round, the last 2 in the second.
    most = 10 if rule == "paper" else 4 + 2
    assert len(set(ids(tmp_path / "out"))) == manifest["selection"]["records"] == min(budget, most)


def test_output_as_lines_of_json(pool: Path, tmp_path: Path) -> None:
    run(pool, tmp_path / "parquet")
    run(pool, tmp_path / "out", "output.format=jsonl")
    parts = (tmp_path / "out/selection").glob("*.json")
    found = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    assert sorted(found, key=lambda row: row["zip_rank"]) == rows(tmp_path / "parquet"), "nulls are written, too"


def test_bad_records_are_kept_apart(tmp_path: Path) -> None:
    records = sharegpt(40)
    turn = {"from": "human", "value": "x"}
    bad = [
        {"id": "b1", "conversations": None},
        {"id": "b2", "conversations": []},
        {"id": "b3", "conversations": [{"from": "human"}]},
        {"id": "b4", "conversations": [{"from": "human", "value": " "}]},
        {"id": None, "conversations": [turn]},
    ]
    pool = write_jsonl(tmp_path / "pool.jsonl", [*records, *bad])
    with pool.open("a") as file:
        file.write('{"id": "b5", "conversations": [{"fro')
    manifest = run(pool, tmp_path / "out", "input.where=id is null or id <> 'r0001'")

    assert manifest["input"]["records"] == 39
    rejected = {row["reason"]: row for row in rows(tmp_path / "out", "rejected")}
    assert manifest["input"]["rejected"] == len(rejected) == 6
    assert set(rejected) == {
        "conversations: null",
        "conversations: no turns",
        "conversations[0].value: null",
        "no text",
        "id: null",
        "malformed JSON: unterminated string",
    }
    assert rejected["conversations: null"]["id"] == "b1"
    assert json.loads(rejected["no text"]["row"])["conversations"] == [{"from": "human", "value": " "}]
    assert rejected["malformed JSON: unterminated string"]["row"].startswith('{"id": "b5"')
    order = ["null", "no turns", "null", "no text", "id: null", "malformed JSON"]
    assert {row["file"] for row in rejected.values()} == {str(pool)}
    by_line = {row["line"]: reason for reason, row in rejected.items()}
    assert all(words in by_line[line] for line, words in enumerate(order, 41)), "lines are counted from 1"
    page = (tmp_path / "out/report.html").read_text()
    assert f"1 row, such as b1 in {pool}, line 41" in page

    with pytest.raises(InputError, match=r"6 records cannot be used: 1 x conversations: no turns; 1 x"):
        run(pool, tmp_path / "out2", "input.on_bad_record=fail")
    assert not (tmp_path / "out2").exists()


def test_repeated_ids(tmp_path: Path) -> None:
    records = sharegpt(40)
    others = [record | {"id": records[0]["id"]} for record in sharegpt(3, seed=9)]
    same = [dict(records[1]), dict(records[1])]
    chosen = []
    for number, order in enumerate([[*records, *others, *same], [*same, *others, *records]]):
        pool = write_jsonl(tmp_path / f"pool{number}.jsonl", order)
        manifest = run(pool, tmp_path / f"out{number}", budget=40)
        assert (manifest["input"]["records"], manifest["input"]["rejected"]) == (40, 5)
        assert sorted(ids(tmp_path / f"out{number}")) == sorted(record["id"] for record in records)
        assert len(rows(tmp_path / f"out{number}", "scores")) == 40
        chosen.append(rows(tmp_path / f"out{number}"))
        rejected = rows(tmp_path / f"out{number}", "rejected")
        assert {row["reason"] for row in rejected} == {
            f"the id stands more than once: copy {copy}" for copy in (2, 3, 4)
        }
        assert {(row["file"], row["line"]) for row in rejected} == {(str(pool), None)}, (
            "Spark reads lines without number"
        )
    assert chosen[0] == chosen[1], "which copy stays does not depend on the order"


def test_a_repeated_text_is_no_matter_of_ids_where_there_are_none(tmp_path: Path) -> None:
    records = [{"conversations": record["conversations"]} for record in sharegpt(12)]
    run(write_jsonl(tmp_path / "pool.jsonl", [*records, records[0]]), tmp_path / "out", budget=3)
    assert [row["reason"] for row in rows(tmp_path / "out", "rejected")] == [
        "the same text stands more than once: copy 2"
    ]


@pytest.mark.parametrize("good", [1, 2])
def test_a_bad_record_does_not_stand_for_a_good_one_of_its_id(tmp_path: Path, good: int) -> None:
    bad = [{"id": f"r{number:04d}", "conversations": None} for number in range(12)]
    records = sharegpt(12)
    twins = [record | {"quality": 2.0} for record in records] if good == 2 else []
    manifest = run(write_jsonl(tmp_path / "pool.jsonl", [*bad, *records, *twins]), tmp_path / "out", budget=12)
    assert (manifest["input"]["records"], manifest["input"]["rejected"]) == (12, 12 * good)
    assert manifest["input"]["duplicates"] == 12 * (good - 1)
    assert all(row["conversations"] for row in rows(tmp_path / "out"))
    assert sum(row["reason"] == "conversations: null" for row in rows(tmp_path / "out", "rejected")) == 12


def test_a_line_cut_inside_a_character(tmp_path: Path) -> None:
    pool = write_jsonl(tmp_path / "pool.jsonl", sharegpt(12))
    pool.write_bytes(pool.read_bytes() + '{"id": "x", "conversations": [{"from": "ü'.encode()[:-1])
    manifest = run(pool, tmp_path / "out", budget=5)
    assert (manifest["input"]["records"], manifest["input"]["rejected"]) == (12, 1)


def test_two_runs_to_one_place(pool: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with OutputTree(Output(path=str(out))) as late:
        run(pool, out, budget=5)
        with pytest.raises(OutputError, match="exists already"):
            late.publish({}, "")
    assert len(ids(out)) == 5


def test_columns_of_any_name_pass_through(tmp_path: Path) -> None:
    extra = {"row": 1, "copy": "c", "reason": None, "a.b": [1, 2], "with space": {"deep": None}, "tick`s": True}
    records = [record | extra for record in sharegpt(12)]
    run(write_jsonl(tmp_path / "pool.jsonl", [*records, records[0]]), tmp_path / "out", budget=12)
    by_id = {record["id"]: record for record in records}
    for row in rows(tmp_path / "out"):
        assert {name: row[name] for name in by_id[row["id"]]} == by_id[row["id"]]


def test_without_ids(tmp_path: Path) -> None:
    texts = [{"text": record["conversations"][0]["value"], "n": number} for number, record in enumerate(sharegpt(40))]
    pool = write_jsonl(tmp_path / "pool.jsonl", [*texts, {"text": texts[3]["text"], "n": 99}, {"text": None, "n": 98}])
    manifest = run(pool, tmp_path / "out", budget=40)
    assert (manifest["input"]["records"], manifest["input"]["rejected"]) == (40, 2)
    selected = rows(tmp_path / "out")
    assert [set(row) for row in selected[:1]] == [{"n", "text", "zip_rank", "zip_round", "zip_ratio", "zip_set_ratio"}]
    assert sorted({row["n"] for row in selected} | {3, 99}) == [*range(40), 99]


def test_preferences(tmp_path: Path) -> None:
    """Pairs that share prompt and chosen answer are different records only where the rejected one is written."""
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "yes"}]
    other = [turns[0], {"role": "assistant", "content": "no"}]
    path = write_jsonl(tmp_path / "p.jsonl", [{"chosen": turns, "rejected": side} for side in (other, turns)])
    assert run(path, tmp_path / "both", "input.deduplicate=none")["input"]["rejected"] == 0
    sizes = {row["raw_bytes"] for row in rows(tmp_path / "both", "scores")}
    assert sizes == {len(b"user: q\nassistant: yes\nassistant: no"), len(b"user: q\nassistant: yes\nassistant: yes")}
    assert run(path, tmp_path / "chosen", "input.preference=chosen")["input"]["duplicates"] == 1
    assert {row["raw_bytes"] for row in rows(tmp_path / "chosen", "scores")} == {len(b"user: q\nassistant: yes")}


def test_lines_of_text(tmp_path: Path) -> None:
    (tmp_path / "pool.txt").write_text("".join(f"line {n} of the text\n" for n in range(30)))
    run(tmp_path / "pool.txt", tmp_path / "out", budget=5)
    assert all(row["value"].startswith("line ") for row in rows(tmp_path / "out"))


def test_a_record_of_fifty_megabytes(tmp_path: Path) -> None:
    long = {"id": "long", "conversations": [{"from": "human", "value": "la " * 17_000_000}], "source": "web"}
    pool = write_jsonl(tmp_path / "pool.jsonl", [*sharegpt(40), long])
    manifest = run(pool, tmp_path / "out")
    assert manifest["input"]["records"] == 41
    assert manifest["input"]["raw_bytes"] > 51_000_000
    assert "long" not in ids(tmp_path / "out")


def test_score(pool: Path, tmp_path: Path) -> None:
    config = load(None, [f"input.path={pool}", f"output.path={tmp_path / 'out'}"], ScoreConfig)
    manifest = score.run(config, reporter())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["manifest.json", "report.html", "scores"]
    assert len(rows(tmp_path / "out", "scores")) == manifest["pool"]["records"] == 120


def test_an_earlier_output_survives_what_fails(pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    run(pool, out, budget=5)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    with pytest.raises(OutputError, match=r"exists already; --overwrite \(output\.mode=overwrite\)"):
        run(pool, out, budget=6)
    with pytest.raises(InputError):
        run(pool, out, "output.mode=overwrite", "input.where=id = 'nobody'", budget=6)

    def broken(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(job.picked_rows, "table_of", broken)
        with pytest.raises(StageError, match="stage 'write the selection' failed: MemoryError"):
            run(pool, out, "output.mode=overwrite", budget=6)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "pool.jsonl"]

    run(pool, out, "output.mode=overwrite", budget=6)
    assert len(ids(out)) == 6


def test_overwrite_spares_what_is_no_output(pool: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/letter.txt").write_text("dear")
    with pytest.raises(OutputError, match=r"not an earlier output \(no manifest.json\)"):
        run(pool, tmp_path / "home", "output.mode=overwrite")
    assert (tmp_path / "home/letter.txt").read_text() == "dear"


def test_executors_that_compress_otherwise_are_refused(
    pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    this_build = corpus.Corpus.scorer
    other = Build("other", "x", 1)
    monkeypatch.setattr(corpus.Corpus, "scorer", lambda *a: replace(this_build(*a), build=other))
    with pytest.raises(CodecMismatchError, match="on an executor compresses otherwise than on the driver"):
        run(pool, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def lines(*texts: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / "pool.jsonl").write_text("".join(text + "\n" for text in texts))
        return folder / "pool.jsonl"

    return write


@pytest.mark.parametrize(
    ("make", "overrides", "message"),
    [
        (lambda folder: folder / "none.parquet", [], r"none.parquet: no such file or folder"),
        (lambda folder: folder, ["input.format=orc"], r"."),
        (lines('{"id": 1, "prompt": "x"}'), [], "no column with the text: found id, prompt; nearest is prompt_completion, without the column completion; or --set input.columns.text=prompt"),
        (lines('{"id": 1, "text": "x"}'), ["input.dialect=messages"], r"dialect messages: column messages is missing, found id, text"),
        (lines('{"id": 1, "text": "x"}'), ["input.columns.source=origin"], r"column origin is missing, found id, text"),
        (lines('{"id": [1], "text": "x"}'), [], r"id column id: expected text or a number"),
        (lines('{"text": "x", "zip_rank": 1}'), [], r"column zip_rank: the output adds columns of this name"),
        (lines('{"ID": 1, "text": "x"}'), [], r"column ID: is it 'id'\?"),
        (lines('{"text": "x", "Zip_Rank": 1}'), [], r"column zip_rank: the output adds"),
        (lines('{"id": true, "text": "x"}'), [], r"id column id: expected text or a number"),
        (lines('{"id": 1, "text": "x"}'), ["input.where=id / 0 > 1"], r"[Dd]ivision by zero"),
        (lines('{"id": 1, "text": "x"}'), ["input.where=lang = 'en'"], r"`lang` cannot be resolved"),
        (lines('{"id": 1, "text": "x"}'), ["input.where=id ="], r"[Ss]yntax error"),
        (lines('{"id": 1, "te'), [], r"no part of it is JSON of the expected shape"),
        (lines('{"id": 1, "text": null, "source": "x"}', '{"id": 2, "text": ""}'), [], r"no record can be used: 1 x (no text|text: null)"),
        (lines(), [], r"empty: 1 file without a byte"),
        (lines('{"id": 1, "text": "x"}'), ["input.format=nonsense"], r"no data source 'nonsense'"),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, make: Callable[[Path], Path], overrides: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        run(make(tmp_path), tmp_path / "out", *overrides)
    assert error.value.exit_code == 2
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_truncated_array_is_named(tmp_path: Path) -> None:
    (tmp_path / "pool.json").write_text(json.dumps(sharegpt(3))[:-20])
    with pytest.raises(InputError, match=r"pool\.json: line 1: malformed JSON: "):
        run(tmp_path / "pool.json", tmp_path / "out")


def test_files_cut_short_are_the_users(pool: Path, tmp_path: Path, spark: SparkSession) -> None:
    spark.read.json(str(pool)).coalesce(1).write.parquet(str(tmp_path / "whole"))
    (part,) = (tmp_path / "whole").glob("part-*.parquet")
    (tmp_path / "cut.parquet").write_bytes(part.read_bytes()[:-100])
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(pool.read_bytes())[:-100])
    for name in ("cut.parquet", "cut.jsonl.gz"):
        with pytest.raises(InputError, match=rf"{name}.*FAILED_READ_FILE") as error:
            run(tmp_path / name, tmp_path / "out")
        assert "\n" not in str(error.value)


def test_an_empty_table(spark: SparkSession, pool: Path, tmp_path: Path) -> None:
    spark.read.json(str(pool)).where("false").write.parquet(str(tmp_path / "empty"))
    with pytest.raises(InputError, match="no record can be used: the pool is empty"):
        run(tmp_path / "empty", tmp_path / "out", "input.format=parquet")


def test_a_table_of_the_catalog(spark: SparkSession, pool: Path, tmp_path: Path) -> None:
    spark.read.json(str(pool)).createOrReplaceTempView("offered")
    keys = ["input.table=offered", f"output.path={tmp_path / 'out'}", "select.budget=5", *K]
    job.run(load(None, keys, SelectConfig), reporter())
    assert len(ids(tmp_path / "out")) == 5
    with pytest.raises(InputError, match="nowhere"):
        job.run(load(None, [*keys, "input.table=nowhere", f"output.path={tmp_path / 'o'}"], SelectConfig), reporter())


def test_a_selection_can_be_selected_from_in_place(pool: Path, tmp_path: Path) -> None:
    """It is the next run's pool; the columns that the first run added give way to those of the second."""
    run(pool, tmp_path / "out", budget=30)
    first = ids(tmp_path / "out")
    manifest = run(tmp_path / "out/selection", tmp_path / "out", "output.mode=overwrite", budget=5)
    assert len(ids(tmp_path / "out")) == 5
    assert set(ids(tmp_path / "out")) < set(first)
    (note,) = manifest["input"]["notes"]
    assert note == (
        "an earlier selection: its columns zip_rank, zip_round, zip_ratio, zip_set_ratio are left out, "
        "this run adds its own"
    )
