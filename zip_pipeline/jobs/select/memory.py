"""How much of the driver's memory a selection needs, estimated before it begins.

Records that were read are in files (`records.buffers`) and do not count, because the system frees the memory of pages
that are not in use. Only this process counts; the JVM has its own limit, ``spark.driver.memory``. The figures are upper
bounds; tests compare them with what is really allocated.
"""

from dataclasses import dataclass
from math import ceil

from zip_pipeline.codecs.deflate.layout import WINDOW
from zip_pipeline.config import SelectConfig
from zip_pipeline.config.values import UNITS
from zip_pipeline.errors import ConfigError
from zip_pipeline.jobs.planning.rates import process_bytes
from zip_pipeline.jobs.select import baselines
from zip_pipeline.selection.features import bits_for
from zip_pipeline.selection.quotas import Quotas
from zip_pipeline.selection.rules import RULES
from zip_pipeline.spark.eligible import Eligible

PER_DRAWN = 80
"""Bytes a drawn record: its place and state in the frontier, while runs are merged."""

PER_STATE = 170
"""More bytes a drawn record, if the run writes ``state/``: its id and state on their way to Spark."""

PER_PICK = 900
"""Bytes a pick, in Python and on its way to Spark."""

PER_ANCHOR_BYTE = 6
"""Bytes for each byte of the anchor within the window: its text and its index, while they grow."""

PER_SHORTLISTED_BYTE = 10
"""Bytes for each byte of the shortlist: the cache of its matches."""

KERNEL_STATE = 4 << 20
"""Bytes of a compressor's state; each thread has as many as the rule says."""

PER_BOUND = 250
"""More bytes a drawn record, if the rule has no stages: its bound in a heap, and where its features are."""

PER_BUCKET = 96
"""Bytes a bucket of features, while weights and priors are made of its counts."""

READING = 192 << 20
"""Bytes to read a run of records: a row group of Parquet, a batch of rows, and the copy of the batch."""


@dataclass(frozen=True)
class Need:
    """The memory that a selection needs.

    Attributes:
        parts: bytes by purpose, as a message names it.
    """

    parts: dict[str, int]

    @property
    def total(self) -> int:
        """Bytes of all parts."""
        return sum(self.parts.values())

    def __str__(self) -> str:
        return ", ".join(f"{megabytes(size)} {name}" for name, size in self.parts.items())

    def check(self, limit: int | None) -> None:
        """Stop a run that needs more than `limit` bytes.

        Raises:
            ConfigError: with all parts.
        """
        if limit is not None and self.total > limit:
            raise ConfigError(
                f"run.driver_memory_budget is {megabytes(limit)}, the run needs about {megabytes(self.total)}: {self}; "
                "set a smaller budget, window or k1, or fewer workers"
            )


def of_run(config: SelectConfig, eligible: Eligible, quotas: Quotas, base_records: int) -> Need:
    """Estimate the memory that a run needs; without a limit, nothing is estimated, as that takes a pass over the pool.

    Args:
        config: of the run.
        eligible: the records that it selects from.
        quotas: budget and strata.
        base_records: of the set that the run extends.
    """
    if config.run.driver_memory_budget is None:
        return Need({})
    mean_bytes, budget = eligible.mean_bytes(), quotas.budget
    records = budget.amount if budget.unit == "records" else ceil(budget.amount / eligible.mean(budget.unit))
    section, drawn = config.select, eligible.records
    if RULES[section.rule].has_stages:
        drawn = eligible.reach(quotas, section.k1, section.k3)
    return need(config, records=min(records, eligible.records) + base_records, mean_bytes=mean_bytes, drawn=drawn)


def need(config: SelectConfig, *, records: int, mean_bytes: float, drawn: int) -> Need:
    """Estimate the memory that a selection needs.

    Args:
        config: of the run.
        records: picks, and records of the set that the run extends.
        mean_bytes: mean length of a record.
        drawn: how many records the rule may look at: those of `Eligible.reach`, or all if it has no stages.
    """
    section, codec, workers = config.select, config.codec, config.run.threads()
    rule = RULES[section.rule]
    # zlib's own window is part of the compressor's state.
    anchor_bytes = min(records * mean_bytes, codec.window * 1.25) if codec.window > WINDOW else 0.0
    # The baselines are measured after the memory of the rule's anchors is free.
    anchors = max(rule.anchors, min(workers, baselines.SETS))
    states = workers * rule.compressor_states * KERNEL_STATE
    shortlist = section.k2 * mean_bytes * PER_SHORTLISTED_BYTE
    per_drawn = PER_DRAWN + PER_STATE * section.keep_state + PER_BOUND * (not rule.has_stages)
    features = 0 if rule.has_stages else PER_BUCKET << bits_for(int(drawn * mean_bytes))
    return Need(
        {
            "this process as it is": process_bytes(),
            "to read records": READING,
            f"for {drawn:,} records drawn": drawn * per_drawn,
            **({"for the counts of features": features} if features else {}),
            f"for {records:,} picks": records * PER_PICK,
            f"for {anchors} anchors, {megabytes(anchor_bytes)} in the window": int(
                anchors * anchor_bytes * PER_ANCHOR_BYTE
            ),
            f"for the states of {workers} workers": states + int(shortlist),
        }
    )


def megabytes(size: float) -> str:
    """Return a size in megabytes, rounded up.

    >>> megabytes(3 << 19)
    '2 MB'
    """
    return f"{-(-int(size) // UNITS['MB']):,} MB"
