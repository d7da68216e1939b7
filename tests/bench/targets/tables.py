"""The tables of the study, from its lines of results, as Markdown."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import stdtrit

from zip_pipeline.stats.intervals import TAILS

RESULTS = "results.jsonl"

FOR_A_TARGET = ("target", "gain", "near-dedup", "DSIR", "target, ASCII")
FOR_NONE = ("gain", "near-dedup", "cover", "cover, quotas")

Row = dict[str, Any]


def read(folder: Path) -> list[Row]:
    """Return the lines that there are."""
    path = folder / RESULTS
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def show(folder: Path) -> None:
    """Print the tables: first for targets, by domain, then for none, by pool."""
    rows = read(folder)
    for size in sorted({row["size"] for row in rows}):
        for variant in ("in", "out"):
            print(*for_targets([row for row in rows if (row["size"], row["variant"]) == (size, variant)]), sep="\n")
        print(*for_pools([row for row in rows if (row["size"], row["variant"]) == (size, "in")]), sep="\n")


def for_targets(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a table: percent of the bits of random records, by domain, for each model.

    Args:
        rows: of one size and variant.
    """
    for model in sorted({row["model"] for row in rows}):
        own = against_random([row for row in rows if row["model"] == model])
        domains = sorted({(pool, source) for pool, source, kind, _ in own if kind == "target"})
        if domains:
            yield f"\n{rows[0]['size']}, source {rows[0]['variant']}, {model}\n"
            yield from _head("domain", *FOR_A_TARGET, "target is")
        means = defaultdict[str, dict[int, list[float]]](lambda: defaultdict(list))
        for pool, source in domains:
            cells = []
            for kind in FOR_A_TARGET:
                by_seed = _by_seed(own, pool, source, kind)
                cells.append(_interval([*by_seed.values()]))
                for seed, value in by_seed.items():
                    means[kind][seed].append(value)
            yield _line(f"{pool}: {source}", *cells, _verdict(own, pool, source))
        if domains:
            of_seeds = [[float(np.mean(values)) for values in means[kind].values()] for kind in FOR_A_TARGET]
            yield _line("mean", *map(_interval, of_seeds), "")


def for_pools(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a table: bits per byte by pool, mean over the sources; each seed's draws count as one.

    Args:
        rows: of one size.
    """
    yield from _head("pool, model", "random", *FOR_NONE, "cover, quotas against gain")
    for pool, model in sorted({(row["pool"], row["model"]) for row in rows}):
        found = defaultdict[str, dict[int, list[float]]](lambda: defaultdict(list))
        for row in rows:
            if (row["pool"], row["model"]) == (pool, model) and "@" not in row["contestant"]:
                kind = row["contestant"].partition(":")[0]
                found[kind][row["seed"]].append(float(np.mean([*row["bits"].values()])))
        by_kind = {
            kind: {seed: float(np.mean(draws)) for seed, draws in seeds.items()} for kind, seeds in found.items()
        }
        cells = [
            f"{np.mean([*by_kind[kind].values()]):.4f}" if kind in by_kind else "" for kind in ("random", *FOR_NONE)
        ]
        gain, cover = by_kind.get("gain", {}), by_kind.get("cover, quotas", {})
        against = [100 * (cover[seed] / gain[seed] - 1) for seed in sorted(gain.keys() & cover.keys())]
        yield _line(f"{pool}, {model}", *cells, _interval(against))


Relative = dict[tuple[str, str, str, int], list[float]]
"""Percent of random's mean bits, by pool, source, kind of contestant and seed; an item a draw."""


def against_random(rows: Iterable[Row]) -> Relative:
    """Return what each contestant is against the random records of its seed.

    >>> row = {"pool": "p", "seed": 0, "bits": {"a": 2.0}}
    >>> rows = [row | {"contestant": "random:0"}, row | {"contestant": "target@a", "bits": {"a": 1.5}}]
    >>> against_random(rows)[("p", "a", "target", 0)]
    [-25.0]
    """
    bits = defaultdict[tuple[str, str, str, int], list[float]](list)
    for row in rows:
        kind = row["contestant"].partition("@")[0].partition(":")[0]
        for source, value in row["bits"].items():
            bits[row["pool"], source, kind, row["seed"]].append(value)
    return {
        (pool, source, kind, seed): [100 * (value / float(np.mean(bits[pool, source, "random", seed])) - 1) for value in values]
        for (pool, source, kind, seed), values in bits.items()
        if (pool, source, "random", seed) in bits
    }  # fmt: skip


def _by_seed(relative: Relative, pool: str, source: str, kind: str) -> dict[int, float]:
    return {
        seed: float(np.mean(values))
        for (one, other, name, seed), values in sorted(relative.items())
        if (one, other, name) == (pool, source, kind)
    }


def _verdict(relative: Relative, pool: str, source: str) -> str:
    """Return whether `target` is better or worse than random records, outside the interval of their draws.

    The draws' deviations from the mean of their seed, of all seeds together, say how wide that is.
    """
    draws = [
        values for (one, other, kind, _), values in relative.items() if (one, other, kind) == (pool, source, "random")
    ]
    freedom = sum(len(values) - 1 for values in draws)
    if not freedom:
        return ""
    deviation = np.sqrt(sum(float(np.var(values)) * len(values) for values in draws) / freedom)
    half = float(stdtrit(freedom, TAILS[1]) * deviation * np.sqrt(1 + 1 / np.mean([*map(len, draws)])))
    mean = float(np.mean([*_by_seed(relative, pool, source, "target").values()]))
    return "better" if mean < -half else "worse" if mean > half else f"within {half:.1f} %"


def _interval(values: Sequence[float]) -> str:
    """Return a mean, and the half of its 95 % interval where there are several values."""
    if not values:
        return ""
    if len(values) < 2:
        return f"{values[0]:+.1f}"
    half = float(stdtrit(len(values) - 1, TAILS[1]) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return f"{np.mean(values):+.1f} ± {half:.1f}"


def _head(*names: str) -> Iterator[str]:
    yield _line(*names)
    yield "|" + "---|" * len(names)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
