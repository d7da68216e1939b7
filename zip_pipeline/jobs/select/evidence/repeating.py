"""How to get the same selection again: the command, and every key of its config."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from zip_pipeline.config import JobConfig


def yaml_of(config: JobConfig) -> str:
    """Return every key of a config."""
    return yaml.safe_dump(config.resolved(), sort_keys=False, allow_unicode=True)


def command_of(config: JobConfig, job: str = "select") -> str:
    """Return the command that has this config: the keys that are not the default, a key a line.

    Its output is another folder, unless the config overwrites: that of the run exists.

    Args:
        config: of the run.
        job: as it is typed.
    """
    keys = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if keys["output"].get("mode") != "overwrite":
        keys["output"]["path"] = f"{keys['output']['path'].rstrip('/')}-again"
    return command(job, keys)


def command(job: str, keys: Mapping[str, Any]) -> str:
    r"""Return a command line, a key a line.

    >>> print(command("select", {"input": {"path": "a b"}, "select": {"budget": 5}}))
    zip-pipeline select \
      --set 'input.path="a b"' \
      --set select.budget=5

    Args:
        job: as it is typed.
        keys: of the config, sections as dicts.
    """
    return " \\\n  ".join([f"zip-pipeline {job}", *(f"--set {shlex.quote(one)}" for one in _pairs(keys, ""))])


def _pairs(tree: Mapping[str, Any], parent: str) -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict) and value and all("." not in name for name in value):
            yield from _pairs(value, f"{parent}{key}.")
        else:
            plain = isinstance(value, str) and value.isidentifier()
            yield f"{parent}{key}={value if plain else json.dumps(value, ensure_ascii=False)}"
