"""The plan of `measure`: a sample of each data set, measured; what is beyond the samples costs as much a byte."""

from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import MeasureConfig
from zip_pipeline.jobs.base import Run
from zip_pipeline.jobs.measure import measures
from zip_pipeline.jobs.measure.job import inputs_of, named, records_of
from zip_pipeline.jobs.measure.measures import Method
from zip_pipeline.jobs.planning import rates
from zip_pipeline.jobs.planning.plan import Stages, plan
from zip_pipeline.jobs.planning.pools import spark_rate
from zip_pipeline.jobs.planning.sample import draw
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.catalog.versions import pin

PASSES = 6
"""How often a byte of a set moves, as long as reading it takes: it is counted, put into order, sent to its shard; as
seen."""


def look(run: Run[MeasureConfig], stages: Stages) -> Manifest:
    """Measure samples of the data sets."""
    config, places = run.config, named(run.config.places())
    codec, section = config.codec.to_codec(), config.measure
    codec.stream()  # refuses what this machine cannot measure
    method = Method(codec, codec.build(), FRAMINGS[config.render].separator, config.shard_bytes(), section.seed)
    samples = {name: draw(run.open_corpus(pin(run.spark, place))) for name, place in places.items()}
    corpora = {name: sample.corpus for name, sample in samples.items()}
    scorers = {name: corpus.scorer(config.render, NullCodec()) for name, corpus in corpora.items()}
    first = next(iter(samples))
    _, payloads = rates.of_scoring(scorers[first], samples[first].batches())
    with stages.measured("read the data sets"):
        records = records_of(corpora, scorers, section.by, run.output.scratch)
        inputs = inputs_of(records, places, corpora)
    sources = max(part["sources"] for part in inputs)
    per_source = section.per_source and sources <= measures.MOST_SOURCES
    with stages.measured("measure"):
        measured = measures.measure(records, method, per_source=per_source)
    found, beyond = [], 0.0
    for part, one in zip(inputs, samples.values(), strict=True):
        size = sum(row["raw_bytes"] for row in measured if row["data_set"] == part["name"])
        beyond += one.scaled(size) - size
        rejected = one.scaled(part["rejected"])
        found.append(
            {**part, "rows": one.rows, "sample": one.drawn, "records": one.rows - rejected, "rejected": rejected}
        )
    reading = spark_rate(run, samples[first], scorers[first], payloads)
    stages.add("read the data sets", 0.0, beyond * reading)
    times = 2 if per_source and sources > 1 else 1  # each source by itself, too
    stages.add("measure", 0.0, beyond * times * (rates.of_stream(codec, payloads) + PASSES * reading))
    lines = [
        f"{part['name']}: {part['rows']:,} rows, of which about {part['rejected']:,} cannot be used, and "
        f"{part['sources']:,} sources, as a sample of {part['sample']:,} says"
        for part in found
    ]
    return {"inputs": found, "lines": lines}


run = plan("measure", look)
