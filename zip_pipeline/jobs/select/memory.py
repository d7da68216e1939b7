"""What the reducer needs of the driver's memory, estimated before it picks.

Records that were read lie in files (`records.buffers`) and do not count: the system drops from memory what is not in
use. What counts is in this process alone; the JVM beside it has its own limit, ``spark.driver.memory``. The figures
are upper bounds, which the tests compare with what is really allocated.
"""

import resource
import sys
from dataclasses import dataclass
from math import ceil

from zip_pipeline.codecs.deflate.layout import WINDOW
from zip_pipeline.config import SelectConfig
from zip_pipeline.config.values import UNITS
from zip_pipeline.errors import ConfigError
from zip_pipeline.jobs.select import baselines
from zip_pipeline.selection.quotas import Quotas
from zip_pipeline.selection.rules import RULES
from zip_pipeline.spark.candidates import Eligible

PER_DRAWN = 80
"""Bytes a record that was drawn: its place and state in the frontier, while runs of them are merged."""

PER_KEPT = 170
"""Bytes a record that was drawn, besides, where states are kept: its id and state on their way to Spark."""

PER_PICK = 900
"""Bytes a pick, in Python and on its way to Spark."""

PER_ANCHOR_BYTE = 6
"""Bytes for each byte of the anchor within the window: its text and the index of it, while they are enlarged."""

PER_SHORTLISTED_BYTE = 10
"""Bytes for each byte of the shortlist: what its positions matched is remembered."""

KERNEL_STATE = 4 << 20
"""Bytes a thread and anchor: the state of a compressor."""

READING = 192 << 20
"""Bytes to read a run of records: a row group of Parquet, and a batch of it as it is and taken over."""


@dataclass(frozen=True)
class Need:
    """What a selection needs.

    Attributes:
        parts: bytes by what they are for.
    """

    parts: dict[str, int]

    @property
    def total(self) -> int:
        """Bytes of all parts."""
        return sum(self.parts.values())

    def __str__(self) -> str:
        return ", ".join(f"{megabytes(size)} {name}" for name, size in self.parts.items())

    def check(self, limit: int | None) -> None:
        """Stop the run if it needs more than it may.

        Raises:
            ConfigError: saying how much, and for what.
        """
        if limit is not None and self.total > limit:
            raise ConfigError(
                f"run.driver_memory_budget is {megabytes(limit)}, the run needs about {megabytes(self.total)}: {self}; "
                "a smaller budget, window or k1, or fewer workers, need less"
            )


def of_run(config: SelectConfig, eligible: Eligible, quotas: Quotas, before: int) -> Need:
    """Estimate what a run needs, or nothing where it has no limit: lengths would have to be summed up for it.

    Args:
        config: of the run.
        eligible: the records that it selects from.
        quotas: budget and strata.
        before: records of the set that it extends.
    """
    if config.run.driver_memory_budget is None:
        return Need({})
    mean_bytes, budget = eligible.mean_bytes(), quotas.budget
    records = budget.amount if budget.unit == "records" else ceil(budget.amount / mean_bytes)
    drawn = eligible.reach(quotas, config.select.k1, config.select.k3)
    return need(config, records=min(records, eligible.records) + before, mean_bytes=mean_bytes, drawn=drawn)


def need(config: SelectConfig, *, records: int, mean_bytes: float, drawn: int) -> Need:
    """Estimate what a selection needs.

    Args:
        config: of the run.
        records: that will be picked.
        mean_bytes: of a record.
        drawn: how many records the rule may look at; see `Eligible.reach`.
    """
    rule, codec, workers = config.select, config.codec, config.run.threads()
    # zlib's own window is part of the compressor's state.
    anchor = min(records * mean_bytes, codec.window * 1.25) if codec.window > WINDOW else 0.0
    anchors = RULES[rule.rule].anchors
    sets = min(workers, baselines.SETS)  # whose ratios are measured at once, when the rule's anchor is gone
    shortlist = rule.k2 * mean_bytes * PER_SHORTLISTED_BYTE
    return Need(
        {
            "this process as it is": process_bytes(),
            "to read records": READING,
            f"for {drawn:,} records drawn": drawn * (PER_DRAWN + PER_KEPT * rule.keep_state),
            f"for {records:,} picks": records * PER_PICK,
            f"for {sets} anchors, {megabytes(anchor)} in the window": int(sets * anchor * PER_ANCHOR_BYTE),
            f"for the states of {workers} workers": workers * anchors * KERNEL_STATE + int(shortlist),
        }
    )


def process_bytes() -> int:
    """Return the most memory that this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def megabytes(size: float) -> str:
    """Return a size as people read it.

    >>> megabytes(3 << 19)
    '2 MB'
    """
    return f"{-(-int(size) // UNITS['MB']):,} MB"
