r"""YAML text to keys and values: `yaml.SafeLoader`, and what it would lose or blow up in silence is refused.

    >>> parse("select: {budget: 10}\nselect: {k1: 200}")
    Traceback (most recent call last):
    ...
    ValueError: line 2: the key 'select' is there twice, first in line 1; keep one

Dates stay text, and so do all keys.
"""

from collections.abc import Hashable
from typing import Any

import yaml

MOST_VALUES = 100_000
"""Values of a text with all its anchors spelled out; nine anchors of nine would be 387 million."""

TEXT, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """YAML without dates, as in ``output.run_id=2026-11-25``, whose keys are all text, ``on`` and 2024 as well."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML has it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                key.tag = TEXT
        return super().construct_mapping(node, deep)


def parse(text: str) -> Any:
    """Return what a YAML text holds; None where it holds nothing.

    Raises:
        yaml.YAMLError: when it is not YAML.
        ValueError: when a key is there twice, or anchors and nesting make more of the text than a config can be.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _require_sound(node, {})
        return loader.construct_document(node)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    finally:
        loader.dispose()


def _require_sound(node: yaml.Node, sizes: dict[yaml.Node, int]) -> int:
    """Return how many values a node is with all its anchors spelled out.

    Args:
        node: a value.
        sizes: of the nodes that were looked at before; 0 while a node is looked at.

    Raises:
        ValueError: see `parse`.
    """
    line = node.start_mark.line + 1
    if node not in sizes:
        sizes[node] = 0
        if isinstance(node, yaml.MappingNode):
            _require_single_keys(node)
        sizes[node] = 1 + sum(_require_sound(part, sizes) for part in _parts(node))
        if sizes[node] > MOST_VALUES:
            raise ValueError(f"line {line}: its anchors stand for more than {MOST_VALUES:,} values")
    if not sizes[node]:
        raise ValueError(f"line {line}: an anchor stands for something that holds the anchor itself")
    return sizes[node]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _require_single_keys(node: yaml.MappingNode) -> None:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            line = key.start_mark.line + 1
            if key.value in lines:
                first = lines[key.value]
                raise ValueError(f"line {line}: the key '{key.value}' is there twice, first in line {first}; keep one")
            lines[key.value] = line
