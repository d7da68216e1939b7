"""The closing tables of `score` and `select`, for console and page alike: the sets side by side, and their sources."""

from collections.abc import Iterator, Mapping

from rich.console import Console

from zip_pipeline.jobs.history import show_history
from zip_pipeline.report.console import for_console, say_where
from zip_pipeline.report.page import Part, Table

SETS = {"pool": "pool", "selection": "selection", "random": "random", "length_matched": "length-matched"}
"""Parts of the manifest, and how people call them."""

MOST_SOURCES = 15
"""Sources that the table lists; the manifest has them all."""


def show(console: Console, manifest: Part) -> None:
    """Print the tables, and where the files are."""
    for table in (sets(manifest), sources(manifest)):
        if table is not None:
            console.print(for_console(table))
    show_history(console, manifest.get("history", ()))
    for line in notes(manifest):
        console.print(line, markup=False)
    say_where(console, manifest)


def parts(manifest: Part) -> dict[str, Part]:
    """Return the sets that a manifest knows, by the names in `SETS`."""
    return {name: manifest[key] for key, name in SETS.items() if key in manifest}


def sets(manifest: Part) -> Table:
    """Return one set a line."""
    shown = {"records": "{:,}", "raw_bytes": "{:,}", "mean_bytes": "{:,.0f}", "ratio": "{:.4f}"}
    columns = ["", "records", "bytes", "mean bytes", "ratio, one by one"]
    if "selection" in manifest:
        shown = {**shown, "set_ratio": "{:.4f}"}
        columns += ["ratio, as one set", "near copies", "exact copies"]
    rows = []
    for name, part in parts(manifest).items():
        cells = [form.format(part[key]) if key in part else "" for key, form in shown.items()]
        if "selection" in manifest:
            cells += [_share(part.get("sample", {}).get(key)) for key in ("near_duplicates", "exact_duplicates")]
        rows.append([name, *cells])
    return Table(columns, rows)


def sources(manifest: Part) -> Table | None:
    """Return the largest sources of the pool, one a line, and all others in the last; None where none has a name."""
    by_set = {name: part["per_source"] for name, part in parts(manifest).items()}
    if not by_set["pool"]:
        return None
    columns, rows = ["source", "records in pool", "share of bytes"], []
    if "selection" in by_set:
        columns += ["selected", "share of bytes", *list(by_set)[2:]]
    bytes_of = {name: sum(part["raw_bytes"] for part in held.values()) for name, held in by_set.items()}
    for title, names in largest(by_set["pool"], MOST_SOURCES):
        cells = []
        for name, held in by_set.items():
            found = [held[source] for source in names if source in held]
            if name in ("pool", "selection"):
                cells.append(f"{sum(part['records'] for part in found):,}")
            cells.append(f"{sum(part['raw_bytes'] for part in found) / bytes_of[name]:.1%}")
        rows.append([title, *cells])
    return Table(columns, rows)


def largest(pool: Mapping[str, Part], most: int) -> list[tuple[str, list[str]]]:
    """Return the largest sources of a pool, each with its name, and all others together as the last."""
    by_size = sorted(pool, key=lambda name: (-pool[name]["raw_bytes"], name))
    lines = [(name, [name]) for name in by_size[:most]]
    if others := by_size[most:]:
        lines.append((f"{len(others):,} others", others))
    return lines


def notes(manifest: Part) -> Iterator[str]:
    """Say what was rejected, and what the figures are of, where that is not all candidates and an empty set."""
    if line := rejected(manifest):
        yield line
    if (pools := manifest.get("selection", {}).get("of_pools")) is not None:
        offered = sum(pool["offered"] for pool in pools)
        yield f"pools: {len(pools):,} offered {offered:,} records, from which the rule chose; not the exact rule"
    if (extended := manifest.get("extended")) is not None:
        yield (
            f"extends: {extended['records']:,} records, {extended['raw_bytes']:,} bytes, set ratio "
            f"{extended['set_ratio']:.4f}; the ratios as one set are with them"
        )


def rejected(manifest: Part) -> str:
    """Say how many records could not be used, if any."""
    number = manifest["input"]["rejected"]
    return f"rejected: {number:,} records, kept apart with their reasons" if number else ""


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
