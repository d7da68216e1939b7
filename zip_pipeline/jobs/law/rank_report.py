"""What `law rank` shows: the ranking, the models by area, and how their scores follow."""

from rich.console import Console

from zip_pipeline.jobs.law import plots
from zip_pipeline.jobs.law.report import correlations, ends, law_sections, number, percent, show_laws
from zip_pipeline.report.console import for_console, say_where
from zip_pipeline.report.page import Figure, Page, Section, Table, foot, html
from zip_pipeline.schema import Manifest

FEW_DOCUMENTS = 30
"""Below so many documents a bootstrap of them is little evidence: of one all draws are alike."""

_BITS = {
    "bits_per_byte": "bits per byte",
    "bits_per_character": "per character",
    "mean_bits_per_byte": "mean per byte",
    "mean_bits_per_character": "mean per character",
}
"""Columns of the ranking, and their titles; columns that no model has are left out."""


def show_rank(console: Console, manifest: Manifest) -> None:
    """Print the models by rank, then how their scores depend on their bits."""
    console.print(for_console(_ranking(manifest)))
    if manifest["areas"]:
        console.print(for_console(_areas(manifest)))
    for line in _documents(manifest):
        console.print(line, markup=False)
    show_laws(console, manifest["law"])
    say_where(console, manifest)


def rank_page(manifest: Manifest) -> str:
    """Return the page of `law rank`."""
    best, *others = rows = manifest["ranking"]
    lead = f"{len(rows):,} models by the bits that they need for text; fewer are better."
    has_draws = best["low"] is not None
    unit = next(unit for unit in _BITS if best[unit] is not None)
    ratio = best["compression_ratio"]
    figures = [
        Figure(
            "best",
            best["model"],
            f"beats the next in {best['beats_next']:.1%} of the draws" if others and has_draws else "",
        ),
        Figure(f"its {unit.replace('_', ' ')}", f"{best[unit]:.4f}", "" if ratio is None else f"ratio {number(ratio)}"),
        *correlations(manifest["law"]),
    ]
    tables = [_ranking(manifest), *([_areas(manifest)] if manifest["areas"] else [])]
    pictures = [plots.ranking(rows)] if has_draws else []
    ranking = Section("Ranking", (), pictures, tables, [*_documents(manifest), *manifest["input"]["notes"]])
    sections = [ranking, *law_sections(manifest["law"], "Scores against bits")]
    return html(Page("Models by compression", lead, figures, sections=sections, foot=foot(manifest)))


def _ranking(manifest: Manifest) -> Table:
    """Return a row for each model, the best first."""
    ranking = manifest["ranking"]
    units = [unit for unit in _BITS if any(row[unit] is not None for row in ranking)]
    has_draws = ranking[0]["low"] is not None
    rows = []
    for row in ranking:
        sure = not has_draws or row["rank_low"] == row["rank_high"]
        bits = {unit: number(row[unit]) for unit in units}
        if has_draws:
            bits["bits_per_byte"] = f"{row['bits_per_byte']:.4f} ({ends(row, '.4f')})"
        rows.append(
            [
                row["model"],
                f"{row['rank']}" + ("" if sure else f" ({row['rank_low']} to {row['rank_high']})"),
                *bits.values(),
                *([number(row["compression_ratio"]), percent(row["beats_next"])] if has_draws else []),
                number(row["score"]),
            ]
        )
    of_draws = ("ratio", "beats the next") if has_draws else ()
    return Table(("model", "rank", *map(_BITS.__getitem__, units), *of_draws, "score"), rows)


def _areas(manifest: Manifest) -> Table:
    """Return a row for each model, the best first, with its bits in each area."""
    areas = manifest["areas"]
    unit = next(unit for unit in ("bits_per_character", "bits_per_byte") if areas[0][unit] is not None)
    bits = {(row["model"], row["area"]): number(row[unit]) for row in areas}
    names = list(dict.fromkeys(row["area"] for row in areas))
    rows = [[row["model"], *(bits[row["model"], name] for name in names)] for row in manifest["ranking"]]
    return Table((f"{unit.replace('_', ' ')} in", *names), rows)


def _documents(manifest: Manifest) -> list[str]:
    """Say on how many documents the ranking rests."""
    part, rows = manifest["input"], manifest["ranking"]
    if part["documents"] is None:
        lines = ["the table has bits and no sizes: the mean over the areas, each alike, and no intervals"]
        if part["left_out"]:
            lines.append(f"left out: {part['left_out']:,} areas that some models lack")
    else:
        lines = [f"over {part['documents']:,} documents, {part['bytes']:,} bytes; intervals by drawing them again"]
        if part["documents"] < FEW_DOCUMENTS:
            lines.append(
                f"caution: of fewer than {FEW_DOCUMENTS} documents, drawing them again says little about others; "
                "intervals and shares of the draws are too sure"
            )
        if part["left_out"]:
            lines.append(f"left out: {part['left_out']:,} documents that some models were not asked about")
    without = sum(row["score"] is None for row in rows)
    if 0 < without < len(rows):
        lines.append(f"{without:,} of {len(rows):,} models have no score")
    return lines
