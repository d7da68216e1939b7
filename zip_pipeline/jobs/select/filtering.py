"""From config to candidates: bounds, duplicates, strata; budget and quotas in amounts."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.config import Select, SelectConfig, StratumQuota
from zip_pipeline.config.values import Amount, bytes_of
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.select.extend import Before
from zip_pipeline.selection.quotas import Budget, Quota, Quotas, Unit
from zip_pipeline.spark import deduplication, scoring
from zip_pipeline.spark.candidates import Bounds, Candidates, preferring, same_payload
from zip_pipeline.spark.corpus import Corpus, open_corpus
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io import parquet_tables
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.scored_pool import ScoredPool, Summary
from zip_pipeline.tasks.score import Scorer

LARGE = 0.01
"""Part of the pool's bytes from which on a source has a tempered quota of its own."""


ROUNDING = 1e-9
"""What a sum of shares may be off by."""


@dataclass(frozen=True)
class Eligible:
    """What the rule chooses from, and how much it takes.

    Attributes:
        candidates: the records.
        rows: the same as a table, of `schema.SCORED`.
        quotas: budget and strata, with nothing taken.
        part: the manifest's, on what was left out and why.
        fingerprint: of the pool and of what was left out.
    """

    candidates: Candidates
    rows: DataFrame
    quotas: Quotas
    part: dict[str, Any]
    fingerprint: str


def narrow(
    pool: ScoredPool,
    scorer: Scorer,
    given: SelectConfig,
    output: OutputTree,
    stages: Location,
    before: Before,
    values: DataFrame | None = None,
) -> Eligible:
    """Leave out what is outside the bounds, then duplicates, which are written to ``duplicates/``, then what is chosen.

    What is found in `stages` is not made again.

    Raises:
        InputError: when nothing is left.
        ConfigError: when a quota names a stratum that is not there.
    """
    rule, records, duplicates = given.select, pool.summary.records, given.input.deduplicate
    bounds = _bounds(given, pool.records().sparkSession, scorer)
    rows = pool.records()
    part: dict[str, Any] = {"outside_bounds": 0, "deduplicated": 0}
    counts: dict[str, int] = {}
    if bounds != Bounds():
        rows = rows.where(bounds.hold())
        part["outside_bounds"], records = records - (inside := rows.count()), inside
        part["bounds"] = {name: value for name, value in vars(bounds).items() if value is not None}
    if duplicates != "none" and records:
        found = partial(duplicates_in, rows, duplicates, stages / "near", values)
        removed, counts = parquet_tables.table(stages / "duplicates", found, mark=F.bit_xor(F.xxhash64("id", "kept")))
        (stages / "near").delete()
        part["deduplicated"] = output.write(removed, schema.DUPLICATES_TABLE)
        rows = rows.join(removed.select("id"), "id", "left_anti").select(*rows.columns)
        records -= part["deduplicated"]
    if not records:
        raise InputError(f"no record is within the bounds {part['bounds']}")
    rows, records = before.leave_out(rows, records, stages)
    if not records:
        raise InputError("every record that could be selected is in the set that select.extend names")
    part["candidates"] = records
    candidates = candidates_of(rule, rows, records, pool.summary, stages, before.rows)
    told = json.dumps([pool.summary.fingerprint, part, counts], sort_keys=True).encode()
    fingerprint = hashlib.blake2b(told, digest_size=8).hexdigest()
    return Eligible(candidates, rows, quotas_of(rule, candidates, pool.summary), part, fingerprint)


def values_of(corpus: Corpus, scorer: Scorer, column: str | None) -> DataFrame | None:
    """Return ``id`` and ``value``, what a column of numbers says of it; where an id stands twice, the higher one.

    Raises:
        InputError: when the column is not there, or holds no numbers.
    """
    if column is None:
        return None
    number = corpus.numbers(column)
    identified = scoring.with_ids(corpus, scorer).rows
    return identified.groupBy(F.col(schema.ID).alias("id")).agg(F.max(number).alias("value"))


def duplicates_in(rows: DataFrame, how: str, folder: Location, values: DataFrame | None = None) -> DataFrame:
    """Return what goes: ``id``, and the id that is ``kept`` in its place.

    Args:
        rows: ``id``, different in each row, and ``payload``.
        how: ``exact`` or ``near``.
        folder: for what is derived from them.
        values: ``id``, ``value``; the highest of a group stays. None: the lowest id.
    """
    named = same_payload(rows) if how == "exact" else deduplication.groups(rows, folder)
    named = named if values is None else preferring(named, values)
    return named.where("id != group").withColumnRenamed("group", "kept")


def candidates_of(
    rule: Select, rows: DataFrame, records: int, pool: Summary, folder: Location, before: DataFrame | None = None
) -> Candidates:
    """Return records as candidates, in the strata of the rule's quotas.

    Args:
        rule: whose quotas.
        rows: `schema.SCORED`.
        records: how many they are.
        pool: what they were before any were left out.
        folder: for what is derived from them.
        before: see `Candidates`.
    """
    sources = tuple(large(pool)) if rule.quotas == "tempered" else None if rule.quotas else ()
    return Candidates(rows, records, folder, sources=sources, lengths=rule.length_strata, before=before)


def budget_of(rule: Select, records: int) -> Budget:
    """Return the budget; a share is one of the records."""
    return Budget(*_amount(rule.budget, records, "records"))


def quotas_of(rule: Select, candidates: Candidates, pool: Summary) -> Quotas:
    """Return budget and quotas in amounts of the candidates; what is tempered is the sources' part of the pool.

    Raises:
        ConfigError: when a quota names a stratum that is not there, or shares sum up to more than 1.
    """
    budget = budget_of(rule, candidates.records)
    if not rule.quotas:
        return Quotas(budget, {"": Quota()})
    sizes = candidates.amounts()
    amounts = {name: size[budget.unit == "bytes"] for name, size in sizes.items()}
    asked = {} if isinstance(rule.quotas, str) else rule.quotas
    if strange := sorted(asked.keys() - amounts.keys()):
        raise ConfigError(f"select.quotas: no record is of {', '.join(strange)}; there are {', '.join(amounts)}")
    shares = {name: quota.share for name, quota in asked.items() if quota.share is not None}
    if (given := sum(shares.values())) > 1 + ROUNDING:
        raise ConfigError(f"select.quotas: the shares sum up to {given:g}, more than 1")
    if shares or isinstance(rule.quotas, str):
        parts = tempered(pool, budget.unit) if rule.quotas == "tempered" else amounts
        rest = {name: parts[name] for name in amounts if name not in shares}
        left = max(0.0, 1 - given) if abs(1 - given) > ROUNDING else 0.0  # shares of 0.1, 0.2 and 0.7 leave nothing
        shares |= {name: left * amount / sum(rest.values()) for name, amount in rest.items()}
    strata = {}
    for name in amounts:
        quota = asked.get(name, StratumQuota())
        limits = [_limit(limit, budget, f"select.quotas.{name}") for limit in (quota.floor, quota.cap)]
        strata[name] = Quota(shares.get(name), limits[0] or 0, limits[1], mean=amounts[name] / sizes[name][0])
    return Quotas(budget, strata)


def large(pool: Summary) -> list[str]:
    """Return the sources that have `LARGE` of a pool's bytes at least."""
    named = {schema.NO_SOURCE if name is None else name: source for name, source in pool.sources.items()}
    return [name for name, source in named.items() if source.raw_bytes >= LARGE * pool.raw_bytes]


def tempered(pool: Summary, unit: Unit) -> dict[str, float]:
    """Return the square root of what each large source has of a pool, and all others together, named ``""``."""
    apart, sizes = large(pool), defaultdict[str, int](int)
    for name, source in pool.sources.items():
        stratum = schema.NO_SOURCE if name is None else name
        sizes[stratum if stratum in apart else ""] += source.raw_bytes if unit == "bytes" else source.records
    return {name: size**0.5 for name, size in sizes.items()}


def _amount(amount: Amount, whole: int, unit: Unit) -> tuple[int, Unit]:
    """Return an amount and its unit; a share is one of `whole`, in `unit`, and at least 1."""
    if isinstance(amount, int):
        return amount, "records"
    if amount.endswith("%"):
        return max(1, int(whole * float(amount[:-1]) / 100)), unit
    return int(str(bytes_of(amount))), "bytes"


def _limit(limit: Amount | None, budget: Budget, key: str) -> int | None:
    if limit is None:
        return None
    amount, unit = _amount(limit, budget.amount, budget.unit)
    if unit != budget.unit:
        raise ConfigError(f"{key}: the budget is in {budget.unit}, {limit} is not")
    return amount


def _bounds(given: SelectConfig, spark: SparkSession, scorer: Scorer) -> Bounds:
    """Return the bounds; of its own and those that a reference set gives, the narrower ones hold.

    Raises:
        InputError: when the reference set cannot be used.
    """
    asked = given.select.bounds
    own = Bounds(asked.min_bytes, asked.max_bytes, asked.min_ratio, asked.max_ratio)
    if asked.reference is None:
        return own
    usual = asked.reference
    corpus = open_corpus(spark, given.input.like(usual.path, usual.format))
    scores = scoring.score(corpus, corpus.scorer(scorer.render_name, scorer.codec)).where("reason is null")
    try:
        found = scores.select(F.percentile("ratio", F.array(F.lit(usual.lower), F.lit(usual.upper)))).first()
    except Exception as error:
        raise user_error(error, f"select.bounds.from: {usual.path}") or error from error
    if found is None or found[0] is None:
        raise InputError(f"select.bounds.from: {usual.path}: no record of it can be used")
    lower, upper = found[0]
    lower = lower if own.min_ratio is None else max(lower, own.min_ratio)
    upper = upper if own.max_ratio is None else min(upper, own.max_ratio)
    return replace(own, min_ratio=lower, max_ratio=upper)
