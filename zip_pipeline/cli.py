"""The command line: arguments in, exit code out.

``jobs/JOB.py`` and ``zip-pipeline JOB`` both call `main`. Text for people goes to stderr. With ``--json`` the manifest
goes to stdout, and nothing else does. Help and mistakes in arguments import neither Spark nor pydantic.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from zip_pipeline import interrupts
from zip_pipeline._version import __version__
from zip_pipeline.commands import COMMANDS, FAMILIES, SHORTCUTS, Command
from zip_pipeline.commands.answers import add_answers
from zip_pipeline.commands.parsing import Once, Parser, ShortcutAction, near
from zip_pipeline.errors import ConfigError, UserError, ZipPipelineError, one_line
from zip_pipeline.report.run_log import RunLog

INTERRUPTED = "interrupted; an output without a new manifest.json is not finished"

EXIT_CODES = {
    0: "done",
    1: "a stage failed, or the run was interrupted",
    2: "the config, an argument, the input or the output path needs a change; one line says which",
}
"""Those of every command; `Command.exit_codes` has the others."""

COMMON_FLAGS = ("--config", "--set", "--dry-run", "--show-config", "--verbose", "--quiet", "--json", "--help")
"""Arguments of every job, among which the nearest to a wrong one is looked for."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a job as the program that this process is: it takes the process's stderr and its signals.

    Args:
        argv: the arguments; None: those of the process.

    Returns:
        As `run`.
    """
    arguments = _parse(argv)
    _separate_stderr(silence=arguments.json)
    log = RunLog(sys.stderr) if arguments.verbose else RunLog.taking_stderr()
    interrupts.on_forced_end(partial(_say, log, arguments, INTERRUPTED))
    interrupts.on_forced_end(log.remove)
    interrupts.install()
    return _exit_code(arguments, log)


def run(argv: Sequence[str] | None = None) -> int:
    """Run a job within a program of another.

    Args:
        argv: the arguments; None: those of the process.

    Returns:
        One of `EXIT_CODES`, or of the exit codes of the command.
    """
    return _exit_code(_parse(argv), RunLog(sys.stderr))


def _exit_code(arguments: argparse.Namespace, log: RunLog) -> int:
    try:
        if arguments.answer is not None:
            _print(arguments.answer(arguments))
            return 0
        manifest, code = _run(arguments, log)
    except UserError as error:
        _say(log, arguments, error)
        return error.exit_code
    except KeyboardInterrupt:
        _say(log, arguments, INTERRUPTED)
        return 1
    except Exception as error:
        text = error if isinstance(error, ZipPipelineError) else one_line(error)
        _say(log, arguments, f"{text}{log.keep(error)}")
        return 1
    finally:
        log.remove()
    if arguments.json:
        _print(json.dumps(manifest, indent=2, ensure_ascii=False))
    return code


def _print(text: str) -> None:
    """Print a text to stdout; who reads it may stop, as ``head`` does."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end


def _say(log: RunLog, arguments: argparse.Namespace, what: object) -> None:
    print(f"zip-pipeline {arguments.job}: {what}", file=log.people)


def _run(arguments: argparse.Namespace, log: RunLog) -> tuple[dict[str, Any], int]:
    """Return the manifest, or the plan of a dry run, and the exit code."""
    from zip_pipeline.config import JOBS, load
    from zip_pipeline.report.console import Reporter, console_on
    from zip_pipeline.report.events import EventLog
    from zip_pipeline.report.watchers import lineage

    try:
        config = load(arguments.config, arguments.set, JOBS[arguments.job])
    except ConfigError as error:
        raise ConfigError(_with_arguments(str(error), arguments.job)) from None
    job = COMMANDS[arguments.job].load()
    quiet = arguments.quiet
    if arguments.load_plan is not None:
        return arguments.load_plan()(config, Reporter(console_on(log.people), is_quiet=quiet)), 0
    events = EventLog(config.run.events, arguments.job)
    reporter = Reporter(console_on(log.people), events, is_quiet=quiet)
    watchers = [events, *lineage(config.run.lineage, arguments.job, config.resolved(), reporter.say)]
    try:
        manifest = job.run(config, reporter)
    except BaseException as error:
        for watcher in watchers:
            watcher.failed(one_line(error) if not isinstance(error, ZipPipelineError) else str(error))
        raise
    for watcher in watchers:
        watcher.done(manifest)
    if not quiet:
        job.show(reporter.console, manifest)
    return manifest, job.exit_code(manifest)


def _with_arguments(message: str, job: str) -> str:
    """Say behind each key that is missing which argument sets it."""
    from zip_pipeline.config.common import NO_PLACE

    def hinted(found: re.Match[str]) -> str:
        key = found["key"]
        own = [one for one in SHORTCUTS if job in one.jobs and f"{one.key}.".startswith(f"{key}.")]
        own.sort(key=lambda one: "required" not in one.options["help"])
        return found[0] + (f"; add {own[0].flag} {own[0].options.get('metavar') or ''}".rstrip() if own else "")

    return re.sub(rf"(?:^|(?<=; ))(?P<key>[a-z_.]+): (?:missing|{re.escape(NO_PLACE)})(?=; |$)", hinted, message)


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


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest:
        flags = [one.flag for one in SHORTCUTS if getattr(arguments, "job", "") in one.jobs]
        meant = near(rest[0].partition("=")[0], [*flags, *COMMON_FLAGS])
        parser.error(f"unrecognized arguments: {' '.join(rest)}{meant}")
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="zip-pipeline",
        description="Choose the records to train on. `zip-pipeline docs quickstart` is the page to begin with; "
        "`zip-pipeline JOB --help` explains a job, with examples.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    families = {"": parser.add_subparsers(required=True, metavar="JOB")}
    for name, command in COMMANDS.items():
        family, _, own_name = name.rpartition(" ")
        if family not in families:
            group = families[""].add_parser(family, help=FAMILIES[family], description=FAMILIES[family])
            families[family] = group.add_subparsers(required=True, metavar="COMMAND")
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
    add_answers(families[""], parser)
    return parser


def _resolved(arguments: argparse.Namespace) -> str:
    from zip_pipeline.config.guide.resolved import resolved

    return resolved(arguments.job, arguments.config, arguments.set)


def _epilog(name: str, command: Command) -> str:
    examples = "\n".join(f"  zip-pipeline {name} {example}" for example in command.examples)
    codes = "\n".join(f"  {code}  {meaning}" for code, meaning in {**EXIT_CODES, **command.exit_codes}.items())
    return f"examples:\n{examples}\n\nexit codes:\n{codes}\n\n`zip-pipeline docs config` lists every key of the config."


def _add_arguments(name: str, command: Command, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command: its own first, then those that every command takes."""
    parser.set_defaults(job=name, load_plan=None, answer=None, quiet=False)
    own = parser.add_argument_group("arguments of this job")
    for shortcut in SHORTCUTS:
        if name in shortcut.jobs:
            own.add_argument(
                shortcut.flag, dest=shortcut.name, action=ShortcutAction, key=shortcut.key, **shortcut.options
            )
    if command.plan is not None:
        own.add_argument(
            "--dry-run",
            dest="load_plan",
            action="store_const",
            const=command.load_plan,
            help="say what the run would read, leave out and take, from a sample of its input; estimate time and "
            "memory; write nothing; default: off",
        )
    common = parser.add_argument_group("arguments of every job")
    common.add_argument(
        "--config",
        metavar="FILE",
        action=Once,
        help="a YAML file of config keys, required ones too; default: none",
    )
    common.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="set a config key, such as --set output.format=jsonl; repeat it for more; it wins over --config, "
        "and a later argument over an earlier one",
    )
    common.add_argument(
        "--show-config",
        dest="answer",
        action="store_const",
        const=_resolved,
        help="print the config to stdout, with where each value is from, and do no more; default: off",
    )
    common.add_argument(
        "--verbose",
        action="store_true",
        help="show what Spark and libraries print, warnings and stacks; default: they go to a file, which is kept "
        "when a stage fails",
    )
    if not command.answers:
        common.add_argument(
            "--quiet",
            action="store_true",
            help="print warnings and errors alone; default: stages and closing tables, too",
        )
    common.add_argument(
        "--json", action="store_true", help="print the manifest as JSON to stdout; default: only tables, to stderr"
    )
