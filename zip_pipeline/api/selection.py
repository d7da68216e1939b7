"""`select` and `score` for a notebook."""

from collections.abc import Mapping
from typing import Any, Unpack

from pyspark.sql import DataFrame

from zip_pipeline import schema
from zip_pipeline.api.frames import Reading, config_of, describe, set_keys, temporary_folder
from zip_pipeline.config import ScoreConfig, SelectConfig
from zip_pipeline.jobs.duplicates import priorities_of
from zip_pipeline.jobs.select.coverage import aim
from zip_pipeline.jobs.select.extend import BaseSet
from zip_pipeline.jobs.select.filtering import filter_pool
from zip_pipeline.spark import picked_rows, scoring
from zip_pipeline.spark.numbers import numbers_of
from zip_pipeline.spark.scored_pool import ScoredPool

TARGET = "target"
"""Name of the target in messages; it has no path."""


def select(
    pool: DataFrame,
    *,
    budget: int | str,
    target: DataFrame | None = None,
    rule: str | None = None,
    k1: int | None = None,
    k2: int | None = None,
    k3: int | None = None,
    quotas: str | Mapping[str, Mapping[str, Any]] | None = None,
    weight: str | None = None,
    seed: int = 0,
    deduplicate: str | Mapping[str, Any] = "near",
    prefer: str | None = None,
    codec: str = "zlib",
    level: int | None = None,
    window: str | None = None,
    render: str = "content",
    workers: int | str = "auto",
    staging: str | None = None,
    **reading: Unpack[Reading],
) -> DataFrame:
    """Return the selected rows: the columns of `pool` and those of `schema.PICKED`, in order of picking.

    Records that cannot be used are passed over; `score` tells which. Bounds, partitions and what extends an earlier
    selection are for the job.

    Args:
        pool: the records.
        budget: how many to select: records, or ``200MB``, or ``50M tokens``, or ``5%``.
        target: records like those that you want, read as the pool is; the rule ``target`` chooses for them.
        rule: and `k1`, `k2`, `k3`: as in the config's section ``select``; None: ``target`` where there is a target,
            else the default.
        k1: see `rule`.
        k2: see `rule`.
        k3: see `rule`.
        quotas: as in the config: ``tempered``, ``proportional``, by source ``{"books": {"share": 0.5}}``, or ``{}`` for
            none; None: the rule's own.
        weight: a column of numbers by which scores are multiplied; None: none.
        seed: of the order in which ``gain`` looks at records.
        deduplicate: ``near``, ``exact``, ``none``, or the config's section ``input.deduplicate``.
        prefer: a column of numbers: of duplicates the one with the highest stays; None: the lowest id.
        codec: and `level`, `window`: as in the config's section ``codec``.
        level: see `codec`.
        window: see `codec`.
        render: ``content`` or ``repr``.
        workers: threads, or ``auto``.
        staging: a folder that the driver and the executors reach; None: a temporary one of this machine, which
            is enough for a local Spark.
        reading: `dialect`, `id_column`, `text_column`, `source_column`, `tokens_column`, `tokenizer`, `preference`,
            `media`: as in the config's section ``input``, where the columns are ``columns.id`` and so on.

    Raises:
        UserError: as the job ``select``.
    """
    keys: dict[str, Any] = {
        "codec": set_keys(name=codec, level=level, window=window),
        "render": render,
        "input": {"deduplicate": deduplicate, "prefer": prefer},
        "select": {"budget": budget, **set_keys(rule=rule, k1=k1, k2=k2, k3=k3, quotas=quotas, weight=weight)},
        "run": {"workers": workers, "seed": seed},
    }
    if target is not None:
        keys["select"]["target"] = {"table": TARGET}
    config = config_of(SelectConfig, keys, reading)
    selector = config.selector()
    records = describe(pool, config.input)
    targets = [(TARGET, describe(target, place)) for place in config.select.target] if target is not None else []
    numbers = numbers_of(records, config.number_columns, config.input.tokenizer)
    scorer = records.scorer(config.render, selector.codec, config.input.deduplicate.compared, numbers)
    with temporary_folder(staging) as folder:
        priorities = priorities_of(records, scorer, prefer)
        scored = ScoredPool.create(records, scorer, folder)
        filtered = filter_pool(scored, scorer, config, folder, BaseSet(), priorities, targets)
        aimed = aim(selector, config, filtered, BaseSet(), scored.summary, targets, scorer, folder)
        picks = list(filtered.eligible.begin(aimed.selector, filtered.quotas, seed).picks())
    picked = picked_rows.table_of(pool.sparkSession, picks)
    return picked_rows.join_back(records, scorer, picked, one_row_an_id=not scored.summary.rejected)


def score(
    pool: DataFrame,
    *,
    codec: str = "zlib",
    level: int | None = None,
    window: str | None = None,
    render: str = "content",
    **reading: Unpack[Reading],
) -> DataFrame:
    """Return the scores of every record: the columns of `schema.SCORES`, and ``reason`` where there are none.

    Args:
        pool: the records.
        codec: and `level`, `window`: as in the config's section ``codec``.
        level: see `codec`.
        window: see `codec`.
        render: ``content`` or ``repr``.
        reading: see `select`.
    """
    keys = {"codec": set_keys(name=codec, level=level, window=window), "render": render}
    config = config_of(ScoreConfig, keys, reading)
    records = describe(pool, config.input)
    numbers = numbers_of(records, config.number_columns, config.input.tokenizer)
    scorer = records.scorer(config.render, config.codec.to_codec(), numbers=numbers)
    tokens = [name for name in numbers.names if name == schema.TOKENS]
    return scoring.score(records, scorer).select(*schema.SCORES, *tokens, "reason")
