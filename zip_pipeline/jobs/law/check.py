"""The job ``law check``: is a new version of a training set as expected, before a model is trained on it?"""

import json
from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa
from pyspark.sql import SparkSession

from zip_pipeline import schema
from zip_pipeline.config import CheckConfig, Place
from zip_pipeline.config.law import CheckColumns
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.law import fitting, input_tables, pages
from zip_pipeline.jobs.law import report as report_module
from zip_pipeline.report.console import Reporter
from zip_pipeline.report.page import Part
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.reader import name_of, read
from zip_pipeline.stats import drift
from zip_pipeline.stats.drift import AT_RISK, Finding, Laws, Version

OPTIONAL = ("version", "loss", "duplicates", "bytes", "codec", "order", "place")
TEXT = ("name", "version", "codec", "order")

Row = input_tables.Row


def run(config: CheckConfig, reporter: Reporter) -> Part:
    """Judge new versions; return the manifest."""
    asked = config.check
    law = _law_of(asked.fit) if asked.fit is not None else None
    with Run("law check", config, reporter) as run:
        spark, output = run.spark, run.output
        with run.stage("read", "read the versions"):
            history = _read(spark, asked.history, asked.columns) if asked.history is not None else []
            if config.input is not None:
                new = _read(spark, config.input, asked.columns)
                known = [(_label(row), row["order"]) for row in new]
                history = [row for row in history if (_label(row), row["order"]) not in known]
            else:
                alike = [row for row in history if _alike(row, history[-1])]
                new = alike[-asked.newest :]
                history = [row for row in history if row not in new]
            _check(new, history, law)
            comparable = [row for row in history if _alike(row, new[0])]

        with run.stage("judge", "hold them against law and history"):
            earlier = [_version(row) for row in comparable]
            # Without trained models, versions whose first epoch was begun still show where L belongs.
            laws = fitting.laws_for_check(law) if law is not None else Laws(loss=fitting.loss_law(earlier))
            findings = drift.judge_all([_version(row) for row in new], earlier, laws, asked.tolerance)
            output.write(spark.createDataFrame(_table(findings)), schema.VERSIONS_TABLE)

        manifest = run.manifest(
            law=law,
            history={
                "versions": [asdict(version) for version in earlier],
                "set_aside": len(history) - len(comparable),
                "codec": new[0]["codec"],
            },
            versions=[asdict(finding) for finding in findings],
            at_risk=[finding.version.name for finding in findings if finding.verdict == AT_RISK],
        )
        run.publish(manifest, pages.check(manifest))
    return manifest


def exit_code(manifest: Part) -> int:
    """Return 3 when a version is at risk and that is to stop whoever asked, or else 0."""
    return 3 if manifest["at_risk"] and manifest["config"]["check"]["fail_on_risk"] else 0


def _law_of(path: str) -> Part:
    """Return the part `law` of an earlier fit.

    Raises:
        InputError: when it is none.
    """
    file = Location.of(path) / schema.MANIFEST
    if not file.exists():
        raise InputError(f"{path}: no {schema.MANIFEST} in it; expected the output of `law fit`")
    try:
        law: Part = json.loads(file.read())["law"]
        _ = law["models"], law["higher_is_better"]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: its {schema.MANIFEST} is not that of a `law fit`") from None
    return law


def _read(spark: SparkSession, place: Place, columns: CheckColumns) -> list[Row]:
    """Return versions, oldest first: by the column of their order, or else by their names."""
    optional = {name: CheckColumns().model_dump()[name] for name in OPTIONAL}
    named = input_tables.named(read(spark, place), name_of(place), columns.model_dump(), optional, TEXT)
    rows = input_tables.collect(named, name_of(place), "name", positive=("ratio",))
    return sorted(rows, key=lambda row: (row["order"] or "", row["place"] or 0))


def _label(row: Row) -> str:
    """Return what a version is called; where it has a name of its own, ``name`` is that of the training set."""
    return str(row["version"] or row["name"])


def _set(row: Row) -> str | None:
    """Return the training set that a row is a version of, or None where the table does not say."""
    return row["name"] if row["version"] is not None else None


def _alike(row: Row, other: Row) -> bool:
    """Whether two rows may be compared: measured alike, and not known to be of different training sets."""
    return row["codec"] == other["codec"] and (_set(row) == _set(other) or None in (_set(row), _set(other)))


def _check(new: Sequence[Row], history: Sequence[Row], law: Part | None) -> None:
    """Refuse to compare what cannot be.

    Raises:
        InputError: when the new versions were not all measured alike, or are of several training sets.
        ConfigError: when the law's R was measured otherwise.
    """
    ways = sorted({str(row["codec"]) for row in new})
    if len(ways) > 1:
        raise InputError(f"input: R was measured in several ways: {'; '.join(ways)}; choose rows by input.where")
    # Where the new versions do not say of which set they are, the history must be of one.
    told = {_set(row) for row in new} - {None} or {_set(row) for row in history if _alike(row, new[0])} - {None}
    sets = sorted(map(str, told))
    if len(sets) > 1:
        raise InputError(
            f"check.history: of several training sets, {', '.join(sets)}; choose one by check.history.where"
        )
    codec = new[0]["codec"]
    fitted = law["models"][0]["codec"] if law is not None else None
    if codec is not None and fitted is not None and codec != fitted:
        raise ConfigError(f"check.fit: its R was measured by {fitted}, that of the versions by {codec}")


def _version(row: Row) -> Version:
    return Version(_label(row), row["ratio"], row["loss"], row["duplicates"], row["bytes"])


def _table(findings: Sequence[Finding]) -> pa.Table:
    """Return one row per version: what was measured, what was expected, the verdict."""
    return pa.Table.from_pylist(
        [
            {
                **asdict(found.version),
                "drift": found.drift,
                **{
                    f"{gauge}_{end}": getattr(found.expected.get(gauge), end, None)
                    for gauge in ("ratio", "duplicates")
                    for end in ("low", "high")
                },
                "predicted_score": getattr(found.prediction, "value", None),
                "predicted_low": getattr(found.prediction, "low", None),
                "predicted_high": getattr(found.prediction, "high", None),
                "verdict": found.verdict,
                "reasons": found.reasons,
                "notes": found.notes,
            }
            for found in findings
        ],
        pa.schema(
            [(name, pa.string() if name in ("name", "verdict") else pa.float64()) for name in _COLUMNS]
            + [(name, pa.list_(pa.string())) for name in ("reasons", "notes")]
        ),
    )


_COLUMNS = (
    *("name", "ratio", "loss", "duplicates", "raw_bytes", "drift", "ratio_low", "ratio_high"),
    *("duplicates_low", "duplicates_high", "predicted_score", "predicted_low", "predicted_high", "verdict"),
)


JOB = Job(CheckConfig, run, report_module.check, exit_code)
