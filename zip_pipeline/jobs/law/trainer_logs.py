"""Losses from the logs of trainers, for `law fit`: which files are logs, how each is read, and whose they are.

- ``trainer_state.json``: Hugging Face transformers, and what is built on it: TRL, axolotl, LLaMA-Factory. A folder of
  checkpoints has several; that of the most steps counts.
- ``trainer_log.jsonl``: LLaMA-Factory.
- CSV of Weights & Biases: the history of one run, or a chart's export with one column ``RUN - train/loss`` a run.

Only the key ``loss`` is the loss of training. ``eval_loss`` is another, and ``train_loss``, which stands at the end, is
the mean over all epochs.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pyspark.sql import SparkSession

from zip_pipeline import formats
from zip_pipeline.errors import InputError
from zip_pipeline.spark.io.listing import Listing, list_files
from zip_pipeline.spark.io.location import Location
from zip_pipeline.stats.first_epoch import FirstEpoch, Point, first_epoch

STATE, LOG = "trainer_state.json", "trainer_log.jsonl"
LOSS = "train/loss"
_STEPS, _EPOCHS = ("train/global_step", "_step", "Step"), ("train/epoch", "epoch")
_OF_RUN = re.compile(r"(.+) - train/loss")
_CHECKPOINT = re.compile(r"checkpoint-[0-9]+")


@dataclass(frozen=True)
class TrainerLog:
    """The log of one run.

    Attributes:
        file: its name, below the path that was searched.
        names: what the run may be called: the folders that the file is in, or the name in a chart's column.
        points: what the trainer logged.
    """

    file: str
    names: tuple[str, ...]
    points: list[Point]

    def is_of(self, model: str) -> bool:
        """Whether the run is that of a model; `measure` calls a data set by its file, so an extension may follow."""
        stem = model[: model.rindex(".")] if "." in model and formats.of_name(model) is not None else model
        return model in self.names or stem in self.names


def read_logs(spark: SparkSession, path: str) -> list[TrainerLog]:
    """Read the logs at a path, by name.

    Raises:
        InputError: when there are none, or one cannot be read.
    """
    listing = list_files(spark, path)
    logs = []
    for name in sorted(listing.files):
        last = name.rpartition("/")[2]
        reader = {STATE: of_state, LOG: of_log}.get(last, of_csv if last.endswith(".csv") else None)
        if reader is None:
            continue
        text = Location.of(f"{listing.base}{name}").read().decode(errors="replace")
        try:
            logs += [TrainerLog(name, (*_folders(listing, name), *more), points) for more, points in reader(text)]
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            raise InputError(f"{path}: {name}: no log of a trainer: {error}") from None
    if not logs:
        raise InputError(f"{path}: no logs of a trainer; expected {STATE}, {LOG} or a CSV of Weights & Biases")
    return logs


def losses_of(models: Sequence[str], logs: Sequence[TrainerLog], path: str) -> dict[str, tuple[FirstEpoch, str]]:
    """Return the first epoch of each model that has a log, and the log's file.

    Args:
        models: their names.
        logs: all that were read.
        path: where they were searched, for messages.

    Raises:
        InputError: when no log is of a model, two models share a log, or a log has no first epoch.
    """
    losses: dict[str, tuple[FirstEpoch, str]] = {}
    for model in models:
        own = [log for log in logs if log.is_of(model)]
        if not own:
            continue
        log = max(own, key=lambda one: max((point.step for point in one.points), default=0))
        try:
            losses[model] = first_epoch(log.points), log.file
        except ValueError as error:
            raise InputError(f"{path}: {log.file}: no mean loss: {error}") from None
    if not losses:
        runs = ", ".join(sorted({log.names[-1] for log in logs if log.names})[:5])
        raise InputError(f"{path}: no log is of a model; models: {', '.join(models[:5])}; logs: {runs}")
    files = [file for _, file in losses.values() if not file.endswith(".csv")]
    if shared := sorted({file for file in files if files.count(file) > 1}):
        raise InputError(f"{path}: {shared[0]} is the log of several models; name its folder after one")
    return losses


Runs = Iterator[tuple[tuple[str, ...], list[Point]]]
"""For each run in a file: names that the file gives it, and its points."""


def of_state(text: str) -> Runs:
    """Yield the run of a ``trainer_state.json``."""
    yield (
        (),
        [
            Point(float(entry["step"]), float(entry["epoch"]), float(entry["loss"]))
            for entry in json.loads(text)["log_history"]
            if "loss" in entry
        ],
    )


def of_log(text: str) -> Runs:
    """Yield the run of a ``trainer_log.jsonl``."""
    entries = [json.loads(line) for line in text.splitlines() if line.strip()]
    yield (
        (),
        [
            Point(float(entry["current_steps"]), float(entry["epoch"]), float(entry["loss"]))
            for entry in entries
            if entry.get("loss") is not None
        ],
    )


def of_csv(text: str) -> Runs:
    """Yield the runs of a CSV of Weights & Biases; a CSV of something else has none.

    Raises:
        ValueError: when it has losses and nothing says where the first epoch ends.
    """
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = list(rows[0]) if rows else []
    of_runs: dict[str, tuple[str, ...]] = {
        column: (match[1],) for column in columns if column and (match := _OF_RUN.fullmatch(column))
    }
    alone: dict[str, tuple[str, ...]] = {LOSS: ()} if LOSS in columns else {}
    losses = of_runs or alone
    if not losses:
        return
    epoch = next((name for name in _EPOCHS if name in columns), None)
    if epoch is None:
        raise ValueError(
            f"no column {_EPOCHS[0]}: export the run's history, or the chart with {_EPOCHS[0]} as its x axis"
        )
    step = next((name for name in _STEPS if name in columns), epoch)
    for column, names in losses.items():
        yield names, list(_points(rows, column, step, epoch))


def _points(rows: Iterable[Mapping[str, Any]], loss: str, step: str, epoch: str) -> Iterator[Point]:
    for row in rows:
        if row[loss] not in ("", None) and row[epoch] not in ("", None):
            yield Point(float(row[step]), float(row[epoch]), float(row[loss]))


def _folders(listing: Listing, name: str) -> tuple[str, ...]:
    """Return the folders that a file is in, without those of checkpoints; the last one at the path itself, too."""
    folders = PurePosixPath(name).parts[:-1] or (PurePosixPath(listing.base).name,)
    stem = PurePosixPath(name).stem if name.endswith(".csv") else ""
    return tuple(folder for folder in (*folders, stem) if folder and not _CHECKPOINT.fullmatch(folder))
