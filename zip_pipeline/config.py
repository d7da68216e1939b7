"""The config: a YAML file and ``--set`` overrides, resolved into frozen sections.

Unknown keys are refused with the nearest right name, wrong types with what was expected and found:

    >>> load(None, ["input.path=p.parquet", "output.path=out", "select.budgt=5"], Config)
    Traceback (most recent call last):
    ...
    zip_pipeline.errors.ConfigError: select.budget: missing; select.budgt: unknown key, did you mean 'budget'?
"""

import os
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from zip_pipeline.amounts import Amount, Bytes, bytes_text
from zip_pipeline.config_text import explain, override, read
from zip_pipeline.core.codec import Codec
from zip_pipeline.core.greedy import RULES
from zip_pipeline.core.records import DIALECT_NAMES
from zip_pipeline.core.render import FRAMINGS
from zip_pipeline.core.zlib_codec import ZlibCodec
from zip_pipeline.core.zstd_codec import ZstdCodec
from zip_pipeline.errors import ConfigError

WINDOW = 64 << 20

CODECS: dict[str, type[ZlibCodec | ZstdCodec]] = {"zlib": ZlibCodec, "zstd": ZstdCodec}

Positive = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A part of the config: frozen, no coercion, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Columns(Section):
    """Which columns hold what; `id` and `source` may be absent from the pool under their default names."""

    id: str = "id"
    text: str = "text"
    source: str = "source"


class Input(Section):
    """Where the pool is and how it is read."""

    path: str | None = None
    table: str | None = None
    format: str | None = None
    options: dict[str, str | int | float | bool] = {}
    where: str | None = None
    dialect: Literal["auto", *DIALECT_NAMES] = "auto"  # type: ignore[valid-type]
    columns: Columns = Columns()
    on_bad_record: Literal["keep_apart", "fail"] = "keep_apart"
    deduplicate: Literal["none", "exact", "near"] = "near"

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.table is None):
            raise ValueError("one of 'path' and 'table' must be given")
        return self


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


class Reference(Section):
    """A set whose ratios say which are usual: those between two of its quantiles."""

    path: str
    format: str | None = None
    lower: Annotated[float, Field(ge=0, le=1)] = 0.05
    upper: Annotated[float, Field(ge=0, le=1)] = 0.95


class Bounds(Section):
    """Which records may be selected, by the bytes and the ratio of each alone; bounds are included."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_by_name=False, validate_by_alias=True)

    min_bytes: Bytes | None = None
    max_bytes: Bytes | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None
    reference: Reference | None = Field(None, alias="from")


class StratumQuota(Section):
    """What is asked of one source; floor and cap as the budget."""

    share: Annotated[float, Field(ge=0, le=1)] | None = None
    floor: Amount | None = None
    cap: Amount | None = None


class Select(Section):
    """The rule and how much it selects."""

    budget: Amount
    rule: Literal[*RULES] = "gain"  # type: ignore[valid-type]
    k1: Positive = 400
    k2: Positive = 200
    k3: Positive = 100
    bounds: Bounds = Bounds.model_validate({})
    quotas: Literal["proportional"] | dict[str, StratumQuota] = {}
    length_strata: Positive = 1

    @model_validator(mode="before")
    @classmethod
    def _published_numbers(cls, given: Any) -> Any:
        published = isinstance(given, dict) and given.get("rule") in ("paper", "reference")
        return {"k1": 10_000} | given if published else given

    @model_validator(mode="after")
    def _narrowing(self) -> Self:
        if not self.k1 >= self.k2 >= self.k3:
            raise ValueError(f"expected k1 >= k2 >= k3, found {self.k1}, {self.k2}, {self.k3}")
        if self.length_strata > 1 and self.quotas != "proportional":
            raise ValueError("length_strata go with 'quotas: proportional'")
        return self


class Output(Section):
    """Where the output tree goes."""

    path: str
    format: Literal["parquet", "delta", "jsonl"] = "parquet"
    mode: Literal["error", "overwrite"] = "error"


class Run(Section):
    """How the run is carried out; but for the seed nothing here changes what is selected."""

    workers: Literal["auto"] | Positive = "auto"
    seed: int = 0

    def threads(self) -> int:
        """Return the number of worker threads: `auto` means the cores that this process may use."""
        if self.workers != "auto":
            return self.workers
        usable = getattr(os, "sched_getaffinity", None)  # absent on macOS
        return len(usable(0)) if usable else os.cpu_count() or 1


class Evaluate(Section):
    """What is judged, and on which text."""

    selections: Annotated[list[str], Field(min_length=1)]
    held_out: Annotated[list[Input], Field(min_length=1)]
    by: str | None = None
    most_bytes: Annotated[int, Field(ge=1000, le=10_000_000)] = 8_000_000


class Split(Section):
    """How much is held out."""

    share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    seed: int = 0


class JobConfig(Section):
    """The config of any job."""

    output: Output

    def resolved(self) -> dict[str, Any]:
        """Return all keys with the values that hold, as the manifest shows them."""
        return self.model_dump(mode="json", by_alias=True)


class ScoreConfig(JobConfig):
    """The config of `score`."""

    input: Input
    render: Literal[*FRAMINGS] = "content"  # type: ignore[valid-type]
    codec: CodecSection = CodecSection()

    @model_validator(mode="after")
    def _reference_bytes(self) -> Self:
        if self.render == "repr" and self.codec.name != "zlib":
            raise ValueError("render: repr is what the reference program gives zlib; other codecs take content")
        return self


class Config(ScoreConfig):
    """The config of `select`."""

    select: Select
    run: Run = Run()

    @model_validator(mode="after")
    def _streams(self) -> Self:
        if RULES[self.select.rule].continues and self.codec.name != "zlib":
            raise ValueError(
                f"select.rule {self.select.rule} asks the codec after every pick, which only zlib can answer in time; "
                f"set select.rule=paper for {self.codec.name}"
            )
        return self


class EvaluateConfig(JobConfig):
    """The config of `evaluate`; without an input, the pool is the one that the selections were made from."""

    evaluate: Evaluate
    input: Input | None = None
    run: Run = Run()


class SplitConfig(JobConfig):
    """The config of `split`."""

    input: Input
    split: Split = Split()


AnySection = TypeVar("AnySection", bound=Section)
AnyConfig = TypeVar("AnyConfig", bound=JobConfig)


def load(path: str | None, overrides: Iterable[str], model: type[AnyConfig]) -> AnyConfig:
    """Read a config file and lay overrides over it.

    Args:
        path: the YAML file, or None for an empty one.
        overrides: ``dotted.key=value``, the value in YAML; later ones win.
        model: of `JOBS`; a file for one job also serves another, which reads its own sections.

    Raises:
        ConfigError: naming the file or the key.
    """
    tree = read(path) if path is not None else {}
    for given in overrides:
        override(tree, given)
    others = {key for job in JOBS for key in job.model_fields} - model.model_fields.keys()
    tree = {key: value for key, value in tree.items() if key not in others}
    return validate(model, tree)


def validate(model: type[AnySection], tree: Mapping[str, Any]) -> AnySection:
    """Return a section from its keys.

    Raises:
        ConfigError: naming every key that is wrong.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError("; ".join(explain(model, part) for part in error.errors())) from None


JOBS: tuple[type[JobConfig], ...] = (Config, ScoreConfig, EvaluateConfig, SplitConfig)
"""The config of each job."""
