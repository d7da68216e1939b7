"""The commands and their arguments: what people can type, with help and examples.

Importing this module imports no job. `Command.load` does, and Spark with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zip_pipeline.formats import FORMATS

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


@dataclass(frozen=True)
class Shortcut:
    """An argument that stands for a config key.

    Attributes:
        flag: the argument.
        key: the config key, dotted.
        jobs: names of the commands that take it.
        options: of `argparse.ArgumentParser.add_argument`, with the help; ``repeats``: it makes a list.
    """

    flag: str
    key: str
    jobs: tuple[str, ...]
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """The attribute of argparse's namespace."""
        return self.key.replace(".", "__")


def _budget(text: str) -> int | str:
    """Return a number of records, or the text for the config to read."""
    return int(text) if text.lstrip("-").isdigit() else text


def _share(text: str) -> float | str:
    """Return a number, or the text for the config to read."""
    try:
        return float(text)
    except ValueError:
        return text


def _place(path: str) -> dict[str, str]:
    """Return the config of a place."""
    return {"path": path}


def _flag(flag: str, key: str, jobs: tuple[str, ...], text: str, metavar: str | None, **options: Any) -> Shortcut:
    """Return a shortcut whose help ends with its config key."""
    shown = {} if metavar is None else {"metavar": metavar}
    return Shortcut(flag, key, jobs, {**options, **shown, "help": f"{text} (config key {key})"})


_FILES = f"a file, folder or glob ({', '.join(FORMATS)})"
_POOL = f"the pool: {_FILES}"
_DATA_SET = f"a data set: {_FILES}; repeat it to compare several; at least one is required"
_VERSIONS = "a table with one row per new version: columns name, ratio, and more where known"
_MODELS = "a table with one row per trained model: columns name, ratio, and score or loss; required"
_DOCUMENTS = (
    "a table with one row per model and document: columns model, document, log_probability, bytes; or what "
    "lm-evaluation-harness or vLLM wrote; required"
)
_OUTPUT = "a folder for the output, which must not exist unless output.mode is overwrite; required"
_BUDGET = "how much to select: records (10000), bytes (200MB) or a share of the pool (5%%); required"
_TARGET = f"records like those that you want, each {_FILES}; default: none"
_HELD_OUT = f"held-out texts that the pool should not hold, each {_FILES}; required"
_HISTORY = "earlier versions, such as the history that measure appends to; required without --input"
_LANGUAGE_MODELS = "folders of language models, with weights, config and tokenizer; required"
_SELECTIONS = "outputs of select, one or several; required"
_BY_OF_TEXTS = "a column of the held-out texts; each of its values becomes a set of its own; default: none"
_BY_OF_DATA = "a column; each of its values becomes a data set of its own; default: none"
_BY_OF_MODELS = "a column with the area of each row, such as corpus: models are also compared in each; default: none"
_SHARE = "share of the pool's bytes to hold out, such as 5%% or 0.05; default: 5%%"
_FIT = "an output of law fit, to predict the score of each version; default: none"
_FAIL = "exit with code 3 when a version is at risk; default: exit with 0"
_OF_SELECTIONS = "default: the pool that the selections were made from"
_NEWEST = "default: the newest rows of the history"

SHORTCUTS = (
    _flag("--input", "input.path", ("select", "score", "deduplicate", "split"), f"{_POOL}; required", "PATH"),
    _flag("--input", "input.path", ("evaluate",), f"{_POOL}; {_OF_SELECTIONS}", "PATH"),
    _flag("--input", "input.path", ("loglikelihood",), f"the documents: {_FILES}; required", "PATH"),
    _flag("--input", "measure.inputs", ("measure",), _DATA_SET, "PATH", repeats=True),
    _flag("--input", "input.path", ("law fit",), _MODELS, "PATH"),
    _flag("--input", "input.path", ("law check",), f"{_VERSIONS}; {_NEWEST}", "PATH"),
    _flag("--input", "input.path", ("law rank",), _DOCUMENTS, "PATH"),
    _flag(
        "--output", "output.path", tuple(name for name in COMMANDS if name not in ("clean", "export")), _OUTPUT, "PATH"
    ),
    _flag("--output", "output.path", ("export",), "a file, *.jsonl for rows or *.txt for ids; required", "FILE"),
    _flag("--selection", "export.selection", ("export",), "an output of select; required", "OUT"),
    _flag("--output", "output.path", ("clean",), "the output of other jobs; required", "PATH"),
    _flag("--delete", "clean.delete", ("clean",), "remove what is found; default: list it", None, nargs=0, const=True),
    _flag("--model", "loglikelihood.models", ("loglikelihood",), _LANGUAGE_MODELS, "PATH", nargs="+"),
    _flag("--target", "select.target", ("select",), _TARGET, "PATH", nargs="+"),
    _flag("--budget", "select.budget", ("select",), _BUDGET, "AMOUNT", type=_budget),
    _flag("--selection", "evaluate.selections", ("evaluate",), _SELECTIONS, "OUT", nargs="+"),
    _flag("--held-out", "evaluate.held_out", ("evaluate",), _HELD_OUT, "PATH", nargs="+", type=_place),
    _flag("--by", "evaluate.by", ("evaluate",), _BY_OF_TEXTS, "COLUMN"),
    _flag("--by", "measure.by", ("measure",), _BY_OF_DATA, "COLUMN"),
    _flag("--by", "rank.by", ("law rank",), _BY_OF_MODELS, "COLUMN"),
    _flag("--share", "split.share", ("split",), _SHARE, "SHARE", type=_share),
    _flag("--fit", "check.fit", ("law check",), _FIT, "OUT"),
    _flag("--history", "check.history", ("law check",), _HISTORY, "PATH", type=_place),
    _flag("--fail-on-risk", "check.fail_on_risk", ("law check",), _FAIL, None, nargs=0, const=True),
)
