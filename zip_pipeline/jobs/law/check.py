"""The job ``law check``: is a new version of a training set as expected, before a model is trained on it?"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from zip_pipeline import schema
from zip_pipeline.config import CheckConfig, Place
from zip_pipeline.config.law import Check, CheckColumns
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.law import fitting, input_tables
from zip_pipeline.jobs.law.report import check_page, show_check
from zip_pipeline.report.console import Reporter
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.reader import name_of, read
from zip_pipeline.stats import drift
from zip_pipeline.stats.drift import AT_RISK, Finding, Laws, Version

OPTIONAL = ("version", "loss", "duplicates", "bytes", "codec", "order", "place")
TEXT = ("name", "version", "codec", "order")

Row = input_tables.Row


@dataclass(frozen=True)
class Versions:
    """Rows of versions, oldest first.

    Attributes:
        new: those to judge.
        history: earlier ones that may be compared with them.
        set_aside: how many earlier ones may not.
    """

    new: list[Row]
    history: list[Row]
    set_aside: int


def run(config: CheckConfig, reporter: Reporter) -> Manifest:
    """Judge new versions; return the manifest."""
    with Run("law check", config, reporter) as run:
        law = _law_of(config.check.fit) if config.check.fit is not None else None
        with run.stage("read", "read the versions"):
            versions = _versions(run.spark, config, law)

        with run.stage("judge", "hold them against law and history"):
            history = [_version(row) for row in versions.history]
            findings = _judge(versions, history, law, config.check)
            run.output.write(run.spark.createDataFrame(_table(findings)), schema.VERSIONS_TABLE)

        manifest = run.manifest(
            law=law,
            history={
                "versions": [asdict(version) for version in history],
                "set_aside": versions.set_aside,
                "codec": versions.new[0]["codec"],
            },
            versions=[asdict(finding) for finding in findings],
            at_risk=[finding.version.name for finding in findings if finding.verdict == AT_RISK],
        )
        run.publish(manifest, check_page(manifest))
    return manifest


def exit_code(manifest: Manifest) -> int:
    """Return 3 when a version is at risk and ``check.fail_on_risk`` is set, or else 0."""
    return 3 if manifest["at_risk"] and manifest["config"]["check"]["fail_on_risk"] else 0


def _law_of(path: str) -> Manifest:
    """Return the part `law` from the output of `law fit`.

    Raises:
        InputError: when there is no such output.
    """
    file = Location.of(path) / schema.MANIFEST
    if not file.exists():
        raise InputError(f"{path}: no {schema.MANIFEST} in it; expected the output of `law fit`")
    try:
        law: Manifest = json.loads(file.read())["law"]
        _ = law["models"], law["higher_is_better"]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: its {schema.MANIFEST} is not that of a `law fit`") from None
    return law


def _versions(spark: SparkSession, config: CheckConfig, law: Manifest | None) -> Versions:
    """Read the versions to judge and their history.

    Raises:
        InputError: when they cannot be compared.
        ConfigError: when another codec measured the law's R.
    """
    section = config.check
    history = _read(spark, section.history, section.columns) if section.history is not None else []
    if config.input is not None:
        new = _read(spark, config.input, section.columns)
        known = [(_label(row), row["order"]) for row in new]
        history = [row for row in history if (_label(row), row["order"]) not in known]
    else:
        new = [row for row in history if _alike(row, history[-1])][-section.newest :]
        history = [row for row in history if row not in new]
    _require_comparable(new, history, law)
    alike = [row for row in history if _alike(row, new[0])]
    return Versions(new, alike, len(history) - len(alike))


def _judge(versions: Versions, history: Sequence[Version], law: Manifest | None, section: Check) -> list[Finding]:
    # Without trained models, versions whose first epoch was begun still show where L belongs.
    laws = fitting.laws_for_check(law) if law is not None else Laws(loss=fitting.loss_law(history))
    return drift.judge_all([_version(row) for row in versions.new], history, laws, section.tolerance)


def _read(spark: SparkSession, place: Place, columns: CheckColumns) -> list[Row]:
    """Return versions, oldest first: by the column `order`, or else by name."""
    table = input_tables.named(read(spark, place), name_of(place), columns, optional=OPTIONAL, text=TEXT)
    rows = input_tables.collect(table, name_of(place), "name", positive=("ratio",))
    return sorted(rows, key=lambda row: (row["order"] or "", row["place"] or 0))


def _label(row: Row) -> str:
    """Return the name of a version. Where a row has ``version``, its ``name`` is that of the training set."""
    return str(row["version"] or row["name"])


def _set(row: Row) -> str | None:
    """Return the training set that a row is a version of, or None where the table does not say."""
    return row["name"] if row["version"] is not None else None


def _alike(row: Row, other: Row) -> bool:
    """Whether two rows may be compared: measured by one codec, and not known to be of different training sets."""
    return row["codec"] == other["codec"] and (_set(row) == _set(other) or None in (_set(row), _set(other)))


def _require_comparable(new: Sequence[Row], history: Sequence[Row], law: Manifest | None) -> None:
    """Refuse versions that must not be compared.

    Raises:
        InputError: when several codecs measured the new versions, or they belong to several training sets.
        ConfigError: when another codec measured the law's R.
    """
    codecs = sorted({str(row["codec"]) for row in new})
    if len(codecs) > 1:
        raise InputError(f"input: R was measured in several ways: {'; '.join(codecs)}; choose rows by input.where")
    # Where the new versions do not say of which set they are, the history must be of one.
    known = {_set(row) for row in new} - {None} or {_set(row) for row in history if _alike(row, new[0])} - {None}
    sets = sorted(map(str, known))
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
    """Return a row for each version: the measured and the expected values, and the verdict."""
    text = {name: pa.string() for name in ("name", "verdict")}
    fields = [(name, text.get(name, pa.float64())) for name in _COLUMNS]
    lists = [(name, pa.list_(pa.string())) for name in ("reasons", "notes")]
    return pa.Table.from_pylist([_row(finding) for finding in findings], pa.schema(fields + lists))


def _row(finding: Finding) -> dict[str, Any]:
    expected = {
        f"{gauge}_{end}": getattr(finding.expected.get(gauge), end, None)
        for gauge in ("ratio", "duplicates")
        for end in ("low", "high")
    }
    return {
        **asdict(finding.version),
        "drift": finding.drift,
        **expected,
        "predicted_score": getattr(finding.prediction, "value", None),
        "predicted_low": getattr(finding.prediction, "low", None),
        "predicted_high": getattr(finding.prediction, "high", None),
        "verdict": finding.verdict,
        "reasons": finding.reasons,
        "notes": finding.notes,
    }


_COLUMNS = (
    *("name", "ratio", "loss", "duplicates", "raw_bytes", "drift", "ratio_low", "ratio_high"),
    *("duplicates_low", "duplicates_high", "predicted_score", "predicted_low", "predicted_high", "verdict"),
)

JOB = Job(run, show_check, exit_code)
