"""What `evaluate` leaves to read: the manifest's results, the tables, the page."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zip_pipeline.core import judge, minhash, shingles
from zip_pipeline.judging import picture
from zip_pipeline.judging.contestants import BASELINES, SELECTION, Contestant, Size
from zip_pipeline.judging.models import MODELS, Judgement
from zip_pipeline.lake import baselines, passages
from zip_pipeline.lake.draws import Drawn
from zip_pipeline.report import NO_SOURCE, PAGE_WIDTH, table_of

MOST_KNOWN = 0.01
"""Part of a held-out set's records that may share passages with the pool before the set is warned of."""

MEAN = "mean"

Part = dict[str, Any]


def results(
    contestants: Sequence[Contestant],
    judgements: Sequence[Judgement],
    held_outs: Mapping[str, Drawn],
    known: Mapping[str, float],
    size: Size,
) -> Part:
    """Return the manifest's part on what was judged, how, and what came of it.

    Args:
        contestants: the selections and their baselines.
        judgements: of each.
        held_outs: the sets by name, in the order in which the judgements have them.
        known: by name, the part of the set's records that shares passages with the pool.
        size: bytes of each contestant.
    """
    texts = [
        _text(contestant, judgement, list(held_outs))
        for contestant, judgement in zip(contestants, judgements, strict=True)
    ]
    return {
        "judge": {
            "models": MODELS,
            "bytes": size.target,
            "selections_cut": "at random" if size.target < size.shared else "by rank",
            "seeds": baselines.SEEDS,
            "confidence": judge.CONFIDENCE,
            "passage_words": shingles.PASSAGE,
            "most_shared": passages.MOST_SHARED,
            "near_duplicates": minhash.parameters(),
        },
        "held_out": [
            {
                "name": name,
                "records": len(drawn.payloads),
                "bytes": sum(map(len, drawn.payloads)) + len(drawn.payloads),
                "known": known[name],
                "shares_passages": known[name] > MOST_KNOWN,
            }
            for name, drawn in held_outs.items()
        ],
        "texts": texts,
        "short": [text["name"] for text in texts if text["bytes"] + text["records"] < size.target],
        "comparison": {model: _comparison(texts, model) for model in MODELS},
    }


def _text(contestant: Contestant, judgement: Judgement, sets: list[str]) -> Part:
    sources = Counter(NO_SOURCE if source is None else source for source in contestant.drawn.sources)
    return {
        "name": contestant.name,
        "kind": contestant.kind,
        "selection": contestant.selection,
        "seed": contestant.seed,
        **asdict(judgement.statistics),
        "sources": dict(sources.most_common()),
        "own": judgement.own,
        **{model: dict(zip(sets, bits, strict=True)) for model, bits in judgement.held_out.items()},
    }


def _comparison(texts: Sequence[Part], model: str) -> Part:
    """Return, by selection and by set (and by `MEAN` over them), its bits and how each baseline's lie to them."""
    compared: Part = {}
    for text in texts:
        if text["kind"] != SELECTION:
            continue
        sets = compared[text["selection"]] = {}
        for name, value in _with_mean(text[model]).items():
            sets[name] = {"bits": value, "against": {}}
            for kind in BASELINES:
                draws = [
                    _with_mean(other[model])[name]
                    for other in texts
                    if other["kind"] == kind and other["selection"] in (None, text["selection"])
                ]
                chance = judge.spread(draws)
                sets[name]["against"][kind] = {
                    **asdict(chance),
                    "difference": value / chance.mean - 1,
                    "verdict": judge.verdict(value, chance),
                }
    return compared


def _with_mean(bits: Mapping[str, float]) -> dict[str, float]:
    return {**bits, MEAN: fmean(bits.values())}


def page(manifest: Part) -> str:
    """Return the tables and the picture as one HTML file that needs no network."""
    console = Console(record=True, file=io.StringIO(), width=PAGE_WIDTH)
    closing_tables(console, manifest)
    html = console.export_html(inline_styles=True)
    return html.replace("</body>", f"{picture.svg(manifest['comparison'])}</body>")


def closing_tables(console: Console, manifest: Part) -> None:
    """Print bits per byte by set, what the texts are like, and what to beware of."""
    sizes = {part["name"]: part["bytes"] for part in manifest["held_out"]}
    for model in MODELS:
        for selection, sets in manifest["comparison"][model].items():
            console.print(_bits(model, selection, sets, sizes))
    console.print(_statistics(manifest["texts"]))
    judged = manifest["judge"]
    console.print(
        f"Lower bits per byte: the text taught more. Each text has {judged['bytes']:,} bytes; of a baseline the mean "
        f"of {judged['seeds']} draws and the interval in which {judged['confidence']:.0%} of further draws would lie.",
        markup=False,
    )
    for part in manifest["held_out"]:
        if part["shares_passages"]:
            console.print(
                f"beware: {part['known']:.1%} of the records of {part['name']} share more than "
                f"{judged['most_shared']:.0%} of their passages with the pool; what it says is memory as well",
                markup=False,
            )
    if manifest["short"]:
        console.print(f"beware: the pool has too few bytes for {', '.join(manifest['short'])}", markup=False)
    for name in manifest["input"]["changed"]:
        console.print(f"beware: the pool is not the one that {name} was made from", markup=False)
    console.print(f"files: {manifest['config']['output']['path']}", markup=False)


def _bits(model: str, selection: str, sets: Mapping[str, Part], sizes: Mapping[str, int]) -> Table:
    """One held-out set a line, and the mean over them."""
    table = table_of(f"bits per byte, {model}", "bytes", escape(selection), *BASELINES, f"against {BASELINES[0]}")
    for name, part in sets.items():
        if name == MEAN:
            table.add_section()
        chance = [part["against"][kind] for kind in BASELINES]
        cells = [f"{one['mean']:.4f} ± {one['high'] - one['mean']:.4f}" for one in chance]
        size = f"{sizes[name]:,}" if name in sizes else ""
        verdict = f"{chance[0]['difference']:+.1%} {chance[0]['verdict']}"
        table.add_row(escape(name), size, f"{part['bits']:.4f}", *cells, verdict)
    return table


def _statistics(texts: Sequence[Part]) -> Table:
    """One line for each selection, and one with the means for each baseline's draws."""
    table = table_of(
        "text",
        "records",
        "bytes",
        "mean bytes",
        "different passages",
        "near copies",
        "exact copies",
        "own bits per byte",
    )
    lines: dict[tuple[str, str | None], list[Part]] = {}
    for text in texts:
        lines.setdefault((text["kind"], text["selection"]), []).append(text)
    for (kind, selection), draws in lines.items():
        means = {key: fmean(draw[key] for draw in draws) for key in ("records", "bytes", "mean_bytes", "own", *_SHARES)}
        label = {SELECTION: selection, baselines.MATCHED: f"{kind}, as {selection}"}.get(kind, kind)
        sizes = [f"{means[key]:,.0f}" for key in ("records", "bytes", "mean_bytes")]
        shares = [f"{means[key]:.1%}" for key in _SHARES]
        table.add_row(escape(str(label)), *sizes, *shares, f"{means['own']:.3f}")
    return table


_SHARES = ("distinct_passages", "near_duplicates", "exact_duplicates")
