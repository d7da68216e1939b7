"""The pages of `score` and `select`."""

from zip_pipeline.jobs.history import history_sections
from zip_pipeline.jobs.select import plots
from zip_pipeline.jobs.select import report as report_module
from zip_pipeline.jobs.select.plots import Shape
from zip_pipeline.report.page import Figure, Page, Part, Section, foot, html
from zip_pipeline.stats.histogram import Grid


def score(manifest: Part, pool: Grid) -> str:
    """Return the page of `score`.

    Args:
        manifest: of the run.
        pool: counts of its records.
    """
    part = manifest["pool"]
    figures = [
        Figure("records", f"{part['records']:,}", report_module.rejected(manifest)),
        Figure("bytes", f"{part['raw_bytes']:,}", f"{part['mean_bytes']:,.0f} a record"),
        Figure("ratio, one by one", f"{part['ratio']:.4f}", "raw by compressed bytes; higher: more redundant"),
    ]
    drawn = [plots.ratios(pool), plots.lengths(pool), plots.density(pool)]
    if part["per_source"]:
        drawn.append(plots.sources({"pool": part["per_source"]}))
    shown = [table for table in (report_module.sources(manifest),) if table is not None]
    sections = [Section("How the records lie", pictures=drawn), Section("Sources", tables=shown)][: 1 + len(shown)]
    return html(Page("Scores of a pool", _lead(manifest), figures, sections=sections, foot=foot(manifest)))


def select(manifest: Part, pool: Grid, shape: Shape) -> str:
    """Return the page of `select`.

    Args:
        manifest: of the run.
        pool: counts of its records.
        shape: of the selection.
    """
    chosen, offered = manifest["selection"], manifest["input"]
    others = {name: part for name, part in report_module.parts(manifest).items() if name not in ("pool", "selection")}
    ends = {name: part["set_ratio"] for name, part in others.items()}
    beside = ", ".join(f"{name} {ratio:.3f}" for name, ratio in ends.items())
    sample = chosen["sample"]
    figures = [
        Figure("selected", f"{chosen['records']:,} records", f"of {offered['candidates']:,} that could be"),
        Figure("bytes", f"{chosen['raw_bytes']:,}", f"{chosen['mean_bytes']:,.0f} a record"),
        Figure("ratio, as one set", f"{chosen['set_ratio']:.3f}", beside),
        Figure("near copies", f"{sample['near_duplicates']:.1%}", _copies(others)),
    ]
    drawn = [
        plots.curve(shape, ends),
        plots.ratios(pool, shape),
        plots.lengths(pool, shape),
        plots.density(pool, shape),
    ]
    sections = [
        Section("What was chosen", pictures=drawn),
        Section(
            "Beside chance",
            ["Two baselines of the same budget, drawn from what could be selected: any records at random, and "
             "random records of the selection's lengths, as many of each tenth of them."],
            tables=[report_module.sets(manifest)],
            notes=[_sampling(manifest, others)],
        ),
    ]  # fmt: skip
    if (table := report_module.sources(manifest)) is not None:
        by_set = {name: part["per_source"] for name, part in report_module.parts(manifest).items()}
        sections.append(Section("Where it is from", pictures=[plots.sources(by_set)], tables=[table]))
    sections += history_sections(manifest["history"])
    left_out = [
        f"{offered[key]:,} {what}"
        for key, what in (
            ("rejected", "could not be used (rejected/)"),
            ("outside_bounds", "outside the bounds"),
            ("deduplicated", "duplicates (duplicates/)"),
        )
        if offered.get(key)
    ]
    if left_out:
        sections.append(Section("Left out", [f"Records that could not be selected: {'; '.join(left_out)}."]))
    return html(Page("A selection", _lead(manifest), figures, sections=sections, foot=foot(manifest)))


def _lead(manifest: Part) -> str:
    config, codec = manifest["config"], manifest["codec"]
    place = config["input"].get("path") or config["input"].get("table")
    with_codec = f"measured with {codec['name']} {codec['level']}, window {codec['window']}"
    if "select" not in config:
        return f"{place}, {with_codec}."
    budget = config["select"]["budget"]
    amount = f"{budget:,} records" if isinstance(budget, int) else budget
    return f"{amount} of {place}, by the rule {config['select']['rule']}, {with_codec}."


def _copies(others: dict[str, Part]) -> str:
    return ", ".join(f"{name} {part['sample']['near_duplicates']:.1%}" for name, part in others.items())


def _sampling(manifest: Part, others: dict[str, Part]) -> str:
    """Say of how many records of each set copies were counted."""
    sets = {"selection": manifest["selection"], **others}
    told = "Near copies: records in whose group of near-duplicates another one of the set stands first."
    if all(part["sample"]["records"] == part["records"] for part in sets.values()):
        return told
    looked = ", ".join(f"{part['sample']['records']:,} of {name}" for name, part in sets.items())
    return f"{told} Copies were counted among some records of each set, drawn at random ({looked}); in all are more."
