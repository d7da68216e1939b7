"""The pipeline for a notebook: DataFrames in, DataFrames out, on the session that they belong to."""

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypedDict, TypeVar, Unpack

from pyspark.sql import DataFrame

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input, MeasureConfig, MeasuringConfig, ScoreConfig, SelectConfig, validate
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.measure import data_sets, measures
from zip_pipeline.jobs.measure.measures import Method
from zip_pipeline.jobs.select.budget import eligible_of, quotas_of
from zip_pipeline.jobs.select.filtering import values_of
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.spark import corpus, deduplication, picked_rows, scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.spark.session import ship_package
from zip_pipeline.tasks.score import Scorer

AnyConfig = TypeVar("AnyConfig", bound=MeasuringConfig)


class Reading(TypedDict, total=False):
    """How the rows of a DataFrame are read as records: keyword arguments of every function here."""

    dialect: str
    id_column: str
    text_column: str
    source_column: str | None
    preference: str


def select(
    pool: DataFrame,
    *,
    budget: int | str,
    rule: str = "gain",
    k1: int | None = None,
    k2: int | None = None,
    k3: int | None = None,
    quotas: str | Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
    deduplicate: str = "near",
    prefer: str | None = None,
    codec: str = "zlib",
    level: int | None = None,
    window: str | None = None,
    render: str = "content",
    workers: int | str = "auto",
    staging: str | None = None,
    **columns: Unpack[Reading],
) -> DataFrame:
    """Return the selected rows: the columns of `pool` and those of `schema.PICKED`, in order of picking.

    Records that cannot be used are passed over; `score` tells which. Bounds, pools and what extends an earlier
    selection are for the job.

    Args:
        pool: the records.
        budget: how many to select: records, or ``200MB``, or ``5%``.
        rule: and `k1`, `k2`, `k3`: as in the config's section ``select``.
        k1: see `rule`.
        k2: see `rule`.
        k3: see `rule`.
        quotas: as in the config: ``tempered``, ``proportional``, by source ``{"books": {"share": 0.5}}``, or ``{}`` for
            none; None: the rule's own.
        seed: of the order in which ``gain`` looks at records.
        deduplicate: ``near``, ``exact`` or ``none``.
        prefer: a column of numbers: of duplicates the one with the highest stays; None: the lowest id.
        codec: and `level`, `window`: as in the config's section ``codec``.
        level: see `codec`.
        window: see `codec`.
        render: ``content`` or ``repr``.
        workers: threads, or ``auto``.
        staging: a folder that the driver and the executors reach; None: a temporary one of this machine, which
            is enough for a local Spark.
        columns: `dialect`, `id_column`, `text_column`, `source_column`, `preference`: as in the config's
            section ``input``, where the three columns are ``columns.id``, ``columns.text`` and ``columns.source``.

    Raises:
        UserError: as the job ``select``.
    """
    given = {
        "codec": _given(name=codec, level=level, window=window),
        "render": render,
        "input": {"deduplicate": deduplicate, "prefer": prefer},
        "select": {"budget": budget, "rule": rule, **_given(k1=k1, k2=k2, k3=k3, quotas=quotas)},
        "run": {"workers": workers, "seed": seed},
    }
    config = _config(SelectConfig, given, columns)
    section, selector = config.select, config.selector()
    scorer, records = _prepare(pool, config, config.input)
    with _folder(staging) as folder:
        values = values_of(records, scorer, prefer)
        scored = ScoredPool.create(records, scorer, folder)
        rows = scored.records()
        if deduplicate != "none":
            rows = rows.join(deduplication.duplicates_in(rows, deduplicate, folder / "near", values), "id", "left_anti")
        eligible = eligible_of(section, rows, rows.count(), scored.summary, folder)
        strata = quotas_of(section, eligible, scored.summary)
        picks = list(eligible.begin(selector, strata, seed).picks())
    picked = picked_rows.table_of(pool.sparkSession, picks)
    return picked_rows.join_back(records, scorer, picked, one_row_an_id=not scored.summary.rejected)


def score(
    pool: DataFrame,
    *,
    codec: str = "zlib",
    level: int | None = None,
    window: str | None = None,
    render: str = "content",
    **columns: Unpack[Reading],
) -> DataFrame:
    """Return the scores of every record: the columns of `schema.SCORES`, and ``reason`` where there are none.

    Args:
        pool: the records.
        codec: and `level`, `window`: as in the config's section ``codec``.
        level: see `codec`.
        window: see `codec`.
        render: ``content`` or ``repr``.
        columns: see `select`.
    """
    given = {"codec": _given(name=codec, level=level, window=window), "render": render}
    config = _config(ScoreConfig, given, columns)
    scorer, records = _prepare(pool, config, config.input)
    return scoring.score(records, scorer).select(*schema.SCORES, "reason")


def measure(
    data: DataFrame,
    *,
    by: str | None = None,
    seed: int = 0,
    shard: str = "auto",
    codec: str = "zlib",
    level: int | None = None,
    window: str | None = None,
    render: str = "content",
    name: str = "data",
    staging: str | None = None,
    **columns: Unpack[Reading],
) -> DataFrame:
    """Return the ratio of the whole, or of each value of a column: a row of `schema.MEASURES` each.

    Records that cannot be used are passed over; `score` tells which.

    Args:
        data: the records.
        by: a column whose values are data sets of their own.
        seed: and `shard`: as in the config's section ``measure``.
        shard: see `seed`.
        codec: and `level`, `window`: as in the config's section ``codec``.
        level: see `codec`.
        window: see `codec`.
        render: ``content`` or ``repr``.
        name: of the data set, in the table.
        staging: see `select`.
        columns: see `select`.

    Raises:
        UserError: as the job ``measure``.
    """
    given = {
        "codec": _given(name=codec, level=level, window=window),
        "render": render,
        "measure": {"seed": seed, "shard": shard},
    }
    config = _config(MeasureConfig, given, columns)
    scorer, records = _prepare(data, config, *config.places())
    method = Method(scorer.codec, scorer.build, FRAMINGS[render].separator, config.shard_bytes(), seed)
    with _folder(staging) as folder:
        kept = data_sets.store(
            records, replace(scorer, codec=NullCodec(), build=NullCodec().build()), name, by, folder / "records"
        )
        ways = {name: measures.codec_label(scorer.codec, scorer)}
        rows = measures.complete(measures.measure(kept, method, per_source=False), method, ways)
    if not rows:
        raise InputError(f"{name}: no record can be used")
    return measures.table(data.sparkSession, rows)


def _given(**values: object) -> dict[str, Any]:
    """Return what was given; of the rest the config knows the default."""
    return {key: value for key, value in values.items() if value is not None}


def _config(model: type[AnyConfig], given: Mapping[str, Any], columns: Reading) -> AnyConfig:
    """Return the config that the job would have, so that it refuses what the job refuses.

    The pool comes as a DataFrame and what is made goes as one: their places are names that nobody looks at.
    """
    place = {"table": "pool", **_reading(**columns), **given.get("input", {})}
    return validate(model, {**given, "input": place, "output": {"path": "rows"}})


def _reading(
    *,
    dialect: str = "auto",
    id_column: str = "id",
    text_column: str = "text",
    source_column: str | None = "source",
    preference: str = "both",
) -> dict[str, Any]:
    """Return the config's keys for how records are read."""
    columns = {"id": id_column, "text": text_column, "source": source_column}
    return {"dialect": dialect, "columns": columns, "preference": preference}


def _prepare(pool: DataFrame, config: MeasuringConfig, place: Input) -> tuple[Scorer, Corpus]:
    ship_package(pool.sparkSession)
    records = corpus.describe(pool, place)
    return records.scorer(config.render, config.codec.build()), records


@contextmanager
def _folder(staging: str | None) -> Iterator[Location]:
    """Lend a folder of its own."""
    if staging is None:
        with tempfile.TemporaryDirectory(prefix="zip_pipeline-") as path:
            yield Location.of(path)
        return
    folder = Location.of(staging) / f"zip_pipeline-{secrets.token_hex(4)}"
    try:
        yield folder
    finally:
        folder.delete()
