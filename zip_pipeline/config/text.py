"""How a config is written, and what its mistakes are told: the text side of `load`."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel

from zip_pipeline.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """YAML without dates: no key of ours holds one, and ``output.run_id=2026-11-25`` is meant as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML has it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read(path: str) -> dict[str, Any]:
    """Return the keys of a YAML file.

    Raises:
        ConfigError: naming the file.
    """
    try:
        tree = yaml.load(Path(path).read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it is a safe one
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
        value = yaml.load(text, _Loader)  # noqa: S506 - it is a safe one
    except yaml.YAMLError:
        raise ConfigError(f"--set {given}: the value is not YAML") from None
    *parents, key = dotted.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"--set {given}: '{parent}' holds a value, not keys")
    tree[key] = value


def explain(model: type[BaseModel], errors: Sequence[Any]) -> Iterator[str]:
    """Say each of pydantic's errors in a line that names the key."""
    places = [_place(model, error["loc"]) for error in errors]
    for (place, names), error in zip(places, errors, strict=True):
        # Of a union the branch that is meant is the one whose keys were looked at.
        if not any(len(other) > len(place) and other[: len(place)] == place for other, _ in places):
            yield _explain(".".join(place) or "config", names, error)


def _explain(dotted: str, names: Sequence[str], error: Any) -> str:
    if error["type"] == "missing":
        return f"{dotted}: missing"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), names, n=1)
        return f"{dotted}: unknown key" + (f", did you mean '{near[0]}'?" if near else "")
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{dotted}: {message}"
    return f"{dotted}: {message[0].lower()}{message[1:]}, found {error['input']!r}"


def _place(model: type[BaseModel], parts: Sequence[str | int]) -> tuple[list[str], list[str]]:
    """Return the keys of pydantic's place of an error, and the names that are known where the last one stands.

    A union adds the name of its branch to the place, which is none of our keys.
    """
    place: list[str] = []
    names: list[str] = []
    kind: Any = model
    for part in parts:
        branches = _branches(kind)
        if len(branches) > 1:
            kind = next((branch for branch in branches if _fields(branch) or get_origin(branch) in (dict, list)), None)
            continue
        place.append(str(part))
        fields = _fields(branches[0])
        names = list(fields)
        kind = fields.get(str(part)) if fields else (get_args(branches[0]) or (None,))[-1]
    return place, names


def keys(model: type[BaseModel], parent: str = "") -> set[str]:
    """Return the dotted keys of a section, those of its sections as well.

    >>> from zip_pipeline.config.evaluate import SplitConfig
    >>> sorted(key for key in keys(SplitConfig) if key.startswith("split"))
    ['split', 'split.seed', 'split.share']
    """
    found = set()
    for name, kind in _fields(model).items():
        found.add(parent + name)
        for part in _branches(kind):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= keys(part, f"{parent}{name}.")
    return found


def _fields(kind: Any) -> Mapping[str, Any]:
    """Return what the keys of a section hold; nothing, where it is none."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}


def _branches(kind: Any) -> list[Any]:
    """Return what a union may be, if it is not nothing; of what is no union, that."""
    if get_origin(kind) not in (Union, UnionType):
        return [kind]
    return [branch for branch in get_args(kind) if branch is not type(None)]
