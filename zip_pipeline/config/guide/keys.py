"""The keys of the config for people: what each may hold, its default and its meaning, from the fields themselves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from zip_pipeline.config.common import Place
from zip_pipeline.config.load import JOBS
from zip_pipeline.config.values import Amount, Bytes, Limit, bytes_of, bytes_text, share_of


@dataclass
class Key:
    """A key of the config, and the jobs that read it."""

    info: FieldInfo
    jobs: list[str] = field(default_factory=list)


def all_keys() -> dict[str, Key]:
    """Return the keys of all jobs by dotted name."""
    keys: dict[str, Key] = {}
    for job, model in JOBS.items():
        for dotted, info in leaves(model):
            keys.setdefault(dotted, Key(info)).jobs.append(job)
    return keys


def leaves(model: type[BaseModel], parent: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield the dotted keys of a section that hold values; a section of its own is entered, a place is a value."""
    for name, info in model.model_fields.items():
        dotted = f"{parent}{info.alias or name}"
        sections = [part for part in _parts(info.annotation) if _is_section(part)]
        if parent and any(issubclass(section, Place) for section in sections):
            sections = []
        if not sections or info.description is None or "quotas" in dotted:
            yield dotted, info
        for section in sections:
            yield from leaves(section, f"{dotted}.SOURCE." if "quotas" in dotted else f"{dotted}.")


def value(info: FieldInfo) -> str:
    """Say in words what a key may hold; words of YAML stand in back quotes."""
    annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    kinds = [_kind(part) for part in _union(annotation) if part is not NoneType]
    return " or ".join(dict.fromkeys(kinds))


def default(info: FieldInfo) -> str | None:
    """Return a key's default as it is written in YAML, ``null`` too; None: the key is required."""
    if info.is_required():
        return None
    if info.default is not None and any(getattr(item, "func", None) is bytes_of for item in info.metadata):
        return bytes_text(info.default)
    return info.default if isinstance(info.default, str) else json.dumps(info.default)


def _kind(part: Any) -> str:
    if part == Bytes:
        return "size"
    if part in (Amount, Limit):
        return "amount"
    origin, arguments = get_origin(part), get_args(part)
    if origin is Annotated:
        return _constrained(part)
    if origin is Literal:
        return ", ".join(f"`{argument}`" for argument in arguments)
    if origin is list:
        return "list of places" if _is_section(arguments[0]) else "list of paths"
    if origin is dict:
        return "a map by source" if _is_section(arguments[1]) else "a map"
    if _is_section(part):
        return "place"
    return {str: "text", int: "integer", float: "number", bool: "`true`, `false`"}[part]


def _constrained(part: Any) -> str:
    """Say the bounds of a number."""
    base, *metadata = get_args(part)
    converters = {getattr(item, "func", None) for item in metadata}
    if share_of in converters:
        return "share"
    bounds = {name: bound for item in metadata for name, bound in _bounds(item)}
    if not bounds or "min_length" in bounds:
        return _kind(base)
    low = next((bounds[name] for name in ("ge", "gt") if name in bounds), None)
    high = next((bounds[name] for name in ("le", "lt") if name in bounds), None)
    ends = f"from {low:,}" if high is None else f"from {low:,} to {high:,}"
    if bytes_of in converters:
        return "size" if high is None else f"size {ends}"
    return f"{_kind(base)} {ends}"


def _bounds(item: Any) -> Iterator[tuple[str, Any]]:
    for part in getattr(item, "metadata", None) or [item]:
        for name in ("ge", "gt", "le", "lt", "min_length"):
            if (bound := getattr(part, name, None)) is not None:
                yield name, bound


def _union(annotation: Any) -> list[Any]:
    return list(get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else [annotation]


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield the types of a union, and the value types of its maps."""
    for part in _union(annotation):
        yield get_args(part)[1] if get_origin(part) is dict else part


def _is_section(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)
