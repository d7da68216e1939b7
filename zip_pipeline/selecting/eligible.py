"""From config to candidates: bounds, duplicates, strata; budget and quotas in amounts."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import config, schema
from zip_pipeline.config import Input, Select, SelectConfig, StratumQuota
from zip_pipeline.config.amounts import Amount, bytes_of
from zip_pipeline.core.quotas import Budget, Quota, Quotas, Unit
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.inputs import open_corpus
from zip_pipeline.lake import kept, near, scoring
from zip_pipeline.lake.candidates import Bounds, Candidates, same_payload
from zip_pipeline.lake.output import Output
from zip_pipeline.lake.pool import ScoredPool
from zip_pipeline.lake.scoring import Scorer
from zip_pipeline.lake.storage import Location


@dataclass(frozen=True)
class Eligible:
    """What the rule chooses from, and how much it takes.

    Attributes:
        candidates: the records.
        quotas: budget and strata, with nothing taken.
        part: the manifest's, on what was left out and why.
    """

    candidates: Candidates
    quotas: Quotas
    part: dict[str, Any]


def narrow(pool: ScoredPool, scorer: Scorer, given: SelectConfig, output: Output, stages: Location) -> Eligible:
    """Leave out what is outside the bounds, then duplicates, which are written to ``duplicates/``.

    What is found in `stages` is not made again.

    Raises:
        InputError: when nothing is left.
        ConfigError: when a quota names a stratum that is not there.
    """
    rule, records, duplicates = given.select, pool.summary.records, given.input.deduplicate
    bounds = _bounds(rule.bounds, pool.records().sparkSession, scorer)
    rows = pool.records()
    part: dict[str, Any] = {"outside_bounds": 0, "deduplicated": 0}
    if bounds != Bounds():
        rows = rows.where(bounds.hold())
        part["outside_bounds"], records = records - (inside := rows.count()), inside
        part["bounds"] = {name: value for name, value in vars(bounds).items() if value is not None}
    if duplicates != "none" and records:
        removed, _ = kept.table(stages / "duplicates", partial(duplicates_in, rows, duplicates, stages / "near"))
        (stages / "near").delete()
        part["deduplicated"] = output.write(removed, schema.DUPLICATES_TABLE)
        rows = rows.join(output.read(schema.DUPLICATES_TABLE, removed.schema), "id", "left_anti").select(*rows.columns)
        records -= part["deduplicated"]
    if not records:
        raise InputError(f"no record is within the bounds {part['bounds']}")
    part["candidates"] = records
    candidates = Candidates(rows, records, stages, by_source=bool(rule.quotas), lengths=rule.length_strata)
    return Eligible(candidates, quotas_of(rule, candidates), part)


def duplicates_in(rows: DataFrame, how: str, folder: Location) -> DataFrame:
    """Return what goes: ``id``, and the id that is ``kept`` in its place.

    Args:
        rows: ``id``, different in each row, and ``payload``.
        how: ``exact`` or ``near``.
        folder: for what is derived from them.
    """
    folder.delete()  # what a run before this one had begun
    named = same_payload(rows) if how == "exact" else near.groups(rows, folder)
    return named.where("id != group").withColumnRenamed("group", "kept")


def budget_of(rule: Select, records: int) -> Budget:
    """Return the budget; a share is one of the records."""
    return Budget(*_amount(rule.budget, records, "records"))


def quotas_of(rule: Select, candidates: Candidates) -> Quotas:
    """Return budget and quotas in amounts of the candidates.

    Raises:
        ConfigError: when a quota names a stratum that is not there, or shares sum up to more than 1.
    """
    budget = budget_of(rule, candidates.records)
    if not rule.quotas:
        return Quotas(budget, {"": Quota()})
    amounts = {name: sizes[budget.unit == "bytes"] for name, sizes in candidates.amounts().items()}
    asked = {} if rule.quotas == "proportional" else rule.quotas
    if strange := sorted(asked.keys() - amounts.keys()):
        raise ConfigError(f"select.quotas: no record is of {', '.join(strange)}; there are {', '.join(amounts)}")
    shares = {name: quota.share for name, quota in asked.items() if quota.share is not None}
    if (given := sum(shares.values())) > 1 + 1e-9:
        raise ConfigError(f"select.quotas: the shares sum up to {given:g}, more than 1")
    if shares or rule.quotas == "proportional":
        rest = {name: amount for name, amount in amounts.items() if name not in shares}
        shares |= {name: (1 - given) * amount / sum(rest.values()) for name, amount in rest.items()}
    strata = {}
    for name in amounts:
        quota = asked.get(name, StratumQuota())
        limits = [_limit(limit, budget, f"select.quotas.{name}") for limit in (quota.floor, quota.cap)]
        strata[name] = Quota(shares.get(name), limits[0] or 0, limits[1])
    return Quotas(budget, strata)


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


def _bounds(asked: config.Bounds, spark: SparkSession, scorer: Scorer) -> Bounds:
    """Return the bounds; of its own and those that a reference set gives, the narrower ones hold."""
    own = Bounds(asked.min_bytes, asked.max_bytes, asked.min_ratio, asked.max_ratio)
    if asked.reference is None:
        return own
    usual = asked.reference
    corpus = open_corpus(spark, Input(path=usual.path, format=usual.format, preference=scorer.preference))
    scores = scoring.score(corpus, Scorer.of(corpus, scorer.render_name, scorer.codec)).where("reason is null")
    found = scores.select(F.percentile("ratio", F.array(F.lit(usual.lower), F.lit(usual.upper)))).first()
    if found is None or found[0] is None:
        raise InputError(f"select.bounds.from: {usual.path}: no record of it can be used")
    lower, upper = found[0]
    lower = lower if own.min_ratio is None else max(lower, own.min_ratio)
    upper = upper if own.max_ratio is None else min(upper, own.max_ratio)
    return replace(own, min_ratio=lower, max_ratio=upper)
