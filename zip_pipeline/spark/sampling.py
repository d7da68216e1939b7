"""Random samples of a table: so many bytes or records, in an order that does not depend on the table's layout.

A draw takes the records of a stratum in the order of a place, mostly a hash of the id, until it has enough. So place
and id of the last record say which records it takes. `sample` finds these ends in two passes over ids and lengths:

1. It sums up each draw by parts of the order. The driver then knows in which part a draw ends.
2. It collects those parts, and the driver counts up to the last record.

A third pass takes the records. The driver needs memory for the sums and the last part of each stratum alone.

The baselines of a selection are samples. `random` takes any records. `matched` takes, of each tenth of the selection's
lengths, as much as the selection has. A rule that only prefers long records does not beat it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.selection.quotas import Unit
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import read_batches, sort_rows

RANDOM, MATCHED = "random", "length-matched"
"""Kinds of baselines."""

SELECTION = "selection"
"""The draw that `draw_baselines` takes of the selection itself."""

STRATA = 10
"""Parts of equal size into which `matched` divides the lengths of a selection."""

BREAK = 1
"""Bytes between a record and the next in a text."""

PLACE_BITS, PART_BITS = 64, 12
"""Bits of a place that is a hash, and the bits of a place that number its part of the order."""

MIXED = "beside"
"""Purpose of the order in which the baselines of a selection are read; another word gives another order."""

_COLUMNS = ("id", "source", "raw_bytes", "compressed_bytes", "payload")


@dataclass(frozen=True)
class Draw:
    """A draw: of each stratum it takes records in ascending (place, id), up to the one that reaches the target.

    Attributes:
        name: different from that of other draws of one table.
        place: of a record in the order; bigint.
        targets: bytes or records to take of each stratum, shape (strata,).
        stratum: number of a record's stratum; int.
        unit: of the targets; a record's bytes include a line break behind it.
        eligible: whether the draw may take a record.
        order: the order in which to read the sample; None: by place.
        place_bits: bits that hold any place, the sign included.
    """

    name: str
    place: Column
    targets: Sequence[int]
    stratum: Column | int = 0
    unit: Unit = "bytes"
    eligible: Column | bool = True
    order: Column | None = None
    place_bits: int = PLACE_BITS

    @property
    def part(self) -> Column:
        """The part of the order that a record lies in."""
        return F.shiftright(self.place.cast("bigint"), max(0, self.place_bits - PART_BITS))

    @property
    def amount(self) -> Column:
        """What a record adds to its stratum."""
        if self.unit == "tokens":
            return F.col(schema.TOKENS)
        return F.lit(1).cast("bigint") if self.unit == "records" else F.col("raw_bytes") + BREAK


@dataclass(frozen=True)
class Sample:
    """The records of a draw, in its order.

    Attributes:
        payloads: of each record.
        sources: of each record; None where it has none.
    """

    payloads: list[bytes]
    sources: list[str | None]


@dataclass(frozen=True)
class Member:
    """A record of a set; sizes are in bytes, as in ``scores/``."""

    source: str | None
    raw_bytes: int
    compressed_bytes: int
    payload: bytes
    tokens: int | None = None


def at_random(purpose: str, seed: int, key: str = "id") -> Column:
    """Return the place of a record in a random order: a hash of its key.

    Args:
        purpose: orders of different purposes are independent. Otherwise, if the held-out records of a pool came first
            in the order of a baseline, that baseline would only find the rest.
        seed: of the order.
        key: the column to hash.
    """
    return F.xxhash64(F.lit(purpose), F.lit(seed), F.col(key))


def random(target: int, seed: int, name: str = RANDOM, unit: Unit = "bytes") -> Draw:
    """Return a draw of any records.

    Args:
        target: how much it takes.
        seed: of the order.
        name: of the draw.
        unit: of the target.
    """
    return Draw(name, at_random(RANDOM, seed), [target], unit=unit)


def matched(
    lengths: Sequence[int] | npt.NDArray[np.int64],
    seed: int,
    name: str = MATCHED,
    unit: Unit = "bytes",
    tokens: Sequence[int] | None = None,
) -> Draw:
    """Return a draw of records with the lengths of a selection.

    Args:
        lengths: bytes of the selection's records, shape (records,).
        seed: of the order.
        name: of the draw.
        unit: the draw takes as much as the selection has, in records, bytes or tokens.
        tokens: of the selection's records, for that unit.
    """
    sizes = np.asarray(lengths)
    edges = np.quantile(sizes, np.arange(1, STRATA) / STRATA)
    by_unit = {"records": np.ones(len(sizes)), "bytes": sizes + BREAK, "tokens": tokens}
    targets = np.bincount(np.searchsorted(edges, sizes), weights=by_unit[unit], minlength=STRATA)
    # As searchsorted counts: the edges below a length.
    above = [(F.col("raw_bytes") > F.lit(float(edge))).cast("int") for edge in edges]
    return Draw(name, at_random(MATCHED, seed), [int(target) for target in targets], sum(above[1:], above[0]), unit)


def sample(rows: DataFrame, draws: Sequence[Draw], columns: Sequence[str]) -> DataFrame:
    """Return the records that draws take: `columns`, ``draw`` (its name), ``order``; one row a draw and record.

    Args:
        rows: ``id``, different in each row, ``raw_bytes``, `columns`, and what the draws' expressions need; read three
            times.
        draws: one at least.
        columns: of `rows` to return.
    """
    offers = []
    for draw, ends in zip(draws, _ends(rows, draws), strict=True):
        place = draw.place.cast("bigint")
        last_place = _by_stratum(draw, [end and end[0] for end in ends])
        last_id = _by_stratum(draw, [end and end[1] for end in ends], "string")
        before_end = (place < last_place) | ((place == last_place) & (F.col("id") <= last_id))
        order = place if draw.order is None else draw.order.cast("bigint")
        draw_columns = F.struct(F.lit(draw.name).alias("draw"), order.alias("order"))
        offers.append(F.when(F.lit(draw.eligible) & before_end, draw_columns))
    return _explode(rows, columns, offers)


def collect(table: DataFrame) -> dict[str, Sample]:
    """Return samples by draw, in the order of their names; a draw without records is missing.

    Args:
        table: ``draw``, ``order``, ``id``, ``source``, ``payload``.
    """
    keys = [(name, "ascending") for name in ("draw", "order", "id")]
    records = table.select("draw", "order", "id", "source", "payload").toArrow().sort_by(keys)
    samples: dict[str, Sample] = {}
    columns = (records.column(name).to_pylist() for name in ("draw", "payload", "source"))
    for draw, payload, source in zip(*columns, strict=True):
        records_of_draw = samples.setdefault(draw, Sample([], []))
        records_of_draw.payloads.append(payload)
        records_of_draw.sources.append(source)
    return samples


def draw_baselines(
    rows: DataFrame,
    lengths: npt.NDArray[np.int64],
    selection: Sequence[str],
    unit: Unit,
    folder: Location,
    tokens: Sequence[int] | None = None,
) -> dict[str, Iterator[Member]]:
    """Return `RANDOM` and `MATCHED` of a selection's size, in random order, and `SELECTION`, some of its own records.

    No set need fit into the driver's memory: each lies sorted in a folder and is read from there.

    Args:
        rows: the eligible records, of `schema.SCORED`.
        lengths: bytes of the selection's records, shape (records,).
        selection: ids of the records of `SELECTION`, in the order in which to return them.
        unit: of which the baselines have as much as the selection. In bytes and tokens, `RANDOM` may exceed it by a
            part of a record, `MATCHED` by a part of a record for each tenth of the lengths.
        folder: for derived tables; it must last as long as the result is in use.
        tokens: of the selection's records, shape (records,); None where they are not counted.
    """
    same_lengths = matched(lengths, 0, unit=unit, tokens=tokens)
    # The strata end at different places, so places are no random order of a length-matched set.
    any_records = random(sum(same_lengths.targets), 0, unit=unit)
    mixed = [replace(draw, order=at_random(MIXED, 0)) for draw in (any_records, same_lengths)]
    own = Draw(
        SELECTION,
        F.col("rank"),
        [len(selection)],
        unit="records",
        eligible=F.col("rank").isNotNull(),
        place_bits=len(selection).bit_length() + 1,
    )
    ranks = pa.table({"id": pa.array(selection, pa.string()), "rank": pa.array(range(len(selection)), pa.int64())})
    columns = [*_COLUMNS, *([] if tokens is None else [schema.TOKENS])]
    ranked = rows.select(*columns).join(F.broadcast(rows.sparkSession.createDataFrame(ranks)), "id", "left")
    records = sample(ranked, [*mixed, own], columns)
    ordered = sort_rows(records, "draw", "order", "id", about=2 * len(lengths) + len(selection))
    ordered.drop("order").write.partitionBy("draw").parquet((folder / "baselines").uri)
    return {name: _read(folder / "baselines" / f"draw={name}") for name in (RANDOM, MATCHED, SELECTION)}


def _read(folder: Location) -> Iterator[Member]:
    for batch in read_batches(folder):
        names = ["source", "raw_bytes", "compressed_bytes", "payload"]
        names += [schema.TOKENS] if schema.TOKENS in batch.schema.names else []
        for values in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
            yield Member(*values)


def _ends(rows: DataFrame, draws: Sequence[Draw]) -> list[list[tuple[int, str] | None]]:
    """Return, by draw and stratum, place and id of the last record that the draw takes; None: it takes none."""
    sums = _explode(rows, (), [F.when(F.lit(draw.eligible), _offer(number, draw)) for number, draw in enumerate(draws)])
    sums = sums.groupBy("draw", "stratum", "part").agg(F.sum("amount").alias("amount"))
    parts: list[list[int | None]] = [[None] * len(draw.targets) for draw in draws]
    missing = [list(draw.targets) for draw in draws]  # what a stratum lacks before its last part
    left = [list(draw.targets) for draw in draws]
    for number, stratum, part, amount in _sorted_rows(sums):
        if left[number][stratum] > 0:
            parts[number][stratum], missing[number][stratum] = part, left[number][stratum]
            left[number][stratum] -= amount

    offers = [
        F.when(F.lit(draw.eligible) & (draw.part == _by_stratum(draw, parts[number])), _offer(number, draw))
        for number, draw in enumerate(draws)
    ]
    ends: list[list[tuple[int, str] | None]] = [[None] * len(draw.targets) for draw in draws]
    last_parts = _explode(rows, ("id",), offers).select("draw", "stratum", "place", "id", "amount")
    for number, stratum, place, record, amount in _sorted_rows(last_parts):
        if missing[number][stratum] > 0:
            ends[number][stratum] = place, record
            missing[number][stratum] -= amount
    return ends


def _offer(number: int, draw: Draw) -> Column:
    """Return what a draw has to know of a record to find its ends."""
    columns = {
        "stratum": F.lit(draw.stratum).cast("int"),
        "part": draw.part,
        "place": draw.place.cast("bigint"),
        "amount": draw.amount,
    }
    return F.struct(F.lit(number).alias("draw"), *[column.alias(name) for name, column in columns.items()])


def _by_stratum(draw: Draw, values: Sequence[int | str | None], kind: str = "bigint") -> Column:
    """Return that of the values, shape (strata,), which belongs to a record's stratum."""
    return F.get(F.array(*[F.lit(value).cast(kind) for value in values]), F.lit(draw.stratum).cast("int"))


def _explode(rows: DataFrame, columns: Sequence[str], offers: Sequence[Column]) -> DataFrame:
    """Return `columns` and an offer's, a row for each of the offers that is not null.

    Spark compiles this; it would interpret `array_compact`, five times as slow.
    """
    some = rows.where(F.coalesce(*(F.when(offer.isNotNull(), True) for offer in offers)))
    return some.select(*columns, F.inline(F.array(*offers))).where(F.col("draw").isNotNull())


def _sorted_rows(table: DataFrame) -> list[tuple[Any, ...]]:
    return sorted(zip(*(column.to_pylist() for column in table.toArrow().columns), strict=True))
