"""The funnel: where the records of an input went, step by step, by records, bytes and tokens.

A manifest has it as a list, from what was read to what was chosen. Each step has its name in ``step``, and
``records``, ``raw_bytes`` and ``tokens``. A number is None where nobody can know it: a row that is rejected has no
payload, and so no bytes. Steps of `LEAVE` leave. Between two steps of `STAY` the records that leave add up to the
difference, until `CHOSEN`: what a rule looks at and picks is a part of what could be selected.
"""

from collections.abc import Mapping, Sequence

from zip_pipeline.report.page import Table
from zip_pipeline.schema import Manifest

STAY = {
    "read": "read",
    "used": "could be used",
    "eligible": "could be selected",
    "kept": "kept",
    "offered": "offered by the partitions",
    "looked_at": "looked at by the rule",
    "selected": "selected",
}
"""Names of the steps at which records are still there, and what people call them."""

LEAVE = {
    "rejected": "rejected",
    "outside_bounds": "outside the bounds",
    "same_id": "with an id of the extended set",
    "same_payload": "equal to the extended set",
    "retired": "retired by the extended set",
    "contaminated": "shared with a benchmark",
    "excluded": "duplicates of earlier ones",
    "deduplicated": "duplicates",
}
"""Names of the steps at which records leave, in the order in which they do."""

CHOSEN = ("offered", "looked_at", "selected")
"""Steps that are parts of the ones before, with no account of the rest."""

AMOUNTS = ("records", "raw_bytes", "tokens")


def amount(records: int, raw_bytes: int | None = None, tokens: int | None = None) -> Manifest:
    """Return an amount of records: how many, their bytes, their tokens; None: not known, or not counted."""
    return {"records": records, "raw_bytes": raw_bytes, "tokens": tokens}


def amount_of(part: Mapping[str, int]) -> Manifest:
    """Return the amount that a part of a manifest has under the same keys."""
    return {key: part.get(key) for key in AMOUNTS}


def less(whole: Manifest, leaving: Sequence[Manifest]) -> Manifest:
    """Return what is left of an amount; None where one of the numbers is not known.

    >>> less(amount(9, 90), [amount(2, 20), amount(1, None)])
    {'records': 6, 'raw_bytes': None, 'tokens': None}
    """
    left = {}
    for key in AMOUNTS:
        numbers = [whole[key], *(part[key] for part in leaving)]
        left[key] = None if None in numbers else numbers[0] - sum(numbers[1:])
    return left


def funnel(read: int, used: Manifest, leaving: Mapping[str, Manifest], stays: Mapping[str, Manifest]) -> list[Manifest]:
    """Return the steps as the manifest has them.

    Args:
        read: rows of the input.
        used: amount of those that are records; the others are rejected.
        leaving: amounts by names of `LEAVE`, of the records that leave after that.
        stays: amounts by names of `STAY`, in the order of the steps; the first has what is left of `used`.
    """
    amounts = {"read": amount(read), "rejected": amount(read - used["records"])}
    if leaving:
        amounts |= {"used": used, **{name: leaving[name] for name in LEAVE if name in leaving}}
    return [
        {"step": name, **numbers}
        for name, numbers in {**amounts, **stays}.items()
        if name in STAY or numbers["records"]
    ]  # fmt: skip


def funnel_table(steps: Sequence[Manifest], origin: Mapping[str, object]) -> Table:
    """Return a row for each step; what leaves has a minus sign, what is not known is empty.

    Args:
        steps: as the manifest has them.
        origin: ``files`` and ``format`` of the input, see `jobs.manifest.origin_part`.
    """
    keys = [key for key in AMOUNTS if any(step[key] is not None for step in steps)]
    titles = {"records": "records", "raw_bytes": "bytes", "tokens": "tokens"}
    whole = max(1, steps[0]["records"])
    rows = []
    for step in steps:
        sign = "" if step["step"] in STAY else "-"
        cells = [f"{sign}{step[key]:,}" if step[key] is not None else "" for key in keys]
        name = STAY.get(step["step"]) or LEAVE[step["step"]]
        rows.append(
            [f"{name}{_from(origin) if name == 'read' else ''}", *cells, f"{sign}{step['records'] / whole:.1%}"]
        )
    return Table(["records of the input", *(titles[key] for key in keys), "share"], rows)


def _from(origin: Mapping[str, object]) -> str:
    """Say in how many files the records were, and of which format."""
    files, kind = origin.get("files"), origin.get("format")
    if files is None:
        return ""
    return f" from {files:,} file{'s' if files != 1 else ''}{f' ({kind})' if kind else ''}"
