"""Which keys of a config decide what a run writes.

A run may go on from a checkpoint, and a second run may be told from the first one, by these keys alone: where the
output goes, and how many workers make it, change nothing in it.
"""

from collections.abc import Mapping
from typing import Any

KEYS_WITHOUT_EFFECT = (
    "output",
    "history",
    "input.deduplicate.max_removed",
    "run.workers",
    "run.checkpoint",
    "run.events",
    "run.lineage",
    "run.driver_memory_budget",
)
"""Keys, or the beginnings of keys, that do not change the tables that a run writes."""


def decisive(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return by dotted key what changes the tables that a run writes.

    >>> decisive({"output": {"path": "out"}, "run": {"seed": 0, "workers": 2}})
    {'run.seed': 0}

    Args:
        config: every key with its value, sections as dicts, as `JobConfig.resolved` returns them or a manifest has
            them.
    """
    return {key: value for key, value in _flat(config).items() if not key.startswith(KEYS_WITHOUT_EFFECT)}


def _flat(tree: Mapping[str, Any], parent: str = "") -> dict[str, Any]:
    """Return the values of a tree by dotted key."""
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        dotted = f"{parent}{key}"
        leaves |= _flat(value, f"{dotted}.") if isinstance(value, dict) and value else {dotted: value}
    return leaves
