"""The job ``law rank``: rank models by the bits that they need for text, and see whether their scores follow."""

import pyarrow as pa

from zip_pipeline import schema
from zip_pipeline.config import RankConfig
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.law import input_tables
from zip_pipeline.jobs.law.fitting import LawSet, laws_part
from zip_pipeline.jobs.law.log_probabilities import UNIT, BitCounts, count_bits
from zip_pipeline.jobs.law.report import rank_page, show_rank
from zip_pipeline.report.console import Reporter
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.io.reader import name_of, read
from zip_pipeline.stats import model_ranking
from zip_pipeline.stats.regression import Law

OPTIONAL = ("characters", "score")
TEXT = ("model", "document")


def run(config: RankConfig, reporter: Reporter) -> Manifest:
    """Rank models; return the manifest."""
    section, place = config.rank, name_of(config.input)
    with Run("law rank", config, reporter) as run:
        with run.stage("sum", "sum up the log-probabilities"):
            table = read(run.spark, config.input)
            rows = input_tables.named(table, place, section.columns, optional=OPTIONAL, text=TEXT).persist()
            counts = count_bits(rows, place, section.unit)
            rows.unpersist()

        with run.stage("rank", "rank the models"):
            ranking = ranking_of(counts, section.seed)
            run.output.write(run.spark.createDataFrame(pa.Table.from_pylist(ranking, FIELDS)), schema.RANKING_TABLE)
            laws = scores_against_bits(ranking)

        manifest = run.manifest(
            input=_input_part(counts),
            ranking=ranking,
            law={"higher_is_better": section.higher_is_better, **laws_part(laws)},
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


def ranking_of(counts: BitCounts, seed: int) -> list[Manifest]:
    """Return a row of `FIELDS` for each model, best first.

    Args:
        counts: bits by document and model.
        seed: of the bootstrap.
    """
    rows = []
    for ranked in model_ranking.rank(counts.bits, counts.sizes, UNIT, seed):
        per_character = None
        if counts.characters is not None:
            per_character = ranked.bits_per_byte * int(counts.sizes.sum()) / counts.characters
        rows.append(
            {
                "rank": ranked.rank,
                "rank_low": ranked.rank_low,
                "rank_high": ranked.rank_high,
                "model": counts.models[ranked.model],
                "bits_per_byte": ranked.bits_per_byte,
                "low": ranked.low,
                "high": ranked.high,
                "bits_per_character": per_character,
                "compression_ratio": 8 / ranked.bits_per_byte if ranked.bits_per_byte else None,
                "beats_next": ranked.beats_next,
                "score": counts.scores[ranked.model] if counts.scores is not None else None,
            }
        )
    return rows


def scores_against_bits(ranking: list[Manifest]) -> LawSet:
    """Fit scores to bits per character, or to bits per byte where characters are unknown.

    Args:
        ranking: from `ranking_of`; where a model has no score, there is no law.
    """
    if any(row["score"] is None for row in ranking):
        return LawSet([], [])
    unit = "bits_per_byte" if ranking[0]["bits_per_character"] is None else "bits_per_character"
    try:
        law = Law("score", [row["score"] for row in ranking], {unit: [row[unit] for row in ranking]})
    except ValueError as error:
        return LawSet([], [("score", (unit,), str(error))])
    return LawSet([(law, [row["model"] for row in ranking])], [])


_WHOLE = ("rank", "rank_low", "rank_high")
_REAL = ("bits_per_byte", "low", "high", "bits_per_character", "compression_ratio", "beats_next", "score")
FIELDS = pa.schema(
    [*((name, pa.int64()) for name in _WHOLE), ("model", pa.string()), *((name, pa.float64()) for name in _REAL)]
)

JOB = Job(run, show_rank)
