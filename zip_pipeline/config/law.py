"""The configs of the jobs ``law fit``, ``law check`` and ``law rank``."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from zip_pipeline.config.common import JobConfig, Place, Positive, Section
from zip_pipeline.config.values import Share


class FitColumns(Section):
    """Column names of the table of models; all but `name` and `ratio` may be absent."""

    name: str = Field(default="name", description="Name of the model.")
    ratio: str = Field(default="ratio", description="R, the compression ratio of its training data.")
    score: str = Field(default="score", description="Its score on a benchmark.")
    loss: str = Field(default="loss", description="L, its loss in the first epoch.")
    quality: str = Field(default="quality", description="A number for the quality of its data.")
    codec: str = Field(default="codec", description="How R was measured. Rows that differ in it are refused.")


class Fit(Section):
    """How to read the table of models."""

    columns: FitColumns = Field(default=FitColumns(), description="Names of the columns.")
    logs: str | None = Field(
        default=None,
        description="Logs of trainers, from which L is taken: a file, folder or glob of `trainer_state.json`, "
        "`trainer_log.jsonl` or CSV of Weights & Biases. A log belongs to the model that a folder above it is named "
        "after.",
    )
    higher_is_better: bool = Field(
        default=True, description="Whether a higher score is better; `false` for bits per byte."
    )


class FitConfig(JobConfig):
    """The config of `law fit`."""

    input: Place = Field(description="A table with one row per trained model.")
    fit: Fit = Field(default=Fit(), description="How to read the table.")


class CheckColumns(Section):
    """Column names of a table of versions, by default those of `measure`; all but `name` and `ratio` may be absent."""

    name: str = Field(
        default="name", description="Name of the training set; without a column `version`, of the version."
    )
    version: str = Field(default="version", description="Name of the version.")
    ratio: str = Field(default="ratio", description="R, the compression ratio.")
    loss: str = Field(default="loss", description="L, the loss of a model's first epoch.")
    duplicates: str = Field(default="exact_duplicates", description="Share of exact copies, from 0 to 1.")
    bytes: str = Field(default="raw_bytes", description="Size of the version.")
    codec: str = Field(default="codec", description="How R was measured. Only equal ways are compared.")
    order: str = Field(default="created_at", description="Orders the versions by time.")
    place: str = Field(default="place", description="Orders the versions of one run.")


class Check(Section):
    """What new versions are compared with, and how strictly."""

    fit: str | None = Field(default=None, description="An output of `law fit`. With it the score is predicted.")
    history: Place | None = Field(
        default=None,
        description="Earlier versions, one a row: `{path, format, options, where}` or `{table}`. Without `input` its "
        "newest rows are the new versions.",
    )
    columns: CheckColumns = Field(default=CheckColumns(), description="Names of the columns.")
    newest: Positive = Field(default=1, description="How many of the history's newest rows are new versions.")
    tolerance: Annotated[Share, Field(lt=1)] = Field(
        default=0.01, description="A relative rise of R, or of the share of copies, that is no risk: 0.01 or `1%`."
    )
    fail_on_risk: bool = Field(default=False, description="Exit with code 3 when a version is at risk.")


class CheckConfig(JobConfig):
    """The config of `law check`."""

    input: Place | None = Field(default=None, description="New versions, one a row.")
    check: Check = Field(default=Check(), description="What they are compared with.")

    @model_validator(mode="after")
    def _something_to_check(self) -> Self:
        if self.input is None and self.check.history is None:
            raise ValueError(
                "nothing to check: set 'input' to the new versions, or 'check.history' to a table that has them"
            )
        return self


class RankColumns(Section):
    """Column names of the table; the log-probabilities with the bytes, or a number of bits, must be there."""

    model: str = Field(default="model", description="Name of the model.")
    document: str = Field(default="document", description="Id of the document.")
    log_probability: str = Field(
        default="log_probability", description="Sum of the log-probabilities of the document's tokens, or its negative."
    )
    bytes: str = Field(default="bytes", description="Bytes of the document.")
    characters: str = Field(default="characters", description="Characters of the document.")
    bits_per_byte: str = Field(
        default="bits_per_byte", description="Bits a byte, where there are no log-probabilities."
    )
    bits_per_character: str = Field(default="bits_per_character", description="The same for a character.")
    score: str = Field(default="score", description="The model's score on a benchmark.")
    settings: str = Field(
        default="settings",
        description="How the log-probabilities were computed, as `loglikelihood` writes it. Rows that differ in it are "
        "refused.",
    )


class Rank(Section):
    """How to read the table, and what is compared."""

    tool: Literal["auto", "table", "lm-evaluation-harness", "vllm"] = Field(
        default="auto",
        description="What wrote the input: `table` is any table, the others are read as the tool writes them. `auto` "
        "looks at the files' names and first line.",
    )
    columns: RankColumns = Field(default=RankColumns(), description="Names of a table's columns.")
    by: str | None = Field(
        default=None,
        description="A column with the area of each row, such as `corpus` or `domain`: models are also compared in "
        "each, and by the mean over them. Of files of the harness it is `corpus`, its tasks.",
    )
    scores: Place | None = Field(
        default=None,
        description="A table of the models' scores: columns `model`, `score`, and that of `rank.by` where scores are "
        "those of an area.",
    )
    requests: Place | None = Field(
        default=None,
        description="The requests that vLLM answered, as JSONL, where its answers do not repeat the prompts.",
    )
    unit: Literal["nats", "bits"] = Field(default="nats", description="Unit of the log-probabilities.")
    higher_is_better: bool = Field(default=True, description="Whether a higher score is better.")
    seed: int = Field(default=0, description="Seed of the bootstrap.")


class RankConfig(JobConfig):
    """The config of `law rank`."""

    input: Place = Field(
        description="A table with one row per model and document, a table of bits per character or byte, or files of "
        "a tool; see `rank.tool`."
    )
    rank: Rank = Field(default=Rank(), description="How to read it, and what is compared.")
