"""From a YAML file and ``--set`` overrides to the config of a job.

It refuses an unknown key and names the nearest right one. It refuses a value of a wrong type, and says which type it
expected:

    >>> from zip_pipeline.config.select import SelectConfig
    >>> load(None, ["input.path=p.parquet", "output.path=out", "select.budgt=5"], SelectConfig)
    Traceback (most recent call last):
    ...
    zip_pipeline.errors.ConfigError: select.budget: missing; select.budgt: unknown key, did you mean 'budget'?

It does not look at the files that a config names; the jobs do.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from zip_pipeline.config.common import CleanConfig, JobConfig, Section
from zip_pipeline.config.evaluate import DiffConfig, EvaluateConfig, ExplainConfig, ExportConfig, SplitConfig
from zip_pipeline.config.law import CheckConfig, FitConfig, RankConfig
from zip_pipeline.config.loglikelihood import LoglikelihoodConfig
from zip_pipeline.config.measure import MeasureConfig, ScoreConfig
from zip_pipeline.config.select import DeduplicateConfig, SelectConfig
from zip_pipeline.config.yaml_text import parse
from zip_pipeline.errors import ConfigError

JOBS: dict[str, type[JobConfig]] = {
    "select": SelectConfig,
    "score": ScoreConfig,
    "deduplicate": DeduplicateConfig,
    "split": SplitConfig,
    "evaluate": EvaluateConfig,
    "measure": MeasureConfig,
    "loglikelihood": LoglikelihoodConfig,
    "law fit": FitConfig,
    "law check": CheckConfig,
    "law rank": RankConfig,
    "explain": ExplainConfig,
    "diff": DiffConfig,
    "export": ExportConfig,
    "clean": CleanConfig,
}
"""The config class of each job, by the job's name as it is typed."""

MOST_SHOWN = 200
"""Characters of a value that a message shows."""

AnySection = TypeVar("AnySection", bound=Section)
AnyConfig = TypeVar("AnyConfig", bound=JobConfig)


def load(path: str | None, overrides: Iterable[str], model: type[AnyConfig]) -> AnyConfig:
    """Read a config file and apply overrides.

    Args:
        path: the YAML file, or None for an empty one.
        overrides: texts ``dotted.key=value``, the value in YAML; a later one wins.
        model: a class of `JOBS`. A file may hold the keys of several jobs: this job ignores the keys of the others.

    Raises:
        ConfigError: naming the file or the key.
    """
    other_keys = {key for job in JOBS.values() for key in keys(job)} - keys(model)
    short_forms = dict(_short_forms(model))
    tree = _given(path, other_keys, short_forms)
    for text in overrides:
        if (key := text.partition("=")[0]) in other_keys:
            raise ConfigError(f"--set {text}: this job does not read {key}")
        _override(tree, text, short_forms)
    return validate(model, tree)


def sources(path: str | None, overrides: Iterable[str], model: type[BaseModel]) -> dict[str, str]:
    """Return by dotted key where a value was given: the file's name, or the override. Other keys have their defaults.

    Args:
        path: as for `load`.
        overrides: as for `load`.
        model: as for `load`.

    Raises:
        ConfigError: as `load`, for the file.
    """
    short_forms = dict(_short_forms(model))
    tree = _given(path, {key for job in JOBS.values() for key in keys(job)} - keys(model), short_forms)
    found = dict.fromkeys(_dotted(tree), str(path))
    for text in overrides:
        key, _, value = text.partition("=")
        found[key if value.lstrip().startswith("{") else short_forms.get(key, key)] = text
    return found


def validate(model: type[AnySection], tree: Mapping[str, Any]) -> AnySection:
    """Build a section from its keys.

    Raises:
        ConfigError: naming every wrong key.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError("; ".join(_explain_all(model, error.errors()))) from None


def keys(model: type[BaseModel], parent: str = "") -> set[str]:
    """Return the dotted keys of a section and of the sections within it.

    >>> from zip_pipeline.config.evaluate import SplitConfig
    >>> sorted(key for key in keys(SplitConfig) if key.startswith("split"))
    ['split', 'split.seed', 'split.share']
    """
    dotted = set()
    for name, annotation in _fields(model).items():
        dotted.add(parent + name)
        for branch in _branches(annotation):
            if isinstance(branch, type) and issubclass(branch, BaseModel):
                dotted |= keys(branch, f"{parent}{name}.")
    return dotted


def _given(path: str | None, other_keys: Iterable[str], short_forms: Mapping[str, str]) -> dict[str, Any]:
    """Return the keys that a file gives the job, short forms spelled out."""
    tree = _read(path) if path is not None else {}
    _remove(tree, other_keys)
    _spell_out(tree, short_forms)
    return tree


def _dotted(tree: Mapping[str, Any], parent: str = "") -> Iterator[str]:
    """Yield the dotted keys of values, and of sections without keys."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _dotted(value, f"{parent}{key}.")
        else:
            yield f"{parent}{key}"


def _read(path: str) -> dict[str, Any]:
    """Return the keys of a YAML file."""
    try:
        tree = parse(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"config file {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"config file {path}: not YAML: {' '.join(str(error).split())}") from None
    except ValueError as error:
        raise ConfigError(f"config file {path}: {error}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"config file {path}: expected keys with values, found {type(tree).__name__}")
    return tree


def _remove(tree: dict[str, Any], dotted_keys: Iterable[str]) -> None:
    """Remove dotted keys from a tree, where it has them."""
    for dotted in dotted_keys:
        section, key = _holder(tree, dotted)
        section.pop(key, None)


def _holder(tree: Any, dotted: str) -> tuple[dict[str, Any], str]:
    """Return the section of a tree that holds a dotted key, and the key's own name; an empty one if there is none."""
    *parents, key = dotted.split(".")
    for parent in parents:
        tree = tree.get(parent) if isinstance(tree, dict) else None
    return (tree if isinstance(tree, dict) else {}), key


def _short_forms(model: type[BaseModel], parent: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted keys whose sections have a short form, each with the dotted key that it stands for."""
    for name, annotation in _fields(model).items():
        for branch in _branches(annotation):
            if (key := getattr(branch, "SHORT_FOR", None)) is not None:
                yield parent + name, f"{parent}{name}.{key}"
            yield from _short_forms(branch, f"{parent}{name}.")


def _spell_out(tree: dict[str, Any], short_forms: Mapping[str, str]) -> None:
    """Write a section for each short form in a tree, so that an override can add to it."""
    for dotted, full in short_forms.items():
        section, key = _holder(tree, dotted)
        if section.get(key) is not None and not isinstance(section[key], dict):
            section[key] = {full.rpartition(".")[2]: section[key]}


def _override(tree: dict[str, Any], text: str, short_forms: Mapping[str, str]) -> None:
    """Set a key of the tree from ``dotted.key=value``; a short form leaves the other keys of its section."""
    dotted, equals, yaml_value = text.partition("=")
    if not equals or not dotted:
        raise ConfigError(f"--set {text}: expected dotted.key=value")
    try:
        value = parse(yaml_value)
    except yaml.YAMLError:
        raise ConfigError(f"--set {text}: the value is not YAML") from None
    except ValueError as error:
        raise ConfigError(f"--set {text}: {error}") from None
    if value is not None and not isinstance(value, dict):
        dotted = short_forms.get(dotted, dotted)
    *parents, key = dotted.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"--set {text}: '{parent}' holds a value, not keys")
    tree[key] = value


def _explain_all(model: type[BaseModel], errors: Sequence[Any]) -> Iterator[str]:
    """Turn each error of pydantic into one line that names the key."""
    paths = [_key_path(model, error["loc"]) for error in errors]
    for (path, names), error in zip(paths, errors, strict=True):
        # pydantic reports every branch of a union; the user meant the one in which it looked at keys.
        if not any(len(other) > len(path) and other[: len(path)] == path for other, _ in paths):
            yield _explain(".".join(path) or "config", names, error)


def _explain(dotted: str, names: Sequence[str], error: Any) -> str:
    if error["type"] == "missing":
        return f"{dotted}: missing"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), names, n=1)
        return f"{dotted}: unknown key" + (f", did you mean '{near[0]}'?" if near else "")
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{dotted}: {message}"
    return f"{dotted}: {message[0].lower()}{message[1:]}, found {repr(error['input'])[:MOST_SHOWN]}"


def _key_path(model: type[BaseModel], parts: Sequence[str | int]) -> tuple[list[str], list[str]]:
    """Return the keys that lead to an error, and all key names of the section that holds the last one.

    pydantic adds the name of a union's branch to an error's path; the branch is no key of the config.
    """
    path: list[str] = []
    names: list[str] = []
    annotation: Any = model
    for part in parts:
        branches = _branches(annotation)
        if len(branches) > 1:
            annotation = next(
                (branch for branch in branches if _fields(branch) or get_origin(branch) in (dict, list)), None
            )
            continue
        path.append(str(part))
        fields = _fields(branches[0])
        names = list(fields)
        annotation = fields.get(str(part)) if fields else (get_args(branches[0]) or (None,))[-1]
    return path, names


def _fields(annotation: Any) -> Mapping[str, Any]:
    """Return the annotation of each key of a section; nothing for other types."""
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return {}
    return {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}


def _branches(annotation: Any) -> list[Any]:
    """Return the types of a union except None; a list of one for any other type."""
    if get_origin(annotation) not in (Union, UnionType):
        return [annotation]
    return [branch for branch in get_args(annotation) if branch is not type(None)]
