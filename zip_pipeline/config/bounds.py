"""The key ``select.bounds``: which records may be selected, by their size, their ratio and columns of numbers."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from zip_pipeline.config.common import Section
from zip_pipeline.config.values import Bytes, Share


class Reference(Section):
    """A set of usual records: two quantiles of its ratios bound the ratios that may be selected."""

    path: str = Field(description="Required in this section: a set of the pool's dialect.")
    format: str | None = Field(default=None, description="Its format, as `input.format`.")
    lower: Share = Field(default=0.05, description="Quantile of its ratios that is the lower bound.")
    upper: Share = Field(default=0.95, description="Quantile of its ratios that is the upper bound.")


_BY_ALIAS = ConfigDict(extra="forbid", frozen=True, strict=True, validate_by_name=False, validate_by_alias=True)


class Band(Section):
    """Bounds on the numbers of one column of the input; a record without a number is outside."""

    model_config = _BY_ALIAS

    min: float | None = Field(default=None, description="Lowest number.")
    max: float | None = Field(default=None, description="Highest number.")
    origin: Literal["target", "pool"] | None = Field(
        default=None,
        alias="from",
        description="Whose quantiles `lower` and `upper` are: the `target`'s or the `pool`'s.",
    )
    lower: Share | None = Field(default=None, description="Quantile that is the lowest number, such as `5%`.")
    upper: Share | None = Field(default=None, description="Quantile that is the highest number.")

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        has_quantile = self.lower is not None or self.upper is not None
        if has_quantile != (self.origin is not None):
            raise ValueError("quantiles need 'from' (target or pool) and one of 'lower' and 'upper'")
        if not has_quantile and self.min is None and self.max is None:
            raise ValueError("expected 'min', 'max', or 'from' with 'lower' or 'upper'")
        pairs = ((self.min, self.max), (self.lower, self.upper))
        if any(low is not None and high is not None and low > high for low, high in pairs):
            raise ValueError("the lower bound is above the upper one")
        return self


class Bounds(Section):
    """Bounds on each record alone; the bounds themselves are allowed."""

    model_config = _BY_ALIAS

    min_bytes: Bytes | None = Field(default=None, description="Fewest bytes of a payload, such as `100` or `1KB`.")
    max_bytes: Bytes | None = Field(default=None, description="Most bytes of a payload.")
    min_ratio: float | None = Field(default=None, description="Lowest ratio of a record alone. Excludes noise.")
    max_ratio: float | None = Field(default=None, description="Highest ratio of a record alone. Excludes repetition.")
    reference: Reference | None = Field(
        default=None, alias="from", description="Takes the bounds on the ratio from a set that you trust."
    )
    columns: dict[str, Band] = Field(
        default={},
        description="Bounds on columns of numbers: `{perplexity: {max: 900}, quality: {from: target, lower: 5%}}`.",
    )
