"""The configs of the jobs ``evaluate`` and ``split``."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from zip_pipeline.config.common import Input, JobConfig, Section, Workers
from zip_pipeline.config.values import share_of


class Evaluate(Section):
    """What is judged, and on which text."""

    selections: Annotated[list[str], Field(min_length=1)]
    held_out: Annotated[list[Input], Field(min_length=1)]
    by: str | None = None
    most_bytes: Annotated[int, Field(ge=1000, le=10_000_000)] = 8_000_000


class EvaluateConfig(JobConfig):
    """The config of `evaluate`; without an input, the pool is the one that the selections were made from."""

    evaluate: Evaluate
    input: Input | None = None
    run: Workers = Workers()


class Split(Section):
    """How much is held out."""

    share: Annotated[float, BeforeValidator(share_of), Field(gt=0, lt=1)] = 0.05
    seed: int = 0


class SplitConfig(JobConfig):
    """The config of `split`."""

    input: Input
    split: Split = Split()
