"""What plans of jobs that score a pool share: the sample scored as the run scores the pool, what leaves it, rates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zip_pipeline.config import Input
from zip_pipeline.jobs.base import AnyConfig, Run
from zip_pipeline.jobs.planning import rates
from zip_pipeline.jobs.planning.plan import Stages, cores_of
from zip_pipeline.jobs.planning.sample import Sample, draw
from zip_pipeline.spark import scoring
from zip_pipeline.spark.catalog.versions import pin
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.removals.small_pools import MOST_BYTES, MOST_RECORDS
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.tasks.score import Scorer

COMPARING_BYTES = 700 << 20
"""Memory that the driver takes to compare the largest pool that it compares by itself; as seen."""

NEAR_WORK, NEAR_PASSES = 2, 3
"""How much more a byte of a pool costs to compare than one of a sample, which has fewer near-duplicates, and how often
executors move it; as seen."""

PASS = 0.5
"""What a byte costs when a later stage reads the pool once more, as a part of what scoring costs."""

LATER = 0.3
"""Seconds that a later stage takes whatever the input, as a part of those of the stages on the sample; as seen."""


ScorerOf = Callable[[Corpus], Scorer]
"""Makes the scorer of a corpus."""


@dataclass(frozen=True)
class ScoredSample:
    """A sample, scored.

    Attributes:
        sample: of the pool.
        pool: its scores.
        payloads: of some of its records.
        scoring: a core's seconds a byte, as `moving` and the work on it.
        cores: that tasks have; the driver compares on one of them.
        moving: a core's seconds a byte for Spark's part of a pass: reading, to Python and back, writing.
    """

    sample: Sample
    pool: ScoredPool
    payloads: Sequence[bytes]
    scoring: float
    moving: float
    cores: int

    @property
    def beyond(self) -> float:
        """About how many bytes the pool has beyond the sample."""
        return self.sample.bytes_beyond(self.pool.summary)

    @property
    def raw_bytes(self) -> float:
        """About how many bytes the pool has."""
        return self.pool.summary.raw_bytes + self.beyond

    def near_seconds(self) -> float:
        """Return a core's seconds to look for near-duplicates beyond the sample; executors do not share one core."""
        work = NEAR_WORK * rates.of_near_duplicates(self.payloads)
        return self.beyond * (work * self.cores + self.moving if self.fits_driver else work + NEAR_PASSES * self.moving)

    @property
    def fits_driver(self) -> bool:
        """Whether the driver compares the pool by itself."""
        return self.sample.rows <= MOST_RECORDS and self.raw_bytes <= MOST_BYTES

    def comparing_bytes(self) -> int:
        """Return about how much memory the driver takes to look for near-duplicates."""
        return int(COMPARING_BYTES * self.raw_bytes / MOST_BYTES) if self.fits_driver else 0

    def later(self, stages: Stages, name: str, passes: int = 1) -> None:
        """Add a stage that comes after those that were measured: it reads the pool so often."""
        stages.add(name, LATER * stages.of_sample * passes, PASS * passes * self.scoring * self.beyond)


def score(run: Run[AnyConfig], place: Input, scorer_of: ScorerOf, stages: Stages, name: str) -> ScoredSample:
    """Draw a sample of a pool and score it.

    Args:
        run: of the plan.
        place: of the pool.
        scorer_of: makes the scorer of a corpus.
        stages: gets the stage.
        name: of the stage.

    Raises:
        UserError: where the run would fail, too.
    """
    sample = draw(run.open_corpus(pin(run.spark, place)))
    scorer = scorer_of(sample.corpus)
    work, payloads = rates.of_scoring(scorer, sample.batches(scorer.numbers))
    with stages.measured(name):
        pool = ScoredPool.create(sample.corpus, scorer, run.output.scratch / "sample")
        pool.require_usable(place.on_bad_record)
    rate = spark_rate(run, sample, scorer, payloads)
    stages.add(name, 0.0, rate * sample.bytes_beyond(pool.summary))
    return ScoredSample(sample, pool, payloads, rate, max(0.0, rate - work), cores_of(run))


def spark_rate(run: Run[AnyConfig], sample: Sample, scorer: Scorer, payloads: Sequence[bytes]) -> float:
    """Return a core's seconds a byte to read, score and write records on Spark.

    Args:
        run: of the plan.
        sample: of the pool.
        scorer: of its records.
        payloads: of its timed records.
    """
    place = run.output.scratch / "timed"
    seconds = sample.core_seconds(lambda corpus: scoring.score(corpus, scorer), cores_of(run), place)
    return seconds / max(1, sum(map(len, payloads)))
