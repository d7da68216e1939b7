"""What the rules `target` and `cover` shall cover: the features of the targets, or of the pool itself.

The records that may be selected are counted, and those of a set to extend. So an extension counts as the first run did,
and chooses as if there had been one run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.config import SelectConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.select.budget import large_sources, stratum_of
from zip_pipeline.jobs.select.evidence.examples import Covered
from zip_pipeline.jobs.select.extend import BaseSet
from zip_pipeline.jobs.select.feature_counts import count_features, read_target
from zip_pipeline.jobs.select.filtering import FilteredPool
from zip_pipeline.schema import Manifest
from zip_pipeline.selection.coverage import (
    FEWEST,
    POOL_PRIOR,
    TARGET_PRIOR,
    UNIT,
    Coverage,
    of_pool,
    of_targets,
    source_factors,
)
from zip_pipeline.selection.coverage_rule import CoverageRule
from zip_pipeline.selection.features import Counts, bits_for
from zip_pipeline.selection.quotas import Unit
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.spark.corpus import Corpus, describe
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact
from zip_pipeline.spark.io.reader import name_of, read_with_origin
from zip_pipeline.spark.scored_pool import Summary
from zip_pipeline.tasks.coverage import FeatureCounter
from zip_pipeline.tasks.score import Scorer

COUNTED_OF = ("source", "raw_bytes", "payload")
"""What is looked at of a record."""

MOST_WRITTEN = 1 << 20
"""Features of a coverage that goes into the output."""

OTHERS = ""
"""In the place of a source's name: all sources that are not large."""


@dataclass(frozen=True)
class Aim:
    """How a run selects once it is known what to cover.

    Attributes:
        selector: of the run.
        part: the manifest's, on what is covered; empty for other rules.
        mark: tells the run's targets from others.
        pool: how often the pool has each wanted feature of a target, shape (slots,); None: there is no target.
        targets: the records of each target, `schema.SCORED`.
    """

    selector: GreedySelector
    part: Manifest = field(default_factory=dict)
    mark: str = ""
    pool: Counts | None = None
    targets: Sequence[DataFrame] = ()

    def manifest_part(self, eligible: int, facts: Mapping[str, float], covered: Covered | None) -> Manifest:
        """Return the manifest's part by its key, or nothing for rules that cover nothing.

        Args:
            eligible: how many records have bounds.
            facts: of the selection; see `CoverageObjective`.
            covered: what the selection covers.
        """
        shares = {} if covered is None else covered.part()
        return {"coverage": {**self.part, "bounded": eligible, **facts, **shares}} if self.part else {}


def aim(
    selector: GreedySelector,
    config: SelectConfig,
    filtered: FilteredPool,
    base: BaseSet,
    pool: Summary,
    targets: Sequence[tuple[str, Corpus]],
    scorer: Scorer,
    folder: Location,
) -> Aim:
    """Count features, and return the selector with what its rule covers; other rules stay as they are.

    Args:
        selector: as the config has it.
        config: of the run.
        filtered: the eligible records.
        base: the set to extend.
        pool: the numbers of the pool as given.
        targets: the records to choose for, and their names.
        scorer: of the pool.
        folder: for tables of counts.

    Raises:
        InputError: when a target cannot be used, or the pool has nothing to cover.
    """
    rule = selector.rule
    if not isinstance(rule, CoverageRule):
        return Aim(selector)
    bits, rows = bits_for(pool.raw_bytes), filtered.rows.select(*COUNTED_OF)
    rows = rows if base.rows is None else rows.unionByName(base.rows.select(*COUNTED_OF))
    if targets:
        coverage, found = _of_targets(selector, config, rows, targets, scorer, bits, folder)
    else:
        coverage, found = _of_pool(selector, rows, pool, bits, folder)
    price: Unit = "tokens" if filtered.quotas.budget.unit == "tokens" else "bytes"
    numbers = {"price": price, "buckets": 1 << bits, "wanted": len(coverage.buckets), "scale": coverage.scale}
    numbers |= found.part
    return replace(found, selector=replace(selector, rule=rule.over(coverage, price)), part=numbers)


def table_of(spark: SparkSession, coverage: Coverage, held: Counts) -> DataFrame:
    """Return a coverage as `schema.COVERAGE`.

    Args:
        spark: the session.
        coverage: of a selection.
        held: how often its picks have each feature, shape (slots,).
    """
    columns = [coverage.buckets, coverage.weights, coverage.priors, held]
    return spark.createDataFrame(pa.table([*map(pa.array, columns)], schema=schema.COVERAGE))


def coverage_in(table: DataFrame, part: Manifest) -> tuple[Coverage, Counts]:
    """Return a coverage, and what its selection holds of it, as `table_of` has written them.

    Args:
        table: `schema.COVERAGE`.
        part: the manifest's.
    """
    columns = table.toArrow().sort_by("bucket")
    buckets, weights, priors, held = (columns.column(name).to_numpy() for name in schema.COVERAGE.names)
    bits = int(part["buckets"]).bit_length() - 1
    return Coverage(bits, buckets, weights, priors, part["scale"]), held


def open_targets(spark: SparkSession, config: SelectConfig) -> list[tuple[str, Corpus]]:
    """Open the targets of a config.

    Raises:
        InputError: when one cannot be read as records.
    """
    opened = []
    for place in config.select.target:
        rows, origin = read_with_origin(spark, place)
        try:
            opened.append((name_of(place), replace(describe(rows, place, "select.target"), origin=origin)))
        except InputError as error:
            raise InputError(f"select.target {name_of(place)}: {error}") from None
    return opened


def tables(spark: SparkSession, config: SelectConfig) -> Iterator[DataFrame]:
    """Yield the tables of the targets, every column as it is."""
    return (corpus.rows for _, corpus in open_targets(spark, config))


def _of_targets(
    selector: GreedySelector,
    config: SelectConfig,
    rows: DataFrame,
    targets: Sequence[tuple[str, Corpus]],
    scorer: Scorer,
    bits: int,
    folder: Location,
) -> tuple[Coverage, Aim]:
    counted, parts, tables = [], [], []
    for number, ((name, corpus), place) in enumerate(zip(targets, config.select.target, strict=True)):
        how = corpus.scorer(scorer.render_name, scorer.codec)
        all_usable = place.on_bad_record == "fail"
        target = read_target(name, corpus, how, folder / f"target-{number}", all_usable=all_usable)
        found = count_features(target.rows, FeatureCounter(bits), folder / f"target-{number}.features")
        tables.append(target.rows)
        counted.append((place.weight, found.amounts))
        numbers: dict[str, Any] = {key: getattr(target, key) for key in ("records", "rejected", "raw_bytes")}
        parts.append({"target": name, "weight": place.weight, **numbers, "fingerprint": target.fingerprint})
    # The prior needs the pool's counts of what is wanted, and their sum over everything else.
    wanted = np.flatnonzero(np.any([amounts > 0 for _, amounts in counted], axis=0)).astype(np.int32)
    pool = count_features(rows, FeatureCounter(bits, told_apart=wanted), folder / "features")
    marks = " ".join(part["fingerprint"] for part in parts)
    coverage = of_targets(counted, pool.amounts, bits)
    facts = {"prior": TARGET_PRIOR, "targets": parts}
    return coverage, Aim(selector, facts, marks, pool.amounts[coverage.buckets], tables)


def _of_pool(
    selector: GreedySelector, rows: DataFrame, pool: Summary, bits: int, folder: Location
) -> tuple[Coverage, Aim]:
    sums = rows.groupBy("source").agg(F.sum("raw_bytes").alias("raw_bytes"))
    eligible = stage_fact(folder / "sources", lambda: [row.asDict() for row in sums.collect()])
    large = {*large_sources(pool)}
    groups = {name: stratum_of(name) if stratum_of(name) in large else OTHERS for name in pool.sources}
    sizes = dict.fromkeys(groups.values(), (0, 0))
    left = {row["source"]: row["raw_bytes"] for row in eligible}
    for name, source in sorted(pool.sources.items(), key=lambda item: stratum_of(item[0])):
        given, stay = sizes[groups[name]]
        sizes[groups[name]] = given + source.raw_bytes, stay + left.get(name, 0)
    factors = source_factors(sizes)
    by_source = {name: factors[group] for name, group in groups.items() if group in factors and group != OTHERS}
    counter = FeatureCounter(bits, by_source, factors.get(OTHERS, UNIT))
    found = count_features(rows, counter, folder / "features")
    coverage = of_pool(found.amounts, found.records, bits)
    if not len(coverage.buckets):
        raise InputError(f"select.rule cover: no word stands in {FEWEST} records of the pool; set select.rule=gain")
    facts = {"prior": POOL_PRIOR, "factors": {name: factor / UNIT for name, factor in factors.items()}}
    return coverage, Aim(selector, facts)
