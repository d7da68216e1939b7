"""The config of the job ``loglikelihood``."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from zip_pipeline.config.common import Input, JobConfig, Positive, Section
from zip_pipeline.config.select import Resumable
from zip_pipeline.config.values import Bytes


class ModelPlace(Section):
    """A language model."""

    path: str = Field(description="A folder that every executor has: weights, config and tokenizer.")
    name: str | None = Field(default=None, description="Its name in the table; by default the last part of the path.")

    @property
    def shown(self) -> str:
        """The model's name."""
        return self.name or self.path.rstrip("/").rpartition("/")[2]


class Loglikelihood(Section):
    """The models, and how they read documents."""

    models: list[ModelPlace] = Field(
        min_length=1, description="The models: paths, or `{path, name}`. Nothing is downloaded."
    )
    engine: Literal["transformers", "ctranslate2", "bytes"] = Field(
        default="transformers",
        description="What runs them. `transformers` needs the extra `lm`. `ctranslate2` needs the extra `lm-cpu`, no "
        "torch, and models that its converter made. `bytes` counts which byte follows which in a "
        "text, whose path is that of the model: a baseline that needs nothing.",
    )
    dtype: Literal["float32", "bfloat16", "float16", "int8"] = Field(
        default="float32",
        description="Precision of the weights; `int8` for `ctranslate2` alone. Fewer bits give other numbers, and the "
        "table says so.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="`auto` takes a GPU where the worker's Python sees one."
    )
    threads: Positive = Field(default=1, description="Threads of one worker's model; Spark runs a worker a core.")
    window: Positive = Field(default=1900, description="Tokens that a model reads at most at once.")
    stride: Positive = Field(
        default=512,
        description="Tokens that each further window of a longer document scores, at most `loglikelihood.window`.",
    )
    batch: Positive = Field(
        default=4096,
        description="Tokens that a batch of windows reads at most, filled up. `1`: every window is read alone.",
    )
    part: Bytes = Field(
        default=4 << 20,
        description="Bytes of the documents that a task gets at once. A run that goes on repeats no finished part.",
    )

    @model_validator(mode="before")
    @classmethod
    def _paths_are_models(cls, tree: Any) -> Any:
        models = tree.get("models") if isinstance(tree, dict) else None
        if not isinstance(models, list):
            return tree
        return {**tree, "models": [{"path": model} if isinstance(model, str) else model for model in models]}

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.stride > self.window:
            raise ValueError(f"expected a stride of at most the window, {self.window}, found {self.stride}")
        if self.dtype == "int8" and self.engine != "ctranslate2":
            raise ValueError(f"expected dtype float32, bfloat16 or float16 for engine {self.engine}, found int8")
        if not self.part:
            raise ValueError("expected part above 0")
        names = [model.shown for model in self.models]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two models are called {repeated[0]}; give them names: {{path: ..., name: ...}}")
        return self

    @property
    def settings(self) -> str:
        """How the numbers are computed, as the table says it; `law rank` compares equal settings alone."""
        return f"{self.engine} {self.dtype}, window {self.window}, stride {self.stride}, each document after a prefix"


class LoglikelihoodConfig(JobConfig):
    """The config of `loglikelihood`."""

    input: Input = Field(description="The documents.")
    loglikelihood: Loglikelihood = Field(description="The models, and how they read.")
    run: Resumable = Field(default=Resumable(), description="How the job runs.")
