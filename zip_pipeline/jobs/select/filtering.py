"""Which records of a scored pool are eligible.

They are within the bounds, share no passage with a benchmark, are no duplicates, and are no part of the set that the
run extends.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.config import SelectConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.removals import Removals, leave_out
from zip_pipeline.jobs.select import extend
from zip_pipeline.jobs.select.budget import eligible_of, quotas_of
from zip_pipeline.jobs.select.extend import BaseSet
from zip_pipeline.selection.quotas import Quotas
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.eligible import Bounds, Eligible
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.tasks.score import Scorer


@dataclass(frozen=True)
class FilteredPool:
    """The eligible records of a pool, and how many of them a run selects.

    Attributes:
        eligible: the records, in strata.
        rows: the same as a table, of `schema.SCORED`.
        quotas: budget and strata.
        part: the manifest's, on the records left out and why.
        base_part: the manifest's, on the records that the base excludes.
        removals: the records left out as contaminated, or as duplicates.
        fingerprint: of the pool and of the records left out, 16 hexadecimal digits.
    """

    eligible: Eligible
    rows: DataFrame
    quotas: Quotas
    part: dict[str, Any]
    base_part: dict[str, int]
    removals: Removals
    fingerprint: str


def filter_pool(
    pool: ScoredPool,
    scorer: Scorer,
    config: SelectConfig,
    stages: Location,
    base: BaseSet,
    priorities: DataFrame | None = None,
) -> FilteredPool:
    """Leave out records outside the bounds, then those of the base, then contaminated ones, then duplicates.

    Tables that `stages` has already are not computed again.

    Args:
        pool: the scored pool.
        scorer: of the pool.
        config: of the run.
        stages: folder for tables of this stage.
        base: the set to extend; may be empty.
        priorities: see `deduplication.duplicates_in`.

    Raises:
        InputError: when no record is eligible, or more are duplicates than may be.
        ConfigError: when a quota names a stratum that does not exist.
    """
    rows, records = pool.records(), pool.summary.records
    sizes = pool.summary.records_by_source()
    part: dict[str, Any] = {"outside_bounds": 0}
    bounds = bounds_of(config, rows.sparkSession, scorer)
    if bounds != Bounds():
        rows = rows.where(bounds.hold())
        sizes = dict(rows.groupBy("source").count().collect())
        part["outside_bounds"] = records - sum(sizes.values())
        part["bounds"] = {name: value for name, value in vars(bounds).items() if value is not None}
        records = sum(sizes.values())
    if not records:
        raise InputError(f"no record is within the bounds {part['bounds']}")
    rest = base.exclude(rows, records, stages)
    if not rest.records:
        raise InputError("every record that could be selected is in the set that select.extend names")
    if rest.records < records:
        sizes = dict(rest.rows.groupBy("source").count().collect())
    before = extend.places(config)
    removals = leave_out(rest.rows, sizes, config.input, stages, priorities, before, config.render)
    part |= removals.counts()
    part["candidates"] = removals.records
    eligible = eligible_of(config.select, removals.rest, removals.records, pool.summary, stages, base.rows)
    facts = json.dumps([pool.summary.fingerprint, part, removals.facts()], sort_keys=True).encode()
    fingerprint = hashlib.blake2b(facts, digest_size=8).hexdigest()
    quotas = quotas_of(config.select, eligible, pool.summary)
    return FilteredPool(eligible, removals.rest, quotas, part, rest.part, removals, fingerprint)


def bounds_of(config: SelectConfig, spark: SparkSession, scorer: Scorer) -> Bounds:
    """Return the bounds of a run; the config's own and those of a reference set hold together.

    Raises:
        InputError: when the reference set cannot be used.
    """
    section = config.select.bounds
    own = Bounds(section.min_bytes, section.max_bytes, section.min_ratio, section.max_ratio)
    reference = section.reference
    if reference is None:
        return own
    corpus = open_corpus(spark, config.input.like(reference.path, reference.format))
    scores = scoring.score(corpus, corpus.scorer(scorer.render_name, scorer.codec)).where("reason is null")
    quantiles = F.percentile("ratio", F.array(F.lit(reference.lower), F.lit(reference.upper)))
    try:
        first = scores.select(quantiles).first()
    except Exception as error:
        raise user_error(error, f"select.bounds.from: {reference.path}") or error from error
    if first is None or first[0] is None:
        raise InputError(f"select.bounds.from: {reference.path}: none of its records can be used")
    lower, upper = first[0]
    lower = lower if own.min_ratio is None else max(lower, own.min_ratio)
    upper = upper if own.max_ratio is None else min(upper, own.max_ratio)
    return replace(own, min_ratio=lower, max_ratio=upper)
