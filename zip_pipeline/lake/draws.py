"""Draws: so many bytes of records, or so many records, in an order that does not depend on how the table lies.

A draw has strata, of each of which it takes records in the order of their place until the stratum's target is
reached; the record that reaches it is the last. All draws from one table are made in one pass over its ids and
lengths; payloads are joined to what was taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.core.quotas import Unit

BREAK = 1
"""Bytes between a record and the next in a text."""

PLACE_BITS, PART_BITS = 64, 8
"""Of a place, and of them those that say in which part of its stratum it is."""


@dataclass(frozen=True)
class Drawn:
    """What a draw took, in the order of its places.

    Attributes:
        payloads: of each record.
        sources: of each record, None where it has none.
    """

    payloads: list[bytes]
    sources: list[str | None]


def at_random(purpose: str, seed: Column | int, key: str = "id") -> Column:
    """Return the place of a record in a random order: a hash of its key.

    Args:
        purpose: orders of different purposes have nothing to do with each other. Were the held-out records of a pool
            the first in the order in which a baseline is drawn, that baseline would find only what was left over.
        seed: for another order of the same purpose.
        key: the column that is hashed.
    """
    return F.xxhash64(F.lit(purpose), seed if isinstance(seed, Column) else F.lit(seed), F.col(key))


def candidates(
    rows: DataFrame,
    draw: Column | str,
    place: Column,
    target: Column | int,
    stratum: Column | int = 0,
    *,
    unit: Unit = "bytes",
    keep: Sequence[str] = ("id", "raw_bytes"),
) -> DataFrame:
    """Return what `taken` chooses from: ``draw``, ``stratum``, ``place``, ``target``, ``amount``, and what is kept.

    Args:
        rows: with ``id`` and ``raw_bytes``.
        draw: the name of the draw.
        place: records of a stratum are taken in ascending (place, id).
        target: how much to take of the stratum; in bytes, a line break behind each record counts.
        stratum: number of the stratum.
        unit: of the target, bytes or records.
        keep: columns of `rows`, the id among them.
    """
    amount = F.col("raw_bytes") + BREAK if unit == "bytes" else F.lit(1)
    columns = {"draw": draw, "stratum": stratum, "place": place, "target": target, "amount": amount}
    given = {name: value if isinstance(value, Column) else F.lit(value) for name, value in columns.items()}
    named = [given[name].cast(kind).alias(name) for name, kind in _KINDS.items()]
    return rows.select(*named, *keep)


def taken(offered: DataFrame) -> DataFrame:
    """Return those of some `candidates` that their draws take.

    The places are cut into parts and the parts' sums added up first, so that no task has a whole stratum to sort.
    """
    stratum, part = ["draw", "stratum"], F.shiftright("place", PLACE_BITS - PART_BITS)
    parted = offered.withColumn("part", part)
    of_parts = parted.groupBy(*stratum, "part").agg(F.sum("amount").alias("sum"))
    earlier = Window.partitionBy(*stratum).orderBy("part").rowsBetween(Window.unboundedPreceding, -1)
    reached = of_parts.select(*stratum, "part", F.coalesce(F.sum("sum").over(earlier), F.lit(0)).alias("before"))
    within = Window.partitionBy(*stratum, "part").orderBy("place", "id").rowsBetween(Window.unboundedPreceding, -1)
    inside = F.coalesce(F.sum("amount").over(within), F.lit(0))
    return (
        parted.join(F.broadcast(reached), [*stratum, "part"])
        .where("before < target")
        .withColumn("before", F.col("before") + inside)
        .where("before < target")
        .select(*offered.columns)
    )


def taken_of(offered: DataFrame, chosen: DataFrame) -> DataFrame:
    """Return the rows of `candidates` that were taken of others with the same places and ids, which keep less.

    The last one taken of each stratum says which: so wide rows need not be sorted or moved to be chosen.
    """
    last = chosen.groupBy("draw", "stratum").agg(F.max(F.struct("place", "id")).alias("last"))
    met = offered.join(F.broadcast(last), ["draw", "stratum"])
    return met.where(F.struct("place", "id") <= F.col("last")).select(*offered.columns)


def fetch(chosen: DataFrame, rows: DataFrame) -> dict[str, Drawn]:
    """Return the draws by name; strata are mixed, by place.

    Args:
        chosen: from `taken`.
        rows: ``id``, ``source``, ``payload``; each id once.
    """
    found = rows.select("id", "source", "payload").join(F.broadcast(chosen.select("draw", "place", "id")), "id")
    table = found.toArrow().sort_by([("draw", "ascending"), ("place", "ascending"), ("id", "ascending")])
    columns = (table.column(name).to_pylist() for name in ("draw", "payload", "source"))
    draws: dict[str, Drawn] = {}
    for draw, payload, source in zip(*columns, strict=True):
        drawn = draws.setdefault(draw, Drawn([], []))
        drawn.payloads.append(payload)
        drawn.sources.append(source)
    return draws


_KINDS = {"draw": "string", "stratum": "int", "place": "bigint", "target": "bigint", "amount": "bigint"}
