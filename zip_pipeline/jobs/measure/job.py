"""The job ``measure``: the ratio of whole data sets, of one or of several at once."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input, MeasureConfig
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.history import Versions
from zip_pipeline.jobs.manifest import codec_part
from zip_pipeline.jobs.measure import data_sets, measures, pages
from zip_pipeline.jobs.measure.measures import Method
from zip_pipeline.jobs.measure.report import show
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.report.console import Reporter
from zip_pipeline.report.page import Part
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.io.reader import name_of


def run(config: MeasureConfig, reporter: Reporter) -> Part:
    """Measure data sets; return the manifest."""
    codec, asked, places = config.codec.build(), config.measure, _named(config.places())
    codec.prefix()  # refuses what this machine cannot measure before anything is read
    method = Method(codec, codec.build(), FRAMINGS[config.render].separator, config.shard_bytes(), asked.seed)
    versions = Versions(config.history)
    with Run("measure", config, reporter) as run:
        spark, output = run.spark, run.output
        with run.stage("read", "read the data sets"):
            corpora = {name: open_corpus(spark, place) for name, place in places.items()}
            scorers = {name: corpus.scorer(config.render, NullCodec()) for name, corpus in corpora.items()}
            kept = [
                data_sets.store(corpora[name], scorers[name], name, asked.by, output.scratch / f"records-{number}")
                for number, name in enumerate(places)
            ]
            records = functools.reduce(DataFrame.unionByName, kept)
            inputs = [part | {"dialect": corpora[part["name"]].dialect.name} for part in _counts(records, places)]
            if any(part["rejected"] for part in inputs):
                rejected = records.where("reason is not null").select("name", *schema.REJECTED)
                output.write(rejected, schema.REJECTED_TABLE)

        with run.stage("measure", "measure"):
            ways = {name: measures.codec_label(codec, scorer) for name, scorer in scorers.items()}
            per_source = asked.per_source and max(part["sources"] for part in inputs) <= measures.MOST_SOURCES
            if asked.per_source and not per_source:
                run.say(f"more than {measures.MOST_SOURCES:,} sources: none is measured by itself")
            rows = measures.complete(measures.measure(records, method, per_source=per_source), method, ways)

        with run.stage("write", "write the measures"):
            output.write(measures.table(spark, rows), schema.MEASURES_TABLE)
            entries = versions.entries(rows, "measure")
            drift = versions.drift(spark, entries)

        manifest = run.manifest(
            codec=codec_part(config.codec, method.build),
            measure=method.part(),
            inputs=inputs,
            sets=rows,
            history=drift,
        )
        run.publish(manifest, pages.measure(manifest))
        if config.history.path is not None:
            with run.stage("history", "append to the history"):
                versions.append(spark, entries)
    return manifest


def _named(places: Sequence[Input]) -> dict[str, Input]:
    """Return data sets by the last parts of their paths, or by as much more as tells one from another.

    Raises:
        ConfigError: when one stands twice.
    """
    paths = list(map(name_of, places))
    last = [path.rstrip("/").rpartition("/")[2] for path in paths]
    told = [[f"{key}={value}" for key, value in place.options.items()] + [place.where or ""] for place in places]
    fuller = [
        [" ".join([name, *more]).strip() for name, more in zip(names, told, strict=True)] for names in (last, paths)
    ]
    for names in (last, paths, *fuller):
        if len(set(names)) == len(names):
            return dict(zip(names, places, strict=True))
    read = fuller[-1]
    raise ConfigError(f"measure.inputs: a data set stands twice in {', '.join(read)}")


def _counts(records: DataFrame, places: Mapping[str, Input]) -> list[dict[str, Any]]:
    """Return by data set how many records there are, how many cannot be used, and how many sources are named.

    Raises:
        InputError: when none can, or one cannot and that is to fail.
    """
    sizes = [F.count("payload"), F.count("reason"), F.count_distinct("source"), F.mode("reason")]
    counts = {name: found for name, *found in records.groupBy("name").agg(*sizes).collect()}
    kinds = ("records", "rejected", "sources")
    for name, place in places.items():
        usable, rejected, _, reason = counts.get(name, (0, 0, 0, None))
        if not usable:
            raise InputError(f"{name}: no record can be used: {reason or 'it is empty'}")
        if rejected and place.on_bad_record == "fail":
            raise InputError(f"{name}: {rejected:,} records cannot be used, most of them: {reason}")
    return [{"name": name, **dict(zip(kinds, counts[name], strict=False))} for name in places]


JOB = Job(MeasureConfig, run, show)
