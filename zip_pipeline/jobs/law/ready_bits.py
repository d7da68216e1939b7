"""Bits per character or per byte that somebody has computed already: a table with a row for each model and area.

Such tables are published without the sizes of the texts. So there is no mean over all bytes, only the mean over the
areas, and no document that could be drawn again. Areas that a model lacks do not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.law.rank_input import READY, Scores


@dataclass(frozen=True)
class ReadyBits:
    """The bits of all models in the areas that all of them have.

    Attributes:
        models: their names, sorted.
        areas: their names, sorted; one without a name where the table has no areas.
        left_out: areas that some models lack.
        unit: one of `READY`.
        values: by model and area.
        scores: by model and area.
    """

    models: list[str]
    areas: list[str]
    left_out: list[str]
    unit: str
    values: dict[str, dict[str, float]]
    scores: Scores

    def mean(self, model: str) -> float:
        """Return the mean over the areas of a model."""
        return fmean(self.values[model][area] for area in self.areas)


def of_rows(rows: Sequence[dict[str, Any]], place: str, by: str | None) -> ReadyBits:
    """Return the bits in the rows of a table.

    Args:
        rows: with the keys of `rank_input.TableColumns`.
        place: the table's name in messages.
        by: as `rank.by`.

    Raises:
        InputError: when a model has two rows in an area or none with a number, or the models share no area.
    """
    unit = next((unit for unit in READY if any(row[unit] is not None for row in rows)), None)
    if unit is None:
        raise InputError(f"{place}: no bits per byte and none per character")
    values: dict[str, dict[str, float]] = {}
    scores: dict[str, dict[str | None, float]] = {}
    for row in rows:
        model, area = row["model"], row["area"] or schema.NO_SOURCE
        if row[unit] is None or row[unit] < 0:
            raise InputError(f"{place}: model {model}: expected {unit}, 0 or more, found {row[unit]}")
        if area in values.setdefault(model, {}):
            hint = "" if by is not None else "; set rank.by to the column that tells its rows apart"
            raise InputError(f"{place}: model {model} appears twice{hint}")
        values[model][area] = row[unit]
        if row["score"] is not None:
            scores.setdefault(model, {})[None if by is None else area] = row["score"]
    everywhere = set.intersection(*(set(areas) for areas in values.values()))
    if not everywhere:
        raise InputError(f"{place}: no {by} that all {len(values)} models have")
    missing = sorted({area for areas in values.values() for area in areas} - everywhere)
    return ReadyBits(sorted(values), sorted(everywhere), missing, unit, values, scores)
