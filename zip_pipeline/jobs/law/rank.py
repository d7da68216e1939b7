"""The job ``law rank``: models by the bits that they need for text, and whether their scores follow."""

import pyarrow as pa

from zip_pipeline import schema
from zip_pipeline.config import RankConfig
from zip_pipeline.config.law import RankColumns
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.law import fitting, input_tables, log_probabilities, pages
from zip_pipeline.jobs.law import report as report_module
from zip_pipeline.jobs.law.fitting import Fitted
from zip_pipeline.jobs.law.log_probabilities import Likelihoods
from zip_pipeline.report.console import Reporter
from zip_pipeline.report.page import Part
from zip_pipeline.spark.io.reader import name_of, read
from zip_pipeline.stats import model_ranking
from zip_pipeline.stats.regression import Law

OPTIONAL = ("characters", "score")
TEXT = ("model", "document")


def run(config: RankConfig, reporter: Reporter) -> Part:
    """Rank models; return the manifest."""
    asked, place = config.rank, name_of(config.input)
    with Run("law rank", config, reporter) as run:
        spark, output = run.spark, run.output
        with run.stage("sum", "sum up the log-probabilities"):
            optional = {name: RankColumns().model_dump()[name] for name in OPTIONAL}
            rows = input_tables.named(
                read(spark, config.input), place, asked.columns.model_dump(), optional, TEXT
            ).persist()
            told = log_probabilities.gather(rows, place, asked.unit)
            rows.unpersist()

        with run.stage("rank", "rank the models"):
            ranking = ranked(told, asked.seed)
            output.write(spark.createDataFrame(pa.Table.from_pylist(ranking, FIELDS)), schema.RANKING_TABLE)

        manifest = run.manifest(
            input={
                "models": len(told.models),
                "documents": told.documents,
                "left_out": told.left_out,
                "bytes": int(told.sizes.sum()),
                "characters": told.characters,
                "resampled": len(told.sizes),
            },
            ranking=ranking,
            law={"higher_is_better": asked.higher_is_better, **fitting.described(scores_against_bits(ranking))},
        )
        run.publish(manifest, pages.rank(manifest))
    return manifest


def ranked(told: Likelihoods, seed: int) -> list[Part]:
    """Return one row per model, best first, of `FIELDS`."""
    rows = []
    for found in model_ranking.rank(told.bits, told.sizes, log_probabilities.UNIT, seed):
        per_character = None
        if told.characters is not None:
            per_character = found.bits_per_byte * int(told.sizes.sum()) / told.characters
        rows.append(
            {
                "rank": found.rank,
                "rank_low": found.rank_low,
                "rank_high": found.rank_high,
                "model": told.models[found.model],
                "bits_per_byte": found.bits_per_byte,
                "low": found.low,
                "high": found.high,
                "bits_per_character": per_character,
                "compression_ratio": 8 / found.bits_per_byte if found.bits_per_byte else None,
                "beats_next": found.beats_next,
                "score": told.scores[found.model] if told.scores is not None else None,
            }
        )
    return rows


def scores_against_bits(ranking: list[Part]) -> Fitted:
    """Fit scores to bits per character, or per byte where characters are not known; nothing without scores."""
    if any(row["score"] is None for row in ranking):
        return Fitted([], [])
    unit = "bits_per_byte" if ranking[0]["bits_per_character"] is None else "bits_per_character"
    try:
        law = Law("score", [row["score"] for row in ranking], {unit: [row[unit] for row in ranking]})
    except ValueError as error:
        return Fitted([], [("score", (unit,), str(error))])
    return Fitted([(law, [row["model"] for row in ranking])], [])


_WHOLE = ("rank", "rank_low", "rank_high")
_REAL = ("bits_per_byte", "low", "high", "bits_per_character", "compression_ratio", "beats_next", "score")
FIELDS = pa.schema(
    [*((name, pa.int64()) for name in _WHOLE), ("model", pa.string()), *((name, pa.float64()) for name in _REAL)]
)


JOB = Job(RankConfig, run, report_module.rank)
