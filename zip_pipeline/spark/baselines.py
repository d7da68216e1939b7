"""What a selection is compared with: records of the same pool, as many bytes of them, chosen without any rule.

Three kinds, `SEEDS` draws of each, in the order of a hash of the ids:

- `RANDOM`: any records.
- `MATCHED`: random, of each tenth of the selection's lengths as many bytes as the selection has of it. A rule that
  does nothing but prefer long records does as well as this.
- `DEDUPLICATED`: of each group of near-duplicates one random record, then random: what people do without a rule.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.selection.quotas import Unit
from zip_pipeline.spark.sampling import BREAK, at_random, candidates

RANDOM, MATCHED, DEDUPLICATED = "random", "length-matched", "near-dedup"
SEEDS = 5
STRATA = 10
"""Into how many equal parts the selection's lengths are cut for `MATCHED`."""

_SEED = "seed"


def random(rows: DataFrame, target: int) -> DataFrame:
    """Offer any records.

    Args:
        rows: the pool's ``id`` and ``raw_bytes``.
        target: bytes of a draw, line breaks included.

    Returns:
        `draws.candidates`, the draws named ``random 0``, ``random 1``, ...
    """
    return candidates(_seeded(rows), _named(RANDOM), at_random(RANDOM, F.col(_SEED)), target)


def matched(rows: DataFrame, lengths: Sequence[int], selection: str) -> DataFrame:
    """Offer records of a selection's lengths.

    Args:
        rows: the pool's ``id`` and ``raw_bytes``.
        lengths: bytes of the selection's records.
        selection: its name.

    Returns:
        `draws.candidates`, the draws named ``length-matched SELECTION 0``, ...
    """
    stratum, held = strata(lengths)
    targets = F.array(*[F.lit(part) for part in held])
    return candidates(
        _seeded(rows),
        _named(f"{MATCHED} {selection}"),
        at_random(MATCHED, F.col(_SEED)),
        F.get(targets, stratum),
        stratum,
    )


def strata(lengths: Sequence[int] | npt.NDArray[np.int64], unit: Unit = "bytes") -> tuple[Column, list[int]]:
    """Cut the lengths of a selection into `STRATA` equal parts.

    Returns:
        The number of the stratum in which ``raw_bytes`` is, and what the selection has of each: records, or bytes with
        line breaks.
    """
    sizes = np.asarray(lengths)
    edges = np.quantile(sizes, np.arange(1, STRATA) / STRATA)
    amounts = sizes + BREAK if unit == "bytes" else np.ones(len(sizes))
    held = np.bincount(np.searchsorted(edges, sizes), weights=amounts, minlength=STRATA)
    # As searchsorted counts: the edges below a length.
    above = [(F.col("raw_bytes") > F.lit(float(edge))).cast("int") for edge in edges]
    return sum(above[1:], above[0]), [int(part) for part in held]


def deduplicated(rows: DataFrame, groups: DataFrame, target: int) -> DataFrame:
    """Offer one record of each group of near-duplicates.

    Args:
        rows: the pool's ``id`` and ``raw_bytes``.
        groups: ``id``, ``group``; see `near.groups`.
        target: bytes of a draw, line breaks included.

    Returns:
        `draws.candidates`, the draws named ``near-dedup 0``, ...
    """
    seeded = _seeded(rows.join(groups, "id"))
    # The place has an order of its own: the first of a large group is early, and large groups would come first.
    order = Window.partitionBy("group", _SEED).orderBy(at_random("of the group", F.col(_SEED)), "id")
    staying = seeded.withColumn("copy", F.row_number().over(order)).where("copy = 1")
    return candidates(staying, _named(DEDUPLICATED), at_random(DEDUPLICATED, F.col(_SEED)), target)


def _seeded(rows: DataFrame) -> DataFrame:
    """Return each row with every seed."""
    return rows.withColumn(_SEED, F.explode(F.array(*[F.lit(seed) for seed in range(SEEDS)])))


def _named(kind: str) -> Column:
    return F.concat(F.lit(f"{kind} "), F.col(_SEED).cast("string"))
