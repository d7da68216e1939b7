"""The job ``diff``: how a run of `select` differs from another one, and what may have done it.

Configs, pools and versions are compared by the manifests, picks by their ids. What the earlier run chose and the later
one did not is looked up in the later one's tables.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.config import DiffConfig
from zip_pipeline.jobs.base import Job
from zip_pipeline.jobs.left_out import MOST_LINES, name_of
from zip_pipeline.report.console import Reporter, for_console, printable
from zip_pipeline.report.page import Table
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import selection_output
from zip_pipeline.spark.session import session

FATES = {
    schema.CONTAMINATED_TABLE: "shares passages with a benchmark",
    schema.EXCLUDED_TABLE: "is a duplicate of what was chosen before",
    schema.DUPLICATES_TABLE: "is a duplicate",
    schema.SCORES_TABLE: "was passed over",
    schema.REJECTED_TABLE: "could not be used",
}
"""Tables in which a record that was not chosen is looked for, in this order, and what it says of it."""

BOUNDED = "was passed over, or is outside the bounds"
"""In place of `was passed over`, where bounds have kept records out."""

ABSENT = "is not in the pool"

IGNORED = ("output.", "run.checkpoint", "run.workers", "history.")
"""Keys of the config that change no pick."""

OTHERS = ("version", "spark.version", "codec.library", "input.fingerprint", "input.read", "input.candidates")
"""Parts of a manifest that may explain another selection."""


def run(config: DiffConfig, reporter: Reporter) -> Manifest:
    """Compare two outputs; return ``causes``, ``picks``, ``sources``, ``fates`` and ``measures``.

    Raises:
        InputError: when one of them is not the output of a `select`.
    """
    paths = {"earlier": config.diff.against, "later": config.output.path}
    selection_output.require_outputs(*paths.values())
    with ExitStack() as entered:
        with reporter.stage("session", "start Spark"):
            spark = entered.enter_context(session("zip_pipeline diff"))
        with reporter.stage("compare", "compare the picks"):
            made = {name: selection_output.manifest_of(path) for name, path in paths.items()}
            picked = {name: _picked(spark, paths[name], made[name]) for name in paths}
            both = _joined(picked["earlier"], picked["later"]).cache()
            sources = [row.asDict() for row in _by_source(both).collect()]
            first = both.where(~F.col("earlier_rank").eqNullSafe(F.col("later_rank")))
            (edge,) = first.agg(F.min(F.least("earlier_rank", "later_rank"))).collect()
            dropped = both.where("later_rank is null").select("id")
            fates = _fates(spark, paths["later"], made["later"], dropped)
            both.unpersist()
    return {
        "config": config.resolved(),
        "causes": [*_causes(made["earlier"], made["later"])],
        "picks": {key: sum(row[key] for row in sources) for key in ("both", "only_earlier", "only_later")},
        "equal_up_to": edge[0],
        "sources": sources,
        "fates": fates,
        "measures": {name: _measures(part) for name, part in made.items()},
    }


def _picked(spark: SparkSession, path: str, made: Manifest) -> DataFrame:
    picked = selection_output.selected(spark, path, made)
    return picked.select("id", "source", F.col(selection_output.PICK_RANK).alias("rank"))


def _joined(earlier: DataFrame, later: DataFrame) -> DataFrame:
    """Return id, source and both ranks of all picks; a rank is null where the run has not picked the record."""
    one = earlier.select("id", F.col("source").alias("a"), F.col("rank").alias("earlier_rank"))
    other = later.select("id", F.col("source").alias("b"), F.col("rank").alias("later_rank"))
    joined = one.join(other, "id", "full")
    return joined.select("id", F.coalesce("b", "a").alias("source"), "earlier_rank", "later_rank")


def _by_source(both: DataFrame) -> DataFrame:
    in_earlier, in_later = F.col("earlier_rank").isNotNull(), F.col("later_rank").isNotNull()
    counts = {"both": in_earlier & in_later, "only_earlier": ~in_later, "only_later": ~in_earlier}
    return both.groupBy("source").agg(*(F.count_if(what).alias(key) for key, what in counts.items())).orderBy("source")


def _fates(spark: SparkSession, path: str, made: Manifest, dropped: DataFrame) -> dict[str, int]:
    """Return how many records that the earlier run alone picked had which fate in the later one."""
    counts: dict[str, int] = {}
    for name, fate in FATES.items():
        table = selection_output.table_if_any(spark, path, made, name)
        if table is None:
            continue
        if name == schema.SCORES_TABLE and made["input"].get("outside_bounds"):
            fate = BOUNDED
        ids = table.select("id").distinct()
        counts[fate] = dropped.join(ids, "id", "left_semi").count()
        dropped = dropped.join(ids, "id", "left_anti")
    counts[ABSENT] = dropped.count()
    return {fate: count for fate, count in counts.items() if count}


def _causes(earlier: Manifest, later: Manifest) -> Iterator[Manifest]:
    """Yield the parts of configs and manifests that differ and may explain other picks."""
    configs = [dict(_leaves(made["config"])) for made in (earlier, later)]
    for key in dict.fromkeys([*configs[0], *configs[1]]):
        values = [config.get(key) for config in configs]
        if values[0] != values[1] and not key.startswith(IGNORED):
            yield {"what": key, "earlier": values[0], "later": values[1]}
    for dotted in OTHERS:
        values = [_at(made, dotted) for made in (earlier, later)]
        if values[0] != values[1]:
            yield {"what": dotted, "earlier": values[0], "later": values[1]}


def _leaves(tree: Mapping[str, Any], parent: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted keys of a config with their values.

    >>> dict(_leaves({"a": {"b": 1}, "c": []}))
    {'a.b': 1, 'c': []}
    """
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{parent}{key}.")
        else:
            yield f"{parent}{key}", value


def _at(made: Manifest, dotted: str) -> Any:
    part: Any = made
    for key in dotted.split("."):
        part = part.get(key) if isinstance(part, dict) else None
    return part


def _measures(made: Manifest) -> Manifest:
    """Return what tells how good a selection is: its size, its ratio as one set, and the coverage where it has one."""
    chosen = made["selection"]
    part = {key: chosen[key] for key in ("records", "raw_bytes", "set_ratio")}
    return {**part, **({"coverage": made["coverage"]["coverage"]} if "coverage" in made else {})}


def show(console: Console, manifest: Manifest) -> None:
    """Print what differs: causes, picks by source, what became of those that left, and the measures of both."""
    picks, edge = manifest["picks"], manifest["equal_up_to"]
    if edge is None:
        console.print(f"the same {picks['both']:,} picks in the same order")
    else:
        console.print(
            f"{picks['both']:,} picks are in both, {picks['only_earlier']:,} in the earlier run alone, "
            f"{picks['only_later']:,} in the later one alone; "
            f"{f'they are equal up to pick {edge:,}' if edge else 'the first pick differs'}"
        )
        for fate, count in manifest["fates"].items():
            console.print(
                f"{count:,} of those that only the earlier run picked: in the later run each {fate}", markup=False
            )
    for table in (_causes_table(manifest), _sources_table(manifest), _measures_table(manifest)):
        if table is not None:
            console.print(for_console(table))


def _causes_table(manifest: Manifest) -> Table | None:
    rows = [
        (printable(cause["what"]), *map(printable, _shown(cause["earlier"], cause["later"])))
        for cause in manifest["causes"]
    ]
    return Table(("what differs", "earlier", "later"), rows) if rows else None


def _shown(*values: Any) -> list[str]:
    """Return values as people read them: lists of places by their paths, where these are what differs.

    >>> _shown([{"path": "a.jsonl", "weight": 1.0}], [])
    ['a.jsonl', '[]']
    """
    named = [
        ", ".join(str(one.get("path") or one.get("table")) for one in value)
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
        else str(value)
        for value in values
    ]
    return named if len({*named}) == len(values) else [str(value) for value in values]


def _sources_table(manifest: Manifest) -> Table | None:
    rows = sorted(manifest["sources"], key=lambda row: -(row["only_earlier"] + row["only_later"]))[:MOST_LINES]
    cells = [
        (name_of(row["source"]), *(f"{row[key]:,}" for key in ("both", "only_earlier", "only_later"))) for row in rows
    ]
    return Table(("source", "in both", "earlier alone", "later alone"), cells)


def _measures_table(manifest: Manifest) -> Table:
    both = manifest["measures"]
    rows = [
        (key.replace("_", " "), *(_number(both[name].get(key)) for name in ("earlier", "later")))
        for key in dict.fromkeys([*both["earlier"], *both["later"]])
    ]
    return Table(("measure", "earlier", "later"), rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"


JOB = Job(run, show)
