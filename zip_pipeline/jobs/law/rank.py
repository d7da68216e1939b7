"""The job ``law rank``: rank models by the bits that they need for text, and see whether their scores follow."""

from statistics import fmean

import pyarrow as pa

from zip_pipeline import schema
from zip_pipeline.config import RankConfig
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.law import input_tables, ready_bits
from zip_pipeline.jobs.law.fitting import LawSet, laws_part
from zip_pipeline.jobs.law.log_probabilities import UNIT, BitCounts, count_bits
from zip_pipeline.jobs.law.rank_input import Scores, open_input, read_scores
from zip_pipeline.jobs.law.rank_report import rank_page, show_rank
from zip_pipeline.jobs.law.ready_bits import ReadyBits
from zip_pipeline.report.console import Reporter
from zip_pipeline.schema import Manifest
from zip_pipeline.stats import model_ranking
from zip_pipeline.stats.regression import Law


def run(config: RankConfig, reporter: Reporter) -> Manifest:
    """Rank models; return the manifest."""
    section = config.rank
    with Run("law rank", config, reporter) as run:
        with run.stage("sum", "sum up the log-probabilities"):
            opened, scores = open_input(run.spark, config), read_scores(run.spark, config)
            run.say(*opened.notes)
            if opened.is_ready:
                rows = input_tables.collect(opened.rows, opened.place, "model", positive=())
                ready = ready_bits.of_rows(rows, opened.place, section.by)
            else:
                persisted = opened.rows.persist()
                counts = count_bits(persisted, opened.place, opened.unit, by_area=section.by is not None)
                persisted.unpersist()

        with run.stage("rank", "rank the models"):
            if opened.is_ready:
                input_part = _ready_part(ready)
                ranking, areas = ranking_of_ready(ready, scores), areas_of_ready(ready, scores)
            else:
                input_part = _input_part(counts)
                areas = areas_of(counts, scores)
                ranking = ranking_of(counts, areas, scores, section.seed)
            run.output.write(run.spark.createDataFrame(pa.Table.from_pylist(ranking, FIELDS)), schema.RANKING_TABLE)
            if section.by is not None:
                run.output.write(run.spark.createDataFrame(pa.Table.from_pylist(areas, AREAS)), schema.AREAS_TABLE)
            law = laws_part(scores_against_bits(ranking))
            law["laws"] += laws_of_areas(areas) if section.by is not None else []

        manifest = run.manifest(
            input={"tool": opened.tool, "by": section.by, "notes": list(opened.notes), **input_part},
            ranking=ranking,
            areas=areas,
            law={"higher_is_better": section.higher_is_better, **law},
        )
        run.publish(manifest, rank_page(manifest))
    return manifest


def _input_part(counts: BitCounts) -> Manifest:
    return {
        "models": len(counts.models),
        "documents": counts.documents,
        "left_out": counts.left_out,
        "bytes": int(counts.sizes.sum()),
        "characters": counts.characters,
        "resampled": len(counts.sizes),
    }


def _ready_part(ready: ReadyBits) -> Manifest:
    return {
        "models": len(ready.models),
        "documents": None,
        "left_out": len(ready.left_out),
        "bytes": None,
        "characters": None,
        "resampled": 0,
    }


def ranking_of(counts: BitCounts, areas: list[Manifest], scores: Scores | None, seed: int) -> list[Manifest]:
    """Return a row of `FIELDS` for each model, best first.

    Args:
        counts: bits by document and model.
        areas: from `areas_of`.
        scores: in place of those of the table, or None.
        seed: of the bootstrap.
    """
    rows = []
    for ranked in model_ranking.rank(counts.bits, counts.sizes, UNIT, seed):
        model, per_character = counts.models[ranked.model], None
        if counts.characters is not None:
            per_character = ranked.bits_per_byte * int(counts.sizes.sum()) / counts.characters
        rows.append(
            {
                "rank": ranked.rank,
                "rank_low": ranked.rank_low,
                "rank_high": ranked.rank_high,
                "model": model,
                "bits_per_byte": ranked.bits_per_byte,
                "low": ranked.low,
                "high": ranked.high,
                "bits_per_character": per_character,
                "compression_ratio": 8 / ranked.bits_per_byte if ranked.bits_per_byte else None,
                "beats_next": ranked.beats_next,
                **_means(model, areas),
                "score": _score(model, scores or counts.scores, {area["area"] for area in areas}),
            }
        )
    return rows


def areas_of(counts: BitCounts, scores: Scores | None) -> list[Manifest]:
    """Return a row of `AREAS` for each area and model; none without areas."""
    rows = []
    for area in counts.areas:
        for model, bits in zip(counts.models, area.bits, strict=True):
            rows.append(
                {
                    "area": area.name,
                    "model": model,
                    "documents": area.documents,
                    "bytes": area.bytes,
                    "bits_per_byte": bits * UNIT / area.bytes,
                    "bits_per_character": bits * UNIT / area.characters if area.characters else None,
                    "score": _score_of_area(model, area.name, scores or counts.scores),
                }
            )
    return rows


def ranking_of_ready(ready: ReadyBits, scores: Scores | None) -> list[Manifest]:
    """Return a row of `FIELDS` for each model of a table of ready bits, best first; of equals the first by name."""
    areas = areas_of_ready(ready, scores)
    ordered = sorted(ready.models, key=ready.mean)
    return [
        {
            **dict.fromkeys(FIELDS.names),
            "rank": rank,
            "model": model,
            f"mean_{ready.unit}": ready.mean(model),
            "score": _score(model, scores or ready.scores, {area["area"] for area in areas}),
        }
        for rank, model in enumerate(ordered, start=1)
    ]


def areas_of_ready(ready: ReadyBits, scores: Scores | None) -> list[Manifest]:
    """Return a row of `AREAS` for each area and model of a table of ready bits."""
    return [
        {
            **dict.fromkeys(AREAS.names),
            "area": area,
            "model": model,
            ready.unit: ready.values[model][area],
            "score": _score_of_area(model, area, scores or ready.scores),
        }
        for area in ready.areas
        for model in ready.models
    ]


def scores_against_bits(ranking: list[Manifest]) -> LawSet:
    """Fit scores to bits per character, or to bits per byte where characters are unknown; and to the mean over areas.

    Args:
        ranking: from `ranking_of`; models without a score do not count, and without any there is no law.
    """
    over_all = _fit(ranking, ("bits_per_character", "bits_per_byte"))
    by_mean = _fit(ranking, ("mean_bits_per_character", "mean_bits_per_byte"))
    return LawSet([*over_all.fitted, *by_mean.fitted], [*over_all.refused, *by_mean.refused])


def laws_of_areas(areas: list[Manifest]) -> list[Manifest]:
    """Return the manifest's part on the law of each area: the scores of its models against their bits in it."""
    parts = []
    for name in dict.fromkeys(row["area"] for row in areas):
        laws = _fit([row for row in areas if row["area"] == name], ("bits_per_character", "bits_per_byte"))
        parts += [{**law, "area": name} for law in laws_part(laws)["laws"]]
    return parts


def _fit(rows: list[Manifest], units: tuple[str, ...]) -> LawSet:
    """Return the law of the scores against the first of some units that all rows have; none without scores."""
    scored = [row for row in rows if row["score"] is not None]
    unit = next((unit for unit in units if all(row[unit] is not None for row in scored)), None)
    if not scored or unit is None:
        return LawSet([], [])
    try:
        law = Law("score", [row["score"] for row in scored], {unit: [row[unit] for row in scored]})
    except ValueError as error:
        return LawSet([], [("score", (unit,), str(error))])
    return LawSet([(law, [row["model"] for row in scored])], [])


def _means(model: str, areas: list[Manifest]) -> Manifest:
    """Return the means of a model over the areas; None where there are none, or an area has no such number."""
    means = {}
    for unit in ("bits_per_byte", "bits_per_character"):
        values = [area[unit] for area in areas if area["model"] == model]
        means[f"mean_{unit}"] = fmean(values) if values and None not in values else None
    return means


def _score(model: str, scores: Scores, areas: set[str]) -> float | None:
    """Return the score of a model: its own, or the mean of those of the areas where it has one in each."""
    of_model = scores.get(model, {})
    if not of_model or set(of_model) == {None}:
        return of_model.get(None)
    values = [of_model.get(area) for area in sorted(areas)]
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def _score_of_area(model: str, area: str, scores: Scores) -> float | None:
    of_model = scores.get(model, {})
    return of_model.get(area, of_model.get(None))


_WHOLE = ("rank", "rank_low", "rank_high")
_REAL = (
    *("bits_per_byte", "low", "high", "bits_per_character", "compression_ratio", "beats_next"),
    *("mean_bits_per_byte", "mean_bits_per_character", "score"),
)
FIELDS = pa.schema(
    [*((name, pa.int64()) for name in _WHOLE), ("model", pa.string()), *((name, pa.float64()) for name in _REAL)]
)

AREAS = pa.schema(
    [
        *((name, pa.string()) for name in ("area", "model")),
        *((name, pa.int64()) for name in ("documents", "bytes")),
        *((name, pa.float64()) for name in ("bits_per_byte", "bits_per_character", "score")),
    ]
)

JOB = Job(run, show_rank)
