"""The config of the job ``measure``."""

from typing import Any, Literal, Self

from pydantic import model_validator

from zip_pipeline.config.common import History, Input, MeasuringConfig, Section
from zip_pipeline.config.values import Bytes, bytes_text
from zip_pipeline.errors import ConfigError
from zip_pipeline.stats.sharding import default_shard


class Measure(Section):
    """Which data sets are measured, and how they are cut."""

    inputs: list[Input] = []  # noqa: RUF012 - pydantic copies it
    by: str | None = None
    per_source: bool = True
    shard: Literal["auto"] | Bytes = "auto"
    seed: int = 0

    def shard_bytes(self, window: int) -> int:
        """Return the bytes of a shard for a codec's window.

        Raises:
            ConfigError: when that is longer, so that no lead can fill it.
        """
        found = default_shard(window) if self.shard == "auto" else self.shard
        if found < window:
            wanted = f"expected codec.window, {bytes_text(window)}, at least"
            raise ConfigError(f"measure.shard: {wanted}, found {bytes_text(found)}")
        return found


class MeasureConfig(MeasuringConfig):
    """The config of `measure`; with ``measure.inputs`` there is no ``input``, which only completes them."""

    input: Input | None = None
    measure: Measure = Measure()
    history: History = History()

    @property
    def output_formats(self) -> set[str]:
        """The formats of the tables that the job writes."""
        return super().output_formats | self.history.output_formats

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        measure, shared = (given.get(key) if isinstance(given, dict) else None for key in ("measure", "input"))
        if not isinstance(measure, dict) or not isinstance(measure.get("inputs"), list):
            return given
        told = shared if isinstance(shared, dict) else {}
        rest = {key: value for key, value in told.items() if key not in ("path", "table")}
        places = [{"path": place} if isinstance(place, str) else place for place in measure["inputs"]]
        complete = [rest | place if isinstance(place, dict) else place for place in places]
        return {**given, "input": None, "measure": {**measure, "inputs": complete}}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.places():
            raise ValueError("input: missing, or measure.inputs")
        self.shard_bytes()
        return self

    def places(self) -> list[Input]:
        """Return the data sets."""
        return self.measure.inputs or ([self.input] if self.input else [])

    def shard_bytes(self) -> int:
        """Return the bytes of a shard."""
        return self.measure.shard_bytes(self.codec.window)
