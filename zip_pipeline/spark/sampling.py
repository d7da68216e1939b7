"""Draws: so many bytes of records, in an order that does not depend on how the table lies.

A draw has strata, of each of which it takes records in the order of their place until the stratum's target is
reached; the record that reaches it is the last. All draws from one table are made in one pass over its ids and
lengths; payloads are joined to what was taken.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

BREAK = 1
"""Bytes between a record and the next in a text."""


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
    rows: DataFrame, draw: Column | str, place: Column, target: Column | int, stratum: Column | int = 0
) -> DataFrame:
    """Return what `taken` chooses from: ``draw``, ``stratum``, ``place``, ``target``, ``id``, ``raw_bytes``.

    Args:
        rows: with ``id`` and ``raw_bytes``.
        draw: the name of the draw.
        place: records of a stratum are taken in ascending (place, id).
        target: bytes to take of the stratum, a line break behind each record counted.
        stratum: number of the stratum.
    """
    columns = {"draw": draw, "stratum": stratum, "place": place, "target": target}
    given = {name: value if isinstance(value, Column) else F.lit(value) for name, value in columns.items()}
    named = [given[name].cast(kind).alias(name) for name, kind in _KINDS.items()]
    return rows.select(*named, "id", "raw_bytes")


def taken(offered: DataFrame) -> DataFrame:
    """Return those of some `candidates` that their draws take."""
    earlier = Window.partitionBy("draw", "stratum").orderBy("place", "id").rowsBetween(Window.unboundedPreceding, -1)
    before = F.coalesce(F.sum(F.col("raw_bytes") + BREAK).over(earlier), F.lit(0))
    return offered.withColumn("before", before).where("before < target").drop("before")


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


_KINDS = {"draw": "string", "stratum": "int", "place": "bigint", "target": "bigint"}
