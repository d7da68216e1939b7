"""The job ``law fit``: the entropy law of models that were trained, with all that says how far to believe it."""

import pyarrow as pa

from zip_pipeline import schema
from zip_pipeline.config import FitConfig
from zip_pipeline.config.law import FitColumns
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.law import fitting, input_tables, pages
from zip_pipeline.jobs.law import report as report_module
from zip_pipeline.report.console import Reporter
from zip_pipeline.report.page import Part
from zip_pipeline.spark.io.reader import name_of, read

OPTIONAL = ("score", "loss", "quality", "codec")
TEXT = ("name", "codec")


def run(config: FitConfig, reporter: Reporter) -> Part:
    """Fit the law; return the manifest."""
    asked, place = config.fit, name_of(config.input)
    with Run("law fit", config, reporter) as run:
        spark, output = run.spark, run.output
        with run.stage("read", "read the table of models"):
            rows = read(spark, config.input)
            optional = {name: FitColumns().model_dump()[name] for name in OPTIONAL}
            named = input_tables.named(rows, place, asked.columns.model_dump(), optional, TEXT)
            models = input_tables.collect(named, place, "name", positive=("ratio",))
            _check(models, place)

        with run.stage("fit", "fit the laws"):
            fitted = fitting.fit_all(models)
            if not fitted.laws:
                raise InputError(f"{place}: no law can be fitted: {_why(fitted)}")
            output.write(spark.createDataFrame(pa.Table.from_pylist(models, _fields())), schema.MODELS_TABLE)

        manifest = run.manifest(
            input={"rows": len(models), "without_score": sum(model["score"] is None for model in models)},
            law={"higher_is_better": asked.higher_is_better, "models": models, **fitting.described(fitted)},
        )
        run.publish(manifest, pages.fit(manifest))
    return manifest


def _check(models: list[input_tables.Row], place: str) -> None:
    names = [model["name"] for model in models]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{place}: {twice[0]} stands twice; expected one row per model, choose rows by input.where")
    ways = sorted({str(model["codec"]) for model in models})
    if len(ways) > 1:
        raise InputError(f"{place}: R was measured in several ways: {'; '.join(ways)}; choose rows by input.where")


def _why(fitted: fitting.Fitted) -> str:
    if not fitted.refused:
        return "there is neither a score nor a loss"
    return "; ".join(f"{response} against {' and '.join(given)}: {why}" for response, given, why in fitted.refused)


def _fields() -> pa.Schema:
    return pa.schema([(name, pa.string() if name in TEXT else pa.float64()) for name in FitColumns.model_fields])


JOB = Job(FitConfig, run, report_module.fit)
