"""The section ``codec``, and the base classes of the configs of jobs that measure redundancy."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from zip_pipeline.codecs import CODECS
from zip_pipeline.codecs.base import Codec
from zip_pipeline.config.common import Input, JobConfig, Section
from zip_pipeline.config.values import Bytes, bytes_text
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.schema import TOKENS

DEFAULT_WINDOW = 64 << 20
"""Bytes: the default window, as long as most selections, because a codec forgets what lies further back."""


def _levels(name: str) -> str:
    """Return the levels of a codec as a sentence."""
    levels = CODECS[name].LEVELS
    return f"`{name}`: {levels[0]} to {levels[-1]}, default {CODECS[name]().level}."


def _windows(name: str) -> str:
    """Return the windows of a codec as a sentence, with the levels that have fewer of them."""
    codec = CODECS[name]
    shortest, longest = codec.WINDOWS[0], codec.WINDOWS[-1]
    sentence = f"`{name}`: `{bytes_text(shortest)}` to `{bytes_text(longest)}`"
    if narrow := [level for level in codec.LEVELS if codec.longest_window(level) < longest]:
        most = bytes_text(codec.longest_window(narrow[0]))
        sentence += f", at levels {narrow[0]} to {narrow[-1]} only `{most}`"
    return f"{sentence}."


class CodecSection(Section):
    """The compressor that measures redundancy; level and window have defaults of their own for each codec."""

    name: Literal[*CODECS] = Field(  # type: ignore[valid-type]
        default="zlib",
        description="The compressor. Rule `gain` needs `zlib`; `zstd` serves the published rules and `measure`.",
    )
    level: int = Field(
        default=9,
        description=f"Effort. {' '.join(map(_levels, CODECS))} Higher compresses better.",
    )
    window: Bytes = Field(
        default=DEFAULT_WINDOW,
        description=f"How far back the compressor sees, a power of two. {' '.join(map(_windows, CODECS))} "
        "Above `32KB` zlib needs Numba. Take `32KB` to get zlib's own sizes.",
    )

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_codec(cls, tree: Any) -> Any:
        codec = CODECS.get(str(tree.get("name", "zlib"))) if isinstance(tree, dict) else None
        if codec is None:
            return tree
        level = tree.get("level", codec().level)
        return {"level": level, "window": min(DEFAULT_WINDOW, codec.longest_window(level))} | tree

    @model_validator(mode="after")
    def _level_and_window_exist(self) -> Self:
        levels, windows = CODECS[self.name].LEVELS, CODECS[self.name].WINDOWS
        if self.level not in levels:
            raise ValueError(f"expected level {levels[0]} to {levels[-1]} for {self.name}, found {self.level}")
        if self.window not in windows:
            sizes = f"a power of two from {bytes_text(windows[0])} to {bytes_text(windows[-1])}"
            raise ValueError(f"expected window {sizes} for {self.name}, found {bytes_text(self.window)}")
        return self

    def to_codec(self) -> Codec:
        """Return the codec that the section names."""
        return CODECS[self.name](level=self.level, window=self.window)


class MeasuringConfig(JobConfig):
    """The config of a job that measures redundancy."""

    render: Literal[*FRAMINGS] = Field(  # type: ignore[valid-type]
        default="content",
        description="Bytes of a record: `content` is its text, `repr` what the reference program compresses. `repr` "
        "needs `codec.name: zlib`.",
    )
    codec: CodecSection = Field(default=CodecSection(), description="What measures redundancy.")

    @model_validator(mode="after")
    def _repr_needs_zlib(self) -> Self:
        if self.render == "repr" and self.codec.name != "zlib":
            raise ValueError("render: repr needs codec.name=zlib, as the reference program has it; set render=content")
        return self


class ScoreConfig(MeasuringConfig):
    """The config of `score`."""

    input: Input = Field(description="The pool.")

    @property
    def number_columns(self) -> dict[str, tuple[str, str]]:
        """The input's columns of numbers that records carry, and the keys that name them, by the number's name."""
        tokens = self.input.columns.tokens
        return {} if tokens is None else {TOKENS: (tokens, "input.columns.tokens")}

    @model_validator(mode="after")
    def _one_count_of_tokens(self) -> Self:
        if self.input.columns.tokens is not None and self.input.tokenizer is not None:
            raise ValueError("input.columns.tokens and input.tokenizer both count tokens; leave out one of them")
        return self
