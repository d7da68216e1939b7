"""What `evaluate` shows: the console's tables, and the page with its pictures."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from rich.console import Console

from zip_pipeline.jobs.evaluate.baselines import BASELINES
from zip_pipeline.jobs.evaluate.held_out import Known, leaks
from zip_pipeline.jobs.evaluate.results import MEAN
from zip_pipeline.jobs.evaluate.tasks import BITS, CHEAPEST, key_of
from zip_pipeline.language_models.questions import PPM
from zip_pipeline.report.console import for_console, say_where
from zip_pipeline.report.page import Figure, Page, Picture, Section, Table, foot, html
from zip_pipeline.report.plotting import FIVE, FOUR, INK, LINE, ONE, SOFT, THREE, TWO, drawing, name_rows
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.sampling import MATCHED, SELECTION

NEAR_COPIES = (
    "random is drawn from the whole pool and has its near copies; near-dedup is drawn without them. The random records "
    "of select are others, drawn from those that could be selected."
)
"""Why two reports give random records other shares of near copies."""

BESIDE = ("here", "against", "there", "by", "verdict")
"""Titles of the columns that set a value beside each baseline."""

COLOURS = dict(zip(BASELINES, (ONE, THREE, FOUR, FIVE), strict=True))


def show(console: Console, manifest: Manifest) -> None:
    """Print bits per byte by held-out set, statistics of the texts, and cautions."""
    for table in (*_bits_line_by_line(manifest), *_tasks_line_by_line(manifest), _texts(manifest)):
        console.print(for_console(table))
    console.print(NEAR_COPIES, markup=False)
    console.print(_how_to_read(manifest), markup=False)
    for line in _cautions(manifest):
        console.print(f"caution: {line}", markup=False)
    for line in [*(part["sentence"] for part in manifest["verdicts"]), *_task_lines(manifest)]:
        console.print(line, markup=False)
    say_where(console, manifest)


def evaluate_page(manifest: Manifest) -> str:
    """Return the page of `evaluate`: key figures, a picture and a table for each model and selection."""
    comparison = manifest["comparison"]
    figures, pictures = [], []
    for model, selections in comparison.items():
        for name, sets in selections.items():
            against = sets[MEAN]["against"][BASELINES[0]]
            note = f"{against['difference']:+.1%} against {BASELINES[0]}: {against['verdict']}"
            figures.append(Figure(f"{name}, {model}: bits per byte", f"{sets[MEAN]['bits']:.4f}", note))
            pictures.append(_picture(f"{name}, {model}", sets))
    tasks = [Section("Questions and answers", [*_task_lines(manifest)], tables=list(_tasks(manifest)))]
    sections = [
        *(tasks if manifest["tasks"] else []),
        Section("Against chance", [_how_to_read(manifest)], pictures),
        Section("Bits per byte", tables=list(_bits(manifest))),
        Section("What the texts are like", tables=[_texts(manifest)], notes=[NEAR_COPIES]),
    ]
    held_out = ", ".join(part["name"] for part in manifest["held_out"])
    lead = f"How many bits per byte the language models need for {held_out}, after each text; fewer are better."
    cautions = [f"Caution: {line}." for line in _cautions(manifest)]
    verdict = [part["sentence"] for part in manifest["verdicts"]]
    return html(Page("Does it teach more?", lead, figures, cautions, sections, foot(manifest), verdict))


def _how_to_read(manifest: Manifest) -> str:
    judge = manifest["judge"]
    return (
        f"Lower bits per byte: the text taught more. Each text has {judge['bytes']:,} bytes; of a baseline the mean "
        f"of {judge['seeds']} draws and the interval in which {judge['confidence']:.0%} of further draws would lie."
    )


def _cautions(manifest: Manifest) -> list[str]:
    """Return the reasons to trust the numbers less."""
    asked = {part["name"]: part for part in manifest["held_out"]}
    asked |= {key_of(part["name"]): part for part in manifest["tasks"]}
    known = leaks({name: Known(part["known"], part["in_target"]) for name, part in asked.items()})
    short = [f"the pool has too few bytes for {', '.join(manifest['short'])}"] if manifest["short"] else []
    changed = [f"the pool is not the one that {name} was made from" for name in manifest["input"]["changed"]]
    small = [
        f"{part['name']} has {part['bytes']:,} bytes, which say little"
        + ("" if part["in_mean"] else ", and is not in the mean")
        for part in manifest["held_out"]
        if part["is_small"]
    ]
    return known + short + changed + small


def _bits(manifest: Manifest) -> Iterator[Table]:
    """Yield a table for each model and selection: a row for each held-out set, and their mean."""
    sizes = {part["name"]: part["bytes"] for part in manifest["held_out"]}
    for model, selections in manifest["comparison"].items():
        for selection, sets in selections.items():
            kinds = sets[MEAN]["against"]
            columns = (f"bits per byte, {model}", "bytes", selection, *kinds, f"against {BASELINES[0]}")
            rows = {name: _bits_row(name, part, sizes) for name, part in sets.items()}
            yield Table(columns, [row for name, row in rows.items() if name != MEAN], [rows[MEAN]])


def _bits_row(name: str, part: Manifest, sizes: Mapping[str, int]) -> list[str]:
    chance = part["against"][BASELINES[0]]
    size = f"{sizes[name]:,}" if name in sizes else ""
    verdict = f"{chance['difference']:+.1%} {chance['verdict']}"
    return [name, size, f"{part['bits']:.4f}", *_spreads(part, ".4f"), verdict]


def _bits_line_by_line(manifest: Manifest) -> Iterator[Table]:
    """Yield the same for a console, which is narrow: a row for each held-out set and baseline."""
    for model, selections in manifest["comparison"].items():
        for selection, sets in selections.items():
            columns = (f"{selection}: bits per byte, {model}", *BESIDE)
            rows = {name: _lines(name, f"{part['bits']:.4f}", part, ".4f") for name, part in sets.items()}
            yield Table(columns, [row for name in rows if name != MEAN for row in rows[name]], rows[MEAN])


def _tasks_line_by_line(manifest: Manifest) -> Iterator[Table]:
    """Yield the same of the tasks: a row for each measure and baseline."""
    for model in manifest["judge"]["models"]:
        measures = {name: manifest["task_comparison"][name][model] for name in (BITS, CHEAPEST)}
        for selection, tasks in measures[BITS].items():
            rows = []
            for task, part in tasks.items():
                share = measures[CHEAPEST][selection][task]
                rows += _lines(f"{task}: bits per byte", f"{part['bits']:.4f}", part, ".4f")
                rows += _lines(f"{task}: right is cheapest", f"{share['share']:.1%}", share, ".1%")
            if rows:
                yield Table((f"{selection}: answers, {model}", *BESIDE), rows)


def _lines(name: str, here: str, part: Manifest, form: str) -> list[list[str]]:
    """Return a row for each baseline; the first one has the name of what is measured, and the selection's value."""
    return [
        [*((name, here) if number == 0 else ("", "")), kind, there, f"{beside['difference']:+.1%}", beside["verdict"]]
        for number, ((kind, beside), there) in enumerate(
            zip(part["against"].items(), _spreads(part, form), strict=True)
        )
    ]


def _tasks(manifest: Manifest) -> Iterator[Table]:
    """Yield a table for each model and selection: two rows a task, the bits and how often the right one is cheapest."""
    for model in manifest["judge"]["models"]:
        measures = {name: manifest["task_comparison"][name][model] for name in (BITS, CHEAPEST)}
        for selection, tasks in measures[BITS].items():
            rows, kinds = [], []
            for task, part in tasks.items():
                kinds = [*part["against"]]
                rows.append([f"{task}: bits per byte", f"{part['bits']:.4f}", *_spreads(part, ".4f")])
                share = measures[CHEAPEST][selection][task]
                rows.append([f"{task}: right is cheapest", f"{share['share']:.1%}", *_spreads(share, ".1%")])
            if rows:
                yield Table((f"answers, {model}", selection, *kinds), rows)


def _spreads(part: Manifest, form: str) -> list[str]:
    """Return what a value is compared with, each with half of its interval."""
    return [
        f"{spread['mean']:{form}}" + ("" if spread["high"] is None else f" ± {spread['high'] - spread['mean']:{form}}")
        for spread in part["against"].values()
    ]


def _task_lines(manifest: Manifest) -> Iterator[str]:
    """Yield the verdicts on the answers to each task."""
    for task, parts in manifest["task_verdicts"].items():
        for part in parts:
            yield f"{task}: {part['sentence']}"


def _texts(manifest: Manifest) -> Table:
    """Return a row for each selection, and one for each baseline with the means of its draws."""
    shares = ("distinct_passages", "near_duplicates", "exact_duplicates")
    columns = ("text", "records", "bytes", "mean bytes", "different passages", "near copies", "exact copies")
    by_row: dict[tuple[str, str | None], list[Manifest]] = {}
    for text in manifest["texts"]:
        by_row.setdefault((text["kind"], text["selection"]), []).append(text)
    rows = []
    for (kind, selection), draws in by_row.items():
        means = {key: fmean(draw[key] for draw in draws) for key in ("records", "bytes", "mean_bytes", *shares)}
        label = {SELECTION: selection, MATCHED: f"{kind}, as {selection}"}.get(kind, kind)
        sizes = [f"{means[key]:,.0f}" for key in ("records", "bytes", "mean_bytes")]
        rows.append([str(label), *sizes, *(f"{means[key]:.1%}" for key in shares), *_own(draws)])
    return Table((*columns, *(["own bits per byte"] if PPM in manifest["judge"]["models"] else [])), rows)


def _own(draws: Sequence[Manifest]) -> list[str]:
    """Return the bits per byte of the texts themselves, where PPM was asked."""
    own = [draw["own"] for draw in draws if draw["own"] is not None]
    return [f"{fmean(own):.3f}"] if own else []


def _picture(title: str, sets: Mapping[str, Manifest]) -> Picture:
    """Show one selection under one model: by held-out set a dot, and a bar for each baseline's interval.

    Args:
        title: of the picture.
        sets: by name: ``bits``, and ``against`` by baseline ``mean``, ``low``, ``high``.
    """
    heights = range(len(sets), 0, -1)
    with drawing(title, height=1.3 + 0.36 * len(sets)) as drawn:
        axes = drawn.axes
        kinds = [*sets[MEAN]["against"]]
        for number, kind in enumerate(kinds):
            middles, halves = [], []
            for part in sets.values():
                unit, spread = part["against"][BASELINES[0]]["mean"], part["against"][kind]
                middles.append(100 * (spread["mean"] / unit - 1))
                halves.append(0 if spread["high"] is None else 100 * (spread["high"] - spread["mean"]) / unit)
            places = [height + 0.6 * (number / (len(kinds) - 1) - 0.5) for height in heights]
            colour = COLOURS.get(kind, SOFT)
            axes.errorbar(middles, places, xerr=halves, fmt="|", capsize=3, color=colour, label=kind)
        dots = [100 * part["against"][BASELINES[0]]["difference"] for part in sets.values()]
        axes.plot(dots, list(heights), "o", color=TWO, markeredgecolor=INK, label="selection")
        axes.axvline(0, color=LINE, zorder=0)
        name_rows(axes, list(sets))
        axes.set_xlabel(f"bits per byte against {BASELINES[0]}, in percent")
        drawn.legend()
    return Picture(title, drawn.svg, "To the left: taught more. Bars: where 95 % of further draws would lie.")
