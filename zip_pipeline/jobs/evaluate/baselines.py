"""The contestants of an evaluation: selections and their baselines, all of the same bytes.

The baselines are samples of the same pool that no rule chose, `SEEDS` draws of each kind, in the order of a hash of the
ids: `sampling.RANDOM`, `sampling.MATCHED` for each selection, and `DEDUPLICATED`. The last one draws at random from the
records that stay when near-duplicates leave: what people do without a rule. Where there is a target, `DSIR` draws from
the same records by their importance for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.dedup.near_duplicates import Near
from zip_pipeline.jobs.evaluate.importance import DSIR, TargetText, weigh
from zip_pipeline.spark import sampling
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table
from zip_pipeline.spark.removals import deduplication
from zip_pipeline.spark.sampling import BREAK, MATCHED, RANDOM, SELECTION, Draw, Sample
from zip_pipeline.spark.selection_output import PICK_RANK

DEDUPLICATED = "near-dedup"
BASELINES = (RANDOM, MATCHED, DEDUPLICATED, DSIR)
SEEDS = 5


@dataclass(frozen=True)
class Contestant:
    """A set of records that the models compare with others.

    Attributes:
        kind: `SELECTION` or one of `BASELINES`.
        selection: name of the selection that this is or was drawn for; None: it was drawn for all of them.
        seed: of a baseline's draw; None for a selection.
        sample: its records.
    """

    kind: str
    selection: str | None
    seed: int | None
    sample: Sample

    @property
    def name(self) -> str:
        """Its name in reports."""
        parts = (self.selection if self.kind == SELECTION else self.kind, self.seed)
        made_for = f" as {self.selection}" if self.kind == MATCHED else ""
        return " ".join(str(part) for part in parts if part is not None) + made_for


@dataclass(frozen=True)
class Size:
    """How many bytes each contestant has, line breaks between records included.

    Attributes:
        shared: bytes of the smallest selection. Of a larger one the first records by rank count, which the rule chose
            first.
        target: bytes for the models. It is less than `shared` where that is too much for them; then the records of
            selections are drawn at random, too.
    """

    shared: int
    target: int


def size_of(selections: Mapping[str, DataFrame], most_bytes: int) -> Size:
    """Return the bytes that all selections have, and at most `most_bytes` for the models."""
    sums = [rows.agg(F.sum(F.col("raw_bytes") + BREAK)).first() for rows in selections.values()]
    shared = min(int(row[0]) for row in sums if row is not None)
    return Size(shared, min(shared, most_bytes))


def contestants(
    selections: Mapping[str, DataFrame],
    pool: DataFrame,
    size: Size,
    folder: Location,
    targets: Sequence[TargetText] = (),
) -> list[Contestant]:
    """Return the selections, then the baselines in the order of their draws' names.

    Args:
        selections: by name, as `selection_output.selected` returns them.
        pool: ``id``, ``source``, ``raw_bytes``, ``payload``.
        size: how many bytes each contestant gets.
        folder: for derived tables.
        targets: for which `DSIR` draws; without one there are no draws of this kind.
    """
    chosen = [_of_selection(rows, name, size) for name, rows in selections.items()]
    rows, _ = stage_table(pool.sparkSession, folder / "marked", lambda: _marked(pool, folder))
    weights = None
    if targets:
        staying = pool.select("id", "source", "payload").join(rows.where("stays").select("id"), "id")
        weights = weigh(staying, targets, folder / "importance")
        rows = rows.join(weights.rows, "id", "left")
    draws = []
    for seed in range(SEEDS):
        draws.append(sampling.random(size.target, seed, f"{RANDOM} {seed}"))
        place = sampling.at_random(DEDUPLICATED, seed)
        draws.append(Draw(f"{DEDUPLICATED} {seed}", place, [size.target], eligible=F.col("stays")))
        draws += [] if weights is None else [weights.draw(size.target, seed)]
        for number, contestant in enumerate(chosen):
            lengths = [len(payload) for payload in contestant.sample.payloads]
            draws.append(sampling.matched(lengths, seed, f"{MATCHED} {number} {seed}"))
    records = F.broadcast(sampling.sample(rows, draws, ["id"]))
    samples = sampling.collect(pool.select("id", "source", "payload").join(records, "id"))
    names = list(selections)
    return chosen + [_of_baseline(name, sample, names) for name, sample in samples.items()]


def _of_selection(rows: DataFrame, name: str, size: Size) -> Contestant:
    highest = rows.agg(F.max(PICK_RANK)).first()
    bits = int(highest[0]).bit_length() + 1 if highest is not None else 1
    columns = ["id", "source", "raw_bytes", "payload"]
    by_rank = Draw(SELECTION, F.col(PICK_RANK), [size.shared], place_bits=bits)
    records = sampling.sample(rows, [by_rank], columns)
    if size.target < size.shared:
        at_random = Draw(SELECTION, sampling.at_random(SELECTION, 0), [size.target])
        records = sampling.sample(records.select(*columns), [at_random], columns)
    return Contestant(SELECTION, name, None, sampling.collect(records)[SELECTION])


def _marked(pool: DataFrame, folder: Location) -> DataFrame:
    """Return ``id``, ``raw_bytes``, and whether the record ``stays`` when near-duplicates leave."""
    pairs = deduplication.alike(pool, Near(), pool.count(), folder)
    gone = deduplication.gone(*pairs, folder).select("id", F.lit(False).alias("stays"))
    marked = pool.select("id", "raw_bytes").join(gone, "id", "left")
    return marked.withColumn("stays", F.coalesce("stays", F.lit(True)))


def _of_baseline(draw_name: str, sample: Sample, selections: list[str]) -> Contestant:
    kind, *number, seed = draw_name.split(" ")
    return Contestant(kind, selections[int(number[0])] if number else None, int(seed), sample)
