"""The sample of an input that a dry run looks at.

Up to `MOST` rows it is the whole input, and what is counted in it is what the run will count. Of a larger input the
rows are drawn at random, the same ones each time for the same layout of files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from zip_pipeline.jobs.manifest import origin_part
from zip_pipeline.report.funnel import AMOUNTS
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.numbers import with_numbers
from zip_pipeline.spark.scored_pool import Summary
from zip_pipeline.tasks.numbers import NONE, Numbers

MOST = 10_000
"""Rows of a sample."""

MOST_TIMED = 1_000
"""Rows of it whose work is timed."""

SPARE = 1.2
"""Spark draws each row by chance: so much more is asked for, and the rest left."""


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

    def batches(self, numbers: Numbers = NONE) -> list[pa.RecordBatch]:
        """Return rows whose work can be timed, as executors get them."""
        batches: list[pa.RecordBatch] = with_numbers(self.corpus.rows.limit(MOST_TIMED), numbers).toArrow().to_batches()
        return batches

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
