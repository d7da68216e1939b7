"""The command line: arguments in, exit code out.

``jobs/JOB.py`` and ``zip-pipeline JOB`` both call `main`. Text for people goes to stderr. With ``--json`` the manifest
goes to stdout, and nothing else does. Help and mistakes in arguments import neither Spark nor pydantic.
"""

import argparse
import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from zip_pipeline._version import __version__
from zip_pipeline.commands import COMMANDS, FAMILIES, SHORTCUTS, Command
from zip_pipeline.errors import UserError, ZipPipelineError

EXIT_CODES = {
    0: "done",
    1: "a stage failed, or the run was interrupted",
    2: "the config, an argument, the input or the output path needs a change; one line says which",
}
"""Those of every command; `Command.exit_codes` has the others."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a job.

    Args:
        argv: the arguments; None: those of the process.

    Returns:
        One of `EXIT_CODES`, or of the exit codes of the command.
    """
    arguments = _parser().parse_args(argv)
    _separate_stderr(silence=arguments.json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # schedulers send it; the run then removes its output
    try:
        manifest, code = _run(arguments)
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
        print(json.dumps(manifest, indent=2, ensure_ascii=False))
    return code


def _run(arguments: argparse.Namespace) -> tuple[dict[str, Any], int]:
    """Return the manifest, or the plan of a dry run, and the exit code."""
    from zip_pipeline.config import JOBS, load
    from zip_pipeline.report.console import Reporter

    job = COMMANDS[arguments.job].load()
    config = load(arguments.config, [*arguments.set, *_shortcuts(arguments)], JOBS[arguments.job])
    reporter = Reporter()
    if arguments.load_plan is not None:
        return arguments.load_plan()(config, reporter), 0
    manifest = job.run(config, reporter)
    job.show(reporter.console, manifest)
    return manifest, job.exit_code(manifest)


def _separate_stderr(*, silence: bool) -> None:
    """Undo what spark-submit does to a Python program's streams: it joins stderr with stdout.

    The launcher's own stderr, a terminal or a file, becomes this process's. Without /proc it cannot be opened. Then
    stderr stays with stdout, or goes nowhere if stdout must hold nothing but the manifest.

    Args:
        silence: whether it must.
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
    """Return the shortcuts among the arguments as ``key=value``; JSON is YAML, and keeps a path such as 2024 text."""
    values = {shortcut.key: getattr(arguments, shortcut.name, None) for shortcut in SHORTCUTS}
    return [f"{key}={json.dumps(value)}" for key, value in values.items() if value is not None]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zip-pipeline",
        description="Choose the records to train on. `zip-pipeline JOB --help` explains a job, with examples.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    families = {"": parser.add_subparsers(required=True, metavar="JOB")}
    for family, summary in FAMILIES.items():
        group = families[""].add_parser(family, help=summary, description=summary)
        families[family] = group.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        family, _, own_name = name.rpartition(" ")
        _add_arguments(
            name,
            command,
            families[family].add_parser(
                own_name,
                help=command.summary,
                description=f"{command.summary[0].upper()}{command.summary[1:]}.",
                epilog=_epilog(name, command),
                formatter_class=argparse.RawDescriptionHelpFormatter,
            ),
        )
    return parser


def _epilog(name: str, command: Command) -> str:
    examples = "\n".join(f"  zip-pipeline {name} {example}" for example in command.examples)
    codes = "\n".join(f"  {code}  {meaning}" for code, meaning in {**EXIT_CODES, **command.exit_codes}.items())
    return f"examples:\n{examples}\n\nexit codes:\n{codes}\n\ndocs/config.md lists every key of the config."


def _add_arguments(name: str, command: Command, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command: its own first, then those that every command takes."""
    parser.set_defaults(job=name, load_plan=None)
    own = parser.add_argument_group("arguments of this job")
    for shortcut in SHORTCUTS:
        if name in shortcut.jobs:
            own.add_argument(shortcut.flag, dest=shortcut.name, **shortcut.options)
    if command.load_plan is not None:
        own.add_argument(
            "--dry-run",
            dest="load_plan",
            action="store_const",
            const=command.load_plan,
            help="check config and input, count the records, estimate time and memory, and write nothing; default: off",
        )
    common = parser.add_argument_group("arguments of every job")
    common.add_argument("--config", metavar="FILE", help="a YAML file of config keys, required ones too; default: none")
    common.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="set a config key, such as --set output.format=jsonl; repeat it for more; it wins over --config",
    )
    common.add_argument(
        "--json", action="store_true", help="print the manifest as JSON to stdout; default: only tables, to stderr"
    )
