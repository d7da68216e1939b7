"""Budget and quotas of a run: amounts of eligible records, from what the config says.

What this module does not do: count what a selection takes. See `selection.quotas`.
"""

from collections import defaultdict
from collections.abc import Collection

from pyspark.sql import DataFrame

from zip_pipeline import schema
from zip_pipeline.config import Select
from zip_pipeline.config.quotas import ROUNDING, limits_of, shares_of
from zip_pipeline.errors import ConfigError
from zip_pipeline.selection.quotas import Quota, Quotas, Tally, Unit
from zip_pipeline.spark.eligible import Eligible, with_strata
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.scored_pool import Summary

LARGE = 0.01
"""A source with this part of the pool's bytes, or more, has a tempered quota of its own."""


def eligible_of(
    section: Select, rows: DataFrame, records: int, pool: Summary, folder: Location, base: DataFrame | None = None
) -> Eligible:
    """Return eligible records in the strata that the config's quotas need.

    Args:
        section: has the quotas.
        rows: `schema.SCORED`, all of them eligible.
        records: how many rows there are.
        pool: the whole pool, whose sizes say which sources are large.
        folder: for tables that are derived from the rows.
        base: see `Eligible`.
    """
    sources: Collection[str] | None
    if section.quotas == "tempered":
        sources = large_sources(pool)
    elif section.quotas:
        sources = None  # every source is a stratum
    else:
        sources = ()  # no source is: all records are one stratum
    return Eligible(with_strata(rows, sources, section.length_strata), records, folder, base)


def quotas_of(section: Select, eligible: Eligible, pool: Summary) -> Quotas:
    """Return budget and quotas in amounts of the eligible records; tempered ones depend on the sources of the pool.

    Raises:
        ConfigError: when a quota names a stratum that does not exist, or the quotas cannot hold at once.
    """
    budget = section.budget_of(pool.records + pool.rejected)
    if not section.quotas:
        return Quotas(budget)
    sizes = eligible.amounts()
    amounts = {name: size.of(budget.unit) for name, size in sizes.items()}
    by_source = {} if isinstance(section.quotas, str) else section.quotas
    if strange := sorted(by_source.keys() - amounts.keys()):
        raise ConfigError(f"select.quotas: no record is of {', '.join(strange)}; there are {', '.join(amounts)}")
    shares = shares_of(by_source)
    if shares or isinstance(section.quotas, str):
        parts = tempered(pool, budget.unit) if section.quotas == "tempered" else amounts
        rest = {name: parts[name] for name in amounts if name not in shares}
        total = sum(shares.values())
        left = max(0.0, 1 - total) if abs(1 - total) > ROUNDING else 0.0  # shares of 0.1, 0.2 and 0.7 leave nothing
        shares |= {name: left * amount / sum(rest.values()) for name, amount in rest.items()}
    limits, strata = limits_of(by_source, budget, shares), {}
    for name in amounts:
        floor, cap = limits.get(name, (0, None))
        strata[name] = Quota(shares.get(name), floor, cap, mean=amounts[name] / sizes[name].records)
    return Quotas(budget, strata)


def unmet_quotas(section: Select, tally: Tally, spare: int) -> list[str]:
    """Return a line for each source that got less than the config says, because it has no more records.

    Args:
        section: has the quotas.
        tally: of the whole selection.
        spare: by how much a quota may be missed: the bytes or tokens of the largest record, where the budget is in
            them.
    """
    lines, budget = [], tally.budget
    for name in section.quotas if isinstance(section.quotas, dict) else ():
        quota, amount = tally.quotas.strata[name], tally.amounts[name]
        wanted = max(quota.floor, int((quota.share or 0) * budget.amount))
        if name in tally.closed and amount + spare < wanted:
            lines.append(f"select.quotas.{name}: {amount:,} of {wanted:,} {budget.unit}; it has no more to select from")
    return lines


def large_sources(pool: Summary) -> list[str]:
    """Return the strata of the sources that have at least `LARGE` of a pool's bytes."""
    sources = {stratum_of(name): source for name, source in pool.sources.items()}
    return [name for name, source in sources.items() if source.raw_bytes >= LARGE * pool.raw_bytes]


def tempered(pool: Summary, unit: Unit) -> dict[str, float]:
    """Return the weight of each large source, and of all others together under ``""``: the square root of its size."""
    large, sizes = large_sources(pool), defaultdict[str, int](int)
    for name, source in pool.sources.items():
        stratum = stratum_of(name)
        sizes[stratum if stratum in large else ""] += source.of(unit)
    return {name: size**0.5 for name, size in sizes.items()}


def stratum_of(source: str | None) -> str:
    """Return the name of the stratum that a source has of its own."""
    return schema.NO_SOURCE if source is None else source
