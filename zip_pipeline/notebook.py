"""The pipeline for a notebook: DataFrames in, DataFrames out, on the session that they belong to."""

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from pyspark.sql import DataFrame

from zip_pipeline import schema
from zip_pipeline.config import CodecSection, Measure, Run, Select, validate
from zip_pipeline.core.render import FRAMINGS
from zip_pipeline.core.stored import StoredCodec
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.lake import corpus, measuring, scoring, selection
from zip_pipeline.lake.corpus import Corpus
from zip_pipeline.lake.pool import ScoredPool
from zip_pipeline.lake.scoring import Scorer
from zip_pipeline.lake.session import ship_package
from zip_pipeline.lake.storage import Location
from zip_pipeline.measuring import sets
from zip_pipeline.measuring.sets import Method
from zip_pipeline.selecting import reducer
from zip_pipeline.selecting.eligible import candidates_of, duplicates_in, quotas_of, values_of


def select(
    pool: DataFrame,
    *,
    budget: int | str,
    rule: str = "gain",
    k1: int | None = None,
    k2: int | None = None,
    k3: int | None = None,
    deduplicate: str = "near",
    prefer: str | None = None,
    codec: str = "zlib",
    level: int | None = None,
    window: str | None = None,
    render: str = "content",
    workers: int | str = "auto",
    staging: str | None = None,
    **columns: str,
) -> DataFrame:
    """Return the selected rows: the columns of `pool` and those of `schema.PICKED`, in order of picking.

    Records that cannot be used are passed over; `score` tells which. Bounds, quotas, pools and what extends an earlier
    selection are for the job.

    Args:
        pool: the records.
        budget: how many to select: records, or ``200MB``, or ``5%``.
        rule: and `k1`, `k2`, `k3`: as in the config's section ``select``.
        k1: see `rule`.
        k2: see `rule`.
        k3: see `rule`.
        deduplicate: ``near``, ``exact`` or ``none``.
        prefer: a column of numbers: of duplicates the one with the highest stays; None: the lowest id.
        codec: and `level`, `window`: as in the config's section ``codec``.
        level: see `codec`.
        window: see `codec`.
        render: ``content`` or ``repr``.
        workers: threads, or ``auto``.
        staging: a folder that the driver and the executors reach; None: a temporary one of this machine, which
            is enough for a local Spark.
        columns: `dialect`, `id_column`, `text_column`, `source_column`, `preference`: see `corpus.describe`.

    Raises:
        UserError: as the job ``select``.
    """
    numbers = {name: number for name, number in (("k1", k1), ("k2", k2), ("k3", k3)) if number is not None}
    section = validate(Select, {"budget": budget, "rule": rule, **numbers})
    if deduplicate not in ("near", "exact", "none"):
        raise ConfigError(f"deduplicate: expected near, exact or none, found {deduplicate!r}")
    threads = validate(Run, {"workers": workers}).threads()
    scorer, records = _prepare(pool, {"name": codec, "level": level, "window": window}, render, columns)
    with _folder(staging) as folder:
        values = values_of(records, scorer, prefer)
        scored = ScoredPool.create(records, scorer, folder)
        rows = scored.records()
        if deduplicate != "none":
            rows = rows.join(duplicates_in(rows, deduplicate, folder / "near", values), "id", "left_anti")
        candidates = candidates_of(section, rows, rows.count(), scored.summary, folder)
        quotas = quotas_of(section, candidates, scored.summary)
        frontier = reducer.frontier_of(candidates, quotas, section, seed=0)
        anchor = reducer.evaluator_for(scorer, frontier.payloads, threads)
        picks = list(reducer.pick(frontier, anchor, quotas, section))
    picked = selection.table_of(pool.sparkSession, picks)
    return selection.join_back(records, scorer, picked, one_row_an_id=not scored.summary.rejected)


def score(
    pool: DataFrame,
    *,
    codec: str = "zlib",
    level: int | None = None,
    window: str | None = None,
    render: str = "content",
    **columns: str,
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
    scorer, records = _prepare(pool, {"name": codec, "level": level, "window": window}, render, columns)
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
    **columns: str,
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
    section = validate(Measure, {"seed": seed, "shard": shard})
    scorer, records = _prepare(data, {"name": codec, "level": level, "window": window}, render, columns)
    shard_bytes = section.shard_bytes(scorer.codec.window)
    method = Method(scorer.codec, scorer.build, FRAMINGS[render].separator, shard_bytes, seed)
    with _folder(staging) as folder:
        kept = measuring.keep(
            records, replace(scorer, codec=StoredCodec(), build=StoredCodec().build()), name, by, folder / "records"
        )
        ways = {name: sets.way(scorer.codec, scorer)}
        rows = sets.described(sets.measure(kept, method, per_source=False), method, ways)
    if not rows:
        raise InputError(f"{name}: no record can be used")
    return sets.table(data.sparkSession, rows)


def _prepare(
    pool: DataFrame, codec: Mapping[str, object], render: str, columns: dict[str, str]
) -> tuple[Scorer, Corpus]:
    how = validate(CodecSection, {key: value for key, value in codec.items() if value is not None}).build()
    if render not in FRAMINGS:
        raise ConfigError(f"render: expected {' or '.join(FRAMINGS)}, found {render!r}")
    ship_package(pool.sparkSession)
    records = corpus.describe(pool, **columns)
    return Scorer.of(records, render, how), records


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
