"""The config of the job ``select``."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from zip_pipeline.config.common import History, Input, Positive, Run, ScoreConfig, Section
from zip_pipeline.config.values import Amount, Bytes
from zip_pipeline.selection.rules import RULES


class SelectInput(Input):
    """Where the pool is, and which of its duplicates stays."""

    deduplicate: Literal["none", "exact", "near"] = "near"
    prefer: str | None = None

    @model_validator(mode="after")
    def _of_duplicates(self) -> Self:
        if self.prefer is not None and self.deduplicate == "none":
            raise ValueError("'prefer' says which of the duplicates stays, and 'deduplicate' is none")
        return self


class Reference(Section):
    """A set whose ratios say which are usual: those between two of its quantiles."""

    path: str
    format: str | None = None
    lower: Annotated[float, Field(ge=0, le=1)] = 0.05
    upper: Annotated[float, Field(ge=0, le=1)] = 0.95


class Extend(Section):
    """A set that is chosen already: an output of `select`, or any file of records."""

    path: str
    format: str | None = None


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
    k1: Positive = 150
    k2: Positive = 150
    k3: Positive = 100
    bounds: Bounds = Bounds.model_validate({})
    quotas: Literal["tempered", "proportional"] | dict[str, StratumQuota] = "tempered"
    length_strata: Positive = 1
    extend: Extend | None = None
    keep_state: bool = False

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_rule(cls, values: Any) -> Any:
        name = values.get("rule") if isinstance(values, dict) else None
        return {**RULES[name].defaults, **values} if isinstance(name, str) and name in RULES else values

    @model_validator(mode="after")
    def _narrowing(self) -> Self:
        if not self.k1 >= self.k2 >= self.k3:
            raise ValueError(f"expected k1 >= k2 >= k3, found {self.k1}, {self.k2}, {self.k3}")
        if self.length_strata > 1 and self.quotas != "proportional":
            raise ValueError("length_strata go with 'quotas: proportional'")
        return self


class SelectConfig(ScoreConfig):
    """The config of `select`."""

    input: SelectInput
    select: Select
    history: History = History()
    run: Run = Run()

    @property
    def writes_delta(self) -> bool:
        """Whether it asks for Delta tables."""
        return super().writes_delta or self.history.writes_delta

    @model_validator(mode="after")
    def _one_state(self) -> Self:
        if self.select.keep_state and self.run.pools > 1:
            raise ValueError("select.keep_state: with run.pools each pool has states of its own; set run.pools=1")
        return self

    @model_validator(mode="after")
    def _streams(self) -> Self:
        if RULES[self.select.rule].asks_behind_each_pick and self.codec.name != "zlib":
            raise ValueError(
                f"select.rule {self.select.rule} asks the codec after every pick, which only zlib can answer in time; "
                f"set select.rule=paper for {self.codec.name}"
            )
        return self
