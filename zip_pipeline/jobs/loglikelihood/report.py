"""What `loglikelihood` shows: a table of the models, and what could not be scored."""

from rich.console import Console

from zip_pipeline.report.console import for_console, say_where
from zip_pipeline.report.page import Page, Section, Table, foot, html
from zip_pipeline.schema import Manifest


def show(console: Console, manifest: Manifest) -> None:
    """Print a row for each model, and what has no log-probability."""
    console.print(for_console(_models(manifest)))
    for line in _left_out(manifest):
        console.print(line, markup=False)
    say_where(console, manifest)


def loglikelihood_page(manifest: Manifest) -> str:
    """Return the page of `loglikelihood`."""
    lead = (
        f"{manifest['input']['records']:,} documents under {len(manifest['models']):,} models: {manifest['settings']}."
    )
    columns = ("model", "path", "hash of its files", "packages", "about")
    names = ("name", "path", "hash", "versions", "about")
    which = Table(columns, [[model[name] for name in names] for model in manifest["models"]])
    sections = [Section("", (), (), [_models(manifest)], _left_out(manifest)), Section("Which models", tables=[which])]
    return html(Page("Log-probabilities", lead, sections=sections, foot=foot(manifest)))


def _models(manifest: Manifest) -> Table:
    rows = [
        [
            model["name"],
            *(f"{model[name]:,}" for name in ("documents", "tokens", "windows", "bytes")),
            *("" if model[name] is None else f"{model[name]:.4f}" for name in ("bits_per_byte", "bits_per_character")),
        ]
        for model in manifest["models"]
    ]
    return Table(("model", "documents", "tokens", "windows", "bytes", "bits per byte", "per character"), rows)


def _left_out(manifest: Manifest) -> list[str]:
    """Say which documents have no log-probability."""
    lines = [
        f"{model['name']}: {model['unscored']:,} documents that its tokenizer cannot give back (unscored/)"
        for model in manifest["models"]
        if model["unscored"]
    ]
    if rejected := manifest["input"]["rejected"]:
        reasons = "; ".join(f"{count:,} x {why}" for why, count in manifest["input"]["rejected_by_reason"].items())
        lines.append(f"rejected: {rejected:,} records that have no text or no id of their own: {reasons}")
    return lines
