"""The configs of the jobs ``law fit``, ``law check`` and ``law rank``."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from zip_pipeline.config.common import JobConfig, Place, Positive, Section


class FitColumns(Section):
    """Which columns of the table of models hold what; all but `name` and `ratio` may be absent."""

    name: str = "name"
    ratio: str = "ratio"
    score: str = "score"
    loss: str = "loss"
    quality: str = "quality"
    codec: str = "codec"


class Fit(Section):
    """Where a table says what of its models."""

    columns: FitColumns = FitColumns()
    higher_is_better: bool = True


class FitConfig(JobConfig):
    """The config of `law fit`; the input has one row per trained model."""

    input: Place
    fit: Fit = Fit()


class CheckColumns(Section):
    """Which columns of versions hold what; all but `name` and `ratio` may be absent."""

    name: str = "name"
    version: str = "version"
    ratio: str = "ratio"
    loss: str = "loss"
    duplicates: str = "exact_duplicates"
    bytes: str = "raw_bytes"
    codec: str = "codec"
    order: str = "created_at"
    place: str = "place"


class Check(Section):
    """What versions are held against, and how."""

    fit: str | None = None
    history: Place | None = None
    columns: CheckColumns = CheckColumns()
    newest: Positive = 1
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.01
    fail_on_risk: bool = False


class CheckConfig(JobConfig):
    """The config of `law check`; the input has one row per new version; without it, they are the history's newest."""

    input: Place | None = None
    check: Check = Check()

    @model_validator(mode="after")
    def _something_to_check(self) -> Self:
        if self.input is None and self.check.history is None:
            raise ValueError("nothing to check: give new versions as 'input', or a 'check.history' that has them")
        return self


class RankColumns(Section):
    """Which columns hold what; `characters` and `score` may be absent."""

    model: str = "model"
    document: str = "document"
    log_probability: str = "log_probability"
    bytes: str = "bytes"
    characters: str = "characters"
    score: str = "score"


class Rank(Section):
    """Where a table says what of log-probabilities, and in which unit."""

    columns: RankColumns = RankColumns()
    unit: Literal["nats", "bits"] = "nats"
    higher_is_better: bool = True
    seed: int = 0


class RankConfig(JobConfig):
    """The config of `law rank`; the input has one row per model and document."""

    input: Place
    rank: Rank = Rank()
