"""`measure` and `evaluate` for a notebook."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack

from pyspark.sql import DataFrame

from zip_pipeline import schema
from zip_pipeline.api.frames import Reading, config_of, describe, reading_keys, set_keys, temporary_folder
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Deduplicate, EvaluateConfig, Input, MeasureConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.evaluate import baselines
from zip_pipeline.jobs.evaluate import held_out as held_out_sets
from zip_pipeline.jobs.evaluate.importance import read_target
from zip_pipeline.jobs.evaluate.results import results
from zip_pipeline.jobs.evaluate.tasks import CHEAPEST, read_task
from zip_pipeline.jobs.measure import data_sets, measures
from zip_pipeline.jobs.measure.measures import Method
from zip_pipeline.language_models.judges import judge_all, require
from zip_pipeline.language_models.questions import DEFAULT_MODELS
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.spark import selection_output
from zip_pipeline.spark.sampling import Sample
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.stats.text_statistics import text_of


def measure(
    data: DataFrame,
    *,
    by: str | None = None,
    seed: int = 0,
    shard: str = "auto",
    codec: str = "zlib",
    level: int | None = None,
    window: str | None = None,
    render: str = "content",
    name: str = "data",
    staging: str | None = None,
    **reading: Unpack[Reading],
) -> DataFrame:
    """Return the ratio of the whole, or of each value of a column: a row of `schema.MEASURES` each.

    Records that cannot be used are passed over; `score` tells which.

    Args:
        data: the records.
        by: a column whose values are data sets of their own.
        seed: and `shard`: as in the config's section ``measure``.
        shard: see `seed`.
        codec: and `level`, `window`: as in the config's section ``codec``.
        level: see `codec`.
        window: see `codec`.
        render: ``content`` or ``repr``.
        name: of the data set, in the table.
        staging: see `select`.
        reading: see `select`.

    Raises:
        UserError: as the job ``measure``.
    """
    keys = {
        "codec": set_keys(name=codec, level=level, window=window),
        "render": render,
        "measure": {"seed": seed, "shard": shard},
    }
    config = config_of(MeasureConfig, keys, reading)
    records = describe(data, *config.places())
    scorer, codec_used = records.scorer(config.render, NullCodec()), config.codec.to_codec()
    method = Method(codec_used, codec_used.build(), FRAMINGS[render].separator, config.shard_bytes(), seed)
    with temporary_folder(staging) as folder:
        records_table = data_sets.store(records, scorer, name, by, folder / "records")
        rows = measures.complete(measures.measure(records_table, method, per_source=False), method, {name: scorer})
    if not rows:
        raise InputError(f"{name}: no record can be used")
    return measures.table(data.sparkSession, rows)


def evaluate(
    selections: DataFrame | Mapping[str, DataFrame],
    *,
    pool: DataFrame,
    held_out: DataFrame | Mapping[str, DataFrame],
    target: DataFrame | None = None,
    tasks: Mapping[str, DataFrame] | None = None,
    models: Sequence[str] = DEFAULT_MODELS,
    by: str | None = None,
    most_bytes: int = 8_000_000,
    workers: int | str = "auto",
    staging: str | None = None,
    **reading: Unpack[Reading],
) -> DataFrame:
    """Judge whether selections teach a language model more than other records of their pool would.

    Two small models read as many bytes of each selection and of baselines drawn from the pool, and then code the
    held-out text. Fewer bits per byte are better.

        >>> kept, held_out, _ = split(pool)                                                # doctest: +SKIP
        >>> evaluate(select(kept, budget="5MB"), pool=kept, held_out=held_out).show()      # doctest: +SKIP

    Args:
        selections: what `select` returned, one or several by name.
        pool: what the selections were made from; baselines are drawn from it.
        held_out: records that the pool does not have, one set or several by name.
        target: records like those that are wanted, for which the baseline DSIR draws; None: without it.
        tasks: by name, held-out questions: columns ``question``, ``right`` and ``wrong``, or preferences.
        models: that judge; ``neural`` needs the extra of this name.
        by: a column whose values are held-out sets of their own.
        most_bytes: that the models read of a selection.
        workers: processes, or ``auto``.
        staging: a folder that the driver and the executors reach; None: a temporary one of this machine, which
            is enough for a local Spark.
        reading: see `select`; all DataFrames are read in the same way.

    Returns:
        A row of `schema.COMPARED` for each model, selection, held-out set and baseline.

    Raises:
        UserError: as the job ``evaluate``.
    """
    chosen = {"selection": selections} if isinstance(selections, DataFrame) else dict(selections)
    texts = {"held_out": held_out} if isinstance(held_out, DataFrame) else dict(held_out)
    section = {"selections": list(chosen), "held_out": [{"table": name} for name in texts], **set_keys(by=by)}
    section |= {"models": list(models), "tasks": [{"table": name} for name in tasks or {}]}
    keys = {"evaluate": {**section, "most_bytes": most_bytes}, "run": {"workers": workers}}
    config = config_of(EvaluateConfig, keys, reading)
    require(models)
    place = Input.model_validate({"table": "pool", **reading_keys(**reading)})
    text_reading: Reading = reading if by is None else {**reading, "source_column": by}
    text_place = Input.model_validate({"table": "held_out", **reading_keys(**text_reading)})
    records, codec = describe(pool, place), NullCodec()
    held_outs: dict[str, Sample] = {}
    for name, rows in texts.items():
        held_outs |= held_out_sets.sets(describe(rows, text_place), name, by)
    targets = [] if target is None else [read_target("target", 1.0, describe(target, place))]
    questions = [
        read_task(name, task, rows)
        for (name, rows), task in zip((tasks or {}).items(), config.evaluate.tasks, strict=True)
    ]
    with temporary_folder(staging) as folder:
        # Each selection is read once a pass: to size it, to cut it by rank, to fetch its records.
        ranked = {name: _ranked(rows, place, name).persist() for name, rows in chosen.items()}
        scorer = records.scorer("content", codec, Deduplicate().compared)
        payloads = ScoredPool.create(records, scorer, folder).records()
        size = baselines.size_of(ranked, config.evaluate.most_bytes)
        contestants = baselines.contestants(ranked, payloads, size, folder / "near", targets)
        asked = {task.key: task.sample for task in questions}
        known = held_out_sets.known({**held_outs, **asked}, payloads, targets)
        for rows in ranked.values():
            rows.unpersist()
    judgements = judge_all(
        [contestant.sample.payloads for contestant in contestants],
        [text_of(sample.payloads, held_out_sets.MOST_BYTES) for sample in held_outs.values()],
        size.target,
        config.run.threads(),
        [question for task in questions for question in task.questions],
        models,
    )
    labels = {name: name for name in chosen}
    found = results(contestants, judgements, held_outs, questions, known, size, labels)
    return pool.sparkSession.createDataFrame(list(_compared(found)), schema.ddl(schema.COMPARED)).coalesce(1)


def _ranked(rows: DataFrame, place: Input, name: str) -> DataFrame:
    """Return a selection as scored; see `selection_output.ranked`."""
    missing = [column for column in (schema.RANK, schema.ROUND) if column not in rows.columns]
    if missing:
        raise InputError(f"selection {name}: column {', '.join(missing)} is missing; expected what `select` returns")
    return selection_output.ranked(rows, place, "content", NullCodec())


def _compared(found: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `schema.COMPARED` from the manifest's parts."""
    measures = {schema.TEXT: found["comparison"], **found["task_comparison"]}
    for measure, model, selections in ((name, *part) for name, parts in measures.items() for part in parts.items()):
        for selection, sets in selections.items():
            for held_out, value in sets.items():
                for baseline, other in value["against"].items():
                    interval = other["mean"], other["low"], other["high"]
                    yield (
                        model,
                        selection,
                        measure,
                        held_out,
                        value["share" if measure == CHEAPEST else "bits"],
                        baseline,
                        *interval,
                        other["difference"],
                        other["verdict"],
                    )
