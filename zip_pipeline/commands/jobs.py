"""The commands: what each does, with examples.

Importing this module imports no job. `Command.load` does, and Spark with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zip_pipeline.jobs.base import Job, Plan


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        module: of `zip_pipeline.jobs`, with the job.
        summary: what the job does, in a line.
        examples: what to type after ``zip-pipeline`` and the command's name.
        plan: the module with what ``--dry-run`` does in place of the job; None: the command has no such argument.
        exit_codes: the meaning of those that only this command has.
        answers: what it prints is what it is for, and it writes nothing: it cannot be told to be quiet.
    """

    module: str
    summary: str
    examples: tuple[str, ...]
    plan: str | None = None
    exit_codes: Mapping[int, str] = field(default_factory=dict)
    answers: bool = False

    def load(self) -> "Job[Any]":
        """Import the job, and Spark with it: only a command that runs may do that."""
        job: Job[Any] = import_module(f"zip_pipeline.jobs.{self.module}").JOB
        return job

    def load_plan(self) -> "Plan[Any]":
        """Import the plan of a command that has one."""
        plan: Plan[Any] = import_module(f"zip_pipeline.jobs.{self.plan}").run
        return plan


COMMANDS = {
    "select": Command(
        "select.job",
        "choose the records of lowest joint compression ratio",
        (
            "--input pool.parquet --output out --budget 10000",
            "--input pool.parquet --target wanted.jsonl --output out --budget 200MB",
            "--input pool.jsonl --output out --budget 5% --set select.rule=paper --set codec.window=32KB",
            "--config conf/select.yaml --dry-run",
        ),
        plan="select.dry_run",
    ),
    "deduplicate": Command(
        "deduplicate",
        "leave out the near-duplicates of a pool, and write what stays",
        (
            "--input pool.parquet --output unique",
            "--input pool.jsonl --output unique --set input.deduplicate=exact --set input.prefer=quality",
            "--input pool.parquet --output unique --set input.deduplicate.threshold=0.8 --overwrite",
        ),
        plan="planning.deduplicate",
    ),
    "score": Command(
        "select.score",
        "compute the compression ratio of every record",
        (
            "--input pool.parquet --output scored",
            "--input pool.jsonl --output scored --set codec.window=32KB --json",
            "--input 'pool/*.csv' --output scored --set input.columns.text=body --format jsonl",
        ),
        plan="select.dry_run",
    ),
    "split": Command(
        "split",
        "hold out a part of a pool that shares no passages with the rest",
        (
            "--input pool.parquet --output parts --share 5%",
            "--input pool.parquet --output parts --set split.seed=1",
            "--input pool.jsonl --output parts --share 0.01 --format jsonl --overwrite",
        ),
        plan="planning.split",
    ),
    "evaluate": Command(
        "evaluate.job",
        "judge whether a selection teaches a model more than random records do",
        (
            "--selection out --held-out parts/held_out --output judged",
            "--selection out out-2 --held-out parts/held_out other.jsonl --by source --output judged",
            "--selection out --target wanted.jsonl --held-out more_of_that_kind.jsonl --output judged",
        ),
        plan="evaluate.dry_run",
    ),
    "measure": Command(
        "measure.job",
        "measure the compression ratio of whole data sets, and how it moves",
        (
            "--input v1.parquet --input v2.parquet --output measured",
            "--input lake/mix --by version --output measured --set history.path=lake/history",
            "--input v1.parquet --output measured --set codec.name=zstd --set codec.level=19 --dry-run",
        ),
        plan="measure.dry_run",
    ),
    "explain": Command(
        "explain.job",
        "tell what became of single records in a run of select, and why",
        ("--run out --id 4711", "--run out --sample 10", "--run out --id 4711 --id 815 --json"),
        answers=True,
    ),
    "diff": Command(
        "diff",
        "tell how a run of select differs from an earlier one, and what may have done it",
        (
            "--run out --against out-before",
            "--run out --against s3a://lake/selected --json",
            "--run s3a://lake/today --against s3a://lake/yesterday",
        ),
        answers=True,
    ),
    "export": Command(
        "export.job",
        "write a selection to files in the order of picking: its rows, its ids, or shards of WebDataset",
        (
            "--selection out --output train.jsonl",
            "--selection s3a://lake/selected --output ids.txt --overwrite",
            "--selection out --output shards/train-%06d.tar --set export.shard=256MB",
        ),
        plan="planning.export",
    ),
    "clean": Command(
        "clean",
        "list what killed runs have left at an output path, or remove it",
        (
            "--output s3a://lake/selected",
            "--output s3a://lake/selected --delete",
            "--output s3a://lake/selected --delete --set clean.older_than_hours=48",
        ),
        answers=True,
    ),
    "law fit": Command(
        "law.fit",
        "fit scores of trained models to the compression ratio of their data",
        (
            "--input models.csv --output law",
            "--input models.csv --output law --set fit.columns.score=accuracy",
            "--input measured/measures --output law --set fit.logs=runs",
        ),
        plan="law.dry_run",
    ),
    "law check": Command(
        "law.check",
        "find new versions of a training set that are at risk",
        (
            "--history lake/history --output checked --fail-on-risk",
            "--input new.csv --history lake/history --fit law --output checked",
            "--input new.csv --output checked --json",
        ),
        exit_codes={3: "done, but a version is at risk (law check with --fail-on-risk)"},
        plan="law.dry_run",
    ),
    "law rank": Command(
        "law.rank",
        "rank models by how well they compress text",
        (
            "--input log_probabilities.parquet --output ranked",
            "--input results --by corpus --output ranked --set rank.scores.path=scores.csv",
            "--input scored/log_probabilities --output ranked --overwrite",
        ),
        plan="law.dry_run",
    ),
    "loglikelihood": Command(
        "loglikelihood.job",
        "compute the log-probability of each document under language models",
        (
            "--input held_out.parquet --model models/small models/large --output scored",
            "--input held_out.jsonl --model models/small --output scored --set loglikelihood.window=1024",
            "--input held_out.jsonl --model models/small --output scored --set run.checkpoint=scored-checkpoint",
        ),
        plan="loglikelihood.dry_run",
    ),
}
"""By the names of `config.JOBS`. A name of two words belongs to a family of commands."""

FAMILIES = {"law": "the entropy law: fit it, check data by it, rank models by it"}
