"""``run.pools``: the candidates that so many pools offer, each picked from by a task of its own.

See `selection.partitioning`.
"""

from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.config import Select, SelectConfig
from zip_pipeline.errors import ConfigError
from zip_pipeline.jobs.select import pools
from zip_pipeline.jobs.select.filtering import Eligible
from zip_pipeline.jobs.select.pools import PoolReducer
from zip_pipeline.selection import greedy
from zip_pipeline.selection.partitioning import FACTOR, dealt, part_of_a_round
from zip_pipeline.selection.quotas import Quotas
from zip_pipeline.spark.candidates import Candidates
from zip_pipeline.spark.io import parquet_tables
from zip_pipeline.spark.io.location import Location
from zip_pipeline.tasks.score import Scorer

MOST_BYTES = 1 << 30
"""Of payload that a task may look at; they lie in files of its machine while it runs."""


@dataclass(frozen=True)
class Offered:
    """What the final pass chooses from.

    Attributes:
        candidates: what the pools offer.
        rule: of the final pass.
        part: the manifest's.
    """

    candidates: Candidates
    rule: Select
    part: dict[str, Any]


def offered(
    eligible: Eligible, config: SelectConfig, scorer: Scorer, folder: Location, chosen: tuple[int, ...]
) -> Offered:
    """Deal the candidates into pools and pick in each of them; of one pool all is offered, and the rule is exact.

    Args:
        eligible: what there is, and the quotas of the whole selection, with nothing taken.
        config: of the run.
        scorer: of the corpus.
        folder: for what the pools offer.
        chosen: how many records of each earlier round stand before the candidates.

    Raises:
        ConfigError: when a task would look at too much, with the number of pools that would do.
    """
    candidates, quotas, rule = eligible.candidates, eligible.quotas, config.select
    count, seed = config.run.pools, config.run.seed
    if count == 1:
        return Offered(candidates, rule, {"pools": 1})
    samples = greedy.RULES[rule.rule].samples
    rows = pools.deal(candidates.begun(seed if samples else None), count, seed)
    held, totals = pools.holdings(rows, quotas.budget.unit)
    offers = dealt(quotas, held)
    smaller = round_of(rule, count)
    _check(offers, totals, smaller, count)
    reducer = PoolReducer(scorer, offers, rule.rule, (smaller.k1, smaller.k2, smaller.k3), chosen)
    table, counts = parquet_tables.table(
        folder / "offered",
        partial(pools.offered, rows, count, reducer),
        **{str(pool): F.count_if(F.col(pools.POOL) == pool) for pool in sorted(totals)},
    )
    gave = [{"records": records, "offered": counts[str(pool)]} for pool, (records, _) in sorted(totals.items())]
    part = {"pools": count, "factor": FACTOR, "of_pools": gave}
    return Offered(candidates.among(table, counts["rows"], folder / "final"), smaller, part)


def round_of(rule: Select, count: int) -> Select:
    """Return the rule with the rounds that it has in so many pools."""
    return rule.model_copy(update={name: part_of_a_round(getattr(rule, name), count) for name in ("k1", "k2", "k3")})


def bytes_looked_at(records: int, size: int, picks: int, rule: Select, count: int) -> int:
    """Return about how many bytes of a pool the rule looks at: k1 records a round, or all of them.

    Args:
        records: of the pool.
        size: of the pool, in bytes.
        picks: how many it offers.
        rule: with the rounds of `round_of`.
        count: of pools.

    Raises:
        ConfigError: when it is more than `MOST_BYTES`, with the number of pools that would do.
    """
    looks = ceil(size * min(1, ceil(picks / rule.k3) * rule.k1 / records))
    if looks > MOST_BYTES:
        enough = ceil(count * looks / MOST_BYTES) + 1
        raise ConfigError(
            f"run.pools {count}: of a pool of {records:,} records and {size:,} bytes a task would look at about "
            f"{looks:,} bytes, more than {MOST_BYTES:,}; set run.pools={enough}"
        )
    return looks


def _check(offers: dict[int, Quotas], totals: dict[int, tuple[int, int]], rule: Select, count: int) -> None:
    for pool, (records, size) in totals.items():
        budget = offers[pool].budget
        picks = budget.amount if budget.unit == "records" else ceil(budget.amount * records / size)
        bytes_looked_at(records, size, picks, rule, count)
