"""The commands that read no data and only print: a config to begin with, a script for the shell, pages of the docs."""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from zip_pipeline.commands import pages
from zip_pipeline.commands.jobs import COMMANDS
from zip_pipeline.errors import ConfigError


def add_answers(commands: Any, whole: argparse.ArgumentParser) -> None:
    """Add these commands.

    Args:
        commands: of the parser, what `argparse.ArgumentParser.add_subparsers` returns.
        whole: the parser.
    """
    text = "print a config file of a job to begin with: every key, its default and its meaning"
    examples = "zip-pipeline config select > select.yaml", "zip-pipeline config law fit", "zip-pipeline config measure"
    config = _add_answer(commands, "config", text, examples, _template)
    config.add_argument("about", metavar="JOB", nargs="+", help=f"one of: {', '.join(COMMANDS)}; required")
    text = "print a script that completes commands and arguments in a shell"
    shells = "bash", "zsh", "tcsh"
    in_shells = tuple(f'eval "$(zip-pipeline completion {shell})"' for shell in shells)
    completion = _add_answer(commands, "completion", text, in_shells, partial(_completion, whole))
    completion.add_argument("shell", choices=shells, help="the shell that reads the script; required")
    text = "print a page of the documentation, or the list of pages; needs no network"
    examples = "zip-pipeline docs", "zip-pipeline docs quickstart", "zip-pipeline docs troubleshooting | less"
    docs = _add_answer(commands, "docs", text, examples, _page)
    docs.add_argument("page", metavar="PAGE", nargs="?", help="the name of a page; default: list them")


def _add_answer(
    commands: Any, name: str, text: str, examples: Sequence[str], answer: Callable[[argparse.Namespace], str]
) -> argparse.ArgumentParser:
    lines = "\n".join(f"  {example}" for example in examples)
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=f"examples:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(job=name, answer=answer, json=False, verbose=False)
    return parser


def _page(arguments: argparse.Namespace) -> str:
    return pages.contents() if arguments.page is None else pages.page(arguments.page)


def _template(arguments: argparse.Namespace) -> str:
    job = " ".join(arguments.about)
    if job not in COMMANDS:
        raise ConfigError(f"no job is called {job}; expected one of: {', '.join(COMMANDS)}")
    from zip_pipeline.config.guide.template import template

    return template(job, COMMANDS[job].summary)


def _completion(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> str:
    import shtab

    return shtab.complete(parser, arguments.shell)
