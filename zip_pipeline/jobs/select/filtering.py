"""Which records of a scored pool are eligible.

They are within the bounds, share no passage with a benchmark, are no duplicates, and are no part of the set that the
run extends.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.config import SelectConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.left_out import amounts_of
from zip_pipeline.jobs.manifest import amount_of_pool
from zip_pipeline.jobs.removals import Removals, leave_out
from zip_pipeline.jobs.select import extend
from zip_pipeline.jobs.select.bounds import bounds_of
from zip_pipeline.jobs.select.budget import eligible_of, quotas_of
from zip_pipeline.jobs.select.extend import BaseSet
from zip_pipeline.report.funnel import amount, less
from zip_pipeline.schema import Manifest
from zip_pipeline.selection.quotas import Quotas
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.eligible import Bounds, Eligible
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.scored_pool import ScoredPool, Summary
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
        leaving: amounts of the records that left, by names of `funnel.LEAVE`.
        amount: of the eligible records.
    """

    eligible: Eligible
    rows: DataFrame
    quotas: Quotas
    part: dict[str, Any]
    base_part: dict[str, int]
    removals: Removals
    fingerprint: str
    leaving: Mapping[str, Manifest]
    amount: Manifest


def filter_pool(
    pool: ScoredPool,
    scorer: Scorer,
    config: SelectConfig,
    stages: Location,
    base: BaseSet,
    priorities: DataFrame | None = None,
    targets: Sequence[tuple[str, Corpus]] = (),
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
        targets: of the run, and their names; bounds may be quantiles of theirs.

    Raises:
        InputError: when no record is eligible, or more are duplicates than may be.
        ConfigError: when a quota names a stratum that does not exist.
    """
    rows, records = pool.records(), pool.summary.records
    sizes = Counter(pool.summary.records_by_source())
    part: dict[str, Any] = {"outside_bounds": 0}
    leaving: dict[str, Manifest] = {}
    bounds = bounds_of(config, rows, scorer, targets)
    if bounds != Bounds():
        counts, sizes = Counter[str](), Counter[str | None]()
        amounts, outside = [F.count("*"), *map(F.sum, amounts_of(rows))], Counter[str]()
        by_source = rows.groupBy("source", bounds.outside().alias("outside")).agg(*amounts)
        for source, name, count, *sums in by_source.collect():
            if name is None:
                sizes[source] += count
            else:
                counts[name] += count
                outside.update(dict(zip(amounts_of(rows), sums, strict=True)))
        tokens = outside[schema.TOKENS] if schema.TOKENS in amounts_of(rows) else None
        leaving["outside_bounds"] = amount(counts.total(), outside["raw_bytes"], tokens)
        part |= {"outside_bounds": counts.total(), "bounds": bounds.as_dict()}
        part["outside_bounds_by"] = {name: counts[name] for name in ("bytes", "ratio", *bounds.columns) if counts[name]}
        rows, records = rows.where(bounds.outside().isNull()), sizes.total()
    if not records:
        raise InputError(f"no record is within the bounds {part['bounds']}")
    rest = base.exclude(rows, records, stages)
    if not rest.records:
        raise InputError("every record that could be selected is in the set that select.extend names")
    if rest.records < records:
        sizes = Counter(dict(rest.rows.groupBy("source").count().collect()))
    before = extend.places(config)
    removals = leave_out(rest.rows, sizes, config.input, stages, priorities, before, config.render)
    part |= removals.counts()
    part["candidates"] = removals.records
    leaving |= {cause: amount(records) for cause, records in rest.part.items()}
    leaving |= removals.amounts()
    eligible = eligible_of(config.select, removals.rest, removals.records, pool.summary, stages, base.rows)
    marks = [pool.summary.fingerprint, pool.summary.numbers]
    facts = json.dumps([*marks, part, removals.facts()], sort_keys=True).encode()
    fingerprint = hashlib.blake2b(facts, digest_size=8).hexdigest()
    quotas = quotas_of(config.select, eligible, pool.summary)
    left = _left(pool.summary, leaving, eligible)
    return FilteredPool(eligible, removals.rest, quotas, part, rest.part, removals, fingerprint, leaving, left)


def _left(pool: Summary, leaving: dict[str, Manifest], eligible: Eligible) -> Manifest:
    """Return the amount of the eligible records; counted where one cannot tell how much left."""
    left = less(amount_of_pool(pool), [*leaving.values()])
    if left["raw_bytes"] is not None:
        return left
    strata = [*eligible.amounts().values()]
    tokens = None if pool.tokens is None else sum(part.tokens for part in strata)
    return amount(eligible.records, sum(part.bytes for part in strata), tokens)
