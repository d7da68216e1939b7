"""DSIR's draws: records by importance weight for a target, with Gumbel noise.

To draw without replacement by weight is to take the highest ``log w + G``, where G is noise of the standard Gumbel
distribution (Kool et al. 2019, arXiv 1903.06059; DSIR does so). G is made from a hash of seed and id, so a draw does
not depend on the table's layout. What weighs records is in `tasks.importance`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input, Target
from zip_pipeline.config.target import read_as
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.select.feature_counts import count_features
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import sampling, scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table
from zip_pipeline.spark.sampling import Draw
from zip_pipeline.tasks.coverage import FeatureCounter
from zip_pipeline.tasks.importance import BITS, LOG_WEIGHT, UNIT, WEIGHED, importance_of

DSIR = "DSIR"
"""The kind of baseline."""

RANDOM_BITS = 52
"""Bits of a hash that make the noise."""

MOST_NOISE = 64 * UNIT
"""More than any noise, which is below ``ln 2**53``."""


@dataclass(frozen=True)
class TargetText:
    """The records of a target.

    Attributes:
        name: of the target.
        weight: how much it counts beside others.
        rows: ``source`` and ``payload``.
    """

    name: str
    weight: float
    rows: DataFrame


@dataclass(frozen=True)
class Weights:
    """The weights of a pool's records.

    Attributes:
        rows: `WEIGHED`.
        largest: the most that the logarithm of a weight differs from 0, in units of 1 / `UNIT`.
    """

    rows: DataFrame
    largest: int

    def draw(self, amount: int, seed: int) -> Draw:
        """Return a draw of the records that have a weight; their rows have the columns `WEIGHED`.

        Args:
            amount: bytes that it takes.
            seed: of the noise.
        """
        bits = sampling.at_random(DSIR, seed).bitwiseAND(F.lit((1 << RANDOM_BITS) - 1))
        noise = -F.log(-F.log((bits + F.lit(0.5)) / F.lit(float(1 << RANDOM_BITS))))
        place = -(F.col(LOG_WEIGHT) + F.round(noise * UNIT).cast("bigint"))
        place_bits = (self.largest + MOST_NOISE).bit_length() + 1
        return Draw(f"{DSIR} {seed}", place, [amount], eligible=F.col(LOG_WEIGHT).isNotNull(), place_bits=place_bits)


def read_target(name: str, weight: float, corpus: Corpus) -> TargetText:
    """Return the text of a target; records that cannot be used are passed over.

    Raises:
        InputError: when none can be used.
    """
    rows = scoring.score(corpus, corpus.scorer("content", NullCodec())).where("reason is null")
    if rows.isEmpty():
        raise InputError(f"evaluate.target {name}: none of its records can be used")
    return TargetText(name, weight, rows.select("source", "payload"))


def weigh(pool: DataFrame, targets: Sequence[TargetText], folder: Location) -> Weights:
    """Weigh each record of a pool.

    Args:
        pool: ``id``, ``source`` and ``payload``.
        targets: one at least.
        folder: for derived tables.
    """
    counter = FeatureCounter(BITS)
    counts = [
        (target.weight, count_features(target.rows, counter, folder / f"target-{number}").amounts)
        for number, target in enumerate(targets)
    ]
    of_pool = count_features(pool, counter, folder / "features").amounts
    scorer = importance_of(counts, of_pool, pool.count())
    rows = pool.select("id", "payload").mapInArrow(scorer.weigh_batches, schema.ddl(WEIGHED))
    largest = F.max(F.abs(F.col(LOG_WEIGHT)))
    table, facts = stage_table(pool.sparkSession, folder / "weights", lambda: rows, largest=largest)
    return Weights(table, facts["largest"])


def targets_of(targets: Sequence[Target] | None, manifests: Mapping[str, Manifest], pool: Input) -> list[Target]:
    """Return the targets that the config names, or else those that the selections were made for.

    Args:
        targets: as the config has them; None: it has none.
        manifests: of the selections, by name.
        pool: how its rows are read, and those of targets that do not say otherwise.

    Raises:
        ConfigError: when the selections were made for different targets.
    """
    if targets is not None:
        keys = [target.model_dump(exclude_unset=True) for target in targets]
        return [Target.model_validate(tree) for tree in read_as(pool.model_dump(exclude_unset=True), keys)]
    made_for = {name: manifest["config"]["select"].get("target") or [] for name, manifest in manifests.items()}
    different = [trees for trees in made_for.values() if trees]
    if any(trees != different[0] for trees in different):
        names = " and ".join(name for name, trees in made_for.items() if trees)
        raise ConfigError(
            f"evaluate.target: missing; {names} were made for different targets: name one, or [] for none"
        )
    return [Target.model_validate(tree) for tree in (different[0] if different else [])]
