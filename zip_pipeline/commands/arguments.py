"""The arguments of the commands that stand for config keys, with their help."""

from dataclasses import dataclass
from typing import Any

from zip_pipeline.commands.jobs import COMMANDS
from zip_pipeline.formats import FORMATS, OUTPUT_FORMATS


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
_OUTPUT = "a folder for the output, which must not exist without --overwrite; required"
_OVERWRITE = "replace an earlier output of this program, and nothing else; default: refuse a path that exists"
_FORMAT = "the file format of the output's tables; default: parquet"
_BUDGET = (
    "how much to select: records (10000), bytes (200MB), tokens ('5000000 tokens') or a share of the pool's records "
    "(5%%), rejected ones included; required"
)
_TARGET = f"records like those that you want, each {_FILES}; default: none"
_TARGET_OF_DSIR = f"records like those that you want, for the baseline DSIR, each {_FILES}"
_MADE_FOR = "default: the target that the selections were made for"
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
_IDS = "id of a record, as selection/ and scores/ have it; repeat it for more; default: none"
_SAMPLE = "how many scored records to explain in addition, the same ones each time; default: 0"
_OF_SELECTIONS = "default: the pool that the selections were made from"
_NEWEST = "default: the newest rows of the history"

_OF_OUTPUTS = ("clean", "diff", "explain", "export")
"""Commands that are about an output that is there."""

_WITH_TABLES = tuple(name for name in COMMANDS if name not in _OF_OUTPUTS)
"""Commands that write an output tree."""

SHORTCUTS = (
    _flag("--input", "input.path", ("select", "score", "deduplicate", "split"), f"{_POOL}; required", "PATH"),
    _flag("--input", "input.path", ("evaluate",), f"{_POOL}; {_OF_SELECTIONS}", "PATH"),
    _flag("--input", "input.path", ("loglikelihood",), f"the documents: {_FILES}; required", "PATH"),
    _flag("--input", "measure.inputs", ("measure",), _DATA_SET, "PATH", repeats=True),
    _flag("--input", "input.path", ("law fit",), _MODELS, "PATH"),
    _flag("--input", "input.path", ("law check",), f"{_VERSIONS}; {_NEWEST}", "PATH"),
    _flag("--input", "input.path", ("law rank",), _DOCUMENTS, "PATH"),
    _flag("--output", "output.path", _WITH_TABLES, _OUTPUT, "PATH"),
    _flag("--run", "output.path", ("explain", "diff"), "the output of select; required", "OUT"),
    _flag("--against", "diff.against", ("diff",), "the output of an earlier select; required", "OUT"),
    _flag("--id", "explain.ids", ("explain",), _IDS, "ID", repeats=True),
    _flag("--sample", "explain.sample", ("explain",), _SAMPLE, "RECORDS", type=int),
    _flag(
        "--output",
        "output.path",
        ("export",),
        "a file: *.jsonl for rows, *.txt for ids, *.tar for WebDataset; required",
        "FILE",
    ),
    _flag("--selection", "export.selection", ("export",), "an output of select; required", "OUT"),
    _flag("--output", "output.path", ("clean",), "the output of other jobs; required", "PATH"),
    _flag("--delete", "clean.delete", ("clean",), "remove what is found; default: list it", None, nargs=0, const=True),
    _flag("--model", "loglikelihood.models", ("loglikelihood",), _LANGUAGE_MODELS, "PATH", nargs="+"),
    _flag("--target", "select.target", ("select",), _TARGET, "PATH", nargs="+"),
    _flag("--target", "evaluate.target", ("evaluate",), f"{_TARGET_OF_DSIR}; {_MADE_FOR}", "PATH", nargs="+"),
    _flag("--budget", "select.budget", ("select",), _BUDGET, "AMOUNT", type=_budget),
    _flag("--selection", "evaluate.selections", ("evaluate",), _SELECTIONS, "OUT", nargs="+"),
    _flag("--held-out", "evaluate.held_out", ("evaluate",), _HELD_OUT, "PATH", nargs="+", type=_place),
    _flag("--by", "evaluate.by", ("evaluate",), _BY_OF_TEXTS, "COLUMN"),
    _flag("--by", "measure.by", ("measure",), _BY_OF_DATA, "COLUMN"),
    _flag("--by", "rank.by", ("law rank",), _BY_OF_MODELS, "COLUMN"),
    _flag("--share", "split.share", ("split",), _SHARE, "SHARE", type=_share),
    _flag("--fit", "check.fit", ("law check",), _FIT, "OUT"),
    _flag("--history", "check.history", ("law check",), _HISTORY, "PATH", type=_place),
    _flag("--overwrite", "output.mode", (*_WITH_TABLES, "export"), _OVERWRITE, None, nargs=0, const="overwrite"),
    _flag("--format", "output.format", _WITH_TABLES, _FORMAT, None, choices=OUTPUT_FORMATS),
    _flag("--fail-on-risk", "check.fail_on_risk", ("law check",), _FAIL, None, nargs=0, const=True),
)
