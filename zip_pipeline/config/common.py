"""Sections that several jobs share, and the configs of all that read a pool."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zip_pipeline import formats
from zip_pipeline.codecs.base import Codec
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec
from zip_pipeline.config.values import Bytes, bytes_text
from zip_pipeline.records.dialects import DIALECT_NAMES, PREFERENCES
from zip_pipeline.records.render import FRAMINGS

WINDOW = 64 << 20

WITHOUT_EFFECT = ("output", "history", "run.workers", "run.checkpoint", "run.driver_memory_budget")
"""Keys that do not change the rows of the tables that a run writes."""

CODECS: dict[str, type[ZlibCodec | ZstdCodec]] = {"zlib": ZlibCodec, "zstd": ZstdCodec}

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

    The window is as long as most selections, since what lies beyond it is forgotten; zlib's lowest levels have none
    but zlib's own.
    """

    name: Literal[*CODECS] = "zlib"  # type: ignore[valid-type]
    level: int = 9
    window: Bytes = WINDOW

    @model_validator(mode="before")
    @classmethod
    def _own_defaults(cls, given: Any) -> Any:
        codec = CODECS.get(str(given.get("name", "zlib"))) if isinstance(given, dict) else None
        if codec is None:
            return given
        level = given.get("level", codec().level)
        return {"level": level, "window": WINDOW if codec is ZstdCodec or level not in (1, 2, 3) else 1 << 15} | given

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
    format: Literal[*formats.OUTPUT_FORMATS] = "parquet"  # type: ignore[valid-type]
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
    def output_formats(self) -> set[str]:
        """The formats of the tables that the job writes."""
        return {self.output.format}

    def resolved(self) -> dict[str, Any]:
        """Return all keys with the values that hold, as the manifest shows them."""
        return self.model_dump(mode="json", by_alias=True)


class History(Section):
    """A table of versions, to which a run appends; without a path there is none."""

    path: str | None = None
    format: Literal[*formats.HISTORY_FORMATS] = "parquet"  # type: ignore[valid-type]
    name: str | None = None

    @property
    def output_formats(self) -> set[str]:
        """The format of the history; empty where there is none."""
        return set() if self.path is None else {self.format}


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


def decisive_keys(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a config that change the rows of the tables that a run writes, dotted, with their values.

    >>> decisive_keys({"output": {"path": "out"}, "run": {"seed": 0, "workers": 2}})
    {'run.seed': 0}
    """
    return {key: value for key, value in _flat(config).items() if not key.startswith(WITHOUT_EFFECT)}


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        nested = isinstance(value, dict) and value
        flat |= _flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value}
    return flat
