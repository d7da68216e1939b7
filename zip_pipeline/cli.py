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
from collections.abc import Sequence

from zip_pipeline import __version__
from zip_pipeline.errors import UserError, ZipPipelineError

JOBS = {
    "select": "choose the records of lowest joint compression ratio",
    "score": "compute the compression ratio of every record",
    "evaluate": "judge whether a selection teaches a model more than random records do",
    "split": "hold out a part of a pool that shares no passages with the rest",
}

SHORTCUTS = {
    "input": "input.path",
    "output": "output.path",
    "budget": "select.budget",
    "selection": "evaluate.selections",
    "held_out": "evaluate.held_out",
    "by": "evaluate.by",
    "share": "split.share",
}
"""Arguments that stand for a config key."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a job.

    Returns:
        0 done; 2 the user's to mend; 1 anything else.
    """
    arguments = _parser().parse_args(argv)
    _separate_stderr(silence=arguments.json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what schedulers send; unfinished output goes
    try:
        result = _run(arguments)
    except UserError as error:
        print(f"zip-pipeline {arguments.job}: {error}", file=sys.stderr)
        return error.exit_code
    except ZipPipelineError as error:
        traceback.print_exc()
        print(f"zip-pipeline {arguments.job}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"zip-pipeline {arguments.job}: interrupted; nothing was written", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0


def _run(arguments: argparse.Namespace) -> dict[str, object]:
    # Spark is imported here: help and mistakes need not wait for it, nor a job for what only another one needs.
    from zip_pipeline.config import Config, EvaluateConfig, ScoreConfig, SplitConfig, load
    from zip_pipeline.progress import Reporter

    reporter = Reporter()
    overrides = [*arguments.set, *_shortcuts(arguments)]
    if arguments.job == "evaluate":
        from zip_pipeline import evaluate_job, evaluate_report

        manifest = evaluate_job.run(load(arguments.config, overrides, EvaluateConfig), reporter)
        evaluate_report.closing_tables(reporter.console, manifest)
        return manifest
    if arguments.job == "split":
        from zip_pipeline import split_job

        manifest = split_job.run(load(arguments.config, overrides, SplitConfig), reporter)
        split_job.closing_table(reporter.console, manifest)
        return manifest

    from zip_pipeline import plan, report, score_job, select_job

    config = load(arguments.config, overrides, Config if arguments.job == "select" else ScoreConfig)
    if arguments.dry_run:
        return plan.run(config, reporter)
    manifest = select_job.run(config, reporter) if isinstance(config, Config) else score_job.run(config, reporter)
    report.closing_table(reporter.console, manifest)
    return manifest


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
    given = {key: getattr(arguments, name, None) for name, key in SHORTCUTS.items()}
    # JSON is YAML: a path such as 2024 stays text.
    return [f"{key}={json.dumps(value)}" for key, value in given.items() if value is not None]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zip-pipeline", description="Choose the records to train on.")
    parser.add_argument("--version", action="version", version=__version__)
    jobs = parser.add_subparsers(dest="job", required=True, metavar="JOB")
    for name, summary in JOBS.items():
        job = jobs.add_parser(name, help=summary, description=summary)
        job.add_argument("--config", metavar="FILE", help="YAML; see the README's config reference")
        job.add_argument(
            "--set",
            metavar="KEY=VALUE",
            action="append",
            default=[],
            help="override a dotted key of the config",
        )
        job.add_argument("--json", action="store_true", help="print the manifest to stdout")
        if name in ("select", "score"):
            job.add_argument("--dry-run", action="store_true", help="resolve, count, estimate; write nothing")
        if name != "score":
            job.add_argument("--input", metavar="PATH", help="short for input.path")
            job.add_argument("--output", metavar="PATH", help="short for output.path")
    jobs.choices["select"].add_argument("--budget", type=_budget, metavar="AMOUNT", help="short for select.budget")
    evaluate = jobs.choices["evaluate"]
    evaluate.add_argument("--selection", nargs="+", metavar="OUT", help="outputs of select: evaluate.selections")
    evaluate.add_argument(
        "--held-out", nargs="+", type=lambda path: {"path": path}, metavar="PATH", help="short for evaluate.held_out"
    )
    evaluate.add_argument("--by", metavar="COLUMN", help="short for evaluate.by")
    jobs.choices["split"].add_argument(
        "--share", type=_share, metavar="SHARE", help="short for split.share; 5%% or 0.05"
    )
    return parser


def _share(text: str) -> float:
    """Return a share written as a number or in percent."""
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _budget(text: str) -> int | str:
    """Return a number of records, or what the config takes besides."""
    return int(text) if text.lstrip("-").isdigit() else text
