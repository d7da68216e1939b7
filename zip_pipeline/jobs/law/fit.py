"""The job ``law fit``: fit the entropy law to trained models, and say how far to trust it."""

from collections.abc import Mapping
from dataclasses import asdict

import pyarrow as pa
from pyspark.sql import SparkSession

from zip_pipeline import schema
from zip_pipeline.config import FitConfig
from zip_pipeline.config.law import FitColumns
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.law import fitting, input_tables, trainer_logs
from zip_pipeline.jobs.law.report import fit_page, show_fit
from zip_pipeline.report.console import Reporter
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.io.reader import name_of, read
from zip_pipeline.stats import first_epoch
from zip_pipeline.stats.first_epoch import FirstEpoch

OPTIONAL = ("score", "loss", "quality", "codec")
TEXT = ("name", "codec")


def run(config: FitConfig, reporter: Reporter) -> Manifest:
    """Fit the law; return the manifest."""
    section, place = config.fit, name_of(config.input)
    with Run("law fit", config, reporter) as run:
        with run.stage("read", "read the table of models"):
            table = input_tables.named(
                read(run.spark, config.input), place, section.columns, optional=OPTIONAL, text=TEXT
            )
            models = input_tables.collect(table, place, "name", positive=("ratio",))
            _require_comparable(models, place)
            losses = _add_losses(run.spark, models, section.logs) if section.logs is not None else {}
            run.say(*_unfinished(losses))

        with run.stage("fit", "fit the laws"):
            laws = fitting.fit_all(models)
            if not laws.fitted:
                raise InputError(f"{place}: no law can be fitted: {_why(laws)}")
            run.output.write(run.spark.createDataFrame(pa.Table.from_pylist(models, _fields())), schema.MODELS_TABLE)

        of_logs = {name: {**asdict(epoch), "log": log} for name, (epoch, log) in losses.items()}
        manifest = run.manifest(
            input={
                "rows": len(models),
                "without_score": sum(model["score"] is None for model in models),
                **({"losses": of_logs} if of_logs else {}),
            },
            law={"higher_is_better": section.higher_is_better, "models": models, **fitting.laws_part(laws)},
        )
        run.publish(manifest, fit_page(manifest))
    return manifest


def _require_comparable(models: list[input_tables.Row], place: str) -> None:
    """Refuse a model that has two rows, and ratios that different codecs measured.

    Raises:
        InputError: naming them.
    """
    names = [model["name"] for model in models]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            f"{place}: {repeated[0]} appears twice; expected one row per model, choose rows by input.where"
        )
    codecs = sorted({str(model["codec"]) for model in models})
    if len(codecs) > 1:
        raise InputError(f"{place}: R was measured in several ways: {'; '.join(codecs)}; choose rows by input.where")


def _add_losses(spark: SparkSession, models: list[input_tables.Row], path: str) -> dict[str, tuple[FirstEpoch, str]]:
    """Give each model that has a trainer's log the loss of its first epoch; return these, with the logs' names.

    Raises:
        InputError: when a model has a loss in the table as well.
    """
    losses = trainer_logs.losses_of([model["name"] for model in models], trainer_logs.read_logs(spark, path), path)
    for model in models:
        if model["name"] not in losses:
            continue
        if model["loss"] is not None:
            raise InputError(f"{path}: {model['name']} has a log, and a loss in the table; leave one of them out")
        model["loss"] = losses[model["name"]][0].loss
    return losses


def _unfinished(losses: Mapping[str, tuple[FirstEpoch, str]]) -> list[str]:
    """Say which logs end within the first epoch."""
    return [
        f"{name}: its log covers {epoch.share:.0%} of the first epoch; L is that of this part"
        for name, (epoch, _) in losses.items()
        if epoch.share < 1 - first_epoch.ROUNDING
    ]


def _why(laws: fitting.LawSet) -> str:
    if not laws.refused:
        return "there is neither a score nor a loss"
    return "; ".join(f"{response} against {' and '.join(names)}: {why}" for response, names, why in laws.refused)


def _fields() -> pa.Schema:
    return pa.schema([(name, pa.string() if name in TEXT else pa.float64()) for name in FitColumns.model_fields])


JOB = Job(run, show_fit)
