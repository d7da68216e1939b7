"""The pictures of `score` and `select`: ratios, lengths and sources of the records, the set ratio pick by pick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from zip_pipeline.report.page import Picture
from zip_pipeline.report.plotting import BYTES, ONE, SOFT, THREE, TWO, drawing, height_of, log_ticks, name_rows
from zip_pipeline.schema import Manifest
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.stats import histogram
from zip_pipeline.stats.histogram import LENGTHS, RATIOS, Grid
from zip_pipeline.stats.intervals import Floats

COLOURS = {"pool": ONE, "selection": TWO, "random": SOFT, "length-matched": THREE}

BEYOND = 0.001
"""Share of a set that a picture may leave out at either end."""

DOTS, POINTS = 400, 300
"""Records of the selection that a picture shows as dots; points of its curve."""

MOST_SOURCES = 10
"""Sources in a picture; one more bar holds all others."""

RATIO_TICKS = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32]


@dataclass(frozen=True)
class Shape:
    """What the pictures need of a selection.

    Attributes:
        grid: counts of its records, by length and ratio.
        ranks: numbers of picks, from 1 to all, shape (points,).
        set_ratios: of the selection after that many picks, shape (points,).
        dots: bytes and own ratios of random records, shape (dots, 2).
    """

    grid: Grid
    ranks: npt.NDArray[np.int64]
    set_ratios: Floats
    dots: Floats

    @classmethod
    def of(cls, picks: Sequence[Pick]) -> "Shape":
        """Return the shape of a selection, from its picks in order."""
        sizes = np.array([(pick.own_raw_bytes, pick.own_compressed_bytes) for pick in picks])
        ranks = np.unique(np.linspace(1, len(picks), POINTS).astype(np.int64))
        some = np.sort(np.random.default_rng(0).permutation(len(picks))[:DOTS])
        dots = np.stack([sizes[some, 0], sizes[some, 0] / sizes[some, 1]], axis=1)
        set_ratios = np.array([picks[rank - 1].set_ratio for rank in ranks.tolist()])
        return cls(histogram.count(sizes[:, 0], sizes[:, 1]), ranks, set_ratios, dots)


def ratios(pool: Grid, shape: Shape | None = None) -> Picture:
    """Show the records' own ratios, of the pool and of the selection."""
    label = "ratio of a record alone (higher: more redundant)"
    return _histogram_picture("ratios", _by(1, pool, shape), (RATIOS, RATIO_TICKS), label)


def lengths(pool: Grid, shape: Shape | None = None) -> Picture:
    """Show the lengths of the records, of the pool and of the selection."""
    return _histogram_picture("lengths", _by(0, pool, shape), (LENGTHS, BYTES), "bytes of a record")


def _histogram_picture(
    subject: str, counts: Mapping[str, Grid], scale: tuple[Floats, Sequence[float]], label: str
) -> Picture:
    """Show a histogram; `scale` is the edges of its bins and the ticks, `label` says what the axis measures."""
    edges, ticks = scale
    with drawing(f"Histogram of the {subject} of records") as drawn:
        _histogram(drawn.axes, edges, counts)
        drawn.legend()
        drawn.axes.set_xlabel(label)
        log_ticks(drawn.axes.xaxis, ticks)
    caption = f"Share of the records in each of the bins. {_LEFT_OUT}"
    return Picture(f"{subject.capitalize()} of the records", drawn.svg, caption)


def curve(shape: Shape, ends: Mapping[str, float]) -> Picture:
    """Show the set ratio pick by pick, and that of whole baselines.

    Args:
        shape: of the selection.
        ends: set ratios of the baselines, by name.
    """
    with drawing("Set ratio along the picks") as drawn:
        axes = drawn.axes
        axes.plot(shape.ranks, shape.set_ratios, color=TWO, label="selection")
        for style, (name, ratio) in zip(("--", ":"), ends.items(), strict=False):
            axes.axhline(ratio, color=COLOURS[name], linestyle=style, label=f"{name}, whole set")
        axes.set_xlabel("records picked")
        axes.set_ylabel("ratio, as one set")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_major_locator(MaxNLocator(5))
        drawn.legend()
    caption = "Ratio of all records picked so far, as one set. Lower is less redundant."
    return Picture("Set ratio along the picks", drawn.svg, caption)


def density(pool: Grid, shape: Shape | None = None) -> Picture:
    """Show the records' own ratios against their lengths, of the pool and of the selection."""
    # Cells of two bins by two: half a doubling of bytes by an eighth of one of the ratio.
    cells = pool.reshape(pool.shape[0] // 2, 2, pool.shape[1] // 2, 2).sum(axis=(1, 3))
    steps = (cells > 0) * np.ceil(5 * (1 + np.log(np.maximum(cells, 1))) / (1 + np.log(max(1, cells.max()))))
    with drawing("Ratio against length") as drawn:
        axes = drawn.axes
        for step in range(1, 6):
            for length, ratio in zip(*np.nonzero(steps == step), strict=True):
                left, right = LENGTHS[2 * length], LENGTHS[2 * length + 2]
                low, high = RATIOS[2 * ratio], RATIOS[2 * ratio + 2]
                axes.fill([left, right, right, left], [low, low, high, high], color=ONE, alpha=0.14 * step, linewidth=0)
        if shape is not None:
            axes.plot(*shape.dots.T, ".", color=TWO, markersize=4.5, alpha=0.6, markeredgewidth=0)
        axes.set_xlabel("bytes of a record")
        axes.set_ylabel("ratio of a record alone")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(*_range(LENGTHS, _by(0, pool, shape)))
        axes.set_ylim(*_range(RATIOS, _by(1, pool, shape)))
        log_ticks(axes.xaxis, BYTES)
        log_ticks(axes.yaxis, RATIO_TICKS)
    caption = "Blue: the pool, stronger where there are more records (log scale)."
    if shape is not None:
        some = "all" if len(shape.dots) == shape.grid.sum() else f"{len(shape.dots):,} at random"
        caption += f" Dots: records of the selection, {some}."
    return Picture("Ratio against length", drawn.svg, f"{caption} {_LEFT_OUT}")


def sources(by_set: Mapping[str, Mapping[str, Manifest]]) -> Picture:
    """Show the share of each source in the bytes of each set.

    Args:
        by_set: by set, ``pool`` first, and by source: parts with ``raw_bytes``.
    """
    lines = largest(by_set["pool"], MOST_SOURCES)
    places = np.arange(len(lines), 0, -1)
    with drawing("Shares of the sources", height=height_of(len(lines))) as drawn:
        axes = drawn.axes
        shares = {}
        for set_name, of_set in by_set.items():
            total = sum(part["raw_bytes"] for part in of_set.values())
            shares[set_name] = [
                sum(of_set[name]["raw_bytes"] for name in names if name in of_set) / total for _, names in lines
            ]
        axes.barh(places, shares["pool"], height=0.7, color=ONE, alpha=0.4, label="pool")
        markers = {"selection": "o", "random": "|", "length-matched": "x"}
        for below, name in enumerate(list(by_set)[1:]):
            axes.plot(shares[name], places, markers[name], color=COLOURS[name], label=name, zorder=5 - below)
        name_rows(axes, [title for title, _ in lines])
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel("share of the bytes")
        drawn.legend()
    return Picture("Sources", drawn.svg, "Share of each source in the bytes of a set; the largest of the pool on top.")


def largest(pool: Mapping[str, Manifest], most: int) -> list[tuple[str, list[str]]]:
    """Return a title and the names for each of the largest sources of a pool, and for all others together.

    Args:
        pool: by source: parts with ``raw_bytes``.
        most: how many sources stand alone at most.
    """
    by_size = sorted(pool, key=lambda name: (-pool[name]["raw_bytes"], name))
    lines = [(name, [name]) for name in by_size[:most]]
    if others := by_size[most:]:
        lines.append((f"{len(others):,} others", others))
    return lines


_LEFT_OUT = f"Up to {BEYOND:.1%} of a set lies outside at either end."


def _by(axis: int, pool: Grid, shape: Shape | None) -> dict[str, npt.NDArray[np.int64]]:
    """Return the counts of each set by length (0) or by ratio (1)."""
    grids = {"pool": pool} if shape is None else {"pool": pool, "selection": shape.grid}
    return {name: counts.sum(axis=1 - axis) for name, counts in grids.items()}


def _histogram(axes: Axes, edges: Floats, counts: Mapping[str, npt.NDArray[np.int64]]) -> None:
    for name, of_set in counts.items():
        shares, colour = of_set / of_set.sum(), COLOURS[name]
        if name == "pool":
            axes.stairs(shares, edges, fill=True, color=colour, alpha=0.4, label=name)
        else:
            axes.stairs(shares, edges, color=colour, linewidth=1.6, label=name)
    axes.set_xscale("log")
    axes.set_xlim(*_range(edges, counts))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))


def _range(edges: Floats, counts: Mapping[str, npt.NDArray[np.int64]]) -> tuple[float, float]:
    """Return the narrowest edges that leave out at most `BEYOND` of each set at either end."""
    lows, highs = [], []
    for of_set in counts.values():
        below = np.cumsum(of_set) / of_set.sum()
        lows.append(int(np.argmax(below > BEYOND)))
        highs.append(int(np.argmax(below >= 1 - BEYOND)) + 1)
    return float(edges[min(lows)]), float(edges[max(highs)])
