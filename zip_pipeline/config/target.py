"""The key ``select.target``: the sets of records for which the rule `target` chooses."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from zip_pipeline.config.common import Input, Place

READING = [name for name in Input.model_fields if name not in Place.model_fields]
"""Keys that say how rows become records: a target has those of the pool, but for those that it sets itself."""


class Target(Input):
    """A set of records like those that are wanted."""

    weight: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="How much this target counts beside others, whatever their sizes."
    )


def read_as(pool: Mapping[str, Any], targets: Any) -> Any:
    """Return targets with the pool's keys of reading, where they have none of their own.

    >>> read_as({"path": "p", "columns": {"text": "body"}}, [{"path": "t", "columns": {"id": "key"}}])
    [{'columns': {'text': 'body', 'id': 'key'}, 'path': 't'}]

    Args:
        pool: the section ``input`` as it was given.
        targets: as given; what is no list of sections is returned as it is.
    """
    inherited = {name: pool[name] for name in READING if name in pool}

    def completed(target: Any) -> Any:
        if not isinstance(target, Mapping):
            return target
        columns = [part["columns"] for part in (inherited, target) if isinstance(part.get("columns"), Mapping)]
        merged = {"columns": {key: value for part in columns for key, value in part.items()}} if columns else {}
        return {**inherited, **target, **merged}

    return [completed(target) for target in targets] if isinstance(targets, list) else targets


def listed(targets: Any) -> Any:
    """Return targets as a list of sections: one alone, or a path in the place of a section, is short for that.

    >>> listed("t.jsonl"), listed({"path": "t.jsonl"})
    ([{'path': 't.jsonl'}], [{'path': 't.jsonl'}])
    """
    several = [targets] if isinstance(targets, str | Mapping | Target) else targets
    if not isinstance(several, list):
        return several
    return [{"path": target} if isinstance(target, str) else target for target in several]


Targets = Annotated[list[Target], BeforeValidator(listed)]
