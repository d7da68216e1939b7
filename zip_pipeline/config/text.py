"""How a config is written, and what its mistakes are told: the text side of `load`."""

import difflib
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel

from zip_pipeline.errors import ConfigError


def read(path: str) -> dict[str, Any]:
    """Return the keys of a YAML file.

    Raises:
        ConfigError: naming the file.
    """
    try:
        tree = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"config file {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"config file {path}: not YAML: {' '.join(str(error).split())}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"config file {path}: expected keys with values, found {type(tree).__name__}")
    return tree


def override(tree: dict[str, Any], given: str) -> None:
    """Lay ``dotted.key=value`` over keys.

    Raises:
        ConfigError: naming what was given.
    """
    dotted, equals, text = given.partition("=")
    if not equals or not dotted:
        raise ConfigError(f"--set {given}: expected dotted.key=value")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"--set {given}: the value is not YAML") from None
    *parents, key = dotted.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"--set {given}: '{parent}' holds a value, not keys")
    tree[key] = value


def explain(model: type[BaseModel], error: Any) -> str:
    """Say one of pydantic's errors in a line that names the key."""
    place = [str(part) for part in error["loc"]]
    if error["type"] != "extra_forbidden":
        # A union adds the names of its branches to the place; keys of ours are words, those are not.
        place = [part for part in place if part.isidentifier()]
    dotted = ".".join(place) or "config"
    if error["type"] == "missing":
        return f"{dotted}: missing"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(place[-1], _names(model, place[:-1]), n=1)
        return f"{dotted}: unknown key" + (f", did you mean '{near[0]}'?" if near else "")
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{dotted}: {message}"
    return f"{dotted}: {message[0].lower()}{message[1:]}, found {error['input']!r}"


def keys(model: type[BaseModel], parent: str = "") -> set[str]:
    """Return the dotted keys of a section, those of its sections as well.

    >>> from zip_pipeline.config.judge import SplitConfig
    >>> sorted(key for key in keys(SplitConfig) if key.startswith("split"))
    ['split', 'split.seed', 'split.share']
    """
    found = set()
    for name, field in model.model_fields.items():
        found.add(parent + name)
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= keys(part, f"{parent}{name}.")
    return found


def _names(model: type[BaseModel], place: list[str]) -> list[str]:
    for key in place:
        annotation = model.model_fields[key].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
