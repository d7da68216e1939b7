"""The commands: arguments in, exit code out.

`main` is behind ``jobs/JOB.py`` and ``zip-pipeline JOB`` alike. What people read goes to stderr; with ``--json``
the manifest goes to stdout, and nothing else.
"""

import argparse
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zip_pipeline._version import __version__
from zip_pipeline.errors import UserError, ZipPipelineError

if TYPE_CHECKING:
    from zip_pipeline.jobs.base import Job


def _select() -> "Job[Any]":
    from zip_pipeline.jobs.select.job import JOB

    return JOB


def _score() -> "Job[Any]":
    from zip_pipeline.jobs.select.score import JOB

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


def _law_fit() -> "Job[Any]":
    from zip_pipeline.jobs.law.fit import JOB

    return JOB


def _law_check() -> "Job[Any]":
    from zip_pipeline.jobs.law.check import JOB

    return JOB


def _law_rank() -> "Job[Any]":
    from zip_pipeline.jobs.law.rank import JOB

    return JOB


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        load: imports the job, and Spark with it: only when the command is to run.
        summary: what it does, in a line.
        plans: whether it takes ``--dry-run``.
    """

    load: "Callable[[], Job[Any]]"
    summary: str
    plans: bool = False


COMMANDS = {
    "select": Command(_select, "choose the records of lowest joint compression ratio", plans=True),
    "score": Command(_score, "compute the compression ratio of every record", plans=True),
    "evaluate": Command(_evaluate, "judge whether a selection teaches a model more than random records do"),
    "measure": Command(_measure, "measure the compression ratio of whole data sets, and how it moves"),
    "split": Command(_split, "hold out a part of a pool that shares no passages with the rest"),
    "law fit": Command(_law_fit, "fit scores of trained models to the compression ratio of their data"),
    "law check": Command(_law_check, "tell new versions of a training set that are at risk"),
    "law rank": Command(_law_rank, "rank models by how well they compress text"),
}
"""By name; of two words the first one is a family with commands of its own."""

FAMILIES = {"law": "the entropy law: fit it, check data by it, rank models by it"}


@dataclass(frozen=True)
class Shortcut:
    """An argument that stands for a config key.

    Attributes:
        flag: as it is typed.
        key: of the config.
        jobs: that take it.
        options: of `argparse.ArgumentParser.add_argument`.
    """

    flag: str
    key: str
    jobs: tuple[str, ...]
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """What argparse calls it."""
        return self.key.replace(".", "__")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a job.

    Returns:
        0 done; 2 the user's to mend; 3 done, and what was asked to stop on was found; 1 anything else.
    """
    arguments = _parser().parse_args(argv)
    _separate_stderr(silence=arguments.json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what schedulers send; unfinished output goes
    try:
        result, code = _run(arguments)
    except UserError as error:
        print(f"zip-pipeline {arguments.job}: {error}", file=sys.stderr)
        return error.exit_code
    except ZipPipelineError as error:
        traceback.print_exc()
        print(f"zip-pipeline {arguments.job}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(
            f"zip-pipeline {arguments.job}: interrupted; an output without a new manifest.json is not finished",
            file=sys.stderr,
        )
        return 1
    if arguments.json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    return code


def _run(arguments: argparse.Namespace) -> tuple[dict[str, Any], int]:
    """Return the manifest and the exit code."""
    # Spark is imported here: help and mistakes need not wait for it, nor a job for what only another one needs.
    from zip_pipeline.config import load
    from zip_pipeline.report.console import Reporter

    job = COMMANDS[arguments.job].load()
    config = load(arguments.config, [*arguments.set, *_shortcuts(arguments)], job.config)
    reporter = Reporter()
    if arguments.dry_run and job.plan is not None:
        return job.plan(config, reporter), 0
    manifest = job.run(config, reporter)
    job.show(reporter.console, manifest)
    return manifest, job.exit_code(manifest)


def _separate_stderr(*, silence: bool) -> None:
    """Give stderr back its own way out under spark-submit, which joins a Python program's streams into one.

    The launcher's stderr is the one that was meant, terminal or file. Where it cannot be opened (no /proc), what
    people read goes with stdout, or nowhere if stdout is to be clean.
    """
    if "PYSPARK_GATEWAY_PORT" not in os.environ or not os.path.sameopenfile(1, 2):
        return
    try:
        stream = os.open(f"/proc/{os.getppid()}/fd/2", os.O_WRONLY | os.O_APPEND)
    except OSError:
        if not silence:
            return
        stream = os.open(os.devnull, os.O_WRONLY)
    os.dup2(stream, 2)
    os.close(stream)


def _shortcuts(arguments: argparse.Namespace) -> list[str]:
    given = {shortcut.key: getattr(arguments, shortcut.name, None) for shortcut in SHORTCUTS}
    # JSON is YAML: a path such as 2024 stays text.
    return [f"{key}={json.dumps(value)}" for key, value in given.items() if value is not None]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zip-pipeline", description="Choose the records to train on.")
    parser.add_argument("--version", action="version", version=__version__)
    jobs = {"": parser.add_subparsers(required=True, metavar="JOB")}
    for family, summary in FAMILIES.items():
        whole = jobs[""].add_parser(family, help=summary, description=summary)
        jobs[family] = whole.add_subparsers(required=True, metavar="COMMAND")
    for name, job in COMMANDS.items():
        family, _, own_name = name.rpartition(" ")
        command = jobs[family].add_parser(own_name, help=job.summary, description=job.summary)
        command.set_defaults(job=name, dry_run=False)
        command.add_argument("--config", metavar="FILE", help="YAML; docs/config.md lists the keys")
        command.add_argument(
            "--set",
            metavar="KEY=VALUE",
            action="append",
            default=[],
            help="override a dotted key of the config",
        )
        command.add_argument("--json", action="store_true", help="print the manifest to stdout")
        if job.plans:
            command.add_argument("--dry-run", action="store_true", help="resolve, count, estimate; write nothing")
        for shortcut in SHORTCUTS:
            if name in shortcut.jobs:
                told = {"help": f"short for {shortcut.key}", **shortcut.options}
                command.add_argument(shortcut.flag, dest=shortcut.name, **told)
    return parser


def _budget(text: str) -> int | str:
    """Return a number of records, or what the config takes besides."""
    return int(text) if text.lstrip("-").isdigit() else text


def _share(text: str) -> float | str:
    """Return a number, or what the config takes besides."""
    try:
        return float(text)
    except ValueError:
        return text


def _place(path: str) -> dict[str, str]:
    """Return what a config says of a place."""
    return {"path": path}


LAW = tuple(name for name in COMMANDS if name.startswith("law "))

SHORTCUTS = (
    Shortcut("--input", "input.path", ("select", "score", "evaluate", "split", *LAW), {"metavar": "PATH"}),
    Shortcut("--input", "measure.inputs", ("measure",), {"metavar": "PATH", "action": "append"}),
    Shortcut("--output", "output.path", tuple(COMMANDS), {"metavar": "PATH"}),
    Shortcut("--budget", "select.budget", ("select",), {"metavar": "AMOUNT", "type": _budget}),
    Shortcut("--selection", "evaluate.selections", ("evaluate",), {"metavar": "OUT", "nargs": "+"}),
    Shortcut("--held-out", "evaluate.held_out", ("evaluate",), {"metavar": "PATH", "nargs": "+", "type": _place}),
    Shortcut("--by", "evaluate.by", ("evaluate",), {"metavar": "COLUMN"}),
    Shortcut("--by", "measure.by", ("measure",), {"metavar": "COLUMN"}),
    Shortcut("--share", "split.share", ("split",), {"metavar": "SHARE", "type": _share}),
    Shortcut("--fit", "check.fit", ("law check",), {"metavar": "OUT"}),
    Shortcut("--history", "check.history", ("law check",), {"metavar": "PATH", "type": _place}),
    Shortcut(
        "--fail-on-risk",
        "check.fail_on_risk",
        ("law check",),
        {"action": "store_const", "const": True, "help": "exit with 3 when a version is at risk"},
    ),
)
