"""The closing tables of `evaluate`, for console and page alike, and what to beware of."""

from collections.abc import Iterator, Mapping
from statistics import fmean

from rich.console import Console

from zip_pipeline.jobs.evaluate.baselines import BASELINES
from zip_pipeline.jobs.evaluate.results import MEAN
from zip_pipeline.language_models.judges import MODELS
from zip_pipeline.report.console import for_console, say_where
from zip_pipeline.report.page import Part, Table
from zip_pipeline.spark.sampling import MATCHED, SELECTION


def show(console: Console, manifest: Part) -> None:
    """Print bits per byte by set, what the texts are like, and what to beware of."""
    for table in (*bits(manifest), statistics(manifest)):
        console.print(for_console(table))
    console.print(how_to_read(manifest), markup=False)
    for line in warnings(manifest):
        console.print(f"beware: {line}", markup=False)
    say_where(console, manifest)


def how_to_read(manifest: Part) -> str:
    """Say what the numbers mean."""
    judged = manifest["judge"]
    return (
        f"Lower bits per byte: the text taught more. Each text has {judged['bytes']:,} bytes; of a baseline the mean "
        f"of {judged['seeds']} draws and the interval in which {judged['confidence']:.0%} of further draws would lie."
    )


def warnings(manifest: Part) -> list[str]:
    """Return what makes the numbers say less."""
    known = [
        f"{part['known']:.1%} of the records of {part['name']} share more than {manifest['judge']['most_shared']:.0%} "
        "of their passages with the pool; what it says is memory as well"
        for part in manifest["held_out"]
        if part["shares_passages"]
    ]
    short = [f"the pool has too few bytes for {', '.join(manifest['short'])}"] if manifest["short"] else []
    changed = [f"the pool is not the one that {name} was made from" for name in manifest["input"]["changed"]]
    return known + short + changed


def bits(manifest: Part) -> Iterator[Table]:
    """Yield a table for each model and selection: one held-out set a line, and the mean over them."""
    sizes = {part["name"]: part["bytes"] for part in manifest["held_out"]}
    for model in MODELS:
        for selection, sets in manifest["comparison"][model].items():
            columns = (f"bits per byte, {model}", "bytes", selection, *BASELINES, f"against {BASELINES[0]}")
            rows = {name: _line(name, part, sizes) for name, part in sets.items()}
            yield Table(columns, [row for name, row in rows.items() if name != MEAN], [rows[MEAN]])


def _line(name: str, part: Part, sizes: Mapping[str, int]) -> list[str]:
    chance = [part["against"][kind] for kind in BASELINES]
    cells = [f"{one['mean']:.4f} ± {one['high'] - one['mean']:.4f}" for one in chance]
    size = f"{sizes[name]:,}" if name in sizes else ""
    verdict = f"{chance[0]['difference']:+.1%} {chance[0]['verdict']}"
    return [name, size, f"{part['bits']:.4f}", *cells, verdict]


def statistics(manifest: Part) -> Table:
    """Return one line for each selection, and one with the means for each baseline's draws."""
    shares = ("distinct_passages", "near_duplicates", "exact_duplicates")
    columns = ("text", "records", "bytes", "mean bytes", "different passages", "near copies", "exact copies")
    lines: dict[tuple[str, str | None], list[Part]] = {}
    for text in manifest["texts"]:
        lines.setdefault((text["kind"], text["selection"]), []).append(text)
    rows = []
    for (kind, selection), draws in lines.items():
        means = {key: fmean(draw[key] for draw in draws) for key in ("records", "bytes", "mean_bytes", "own", *shares)}
        label = {SELECTION: selection, MATCHED: f"{kind}, as {selection}"}.get(kind, kind)
        sizes = [f"{means[key]:,.0f}" for key in ("records", "bytes", "mean_bytes")]
        rows.append([str(label), *sizes, *(f"{means[key]:.1%}" for key in shares), f"{means['own']:.3f}"])
    return Table((*columns, "own bits per byte"), rows)
