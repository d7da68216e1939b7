"""The parts of a manifest that several jobs share: the run itself, its codec, its pool, sets of records."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from statistics import median

from pyspark.sql import SparkSession

from zip_pipeline import schema
from zip_pipeline._version import __version__
from zip_pipeline.codecs.base import Build, StreamCodec
from zip_pipeline.config import CodecSection, JobConfig
from zip_pipeline.config.values import bytes_text
from zip_pipeline.report.console import printable
from zip_pipeline.report.funnel import amount, funnel
from zip_pipeline.schema import Manifest
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.spark.io.folders import Origin
from zip_pipeline.spark.scored_pool import SourceSummary, Summary
from zip_pipeline.tasks.score import Scorer

EMPTY_SET = 0, 0
"""Raw and compressed bytes of a set without records."""

MOST_REASONS, SHORT_REASON = 3, 24
"""Reasons of rejected records that a line names, and characters of one that it names as it is."""

CAUSES = {
    "rejected": "could not be used (rejected/)",
    "outside_bounds": "outside the bounds",
    "same_id": "with an id of the set to extend",
    "same_payload": "equal to a record of the set to extend",
    "retired": "retired by the set to extend",
    "contaminated": "sharing passages with a benchmark (contaminated/)",
    "excluded": "duplicates of what was chosen before (excluded/)",
    "deduplicated": "duplicates (duplicates/)",
    "not_offered": "not offered by the partitions of run.pools",
    "passed_over": "passed over by the rule",
    "kept_out": "kept out by the quotas",
}
"""Why a selection has not a record of the input, in the order in which records leave; keys of the manifest."""


def run_part(config: JobConfig, spark: SparkSession, timings: Mapping[str, float]) -> Manifest:
    """Return the part that every manifest begins with.

    Args:
        config: with all defaults filled in.
        spark: the session of the run.
        timings: seconds by stage.
    """
    return {
        "version": __version__,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": config.resolved(),
        "timings": {f"{key}_s": round(seconds, 3) for key, seconds in timings.items()}
        | {"total_s": round(sum(timings.values()), 3)},
        "spark": {"version": spark.version, "master": spark.conf.get("spark.master", "connect")},
    }


def codec_part(section: CodecSection, build: Build) -> Manifest:
    """Return the codec with its level and window, and which build of its library measured."""
    return {**section.model_dump(mode="json", exclude_none=True), **build.as_dict()}


MOST_LEFT_OUT = 100
"""Files that a manifest names, of those that were not read."""


def origin_part(origin: Origin) -> Manifest:
    """Return the format and number of the files that were read, and why others were not, by name."""
    left_out = dict(islice(origin.left_out.items(), MOST_LEFT_OUT))
    part = {"format": origin.format, "files": origin.files, "files_left_out": len(origin.left_out)}
    return {**part, "left_out": left_out, "notes": [*origin.notes]}


def input_part(summary: Summary, origin: Origin) -> Manifest:
    """Return what a pool was read from, how many records were read, used and rejected, their bytes and fingerprint."""
    return {
        **origin_part(origin),
        "read": summary.read,
        "records": summary.records,
        "raw_bytes": summary.raw_bytes,
        **tokens_part(summary.sources),
        "rejected": summary.rejected,
        "rejected_by_reason": dict(summary.reasons),
        "duplicates": summary.duplicates,
        "fingerprint": summary.fingerprint,
    }


def amount_of_pool(summary: Summary) -> Manifest:
    """Return the amount of a pool's records that can be used."""
    return amount(summary.records, summary.raw_bytes, summary.tokens)


def funnel_part(summary: Summary, leaving: Mapping[str, Manifest], stays: Mapping[str, Manifest]) -> list[Manifest]:
    """Return the funnel of a job that scores a pool; see `report.funnel.funnel` for the arguments."""
    return funnel(summary.read, amount_of_pool(summary), leaving, stays)


def records_part(sources: Mapping[str | None, SourceSummary]) -> Manifest:
    """Return the sizes of records that were compressed one by one: sums, means, the ratio of the sums.

    ``per_source`` holds the same sums by source; it is empty where no record names a source.
    """
    records = sum(part.records for part in sources.values())
    raw_bytes = sum(part.raw_bytes for part in sources.values())
    compressed_bytes = sum(part.compressed_bytes for part in sources.values())
    named = {} if set(sources) <= {None} else sources
    return {
        "records": records,
        "raw_bytes": raw_bytes,
        "compressed_bytes": compressed_bytes,
        "mean_bytes": raw_bytes / records,
        "ratio": raw_bytes / compressed_bytes,
        **tokens_part(sources),
        "per_source": {
            name if name is not None else schema.NO_SOURCE: _without_none(asdict(part)) for name, part in named.items()
        },
    }


def tokens_part(sources: Mapping[str | None, SourceSummary]) -> Manifest:
    """Return how many tokens records have in all; nothing where they are not counted."""
    counts = [part.tokens for part in sources.values() if part.tokens is not None]
    return {schema.TOKENS: sum(counts)} if counts else {}


def _without_none(values: Manifest) -> Manifest:
    return {key: value for key, value in values.items() if value is not None}


def set_part(
    lengths: Sequence[int], raw_bytes: int, compressed_bytes: int, base_sizes: tuple[int, int] = EMPTY_SET
) -> Manifest:
    """Return the sizes of records that were compressed as one set: its ratio, and the bytes that they added.

    Args:
        lengths: bytes of each record.
        raw_bytes: of the whole set.
        compressed_bytes: of the whole set.
        base_sizes: raw and compressed bytes of the base, the set that these records extend.
    """
    added = raw_bytes - base_sizes[0]
    return {
        "records": len(lengths),
        "raw_bytes": added,
        "compressed_bytes": compressed_bytes - base_sizes[1],
        "mean_bytes": added / len(lengths),
        "median_bytes": float(median(lengths)),
        "set_ratio": raw_bytes / compressed_bytes,
    }


def selection_part(picks: Sequence[Pick], base_sizes: tuple[int, int] = EMPTY_SET) -> Manifest:
    """Return the sizes of a selection, its records one by one and as one set, and its number of rounds.

    Args:
        picks: in order.
        base_sizes: raw and compressed bytes of the base, the set that the selection extends.
    """
    by_source: dict[str | None, list[tuple[int, ...]]] = {}
    for pick in picks:
        counts = () if pick.tokens is None else (pick.tokens,)
        by_source.setdefault(pick.source, []).append((1, pick.own_raw_bytes, pick.own_compressed_bytes, *counts))
    names = sorted(by_source, key=lambda name: (name is not None, name))
    last = picks[-1]
    return {
        **records_part({name: SourceSummary(*map(sum, zip(*by_source[name], strict=True))) for name in names}),
        **set_part([pick.own_raw_bytes for pick in picks], last.raw_bytes, last.compressed_bytes, base_sizes),
        "rounds": last.round + 1,
    }


def left_out(manifest: Manifest) -> Manifest:
    """Return by cause how many records of the input could not be selected, causes without records left out.

    They, and ``input.candidates``, add up to all records of the input.

    Args:
        manifest: of a selection.
    """
    counts = {**manifest.get("extended", {}), **manifest["input"]}  # both count rejected records, each its own
    return {cause: counts[cause] for cause in CAUSES if counts.get(cause)}


def rejections(manifest: Manifest) -> str:
    """Return in one line how many records could not be used and why; empty where there are none.

    Args:
        manifest: of a job that scores a pool.
    """
    number, reasons = manifest["input"]["rejected"], [*manifest["input"].get("rejected_by_reason", {}).items()]
    if not number:
        return ""
    why = [f"{records:,} x {printable(reason)}" for reason, records in reasons[:MOST_REASONS]]
    if others := sum(records for _, records in reasons[MOST_REASONS:]):
        kinds = dict.fromkeys(printable(_kind(reason)) for reason, _ in reasons[MOST_REASONS:])
        why.append(f"{others:,} for other reasons ({', '.join([*kinds][:MOST_REASONS])})")
    return (
        f"rejected: {number:,} records, kept apart in rejected/ with their reasons{': ' if why else ''}{'; '.join(why)}"
    )


def _kind(reason: str) -> str:
    """Return a reason as it is where it is short, as "id: null", and else its first words."""
    return reason if len(reason) <= SHORT_REASON else reason.partition(":")[0]


def shortfall_part(manifest: Manifest, amount: int, unit: str, kept_out: int) -> Manifest:
    """Return why a selection has less than its budget: by cause the records of the input that it has not.

    Args:
        manifest: of the selection.
        amount: that it lacks.
        unit: of the budget.
        kept_out: how many records the rule could still take at its end, but for the quotas.
    """
    candidates, selected = manifest["input"]["candidates"], manifest["selection"]["records"]
    partitions = manifest["selection"].get("of_pools")
    offered = candidates if partitions is None else sum(part["offered"] for part in partitions)
    ends = {
        "not_offered": candidates - offered,
        "passed_over": offered - selected - kept_out,
        "kept_out": kept_out,
    }
    causes = left_out(manifest) | {cause: records for cause, records in ends.items() if records}
    return {"amount": amount, "unit": unit, "causes": causes}


def method_of(codec: StreamCodec, scorer: Scorer, order: str) -> str:
    """Return how a ratio was measured, such as ``zlib 9 32KB, content, random order``.

    Only ratios with equal methods can be compared.

    Args:
        codec: that measured the whole set.
        scorer: of the records, for render and dialect.
        order: of the records in the set, in words.
    """
    text = scorer.render_name
    if scorer.dialect.variant is not None and text == "content":
        text += f" of {scorer.dialect.variant}"
    return f"{codec.name} {codec.level} {bytes_text(codec.window)}, {text}, {order}"
