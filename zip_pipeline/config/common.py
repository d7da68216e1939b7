"""Sections that several jobs share, and the configs of all that read a pool."""

import os
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zip_pipeline.codecs import CODECS
from zip_pipeline.codecs.base import Codec
from zip_pipeline.config.values import Bytes, bytes_text
from zip_pipeline.records.dialects import DIALECT_NAMES, PREFERENCES
from zip_pipeline.records.render import FRAMINGS

WINDOW = 64 << 20

Positive = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A part of the config: frozen, no coercion, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Columns(Section):
    """Which columns hold what; `id` and `source` may be absent from the pool under their default names."""

    id: str = "id"
    text: str = "text"
    source: str | None = "source"


class Place(Section):
    """Where a table is and how it is read."""

    path: str | None = None
    table: str | None = None
    format: str | None = None
    options: dict[str, str | int | float | bool] = {}
    where: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.table is None):
            raise ValueError("one of 'path' and 'table' must be given")
        return self


class Input(Place):
    """Where the pool is and how it is read."""

    dialect: Literal["auto", *DIALECT_NAMES] = "auto"  # type: ignore[valid-type]
    preference: Literal[*PREFERENCES] = "both"  # type: ignore[valid-type]
    columns: Columns = Columns()
    on_bad_record: Literal["keep_apart", "fail"] = "keep_apart"

    def like(self, path: str, file_format: str | None) -> "Input":
        """Return another file of records like these."""
        return Input(
            path=path, format=file_format, dialect=self.dialect, columns=self.columns, preference=self.preference
        )


class CodecSection(Section):
    """How redundancy is measured; level and window are the codec's own where none are given.

    The window is as long as most selections, since the codec forgets what lies beyond. Where the codec's level has no
    window of that length, it is the longest that the level has: zlib's own for zlib's lowest levels.
    """

    name: Literal[*CODECS] = "zlib"  # type: ignore[valid-type]
    level: int = 9
    window: Bytes = WINDOW

    @model_validator(mode="before")
    @classmethod
    def _own_defaults(cls, values: Any) -> Any:
        codec = CODECS.get(str(values.get("name", "zlib"))) if isinstance(values, dict) else None
        if codec is None:
            return values
        level = values.get("level", codec().level)
        return {"level": level, "window": min(WINDOW, codec.longest_window(level))} | values

    @model_validator(mode="after")
    def _offered(self) -> Self:
        levels, windows = CODECS[self.name].LEVELS, CODECS[self.name].WINDOWS
        if self.level not in levels:
            raise ValueError(f"expected level {levels[0]} to {levels[-1]} for {self.name}, found {self.level}")
        if self.window not in windows:
            sizes = f"a power of two from {bytes_text(windows[0])} to {bytes_text(windows[-1])}"
            raise ValueError(f"expected window {sizes} for {self.name}, found {bytes_text(self.window)}")
        return self

    def build(self) -> Codec:
        """Return the codec."""
        return CODECS[self.name](level=self.level, window=self.window)


class Output(Section):
    """Where the output tree goes."""

    path: str
    format: Literal["parquet", "delta", "jsonl"] = "parquet"
    mode: Literal["error", "overwrite"] = "error"
    run_id: str | None = None


class Workers(Section):
    """How a run is carried out that only has to know with how many workers."""

    workers: Literal["auto"] | Positive = "auto"

    def threads(self) -> int:
        """Return the number of worker threads: `auto` means the cores that this process may use."""
        if self.workers != "auto":
            return self.workers
        usable = getattr(os, "sched_getaffinity", None)  # absent on macOS
        return len(usable(0)) if usable else os.cpu_count() or 1


class Run(Workers):
    """How a selection is carried out; but for pools and seed nothing here changes what is selected."""

    pools: Positive = 1
    seed: int = 0
    checkpoint: str | None = None
    driver_memory_budget: Bytes | None = None


class JobConfig(Section):
    """The config of any job."""

    output: Output

    @property
    def writes_delta(self) -> bool:
        """Whether it asks for Delta tables."""
        return self.output.format == "delta"

    def resolved(self) -> dict[str, Any]:
        """Return all keys with the values that hold, as the manifest shows them."""
        return self.model_dump(mode="json", by_alias=True)


class History(Section):
    """A table of versions, to which a run appends; without a path there is none."""

    path: str | None = None
    format: Literal["parquet", "delta"] = "parquet"
    name: str | None = None

    @property
    def writes_delta(self) -> bool:
        """Whether there is one, a Delta table."""
        return self.path is not None and self.format == "delta"


class MeasuringConfig(JobConfig):
    """The config of a job that measures redundancy."""

    render: Literal[*FRAMINGS] = "content"  # type: ignore[valid-type]
    codec: CodecSection = CodecSection()

    @model_validator(mode="after")
    def _reference_bytes(self) -> Self:
        if self.render == "repr" and self.codec.name != "zlib":
            raise ValueError("render: repr is what the reference program gives zlib; other codecs take content")
        return self


class ScoreConfig(MeasuringConfig):
    """The config of `score`."""

    input: Input
