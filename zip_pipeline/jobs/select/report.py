"""What `score` and `select` show: the console's tables, and the pages."""

import shlex
from collections.abc import Iterator, Mapping

from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.jobs import removals
from zip_pipeline.jobs.history import history_sections, show_history
from zip_pipeline.jobs.manifest import CAUSES, rejections
from zip_pipeline.jobs.select import plots
from zip_pipeline.jobs.select.evidence.examples import NOTHING, Evidence
from zip_pipeline.jobs.select.evidence.sections import (
    command_sections,
    covers,
    for_whom,
    record_sections,
    target_sections,
    verdict,
)
from zip_pipeline.jobs.select.plots import Shape, largest
from zip_pipeline.report.console import for_console, printable, say_where
from zip_pipeline.report.funnel import funnel_table
from zip_pipeline.report.page import Figure, Page, Section, Table, foot, html
from zip_pipeline.schema import Manifest
from zip_pipeline.stats.histogram import Grid

SETS = {"pool": "pool", "selection": "selection", "random": "random", "length_matched": "length-matched"}
"""Keys of the manifest's sets, and their names for people."""

MOST_SOURCES = 15
"""Sources that the table lists; the manifest has them all."""


def show(console: Console, manifest: Manifest) -> None:
    """Print where the records went, the sets side by side, the sources, what was left out, the history, and notes."""
    for table in (funnel_table(manifest["funnel"], manifest["input"]), _sets(manifest), _sources(manifest)):
        if table is not None:
            console.print(for_console(table))
    removals.show(console, manifest)
    show_history(console, manifest.get("history", ()))
    for line in (*_notes(manifest), *covers(manifest)):
        console.print(line, markup=False)
    say_where(console, manifest)
    if "selection" in manifest:
        chosen = shlex.quote(manifest["config"]["output"]["path"])
        line = f"next: zip-pipeline evaluate --selection {chosen} --held-out HELD_OUT --output judged"
        console.print(line, markup=False, soft_wrap=True)


def score_page(manifest: Manifest, pool: Grid) -> str:
    """Return the page of `score`.

    Args:
        manifest: of the run.
        pool: counts of its records, by length and ratio.
    """
    part = manifest["pool"]
    figures = [
        Figure("records", f"{part['records']:,}", rejections(manifest)),
        Figure("bytes", f"{part['raw_bytes']:,}", f"{part['mean_bytes']:,.0f} a record"),
        Figure("ratio, one by one", f"{part['ratio']:.4f}", "raw by compressed bytes; higher: more redundant"),
    ]
    pictures = [plots.ratios(pool), plots.lengths(pool), plots.density(pool)]
    if part["per_source"]:
        pictures.append(plots.sources({"pool": part["per_source"]}))
    sections = [Section("Ratios and lengths", pictures=pictures)]
    if (table := _sources(manifest)) is not None:
        sections.append(Section("Sources", tables=[table]))
    sections.append(
        Section("From the input to the scores", tables=[funnel_table(manifest["funnel"], manifest["input"])])
    )
    return html(Page("Scores of a pool", _lead(manifest), figures, sections=sections, foot=foot(manifest)))


def select_page(manifest: Manifest, pool: Grid, shape: Shape, evidence: Evidence = NOTHING) -> str:
    """Return the page of `select`.

    Args:
        manifest: of the run.
        pool: counts of its records, by length and ratio.
        shape: of the selection.
        evidence: records to show, and why.
    """
    sets = _named_sets(manifest)
    baselines = {name: part for name, part in sets.items() if name not in ("pool", "selection")}
    set_ratios = {name: part["set_ratio"] for name, part in baselines.items()}
    pictures = [
        plots.curve(shape, set_ratios),
        plots.ratios(pool, shape),
        plots.lengths(pool, shape),
        plots.density(pool, shape),
    ]
    against_chance = Section(
        "Against chance",
        ["Two baselines of the same budget, drawn from the eligible records: any records at random, and random records "
         "of the selection's lengths, as many of each tenth of them. zip-pipeline evaluate draws its random records "
         "from the whole pool, so their share of near copies is another one."],
        tables=[_sets(manifest)],
        notes=[_about_copies(manifest["selection"], baselines)],
    )  # fmt: skip
    sections = [*target_sections(manifest, evidence), Section("What was chosen", pictures=pictures), against_chance]
    if (table := _sources(manifest)) is not None:
        by_set = {name: part["per_source"] for name, part in sets.items()}
        sections.append(Section("Sources", pictures=[plots.sources(by_set)], tables=[table]))
    sections += history_sections(manifest["history"])
    sections.append(_funnel(manifest))
    sections += removals.sections(manifest)
    sections += [*record_sections(evidence), *command_sections(evidence)]
    figures, warnings = _selection_figures(manifest, baselines), removals.warnings(manifest)
    said = verdict(manifest)
    names = [target["target"] for target in manifest.get("coverage", {}).get("targets", ())]
    title = f"A selection for {' and '.join(names)}" if names else "A selection"
    return html(Page(title, _lead(manifest), figures, warnings, sections, foot(manifest), said))


def _selection_figures(manifest: Manifest, baselines: Mapping[str, Manifest]) -> list[Figure]:
    selection, sample = manifest["selection"], manifest["selection"]["sample"]
    ratios = ", ".join(f"{name} {part['set_ratio']:.3f}" for name, part in baselines.items())
    copies = ", ".join(f"{name} {part['sample']['near_duplicates']:.1%}" for name, part in baselines.items())
    return [
        Figure("selected", f"{selection['records']:,} records", f"of {manifest['input']['candidates']:,} eligible"),
        Figure("bytes", f"{selection['raw_bytes']:,}", f"{selection['mean_bytes']:,.0f} a record"),
        *_tokens(manifest),
        Figure("ratio, as one set", f"{selection['set_ratio']:.3f}", ratios),
        Figure("near copies", f"{sample['near_duplicates']:.1%}", copies),
    ]


def _tokens(manifest: Manifest) -> Iterator[Figure]:
    """Yield the figure on tokens, where they are counted."""
    count, whole = (manifest[part].get(schema.TOKENS) for part in ("selection", "pool"))
    if count is not None:
        yield Figure("tokens", f"{count:,}", f"of {whole:,} in the pool")


def _funnel(manifest: Manifest) -> Section:
    """Return the section on where the records of the input went."""
    table = funnel_table(manifest["funnel"], manifest["input"])
    return Section(
        "From the input to the selection", tables=[table], notes=[*_outside(manifest), *_shortfall(manifest)]
    )


def _shortfall(manifest: Manifest) -> Iterator[str]:
    """Say why the selection has less than its budget, if it has."""
    part = manifest.get("shortfall")
    if part is None:
        return
    selected, rule = manifest["selection"]["records"], manifest["config"]["select"]["rule"]
    amount = f"{part['amount']:,}{' bytes' if part['unit'] == 'bytes' else ''}"
    records = manifest["input"]["records"] + manifest["input"]["rejected"]
    others = "; ".join(f"{count:,} {CAUSES[cause]}" for cause, count in part["causes"].items())
    yield (
        f"selected {selected:,} records, {amount} short of the budget: the rule '{rule}' finds no more in the pool of "
        f"{records:,} records{f', the others are: {others}' if others else ''}"
    )


def _lead(manifest: Manifest) -> str:
    config, codec = manifest["config"], manifest["codec"]
    place = config["input"].get("path") or config["input"].get("table")
    method = f"measured with {codec['name']} {codec['level']}, window {codec['window']}"
    if "select" not in config:
        return f"{place}, {method}."
    budget = config["select"]["budget"]
    amount = f"{budget:,} records" if isinstance(budget, int) else budget
    return f"{amount} of {place}, by the rule {config['select']['rule']}{for_whom(manifest)}, {method}."


def _about_copies(selection: Manifest, baselines: Mapping[str, Manifest]) -> str:
    """Say what near copies are, and among how many records of each set they were counted."""
    sets = {"selection": selection, **baselines}
    meaning = "Near copies: all but the first record of each group of near-duplicates in a set."
    if all(part["sample"]["records"] == part["records"] for part in sets.values()):
        return meaning
    counts = ", ".join(f"{part['sample']['records']:,} of {name}" for name, part in sets.items())
    return f"{meaning} They were counted among random records of each set ({counts}); whole sets hold more."


def _named_sets(manifest: Manifest) -> dict[str, Manifest]:
    """Return the sets that a manifest has, by the names in `SETS`."""
    return {name: manifest[key] for key, name in SETS.items() if key in manifest}


def _sets(manifest: Manifest) -> Table:
    """Return a row for each set."""
    numbers = {"records": "{:,}", "raw_bytes": "{:,}", "mean_bytes": "{:,.0f}", "ratio": "{:.4f}"}
    columns = ["", "records", "bytes", "mean bytes", "ratio, one by one"]
    copies: tuple[str, ...] = ()
    if schema.TOKENS in manifest["pool"]:
        numbers[schema.TOKENS] = "{:,}"
        columns.append("tokens")
    if "selection" in manifest:
        numbers["set_ratio"] = "{:.4f}"
        columns += ["ratio, as one set", "near copies", "exact copies"]
        copies = ("near_duplicates", "exact_duplicates")
    rows = []
    for name, part in _named_sets(manifest).items():
        cells = [form.format(part[key]) if key in part else "" for key, form in numbers.items()]
        shares = [f"{part['sample'][key]:.1%}" if "sample" in part else "" for key in copies]
        rows.append([name, *cells, *shares])
    return Table(columns, rows)


def _sources(manifest: Manifest) -> Table | None:
    """Return a row for each of the pool's largest sources, and one for all others; None where no source has a name."""
    by_set = {name: part["per_source"] for name, part in _named_sets(manifest).items()}
    if not by_set["pool"]:
        return None
    columns, rows = ["source", "records in pool", "share of bytes"], []
    if "selection" in by_set:
        columns += ["selected", "share of bytes", *list(by_set)[2:]]
    bytes_of = {name: sum(part["raw_bytes"] for part in sources.values()) for name, sources in by_set.items()}
    for title, names in largest(by_set["pool"], MOST_SOURCES):
        cells = []
        for set_name, sources in by_set.items():
            present = [sources[name] for name in names if name in sources]
            if set_name in ("pool", "selection"):
                cells.append(f"{sum(part['records'] for part in present):,}")
            cells.append(f"{sum(part['raw_bytes'] for part in present) / bytes_of[set_name]:.1%}")
        rows.append([title, *cells])
    return Table(columns, rows)


def _notes(manifest: Manifest) -> Iterator[str]:
    """Say what was rejected, and what the figures refer to, where that is not the whole pool and a new set."""
    yield from _outside(manifest)
    yield from _shortfall(manifest)
    yield from manifest.get("selection", {}).get("unmet_quotas", ())
    if line := rejections(manifest):
        yield line
    if (partitions := manifest.get("selection", {}).get("of_pools")) is not None:
        offered = sum(part["offered"] for part in partitions)
        yield (
            f"partitions: {len(partitions):,} offered {offered:,} records, from which the rule chose; "
            "not the exact rule over the whole pool"
        )
    if (part := manifest.get("coverage")) is not None:
        yield (
            f"coverage: {part['coverage']:,.0f}; of {part['bounded']:,} records {part['read']:,} were read, scored "
            f"{part['scorings']:,} times; {part['adding_nothing']:,} picks add nothing to it"
        )
    if (extended := manifest.get("extended")) is not None:
        yield (
            f"extends: {extended['records']:,} records, {extended['raw_bytes']:,} bytes, set ratio "
            f"{extended['set_ratio']:.4f}; the ratios as one set include them"
        )


def _outside(manifest: Manifest) -> Iterator[str]:
    """Say how many records are outside which bound, if any; a record counts for the first one."""
    by = manifest["input"].get("outside_bounds_by")
    if by:
        yield f"outside bounds: {', '.join(f'{records:,} by {printable(name)}' for name, records in by.items())}"
