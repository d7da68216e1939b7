"""The config that a job would run with, and where each value is from.

>>> text = resolved("split", None, ["input.path=pool.parquet", "output.path=parts"])
>>> [line.strip() for line in text.splitlines()][-2:]
['share: 0.05  # default', 'seed: 0  # default']
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zip_pipeline.config.guide.keys import default, leaves
from zip_pipeline.config.load import JOBS, load, sources

FOLLOWS = "default, with the other keys as they are"


def resolved(job: str, path: str | None, overrides: Iterable[str]) -> str:
    """Return the config as YAML, with a comment on each value; it can be kept as a file and run again.

    Args:
        job: its name in `JOBS`.
        path: of the YAML file, or None.
        overrides: as for `load`.

    Raises:
        ConfigError: as `load`.
    """
    model, given = JOBS[job], [*overrides]
    found = sources(path, given, model)
    defaults = {dotted: default(info) for dotted, info in leaves(model)}
    tree = load(path, given, model).model_dump(mode="json", by_alias=True)
    return "\n".join(_lines(tree, "", found, defaults)) + "\n"


def _lines(
    tree: Mapping[str, Any], parent: str, found: Mapping[str, str], defaults: Mapping[str, str | None]
) -> Iterator[str]:
    indent = "  " * parent.count(".")
    for key, value in tree.items():
        dotted = f"{parent}{key}"
        name = key if key.replace("_", "").isalnum() else json.dumps(key, ensure_ascii=False)
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:"
            yield from _lines(value, f"{dotted}.", found, defaults)
            continue
        text = json.dumps(value, ensure_ascii=False)
        is_usual = defaults.get(dotted) in (text, value, None)
        yield f"{indent}{name}: {text}  # {_source(dotted, found) or ('default' if is_usual else FOLLOWS)}"


def _source(dotted: str, found: Mapping[str, str]) -> str | None:
    """Return where a key, or the nearest one around it that was given, is from; None: it was not given."""
    while dotted:
        if dotted in found:
            return found[dotted]
        dotted = dotted.rpartition(".")[0]
    return None
