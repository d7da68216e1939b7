"""The configs of the jobs ``evaluate``, ``split``, ``explain``, ``diff`` and ``export``."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from zip_pipeline.config.common import Input, JobConfig, Place, Section, Workers
from zip_pipeline.config.target import Targets
from zip_pipeline.config.values import Bytes, Share
from zip_pipeline.language_models.questions import DEFAULT_MODELS, MODEL_NAMES


class Task(Place):
    """A held-out kind of questions, with right and wrong answers."""

    question: str = Field(
        default="question",
        description="Column of the question. A table of preferences needs none of these columns: `chosen` is right, "
        "`rejected` is wrong, and the prompt is the question.",
    )
    right: str = Field(
        default="right", description="Column of the right answer; or of its place in the list of `wrong`, from 0."
    )
    wrong: str = Field(
        default="wrong",
        description="Column of the wrong answer, or of a list of them; the right one may be among them.",
    )


class Evaluate(Section):
    """Which selections are compared, and on which text."""

    selections: Annotated[list[str], Field(min_length=1)] = Field(description="Outputs of `select` to compare.")
    held_out: Annotated[list[Input], Field(min_length=1)] = Field(
        description="Held-out sets: a list of places, each with the keys of `input`. They are read as the pool is, "
        "unless they say otherwise, and by the defaults where they lack the pool's columns."
    )
    by: str | None = Field(
        default=None, description="A column that splits each held-out set into several, such as `source`."
    )
    target: Targets | None = Field(
        default=None,
        description="Sets of records that a baseline, DSIR, draws for: a list of places, each with the keys of `input` "
        "and `weight`, read as the pool is where they do not say otherwise. By default the targets that the selections "
        "were made for; `[]` means none.",
    )
    tasks: list[Task] = Field(
        default=[],
        description="Held-out questions: a list of places. The models are asked for the bits of each answer given the "
        "question, and how often the right one is the cheapest.",
    )
    models: Annotated[list[Literal[*MODEL_NAMES]], Field(min_length=1)] = Field(  # type: ignore[valid-type]
        default=list(DEFAULT_MODELS),
        description="The models that judge. `neural` needs `pip install 'zip-pipeline[neural]'`, and a minute or two "
        "for each text.",
    )
    most_bytes: Annotated[Bytes, Field(ge=1000, le=10_000_000)] = Field(
        default=8_000_000, description="Most bytes that the models read of a selection."
    )


class EvaluateConfig(JobConfig):
    """The config of `evaluate`."""

    evaluate: Evaluate = Field(description="What is compared.")
    input: Input | None = Field(
        default=None,
        description="The pool to draw baselines from. By default the pool that the selections' manifests name.",
    )
    run: Workers = Field(default=Workers(), description="How the job runs.")


class Split(Section):
    """How much is held out."""

    share: Annotated[Share, Field(gt=0, lt=1)] = Field(
        default=0.05, description="Share of the pool's bytes to hold out."
    )
    seed: int = Field(default=0, description="Another seed holds out another part.")


class SplitConfig(JobConfig):
    """The config of `split`."""

    input: Input = Field(description="The pool.")
    split: Split = Field(default=Split(), description="What is held out.")


class Explain(Section):
    """Which records are explained."""

    ids: list[str] = Field(default=[], description="Ids of records, as `scores/` and `selection/` have them.")
    sample: Annotated[int, Field(ge=0)] = Field(
        default=0, description="How many scored records to explain in addition; the same ones each time."
    )


class ExplainConfig(JobConfig):
    """The config of `explain`; `output.path` is the output of the `select` that it explains."""

    explain: Explain = Field(default=Explain(), description="Which records are explained.")

    @model_validator(mode="after")
    def _some_record(self) -> Self:
        if not self.explain.ids and not self.explain.sample:
            raise ValueError("no record to explain: name some with --id, or ask for --sample 10")
        return self


class Diff(Section):
    """What a run is compared with."""

    against: str = Field(description="The output of an earlier `select`.")


class DiffConfig(JobConfig):
    """The config of `diff`; `output.path` is the output of the later `select`."""

    diff: Diff = Field(description="What it is compared with.")


class Export(Section):
    """What is written to a file, or to shards."""

    selection: str = Field(description="The output of `select` to write.")
    shard: Annotated[Bytes, Field(ge=1)] = Field(
        default=512 << 20,
        description="Size at which a shard ends and the next one begins, where the name has a place for the number: "
        "`train-%06d.tar`.",
    )


class ExportConfig(JobConfig):
    """The config of `export`; the output is a file, or numbered ones."""

    export: Export = Field(description="What is written.")
