"""The job ``measure``: the compression ratio of whole data sets, one or several, and of their sources."""

import functools
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input, MeasureConfig
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.history import Versions
from zip_pipeline.jobs.manifest import codec_part, origin_part
from zip_pipeline.jobs.measure import data_sets, measures
from zip_pipeline.jobs.measure.measures import Method
from zip_pipeline.jobs.measure.report import measure_page, show
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.report.console import Reporter
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.reader import name_of
from zip_pipeline.spark.scored_pool import rejected_of
from zip_pipeline.tasks.score import Scorer


def run(config: MeasureConfig, reporter: Reporter) -> Manifest:
    """Measure data sets; return the manifest."""
    section, places = config.measure, named(config.places())
    codec = config.codec.to_codec()
    codec.stream()  # refuses what this machine cannot measure, before anything is read
    method = Method(codec, codec.build(), FRAMINGS[config.render].separator, config.shard_bytes(), section.seed)
    with Run("measure", config, reporter) as run:
        versions = Versions(config.history, run.spark)
        with run.stage("read", "read the data sets"):
            places = dict(zip(places, run.pin().places(), strict=True))
            corpora = {name: run.open_corpus(place) for name, place in places.items()}
            scorers = {name: corpus.scorer(config.render, NullCodec()) for name, corpus in corpora.items()}
            records = records_of(corpora, scorers, section.by, run.output.scratch)
            inputs = inputs_of(records, places, corpora)
            if any(part["rejected"] for part in inputs):
                run.output.write(rejected_of(records, "name"), schema.REJECTED_TABLE)

        with run.stage("measure", "measure"):
            per_source = section.per_source and max(part["sources"] for part in inputs) <= measures.MOST_SOURCES
            if section.per_source and not per_source:
                run.say(f"more than {measures.MOST_SOURCES:,} sources: none is measured by itself")
            rows = measures.complete(measures.measure(records, method, per_source=per_source), method, scorers)

        with run.stage("write", "write the measures"):
            run.output.write(measures.table(run.spark, rows), schema.MEASURES_TABLE)
            entries = versions.entries(rows, "measure")
            drift = versions.drift(run.spark, entries)

        manifest = run.manifest(
            codec=codec_part(config.codec, method.build),
            measure=method.part(),
            inputs=inputs,
            sets=rows,
            history=drift,
        )
        run.publish(manifest, measure_page(manifest))
        if config.history.is_kept:
            with run.stage("history", "append to the history"):
                versions.append(run.spark, entries)
    return manifest


def named(places: Sequence[Input]) -> dict[str, Input]:
    """Name data sets by the last parts of their paths, or by as much more as makes the names differ.

    Raises:
        ConfigError: when a data set appears twice.
    """
    paths = list(map(name_of, places))
    last = [path.rstrip("/").rpartition("/")[2] for path in paths]
    choices = [[f"{key}={value}" for key, value in place.options.items()] + [place.where or ""] for place in places]
    longer = [
        [" ".join([name, *more]).strip() for name, more in zip(names, choices, strict=True)] for names in (last, paths)
    ]
    for names in (last, paths, *longer):
        if len(set(names)) == len(names):
            return dict(zip(names, places, strict=True))
    raise ConfigError(f"measure.inputs: a data set appears twice in {', '.join(longer[-1])}")


def records_of(
    corpora: Mapping[str, Corpus], scorers: Mapping[str, Scorer], by: str | None, scratch: Location
) -> DataFrame:
    """Return the rendered records of all data sets as one table; see `data_sets.store`."""
    tables = [
        data_sets.store(corpus, scorers[name], name, by, scratch / f"records-{number}")
        for number, (name, corpus) in enumerate(corpora.items())
    ]
    return functools.reduce(DataFrame.unionByName, tables)


def inputs_of(records: DataFrame, places: Mapping[str, Input], corpora: Mapping[str, Corpus]) -> list[Manifest]:
    """Return the manifest's part on what was read: for each data set its records, rejects, sources and dialect.

    Raises:
        InputError: when no record of a data set can be used, or one cannot and its ``on_bad_record`` is ``fail``.
    """
    sizes = [F.count("payload"), F.count("reason"), F.count_distinct("source"), F.mode("reason")]
    counts = {name: numbers for name, *numbers in records.groupBy("name").agg(*sizes).collect()}
    inputs = []
    for name, place in places.items():
        usable, rejected, sources, reason = counts.get(name, (0, 0, 0, None))
        if not usable:
            raise InputError(f"{name}: no record can be used: {reason or 'it is empty'}")
        if rejected and place.on_bad_record == "fail":
            raise InputError(f"{name}: {rejected:,} records cannot be used, most of them: {reason}")
        part = {"name": name, "records": usable, "rejected": rejected, "sources": sources}
        inputs.append({**part, "dialect": corpora[name].dialect.name, **origin_part(corpora[name].origin)})
    return inputs


JOB = Job(run, show)
