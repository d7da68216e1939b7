"""The sample of an input that a dry run looks at.

Up to `MOST` rows it is the whole input, and what is counted in it is what the run will count. Of a larger input the
rows are drawn at random, the same ones each time for the same layout of files.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.jobs.manifest import origin_part
from zip_pipeline.report.funnel import AMOUNTS
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.numbers import with_numbers
from zip_pipeline.spark.scored_pool import Summary
from zip_pipeline.tasks.numbers import NONE, Numbers

MOST = 10_000
"""Rows of a sample."""

MOST_TIMED = 1_000
"""Rows of it whose work is timed."""

COPIES = 20
"""So often each core reads these rows, to say what Spark takes for them."""

SPARE = 1.2
"""Spark draws each row by chance: so much more is asked for, and the rest left."""


COPY = "__copy"
"""A column that no input has."""


@dataclass(frozen=True)
class Sample:
    """Some rows of an input, or all of them.

    Attributes:
        whole: the input.
        rows: how many rows it has.
        corpus: the sample's rows, kept in memory.
        drawn: how many they are.
    """

    whole: Corpus
    rows: int
    corpus: Corpus
    drawn: int

    @property
    def is_whole(self) -> bool:
        """Whether the sample is the input."""
        return self.drawn == self.rows

    def scaled(self, number: float) -> int:
        """Return a number of the sample as one of the input."""
        return round(number * self.rows / max(1, self.drawn))

    def bytes_beyond(self, summary: Summary) -> float:
        """Return about how many bytes of payload the input has beyond the sample."""
        return summary.raw_bytes * (self.rows - self.drawn) / max(1, self.drawn)

    def scaled_steps(self, steps: list[Manifest]) -> list[Manifest]:
        """Return a sample's funnel as that of the input; what the rule looks at and picks is no part of a sample."""
        return [
            {**step, **{key: None if step[key] is None else self.scaled(step[key]) for key in AMOUNTS}}
            for step in steps
        ]

    @property
    def timed(self) -> DataFrame:
        """Rows whose work can be timed: of all the sample, as a pool often begins with one source."""
        share = min(1.0, SPARE * MOST_TIMED / max(1, self.drawn))
        return self.corpus.rows.sample(fraction=share, seed=0).limit(MOST_TIMED)

    def batches(self, numbers: Numbers = NONE) -> list[pa.RecordBatch]:
        """Return the timed rows as executors get them."""
        batches: list[pa.RecordBatch] = with_numbers(self.timed, numbers).toArrow().to_batches()
        return batches

    def core_seconds(self, work: Callable[[Corpus], DataFrame], cores: int, folder: Location) -> float:
        """Return a core's seconds to read the timed rows, to work on them and to write the result.

        All cores are busy meanwhile, as in a run. What a task takes whatever its input is not in it. A sample that is
        the whole input is not timed: nothing is beyond it.

        Args:
            work: returns the result for some rows.
            cores: that tasks have.
            folder: for the result.
        """
        if self.is_whole:
            return 0.0
        spark = self.corpus.rows.sparkSession
        rows = F.broadcast(self.timed)

        def seconds(copies: int) -> float:
            start = time.perf_counter()
            numbers = spark.range(copies * cores, numPartitions=cores).withColumnRenamed("id", COPY)
            result = work(replace(self.corpus, rows=numbers.crossJoin(rows).drop(COPY)))
            result.write.mode("overwrite").parquet(folder.uri)
            return time.perf_counter() - start

        seconds(1)  # Java compiles it
        few, many = seconds(1), seconds(COPIES)
        return max(0.0, many - few) / (COPIES - 1)

    def parts(self) -> Mapping[str, Any]:
        """Return the plan's parts on input and sample."""
        corpus = self.whole
        return {
            "input": {
                "rows": self.rows,
                "columns": {field.name: field.dataType.simpleString() for field in corpus.original().schema},
                "dialect": corpus.dialect.name,
                "id_column": corpus.id_column,
                "source_column": corpus.source_column,
                **origin_part(corpus.origin),
            },
            "sample": {"rows": self.drawn, "is_whole": self.is_whole},
        }


def draw(corpus: Corpus) -> Sample:
    """Count the rows of an input, and draw a sample.

    Raises:
        UserError: when the input cannot be read.
    """
    try:
        rows = corpus.rows.count()
        drawn = corpus.rows
        if rows > MOST:
            drawn = drawn.sample(fraction=min(1.0, SPARE * MOST / rows), seed=0).limit(MOST)
        drawn = drawn.persist()
        return Sample(corpus, rows, replace(corpus, rows=drawn), drawn.count())
    except Exception as error:
        raise user_error(error) or error from error
