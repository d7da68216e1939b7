"""The config: a YAML file and ``--set`` overrides, resolved into frozen sections.

Unknown keys are refused with the nearest right name, wrong types with what was expected and found:

    >>> load(None, ["input.path=p.parquet", "output.path=out", "select.budgt=5"], Config)
    Traceback (most recent call last):
    ...
    zip_pipeline.errors.ConfigError: select.budget: missing; select.budgt: unknown key, did you mean 'budget'?
"""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, model_validator

from zip_pipeline.core.codec import Codec
from zip_pipeline.core.greedy import RULES
from zip_pipeline.core.records import DIALECT_NAMES
from zip_pipeline.core.render import FRAMINGS
from zip_pipeline.core.zlib_codec import ZlibCodec
from zip_pipeline.core.zstd_codec import ZstdCodec
from zip_pipeline.errors import ConfigError

WINDOW = 64 << 20

CODECS: dict[str, type[ZlibCodec | ZstdCodec]] = {"zlib": ZlibCodec, "zstd": ZstdCodec}

UNITS = {"": 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
"""Sizes in the config: 1 KB is 1,024 bytes."""


def bytes_of(value: object) -> object:
    """Return the bytes that ``8MB`` or a number stands for; what is neither is for pydantic to refuse.

    >>> bytes_of("32KB")
    32768
    """
    found = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)\s*([KMGT]?B?)", value.upper()) if isinstance(value, str) else None
    return int(float(found[1]) * UNITS[found[2]]) if found and found[2] in UNITS else value


def bytes_text(value: int) -> str:
    """Return bytes as people write them.

    >>> bytes_text(32768)
    '32KB'
    """
    unit = next(unit for unit in reversed(UNITS) if value % UNITS[unit] == 0)
    return f"{value // UNITS[unit]}{unit}"


Positive = Annotated[int, Field(ge=1)]
Bytes = Annotated[int, BeforeValidator(bytes_of), PlainSerializer(bytes_text, when_used="json")]


def _amount(value: object) -> object:
    """Refuse what is no amount: records, or text with a unit or a percent sign."""
    good = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if not good and not (isinstance(value, str) and AMOUNT.fullmatch(value.upper())):
        raise ValueError(f"expected a number of records, a size such as 200MB or a share such as 5%, found {value!r}")
    return value


AMOUNT = re.compile(r"([0-9]+(?:[.][0-9]+)?)\s*(%|[KMGT]?B)")
Amount = Annotated[int | str, BeforeValidator(_amount)]
"""Records; or bytes of payload, with a unit; or a share of the whole, in percent."""


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
    tree = _read(path) if path is not None else {}
    for override in overrides:
        _override(tree, override)
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
        raise ConfigError("; ".join(_explain(model, part) for part in error.errors())) from None


JOBS: tuple[type[JobConfig], ...] = (Config, ScoreConfig, EvaluateConfig, SplitConfig)
"""The config of each job."""


def _read(path: str) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"config file {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"config file {path}: not YAML: {' '.join(str(error).split())}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"config file {path}: expected keys with values, found {type(tree).__name__}")
    return tree


def _override(tree: dict[str, Any], override: str) -> None:
    dotted, equals, text = override.partition("=")
    if not equals or not dotted:
        raise ConfigError(f"--set {override}: expected dotted.key=value")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"--set {override}: the value is not YAML") from None
    *parents, key = dotted.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"--set {override}: '{parent}' holds a value, not keys")
    tree[key] = value


def _explain(model: type[BaseModel], error: Any) -> str:
    place = [str(part) for part in error["loc"]]
    if error["type"] != "extra_forbidden":
        # A union adds the names of its branches to the place; keys of ours are words, those are not.
        place = [part for part in place if part.isidentifier()]
    dotted = ".".join(place) or "config"
    if error["type"] == "missing":
        return f"{dotted}: missing"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(place[-1], _names(model, place[:-1]), n=1)
        return f"{dotted}: unknown key" + (f", did you mean '{near[0]}'?" if near else "")
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{dotted}: {message}"
    return f"{dotted}: {message[0].lower()}{message[1:]}, found {error['input']!r}"


def _names(model: type[BaseModel], place: list[str]) -> list[str]:
    for key in place:
        annotation = model.model_fields[key].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
