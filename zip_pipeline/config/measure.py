"""The section ``codec``, the configs of jobs that measure redundancy, and that of ``measure``."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from zip_pipeline.codecs import CODECS
from zip_pipeline.codecs.base import Codec, ConfigurableCodec, StreamCodec
from zip_pipeline.codecs.ppmd_codec import PpmdCodec
from zip_pipeline.codecs.zpaq_codec import BLOCK, ZpaqCodec
from zip_pipeline.config.common import History, Input, JobConfig, Section
from zip_pipeline.config.values import Bytes, bytes_text
from zip_pipeline.errors import ConfigError
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.schema import TOKENS
from zip_pipeline.stats.sharding import default_shard

PPMD, ZPAQ = PpmdCodec().name, ZpaqCodec().name

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
        description="The compressor. Rule `gain` needs `zlib`; `zstd` serves the published rules and `measure`. "
        "`measure` alone also takes `ppmd`, which has `order` and `memory` for level and window, and `zpaq`, which "
        "needs the extra `zpaq`: level 1 to 5, default 5, and as its window the lead of a shard, `1MB` to `8MB`, "
        "default `8MB`.",
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
        codec = self._type()
        if codec is None:
            return self
        levels, windows = codec.LEVELS, codec.WINDOWS
        if self.level not in levels:
            raise ValueError(f"expected level {levels[0]} to {levels[-1]} for {self.name}, found {self.level}")
        if self.window not in windows:
            sizes = f"a power of two from {bytes_text(windows[0])} to {bytes_text(windows[-1])}"
            raise ValueError(f"expected window {sizes} for {self.name}, found {bytes_text(self.window)}")
        return self

    def _type(self) -> type[ConfigurableCodec] | type[ZpaqCodec] | None:
        """Return the class of the codec; None where it has other keys than level and window."""
        return CODECS.get(self.name)

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


class Measure(Section):
    """Which data sets are measured, and how they are cut into shards."""

    inputs: list[Input] = Field(
        default=[],
        description="Several data sets: paths, or places with the keys of `input`. `input` supplies the keys that a "
        "place leaves out. Without `inputs` the job measures `input`.",
    )
    by: str | None = Field(default=None, description="A column, such as `version`: each of its values is a data set.")
    per_source: bool = Field(
        default=True,
        description="Also measure each source as a set of its own, up to 1,000 sources. It doubles the work.",
    )
    shard: Literal["auto"] | Bytes = Field(
        default="auto",
        description="Bytes that one executor compresses as one stream, at least `codec.window`. `auto` is four "
        "windows, and at least 8MB.",
    )
    seed: int = Field(default=0, description="Seed of the records' order and of the interval.")

    def shard_bytes(self, window: int) -> int:
        """Return the bytes of a shard.

        Args:
            window: the codec's, in bytes.

        Raises:
            ConfigError: when the shard is shorter than the window, so that no lead-in could fill the window.
        """
        size = default_shard(window) if self.shard == "auto" else self.shard
        if size < window:
            raise ConfigError(
                f"measure.shard: expected at least codec.window, {bytes_text(window)}, found {bytes_text(size)}"
            )
        return size


class MeasureCodec(CodecSection):
    """The compressor; `measure` also has two that no rule can choose by."""

    name: Literal[*CODECS, PPMD, ZPAQ] = Field(  # type: ignore[valid-type]
        default="zlib", description=str(CodecSection.model_fields["name"].description)
    )
    order: Annotated[int, Field(ge=2, le=64)] | None = Field(
        default=None, description="Of `ppmd`: how many bytes before a byte predict it, 2 to 64, default 8."
    )
    memory: Annotated[Bytes, Field(ge=1 << 20, le=2 << 30)] | None = Field(
        default=None,
        description="Of `ppmd`: bytes for its statistics, `1MB` to `2GB`, default `64MB`. A shard's lead is as long.",
    )

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_its_own(cls, tree: Any) -> Any:
        if isinstance(tree, dict) and tree.get("name") == ZPAQ:
            return {"level": ZpaqCodec().level, "window": ZpaqCodec().window} | tree
        if not isinstance(tree, dict) or tree.get("name") != PPMD:
            return tree
        if others := sorted({"level", "window"} & tree.keys()):
            raise ValueError(f"ppmd has order and memory, no {' and no '.join(others)}")
        keys = {"order": PpmdCodec().order, "memory": PpmdCodec().memory} | tree
        return {**keys, "level": keys["order"], "window": keys["memory"]}

    @model_validator(mode="after")
    def _others_have_none_of_its_keys(self) -> Self:
        if self.name != PPMD and (self.order is not None or self.memory is not None):
            raise ValueError(f"codec.order and codec.memory are for ppmd, found {self.name}")
        return self

    def _type(self) -> type[ConfigurableCodec] | type[ZpaqCodec] | None:
        return ZpaqCodec if self.name == ZPAQ else super()._type()

    def to_codec(self) -> StreamCodec:  # type: ignore[override]
        """Return the codec that the section names."""
        if self.name == ZPAQ:
            return ZpaqCodec(self.level, self.window)
        if self.name == PPMD and self.order is not None and self.memory is not None:
            return PpmdCodec(self.order, self.memory)
        return super().to_codec()


class MeasureConfig(MeasuringConfig):
    """The config of `measure`; with `measure.inputs`, `input` only supplies the keys that they leave out."""

    input: Input | None = Field(default=None, description="The data set.")
    codec: MeasureCodec = Field(default=MeasureCodec(), description="What measures redundancy.")
    measure: Measure = Field(default=Measure(), description="What is measured, and how.")
    history: History = Field(default=History(), description="A table to which the run appends its measures.")

    @property
    def output_formats(self) -> set[str]:
        """The formats of the tables that the job writes."""
        return super().output_formats | self.history.output_formats

    @model_validator(mode="before")
    @classmethod
    def _complete_inputs(cls, tree: Any) -> Any:
        measure, shared = (tree.get(key) if isinstance(tree, dict) else None for key in ("measure", "input"))
        if not isinstance(measure, dict) or not isinstance(measure.get("inputs"), list):
            return tree
        keys = shared if isinstance(shared, dict) else {}
        common = {key: value for key, value in keys.items() if key not in ("path", "table")}
        places = [{"path": place} if isinstance(place, str) else place for place in measure["inputs"]]
        complete = [common | place if isinstance(place, dict) else place for place in places]
        return {**tree, "input": None, "measure": {**measure, "inputs": complete}}

    @model_validator(mode="after")
    def _has_data_sets(self) -> Self:
        if not self.places():
            raise ValueError("nothing to measure: set input or measure.inputs")
        self.shard_bytes()
        return self

    def places(self) -> list[Input]:
        """Return the data sets."""
        return self.measure.inputs or ([self.input] if self.input else [])

    def shard_bytes(self) -> int:
        """Return the bytes of a shard.

        Raises:
            ConfigError: when no lead could fill the window, or ZPAQ could not model shard and lead as a whole.
        """
        size = self.measure.shard_bytes(self.codec.window)
        most = BLOCK * 9 // 10 - self.codec.window  # shards are as long as they should be on average alone
        if self.codec.name == ZPAQ and size > most:
            raise ConfigError(
                f"measure.shard: zpaq models 64 MB as a whole, the lead included; expected {most:,} bytes at most, "
                f"found {bytes_text(size)}"
            )
        return size
