"""The job ``explain``: what became of single records in a run of `select`, and why.

It looks a record up in the tables of the output, in the order in which records leave a run: rejected, contaminated,
excluded, a duplicate, outside the bounds, selected or passed over. Its text comes from the pool, which is read again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console
from rich.text import Text

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import ExplainConfig
from zip_pipeline.jobs.base import Job
from zip_pipeline.jobs.explain import records, scores
from zip_pipeline.jobs.explain.records import Record
from zip_pipeline.report.console import Reporter, printable
from zip_pipeline.report.texts import Parts, differences, excerpt, place_of
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import selection_output
from zip_pipeline.spark.session import session

LEFT = (schema.REJECTED_TABLE, schema.CONTAMINATED_TABLE, schema.EXCLUDED_TABLE, schema.DUPLICATES_TABLE)
"""Tables of records that could not be selected, in the order in which they leave."""

Row = dict[str, Any]
Found = dict[str, dict[str, Row]]
"""Rows by table and id."""

Fate = tuple[str, list[str], Manifest]
"""A word for what became of a record, the sentences that say why, and facts."""

PASSED, OUTSIDE = "passed over", "outside bounds"
"""Fates of a record that could have been selected, and of one that a bound kept out."""


def run(config: ExplainConfig, reporter: Reporter) -> Manifest:
    """Look records up; return ``records``: of each its ``id``, ``fate``, ``story`` and ``text``, and more where known.

    Raises:
        InputError: when the output is not that of a `select`.
    """
    path, section = config.output.path, config.explain
    selection_output.require_outputs(path)
    with ExitStack() as entered:
        with reporter.stage("session", "start Spark"):
            spark = entered.enter_context(session("zip_pipeline explain"))
        with reporter.stage("tables", "look the records up"):
            made = selection_output.manifest_of(path)
            ids = list(dict.fromkeys([*section.ids, *_sampled(spark, path, made, section.sample)]))
            found = {name: _rows(spark, path, made, name, ids) for name in (*LEFT, schema.SCORES_TABLE)}
            picked = _picked(spark, path, made).persist()
            found[schema.SELECTION_TABLE] = _by_id(picked.where(F.col("id").isin(ids)))
            fates = {record_id: _fate(record_id, found, made) for record_id in ids}
            last = picked.orderBy(F.desc(selection_output.PICK_RANK)).first()
        with reporter.stage("texts", "read their texts"):
            kept = [row["kept"] for row in found[schema.DUPLICATES_TABLE].values()]
            read = records.read(spark, made, [*ids, *kept, *([] if last is None else [last["id"]])], reporter)
        for record_id in ids:
            if fates[record_id][0] == PASSED and record_id in read:
                fates[record_id] = _within_columns(fates[record_id], read[record_id], made)
        passed = {name: read[name] for name in ids if fates[name][0] == PASSED and name in read}
        how = records.config_of(made)
        if passed and how is not None and last is not None and last["id"] in read:
            with reporter.stage("scores", "score them behind the selection"):
                finished = scores.Run(path, made, how, read[last["id"]])
                for record_id, (story, facts) in scores.explain(spark, finished, passed).items():
                    fate, before, more = fates[record_id]
                    fates[record_id] = fate, [*before, *story], {**more, **facts}
        picked.unpersist()
    return {"config": config.resolved(), "records": [_record(id_, fates[id_], found, read) for id_ in ids]}


def _sampled(spark: SparkSession, path: str, made: Manifest, count: int) -> list[str]:
    """Return ids of scored records, the same ones at every call: those of lowest hash."""
    if not count:
        return []
    scored = selection_output.table(spark, path, made, schema.SCORES_TABLE)
    return [row["id"] for row in scored.select("id").orderBy(F.xxhash64("id"), "id").limit(count).collect()]


def _rows(spark: SparkSession, path: str, made: Manifest, name: str, ids: Sequence[str]) -> dict[str, Row]:
    """Return the rows of a table by id; none where the run wrote no such table."""
    table = selection_output.table_if_any(spark, path, made, name)
    return {} if table is None else _by_id(table.where(F.col("id").isin([*ids])))


def _by_id(rows: DataFrame) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in sorted(rows.collect(), key=repr):  # a rejected copy has the id of the record that was used
        found.setdefault(row["id"], row.asDict())
    return found


def _picked(spark: SparkSession, path: str, made: Manifest) -> DataFrame:
    """Return id, rank and round of the picks."""
    picked = selection_output.scored(spark, path, made, "content", NullCodec())
    return picked.select("id", selection_output.PICK_RANK, selection_output.PICK_ROUND)


def _record(id_: str, fate: Fate, found: Found, read: Mapping[str, Record]) -> Manifest:
    """Return what became of a record."""
    name, story, more = fate
    score, record, kept = found[schema.SCORES_TABLE].get(id_), read.get(id_), read.get(more.get("kept", ""))
    if score is not None:
        size = f"{score['raw_bytes']:,} bytes, {score['compressed_bytes']:,} compressed, ratio {score['ratio']:.3f}"
        story = [f"source {score['source'] or schema.NO_SOURCE}; {size}", *story]
    if record is not None and record.place and name != schema.REJECTED_TABLE:
        story = [f"read from {record.place}", *story]
    part = {"id": id_, "fate": name, "story": story, "text": None if record is None else record.text, **more}
    return part if kept is None else {**part, "kept_text": kept.text}


def _fate(id_: str, found: Found, made: Manifest) -> Fate:
    """Return a word for what became of a record, the sentences that say why, and facts."""
    picked = found[schema.SELECTION_TABLE].get(id_)
    if picked is not None:
        count, rank = made["selection"]["records"], picked[selection_output.PICK_RANK]
        turn = picked[selection_output.PICK_ROUND]
        which = f"pick {rank + 1:,} of {count:,} ({schema.RANK} {rank})"
        line = f"selected: {which}, in round {turn + 1:,} ({schema.ROUND} {turn})"
        return "selected", [line], {"rank": rank}
    score = found[schema.SCORES_TABLE].get(id_)
    for name in LEFT:
        if name == schema.REJECTED_TABLE and score is not None:
            continue  # another record has this id, too; that one was rejected
        if (row := found[name].get(id_)) is not None:
            return name, [*_why_left(name, row)], {key: row[key] for key in ("kept", "reason", "jaccard") if key in row}
    if score is None:
        return "unknown", ["no record of this id was read; ids are text, as selection/ and scores/ have them"], {}
    if outside := [*_outside(score, made["input"].get("bounds", {}))]:
        return OUTSIDE, outside, {}
    rule = made["config"]["select"]["rule"]
    quotas = " and the quotas" if made["config"]["select"].get("quotas") else ""
    return PASSED, [f"could be selected, but the rule '{rule}'{quotas} took others"], {}


def _within_columns(fate: Fate, record: Record, made: Manifest) -> Fate:
    """Return the fate of a record whose bytes and ratio are within the bounds, from its other columns."""
    for name, limits in made["input"].get("bounds", {}).get("columns", {}).items():
        value, low, high = record.bounded.get(name), limits["min"], limits["max"]
        if value is None or (low is not None and value < low) or (high is not None and value > high):
            number = "null" if value is None else f"{value:,.6g}"
            ends = {"at least": low, "at most": high}
            asked = " and ".join(f"{words} {end:,.6g}" for words, end in ends.items() if end is not None)
            return OUTSIDE, [f"left out: its {name} is {number}, and the bounds ask for {asked}"], {}
    return fate


def _why_left(name: str, row: Row) -> Iterator[str]:
    likeness = f"Jaccard {row['jaccard']:.2f}, containment {row['containment']:.2f}" if "jaccard" in row else ""
    if name == schema.REJECTED_TABLE:
        yield f"rejected: {row['reason']}"
        if place := place_of(row.get("file"), row.get("line")):
            yield f"read from {place}"
        yield f"its row: {row['row']}"
    elif name == schema.CONTAMINATED_TABLE:
        shared = f"{row['passages']:,} passages with item {row['item']}, {row['share']:.0%} of what it has"
        yield f"left out: it shares {shared}, of the benchmark {row['benchmark']}"
    elif name == schema.EXCLUDED_TABLE:
        yield f"left out: a duplicate of {row['kept']}, which was chosen before; {likeness}"
    else:
        yield f"left out: a duplicate of {row['kept']}, which stays; {likeness}"


def _outside(score: Row, bounds: Mapping[str, float]) -> Iterator[str]:
    """Yield the bounds on bytes and ratio that a record is outside of."""
    for end, is_outside in (("min", float.__lt__), ("max", float.__gt__)):
        for name, key in (("bytes", "raw_bytes"), ("ratio", "ratio")):
            bound = bounds.get(f"{end}_{name}")
            if bound is not None and is_outside(float(score[key]), float(bound)):
                side = "below" if end == "min" else "above"
                yield f"left out: its {name}, {score[key]:,.6g}, {side} the bound {bound:,.6g}"


def show(console: Console, manifest: Manifest) -> None:
    """Print each record's story and text; of a duplicate also the text that stays, and what differs."""
    for record in manifest["records"]:
        console.rule(Text(printable(record["id"])), align="left")
        for line in record["story"]:
            console.print(printable(line), markup=False, highlight=False)
        for label, text in _passages(record):
            if label:
                console.print(label, markup=False, highlight=False)
            console.print("\n".join(map(printable, excerpt(text).splitlines())), markup=False, highlight=False)


def _passages(record: Manifest) -> Iterator[tuple[str, str]]:
    """Yield the text of a record; of a duplicate both texts, with what the other one has not between signs."""
    text, kept = record["text"], record.get("kept_text")
    if text is not None and kept is not None:
        own, other = differences(text, kept)
        yield "its text; what only one of both has stands between {+ and +}:", marked(own)
        yield f"the text of {printable(record['kept'])}, which stays:", marked(other)
    elif text is not None:
        yield "", text


def marked(parts: Parts) -> str:
    """Return the pieces of a text as one, those with a mark between signs.

    >>> marked([("the ", ""), ("old", "gone"), (" cat", "")])
    'the {+old+} cat'
    """
    return "".join(f"{{+{text}+}}" if mark else text for text, mark in parts)


JOB = Job(run, show)
