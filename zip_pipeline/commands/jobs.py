"""The commands: what each does, with examples.

Importing this module imports no job. `Command.load` does, and Spark with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zip_pipeline.jobs.base import Job, Plan


def _select() -> "Job[Any]":
    from zip_pipeline.jobs.select.job import JOB

    return JOB


def _score() -> "Job[Any]":
    from zip_pipeline.jobs.select.score import JOB

    return JOB


def _deduplicate() -> "Job[Any]":
    from zip_pipeline.jobs.deduplicate import JOB

    return JOB


def _evaluate() -> "Job[Any]":
    from zip_pipeline.jobs.evaluate.job import JOB

    return JOB


def _measure() -> "Job[Any]":
    from zip_pipeline.jobs.measure.job import JOB

    return JOB


def _split() -> "Job[Any]":
    from zip_pipeline.jobs.split import JOB

    return JOB


def _loglikelihood() -> "Job[Any]":
    from zip_pipeline.jobs.loglikelihood.job import JOB

    return JOB


def _law_fit() -> "Job[Any]":
    from zip_pipeline.jobs.law.fit import JOB

    return JOB


def _law_check() -> "Job[Any]":
    from zip_pipeline.jobs.law.check import JOB

    return JOB


def _law_rank() -> "Job[Any]":
    from zip_pipeline.jobs.law.rank import JOB

    return JOB


def _export() -> "Job[Any]":
    from zip_pipeline.jobs.export import JOB

    return JOB


def _clean() -> "Job[Any]":
    from zip_pipeline.jobs.clean import JOB

    return JOB


def _dry_run() -> "Plan[Any]":
    from zip_pipeline.jobs.select import dry_run

    return dry_run.run


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        load: imports the job and Spark with it, so only a command that runs calls it.
        summary: what the job does, in a line.
        examples: what to type after ``zip-pipeline`` and the command's name.
        load_plan: imports what ``--dry-run`` does in place of the job; None: the command has no such argument.
        exit_codes: the meaning of those that only this command has.
    """

    load: "Callable[[], Job[Any]]"
    summary: str
    examples: tuple[str, ...]
    load_plan: "Callable[[], Plan[Any]] | None" = None
    exit_codes: Mapping[int, str] = field(default_factory=dict)


COMMANDS = {
    "select": Command(
        _select,
        "choose the records of lowest joint compression ratio",
        (
            "--input pool.parquet --output out --budget 10000",
            "--input pool.parquet --target wanted.jsonl --output out --budget 200MB",
            "--input pool.jsonl --output out --budget 5% --set select.rule=paper --set codec.window=32KB",
            "--config conf/select.yaml --dry-run",
        ),
        load_plan=_dry_run,
    ),
    "score": Command(
        _score,
        "compute the compression ratio of every record",
        ("--input pool.parquet --output scored", "--input pool.jsonl --output scored --set codec.window=32KB --json"),
        load_plan=_dry_run,
    ),
    "deduplicate": Command(
        _deduplicate,
        "leave out the near-duplicates of a pool, and write what stays",
        (
            "--input pool.parquet --output unique",
            "--input pool.jsonl --output unique --set input.deduplicate=exact --set input.prefer=quality",
        ),
    ),
    "evaluate": Command(
        _evaluate,
        "judge whether a selection teaches a model more than random records do",
        (
            "--selection out --held-out parts/held_out --output judged",
            "--selection out out-2 --held-out parts/held_out other.jsonl --by source --output judged",
        ),
    ),
    "measure": Command(
        _measure,
        "measure the compression ratio of whole data sets, and how it moves",
        (
            "--input v1.parquet --input v2.parquet --output measured",
            "--input lake/mix --by version --output measured --set history.path=lake/history",
        ),
    ),
    "split": Command(
        _split,
        "hold out a part of a pool that shares no passages with the rest",
        ("--input pool.parquet --output parts --share 5%", "--input pool.parquet --output parts --set split.seed=1"),
    ),
    "loglikelihood": Command(
        _loglikelihood,
        "compute the log-probability of each document under language models",
        (
            "--input held_out.parquet --model models/small models/large --output scored",
            "--input held_out.jsonl --model models/small --output scored --set loglikelihood.window=1024",
        ),
    ),
    "law fit": Command(
        _law_fit,
        "fit scores of trained models to the compression ratio of their data",
        (
            "--input models.csv --output law",
            "--input models.csv --output law --set fit.columns.score=accuracy",
            "--input measured/measures --output law --set fit.logs=runs",
        ),
    ),
    "law check": Command(
        _law_check,
        "find new versions of a training set that are at risk",
        (
            "--history lake/history --output checked --fail-on-risk",
            "--input new.csv --history lake/history --fit law --output checked",
        ),
        exit_codes={3: "done, but a version is at risk (law check with --fail-on-risk)"},
    ),
    "law rank": Command(
        _law_rank,
        "rank models by how well they compress text",
        (
            "--input log_probabilities.parquet --output ranked",
            "--input results --by corpus --output ranked --set rank.scores.path=scores.csv",
        ),
    ),
    "export": Command(
        _export,
        "write a selection to one file in the order of picking: its rows, or its ids",
        ("--selection out --output train.jsonl", "--selection s3a://lake/selected --output ids.txt"),
    ),
    "clean": Command(
        _clean,
        "list what killed runs have left at an output path, or remove it",
        ("--output s3a://lake/selected", "--output s3a://lake/selected --delete --set clean.older_than_hours=48"),
    ),
}
"""By the names of `config.JOBS`. A name of two words belongs to a family of commands."""

FAMILIES = {"law": "the entropy law: fit it, check data by it, rank models by it"}
