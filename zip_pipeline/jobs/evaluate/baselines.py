"""The contestants: selections and what they are compared with, all of the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.spark import baselines, deduplication, sampling
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.sampling import BREAK, Drawn
from zip_pipeline.spark.selection_output import RANK

SELECTION = "selection"
BASELINES = (baselines.RANDOM, baselines.MATCHED, baselines.DEDUPLICATED)


@dataclass(frozen=True)
class Contestant:
    """A set of records that is judged.

    Attributes:
        kind: `SELECTION` or one of `BASELINES`.
        selection: the name of the one that it is or was made for; None: made for all of them.
        seed: of a baseline's draw.
        drawn: its records.
    """

    kind: str
    selection: str | None
    seed: int | None
    drawn: Drawn

    @property
    def name(self) -> str:
        """What people call it."""
        parts = (self.selection if self.kind == SELECTION else self.kind, self.seed)
        made_for = f" as {self.selection}" if self.kind == baselines.MATCHED else ""
        return " ".join(str(part) for part in parts if part is not None) + made_for


@dataclass(frozen=True)
class Size:
    """How many bytes everybody has, line breaks between records included.

    Attributes:
        shared: of the smallest selection; larger ones are cut to it by rank, which leaves what the rule chose first.
        target: what is judged; less than `shared` where that is too much for the models: then records of the
            selections, too, are drawn at random.
    """

    shared: int
    target: int


def size_of(selections: Mapping[str, DataFrame], most_bytes: int) -> Size:
    """Return the bytes that all of some selections have, and at most `most_bytes` to judge."""
    sums = [rows.agg(F.sum(F.col("raw_bytes") + BREAK)).first() for rows in selections.values()]
    shared = min(int(row[0]) for row in sums if row is not None)
    return Size(shared, min(shared, most_bytes))


def draw(selections: Mapping[str, DataFrame], pool: DataFrame, size: Size, folder: Location) -> list[Contestant]:
    """Return selections and baselines.

    Args:
        selections: by name, as `earlier.selected` has them.
        pool: ``id``, ``source``, ``raw_bytes``, ``payload``.
        size: how many bytes they get.
        folder: for what is derived from the pool.
    """
    chosen = [_of_selection(rows, name, size) for name, rows in selections.items()]
    groups = deduplication.near_duplicates(pool, folder)
    sizes = pool.select("id", "raw_bytes")
    offers = [baselines.random(sizes, size.target), baselines.deduplicated(sizes, groups, size.target)]
    for number, contestant in enumerate(chosen):
        offers.append(baselines.matched(sizes, [len(p) for p in contestant.drawn.payloads], str(number)))
    drawn = sampling.fetch(sampling.taken(reduce(DataFrame.unionByName, offers)), pool)
    names = list(selections)
    return chosen + [_of_baseline(name, part, names) for name, part in drawn.items()]


def _of_selection(rows: DataFrame, name: str, size: Size) -> Contestant:
    first = sampling.taken(sampling.candidates(rows, SELECTION, F.col(RANK), size.shared))
    if size.target < size.shared:
        first = sampling.taken(sampling.candidates(first, SELECTION, sampling.at_random(SELECTION, 0), size.target))
    return Contestant(SELECTION, name, None, sampling.fetch(first, rows)[SELECTION])


def _of_baseline(draw_name: str, drawn: Drawn, selections: list[str]) -> Contestant:
    kind, *number, seed = draw_name.split(" ")
    return Contestant(kind, selections[int(number[0])] if number else None, int(seed), drawn)
